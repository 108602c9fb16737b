"""Checks for the exercises of the lab. Each returns one sentence."""

import numpy as np

from ..answers import exercise, number, numbers, refused
from .toys import OTHER_PEAKS, jumps, strongest


@exercise("answer_1 = 2, 2")
def check_toy(answer):
    """Check how often the strongest picture of `toys.OTHER_PEAKS` jumps, and to which picture, by
    its place, it jumps last.

    answer: two whole numbers (how often, the picture), or None.
    """
    expected = "two numbers (how often, the picture)"
    given = numbers(answer, expected)
    if given.shape != (2,):
        raise refused(answer, expected)
    count, last = int(jumps(OTHER_PEAKS).sum()), int(strongest(OTHER_PEAKS)[-1])
    if given.tolist() == [count, last]:
        return f"Right: it jumps {count} times, although no number changes by more than two."
    if given[0] != count:
        return "Not quite: write down the place of each row's largest number; count the changes."
    return "Not quite: the picture is a place in the row, and the first has the place 0."


@exercise('answer_2 = followed.layers["conv5"].correlation[6]')
def check_correlation(followed, answer, layer="conv5", moment=6):
    """Check how like its end a layer is at a moment: the mean correlation of its maps.

    Args:
        followed: the `Evolution` that the lab made.
        answer: a number, or None; layer, moment: which layer and moment were asked for.
    """
    given = number(answer, "a correlation")
    one = followed.layers[layer]
    right = float(one.correlation[moment])
    if abs(given - right) < 0.005:
        step = followed.moments[moment]
        return (
            f"Right: after {step} steps the maps of {layer} correlate {right:.2f} with their end."
        )
    if abs(given - float(one.alikeness[moment])) < 0.005:
        return "Not quite: that is the CKA of the layer; the mean correlation is asked for."
    for name, other in followed.layers.items():
        if abs(given - float(other.correlation[moment])) < 0.005:
            return f"Not quite: that is {name}."
    if abs(np.asarray(one.correlation) - given).min() < 0.005:
        return (
            f"Not quite: that is {layer} at another moment; moment {moment} has the place "
            f"{moment}, and the first has the place 0."
        )
    return f"Not quite: read followed.layers[{layer!r}].correlation, one number a moment."


@exercise(
    """\
share = followed.layers["conv1"].jumps[-1].mean()
answer_3 = share, followed.layers["conv5"].jumps[-1].mean()"""
)
def check_jumps(followed, answer):
    """Check which share of the first and of the last layer's maps jump at the last moment.

    Args:
        followed: the `Evolution` that the lab made.
        answer: two numbers (first layer, last layer), or None.
    """
    expected = "two shares (the first layer's, the last layer's)"
    given = numbers(answer, expected)
    if given.shape != (2,):
        raise refused(answer, expected)
    layers = list(followed.layers.values())
    shares = np.array([layers[i].jumps[-1].mean() for i in (0, -1)])
    if np.abs(given - shares).max() < 0.005:
        return (
            f"Right: {shares[0]:.0%} and {shares[1]:.0%} of the maps have another strongest "
            "picture than at half of the time."
        )
    if np.abs(given - shares[::-1]).max() < 0.005:
        return "Not quite: these are the right shares, but the first layer's comes first."
    if np.abs(given - [layers[i].jumps.mean() for i in (0, -1)]).max() < 0.005:
        return "Not quite: that is over all moments; the last is jumps[-1]."
    return "Not quite: jumps is True where a map jumped; jumps[-1].mean() is the share of maps."
