"""What a step is, and what the steps of several kinds share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...network.graph import Operation
from ...network.receptive_fields import windows_of


@dataclass(frozen=True)
class Step:
    """One operation's reversal.

    Attributes:
        apply: from the signal, the maps and the arrays, all tensors, to the signal at the input; a
            list of them where there are several inputs. All of them fill their value.
        slide: the same for a window of the signal, to all that it reads of the input, which may
            stick out (`Sliding.inputs`); the maps are cut likewise. None where there is no such.
        margin: how many zeros it needs around that window, (rows, columns) on each side, to do so.
        maps: the numbers of the values of the forward pass that it reads.
        arrays: what it needs of the weights, each (make, about …) for `Weights.once`.
    """

    apply: Callable
    slide: Callable | None = None
    margin: tuple[int, int] = (0, 0)
    maps: tuple[int, ...] = ()
    arrays: tuple[tuple, ...] = ()


def pointwise(apply: Callable, **how: Any) -> Step:
    """Return a step that is the same for a window."""
    return Step(apply, apply, **how)


def after(first: Step, second: Step) -> Step:
    """Return one step for two that are the same for a window, the first with maps of its own."""

    def apply(signal, *maps):
        return second.apply(first.apply(signal, *maps))

    return pointwise(apply, maps=first.maps)


PASSED = pointwise(lambda signal: signal)


def padding_of(layer: Any) -> str:
    """Return a layer's padding as TensorFlow writes it."""
    return layer.padding.upper()


def window_of(operation: Operation) -> Any:
    """Return the window arithmetic of an operation's input (of the first: here they are alike)."""
    return (windows_of(operation) or [None])[0]


def read_by(signal: Any, operation: Operation) -> list[int]:
    """Return (rows, columns, maps) of what a window of the signal covers of an input."""
    window, maps = window_of(operation), operation.shapes[0][-1]
    ends = [window.inputs(0, count, axis) for axis, count in enumerate(signal.shape[1:3])]
    return [*(stop - start for start, stop in ends), maps]
