"""The reverse walk: a neuron's signal is taken down through the network in the window it occupies, no more.

A signal is zero outside a window that is 1×1 at the neuron and its receptive field at the pixels. The walk
carries (window, values) through chain, branch and join alike. It visits the operations in reverse, hands
each one's signal to the reverse rule of its kind, and adds signals where branches meet.
"""

import functools
from dataclasses import dataclass

import numpy as np

from ..models.rules import rule_of, windows_of


@dataclass(frozen=True, eq=False)
class Signal:
    """The signals of n neurons at one value of the network, each in its own window.

    values: float (n, h, w, channels), or (n, features) where the value is no picture.
    starts: int (n, 2), the row and column of each window's top left corner.
    """

    values: np.ndarray
    starts: np.ndarray

    def box(self, i=0):
        """Return the i-th window as (top, left, bottom, right) in this value's positions."""
        (top, left), (h, w) = self.starts[i], self.values.shape[1:3]
        return int(top), int(left), int(top + h), int(left + w)


@dataclass(frozen=True, eq=False)
class Step:
    """What a reverse rule may ask while it handles one operation.

    Attributes:
        operation: the `Operation`, with its `layer`, `shapes` of the inputs and `output_shape`.
        rule: "deconvnet", "guided" or "gradient".
        outer: the `Signal` at the operation's output.
        starts: int (n, 2), where the windows of the input begin; they may stick out of the picture.
        size: (h, w) of those windows.
        cut: (top, bottom, left, right): how much of each window surely sticks out.
    """

    features: object
    operation: object
    rule: str
    outer: Signal
    starts: np.ndarray | None
    size: tuple | None
    cut: tuple

    @property
    def layer(self):
        """The Keras layer."""
        return self.operation.layer

    def prepared(self, make):
        """Return make(layer), computed once for each layer of a network: a kernel laid out for the reverse."""
        kept = self.features.network.prepared
        key = (self.operation.name, make.__name__)
        if key not in kept:
            kept[key] = make(self.layer)
        return kept[key]

    def output_maps(self):
        """Return the forward pass's maps at the operation's output, in the signal's windows, (n, h, w, channels)."""
        maps = self.features.values[self.operation.output]
        if self.outer.values.ndim != 4:
            return maps
        return windows(maps, self.outer.starts, self.outer.values.shape[1:3])

    def input_maps(self, fill=-np.inf):
        """Return the maps at the operation's input, in the input's windows; `fill` where they stick out."""
        return windows(
            self.features.values[self.operation.inputs[0]], self.starts, self.size, fill
        )

    def crop(self, signal):
        """Cut off what surely sticks out of the picture."""
        top, bottom, left, right = self.cut
        return signal[:, top : signal.shape[1] - bottom, left : signal.shape[2] - right]


def windows(maps, starts, size, fill=0.0):
    """Cut windows out of one picture's maps.

    Args:
        maps: float (1, H, W, channels).
        starts: int (n, 2), top left corners; size: (h, w).
        fill: what stands where a window sticks out.

    Returns:
        float (n, h, w, channels); a view where there is one window and it lies inside.
    """
    _, height, width, channels = maps.shape
    h, w = size
    if len(starts) == 1:
        top, left = starts[0]
        if top >= 0 and left >= 0 and top + h <= height and left + w <= width:
            return maps[:, top : top + h, left : left + w]
    cut = np.full((len(starts), h, w, channels), fill, maps.dtype)
    for i, (top, left) in enumerate(starts):
        t, left_in = max(top, 0), max(left, 0)
        b, r = min(top + h, height), min(left + w, width)
        if b > t and r > left_in:
            cut[i, t - top : b - top, left_in - left : r - left] = maps[0, t:b, left_in:r]
    return cut


def moved(values, starts, new_starts, size):
    """Lay (n, h, w, channels) at `starts` into windows of another place and size, zero elsewhere."""
    if values.shape[1:3] == tuple(size) and np.array_equal(starts, new_starts):
        return values
    laid = np.zeros((len(values), *size, values.shape[3]), values.dtype)
    for i, ((top, left), (new_top, new_left)) in enumerate(zip(starts, new_starts, strict=True)):
        t, b = max(top, new_top), min(top + values.shape[1], new_top + size[0])
        le, r = max(left, new_left), min(left + values.shape[2], new_left + size[1])
        if b > t and r > le:
            laid[i, t - new_top : b - new_top, le - new_left : r - new_left] = values[
                i, t - top : b - top, le - left : r - left
            ]
    return laid


def inside(starts, stops, extent):
    """Fit windows into a picture: cut them at its borders, then give all the size of the largest.

    starts, stops: int (n, 2). extent: (H, W). Returns (new starts, (h, w)).
    """
    extent = np.asarray(extent)
    tops, ends = np.maximum(starts, 0), np.minimum(stops, extent)
    size = np.maximum((ends - tops).max(axis=0), 1)
    return np.clip(tops, 0, extent - size), tuple(int(n) for n in size)


