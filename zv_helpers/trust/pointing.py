"""Does a heatmap point at the subject? One throw of the pointing game (Zhang et al. 2018)."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..features import Features
from ..images import MarkedBox
from ..network.receptive_fields import Box
from .orders import checked_heat


def pointing(
    features: Features, target: Any, heat: ArrayLike, box: MarkedBox | Box, tolerance: float = 0
) -> bool:
    """Say whether the hottest pixel of a heatmap lies in a box.

    Args:
        features: of the photograph, whose fit says where a marked box lies.
        target: what the heatmap explains, a class index, a class name or a `Target`; None for the
            most probable class. It is only checked: pointing asks the heatmap, not the network.
        heat: float (h, w) of the input's size, of any scale; only the order of its values counts.
        box: a `MarkedBox` of this photograph, or (top, left, bottom, right) in input pixels, bottom
            and right not included.
        tolerance: how far from the box, in pixels of the input, counts too.

    Several pixels may be the hottest, for a coarse map at its border always: then more than half of
    them must lie in the box, so the mirrored heatmap gets the answer for the mirrored box. A
    constant heatmap points nowhere: False.

    Zhang et al. (*Top-down Neural Attention by Excitation Backprop*, IJCV 2018) allow 15 pixels
    round the object, which helps where objects are small; here the default is none. And they ask
    for every class that a picture was labelled with and take the mean over the classes.

    Raises a ValueError for a heatmap of another size or with NaN, and for a box outside the input
    or cut off by the fit; a KeyError or IndexError for a target that is not there.
    """
    features.target(target)
    size = features.network.input_size
    values = checked_heat(heat, size)
    top, left, bottom, right = in_input(features, box)
    rows, columns = hottest(values)
    down = np.maximum(np.maximum(top - rows, rows - (bottom - 1)), 0)
    across = np.maximum(np.maximum(left - columns, columns - (right - 1)), 0)
    hits = np.hypot(down, across) <= tolerance
    return bool(2 * hits.sum() > len(hits))


def hottest(heat: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and columns of all pixels that are hottest, int (n,) each; none where the
    heatmap is constant.

    heat: float (h, w).

    >>> [places.tolist() for places in hottest([[0, 2, 1], [2, 0, 0]])]
    [[0, 1], [1, 0]]
    >>> [places.tolist() for places in hottest([[0, 0], [0, 0]])]
    [[], []]
    """
    values = np.asarray(heat)
    hot = values == values.max()
    rows, columns = np.nonzero(hot & ~hot.all())
    return rows, columns


def in_input(features: Features, box: MarkedBox | Box) -> Box:
    """Return a box in pixels of the network's input: (top, left, bottom, right). Raises a
    ValueError for one outside the input or cut off by the fit."""
    height, width = features.network.input_size
    if isinstance(box, MarkedBox):
        if (place := features.image.locate(box)) is None:
            raise ValueError(
                f"Expected a box that the network sees, but fit={features.image.fit!r} cuts the "
                f"{box.part} of {box.photograph!r} off: load the photograph with fit='letterbox'."
            )
        return place
    top, left, bottom, right = box
    if not (0 <= top < bottom <= height and 0 <= left < right <= width):
        raise ValueError(
            f"Expected a box (top, left, bottom, right) within the input's {height} rows and "
            f"{width} columns, but got {tuple(box)}: give it in pixels of the input."
        )
    return top, left, bottom, right
