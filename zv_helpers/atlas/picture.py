"""Zeiler & Fergus's figure 2: the projections of a feature map's strongest neurons in one block,
the patches of the photographs in another beside it, each in its place."""

import math

import numpy as np
from PIL import Image, ImageDraw

from ..deconvnet import Projection
from ..draw.colours import EMPTY, GREY, INK, PALE, in_rgb, rgb
from ..draw.strips import is_fine, words
from .patches import Patch

SIDE = 112  # pixels, of a tile's longer side
SMALLEST = 96  # pixels, of a tile's shorter side
GAP, MARGIN, BLOCKS = 4, 12, 24
HEAD, LINE = 46, 15
HATCH = 6  # pixels between two lines


def figure(
    title: str, patches: list[Patch], projections: list[Projection], count: int
) -> Image.Image:
    """Draw the two blocks, for up to `count` neurons: a PIL image. One scale of pixels for all
    tiles, and one scale of signals for all projections."""
    across = max(1, math.isqrt(count - 1) + 1)
    down = -(-count // across)
    height, width = _tile_size(patches)
    step_x, step_y = width + GAP, height + LINE + GAP
    block = across * step_x - GAP
    notes = dict.fromkeys(note for one in projections for note in one.notes)
    bottom = MARGIN + HEAD + down * step_y
    size = (2 * MARGIN + 2 * block + BLOCKS, bottom + LINE * len(notes) + MARGIN)
    canvas = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(canvas)
    words(draw, (MARGIN, MARGIN - 4), title, 15, INK, size[0] - 2 * MARGIN, bold=True)
    scale = max((one.scale for one in projections), default=0.0)
    rule = projections[0].rule if projections else ""
    second = MARGIN + block + BLOCKS
    words(draw, (MARGIN, MARGIN + 20), f"projections, {rule}" if rule else "", 12, PALE, block)
    words(draw, (second, MARGIN + 20), "what the neurons see", 12, PALE, block)
    for i, (patch, projection) in enumerate(zip(patches, projections, strict=True)):
        x, y = i % across * step_x, MARGIN + HEAD + i // across * step_y
        signal = _framed(projection.picture(scale), projection.box, patch.frame, (height, width))
        seen = in_rgb(patch.pixels)
        photograph = _framed(seen, patch.box, patch.frame, (height, width), is_fine(seen))
        for left, tile in ((MARGIN, signal), (second, photograph)):
            canvas.paste(tile, (left + x, y))
        activation = f"{patch.neuron.activation:.3g}"
        words(draw, (MARGIN + x, y + height), activation, 11, PALE, width)
        words(draw, (second + x, y + height), patch.name, 11, PALE, width)
    for i, note in enumerate(notes):
        words(draw, (MARGIN, bottom + i * LINE), f"Note: {note}", 11, PALE, size[0] - 2 * MARGIN)
    return canvas


def _tile_size(patches):
    """Return the (height, width) of every tile, in pixels of the picture."""
    if not patches:
        return SIDE, SIDE
    top, left, bottom, right = patches[0].frame
    height, width = bottom - top, right - left
    factor = max(SIDE / max(height, width), SMALLEST / 2 / min(height, width))
    return max(round(height * factor), 1), max(round(width * factor), 1)


def _framed(pixels, box, frame, size, smooth=False):
    """Draw the part in a box of what lies in a frame, and hatch the rest: a PIL image."""
    top, left, bottom, right = frame
    scales = size[0] / (bottom - top), size[1] / (right - left)
    low, high = (
        (round((box[i] - top) * scales[0]), round((box[i + 1] - left) * scales[1])) for i in (0, 2)
    )
    tile = hatched(size)
    shape = max(high[1] - low[1], 1), max(high[0] - low[0], 1)
    tile.paste(_resized(pixels, shape, smooth), (low[1], low[0]))
    return tile


def _resized(pixels, size, smooth):
    """Return an array as a PIL image of exactly (width, height)."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    larger = size[0] >= picture.width and size[1] >= picture.height
    exact = Image.Resampling.NEAREST if larger else Image.Resampling.BOX
    return picture.resize(size, Image.Resampling.BICUBIC if smooth else exact)


def hatched(size: tuple[int, int]) -> Image.Image:
    """Return a quietly hatched PIL image of (height, width): where no photograph is."""
    rows, columns = np.indices(size)
    lines = (rows + columns) % HATCH == 0
    return Image.fromarray(np.where(lines[..., None], rgb(GREY), rgb(EMPTY)).astype(np.uint8))
