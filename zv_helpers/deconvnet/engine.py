"""The reverse walk: a neuron's signal is taken down through the network in the window it occupies,
no more.

A signal is zero outside a window that is 1×1 at the neuron and its receptive field at the pixels.
The walk carries (window, values) through chain, branch and join alike. It visits the operations in
reverse, hands each one's signal to the reverse rule of its kind, and adds signals where branches
meet.
"""

import functools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ..models import rules
from ..models.rules import rule_of, windows_of

MOST_AT_ONCE = 16  # neurons that share their steps; memory does not grow beyond them
LARGE_SIGNAL = 400_000  # values; above this, neurons gain nothing from sharing a step
SIDE_BY_SIDE = 2  # neurons at once from there on: while one is filtered, another is unpooled


@dataclass(frozen=True, eq=False)
class Signal:
    """The signals of n neurons at one value of the network, each in its own window.

    values: float (n, h, w, channels), or (n, features) where the value is no picture.
    starts: the (row, column) of each window's top left corner.
    """

    values: np.ndarray
    starts: tuple

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
        place: the `Place` of the windows at the operation's (first) input.
    """

    features: object
    operation: object
    rule: str
    outer: Signal
    place: "Place"

    @property
    def layer(self):
        """The Keras layer."""
        return self.operation.layer

    @property
    def cut(self):
        """(top, bottom, left, right): how much of each window of the input surely sticks out of the
        picture."""
        return self.place.cut

    @property
    def size(self):
        """(h, w) of the windows of the input, before anything is cut."""
        return self.place.size

    def prepared(self, make):
        """Return make(layer), computed once for each layer of a network: a kernel laid out for the
        reverse."""
        kept = self.features.network.prepared
        key = (self.operation.name, make.__name__)
        if key not in kept:
            kept[key] = make(self.layer)
        return kept[key]

    def found(self, find):
        """Return find(features, operation), computed once for each photograph: switches."""
        kept, key = self.features.found, (self.operation.output, find.__name__)
        if key not in kept:
            kept[key] = find(self.features, self.operation)
        return kept[key]

    def output_maps(self):
        """Return the forward pass's maps at the operation's output, in the signal's windows, (n, h,
        w, channels)."""
        maps = self.features.values[self.operation.output]
        if self.outer.values.ndim != 4:
            return maps
        return windows(maps, self.outer.starts, self.outer.values.shape[1:3])

    def input_maps(self, fill=-np.inf):
        """Return the maps at the operation's input, in the input's windows; `fill` where they stick
        out."""
        return windows(
            self.features.values[self.operation.inputs[0]],
            self.place.starts,
            self.place.size,
            fill,
        )

    def crop(self, signal):
        """Cut off what surely sticks out of the picture."""
        top, bottom, left, right = self.place.cut
        if not (top or bottom or left or right):
            return signal
        return signal[:, top : signal.shape[1] - bottom, left : signal.shape[2] - right]


def windows(maps, starts, size, fill=0.0):
    """Cut windows out of one picture's maps.

    Args:
        maps: float (1, H, W, channels).
        starts: n top left corners (row, column); size: (h, w).
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
    """Lay (n, h, w, channels) at `starts` into windows of another place and size, zero
    elsewhere."""
    laid = np.zeros((len(values), *size, values.shape[3]), values.dtype)
    for i, ((top, left), (new_top, new_left)) in enumerate(zip(starts, new_starts, strict=True)):
        t, b = max(top, new_top), min(top + values.shape[1], new_top + size[0])
        le, r = max(left, new_left), min(left + values.shape[2], new_left + size[1])
        if b > t and r > le:
            laid[i, t - new_top : b - new_top, le - new_left : r - new_left] = values[
                i, t - top : b - top, le - left : r - left
            ]
    return laid


def joined(first, second, extent):
    """Add two signals that meet at one value."""
    if (
        first.values.ndim != 4
        or first.starts == second.starts
        and (first.values.shape == second.values.shape)
    ):
        return Signal(first.values + second.values, first.starts)
    starts, size = [], []
    for axis in (0, 1):
        lengths = first.values.shape[1 + axis], second.values.shape[1 + axis]
        pairs = [(a[axis], b[axis]) for a, b in zip(first.starts, second.starts, strict=True)]
        begins = [min(pair) for pair in pairs]
        longest = max(max(a + lengths[0], b + lengths[1]) - min(a, b) for a, b in pairs)
        begins, longest = fitted(begins, longest, extent[axis])
        starts.append(begins)
        size.append(longest)
    starts = tuple(zip(*starts, strict=True))
    total = moved(first.values, first.starts, starts, size)
    total += moved(second.values, second.starts, starts, size)
    return Signal(total, starts)


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
    route = _route(features.network, number, frozenset(stops))
    return _walk(features, route, {number: seed}, rule, set(stops), watch)[0]


def reverse_each(features, number, seed, rule):
    """Walk down to the pixels with several neurons at once, for as long as that is faster.

    While their windows are small the neurons share each step. Once the windows are large, each goes
    on alone, two side by side: then memory no longer grows with the number of neurons.

    Returns:
        A list of n pairs (Signal at the pixels, the neuron's place in it), None for a Signal where
        nothing arrives.
    """
    route = _route(features.network, number, frozenset((0,)))
    found = _walk(features, route, {number: seed}, rule, {0}, part_above=LARGE_SIGNAL)
    if len(found) == 1:
        return [(found[0].get(0), i) for i in range(len(seed.values))]
    return [(one.get(0), 0) for one in found]


