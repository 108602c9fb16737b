"""Checks for the exercises of step 6. Each returns one sentence."""

from ...features import extract_features
from ...heatmaps import occlude, occlusion
from ...images import load_image
from ..answers import exercise, numbers
from .toys import TOY, TOY_BOX

ANSWER = "Not answered yet: put your answer into {} and run the cell again."
ENOUGH = 0.8  # of what the best place does


@exercise("answer_1 = (1, 1, 3, 4)", ANSWER.format("answer_1"))
def check_box(answer):
    """Check the box (top, left, bottom, right) of the hottest place of `toys.TOY` at threshold 0.5.

    answer: four whole numbers, or None.
    """
    given = tuple(numbers(answer, "four numbers (top, left, bottom, right)").ravel().tolist())
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


@exercise("answer_2 = (28, 168)", ANSWER.format("answer_2"))
def check_place(features, target, answer, size=None, stride=None):
    """Check a place for the grey square: nearly as good as the best place of a coarse grid.

    Args:
        features: `Features` of the photograph; target: the `Target` that is explained.
        answer: (top, left) of the square in pixels, or None.
        size, stride: of the square and of the grid, in pixels, by default as in `occlusion`.
    """
    side = min(features.network.input_size)
    size, stride = size or side // 4, stride or side // 8
    place = numbers(answer, "two numbers (top, left)").ravel()
    network = features.network
    if place.shape != (2,):
        return f"Expected two numbers (top, left), but got {place.size}."
    top, left = (int(number) for number in place)
    height, width = network.input_size
    if not (0 <= top <= height - size and 0 <= left <= width - size):
        return (
            f"Expected top and left from 0 to {min(height, width) - size}, so that the square lies "
            f"whole on the photograph, but got {place[0]:g}, {place[1]:g}."
        )
    _, grid = occlusion(features, target, size, stride)
    whole, measure = target.of(features), target.measure
    best = whole - float(grid.min())
    if best <= 0:
        return (
            f"No place of a square of {size} pixels lowers the {measure} of this target: "
            "the photograph holds enough evidence elsewhere; try another photograph."
        )
    enough = whole - ENOUGH * best
    left_over = _left_over(features, target, top, left, size)
    if left_over <= enough:
        return f"Right: from {whole:.3g} the {measure} falls to {left_over:.3g}."
    is_inside = top <= width - size and left <= height - size
    if is_inside and _left_over(features, target, left, top, size) <= enough:
        return "Not quite: you began with the column; the order is top, left."
    share = (whole - left_over) / best
    if share <= 0:
        return (
            f"Not quite: here the {measure} does not fall, it is {left_over:.3g}; "
            "cover what the target needs."
        )
    return (
        f"Not quite: the {measure} falls, but only by {share:.0%} of what the best place "
        "of the grid does; move towards it."
    )


def _left_over(features, target, top, left, size):
    """Return what is left of a target under a grey square."""
    pixels = occlude(features.image, top, left, size)
    return target.of(extract_features(features.network, load_image(pixels, features.network)))
