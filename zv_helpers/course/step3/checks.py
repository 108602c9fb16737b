"""Checks for the exercises of step 3. Each returns one sentence."""

import numpy as np

from ...targets import Neuron
from ..answers import exercise, numbers, reading
from .toys import TOY_SWITCHES


@exercise("answer_1 = zv.find_switches(toys.TOY[..., None])[..., 0]")
def check_switches(answer):
    """Check the switches of `toys.TOY` under a 2 × 2 max-pool, row-major.

    answer: int (2, 2), or None.
    """
    expected = "one number for each of the 2 × 2 windows, as [[…, …], […, …]]"
    given = np.squeeze(numbers(answer, expected))
    if given.shape != (2, 2):
        return f"Expected {expected}, but got an array of shape {given.shape}."
    if np.array_equal(given, TOY_SWITCHES):
        return "Right: the tie goes to position 2, and the window of zeros to its first, 8."
    if np.array_equal(given, [[8, 6], [0, 5]]):
        return "Not quite: those are the maxima themselves; a switch says where the maximum was."
    if np.array_equal(given, TOY_SWITCHES + 1):
        return "Not quite: you counted from 1; positions are counted from 0."
    wrong = [i + 1 for i in range(4) if given.flat[i] != TOY_SWITCHES.flat[i]]
    reasons = {
        1: "it is the position of the 8 in the whole 4 × 4 map",
        2: "it holds two sixes, and the first in row-major order counts",
        3: "all its values are equal, and the first in row-major order counts",
        4: "it is the position of the 5 in the whole 4 × 4 map",
    }
    return f"Not quite: look at window {wrong[0]} again, because {reasons[wrong[0]]}."


@exercise(
    """\
for c in range(features[layer].shape[2]):
    answer_2 = features.strongest(layer, c)
    if checks.check_neuron(features, layer, answer_2).startswith("Right"):
        break"""
)
def check_neuron(features, layer, answer, row=None, column=None):
    """Check a neuron of the learner's: strongest of its map, active, and seeing a given pixel.

    features: `Features`; answer: a `Neuron`, or None; row, column: by default in the middle.
    """
    height, width = features.network.input_size
    row, column = height // 2 if row is None else row, width // 2 if column is None else column
    if type(answer) is not Neuron:
        return (
            f"Expected a neuron, but got {type(answer).__name__}: "
            "features.strongest(layer, channel) returns one."
        )
    with reading(answer, "a neuron of these features"):
        given = features.neuron(answer.layer, answer.channel, answer.row, answer.column)
    if given.layer != layer:
        return f"Expected a neuron of {layer}, but this one is of {given.layer}."
    best = features.strongest(layer, given.channel)
    if (given.row, given.column) != (best.row, best.column):
        return (
            f"Not quite: in feature map {given.channel} the strongest neuron is at "
            f"row {best.row}, column {best.column}; features.strongest(layer, channel) finds it."
        )
    if best.activation <= 0:
        return f"Not quite: feature map {given.channel} is zero everywhere; take an active one."
    top, left, bottom, right = box = features.receptive_field(given)
    if not (top <= row < bottom and left <= column < right):
        return (
            f"Not quite: its receptive field {box} does not hold row {row}, column {column}; "
            "try another feature map."
        )
    return f"Right: its receptive field {box} holds row {row}, column {column}."
