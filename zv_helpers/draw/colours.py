"""The one palette, and from numbers to colours: heat, feature maps, signed maps."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import ImageColor

# Okabe & Ito's colours, which colour-blind eyes tell apart. Pillow and matplotlib both read them.
BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
VERMILION, PURPLE, SKY = "#D55E00", "#CC79A7", "#56B4E9"
COLOURS = (SKY, ORANGE, GREEN, VERMILION, PURPLE, BLUE)  # of things in a row
INK, PALE, GREY, EMPTY = "#141414", "#555555", "#CDCDCD", "#F0F0F0"


@dataclass(frozen=True)
class Shades:
    """The colours of a page: its ground, what is written (ink, and pale for small print), bars and
    lines that are not of interest (grey), and where nothing is (empty)."""

    ground: str
    ink: str
    pale: str
    grey: str
    empty: str


ON_WHITE = Shades("#FFFFFF", INK, PALE, GREY, EMPTY)
ON_DARK = Shades("#111111", "#F2F2F2", "#BDBDBD", "#5E5E5E", "#2B2B2B")  # JupyterLab's dark theme


def rgb(colour: str) -> tuple[int, ...]:
    """Return a colour of the palette as (red, green, blue), each from 0 to 255."""
    return ImageColor.getrgb(colour)[:3]


def in_rgb(picture: np.ndarray) -> np.ndarray:
    """Return a picture of one channel, (h, w) or (h, w, 1), as grey (h, w, 3); RGB as it is."""
    picture = picture[..., None] if picture.ndim == 2 else picture
    return np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture


@functools.cache
def _table(colormap):
    """Return a matplotlib colormap as uint8 (256, 3)."""
    from matplotlib import colormaps

    if colormap not in colormaps:
        raise ValueError(
            "Expected the name of a matplotlib colormap, such as inferno, viridis or magma, "
            f"but got {colormap!r}."
        )
    return colormaps[colormap](np.arange(256), bytes=True)[:, :3]


def coloured(values: ArrayLike, colormap: str = "inferno") -> np.ndarray:
    """Colour values in [0, 1]: uint8 RGB (..., 3) for float (...); raises a ValueError if
    matplotlib knows no colormap of that name."""
    return _table(colormap).take(np.clip(np.asarray(values) * 256, 0, 255).astype(np.uint8), axis=0)


def map_colours(
    values: np.ndarray, largest: float | None = None, smallest: float | None = None
) -> np.ndarray:
    """Colour a feature map, float (h, w): uint8 (h, w, 3), from dark to yellow, its largest."""
    smallest = float(values.min()) if smallest is None else smallest
    largest = float(values.max()) if largest is None else largest
    spread = largest - smallest
    scaled = (values - smallest) / spread if spread > 0 else np.zeros_like(values)
    return coloured(scaled, "viridis")


def signed_colours(
    values: ArrayLike, scale: float | None = None, ends: tuple[str, str] = (BLUE, VERMILION)
) -> np.ndarray:
    """Colour a signed map, float (h, w): white at zero, the ends' colours below and above.

    scale: the absolute value of the full colours, by default the largest. Returns uint8 (h, w, 3).
    """
    values = np.asarray(values, float)
    scale = float(np.abs(values).max(initial=0)) if scale is None else scale
    part = np.clip(values / scale, -1, 1)[..., None] if scale > 0 else np.zeros((*values.shape, 1))
    full = np.where(part < 0, *(np.array(rgb(end), float) for end in ends))
    return np.rint(255 + np.abs(part) * (full - 255)).astype(np.uint8)


def signed_colormap() -> Any:
    """Return `signed_colours` as a matplotlib colormap, for a picture with a colourbar."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [BLUE, "white", VERMILION])


def lightness(colours: ArrayLike) -> np.ndarray:
    """Return how light colours look, CIE L* from 0 to 100, for uint8 sRGB (..., 3)."""
    share = np.asarray(colours, float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    dark = luminance <= 216 / 24389
    return np.where(dark, luminance * 24389 / 27, 116 * np.cbrt(luminance) - 16)
