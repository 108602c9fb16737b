"""Checks of step 4's exercises: unpool by hand, tell the rules apart. Each returns one sentence."""

import numpy as np

from ...deconvnet import RULES, find_switches, unpool
from ..answers import exercise, numbers, words
from .toys import MAPS, RULE_OF, SIGNAL

NO_RULES = "Not answered yet: write deconvnet, guided or gradient beside each of A, B and C."


@exercise(
    "answer_1 = [[2, 0, 0], [0, 3, 0], [0, 0, 3]]",
    "Not answered yet: put the 3 × 3 signal into answer_1 and run the cell again.",
)
def check_unpool(answer):
    """Check `toys.SIGNAL` unpooled to the switches of `toys.MAPS` (pool 2×2, stride 1).

    answer: (3, 3) numbers, or None.
    """
    given = numbers(
        answer, "three rows of three numbers, such as [[0, 0, 0], [0, 0, 0], [0, 0, 0]]"
    )
    if given.shape != MAPS.shape:
        return (
            f"Expected three rows of three numbers, but got shape {given.shape}: "
            "the signal gets back the size of the maps before the pool."
        )
    switches = find_switches(MAPS[..., None], 2, 1)
    right = unpool(SIGNAL[..., None], switches, MAPS.shape)[..., 0]
    if np.array_equal(given, right):
        return "Right: two windows share the middle switch, and there 4 and −1 add to 3."
    wrong_place = (given != 0) & (right == 0)
    if np.array_equal(given, MAPS * (right != 0)):
        return "The places are right, but they get the signal's values, not the feature map's."
    if wrong_place.any():
        row, column = np.argwhere(wrong_place)[0]
        return (
            f"Row {row}, column {column} is no window's maximum, so no value comes back to it: "
            "look for the largest number in each of the four 2 × 2 windows."
        )
    if given[1, 1] in (4, -1):
        return "Two windows have their maximum in the middle: add what both bring back, 4 and −1."
    return "The places are right; now check which window's value comes back to each of them."


@exercise('answer_2 = {"A": "gradient", "B": "deconvnet", "C": "guided"}', NO_RULES)
def check_rules(answer):
    """Check that each of `toys.RESULTS` is given the rule that made it.

    answer: a dict {"A": rule, "B": rule, "C": rule}, or None.
    """
    given = words(answer, RULE_OF, RULES)
    if not any(given.values()):
        return NO_RULES
    if None in given.values():
        return "One is still missing: each of the three rules was used once."
    wrong = [name for name in sorted(RULE_OF) if given[name] != RULE_OF[name]]
    if not wrong:
        return (
            "Right: the gradient lets −2 through, the deconvnet 4 where the map was 0, "
            "and guided lets neither."
        )
    reasons = {
        "A": "A keeps −2, and only one rule lets a negative signal pass",
        "B": "B keeps 4 although the feature map is 0 there, so its rule does not look at the map",
        "C": "C drops both −2 and 4, so its rule asks two questions",
    }
    return f"Look again at {' and '.join(wrong)}: {reasons[wrong[0]]}."
