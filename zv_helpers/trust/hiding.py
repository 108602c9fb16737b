"""What hidden pixels are hidden behind, and the photograph with some of them hidden."""

import numpy as np
from numpy.typing import ArrayLike

from ..images import MID_GREY, InputImage

BASELINES = ("grey", "blurred", "mean")
BLUR = 1 / 16  # the Gaussian's standard deviation, as a part of the photograph's shorter side


def baseline_picture(image: InputImage, baseline: str = "grey") -> np.ndarray:
    """Return what is left of a photograph when all of it is hidden: uint8 (h, w, channels).

    baseline: "grey", mid-grey as the occlusion's square; "blurred", the photograph through a
    Gaussian of a sixteenth of its shorter side, which leaves no edges where pixels are hidden, but
    large shapes; "mean", the photograph's mean colour, which leaves its hue. The bars beside a
    photograph that was loaded with `fit="letterbox"` stay as they are, and neither blur nor mean
    mixes them in. Raises a ValueError for another name.
    """
    if baseline not in BASELINES:
        known = ", ".join(BASELINES)
        raise ValueError(f"Expected the baseline to be one of {known}, but got {baseline!r}.")
    top, left, bottom, right = image.place
    picture = image.pixels.copy()
    part = picture[top:bottom, left:right]
    part[...] = {"grey": _grey, "blurred": _blurred, "mean": _mean}[baseline](part)
    return picture


def hidden(
    pixels: ArrayLike, order: np.ndarray, share: float, baseline: ArrayLike = MID_GREY
) -> np.ndarray:
    """Hide a share of a photograph's pixels, the first in an order: uint8 (h, w, channels).

    Args:
        pixels: uint8 (h, w, channels).
        order: int (n,), numbers of pixels, as from `pixel_order`; share: of these, in [0, 1],
            rounded to whole pixels.
        baseline: what is seen instead: a grey, a colour, or a picture of the same shape.

    Raises a ValueError for a share outside [0, 1].

    >>> hidden(np.zeros((1, 4, 3), np.uint8), np.array([1, 3, 2, 0]), 0.25)[0, :, 0]
    array([  0, 128,   0,   0], dtype=uint8)
    """
    if not 0 <= share <= 1:
        raise ValueError(f"Expected a share from 0 to 1, but got {share}.")
    chosen = np.asarray(order)[: round(share * len(order))]
    seen = np.array(pixels)
    behind = np.broadcast_to(np.asarray(baseline, seen.dtype), seen.shape)
    channels = seen.shape[2]
    seen.reshape(-1, channels)[chosen] = behind.reshape(-1, channels)[chosen]
    return seen


def _grey(part):
    return MID_GREY


def _mean(part):
    return np.rint(part.mean(axis=(0, 1)))


def _blurred(part):
    from scipy.ndimage import gaussian_filter

    sigma = BLUR * min(part.shape[:2])
    return np.rint(gaussian_filter(part.astype(np.float32), (sigma, sigma, 0), mode="nearest"))
