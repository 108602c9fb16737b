"""Zeiler & Fergus's figure 2: the projections of a feature map's strongest neurons in one block,
the patches of the photographs in another, each in its place."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ..deconvnet import Projection
from ..draw.colours import EMPTY, GREY, INK, PALE, in_rgb, rgb
from ..draw.signals import signal_picture
from ..draw.strips import broken, frame, is_fine, words
from .patches import Patch

SIDE = 112  # pixels, of a tile's longer side
SMALLEST = 96  # pixels, of a tile's shorter side
GAP, MARGIN, BLOCKS = 4, 12, 24
HEAD, UNDER, LINE = 46, 26, 15
HATCH = 6  # pixels between two lines


@dataclass(frozen=True)
class Grid:
    """Where the tiles of a figure lie: two blocks of them, the projections and the patches, each
    `across` wide and `down` high; side by side, or one above the other where they are `stacked`.

    Attributes:
        tile: (height, width) of each, in pixels of the picture.
    """

    tile: tuple[int, int]
    across: int
    down: int
    stacked: bool = False

    @property
    def step(self) -> tuple[int, int]:
        """How far (down, across) the next tile is."""
        return self.tile[0] + LINE + GAP, self.tile[1] + GAP

    @property
    def width(self) -> int:
        """The width of a block."""
        return self.across * self.step[1] - GAP

    @property
    def starts(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Where the two blocks begin: ((x, y), (x, y))."""
        below = MARGIN + HEAD
        if self.stacked:
            return (MARGIN, below), (MARGIN, below + self.down * self.step[0] + UNDER)
        return (MARGIN, below), (MARGIN + self.width + BLOCKS, below)

    @property
    def size(self) -> tuple[int, int]:
        """The (width, height) of a figure without notes."""
        x, y = self.starts[1]
        return x + self.width + MARGIN, y + self.down * self.step[0] + MARGIN

    def places(self, number: int) -> list[tuple[int, int]]:
        """Return where a neuron's two tiles begin: [(x, y) of the projection, (x, y) of the patch],
        in pixels of the picture."""
        down, across = self.step
        right, below = number % self.across * across, number // self.across * down
        return [(x + right, y + below) for x, y in self.starts]

    def at(self, x: float, y: float) -> int | None:
        """Return the number of the neuron whose projection or patch is at a pixel, or None."""
        for number in range(self.across * self.down):
            for left, top in self.places(number):
                if left <= x < left + self.tile[1] and top <= y < top + self.tile[0]:
                    return number
        return None


def grid(patches: Sequence[Patch], count: int, wide: bool = False) -> Grid:
    """Return the `Grid` of a figure of up to `count` neurons; wide: each block is one row."""
    across = count if wide else max(1, math.isqrt(count - 1) + 1)
    return Grid(_tile_size(patches), across, -(-count // across), wide)


def figure(
    title: str,
    patches: Sequence[Patch],
    projections: Sequence[Projection | None],
    count: int,
    wide: bool = False,
    chosen: int | None = None,
    rule: str | None = None,
    noted: bool = True,
) -> Image.Image:
    """Draw the two blocks, for up to `count` neurons: a PIL image. One scale of pixels for all
    tiles, and one scale of signals for all projections.

    Args:
        projections: None in place of one that is not there; wide: each block is one row.
        chosen: the neuron whose tiles are framed; rule: of projections that are still to come,
            whose tiles are mid-grey; noted: write below what weakens the projections.
    """
    where, there = grid(patches, count, wide), [one for one in projections if one is not None]
    notes = dict.fromkeys(note for one in there for note in one.notes) if noted else {}
    room = where.size[0] - 2 * MARGIN
    below = [line for one in notes for line in broken(f"Note: {one}.", 11, room)]
    size = where.size[0], where.size[1] + LINE * len(below)
    canvas = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(canvas)
    words(draw, (MARGIN, MARGIN - 4), title, 15, INK, room, bold=True)
    rule = there[0].rule if there else rule
    signals = f"projections, {rule}" if rule else "no projections" if projections else ""
    for (x, y), heading in zip(where.starts, (signals, "what the neurons see"), strict=True):
        words(draw, (x, y - UNDER), heading, 12, PALE, where.width)
    scale = max((one.scale for one in there), default=0.0)
    for i, (patch, projection) in enumerate(zip(patches, projections, strict=True)):
        said = in_short(patch.neuron.activation), patch.name
        tiles = _signal(projection, patch, scale, where.tile, rule), _seen(patch, where.tile)
        for (x, y), tile, text in zip(where.places(i), tiles, said, strict=True):
            canvas.paste(tile, (x, y))
            words(draw, (x, y + where.tile[0]), text, 11, PALE, where.tile[1])
            if i == chosen:
                frame(draw, (x, y, x + where.tile[1], y + where.tile[0]))
    for i, line in enumerate(below):
        words(draw, (MARGIN, where.size[1] - MARGIN + i * LINE), line, 11, PALE)
    return canvas


def in_short(activation: float) -> str:
    """Write an activation with three digits, or all those before the point.

    >>> in_short(1152.4), in_short(0.12345)
    ('1152', '0.123')
    """
    return f"{activation:.0f}" if abs(activation) >= 1000 else f"{activation:.3g}"


def _signal(projection, patch, scale, tile, rule):
    """Draw a projection in its frame, at a scale: a PIL image."""
    if projection is None and rule is None:
        return Image.new("RGB", tile[::-1], EMPTY)
    if projection is None:
        return _framed(signal_picture(np.zeros((1, 1, 3))), patch.box, patch.frame, tile)
    return _framed(projection.picture(scale), projection.box, patch.frame, tile)


def _seen(patch, tile):
    """Draw a patch in its frame: a PIL image."""
    seen = in_rgb(patch.pixels)
    return _framed(seen, patch.box, patch.frame, tile, is_fine(seen))


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