def _walk(features, route, signals, rule, wanted, watch=None, part_above=None):
    """Follow a route: [{value number: Signal}], one for all neurons, or one each once parted."""
    network, found = features.network, {}
    for position, operation in enumerate(route):
        signal = signals.get(operation.output)
        if signal is None:
            continue
        if part_above and len(signal.values) > 1 and signal.values.size > part_above:
            rest = functools.partial(_walk, features, route[position:], rule=rule, wanted=wanted)
            with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
                alone = threads.map(rest, _parted(signals, len(signal.values)))
                return [found for (found,) in alone]
        del signals[operation.output]
        if operation.output in wanted:
            found[operation.output] = signal
        new = one_step(features, operation, signal, rule)
        for value, part in new:
            if value in signals:
                part = joined(signals[value], part, network.shapes[value][:2])
            signals[value] = part
        if watch is not None:
            watch(operation, {value: signals[value] for value, _ in new})
    found.update((value, signal) for value, signal in signals.items() if value in wanted)
    return [found]


def _parted(signals, count):
    """Yield the signals of each neuron alone."""
    for i in range(count):
        yield {
            value: Signal(signal.values[i : i + 1], signal.starts[i : i + 1])
            for value, signal in signals.items()
        }


def _route(network, number, wanted):
    """List the operations between a value and the wanted ones below it, in reverse order."""
    key = ("route", number, wanted)
    if key not in network.prepared:
        reached, route = set(wanted), []
        for operation in network.below(number):
            if reached.intersection(operation.inputs):
                reached.add(operation.output)
                route.append(operation)
        network.prepared[key] = route[::-1]
    return network.prepared[key]


def one_step(features, operation, signal, rule):
    """Hand a signal to the reverse rule of one operation: [(input's number, Signal), ...]."""
    network = features.network
    entry, problem = _entry(network, operation)
    if problem:
        raise ValueError(problem)
    reverse_of, arithmetic = entry
    outer = signal.values.shape[1:3] if signal.values.ndim == 4 else (1, 1)
    places = [
        place(signal.starts, outer, window, network.shapes[value])
        for value, window in zip(operation.inputs, arithmetic, strict=True)
    ]
    step = Step(features, operation, rule, signal, places[0])
    parts = reverse_of(signal.values, step)
    if not isinstance(parts, (list, tuple)):
        parts = [parts]
    new = []
    for value, part, at in zip(operation.inputs, parts, places, strict=True):
        if at.moves and part.ndim == 4:
            cut_at = tuple((row + at.cut[0], column + at.cut[2]) for row, column in at.starts)
            part = moved(part, cut_at, at.new_starts, at.new_size)
        new.append((value, Signal(part, at.new_starts)))
    return new


def _entry(network, operation):
    key = ("rule", operation.output, rules.registrations)
    if key not in network.prepared:
        rule, problem = rule_of(operation)
        entry = None if problem else (rule.reverse, windows_of(rule, operation))
        network.prepared[key] = (entry, problem)
    return network.prepared[key]


@dataclass(frozen=True)
class Place:
    """Where the windows of an operation's input lie.

    starts, size: of the windows as the arithmetic gives them, which may stick out of the picture;
    cut: (top, bottom, left, right), how much of each window surely sticks out;
    new_starts, new_size: of the windows once they are fitted into the picture; `moves`: whether
        that shifts them.
    """

    starts: tuple | None
    size: tuple | None
    cut: tuple
    new_starts: tuple
    new_size: tuple | None
    moves: bool = False


@functools.lru_cache(maxsize=10_000)
def place(starts, size, window, shape):
    """Find the `Place` of an operation's input for windows of `size` at `starts` of its output."""
    if len(shape) != 3:
        return Place(None, None, (0, 0, 0, 0), ((0, 0),) * len(starts), None)
    rows, columns = (
        _along([start[axis] for start in starts], size[axis], window, axis, shape[axis])
        for axis in (0, 1)
    )
    return Place(
        tuple(zip(rows[0], columns[0], strict=True)),
        (rows[1], columns[1]),
        (*rows[2], *columns[2]),
        tuple(zip(rows[3], columns[3], strict=True)),
        (rows[4], columns[4]),
        rows[5] or columns[5],
    )


def _along(begins, length, window, axis, extent):
    """One axis of `place`: (starts, size, (cut before, cut after), new starts, new size, whether it
    moves)."""
    ends = [window.inputs(begin, begin + length, axis) for begin in begins]
    size = max(stop - start for start, stop in ends)
    starts = [start for start, _ in ends]
    before = min(max(-start, 0) for start in starts)
    after = min(max(start + size - extent, 0) for start in starts)
    new_starts, new_size = fitted(starts, size, extent)
    moves = new_size != size - before - after or any(
        new != start + before for new, start in zip(new_starts, starts, strict=True)
    )
    return starts, size, (before, after), new_starts, new_size, moves


def fitted(starts, size, extent):
    """Fit intervals of one size into [0, extent): cut them at the ends, then give all the size of
    the longest.

    Examples:
        >>> fitted([-2, 3], 5, 7)
        ([0, 3], 4)
    """
    longest = max(max(min(start + size, extent) - max(start, 0) for start in starts), 1)
    return [min(max(start, 0), extent - longest) for start in starts], longest
