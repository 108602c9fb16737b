"""Signals in windows: where they lie, how they are cut, moved and added."""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Signal:
    """The signals of n neurons at one value of the network, each in its own window."""

    values: np.ndarray  # float (n, h, w, channels), or (n, features) where it is no picture
    starts: tuple  # the (row, column) of each window's top left corner

    def only(self, i: int) -> "Signal":
        """Return the i-th neuron's signal alone."""
        return Signal(self.values[i : i + 1], self.starts[i : i + 1])

    def box(self, i: int = 0) -> tuple[int, int, int, int]:
        """Return the i-th window as (top, left, bottom, right) in this value's positions."""
        (top, left), (h, w) = self.starts[i], self.values.shape[1:3]
        return int(top), int(left), int(top + h), int(left + w)


def listed(parts: Any) -> Any:
    """Return what a reversal gives as a list: one signal for each input."""
    return parts if isinstance(parts, (list, tuple)) else [parts]


def windows(maps: np.ndarray, starts: Any, size: Any, fill: float = 0.0) -> np.ndarray:
    """Cut windows of size (h, w) at n starts (row, column) out of one picture's maps (1, H, W,
    channels), `fill` where they stick out: (n, h, w, channels), a view of a single one inside."""
    (_, height, width, _), (h, w) = maps.shape, size
    if len(starts) == 1:
        top, left = starts[0]
        if top >= 0 and left >= 0 and top + h <= height and left + w <= width:
            return maps[:, top : top + h, left : left + w]
    copies = np.broadcast_to(maps, (len(starts), *maps.shape[1:]))
    return moved(copies, ((0, 0),) * len(starts), starts, size, fill)


def moved(values: np.ndarray, starts: Any, new_starts: Any, size: Any, fill: float = 0.0) -> Any:
    """Lay (n, h, w, channels) at `starts` into windows of another place and size, `fill` around."""
    (n, h, w, channels), (new_h, new_w) = values.shape, size
    laid = np.zeros((n, new_h, new_w, channels), values.dtype)
    if fill:
        laid[...] = fill
    for i, ((y, x), (new_y, new_x)) in enumerate(zip(starts, new_starts, strict=True)):
        top, bottom = max(y, new_y), min(y + h, new_y + new_h)
        left, right = max(x, new_x), min(x + w, new_x + new_w)
        if top < bottom and left < right:
            part = values[i, top - y : bottom - y, left - x : right - x]
            laid[i, top - new_y : bottom - new_y, left - new_x : right - new_x] = part
    return laid


def cropped(signal: np.ndarray, cut: Any) -> np.ndarray:
    """Cut (top, bottom, left, right) off (n, h, w, channels): a view, or itself."""
    if not any(cut):
        return signal
    top, bottom, left, right = cut
    return signal[:, top : signal.shape[1] - bottom, left : signal.shape[2] - right]


def joined(first: Signal, second: Signal, extent: Any) -> Signal:
    """Add two signals that meet at one value; extent: (H, W) of that value."""
    one, other = first.values, second.values
    if one.ndim != 4 or first.starts == second.starts and one.shape == other.shape:
        return Signal(one + other, first.starts)
    begins = np.minimum(first.starts, second.starts)
    lasts = [np.add(signal.starts, signal.values.shape[1:3]) for signal in (first, second)]
    longest = (np.maximum(*lasts) - begins).max(axis=0)
    fits = map(fitted, begins.T.tolist(), longest.tolist(), extent)
    (rows, height), (columns, width) = fits
    starts = tuple(zip(rows, columns, strict=True))
    total = moved(one, first.starts, starts, (height, width))
    total += moved(other, second.starts, starts, (height, width))
    return Signal(total, starts)


@dataclass(frozen=True)
class Place:
    """Where the windows of an operation's input lie."""

    starts: Any  # as the arithmetic gives them: may stick out; None where there is no picture
    size: Any  # likewise
    cut: tuple  # (top, bottom, left, right), how much of each window surely sticks out
    new_starts: tuple  # once they are fitted into the picture
    new_size: Any  # likewise
    moves: bool = False  # whether that shifts them


@functools.lru_cache(maxsize=10_000)
def place(starts: tuple, size: tuple, window: Any, shape: tuple) -> Place:
    """Find the `Place` of an operation's input for windows of `size` at `starts` of its output."""
    if len(shape) != 3:
        return Place(None, None, (0, 0, 0, 0), ((0, 0),) * len(starts), None)
    axes = []
    for axis, extent in enumerate(shape[:2]):
        ends = [(start[axis], start[axis] + size[axis]) for start in starts]
        axes.append(_along([window.inputs(*pair, axis) for pair in ends], extent))
    old, old_size, cut, new, new_size, moves = zip(*axes, strict=True)
    old, new = tuple(zip(*old, strict=True)), tuple(zip(*new, strict=True))
    return Place(old, old_size, (*cut[0], *cut[1]), new, new_size, any(moves))


def _along(intervals, extent):
    """One axis of a `Place`, each field for that axis."""
    starts = [start for start, _ in intervals]
    size = max(stop - start for start, stop in intervals)
    before = min(max(-start, 0) for start in starts)
    after = min(max(start + size - extent, 0) for start in starts)
    new_starts, new_size = fitted(starts, size, extent)
    cut_starts = [start + before for start in starts]
    moves = cut_starts != new_starts or new_size != size - before - after
    return starts, size, (before, after), new_starts, new_size, moves


def fitted(starts: list[int], size: int, extent: int) -> tuple[list[int], int]:
    """Fit intervals into [0, extent): cut them at the ends, then give all the longest one's size.

    Examples:
        >>> fitted([-2, 3], 5, 7)
        ([0, 3], 4)
    """
    longest = max(max(min(start + size, extent) - max(start, 0) for start in starts), 1)
    return [min(max(start, 0), extent - longest) for start in starts], longest
