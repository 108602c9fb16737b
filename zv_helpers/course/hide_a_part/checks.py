"""Checks for the exercises of the lab. Each returns one sentence."""

import numpy as np

from ...experiments.occluding import occlusion_maps
from ..answers import exercise, number, numbers, refused
from .toys import slid

SIZE = 3  # of the square in the first exercise


@exercise("answer_1 = [[0, 6], [6, 9]]")
def check_toy(answer):
    """Check the cat's scores under a square of 3 × 3 in each of its four places on `toys.TOY`.

    answer: (2, 2), or None.
    """
    expected = "the cat's scores in the 2 × 2 places"
    given = numbers(answer, expected)
    if given.shape != (2, 2):
        return f"Expected {expected}, but got an array of shape {given.shape}."
    cat, ball, _ = slid(SIZE)
    if np.array_equal(given, cat):
        return "Right: only in the first place does the ball win, with 7 to 0."
    if np.array_equal(given, ball):
        return "Not quite: those are the ball's scores; the cat lies in the upper left quarter."
    if np.array_equal(given, cat.max() + cat.min() - cat) or np.array_equal(given, 13 - cat):
        return "Not quite: you added up what is hidden; the score is what is left, 13 less that."
    row, column = np.argwhere(given != cat)[0]
    return (
        f"Not quite: look again at the square that begins at row {row}, column {column}, and add "
        "up what it leaves of the four numbers in the upper left quarter."
    )


@exercise(
    """\
side = min(network.input_size)
large = occlusion_maps(features, size=side // 2, stride=side // 8)
answer_2 = int((large.most_probable != large.most_probable_before).sum())"""
)
def check_places(features, answer):
    """Check in how many places a square of half the photograph's side changes the most probable
    class, when it moves by an eighth.

    Args:
        features: `Features` of the photograph.
        answer: a whole number, or None.
    """
    network = features.network
    if network.class_count is None:
        return f"{network.name} has no classes, so no square changes them: load another network."
    expected = "a number of places"
    given, side = number(answer, expected), min(network.input_size)
    if not given.is_integer() or given < 0:
        raise refused(answer, expected)
    maps = occlusion_maps(features, size=side // 2, stride=side // 8, progress=False)
    changed = int((maps.most_probable != maps.most_probable_before).sum())
    if given == changed:
        return f"Right: {changed} of {maps.value.size} places."
    if given == maps.value.size - changed:
        return "Not quite: in so many places it stays the same; count the others."
    if given > maps.value.size:
        return f"Not quite: a square of {side // 2} pixels that moves by {side // 8} has only " + (
            f"{maps.value.size} places."
        )
    return (
        f"Not quite: compare most_probable with most_probable_before, for size={side // 2} and "
        f"stride={side // 8}."
    )
