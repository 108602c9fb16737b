"""Checks for the exercises of the lab. Each returns one sentence."""

import numpy as np

from ...experiments.first_filters import SHARE
from ..answers import exercise, number
from .toys import ACTIVITY, period_seen

MAPS = (48, 24, 24, 24, 24)  # of the lab's two networks
PERIOD, STRIDE = 3, 2  # of the wave in the exercise, and how it is looked at


@exercise("answer_1 = 6")
def check_wave(answer):
    """Check what a wave with a period of 3 pixels looks like in strides of 2.

    answer: a period in pixels, or None.
    """
    given = number(answer, "a period in pixels")
    right = period_seen(PERIOD, STRIDE)
    if abs(given - right) < 0.01:
        return f"Right: a wave of {PERIOD} pixels comes out as one of {right:g}."
    if abs(given - PERIOD) < 0.01:
        return f"Not quite: to hold {PERIOD} pixels, a stride of {STRIDE} is too wide; draw it."
    return "Not quite: write 1 0 0 1 0 0 … and cross out every second one; how often is there a 1?"


@exercise("answer_2 = np.nanmean(small.finer(1 / 8))")
def check_finer(small, answer):
    """Check the mean share of energy finer than 1/8 cycles a pixel in the second layer's
    projections of the small filters.

    Args:
        small: the `FirstLayers` of the network with the small filters.
        answer: a share, or None.
    """
    given = number(answer, "a share from 0 to 1")
    right, own = (float(np.nanmean(small.finer(limit))) for limit in (1 / 8, small.limit))
    if abs(given - right) < 0.005:
        return f"Right: {right:.0%} is finer than what a stride of 4 could hold; kept, not lost."
    if abs(given - own) < 0.005:
        return "Not quite: that is above its own limit, 1/4; use the large stride's, 1/8."
    if abs(given - 100 * right) < 0.5:
        return "Not quite: answer with a share from 0 to 1."
    return "Not quite: small.finer(limit) gives a share for each projection; take their mean."


@exercise("answer_3 = 3")
def check_dead(answer):
    """Check how many of the maps of `toys.ACTIVITY` are dead.

    answer: a number, or None.
    """
    given, largest = number(answer, "a number of maps"), ACTIVITY.max()
    right = int((ACTIVITY <= SHARE * largest).sum())
    if given == right:
        return f"Right: the limit is a tenth of {largest:g}, and {right} maps lie below it."
    if given == (ACTIVITY <= SHARE).sum():
        return "Not quite: the limit is a tenth of the most active map, not a tenth itself."
    return f"Not quite: the limit is {SHARE:g} times the most active map's, {largest:g}."
