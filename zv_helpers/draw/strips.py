"""Drawing for the explorers with Pillow: panels in a strip of fixed size, while a slider moves.

Pyplot is not used: a widget's callback runs on another thread, where pyplot loses or mixes figures.
"""

import functools
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .colours import INK, ORANGE, coloured, in_rgb
from .page import GAP, MARGIN, PAPER

PANEL = 206  # pixels a side; five of them are as wide as a page
FINE = 64  # pixels a side
BAR = 44  # pixels, of a colourbar with its ends' names
SMALLEST = 12  # pixels, of words that are made smaller


@functools.cache
def font(size, bold=False):
    """Return the DejaVu Sans that matplotlib ships, in pixels."""
    from matplotlib import get_data_path

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / name), size)


@dataclass(frozen=True, eq=False)
class Panel:
    """One panel: a picture (uint8 RGB (h, w, 3), grey (h, w, 1), or PIL), a title, small print.

    `frames` are boxes (top, left, bottom, right) in the picture's own pixels that are drawn on it,
    each with its colour. `smooth` is for photographs (see `is_fine`); signals keep their square
    pixels.
    """

    picture: object
    title: str = ""
    note: str = ""
    frames: tuple = ()
    smooth: bool = False


def is_fine(photograph):
    """Whether a whole photograph (h, w, …) is drawn smooth when it is enlarged; of one with fewer
    pixels, those are what there is to see."""
    return min(photograph.shape[:2]) >= FINE


def size_within(shape, width, height):
    """Return the (width, height) at which (h, w) fills a rectangle and keeps its proportions."""
    h, w = shape[:2]
    factor = min(width / w, height / h)
    return max(round(w * factor), 1), max(round(h * factor), 1)


def enlarged(picture, width=PANEL, height=PANEL, smooth=False):
    """Return a picture (uint8 (h, w, 3), (h, w, 1), or PIL) as a PIL image that just fits width ×
    height."""
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(np.ascontiguousarray(in_rgb(picture)))
    shape = (picture.height, picture.width)
    method = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    if not smooth and max(shape) > max(width, height):
        method = Image.Resampling.BOX  # nearest would drop rows
    return picture.resize(size_within(shape, width, height), method)


def strip(panels, width=PANEL, height=PANEL, page=PAPER):
    """Draw panels side by side, in rows of as many as the page has room for: a PIL image; see
    `rectangle` for where each picture is."""
    across, shades = page.across(len(panels)), page.shades
    right = corner(across - 1, width, height, page)[0] + width
    low = corner(len(panels) - 1, width, height, page)[1] + page.head + height
    canvas = Image.new("RGB", (right + MARGIN, low + MARGIN), shades.ground)
    draw = ImageDraw.Draw(canvas)
    size = min(fitting(panel.title, page.title, width, bold=True) for panel in panels)
    for i, panel in enumerate(panels):
        left, top = corner(i, width, height, page)
        words(draw, (left, top), panel.title, size, shades.ink, width, bold=True)
        for j, line in enumerate(cut(panel.note, page.text(12), width, page.lines)):
            at = left, top + page.text(20) + j * page.text(15)
            words(draw, at, line, page.text(12), shades.pale, width)
        if panel.picture is None:
            low, right = top + page.head + height - 1, left + width - 1
            draw.rectangle((left, top + page.head, right, low), fill=shades.empty)
            continue
        is_image = isinstance(panel.picture, Image.Image)
        h, w = panel.picture.size[::-1] if is_image else panel.picture.shape[:2]
        left, top, right, low = rectangle(i, (h, w), width, height, page)
        canvas.paste(enlarged(panel.picture, width, height, panel.smooth), (left, top))
        y, x = (low - top) / h, (right - left) / w
        for box, colour in panel.frames:
            edges = left + box[1] * x, top + box[0] * y, left + box[3] * x, top + box[2] * y
            frame(draw, edges, colour)
    return canvas


def corner(index, width, height, page=PAPER):
    """Return (left, top) of panel `index` of a `strip`, whose title stands there."""
    row, column = divmod(index, page.across(index + 1))
    return MARGIN + column * (width + GAP), MARGIN + row * (page.head + height + GAP)


def rectangle(index, shape, width=PANEL, height=PANEL, page=PAPER):
    """Return (left, top, right, bottom) of the picture (h, w) in panel `index` of a `strip`."""
    w, h = size_within(shape, width, height)
    left, top = corner(index, width, height, page)
    left, top = left + (width - w) // 2, top + page.head + (height - h) // 2
    return left, top, left + w, top + h


def frame(draw, rectangle, colour=ORANGE):
    """Frame (left, top, right, bottom): coloured, with a black rim, seen on any photograph."""
    left, top, right, bottom = (round(edge) for edge in rectangle)
    right, bottom = max(right, left + 3) - 1, max(bottom, top + 3) - 1
    for grow, shade in ((2, "black"), (1, colour), (0, colour), (-1, "black")):
        if right - left + 2 * grow > 3 and bottom - top + 2 * grow > 3 or grow >= 0:
            draw.rectangle((left - grow, top - grow, right + grow, bottom + grow), outline=shade)


