"""The reversals for whole maps, each one TensorFlow operation, and their compilation.

They are those of `rules`; what has none here is walked in windows. See `sections`.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..network.compiling import Beside, make_way
from ..network.graph import Operation
from ..network.receptive_fields import pair, pool_geometry
from ..network.tensorflow import as_array, as_tensor, keras_and_tensorflow
from ..network.weights import batch_norm_scale, flipped_kernel
from ..network.windows import same_padding
from .rules import filtering, moving, pooling, scaling
from .rules.table import reversal_of
from .signals import Signal, moved


@dataclass(frozen=True)
class Step:
    """One operation's reversal for whole maps.

    Attributes:
        apply: from the signal, the maps and the arrays, all tensors, to the signal at the input; a
            list of them where there are several inputs.
        maps: the numbers of the values of the forward pass that it reads.
        arrays: what it needs of the weights, each (make, about …) for `Weights.once`.
    """

    apply: Callable
    maps: tuple[int, ...] = ()
    arrays: tuple[tuple, ...] = ()


def through(features: Any, section: Any, signal: Signal, rule: str) -> Signal | None:
    """Take one neuron's signal from the top of a `Section` down to its bottom; None as long as that
    is not compiled, and for what cannot be."""
    network, dtype = features.network, signal.values.dtype
    made = network.cache.once(_program, section, rule, str(dtype), owner=network)
    if made is None:
        return None
    program, steps = made
    if program.compiled is None:
        program.begin_later()
        return None
    shape, values = network.graph.shapes[section.top], signal.values
    if values.ndim == 4 and values.shape[1:3] != shape[:2]:
        values = moved(values, signal.starts, ((0, 0),), shape[:2])
    numbers = [number for step in steps for number in step.maps]
    kept = features.compute(numbers)
    weights = [features.weights.once(*about) for step in steps for about in step.arrays]
    maps = [as_tensor(kept[number]) for number in numbers]
    (found,) = program.compiled(as_tensor(values), *maps, *weights)
    return Signal(as_array(found), ((0, 0),))


def _program(network, section, rule, dtype):
    """Return (the section as a function beside, its steps), or None where it cannot be compiled: a
    rule of the learner's own has come into it."""
    steps = [step_of(operation, rule) for operation in section.operations]
    if not all(steps):
        return None
    shapes, held = network.graph.shapes, network.held[0]
    numbers = [number for step in steps for number in step.maps]
    arrays = [held.once(*about) for step in steps for about in step.arrays]

    def run(signal, *tensors):
        maps, weights = iter(tensors[: len(numbers)]), iter(tensors[len(numbers) :])
        signals = {section.top: signal}
        for operation, step in zip(section.operations, steps, strict=True):
            make_way()
            own = signals.pop(operation.output)
            read = [next(maps) for _ in step.maps] + [next(weights) for _ in step.arrays]
            parts = step.apply(own, *read)
            parts = parts if isinstance(parts, (list, tuple)) else [parts]
            for number, part in zip(operation.inputs, parts, strict=True):
                signals[number] = signals[number] + part if number in signals else part
        return [signals[section.bottom]]

    specs = [((1, *shapes[number]), dtype) for number in (section.top, *numbers)]
    specs += [(tuple(array.shape), array.dtype) for array in arrays]
    return Beside(run, specs, network.lock), steps


# --- one step for each kind ----------------------------------------------------------------------


def step_of(operation: Operation, rule: str) -> Step | None:
    """Return an operation's reversal for whole maps, or None where there is none here."""
    reversal, _ = reversal_of(operation)
    make = reversal and STEPS.get(reversal.reverse)
    return make(operation, rule) if make else None


def _kernel(weights, variable):
    return weights.tensor(variable)


def _padding(layer):
    return layer.padding.upper()  # Keras's "same" and "valid"


def _edges(extent, padding):
    """The zeros before and after that a flipped kernel of that extent needs along one axis."""
    return same_padding(1, extent, 1)[::-1] if padding == "same" else (extent - 1, extent - 1)


def _filter(operation, rule):
    _, tf = keras_and_tensorflow()
    layer, (height, width, channels) = operation.layer, operation.shapes[0]
    strides, padding = pair(layer.strides), _padding(layer)
    if layer.groups != 1 or max(pair(layer.dilation_rate)) > 1:
        return None
    if layer.lora_enabled:  # its kernel is added up anew each time, and is no variable to hold
        return None
    if strides == (1, 1):  # as quick or quicker: a convolution with the flipped kernel
        edges = [[0, 0], *(_edges(k, layer.padding) for k in pair(layer.kernel_size)), [0, 0]]
        around = functools.partial(tf.nn.conv2d, strides=1, padding=edges)
        return Step(around, arrays=((flipped_kernel, layer),))

    def apply(signal, kernel):
        return tf.raw_ops.Conv2DBackpropInput(
            input_sizes=[1, height, width, channels],
            filter=kernel,
            out_backprop=signal,
            strides=[1, *strides, 1],
            padding=padding,
        )

    return Step(apply, arrays=((_kernel, layer.kernel),))


