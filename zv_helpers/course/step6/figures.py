"""The figures of step 6: galleries of overlays, the occlusion experiment, and boxes."""

import numpy as np

from ...draw.colours import ORANGE, SKY
from ...heatmaps import box_of, coldest_place, occlude
from ...overlays import overlay
from ..panels import colourbar, frame, panels, picture
from ..parts import signed, without_empty


def gallery(pictures, columns=4, width=2.3):
    """Show pictures {title: uint8 RGB (h, w, 3)} in rows of `columns`; returns a Figure."""
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    figure, axes = panels(columns, rows, width=width, height=width + 0.15)
    axes = np.atleast_1d(axes).ravel()
    for ax, (title, pixels) in zip(axes, pictures.items(), strict=False):
        picture(ax, pixels, title)
    without_empty(axes)
    return figure


def boxes(image, heat, thresholds):
    """Draw the box of each threshold on the overlay, one panel each; returns a Figure."""
    figure, axes = panels(len(thresholds), width=2.5, height=2.6)
    for ax, threshold in zip(np.atleast_1d(axes), thresholds, strict=True):
        picture(ax, overlay(image, heat, 0.4, contour=threshold), f"threshold {threshold:g}")
        box = box_of(heat, threshold)
        if box is not None:
            frame(ax, box, colour=SKY)
    return figure


def worst_square(features, target, fall, grid, size, stride):
    """Draw the square's worst place, the value for each place, and the falls; returns a Figure."""
    top, left = coldest_place(grid, size, stride, features.network.input_size)
    figure, axes = panels(3, width=2.7, height=2.5)
    measure, whole = target.measure, target.of(features)
    pixels = occlude(features.image, top, left, size)
    picture(axes[0], pixels, f"where the {measure} falls most")
    frame(axes[0], (top, left, top + size, left + size), colour=ORANGE)
    scale = {"vmin": 0, "vmax": max(whole, float(grid.max()))}
    colourbar(picture(axes[1], grid, f"{measure} for each place", cmap="viridis", **scale))
    signed(axes[2], fall, "mean fall at each pixel")
    return figure
