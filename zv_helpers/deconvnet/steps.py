"""The reversals of `rules` as TensorFlow operations: for whole maps, and for windows of one size.

What has none here is walked, see `engine`.
"""

import functools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..network.graph import Operation
from ..network.receptive_fields import pair, pool_geometry, windows_of
from ..network.tensorflow import keras_and_tensorflow
from ..network.weights import (
    batch_norm_scale,
    flipped_kernel,
    flipped_pointwise,
    kernel_in_phases,
    kernel_tensor,
)
from ..network.windows import same_padding
from .rules import filtering, moving, pooling, scaling
from .rules.table import reversal_of

FEW_CHANNELS = 4  # up to so many, a strided kernel is laid out in phases


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


def _pointwise(apply, **how):
    """A step that is the same for a window."""
    return Step(apply, apply, **how)


def steps_of(operations: Iterable[Operation], rule: str) -> list[Step] | None:
    """List the steps of a section's operations, or None where one has none. Where a batch norm
    follows filters, its scale is taken into them: a kernel has fewer numbers than the maps."""
    operations = list(operations)
    norms = _norms_to_take(operations)
    layers = set(norms.values())
    steps = [
        PASSED if one.layer in layers else step_of(one, rule, norms.get(one.output))
        for one in operations
    ]
    return steps if all(steps) else None


def step_of(operation: Operation, rule: str, norm: Any = None) -> Step | None:
    """Return an operation's reversal for whole maps, or None where there is none here; norm: a
    batch norm's layer whose scale these filters take."""
    make = _maker(operation)
    if make is None:
        return None
    return make(operation, rule) if norm is None else make(operation, rule, norm)


def _maker(operation):
    reversal, _ = reversal_of(operation)
    return reversal and STEPS.get(reversal.reverse)


def _norms_to_take(operations):
    """{the value between: the batch norm's layer} for those that alone follow filters."""
    readers = Counter(number for one in operations for number in one.inputs)
    filters = {one.output for one in operations if _maker(one) in TAKING}
    calls = Counter(one.layer for one in operations)
    return {
        one.inputs[0]: one.layer
        for one in operations
        if _maker(one) is _scale_norm and calls[one.layer] == 1
        if one.inputs[0] in filters and readers[one.inputs[0]] == 1
    }


def _padding(layer):
    return layer.padding.upper()  # Keras's "same" and "valid"


def _edges(extent, padding):
    """The zeros before and after that a flipped kernel of that extent needs along one axis."""
    return same_padding(1, extent, 1)[::-1] if padding == "same" else (extent - 1, extent - 1)


def _filter(operation, rule, norm=None):
    layer, strides = operation.layer, pair(operation.layer.strides)
    if layer.groups != 1 or max(pair(layer.dilation_rate)) > 1:
        return None
    if layer.lora_enabled:  # its kernel is added up anew each time, and is no variable to hold
        return None
    if strides == (1, 1):
        return _filter_around(layer, norm)
    if strides[0] == strides[1] and pair(layer.kernel_size) == (1, 1):
        return _filter_apart(operation, norm)
    if strides[0] == strides[1] and operation.shapes[0][-1] <= FEW_CHANNELS:
        return _filter_in_phases(operation, norm)
    return _filter_strided(operation, norm)


def _filter_around(layer, norm):
    """Without strides: a convolution with the flipped kernel, as quick as the gradient or more."""
    _, tf = keras_and_tensorflow()
    extent = pair(layer.kernel_size)
    edges = [(0, 0), *(_edges(side, layer.padding) for side in extent), (0, 0)]
    whole = functools.partial(tf.nn.conv2d, strides=1, padding=edges)
    slide = functools.partial(tf.nn.conv2d, strides=1, padding="VALID")
    margin = tuple(side - 1 for side in extent)
    return Step(whole, slide, margin, arrays=((flipped_kernel, layer, norm),))


