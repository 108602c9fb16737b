"""Drawing for the explorers with Pillow: panels in a strip of fixed size, while a slider moves.

Pyplot is not used: a widget's callback runs on another thread, where pyplot loses or mixes figures.
"""

import functools
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .colours import EMPTY, INK, ORANGE, PALE, coloured, in_rgb

PANEL = 212  # pixels a side
GAP = 12
MARGIN = 8
HEAD = 42
FINE = 64  # pixels a side


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


def strip(panels, width=PANEL, height=PANEL):
    """Draw panels side by side: a PIL image; see `rectangle` for where each picture is."""
    across = 2 * MARGIN + len(panels) * (width + GAP) - GAP
    canvas = Image.new("RGB", (across, 2 * MARGIN + HEAD + height), "white")
    draw = ImageDraw.Draw(canvas)
    for i, panel in enumerate(panels):
        left = MARGIN + i * (width + GAP)
        words(draw, (left, MARGIN), panel.title, 14, INK, width, bold=True)
        words(draw, (left, MARGIN + 20), panel.note, 12, PALE, width)
        if panel.picture is None:
            low, right = MARGIN + HEAD + height - 1, left + width - 1
            draw.rectangle((left, MARGIN + HEAD, right, low), fill=EMPTY)
            continue
        is_image = isinstance(panel.picture, Image.Image)
        h, w = panel.picture.size[::-1] if is_image else panel.picture.shape[:2]
        left, top, right, low = rectangle(i, (h, w), width, height)
        canvas.paste(enlarged(panel.picture, width, height, panel.smooth), (left, top))
        y, x = (low - top) / h, (right - left) / w
        for box, colour in panel.frames:
            edges = left + box[1] * x, top + box[0] * y, left + box[3] * x, top + box[2] * y
            frame(draw, edges, colour)
    return canvas


def rectangle(index, shape, width=PANEL, height=PANEL):
    """Return (left, top, right, bottom) of the picture (h, w) in panel `index` of a `strip`."""
    w, h = size_within(shape, width, height)
    left = MARGIN + index * (width + GAP) + (width - w) // 2
    top = MARGIN + HEAD + (height - h) // 2
    return left, top, left + w, top + h


def frame(draw, rectangle, colour=ORANGE):
    """Frame (left, top, right, bottom): coloured, with a black rim, seen on any photograph."""
    left, top, right, bottom = (round(edge) for edge in rectangle)
    right, bottom = max(right, left + 3) - 1, max(bottom, top + 3) - 1
    for grow, shade in ((2, "black"), (1, colour), (0, colour), (-1, "black")):
        if right - left + 2 * grow > 3 and bottom - top + 2 * grow > 3 or grow >= 0:
            draw.rectangle((left - grow, top - grow, right + grow, bottom + grow), outline=shade)


def words(draw, place, text, size, colour=INK, width=None, bold=False):
    """Write a line of text, cut with … where it is wider than `width`."""
    face = font(size, bold)
    if width is not None and face.getlength(text) > width:
        while text and face.getlength(text + "…") > width:
            text = text[:-1]
        text += "…"
    draw.text(place, text, fill=colour, font=face)


def broken(text, size, width):
    """Break a text between words into lines that are at most `width` wide: a list.

    >>> broken("so many words", 11, 1000), broken("so many words", 11, 1)
    (['so many words'], ['so', 'many', 'words'])
    """
    lines, face = [], font(size)
    for word in text.split():
        if lines and face.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def paragraph(texts, size, width, ground="white"):
    """Write texts one below the other, broken into lines, on a ground of some width: a PIL image as
    high as they need."""
    lines = [line for text in texts for line in broken(text, size, width - 2 * MARGIN)]
    pitch = round(1.4 * size)
    canvas = Image.new("RGB", (width, pitch * len(lines) + 2 * MARGIN), ground)
    draw = ImageDraw.Draw(canvas)
    for i, line in enumerate(lines):
        words(draw, (MARGIN, MARGIN + i * pitch), line, size)
    return canvas


def stacked(pictures):
    """Put PIL images one below the other."""
    width, height = max(p.width for p in pictures), sum(p.height for p in pictures)
    return _together(pictures, (width, height), down=True)


def beside(pictures):
    """Put PIL images side by side, their tops level."""
    width, height = sum(p.width for p in pictures), max(p.height for p in pictures)
    return _together(pictures, (width, height), down=False)


def _together(pictures, size, down):
    canvas, at = Image.new("RGB", size, "white"), 0
    for picture in pictures:
        canvas.paste(picture, (0, at) if down else (at, 0))
        at += picture.height if down else picture.width
    return canvas


def colourbar(height, name="inferno", width=14, low="0", high="1"):
    """Draw an upright colourbar with its ends named: a PIL image as high as a strip."""
    canvas = Image.new("RGB", (width + 30, 2 * MARGIN + HEAD + height), "white")
    bar = np.repeat(coloured(np.linspace(1, 0, height), name)[:, None], width, axis=1)
    canvas.paste(Image.fromarray(np.ascontiguousarray(bar)), (0, MARGIN + HEAD))
    draw = ImageDraw.Draw(canvas)
    words(draw, (width + 4, MARGIN + HEAD), high, 12, PALE)
    words(draw, (width + 4, MARGIN + HEAD + height - 15), low, 12, PALE)
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
