"""The reverse walk: a neuron's signal is taken down through the network in the window it occupies.

A signal is zero outside a window that is 1×1 at the neuron and its receptive field at the pixels.
The walk takes the operations in reverse, each by the rule of its kind; where branches meet it adds.
"""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..features import Features
from ..network.graph import Operation
from ..network.receptive_fields import windows_of
from ..network.weights import Weights
from .compiled import through
from .needs import route_of
from .rules.table import reversal_of
from .signals import Place, Signal, cropped, joined, listed, moved, place, windows

MOST_AT_ONCE = 16  # neurons that share their steps; memory does not grow beyond them
LARGE_SIGNAL = 400_000  # values; above this, neurons gain nothing from sharing a step
SIDE_BY_SIDE = 2  # neurons at once from there on: while one is filtered, another is unpooled


@dataclass(frozen=True, eq=False)
class ReverseContext:
    """What a reverse rule may ask while it handles one operation. `layer` is the operation's, the
    Keras layer; `cut` and `size` are those of its `place`."""

    features: Features
    operation: Operation  # with its `shapes` of the inputs and `output_shape`
    rule: str  # "deconvnet", "guided" or "gradient"
    outer: Signal  # at the operation's output
    place: Place  # where the windows at the operation's (first) input lie

    layer = property(lambda self: self.operation.layer)
    cut = property(lambda self: self.place.cut)
    size = property(lambda self: self.place.size)

    def prepared(self, make: Callable) -> Any:
        """Return make(layer), computed once for the network's weights: a kernel laid out for the
        reverse."""
        return self.weights.once(_made, make, self.layer)

    @property
    def weights(self) -> Weights:
        """The network's weights in the forward pass: `weights.of(layer.kernel)` is an array."""
        return self.features.weights

    def found(self, find: Callable) -> Any:
        """Return find(features, operation), computed once a photograph: switches."""
        return self.features.cache.once(find, self.operation, owner=self.features)

    def output_maps(self) -> np.ndarray:
        """Return the maps at the output, in the signal's windows: (n, h, w, channels)."""
        maps, outer = self.features.value(self.operation.output), self.outer
        flat = outer.values.ndim != 4
        return maps if flat else windows(maps, outer.starts, outer.values.shape[1:3])

    def input_maps(self, fill: float = -np.inf) -> np.ndarray:
        """Return the maps at the (first) input, in its windows; `fill` where they stick out."""
        maps = self.features.value(self.operation.inputs[0])
        return windows(maps, self.place.starts, self.size, fill)

    def crop(self, signal: np.ndarray) -> np.ndarray:
        """Cut off what surely sticks out of the picture."""
        return cropped(signal, self.cut)


def reverse(
    features: Features, number: int, seed: Signal, rule: str, stops: tuple = (0,), watch: Any = None
) -> dict:
    """Walk from value `number`, with the seed's signal, down to the values `stops`.

    The rules read the maps and switches of `features`; after each step `watch` is called with the
    operation and {value number: Signal}. Returns that for each of `stops` that the signal reaches.
    """
    return _walk(features, number, seed, rule, stops, watch)[0]


def reverse_each(features: Features, number: int, seed: Signal, rule: str) -> list[tuple]:
    """Walk down to the pixels with several neurons at once, for as long as that is faster.

    The neurons share each step while their windows are small. Then each goes on alone, two side by
    side, and memory no longer grows with the number of neurons. Returns n pairs (Signal at the
    pixels or None where nothing arrives, the neuron's place in it).
    """
    found = _walk(features, number, seed, rule, (0,), part_above=LARGE_SIGNAL)
    if len(found) == 1:
        return [(found[0].get(0), i) for i in range(len(seed.values))]
    return [(one.get(0), 0) for one in found]


def _walk(features, number, seed, rule, stops, watch=None, part_above=None):
    """Find the route, compute what its rules read of the forward pass, and follow it."""
    route = route_of(features.network, number, stops, rule)
    features.compute(route.missing(features))
    operations, stops = route.operations, frozenset(stops)
    if watch is None and len(seed.values) == 1 and route.is_whole(features):
        found = through(features, number, operations, seed, rule, stops)
        if found is not None:
            return [found]
    return _follow(features, operations, {number: seed}, rule, stops, watch, part_above)


def _follow(features, route, signals, rule, wanted, watch=None, part_above=None):
    """Follow a route: [{value number: Signal}], one for all neurons, or one each once parted."""
    shapes, found = features.network.graph.shapes, {}
    for position, operation in enumerate(route):
        signal = signals.get(operation.output)
        if signal is None:  # nothing arrives
            continue
        if part_above and len(signal.values) > 1 and signal.values.size > part_above:
            rest = functools.partial(_follow, features, route[position:])
            rest = functools.partial(rest, rule=rule, wanted=wanted)
            neurons = range(len(signal.values))
            alone = [{value: one.only(i) for value, one in signals.items()} for i in neurons]
            with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
                return [found for (found,) in threads.map(rest, alone)]
        del signals[operation.output]
        if operation.output in wanted:
            found[operation.output] = signal
        new = one_step(features, operation, signal, rule)
        for value, part in new:
            there = signals.get(value)
            signals[value] = part if there is None else joined(there, part, shapes[value][:2])
        if watch is not None:
            watch(operation, {value: signals[value] for value, _ in new})
    found.update((value, signal) for value, signal in signals.items() if value in wanted)
    return [found]


def one_step(features: Features, operation: Operation, signal: Signal, rule: str) -> list[tuple]:
    """Hand a signal to the reverse rule of one operation: [(input's number, Signal), ...]."""
    network = features.network
    reverse_of, arithmetic = network.cache.once(_entry, operation)
    outer = signal.values.shape[1:3] if signal.values.ndim == 4 else (1, 1)
    places = [
        place(signal.starts, outer, window, network.graph.shapes[value])
        for value, window in zip(operation.inputs, arithmetic, strict=True)
    ]
    context = ReverseContext(features, operation, rule, signal, places[0])
    parts = listed(reverse_of(signal.values, context))
    new = []
    for value, part, at in zip(operation.inputs, parts, places, strict=True):
        if at.moves and part.ndim == 4:
            cut_at = [(row + at.cut[0], column + at.cut[2]) for row, column in at.starts]
            part = moved(part, cut_at, at.new_starts, at.new_size)
        new.append((value, Signal(part, at.new_starts)))
    return new


def _made(weights, make, layer):
    return make(layer)


def _entry(operation):
    """Return (the rule's function, the window arithmetic of every input)."""
    reversal, problem = reversal_of(operation)
    if problem:
        raise ValueError(problem)
    return reversal.reverse, windows_of(operation)
