"""Where the reverse pass leaves the windows and takes whole maps, compiled.

A neuron's window grows on its way down. Where it has become (most of) the whole map, and nothing
else is on the way, the rest of the way is the same for every neuron. So a network is cut into
sections at the values that every signal passes, of operations that `whole` can compile; a neuron
goes in windows as far as that is quicker.
"""

import math
from dataclasses import dataclass
from typing import Any

from ..network.graph import Graph, Operation
from ..network.receptive_fields import windows_of
from .steps import step_of

LONG = 16  # operations in a section, about: the shorter, the sooner a signal passes one's top
# What an operation costs, in seconds: in itself, for each value, multiplication, multiplication of
# a depthwise filter, and number in a kernel. Fitted to 330 times of eight networks.
WALKED = (180e-6, 1.2e-9, 7.7e-12, 48e-12, 1.6e-9)
COMPILED = (65e-6, 0, 13e-12, 28e-12, 0)
CALL = 3.6e-3  # of a compiled function


@dataclass(frozen=True)
class Section:
    """The operations between two values that every signal on the way down passes, top first."""

    top: int
    bottom: int
    operations: tuple[Operation, ...]


def sections_of(graph: Graph) -> dict[int, Section]:
    """Cut a network into sections that can be compiled: {their top value: Section}."""
    found: dict[int, Section] = {}
    live, top, done, span = {graph.scores}, graph.scores, [], []
    for operation in reversed(graph.below(graph.scores)):
        live.discard(operation.output)
        live.update(operation.inputs)
        span.append(operation)
        if len(live) > 1:
            continue
        (here,) = live
        if all(_keeps_enough(graph, one) for one in span):
            done += span
            if len(done) >= LONG or here == 0:
                found[top] = Section(top, here, tuple(done))
                top, done = here, []
        else:
            if done:
                found[top] = Section(top, span[0].output, tuple(done))
            top, done = here, []
        span = []
    return found


def _keeps_enough(graph, operation):
    step = step_of(operation, "gradient")
    return step is not None and graph.kept.issuperset(step.maps)


def on_the_way(
    sections: dict[int, Section], route: list[Operation], wanted: frozenset
) -> dict[int, Section]:
    """Return what of a route can be taken in one, {its top value: Section}: from the top of each
    section on it as far down as nothing else is wanted."""
    places = {operation.output: position for position, operation in enumerate(route)}
    found: dict[int, Section] = {}
    for top, section in reversed(sections.items()):
        start, operations = places.get(top, 0), section.operations
        if tuple(route[start : start + len(operations)]) != operations:
            continue
        if wanted.isdisjoint(one.output for one in operations[1:]):
            below = None if section.bottom in wanted else found.get(section.bottom)
            longer = Section(top, below.bottom, operations + below.operations) if below else section
            found[top] = longer
    return found


def quickest(
    graph: Graph, route: list[Operation], number: int, found: dict[int, Section]
) -> dict[int, Section]:
    """Choose where to leave the windows for whole maps, so that a neuron of a value takes the least
    time as estimated: {that top: its Section}, or {} where the windows are quicker to the end."""
    sizes, walked = _window_sizes(graph, route, number), 0.0
    best, least = None, sum(_cost(one, sizes[one.output], WALKED) for one in route)
    for position, operation in enumerate(route):
        section = found.get(operation.output)
        if section is not None:
            rest = CALL + sum(_cost(one, None, COMPILED) for one in section.operations)
            after = route[position + len(section.operations) :]
            rest += sum(_cost(one, sizes[one.output], WALKED) for one in after)
            if walked + rest < least:
                best, least = section, walked + rest
        walked += _cost(operation, sizes[operation.output], WALKED)
    return {best.top: best} if best else {}


def _window_sizes(graph, route, number):
    """The (rows, columns) that a neuron's window has at each value of a route, {number: size}; None
    for all of a value."""
    sizes: dict[int, Any] = {number: (1, 1)}
    for operation in route:
        size, inside = sizes[operation.output], operation.output_shape
        for value, window in zip(operation.inputs, windows_of(operation), strict=True):
            shape, there = graph.shapes[value], sizes.get(value, (0, 0))
            if None in (size, there) or len(shape) != 3 or len(inside) != 3:
                sizes[value] = None
                continue
            sides = []
            for axis in (0, 1):
                start = max((inside[axis] - size[axis]) // 2, 0)
                first, stop = window.inputs(start, start + size[axis], axis)
                sides.append(min(max(stop - first, there[axis]), shape[axis]))
            sizes[value] = tuple(sides)
    return sizes


def _cost(operation, size, seconds):
    """What an operation costs for a window of that size, or for the whole of its output."""
    shape, weights = operation.output_shape, getattr(operation.layer, "weights", ())
    positions = math.prod(size or shape[:-1])
    share = positions / math.prod(shape[:-1])
    values = positions * shape[-1] + math.prod(operation.shapes[0]) * share
    kernels = sum(math.prod(one.shape) for one in weights if len(one.shape) > 1)
    depthwise = operation.kind in ("DepthwiseConv2D", "SeparableConv2D")
    products = (0, kernels * positions) if depthwise else (kernels * positions, 0)
    amounts = (1, values, *products, kernels)
    return sum(each * amount for each, amount in zip(seconds, amounts, strict=True))
