"""Checks for the exercises of step 6. Each returns one sentence."""

import numpy as np

from ..features import LOGITS
from ..heatmaps import box_of, falls, occlude
from ..plots.overlay import before, unit_of
from .step1 import UNANSWERED

# The hot place is a 2 × 3 block; the single 0.8 on the right is not connected with it.
TOY = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.8],
        [0.0, 0.6, 1.0, 0.7, 0.0, 0.0],
        [0.0, 0.5, 0.9, 0.6, 0.0, 0.0],
        [0.0, 0.0, 0.3, 0.0, 0.0, 0.0],
    ]
)
TOY_BOX = box_of(TOY, 0.5)


def check_box(answer):
    """Check the box (top, left, bottom, right) of the hottest place of `TOY` at threshold 0.5.

    answer: four whole numbers, or None.
    """
    if answer is None:
        return UNANSWERED
    given = tuple(np.asarray(answer).ravel().tolist())
    if len(given) != 4:
        return f"Expected four numbers (top, left, bottom, right), but got {len(given)}."
    top, left, bottom, right = TOY_BOX
    if given == TOY_BOX:
        return "Right: bottom and right are one past the last row and column, as in a slice."
    if given == (top, left, bottom - 1, right - 1):
        return "Not quite: bottom and right are not included, so they are one larger."
    if given == (left, top, right, bottom):
        return "Not quite: you began with the column; the order is top, left, bottom, right."
    if given == (0, left, bottom, TOY.shape[1]):
        return "Not quite: the 0.8 is hot, but not connected with the hottest place."
    if given == (top, left, bottom + 1, right):
        return "Not quite: the 0.3 in the last row is below the threshold."
    return "Not quite: start at the 1.0 and walk to all neighbours of at least 0.5."


def check_place(features, target, answer, size=56, stride=28):
    """Check a place for the grey square: nearly as good as the best place of a coarse grid.

    Args:
        features: `Features` of the photograph; target: the `Neuron` that is explained.
        answer: (top, left) of the square in pixels, or None.
        size, stride: of the square and of the grid, in pixels.
    """
    if answer is None:
        return UNANSWERED
    place = np.asarray(answer).ravel()
    network = features.network
    if place.shape != (2,):
        return f"Expected two numbers (top, left), but got {place.size}."
    top, left = (int(number) for number in place)
    height, width = network.input_size
    if not (0 <= top <= height - size and 0 <= left <= width - size):
        return (
            f"Expected top and left from 0 to {min(height, width) - size}, but got {top}, {left}."
        )
    _, grid = falls(features, target, size, stride)
    whole = before(features, target)
    best = whole - float(grid.min())
    if best <= 0:
        return (
            f"No place of a square of {size} pixels lowers the {unit_of(target)} of this target: "
            "the photograph holds enough evidence elsewhere; try another photograph."
        )
    fall = whole - _value(features, target, occlude(features.image, network, top, left, size))
    share = fall / best
    if share >= 0.8:
        return f"Right: from {whole:.3g} the {unit_of(target)} falls to {whole - fall:.3g}."
    if share <= 0:
        return (
            f"Not quite: here the {unit_of(target)} does not fall, it is {whole - fall:.3g}; "
            "cover what the target needs."
        )
    return (
        f"Not quite: the {unit_of(target)} falls, but only by {share:.0%} of what the best place "
        "of the grid does; move towards it."
    )


def _value(features, target, pixels):
    """Return the target's probability or activation for other pixels."""
    from ..features import extract_features
    from ..images import load_image

    network = features.network
    seen = extract_features(network, load_image(pixels, network))
    if target.layer == LOGITS:
        return float(seen.probabilities[target.channel])
    return float(seen[target.layer][target.row, target.column, target.channel])
