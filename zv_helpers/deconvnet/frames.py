"""Where a neuron's signal lies at every value on its way down, wherever the neuron itself may lie.

A compiled reverse pass needs windows whose size does not depend on the neuron's place: inside the
map the window grows as the receptive field does, and at the border it is shifted inwards.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..network.graph import Graph, Operation
from ..network.receptive_fields import windows_of
from ..network.windows import Sliding

NEARLY_WHOLE = 0.65  # of a map's positions; from there on the whole map is as quick


@dataclass(frozen=True, eq=False)
class Frame:
    """The windows of one size (h, w) at one value, for every place of the neuron: `starts` are the
    first rows by the neuron's row and the first columns by its column, two int arrays."""

    starts: Any
    size: tuple

    def reads(self, window: Any) -> "Frame":
        """Return what these windows read of an operation's input; that may stick out."""
        ends = [
            window.inputs(start, start + count, axis)
            for axis, (start, count) in enumerate(zip(self.starts, self.size, strict=True))
        ]
        size = tuple(int((stop - start)[0]) for start, stop in ends)
        return Frame(tuple(start for start, _ in ends), size)

    def around(self, window: Any, margin: tuple[int, int]) -> "Frame":
        """Return the windows of an operation's output that hold, with a margin on each side, all
        that reads these windows of its input; for strides of 1."""
        sides = zip(self.starts, window.before, margin, strict=True)
        starts = tuple(start + before - edge for start, before, edge in sides)
        size = tuple(count + edge for count, edge in zip(self.size, margin, strict=True))
        return Frame(starts, size)

    def inside(self, extent: tuple[int, int]) -> "Frame":
        """Return the windows cut at the ends of a map of that extent, and shifted inwards to one
        size."""
        starts, sizes = [], []
        for start, count, size in zip(self.starts, self.size, extent, strict=True):
            first, stop = np.clip(start, 0, size - 1), np.clip(start + count, 1, size)
            longest = int(np.maximum(stop - first, 1).max())
            starts.append(np.minimum(first, size - longest))
            sizes.append(longest)
        return Frame(tuple(starts), tuple(sizes))

    def joined(self, other: "Frame", extent: tuple[int, int]) -> "Frame":
        """Return windows that hold those of both, inside a map of that extent."""
        starts = tuple(map(np.minimum, self.starts, other.starts))
        sizes = []
        for axis, first in enumerate(starts):
            stops = [one.starts[axis] + one.size[axis] for one in (self, other)]
            sizes.append(int((np.maximum(*stops) - first).max()))
        return Frame(starts, tuple(sizes)).inside(extent)

    def of(self, place: tuple[int, int]) -> tuple:
        """Return the first (row, column) for a neuron at that place."""
        return tuple(int(start[at]) for start, at in zip(self.starts, place, strict=True))


def frames_of(
    graph: Graph, route: Iterable[Operation], number: int, slides: Callable[[Operation], Any]
) -> dict[int, Frame | None]:
    """Find {value number: Frame} of one neuron's signal on a route down from a value; None for all
    of a value. slides: whether an operation can be reversed in a window."""
    height, width = graph.shapes[number][:2]
    frames: dict[int, Any] = {number: Frame((np.arange(height), np.arange(width)), (1, 1))}
    for operation in route:
        frame, shape = frames[operation.output], graph.shapes[operation.output]
        if frame is not None and math.prod(frame.size) > NEARLY_WHOLE * math.prod(shape[:2]):
            frame = frames[operation.output] = None
        known = frame is not None and slides(operation)
        for value, window in zip(operation.inputs, windows_of(operation) or (), strict=True):
            extent = graph.shapes[value][:2]
            below = None
            if known and isinstance(window, Sliding):
                below = frame.reads(window).inside(extent)
            there = frames.get(value, below)
            if there is not None and below is not None and there is not below:
                below = there.joined(below, extent)
            frames[value] = None if there is None else below
    return frames


def whole(graph: Graph, number: int, places: tuple[int, int]) -> Frame:
    """Return the windows that are all of a value."""
    height, width = graph.shapes[number][:2]
    return Frame((np.zeros(places[0], int), np.zeros(places[1], int)), (height, width))