def _filter_depthwise(operation, rule):
    _, tf = keras_and_tensorflow()
    layer, size = operation.layer, operation.shapes[0]
    strides, padding = pair(layer.strides), _padding(layer)
    separable = operation.kind == "SeparableConv2D"
    kernel = layer.depthwise_kernel if separable else layer.kernel
    if max(pair(layer.dilation_rate)) > 1 or strides[0] != strides[1]:
        return None

    def apply(signal, kernel, *pointwise):
        for one in pointwise:
            signal = tf.linalg.matmul(signal, one[0, 0], transpose_b=True)
        return tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
            input_sizes=[1, *size],
            filter=kernel,
            out_backprop=signal,
            strides=[1, *strides, 1],
            padding=padding,
        )

    pointwise = ((_kernel, layer.pointwise_kernel),) if separable else ()
    return Step(apply, arrays=((_kernel, kernel), *pointwise))


def _filter_dense(operation, rule):
    _, tf = keras_and_tensorflow()
    if operation.layer.lora_enabled:
        return None
    transposed = functools.partial(tf.linalg.matmul, transpose_b=True)
    return Step(transposed, arrays=((_kernel, operation.layer.kernel),))


def _rectify(operation, rule):
    _, tf = keras_and_tensorflow()
    form = operation.rectifier
    if form.slope or form.cap not in (None, 6):
        return None
    if rule == "deconvnet":
        return Step(tf.nn.relu)
    gate = tf.raw_ops.ReluGrad if form.cap is None else tf.raw_ops.Relu6Grad

    def apply(signal, maps):
        signal = tf.nn.relu(signal) if rule == "guided" else signal
        return gate(gradients=signal, features=maps)

    return Step(apply, maps=(operation.output,))


def _pool(operation):
    layer = operation.layer
    size, strides, _ = pool_geometry(operation)
    return {"ksize": [1, *size, 1], "strides": [1, *strides, 1], "padding": _padding(layer)}


def _unpool(operation, rule):
    _, tf = keras_and_tensorflow()
    how = _pool(operation)

    def apply(signal, maps, pooled):
        return tf.raw_ops.MaxPoolGrad(orig_input=maps, orig_output=pooled, grad=signal, **how)

    return Step(apply, maps=(operation.inputs[0], operation.output))


def _spread(operation, rule):
    _, tf = keras_and_tensorflow()
    size, how = [1, *operation.shapes[0]], _pool(operation)
    return Step(lambda signal: tf.raw_ops.AvgPoolGrad(orig_input_shape=size, grad=signal, **how))


def _spread_all(operation, rule):
    _, tf = keras_and_tensorflow()
    height, width, channels = operation.shapes[0]

    def apply(signal):
        share = tf.reshape(signal, [1, 1, 1, channels]) / (height * width)
        return tf.broadcast_to(share, [1, height, width, channels])

    return Step(apply)


def _move(operation, rule):
    _, tf = keras_and_tensorflow()
    layer = operation.layer
    if operation.kind == "Cropping2D":
        edges = [(0, 0), *layer.cropping, (0, 0)]
        return Step(lambda signal: tf.pad(signal, edges))
    if operation.kind != "ZeroPadding2D":
        return None
    (top, _), (left, _) = layer.padding
    height, width, channels = operation.shapes[0]
    return Step(lambda signal: tf.slice(signal, [0, top, left, 0], [1, height, width, channels]))


def _reshape(operation, rule):
    _, tf = keras_and_tensorflow()
    shape = [1, *operation.shapes[0]]
    return Step(lambda signal: tf.reshape(signal, shape))


def _scale_norm(operation, rule):
    return Step(lambda signal, scale: signal * scale, arrays=((batch_norm_scale, operation.layer),))


def _copy(operation, rule):
    if operation.kind != "Add" or len(operation.inputs) < 2:
        return None
    return Step(lambda signal: [signal] * len(operation.inputs))


def _cut(operation, rule):
    _, tf = keras_and_tensorflow()
    sizes = [shape[-1] for shape in operation.shapes]
    return Step(lambda signal: tf.split(signal, sizes, axis=-1))


STEPS = {
    filtering.filter_transposed: _filter,
    filtering.filter_depthwise: _filter_depthwise,
    filtering.filter_dense: _filter_dense,
    pooling.rectify_signal: _rectify,
    pooling.unpool_max: _unpool,
    pooling.spread_average: _spread,
    pooling.spread_global_average: _spread_all,
    moving.move_window: _move,
    moving.reshape_back: _reshape,
    moving.pass_unchanged: lambda operation, rule: Step(lambda signal: signal),
    scaling.scale_batch_norm: _scale_norm,
    scaling.copy_terms: _copy,
    scaling.cut_concatenate: _cut,
}
