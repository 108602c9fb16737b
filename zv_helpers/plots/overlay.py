"""The figures of step 6: galleries of overlays, the occlusion experiment, and boxes."""

import numpy as np
from PIL import Image, ImageDraw

from ..features import LOGITS
from ..heatmaps import occlude
from ..overlays import overlay
from .common import ORANGE, SKY, frame, panels, picture


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


def box_of(heat, threshold=0.5):
    """Return the box round the hottest place and all that is connected with it at a threshold.

    Args:
        heat: float (h, w) in [0, 1].
        threshold: how hot a pixel must be to belong to it, above 0.

    Returns:
        (top, left, bottom, right) in pixels, bottom and right not included.
        None if nothing is so hot.

    >>> box_of(np.array([[0, 0, 0, 0.7], [0.6, 1, 0, 0], [0, 0.2, 0, 0]]), 0.5)
    (1, 0, 2, 2)
    >>> box_of(np.zeros((3, 3))) is None
    True
    """
    heat = np.asarray(heat)
    if not 0 < threshold <= 1:
        raise ValueError(f"Expected a threshold above 0 and up to 1, but got {threshold}.")
    if heat.max() < threshold:
        return None
    # A copy, since Pillow may share memory that it cannot fill.
    hot = Image.fromarray((heat >= threshold).astype(np.uint8)).copy()
    row, column = np.unravel_index(np.argmax(heat), heat.shape)
    ImageDraw.floodfill(hot, (int(column), int(row)), 2)
    rows, columns = np.nonzero(np.asarray(hot) == 2)
    return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1


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


def hidden(pixels, heat, share, hottest=True):
    """Paint the hottest (or coldest) share of the pixels grey; uint8 (h, w, 3).

    >>> hidden(np.zeros((1, 4, 3), np.uint8), np.array([[0.1, 0.9, 0.2, 0.3]]), 0.25)[0, :, 0]
    array([  0, 128,   0,   0], dtype=uint8)
    """
    order = np.argsort(-np.asarray(heat).ravel(), kind="stable")
    count = round(share * order.size)
    chosen = order[:count] if hottest else order[order.size - count :]
    covered = np.array(pixels).reshape(-1, 3)
    covered[chosen] = 128
    return covered.reshape(np.shape(pixels))
