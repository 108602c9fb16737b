"""Checks for the exercises of the lab. Each returns one sentence."""

import numpy as np

from ...choose import max_pools
from ...experiments.switches import likeness_by_layer
from ..answers import exercise, numbers, refused
from .toys import THIRD, through_a_pool, through_a_stride

SAME = 0.999  # two pictures that differ by rounding only


@exercise("answer_1 = [[0, 5, 0, 0], [0, 0, 0, 1], [2, 0, 0, 0], [0, 0, 4, 0]]")
def check_toy(answer):
    """Check the toy's signal after the max-pool, by the switches of `toys.THIRD`.

    answer: (4, 4), or None.
    """
    expected = "the signal at the 4 × 4 pixels"
    given = numbers(answer, expected)
    if given.shape != (4, 4):
        return f"Expected {expected}, but got an array of shape {given.shape}."
    right = through_a_pool(THIRD)
    if np.array_equal(given, right):
        return "Right: each of the four went to the largest pixel of its window in this photograph."
    if np.array_equal(given, through_a_stride(THIRD)):
        return "Not quite: that is where a stride sends them; a max-pool looks at the photograph."
    if np.array_equal(given > 0, right > 0):
        return "Not quite: the places are right; what goes there are the signal's numbers."
    row, column = np.argwhere(given != right)[0] // 2
    return (
        f"Not quite: look at the window that begins at row {2 * row}, column {2 * column}: where "
        "is its largest number in toys.THIRD?"
    )


@exercise(
    """\
found = likeness_by_layer(several, "deconvnet")
answer_2 = next(layer for layer, value in found.items() if value < 0.999)"""
)
def check_first_layer(several, answer):
    """Check which is the first layer whose deconvnet pictures depend on the photograph.

    Args:
        several: `Features` of several photographs in one network.
        answer: the name of a layer, "none" where there is no such layer, or None.
    """
    network = several[0].network
    names = several[0].layers
    if not isinstance(answer, str) or answer not in (*names, "none"):
        raise refused(
            answer, f"the name of a layer of {network.name}", f"such as {network.layers[0].name!r}"
        )
    if not max_pools(network):
        sure = "Right" if answer == "none" else "Not quite"
        return f"{sure}: {network.name} has no max-pool, so there is no such layer: 'none'."
    first = next((name for name in names if _depends(several, name)), None)
    if answer == first:
        return f"Right: {first} is the first at or above a max-pool."
    if answer == "none":
        return f"Not quite: {network.name} has a max-pool, and from there on they depend on it."
    if first in names[: names.index(answer)]:
        return f"Not quite: {answer} has an earlier one below it whose pictures depend on it too."
    return f"Not quite: at {answer} the pictures are all the same; go further up."


def _depends(several, layer):
    """Whether the deconvnet pictures of a layer differ from photograph to photograph."""
    found = likeness_by_layer(several, "deconvnet", layers=[layer], progress=False)
    return found[layer] < SAME
