"""Step 6, overlay the heatmap: lay it over the photograph so that both can be read."""

from typing import Any

import numpy as np

from .draw.colours import coloured, in_rgb
from .heatmaps import resized

SMALL = 64  # pixels a side


def overlay(
    image: Any,
    heat: np.ndarray,
    alpha: float = 0.5,
    colormap: str = "inferno",
    contour: float | None = None,
) -> np.ndarray:
    """Lay a heatmap over the photograph.

    Args:
        image: `InputImage`, or uint8 RGB (h, w, 3) or grey (h, w, 1), which stays grey.
        heat: float (h, w) in [0, 1], from `heatmap`.
        alpha: how strongly the heatmap covers the photograph, 0 (not at all) to 1 (entirely).
        colormap: the name of a matplotlib colormap; "inferno" and "viridis" are perceptually
            uniform.
        contour: draw the line where the heatmap crosses this level as well, a number in (0, 1);
            None for no line.

    Returns uint8 RGB (h, w, 3). Raises a ValueError if the heatmap is not (h, w) in [0, 1], alpha
    lies outside [0, 1], or no colormap has that name.
    """
    pixels = in_rgb(np.asarray(getattr(image, "pixels", image)))
    heat = np.asarray(heat, np.float32)
    if heat.ndim != 2:
        raise ValueError(f"Expected a heatmap of shape (h, w), but got {heat.shape}.")
    if not np.isfinite(heat).all() or heat.min() < -1e-6 or heat.max() > 1 + 1e-6:
        came = f"{np.nanmin(heat):.3g} to {np.nanmax(heat):.3g}: make one with heatmap(features)"
        raise ValueError(f"Expected a heatmap with values from 0 to 1, but got {came}.")
    if not 0 <= alpha <= 1:
        raise ValueError(f"Expected alpha from 0 to 1, but got {alpha}.")
    heat = np.clip(resized(heat, pixels.shape[:2]), 0, 1)
    mixed = (1 - alpha) * pixels.astype(np.float32) + alpha * coloured(heat, colormap)
    mixed = np.rint(mixed).astype(np.uint8)
    if contour is not None:
        mixed = with_contour(mixed, heat, contour)
    return mixed


def with_contour(pixels: np.ndarray, heat: np.ndarray, level: float) -> np.ndarray:
    """Draw the line round what reaches a level: white with a black rim, readable on any photograph;
    in a small one just white, and outside of it, because there a pixel is wide."""
    drawn = pixels.copy()
    if min(heat.shape) < SMALL:
        from scipy.ndimage import binary_dilation

        drawn[binary_dilation(heat >= level) & (heat < level)] = 255
        return drawn
    inside = np.pad(heat >= level, 2, mode="edge")
    line = np.zeros_like(inside)
    for axis in (0, 1):
        line |= inside != np.roll(inside, 1, axis)
    rim = line.copy()
    for axis in (0, 1):
        rim |= np.roll(line, 1, axis) | np.roll(line, -1, axis)
    drawn[rim[2:-2, 2:-2]] = 0
    drawn[line[2:-2, 2:-2]] = 255
    return drawn
