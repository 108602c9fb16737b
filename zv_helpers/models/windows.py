"""Which window of a layer's input a window of its output comes from: the arithmetic of receptive
fields.

A window is a half-open interval along each axis, (start, stop). Each layer kind answers one
question: for the outputs start ≤ p < stop, which inputs take part? Asked from a neuron down to the
    pixels, the answer is
the neuron's receptive field; the reverse pass carries its signal in just that window.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sliding:
    """A window slides over the input: convolutions, pools, and (with extent 1) whatever works point
    by point.

    Each field holds a number for the rows and one for the columns. `extent` is the size of the
    (dilated) kernel, `strides` its step, `before` the padding above and to the left.
    """

    extent: tuple = (1, 1)
    strides: tuple = (1, 1)
    before: tuple = (0, 0)

    def inputs(self, start, stop, axis):
        """Return the interval of inputs that outputs [start, stop) read along `axis` (0 rows, 1
        columns).

        Examples:
            >>> Sliding((3, 3), (2, 2), (1, 1)).inputs(5, 6, axis=0)
            (9, 12)
        """
        first = start * self.strides[axis] - self.before[axis]
        return first, first + (stop - 1 - start) * self.strides[axis] + self.extent[axis]


@dataclass(frozen=True)
class Enlarging:
    """Each input is repeated `factors` times: upsampling."""

    factors: tuple

    def inputs(self, start, stop, axis):
        """Return the interval of inputs that outputs [start, stop) read along `axis`.

        Examples:
            >>> Enlarging((2, 2)).inputs(3, 6, axis=0)
            (1, 3)
        """
        return start // self.factors[axis], (stop - 1) // self.factors[axis] + 1


@dataclass(frozen=True)
class Whole:
    """Every output reads the whole input: global pools, flatten, dense."""

    shape: tuple

    def inputs(self, start, stop, axis):
        """Return the whole interval along `axis`.

        Examples:
            >>> Whole((7, 9)).inputs(0, 1, axis=1)
            (0, 9)
        """
        return 0, self.shape[axis]


POINTWISE = Sliding()


def same_padding(size, extent, stride):
    """Return the padding (before, after) that `padding="same"` adds along one axis, as TensorFlow
    does.

    Examples:
        >>> same_padding(224, 3, 1), same_padding(224, 3, 2), same_padding(225, 3, 2)
        ((1, 1), (0, 1), (1, 1))
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2
