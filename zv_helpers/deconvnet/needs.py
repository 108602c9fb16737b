"""What a reverse pass reads of the forward pass: its way down, and which maps its rules ask for."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..features import Features
from ..network import Network
from ..network.graph import Graph, Operation
from .rules.table import Reversal, reversal_of


@dataclass(frozen=True, eq=False)
class Route:
    """The way of a signal from one value down to others.

    Attributes:
        operations: in the order in which they are reversed.
        reading: those of them whose rules read maps: [(operation, its `Reversal`, the numbers of
            the values), ...].
    """

    operations: tuple[Operation, ...]
    reading: tuple[tuple[Operation, Reversal, tuple[int, ...]], ...]

    def missing(self, features: Features) -> list[int]:
        """List the numbers of the values that have to be computed; not those of which all that is
        read was found before."""
        return [
            number
            for operation, reversal, numbers in self.reading
            if not (reversal.finds and features.cache.knows(reversal.finds, operation))
            for number in numbers
            if number not in features.values
        ]

    def is_whole(self, features: Features) -> bool:
        """Say whether all the maps themselves are there, and not only what was found in them."""
        return all(n in features.values for *_, numbers in self.reading for n in numbers)


def route_of(network: Network, number: int, stops: Iterable[int], rule: str) -> Route:
    """Find the `Route` from a value down to some others, once for a network."""
    return network.cache.once(_route, network.graph, number, frozenset(stops), rule)


def _route(graph: Graph, number: int, stops: frozenset, rule: str) -> Route:
    reached, route, reading = set(stops), [], []
    for operation in graph.below(number):
        if reached.intersection(operation.inputs):
            reached.add(operation.output)
            route.append(operation)
            reversal, _ = reversal_of(operation)
            numbers = reversal.reads(operation, rule) if reversal else ()
            if reversal and numbers:
                reading.append((operation, reversal, numbers))
    return Route(tuple(reversed(route)), tuple(reading))


def needed(network: Network, number: int, rule: str) -> frozenset[int]:
    """Return the numbers of the values that projecting a value's neurons takes, itself one."""
    reading = route_of(network, number, (0,), rule).reading
    return frozenset([number]).union(*(numbers for *_, numbers in reading))


def reduced(features: Features, number: int, rule: str) -> Features:
    """Return features that hold no more than projecting a value's neurons takes: of a max-pool,
    only its switches, one byte for each. What else is asked of them is computed again."""
    kept: set[int] = {number}
    for operation, reversal, numbers in route_of(features.network, number, (0,), rule).reading:
        if reversal.finds is None:
            kept.update(numbers)
        else:
            features.cache.once(reversal.finds, operation, owner=features)
    return replace(features, values={n: _own(features.values[n]) for n in kept})


def reduced_bytes(network: Network, number: int, rule: str) -> int:
    """Return how many bytes `reduced` features take, in float32 and with their photograph."""
    shapes, pixels = network.graph.shapes, math.prod(network.graph.shapes[0])
    total = 5 * pixels + 4 * math.prod(shapes[number])
    for operation, reversal, numbers in route_of(network, number, (0,), rule).reading:
        maps = 4 * sum(math.prod(shapes[n]) for n in numbers)
        total += maps if reversal.finds is None else math.prod(operation.output_shape)
    return total


def _own(array: Any) -> Any:
    """Copy an array, read-only: a view would hold those of all photographs of its batch."""
    copy = array.copy()
    copy.setflags(write=False)
    return copy
