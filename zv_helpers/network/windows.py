"""The arithmetic of receptive fields: which inputs of a layer the outputs start ≤ p < stop read.

Each class answers along one axis (0 rows, 1 columns) by `inputs(start, stop, axis)`, an interval of
the same kind. Asked from a neuron down to the pixels, the answer is the neuron's receptive field;
the reverse pass carries its signal in just that window.

>>> Sliding((3, 3), (2, 2), (1, 1)).inputs(5, 6, axis=0)
(9, 12)
>>> Enlarging((2, 2)).inputs(3, 6, axis=0)
(1, 3)
>>> Whole((7, 9)).inputs(0, 1, axis=1)
(0, 9)
"""

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
