"""Thumbnails of the photographs: a sheet of them to click on."""

import functools
import os
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from ..data import data_folder
from ..draw import colours, strips
from ..draw.page import PAPER
from ..images import photographs
from ..images.reading import preview

THUMB = 52
PITCH = THUMB + 4


def names_to_choose():
    """List the photographs in the order of the thumbnails: your own first, then those that ship."""
    own = data_folder() / "my_photos"
    found = photographs()
    return [n for n in found if found[n].parent == own] + [
        n for n in found if found[n].parent != own
    ]


@functools.lru_cache(maxsize=1024)
def thumbnail(path, modified):
    """Return a square thumbnail of a file as a PIL image; grey with a ? where it cannot be read."""
    try:
        picture = preview(path, THUMB * 2)
        return ImageOps.fit(picture, (THUMB, THUMB), Image.Resampling.BICUBIC)
    except Exception:  # whatever is wrong with it is said when it is chosen
        square = Image.new("RGB", (THUMB, THUMB), (225, 225, 225))
        strips.words(ImageDraw.Draw(square), (22, 14), "?", 22, colours.PALE)
        return square


def sheet(names, chosen, columns, page=PAPER):
    """Draw the thumbnails of photographs, names or paths, in rows, the chosen ones framed: a PIL
    image. chosen: one of them, or some."""
    rows = max(-(-len(names) // columns), 1)
    size = columns * PITCH + 8, rows * PITCH + 8
    canvas = Image.new("RGB", size, page.shades.ground)
    draw = ImageDraw.Draw(canvas)
    known, chosen = photographs(), {chosen} if isinstance(chosen, str) else set(chosen)
    for i, name in enumerate(names):
        left, top = 4 + (i % columns) * PITCH, 4 + (i // columns) * PITCH
        path = known.get(name, Path(name))  # it may have gone since
        changed = path.stat().st_mtime_ns if os.path.isfile(path) else None
        canvas.paste(thumbnail(path, changed), (left, top))
        if name in chosen:
            strips.frame(draw, (left, top, left + THUMB, top + THUMB))
    return canvas


def columns_on(page):
    """Return how many thumbnails fit beside each other on a page."""
    return (page.width - 8) // PITCH


def name_at(names, columns, x, y):
    """Return the name whose thumbnail lies at a pixel of the sheet, or None."""
    column, row = (x - 4) // PITCH, (y - 4) // PITCH
    place = int(row * columns + column)
    return names[place] if 0 <= column < columns and 0 <= place < len(names) else None
