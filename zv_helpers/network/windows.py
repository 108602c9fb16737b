"""The arithmetic of receptive fields: which inputs of a layer the outputs start ≤ p < stop read.

Each class answers along one axis (0 rows, 1 columns) by `inputs(start, stop, axis)`, an interval of
the same kind. Asked from a neuron down to the pixels, the answer is the neuron's receptive field;
the reverse pass carries its signal in just that window.

>>> Sliding((3, 3), (2, 2), (1, 1)).inputs(5, 6, axis=0)
(9, 12)
>>> Enlarging((2, 2)).inputs(3, 6, axis=0)
(1, 3)
>>> Spreading((3, 3), (2, 2), (0, 0)).inputs(4, 5, axis=0)
(1, 3)
>>> Whole((7, 9)).inputs(0, 1, axis=1)
(0, 9)
"""

import math
from dataclasses import dataclass

Pair = tuple[int, int]  # for the rows, for the columns


@dataclass(frozen=True)
class Sliding:
    """A window slides over the input: convolutions, pools or (extent 1) what works point by point.
    `extent` is the (dilated) kernel, `strides` its step, `before` the padding above and left."""

    extent: Pair = (1, 1)
    strides: Pair = (1, 1)
    before: Pair = (0, 0)

    def inputs(self, start: int, stop: int, axis: int) -> Pair:
        first = start * self.strides[axis] - self.before[axis]
        return first, first + (stop - 1 - start) * self.strides[axis] + self.extent[axis]


@dataclass(frozen=True)
class Enlarging:
    """Each input is repeated `factors` times: upsampling."""

    factors: Pair

    def inputs(self, start: int, stop: int, axis: int) -> Pair:
        return start // self.factors[axis], (stop - 1) // self.factors[axis] + 1


@dataclass(frozen=True)
class Spreading:
    """Each input paints a window of the output: transposed convolutions. The fields are those of
    the `Sliding` whose transpose it is."""

    extent: Pair
    strides: Pair
    before: Pair

    def inputs(self, start: int, stop: int, axis: int) -> Pair:
        extent, stride, before = self.extent[axis], self.strides[axis], self.before[axis]
        first = -((extent - 1 - start - before) // stride)
        # Where a stride leaves a gap, an output reads nothing: it keeps the place of one input.
        return first, max((stop - 1 + before) // stride + 1, first + 1)


@dataclass(frozen=True)
class Listed:
    """The inputs that each output reads are listed, [first, stop) for the rows and for the columns:
    resizing. `sizes` is how many rows and columns there are at the input. Beyond the ends the list
    goes on as in its middle."""

    firsts: tuple[tuple[int, ...], tuple[int, ...]]
    stops: tuple[tuple[int, ...], tuple[int, ...]]
    sizes: Pair

    def inputs(self, start: int, stop: int, axis: int) -> Pair:
        firsts, stops = self.firsts[axis], self.stops[axis]
        if start >= 0 and stop <= len(firsts):
            return min(firsts[start:stop]), max(stops[start:stop])
        return self._beyond(start, axis)[0], self._beyond(stop - 1, axis)[1]

    def _beyond(self, place, axis):
        """[first, stop) of one output of an endless picture."""
        firsts, stops, count = self.firsts[axis], self.stops[axis], len(self.firsts[axis])
        repeats = math.gcd(count, self.sizes[axis])
        period, shift = count // repeats, self.sizes[axis] // repeats
        middle = count // 2
        if repeats > 3 and firsts[middle] - firsts[middle - period] == shift:
            turns, rest = divmod(place - middle, period)
            there = middle - period + rest
            return firsts[there] + (turns + 1) * shift, stops[there] + (turns + 1) * shift
        # No two outputs lie alike: a straight line that is wide enough for all of them.
        middles = [(one + other) / 2 for one, other in zip(firsts, stops, strict=True)]
        slope = (middles[-1] - middles[0]) / max(count - 1, 1)
        line = [middles[0] + slope * i for i in range(count)]
        low = max(at - one for at, one in zip(line, firsts, strict=True))
        high = max(one - at for at, one in zip(line, stops, strict=True))
        at = middles[0] + slope * place
        return math.floor(at - low + 1e-3), math.ceil(at + high - 1e-3)


@dataclass(frozen=True)
class Whole:
    """Every output reads the whole input: global pools, flatten, dense."""

    shape: Pair

    def inputs(self, start: int, stop: int, axis: int) -> Pair:
        return 0, self.shape[axis]


def same_padding(size: int, extent: int, stride: int) -> Pair:
    """Return the padding (before, after) along one axis that TensorFlow's "same" adds.

    >>> same_padding(224, 3, 1), same_padding(224, 3, 2), same_padding(225, 3, 2)
    ((1, 1), (0, 1), (1, 1))
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2
