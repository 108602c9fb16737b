"""Zeiler & Fergus's figure 2: the projections of a feature map's strongest neurons in one block,
the patches of the photographs in another, each in its place."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ..deconvnet import Projection
from ..draw.colours import in_rgb, rgb
from ..draw.page import PAPER, Page
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
        tile: (height, width) of each, in pixels of the picture; page: what it is drawn for.
    """

    tile: tuple[int, int]
    across: int
    down: int
    stacked: bool = False
    page: Page = PAPER

    @property
    def step(self) -> tuple[int, int]:
        """How far (down, across) the next tile is."""
        return self.tile[0] + self.page.text(LINE) + GAP, self.tile[1] + GAP

    @property
    def width(self) -> int:
        """The width of a block."""
        return self.across * self.step[1] - GAP

    @property
    def starts(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Where the two blocks begin: ((x, y), (x, y))."""
        below = MARGIN + self.page.text(HEAD)
        if self.stacked:
            next_one = below + self.down * self.step[0] + self.page.text(UNDER)
            return (MARGIN, below), (MARGIN, next_one)
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


def grid(patches: Sequence[Patch], count: int, wide: bool = False, page: Page = PAPER) -> Grid:
    """Return the `Grid` of a figure of up to `count` neurons; wide: each block is one row, where
    the page is not narrow. There the blocks are stacked."""
    in_a_row = wide and not page.narrow
    across = count if in_a_row else max(1, math.isqrt(count - 1) + 1)
    most = (page.width - 2 * MARGIN + GAP) // across - GAP if page.narrow else None
    return Grid(_tile_size(patches, most), across, -(-count // across), wide or page.narrow, page)


def figure(
    title: str,
    patches: Sequence[Patch],
    projections: Sequence[Projection | None],
    count: int,
    wide: bool = False,
    chosen: int | None = None,
    rule: str | None = None,
    noted: bool = True,
    page: Page = PAPER,
) -> Image.Image:
    """Draw the two blocks, for up to `count` neurons: a PIL image. One scale of pixels for all
    tiles, and one scale of signals for all projections.

    Args:
        projections: None in place of one that is not there; wide: each block is one row.
        chosen: the neuron whose tiles are framed; rule: of projections that are still to come,
            whose tiles are mid-grey; noted: write below what weakens the projections; page: what it
            is drawn for.
    """
    where, there = grid(patches, count, wide, page), [one for one in projections if one is not None]
    notes = dict.fromkeys(note for one in there for note in one.notes) if noted else {}
    room = where.size[0] - 2 * MARGIN
    below = [line for one in notes for line in broken(f"Note: {one}.", 11, room)]
    size = where.size[0], where.size[1] + LINE * len(below)
    canvas, shades = Image.new("RGB", size, page.shades.ground), page.shades
    draw, small = ImageDraw.Draw(canvas), page.text(12 if page.narrow else 11)
    words(draw, (MARGIN, MARGIN - 4), title, page.text(15), shades.ink, room, bold=True)
    rule = there[0].rule if there else rule
    signals = f"projections, {rule}" if rule else "no projections" if projections else ""
    for (x, y), heading in zip(where.starts, (signals, "what the neurons see"), strict=True):
        at = x, y - page.text(UNDER)
        words(draw, at, heading, page.text(12), shades.pale, where.width)
    scale = max((one.scale for one in there), default=0.0)
    for i, (patch, projection) in enumerate(zip(patches, projections, strict=True)):
        said = in_short(patch.neuron.activation), patch.name
        tiles = (
            _signal(projection, patch, scale, where, rule),
            _framed(in_rgb(patch.pixels), patch.box, patch.frame, where, is_fine(patch.pixels)),
        )
        for (x, y), tile, text in zip(where.places(i), tiles, said, strict=True):
            canvas.paste(tile, (x, y))
            under, across = (x, y + where.tile[0]), where.tile[1]
            words(draw, under, text, small, shades.pale, across, smaller=False)
            if i == chosen:
                frame(draw, (x, y, x + where.tile[1], y + where.tile[0]))
    for i, line in enumerate(below):
        words(draw, (MARGIN, where.size[1] - MARGIN + i * LINE), line, 11, shades.pale)
    return canvas


def in_short(activation: float) -> str:
    """Write an activation with three digits, or all those before the point.

    >>> in_short(1152.4), in_short(0.12345)
    ('1152', '0.123')
    """
    return f"{activation:.0f}" if abs(activation) >= 1000 else f"{activation:.3g}"


def _signal(projection, patch, scale, where, rule):
    """Draw a projection in its frame, at a scale: a PIL image."""
    if projection is None and rule is None:
        return Image.new("RGB", where.tile[::-1], where.page.shades.empty)
    if projection is None:
        return _framed(signal_picture(np.zeros((1, 1, 3))), patch.box, patch.frame, where)
    return _framed(projection.picture(scale), projection.box, patch.frame, where)


def _tile_size(patches, most=None):
    """Return the (height, width) of every tile, in pixels of the picture; most: its width at most,
    or None."""
    if not patches:
        return (min(most or SIDE, SIDE),) * 2
    top, left, bottom, right = patches[0].frame
    height, width = bottom - top, right - left
    factor = max(SIDE / max(height, width), SMALLEST / 2 / min(height, width))
    factor = min(factor, (most or SIDE * factor * width) / width)
    return max(round(height * factor), 1), max(round(width * factor), 1)


def _framed(pixels, box, frame, where, smooth=False):
    """Draw the part in a box of what lies in a frame, and hatch the rest: a PIL image."""
    (top, left, bottom, right), size = frame, where.tile
    scales = size[0] / (bottom - top), size[1] / (right - left)
    low, high = (
        (round((box[i] - top) * scales[0]), round((box[i + 1] - left) * scales[1])) for i in (0, 2)
    )
    tile = hatched(size, where.page)
    shape = max(high[1] - low[1], 1), max(high[0] - low[0], 1)
    tile.paste(_resized(pixels, shape, smooth), (low[1], low[0]))
    return tile


def _resized(pixels, size, smooth):
    """Return an array as a PIL image of exactly (width, height)."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    larger = size[0] >= picture.width and size[1] >= picture.height
    exact = Image.Resampling.NEAREST if larger else Image.Resampling.BOX
    return picture.resize(size, Image.Resampling.BICUBIC if smooth else exact)


def hatched(size: tuple[int, int], page: Page = PAPER) -> Image.Image:
    """Return a quietly hatched PIL image of (height, width): where no photograph is."""
    rows, columns = np.indices(size)
    lines = (rows + columns) % HATCH == 0
    grey, empty = rgb(page.shades.grey), rgb(page.shades.empty)
    return Image.fromarray(np.where(lines[..., None], grey, empty).astype(np.uint8))
