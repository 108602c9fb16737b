"""The figures of step 6: galleries of overlays, the occlusion experiment, and boxes."""

import numpy as np

from ..draw.colours import ORANGE, SKY
from ..draw.panels import frame, panels, picture
from ..features import LOGITS
from ..heatmaps import box_of, occlude
from ..overlays import overlay


def gallery(pictures, columns=4, width=2.3):
    """Show pictures {title: uint8 RGB (h, w, 3)} in rows of `columns`; returns a Figure."""
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    figure, axes = panels(columns, rows, width=width, height=width + 0.15)
    axes = np.atleast_1d(axes).ravel()
    for ax, (title, pixels) in zip(axes, pictures.items(), strict=False):
        picture(ax, pixels, title)
    for ax in axes[len(pictures) :]:
        ax.set_axis_off()
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


def unit_of(target):
    """Name what falls under the grey square: a class's probability or a neuron's activation."""
    return "probability" if target.layer == LOGITS else "activation"


def before(features, target):
    """Return the target's probability, or a neuron's activation, on the whole photograph."""
    if target.layer == LOGITS:
        return float(features.probabilities[target.channel])
    return target.activation


def coldest_place(grid, size, stride, extent):
    """Return the square's upper left corner (top, left) where the value was lowest.

    grid: float (rows, columns) of `heatmaps.falls`; extent: (h, w) of the photograph.
    """
    place = np.unravel_index(np.argmin(grid), grid.shape)
    return tuple(min(int(i) * stride, side - size) for i, side in zip(place, extent, strict=True))


def occlusion(features, target, fall, grid, size, stride):
    """Draw the square's worst place, the value for each place, and the falls; returns a Figure."""
    image, network = features.image, features.network
    top, left = coldest_place(grid, size, stride, network.input_size)
    figure, axes = panels(3, width=2.7, height=2.5)
    pixels = occlude(image, network, top, left, size)
    picture(axes[0], pixels, f"where the {unit_of(target)} falls most")
    frame(axes[0], (top, left, top + size, left + size), colour=ORANGE)
    whole = before(features, target)
    scale = {"vmin": 0, "vmax": max(whole, float(grid.max()))}
    picture(axes[1], grid, f"{unit_of(target)} for each place", cmap="viridis", **scale)
    _bar(figure, axes[1])
    largest = float(np.abs(fall).max()) or 1.0
    signed = {"cmap": "PuOr_r", "vmin": -largest, "vmax": largest}
    picture(axes[2], fall, "mean fall at each pixel", **signed)
    _bar(figure, axes[2])
    return figure


def _bar(figure, ax):
    figure.colorbar(ax.images[0], ax=ax, shrink=0.8, pad=0.03).ax.tick_params(labelsize=7)
