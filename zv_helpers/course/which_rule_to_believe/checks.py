"""The check of the lab on which rule to believe: what speaks most against the target?"""

import numpy as np

from ...relevance import ablation, relevance_scores
from ..answers import exercise, number, refused


@exercise(
    "answer_1 = int(zv.relevance_scores(features, target, layers.middle).argmin())",
    "Not answered yet: put the number of a feature map into answer_1 and run the cell again.",
)
def check_against(answer, features, layer, target=None):
    """Check that a feature map has the relevance score that speaks most against the target.

    Args:
        answer: the index of the feature map, or None.
        features: `Features` of the photograph; layer: the layer that was asked about.
        target: the `Target` explained, or a class, by default `features.target()`.
    """
    target = features.target(target)
    scores = relevance_scores(features, target, layer)
    last = len(scores) - 1
    expected = f"the number of a feature map, 0 to {last}"
    given = number(answer, expected)
    if not given.is_integer() or not 0 <= given <= last:
        raise refused(answer, expected)
    channel = int(given)
    if channel == int(np.argmin(scores)):
        rise = -float(ablation(features, target, layer, channels=[channel])[0])
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