def joined(first, second, extent):
    """Add two signals that meet at one value."""
    if first.values.ndim != 4:
        return Signal(first.values + second.values, first.starts)
    starts = np.minimum(first.starts, second.starts)
    stops = np.maximum(
        first.starts + first.values.shape[1:3], second.starts + second.values.shape[1:3]
    )
    starts, size = inside(starts, stops, extent)
    a, b = (moved(s.values, s.starts, starts, size) for s in (first, second))
    return Signal(a + b, starts)


def reverse(features, number, seed, rule, stops=(0,), watch=None):
    """Walk from a value down to others.

    Args:
        features: `Features`, for the maps and switches of the forward pass.
        number: the value to start from; seed: the `Signal` there.
        rule: "deconvnet", "guided" or "gradient".
        stops: the numbers of the values whose signal is wanted.
        watch: a function (operation, {value number: Signal}) that is called after each step.

    Returns:
        {value number: Signal} for each of `stops` that the signal reaches.
    """
    network = features.network
    signals, wanted, lowest = {number: seed}, set(stops), min(stops)
    found = {number: seed} if number in wanted else {}
    for operation in _downward(network, number):
        if operation.output <= lowest and operation.output not in signals:
            continue
        signal = signals.pop(operation.output, None)
        if signal is None:
            continue
        if operation.output in wanted:
            found[operation.output] = signal
        if not _leads_to(network, operation, frozenset(wanted)):
            continue
        new = one_step(features, operation, signal, rule)
        for value, part in new:
            if value in signals:
                part = joined(signals[value], part, network.shapes[value][:2])
            signals[value] = part
        if watch is not None:
            watch(operation, {value: signals[value] for value, _ in new})
    if 0 in wanted and 0 in signals:
        found[0] = signals[0]
    return found


def _downward(network, number):
    key = ("reverse", number)
    if key not in network.prepared:
        network.prepared[key] = network.below(number)[::-1]
    return network.prepared[key]


def _leads_to(network, operation, wanted):
    """Say whether any wanted value lies below an operation."""
    key = ("leads", operation.output, wanted)
    if key not in network.prepared:
        below = network.below(operation.output)
        reached = {value for step in below for value in step.inputs}
        network.prepared[key] = bool(reached & wanted)
    return network.prepared[key]


def one_step(features, operation, signal, rule):
    """Hand a signal to the reverse rule of one operation: [(input's number, Signal), ...]."""
    network = features.network
    entry, problem = _entry(network, operation)
    if problem:
        raise ValueError(problem)
    reverse_of, arithmetic = entry
    places = []
    for value, window in zip(operation.inputs, arithmetic, strict=True):
        places.append(_place(signal, window, network.shapes[value]))
    starts, size, cut, _, _ = places[0]
    step = Step(features, operation, rule, signal, starts, size, cut)
    parts = reverse_of(signal.values, step)
    if not isinstance(parts, (list, tuple)):
        parts = [parts]
    new = []
    for value, part, (starts, _, cut, new_starts, new_size) in zip(
        operation.inputs, parts, places, strict=True
    ):
        if part.ndim == 4:
            at = starts + np.array([cut[0], cut[2]])
            part = moved(part, at, new_starts, new_size)
        new.append((value, Signal(part, new_starts)))
    return new


def _entry(network, operation):
    key = ("rule", operation.name, operation.output)
    if key not in network.prepared:
        rule, problem = rule_of(operation)
        entry = None if problem else (rule.reverse, windows_of(rule, operation))
        network.prepared[key] = (entry, problem)
    return network.prepared[key]


def _place(signal, window, shape):
    """Find the windows at an input: (starts, size, surely outside, starts inside the picture, size inside)."""
    n = len(signal.values)
    if len(shape) != 3:
        return None, None, (0, 0, 0, 0), np.zeros((n, 2), int), None
    extent = shape[:2]
    outer = signal.values.shape[1:3] if signal.values.ndim == 4 else (1, 1)
    starts, stops = np.empty((n, 2), int), np.empty((n, 2), int)
    for i in range(n):
        for axis in (0, 1):
            begin = int(signal.starts[i, axis])
            starts[i, axis], stops[i, axis] = window.inputs(begin, begin + outer[axis], axis)
    size = (stops - starts).max(axis=0)
    stops = starts + size
    before = np.maximum(-starts, 0).min(axis=0)
    after = np.maximum(stops - extent, 0).min(axis=0)
    new_starts, new_size = inside(starts, stops, extent)
    cut = (int(before[0]), int(after[0]), int(before[1]), int(after[1]))
    return starts, (int(size[0]), int(size[1])), cut, new_starts, new_size


@functools.cache
def batch_of(size):
    """How many neurons are taken together whose windows at the pixels have `size` positions."""
    return int(np.clip(400_000 // max(size, 1), 1, 16))
