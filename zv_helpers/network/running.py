"""Running a graph forward, always in inference: a walk over its operations that keeps what is asked
for and lets go of the rest. From the second time on, it is compiled."""

import functools
import math
from collections.abc import Iterable, Mapping
from typing import Any

from .compiling import Beside, make_way
from .graph import Graph, Operation, is_from_keras
from .tensorflow import keras_and_tensorflow
from .weights import Weights, values_of, variables_of

MEMORY = 400_000_000  # bytes for the feature maps of all pictures that go through together


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
    network: Any, batch: Any, number: int, kept: frozenset = frozenset(), again: bool = True
) -> tuple[dict[int, Any], Weights]:
    """Compute values of a network for a batch of inputs, float (n, h, w, channels): ({number:
    tensor} for the deepest value that is wanted, `number`, and the others to keep; the weights).

    again: more such passes will come, so it is worth compiling.
    """
    keras, _ = keras_and_tensorflow()
    batch = keras.ops.convert_to_tensor(batch)
    run, numbers, variables = network.cache.once(
        _pass, network.graph, number, kept, (batch.shape[1:], batch.dtype), owner=network
    )
    found = run(batch, again=again)
    values = {0: batch} if 0 in kept | {number} else {}
    values |= dict(zip(numbers, found, strict=False))
    return values, network.weights_in(variables, found[len(numbers) :])


def _pass(network, graph, number, kept, like):
    """Return (the pass as a function of the batch, the numbers of the values that it gives first,
    the variables whose values it gives then)."""
    plan, variables = plan_of(graph, number, kept | {0}), variables_of(graph.below(number))
    numbers = sorted((kept & {one.output for one, _ in plan}) | ({number} - {0}))
    shape, dtype = like

    def run(batch):
        values = walk(plan, {0: batch})
        return [values[n] for n in numbers] + values_of(variables)

    return Beside(run, [((None, *shape), dtype)], network.lock), numbers, variables


def onward(
    network: Any, start: int, maps: Any, number: int, beside: Mapping[int, Any], again: bool = False
) -> tuple[Any, Weights]:
    """Run on from changed versions of one value, float (n, ...), to another: (tensor (n, ...), the
    weights).

    beside: {number: tensor (1, ...)} of what `passing_by` names; again: as for `forward`.
    """
    keras, _ = keras_and_tensorflow()
    tensors = [keras.ops.convert_to_tensor(one) for one in (maps, *beside.values())]
    like = tuple((tuple(one.shape[1:]), one.dtype) for one in tensors)
    about = network.graph, start, number, tuple(beside), like
    run, variables = network.cache.once(_onward, *about, owner=network)
    found = run(*tensors, again=again)
    return found[0], network.weights_in(variables, found[1:])


def _onward(network, graph, start, number, passing, like):
    """Return (that way as a function of maps and the others, the variables it gives the values
    of)."""
    _, tf = keras_and_tensorflow()
    steps = steps_between(graph, start, number)
    plan, variables = with_releases(steps, frozenset({number})), variables_of(graph.below(number))

    def run(maps, *beside):
        many = [tf.shape(maps)[0]]
        values = {
            n: tf.tile(one, many + [1] * (len(one.shape) - 1))
            for n, one in zip(passing, beside, strict=True)
        }
        found = walk(plan, {start: maps} | values)[number]
        return [found, *values_of(variables)]

    (shape, dtype), *others = like
    specs = [((None, *shape), dtype), *(((1, *size), kind) for size, kind in others)]
    return Beside(run, specs, network.lock), variables


def steps_between(graph: Graph, start: int, number: int) -> list[Operation]:
    """List the operations on the way from one value to another, in forward order."""
    changed, steps = {start}, []
    for operation in graph.below(number):
        if operation.compute is not None and changed.intersection(operation.reads):
            changed.add(operation.output)
            steps.append(operation)
    return steps


def passing_by(graph: Graph, start: int, number: int) -> frozenset[int]:
    """Return the numbers of the values that the way from one value to another reads beside, from
    branches that pass the start by."""
    steps = steps_between(graph, start, number)
    changed = {start, *(operation.output for operation in steps)}
    return frozenset(n for operation in steps for n in operation.reads) - changed


def memory_of(graph: Graph, number: int, start: int = 0) -> int:
    """Return how many bytes one picture takes at most, all together, on the way from one value to
    another: what is alive beside what is computed, in float32."""
    plan = with_releases(steps_between(graph, start, number), frozenset({number}))
    size = {n: 4 * math.prod(shape) for n, shape in graph.shapes.items()}
    beside = passing_by(graph, start, number)
    alive = size[start] + sum(size[n] for n in beside)
    most = alive
    for operation, done in plan:
        alive += size[operation.output]
        most = max(most, alive)
        alive -= sum(size[n] for n in done)
    return most


def pictures_at_once(graph: Graph, number: int, start: int = 0, most: int = 32) -> int:
    """Return how many pictures to send through together: `most`, or as many as memory holds."""
    return max(1, min(most, MEMORY // memory_of(graph, number, start)))


def walk(plan: list, values: Mapping[int, Any]) -> dict[int, Any]:
    """Follow a plan of `with_releases` from the tensors it begins with: {number: tensor}."""
    return _inference()(values, plan=plan, training=False)


def plan_of(graph: Graph, number: int, kept: frozenset = frozenset()) -> list[tuple]:
    """Plan the way from the input to a value, for `walk`: that value is kept, and the others of
    `kept`."""
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
        make_way()
        values[operation.output] = _computed(operation, *(values[n] for n in operation.reads))
        for number in done:
            del values[number]
    return values


def _computed(operation, *values):
    """What an operation computes; a batch norm in one step of TensorFlow's instead of six."""
    layer, maps = operation.layer, values[0]
    plain = operation.kind == "BatchNormalization" and is_from_keras(layer)
    if not plain or len(maps.shape) != 4 or layer.axis not in (-1, 3):
        return operation.compute(*values)
    if layer.compute_dtype != "float32":  # TensorFlow has it in no finer precision
        return operation.compute(*values)
    _, tf = keras_and_tensorflow()
    return tf.raw_ops.FusedBatchNormV3(
        x=tf.cast(maps, layer.compute_dtype),  # as Keras casts what a layer reads
        scale=layer.gamma.value if layer.scale else tf.ones_like(layer.moving_mean.value),
        offset=layer.beta.value if layer.center else tf.zeros_like(layer.moving_mean.value),
        mean=layer.moving_mean.value,
        variance=layer.moving_variance.value,
        epsilon=layer.epsilon,
        is_training=False,
    ).y
