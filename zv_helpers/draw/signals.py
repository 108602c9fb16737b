"""A signed signal as a picture: zero is mid-grey, and one scale serves the three channels."""

import numpy as np
from numpy.typing import ArrayLike

from .colours import in_rgb


def clear_scale(signal: ArrayLike) -> float:
    """Choose a scale at which a signal can be seen, where 99.5 % of its absolute values lie below.

    A few pixels of a projection are often many times stronger than all the rest, and at their scale
    the picture would be grey. Returns a number, 0 for a zero signal.

    Examples:
        >>> clear_scale(np.array([-4.0, 0.0, 2.0]))
        4.0
    """
    sizes = np.abs(signal).ravel()
    if not sizes.size:
        return 0.0
    scale = float(np.percentile(sizes, 99.5, method="higher"))
    return scale if scale > 0 else float(sizes.max())


def signal_picture(signal: ArrayLike, scale: float | None = None) -> np.ndarray:
    """Draw a signed signal: zero is mid-grey, and one scale serves the three channels.

    signal: float (h, w, 3), or (h, w, 1) of a grey picture, of either sign; scale: the absolute
    value that becomes black or white, by default `clear_scale`. What is stronger becomes black or
    white too. Hold the scale to compare two pictures. Returns uint8 RGB (h, w, 3), grey for one
    channel; mid-grey everywhere if the signal is zero.

    Examples:
        >>> signal_picture(np.array([[[-2.0, 0.0, 2.0]]]))
        array([[[  0, 128, 255]]], dtype=uint8)
        >>> signal_picture(np.zeros((1, 1, 3)))
        array([[[128, 128, 128]]], dtype=uint8)
        >>> signal_picture(np.array([[[-2.0], [2.0]]]))
        array([[[  0,   0,   0],
                [255, 255, 255]]], dtype=uint8)
    """
    signal = in_rgb(np.asarray(signal, np.float32))
    if scale is None:
        scale = clear_scale(signal)
    if not scale > 0:
        return np.full(signal.shape, 128, np.uint8)
    return np.clip(np.rint(127.5 + 127.5 / scale * signal + 1e-3), 0, 255).astype(np.uint8)
