"""Checks for the exercises of the lab. Each returns one sentence."""

import numpy as np

from ...experiments.moving import movement
from ..answers import exercise, number, refused
from .toys import COLUMN, distance, max_pooled

STEPS = range(0, 181, 5)  # degrees
PART = 5


@exercise("answer_1 = 3")
def check_toy(answer):
    """Check how far the max-pooled vector of `toys.COLUMN` moves when it is shifted down by one.

    answer: a number, or None.
    """
    given = number(answer, "a distance")
    right = distance(COLUMN, 1, max_pooled)
    if abs(given - right) < 0.01:
        return "Right: (3, 4) becomes (0, 4), because the 4 stays in its window."
    if abs(given - distance(COLUMN, 1, lambda picture: picture)) < 0.01:
        return "Not quite: that is the distance of the pixels; pool first, then compare."
    if abs(given - right**2) < 0.01:
        return "Not quite: that is the square of it; take the root."
    if abs(given - right / 5) < 0.01:
        return "Not quite: you divided by the length, 5; here the distance itself is asked for."
    return "Not quite: write down the two maxima before and after, (3, 4) and what they become."


@exercise(
    """\
turned = movement([features], "rotation", range(0, 181, 5))
low = turned.values[0] < turned.values[0, 0] / 5
answer_2 = turned.amounts[np.argmax(low)]"""
)
def check_angle(features, answer):
    """Check the smallest turn, in steps of 5°, that leaves less than a fifth of the value of
    the most probable class.

    Args:
        features: `Features` of the untouched photograph.
        answer: degrees, or None.
    """
    expected = "a number of degrees anticlockwise, from 0 to 180"
    given = number(answer, expected)
    if not 0 <= given <= 180:
        raise refused(answer, expected)
    turned = movement([features], "rotation", STEPS, progress=False)
    values, measure = turned.values[0], turned.targets[0].measure
    low = values < values[0] / PART
    if not low.any():
        return f"No turn up to 180° takes four fifths of this {measure}: try another photograph."
    right = int(turned.amounts[np.argmax(low)])
    if given == right:
        return f"Right: at {right}° the {measure} is {values[np.argmax(low)]:.2f}."
    if given % 5:
        return "Not quite: the turn goes in steps of 5°."
    now = values[int(given) // 5]
    if given < right:
        return f"Not quite: at {given:g}° the {measure} is still {now:.2f}; turn further."
    if now < values[0] / PART:
        return f"Not quite: at {given:g}° it is {now:.2f}, but a smaller turn is enough already."
    return (
        f"Not quite: at {given:g}° the {measure} is {now:.2f} again, but a smaller turn takes four "
        "fifths of it."
    )
