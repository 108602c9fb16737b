"""Running a graph forward, always in inference: a walk over its operations that keeps what is asked
for and lets go of the rest."""

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .graph import Graph
from .tensorflow import keras_and_tensorflow


@functools.cache
def _inference():
    """Return a layer inside which everything runs as `training=False`. Keras's image layers run
    as in training when they are called alone: `RandomFlip` would mirror the photograph."""
    keras, _ = keras_and_tensorflow()

    class Inference(keras.layers.Layer):
        def call(self, values, plan, training=False):
            return _walked(plan, dict(values))

    return Inference(autocast=False, name="inference")


def forward(
    network: Any, batch: np.ndarray, number: int, kept: frozenset = frozenset()
) -> dict[int, Any]:
    """Compute values of a network for a batch of inputs, float32 (n, h, w, channels): {number:
    tensor} for the deepest value that is wanted, `number`, and the others to keep."""
    keras, _ = keras_and_tensorflow()
    plan = network.cache.once(_plan, network.graph, number, kept)
    return run(plan, {0: keras.ops.convert_to_tensor(batch)})


def run(plan: list, values: Mapping[int, Any]) -> dict[int, Any]:
    """Follow a plan of `with_releases` from the tensors it begins with: {number: tensor}."""
    return _inference()(dict(values), plan=plan, training=False)


def onward(graph: Graph, start: int, number: int) -> tuple[list, frozenset]:
    """Plan the way from one value to another: (the plan, the numbers of the values that it reads
    beside, from branches that pass the start by)."""
    changed, steps = {start}, []
    for operation in graph.below(number):
        if operation.compute is not None and changed.intersection(operation.reads):
            changed.add(operation.output)
            steps.append(operation)
    beside = {n for operation in steps for n in operation.reads} - changed
    return with_releases(steps, frozenset({number})), frozenset(beside)


def _plan(graph, number, kept):
    steps = [one for one in graph.below(number) if one.compute is not None]
    return with_releases(steps, kept | {number})


def with_releases(steps: Iterable, kept: frozenset) -> list[tuple]:
    """List (operation, the values nobody needs after it): memory holds only what is kept."""
    steps, last = list(steps), {}
    for position, operation in enumerate(steps):
        for number in (*operation.reads, operation.output):
            last[number] = position
    releases: list[list] = [[] for _ in steps]
    for number, position in last.items():
        if number not in kept:
            releases[position].append(number)
    return list(zip(steps, releases, strict=True))


def _walked(plan, values):
    for operation, done in plan:
        values[operation.output] = operation.compute(*(values[n] for n in operation.reads))
        for number in done:
            del values[number]
    return values
