"""The part of a photograph that a neuron sees."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..network import Network
from ..network.receptive_fields import Box
from ..targets import Neuron


@dataclass(frozen=True, eq=False)
class Patch:
    """What a neuron sees of its photograph.

    Attributes:
        name: of the photograph; neuron: the `Neuron`.
        pixels: uint8 (h, w, channels), the part of the photograph in `box`.
        box: (top, left, bottom, right) in input pixels, the receptive field as the border cuts it.
        frame: the same as if the photograph had no borders, along an axis in which the receptive
            field is smaller than the photograph; else the whole photograph. All of one layer have
            the same size.
    """

    name: str
    neuron: Neuron
    pixels: np.ndarray = field(repr=False)
    box: Box
    frame: Box


def patch(image, box):
    """Cut a box (top, left, bottom, right) out of what a network sees: uint8 (h, w, channels)."""
    top, left, bottom, right = box
    return image.pixels[top:bottom, left:right]


def patch_of(network: Network, name: str, pixels: np.ndarray, neuron: Neuron) -> Patch:
    """Cut what a neuron sees out of its photograph, uint8 (h, w, channels) as the network sees it;
    all of it, where its window is not known."""
    at = neuron.row, neuron.column, neuron.row + 1, neuron.column + 1
    box = network.pixels_of(network.layer_value(neuron.layer), at) or (0, 0, *network.input_size)
    top, left, bottom, right = box
    seen = pixels[top:bottom, left:right].copy()
    return Patch(name, neuron, seen, box, _frame(network, neuron, box))


def _frame(network, neuron, box):
    """Return the box of a neuron's receptive field without borders, see `Patch`."""
    at = neuron.row, neuron.column, neuron.row + 1, neuron.column + 1
    whole: Any = network.pixels_of(network.layer_value(neuron.layer), at, endless=True)
    if whole is None:
        return box
    spans = []
    for axis, size in enumerate(network.input_size):
        start, end = whole[axis], whole[axis + 2]
        spans.append((start, end) if end - start < size else (0, size))
    (top, bottom), (left, right) = spans
    return top, left, bottom, right
