"""Shift, enlarge and turn what a network sees of a photograph; Pillow does the geometry."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..images import MID_GREY, InputImage, with_pixels

FILLS = ("grey", "mirror")


@dataclass(frozen=True)
class Move:
    """How a photograph is moved: enlarged round its middle, then turned round it, then shifted.

    Attributes:
        down: by how many pixels, up where it is negative; scale: how many times as large, above 0;
        angle: by how many degrees, anticlockwise.
    """

    down: float = 0.0
    scale: float = 1.0
    angle: float = 0.0

    def __post_init__(self):
        if not (self.scale > 0 and all(map(math.isfinite, (self.down, self.scale, self.angle)))):
            came = f"{self}: a scale of 1 leaves the size as it is"
            raise ValueError(f"Expected finite numbers and a scale above 0, but got {came}.")

    def __str__(self):
        parts = []
        if self.scale != 1:
            parts.append(f"{self.scale:.3g} times as large")
        if self.angle:
            side = "anticlockwise" if self.angle > 0 else "clockwise"
            parts.append(f"turned {abs(self.angle):g}° {side}")
        if self.down:
            parts.append(f"shifted {abs(self.down):g} pixels {'down' if self.down > 0 else 'up'}")
        return ", ".join(parts) or "not moved"


def moved(pixels: np.ndarray, move: Move, fill: str = "grey") -> np.ndarray:
    """Move a picture; Pillow does it, bicubic: where nothing is mixed, no value changes.

    Args:
        pixels: uint8 (h, w, channels).
        fill: what comes in from outside: "grey", 128, the colour of the grey square (the paper does
            not say what it takes); or "mirror", the picture again, mirrored at its borders.

    Returns uint8 (h, w, channels). Raises a ValueError for another fill.

    >>> column = np.arange(4, dtype=np.uint8)[:, None, None]
    >>> [moved(column, Move(down=1), fill).ravel().tolist() for fill in FILLS]
    [[128, 0, 1, 2], [0, 0, 1, 2]]
    """
    if fill not in FILLS:
        raise ValueError(f"Expected fill to be one of {', '.join(FILLS)}, but got {fill!r}.")
    height, width = pixels.shape[:2]
    borders = (height, width) if fill == "mirror" else (0, 0)
    around = np.pad(pixels, (*((border, border) for border in borders), (0, 0)), mode="symmetric")
    how = Image.Transform.AFFINE, _way_back(move, (height, width), borders)
    planes = (Image.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(around, 2, 0))
    seen = [
        plane.transform((width, height), *how, Image.Resampling.BICUBIC, fillcolor=MID_GREY)
        for plane in planes
    ]
    return np.stack([np.asarray(plane) for plane in seen], axis=2)


def _way_back(move, size, borders):
    """Return the six numbers by which Pillow finds, for each place of the moved picture, where it
    was: x' = a·x + b·y + c, y' = d·x + e·y + f."""
    angle = math.radians(move.angle)  # rounded, so that a quarter turn mixes no pixels
    cos, sin = (round(of(angle), 15) / move.scale for of in (math.cos, math.sin))
    y, x = size[0] / 2, size[1] / 2
    down = y + move.down
    across = x - cos * x + sin * down + borders[1]
    return cos, -sin, across, sin, cos, y - sin * x - cos * down + borders[0]


def moved_image(image: InputImage, move: Move, fill: str = "grey") -> InputImage:
    """Move what the network sees of a photograph, see `moved`: an `InputImage` for
    `extract_features`, whose notes say what was done."""
    return with_pixels(image, moved(image.pixels, move, fill), str(move))
