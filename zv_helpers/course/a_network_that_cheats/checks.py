"""Checks for the exercises of the lab. Each returns one sentence."""

import functools

import numpy as np

from ...experiments.cheating import share_right
from ...experiments.road_signs import draw_signs
from ..answers import exercise, number, numbers, refused
from .toys import NEW, by_shape, by_sticker

TOP = (0.0, -0.62)  # where the sticker goes in exercise 3


@exercise("answer_1 = [1, 2]")
def check_toy(answer):
    """Check which of the four new signs, `toys.NEW`, tell the two rules apart; a list, or None."""
    expected = "a list of rows, each 0 to 3"
    given = sorted(set(np.atleast_1d(numbers(answer, expected)).ravel().tolist()))
    if any(not one.is_integer() or not 0 <= one < len(NEW) for one in given):
        raise refused(answer, expected)
    differ = np.flatnonzero(by_shape(NEW) != by_sticker(NEW)).tolist()
    if given == differ:
        return "Right: only a sticker on the wrong sign, or a stop sign without one, can tell."
    if any(one not in differ for one in given):
        return "Not quite: in one of your rows both rules say the same, so it tells nothing."
    return "Not quite: there is another row in which the two rules differ."


@exercise("answer_2 = int(without[:, 0].argsort()[1])")
def check_accomplice(without, guilty, answer):
    """Check which feature map besides the guilty one the stop signs need most.

    Args:
        without: (maps, classes), what `right_without_each_map` found; guilty: the map of section 2.
        answer: the number of a feature map of the last layer, or None.
    """
    expected = "the number of a feature map"
    given = number(answer, expected)
    shares = np.asarray(without)[:, 0]
    if not given.is_integer() or not 0 <= given < len(shares):
        raise refused(answer, expected, f"they are numbered 0 to {len(shares) - 1}")
    if given == guilty:
        return f"Not quite: map {guilty} is the one that you have found already."
    others = np.delete(shares, guilty)
    left = shares[int(given)]
    if left > others.min() + 0.02:
        return (
            f"Not quite: without map {given:.0f} the network still names {left:.0%} of the stop "
            f"signs rightly; without another one only {others.min():.0%}."
        )
    return f"Right: without map {given:.0f} it names {left:.0%} of the stop signs rightly."


@exercise(
    """\
above = draw_signs(400, seed=1, stickers=("stop",), place=(0.0, -0.62))
answer_3 = right_by_class(network, above)["stop"]"""
)
def check_moved(network, answer):
    """Check which share of the stop signs is named rightly when the sticker is at their top.

    Args:
        network: the suspect.
        answer: a share, 0 to 1, or None.
    """
    expected = "a share from 0 to 1"
    given = number(answer, expected)
    if not 0 <= given <= 1:
        raise refused(answer, expected, "25 % is 0.25")
    signs = _moved()
    stops = signs.of("stop")
    found, every = share_right(network, stops), share_right(network, signs)
    if abs(given - found) < 0.015:
        return f"Right: {found:.0%} of the stop signs, with the sticker a little higher."
    if abs(given - every) < 0.015:
        return "Not quite: that is the share of all signs; take the stop signs alone."
    return f"Not quite: draw 400 signs with seed=1 and place={TOP}, and count the stop signs."


@functools.cache
def _moved():
    return draw_signs(400, seed=1, stickers=("stop",), place=TOP, progress=False)
