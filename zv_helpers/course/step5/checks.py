"""Checks for the exercises of step 5. Each returns one sentence."""

import numpy as np

from ..answers import exercise, number, numbers, refused
from .toys import RAW

SHARE = 0.1


@exercise("answer_1 = np.maximum(toys.RAW, 0) / toys.RAW.max()")
def check_finish(answer):
    """Check the map `toys.RAW` brought to [0, 1]: positive part, divided by its maximum.

    answer: (2, 2), or None.
    """
    given = numbers(answer, "a map of 2 × 2")
    if given.shape != (2, 2):
        return f"Expected a map of 2 × 2, but got {given.shape}."
    right = np.maximum(RAW, 0) / RAW.max()
    if np.allclose(given, right, atol=0.01):
        return "Right: what speaks against the class is 0, and the strongest place is 1."
    if np.allclose(given, (RAW - RAW.min()) / (RAW.max() - RAW.min()), atol=0.01):
        return (
            "Not quite: you stretched from smallest to largest, so a place that says nothing "
            "became 0.33; cut at zero instead."
        )
    if np.allclose(given, np.abs(RAW) / np.abs(RAW).max(), atol=0.01):
        return "Not quite: a place that speaks against the class must not glow; cut it at zero."
    if np.allclose(given, RAW / RAW.max(), atol=0.01):
        return "Not quite: −0.5 is still there; take the positive part as well."
    if np.allclose(given, np.maximum(RAW, 0)):
        return "Not quite: that is the positive part; it still has to be divided by its maximum."
    return "Not quite: replace what is negative by 0, then divide everything by the largest value."


@exercise("answer_2 = np.quantile(heat, 0.9)")
def check_threshold(heat, answer):
    """Check a threshold that leaves about a tenth of a heatmap's pixels.

    Args:
        heat: (h, w) in [0, 1], without threshold.
        answer: a number from 0 to 1, or None.
    """
    expected = "a threshold from 0 to 1"
    level = number(answer, expected)
    if not 0 <= level <= 1:
        raise refused(answer, expected)
    left = float(((np.asarray(heat) >= level) & (np.asarray(heat) > 0)).mean())
    if abs(left - SHARE) <= 0.02:
        return f"Right: {left:.0%} of the pixels are left."
    advice = "raise the threshold" if left > SHARE else "lower the threshold"
    return f"Not quite: {left:.0%} of the pixels are left; {advice}."
