"""Checks of step 4's exercises: unpool by hand, tell the rules apart, find what speaks against."""

import numpy as np

from ..deconvnet import find_switches, rectify, unpool
from ..relevance import relevance_scores, target_of, true_effects

# Exercise 1: a 2×2 pool that moves by one, so its windows overlap.
MAPS = np.array([[7, 2, 0], [4, 5, 3], [0, 1, 6]], float)
SIGNAL = np.array([[2, -1], [4, 3]], float)

# Exercise 2: one signal, the feature maps of the forward pass, and what three rules made of them.
ROW_SIGNAL = np.array([[-2, 4, 1, -3]], float)
ROW_MAPS = np.array([[3, 0, 5, 0]], float)
_ROW = {rule: rectify(ROW_SIGNAL, ROW_MAPS, rule) for rule in ("deconvnet", "guided", "gradient")}
RESULTS = {"A": _ROW["gradient"], "B": _ROW["deconvnet"], "C": _ROW["guided"]}
RULE_OF = {"A": "gradient", "B": "deconvnet", "C": "guided"}


def check_unpool(answer):
    """Say whether a 3×3 array is `SIGNAL` unpooled to the switches of `MAPS` (pool 2×2, stride 1).

    Args:
        answer: (3, 3) numbers, or None.

    Returns:
        One sentence.
    """
    if answer is None:
        return "Not answered yet: put the 3 × 3 signal into answer_1 and run the cell again."
    try:
        given = np.asarray(answer, float)
    except (TypeError, ValueError):
        return "Expected three rows of three numbers, such as [[0, 0, 0], [0, 0, 0], [0, 0, 0]]."
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


def check_rules(answer):
    """Say whether each of `RESULTS` is given the rule that made it.

    Args:
        answer: a dict {"A": rule, "B": rule, "C": rule}, or None.

    Returns:
        One sentence.
    """
    if answer is None or not isinstance(answer, dict) or not any(answer.values()):
        return "Not answered yet: write deconvnet, guided or gradient beside each of A, B and C."
    if set(answer) != set(RULE_OF) or not set(answer.values()) <= {*RULE_OF.values(), None}:
        return (
            f"Expected deconvnet, guided or gradient for each of A, B and C, but got {answer}: "
            "mind the spelling."
        )
    if None in answer.values():
        return "One is still missing: each of the three rules was used once."
    wrong = [name for name in sorted(RULE_OF) if answer[name] != RULE_OF[name]]
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


def check_against(answer, features, layer, target=None):
    """Say whether a feature map has the relevance score that speaks most against the target.

    Args:
        answer: the index of the feature map, or None.
        features: `Features` of the photograph; layer: the layer that was asked about.
        target: the class index or `Neuron` explained, by default `features.target()`.

    Returns:
        One sentence.
    """
    if answer is None:
        return (
            "Not answered yet: put the number of a feature map into answer_3 and run the cell "
            "again."
        )
    target = target_of(features, target)
    scores = relevance_scores(features, target, layer)
    last = len(scores) - 1
    try:
        channel = int(answer)
        whole = channel == answer
    except (TypeError, ValueError):
        channel, whole = -1, False
    if not whole or not 0 <= channel <= last:
        return f"Expected the number of a feature map, 0 to {last}, but got {answer!r}."
    if channel == int(np.argmin(scores)):
        rise = -float(true_effects(features, target, layer, channels=[channel])[0])
        change = (
            "rises" if rise > 0 else "falls all the same, since the gradient is a straight line"
        )
        return f"Right: map {channel} has the lowest score, and with it zeroed the target {change}."
    if channel == int(np.argmax(scores)):
        return (
            f"Map {channel} has the highest score: it speaks for the target. Look at the other end."
        )
    if scores[channel] >= 0:
        return (
            f"The score of map {channel} is not negative: look for the smallest score, below zero."
        )
    others = int((scores < scores[channel]).sum())
    more = "1 other does" if others == 1 else f"{others} others do"
    return f"Map {channel} speaks against the target, but {more} so more strongly."
