"""A toy row of pixels that is looked at in strides, and a toy layer with dead maps."""

import numpy as np

PIXELS = np.arange(24)
# How active six toy maps are, for the exercise.
ACTIVITY = np.array([2.0, 0.9, 0.15, 0.0, 4.0, 0.35])


def wave(period):
    """Return a row of 24 pixels, 1 at the crests of a wave and −1 in its troughs.

    >>> wave(4)[:5].round().tolist()
    [1.0, 0.0, -1.0, -0.0, 1.0]
    """
    return np.cos(2 * np.pi * PIXELS / period)


def seen(pixels, stride):
    """Return what is left of a row when only every stride-th pixel is looked at.

    >>> seen(np.array([5, 6, 7, 8, 9]), 2).tolist()
    [5, 7, 9]
    """
    return pixels[::stride]


def period_seen(period, stride):
    """Return the period, in pixels, of the coarsest wave that looks the same in such strides:
    the wave itself up to two strides, infinity for one that looks constant.

    >>> period_seen(12, 4), period_seen(3, 4), period_seen(4, 4)
    (12.0, 12.0, inf)
    """
    turns = stride / period  # of the wave from one look to the next
    rest = abs(turns - round(turns))
    return round(stride / rest, 9) if rest > 1e-9 else float("inf")