def _filter_apart(operation, norm):
    """1×1 with strides: filtered while small, then moved apart."""
    _, tf = keras_and_tensorflow()
    height, width, channels = operation.shapes[0]
    layer, stride = operation.layer, pair(operation.layer.strides)[0]

    def apply(signal, kernel):
        signal = tf.nn.conv2d(signal, kernel, strides=1, padding="VALID")
        rows, columns = signal.shape[1:3]
        signal = tf.reshape(signal, [1, rows, 1, columns, channels])
        between = [(0, 0), (0, 0), (0, stride - 1), (0, 0), (0, (stride - 1) * channels)]
        return tf.reshape(tf.pad(signal, between), [1, rows * stride, columns * stride, channels])

    def whole(signal, kernel):
        return apply(signal, kernel)[:, :height, :width]

    def slide(signal, kernel):
        return apply(signal, kernel)[:, : 1 - stride, : 1 - stride]

    return Step(whole, slide, arrays=((flipped_kernel, layer, norm),))


def _filter_in_phases(operation, norm):
    """Down to the colours: rows and columns that are the same place in a stride share their filter
    weights, so one convolution makes them all as channels, to be laid side by side."""
    _, tf = keras_and_tensorflow()
    layer, size, windows = operation.layer, operation.shapes[0][:2], windows_of(operation)[0]
    stride, extent = pair(layer.strides)[0], pair(layer.kernel_size)
    sides = [-(-side // stride) - 1 for side in extent]
    around = [(0, 0), *((side, side) for side in sides), (0, 0)]

    def slide(signal, kernel):
        rows, columns, _ = _read_by(signal, operation)
        signal = tf.nn.conv2d(signal, kernel, strides=1, padding=around)
        return tf.nn.depth_to_space(signal, stride)[:, :rows, :columns]

    def whole(signal, kernel):
        top, left = windows.before
        signal = slide(signal, kernel)[:, top : top + size[0], left : left + size[1]]
        rest = [(0, n - got) for n, got in zip(size, signal.shape[1:3], strict=True)]
        return tf.pad(signal, [(0, 0), *rest, (0, 0)])

    return Step(whole, slide, arrays=((kernel_in_phases, layer, norm),))


def _filter_strided(operation, norm):
    _, tf = keras_and_tensorflow()
    layer, size = operation.layer, operation.shapes[0]
    strides, padding = pair(layer.strides), _padding(layer)

    def apply(signal, kernel, size=size, padding=padding):
        return tf.raw_ops.Conv2DBackpropInput(
            input_sizes=[1, *size],
            filter=kernel,
            out_backprop=signal,
            strides=[1, *strides, 1],
            padding=padding,
        )

    def slide(signal, kernel):
        return apply(signal, kernel, _read_by(signal, operation), "VALID")

    return Step(apply, slide, arrays=((kernel_tensor, layer.kernel, norm),))


def _read_by(signal, operation):
    """(rows, columns, maps) of an operation's input that a window of its signal covers."""
    window, maps = windows_of(operation)[0], operation.shapes[0][-1]
    ends = [window.inputs(0, count, axis) for axis, count in enumerate(signal.shape[1:3])]
    return [*(stop - start for start, stop in ends), maps]


def _filter_depthwise(operation, rule, norm=None):
    _, tf = keras_and_tensorflow()
    layer, size = operation.layer, operation.shapes[0]
    strides, padding = pair(layer.strides), _padding(layer)
    if max(pair(layer.dilation_rate)) > 1 or strides[0] != strides[1]:
        return None

    def apply(signal, kernel, *pointwise, size=size, padding=padding):
        for one in pointwise:
            signal = tf.nn.conv2d(signal, one, strides=1, padding="VALID")
        return tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
            input_sizes=[1, *size],
            filter=kernel,
            out_backprop=signal,
            strides=[1, *strides, 1],
            padding=padding,
        )

    def slide(signal, *kernels):
        return apply(signal, *kernels, size=_read_by(signal, operation), padding="VALID")

    if operation.kind != "SeparableConv2D":
        return Step(apply, slide, arrays=((kernel_tensor, layer.kernel, norm),))
    pointwise = flipped_pointwise, layer, norm
    return Step(apply, slide, arrays=((kernel_tensor, layer.depthwise_kernel, None), pointwise))


def _filter_dense(operation, rule, norm=None):
    _, tf = keras_and_tensorflow()
    if operation.layer.lora_enabled:
        return None
    transposed = functools.partial(tf.linalg.matmul, transpose_b=True)
    return Step(transposed, arrays=((kernel_tensor, operation.layer.kernel, norm),))


def _rectify(operation, rule):
    _, tf = keras_and_tensorflow()
    form = operation.rectifier
    if form.slope or form.cap not in (None, 6):
        return None
    if rule == "deconvnet":
        return _pointwise(tf.nn.relu)
    gate = tf.raw_ops.ReluGrad if form.cap is None else tf.raw_ops.Relu6Grad

    def apply(signal, maps):
        signal = tf.nn.relu(signal) if rule == "guided" else signal
        return gate(gradients=signal, features=maps)

    return _pointwise(apply, maps=(operation.output,))


def _pool(operation):
    layer = operation.layer
    size, strides, _ = pool_geometry(operation)
    return {"ksize": [1, *size, 1], "strides": [1, *strides, 1], "padding": _padding(layer)}


def _unpool(operation, rule):
    _, tf = keras_and_tensorflow()
    how = _pool(operation)

    def apply(signal, maps, **other):
        # Pooled once more: beside its pool, TensorFlow finds the switches eight times as fast.
        pooled = tf.raw_ops.MaxPool(input=maps, **how | other)
        return tf.raw_ops.MaxPoolGrad(
            orig_input=maps, orig_output=pooled, grad=signal, **how | other
        )

    return Step(apply, functools.partial(apply, padding="VALID"), maps=operation.inputs)


def _spread(operation, rule):
    _, tf = keras_and_tensorflow()
    size, how = operation.shapes[0], _pool(operation)

    def apply(signal, size=size):
        return tf.raw_ops.AvgPoolGrad(orig_input_shape=[1, *size], grad=signal, **how)

    def slide(signal):
        return apply(signal, _read_by(signal, operation))

    # Padding takes no share, so where there is some, windows at the border differ.
    return Step(apply, slide if how["padding"] == "VALID" else None)


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
        return Step(lambda signal: tf.pad(signal, edges), lambda signal: signal)
    if operation.kind != "ZeroPadding2D":
        return None
    (top, _), (left, _) = layer.padding
    height, width, channels = operation.shapes[0]

    def apply(signal):
        return tf.slice(signal, [0, top, left, 0], [1, height, width, channels])

    return Step(apply, lambda signal: signal)


def _reshape(operation, rule):
    _, tf = keras_and_tensorflow()
    shape = [1, *operation.shapes[0]]
    return Step(lambda signal: tf.reshape(signal, shape))


def _scale_norm(operation, rule):
    scale = batch_norm_scale, operation.layer
    return _pointwise(lambda signal, scale: signal * scale, arrays=(scale,))


def _copy(operation, rule):
    if operation.kind != "Add" or len(operation.inputs) < 2:
        return None
    return _pointwise(lambda signal: [signal] * len(operation.inputs))


def _cut(operation, rule):
    _, tf = keras_and_tensorflow()
    sizes = [shape[-1] for shape in operation.shapes]
    return _pointwise(lambda signal: tf.split(signal, sizes, axis=-1))


PASSED = _pointwise(lambda signal: signal)
TAKING = {_filter, _filter_depthwise, _filter_dense}  # a batch norm's scale
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
    moving.pass_unchanged: lambda operation, rule: PASSED,
    scaling.scale_batch_norm: _scale_norm,
    scaling.copy_terms: _copy,
    scaling.cut_concatenate: _cut,
}