def words(draw, place, text, size, colour=INK, width=None, bold=False, smaller=True):
    """Write a line of text; where it is wider than `width`, smaller if it may be, and in the end
    cut with …."""
    smaller = smaller and width is not None
    face = font(fitting(text, size, width, bold) if smaller else size, bold)
    if width is not None and face.getlength(text) > width:
        while text and face.getlength(text + "…") > width:
            text = text[:-1]
        text += "…"
    draw.text(place, text, fill=colour, font=face)


def fitting(text, size, width, bold=False):
    """Return the size in pixels, at most `size`, at which a line of text is at most `width` wide;
    it may be too wide still at seven tenths of `size`, or at `SMALLEST`.

    >>> fitting("a word", 20, 200), fitting("a word", 20, 60), fitting("a word", 20, 1)
    (20, 17, 14)
    """
    least = min(max(round(0.7 * size), SMALLEST), size)
    sizes = range(size, least, -1)
    return next((one for one in sizes if font(one, bold).getlength(text) <= width), least)


def broken(text, size, width, bold=False):
    """Break a text between words into lines that are at most `width` wide: a list.

    >>> broken("so many words", 11, 1000), broken("so many words", 11, 1)
    (['so many words'], ['so', 'many', 'words'])
    """
    lines, face = [], font(size, bold)
    for word in text.split():
        if lines and face.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def cut(text, size, width, most):
    """Return a text in at most so many lines, of which only the last may be too wide: a list.

    >>> cut("so many words", 11, 1, 2), cut("so many words", 11, 1, 1), cut("", 11, 1, 2)
    (['so', 'many words'], ['so many words'], [])
    """
    lines = broken(text, size, width)
    return [*lines[: most - 1], *([" ".join(lines[most - 1 :])] if len(lines) >= most else [])]


def paragraph(texts, size, width, page=PAPER, empty=False):
    """Write texts one below the other, broken into lines, on a ground of some width, or on the one
    of what is empty: a PIL image as high as they need."""
    lines = [line for text in texts for line in broken(text, size, width - 2 * MARGIN)]
    pitch, shades = round(1.4 * size), page.shades
    ground = shades.empty if empty else shades.ground
    canvas = Image.new("RGB", (width, pitch * len(lines) + 2 * MARGIN), ground)
    draw = ImageDraw.Draw(canvas)
    for i, line in enumerate(lines):
        words(draw, (MARGIN, MARGIN + i * pitch), line, size, shades.ink)
    return canvas


def stacked(pictures, page=PAPER):
    """Put PIL images one below the other."""
    width, height = max(p.width for p in pictures), sum(p.height for p in pictures)
    return _together(pictures, (width, height), page, down=True)


def beside(pictures, page=PAPER):
    """Put PIL images side by side, their tops level."""
    width, height = sum(p.width for p in pictures), max(p.height for p in pictures)
    return _together(pictures, (width, height), page, down=False)


def _together(pictures, size, page, down):
    canvas, at = Image.new("RGB", size, page.shades.ground), 0
    for picture in pictures:
        canvas.paste(picture, (0, at) if down else (at, 0))
        at += picture.height if down else picture.width
    return canvas


def colourbar(height, name="inferno", width=BAR - 30, low="0", high="1", page=PAPER):
    """Draw an upright colourbar with its ends named: a PIL image as high as a strip."""
    top, pale, size = MARGIN + page.head, page.shades.pale, page.text(12)
    canvas = Image.new("RGB", (width + 30, top + height + MARGIN), page.shades.ground)
    bar = np.repeat(coloured(np.linspace(1, 0, height), name)[:, None], width, axis=1)
    canvas.paste(Image.fromarray(np.ascontiguousarray(bar)), (0, top))
    draw = ImageDraw.Draw(canvas)
    words(draw, (width + 4, top), high, size, pale)
    words(draw, (width + 4, top + height - page.text(15)), low, size, pale)
    return canvas


def jpeg(picture, quality=88):
    """Encode a PIL image as JPEG bytes, for the screen."""
    file = io.BytesIO()
    picture.save(file, "jpeg", quality=quality, subsampling=0)
    return file.getvalue()


def small_jpeg(picture, most=120_000):
    """Encode a PIL image as JPEG bytes of at most `most` bytes, for readers without a kernel."""
    for width, quality in ((1000, 85), (1000, 70), (850, 70), (700, 65), (560, 60)):
        smaller = picture
        if picture.width > width:
            size = (width, round(picture.height * width / picture.width))
            smaller = picture.resize(size, Image.Resampling.LANCZOS)
        encoded = jpeg(smaller, quality)
        if len(encoded) <= most:
            break
    return encoded
