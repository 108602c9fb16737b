"""Transposed filtering."""

import functools

from ...network.receptive_fields import pair
from ...network.tensorflow import keras_and_tensorflow
from ...network.weights import flipped_kernel, flipped_pointwise, kernel_in_phases, kernel_tensor
from ...network.windows import same_padding
from .step import Step, padding_of, read_by, window_of

FEW_CHANNELS = 4  # up to so many, a strided kernel is laid out in phases


def _edges(extent, padding):
    """The zeros before and after that a flipped kernel of that extent needs along one axis."""
    return same_padding(1, extent, 1)[::-1] if padding == "same" else (extent - 1, extent - 1)


def filter_back(operation, rule, norm=None):
    """Convolve with the flipped kernel, in the way that is quickest for its strides."""
    layer, strides = operation.layer, pair(operation.layer.strides)
    if strides != (1, 1) and (layer.groups > 1 or max(pair(layer.dilation_rate)) > 1):
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
    sides, dilation = pair(layer.kernel_size), pair(layer.dilation_rate)
    extent = [(side - 1) * apart + 1 for side, apart in zip(sides, dilation, strict=True)]
    edges = [(0, 0), *(_edges(side, layer.padding) for side in extent), (0, 0)]
    filtered = functools.partial(tf.nn.conv2d, strides=1, dilations=dilation)
    whole = functools.partial(filtered, padding=edges)
    slide = functools.partial(filtered, padding="VALID")
    margin = extent[0] - 1, extent[1] - 1
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
    layer, size, windows = operation.layer, operation.shapes[0][:2], window_of(operation)
    stride, extent = pair(layer.strides)[0], pair(layer.kernel_size)
    sides = [-(-side // stride) - 1 for side in extent]
    around = [(0, 0), *((side, side) for side in sides), (0, 0)]

    def slide(signal, kernel):
        rows, columns, _ = read_by(signal, operation)
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
    ways = _as_gradient(operation, tf.raw_ops.Conv2DBackpropInput)
    return Step(*ways, arrays=((kernel_tensor, operation.layer.kernel, norm),))


def _as_gradient(operation, gradient):
    """(for whole maps, for windows): the gradient that TensorFlow has of a convolution."""
    size, padding = operation.shapes[0], padding_of(operation.layer)
    strides = pair(operation.layer.strides)

    def apply(signal, kernel, size=size, padding=padding):
        return gradient(
            input_sizes=[1, *size],
            filter=kernel,
            out_backprop=signal,
            strides=[1, *strides, 1],
            padding=padding,
        )

    def slide(signal, kernel):
        return apply(signal, kernel, read_by(signal, operation), "VALID")

    return apply, slide


def filter_depthwise(operation, rule, norm=None):
    """Each feature map with filters of its own; of a separable convolution, the 1×1 first."""
    _, tf = keras_and_tensorflow()
    layer, strides = operation.layer, pair(operation.layer.strides)
    if max(pair(layer.dilation_rate)) > 1 or strides[0] != strides[1]:
        return None
    ways = _as_gradient(operation, tf.raw_ops.DepthwiseConv2dNativeBackpropInput)
    if operation.kind != "SeparableConv2D":
        return Step(*ways, arrays=((kernel_tensor, layer.kernel, norm),))

    def mixed_first(way):
        return lambda signal, kernel, one: way(tf.nn.conv2d(signal, one, 1, "VALID"), kernel)

    kernels = (kernel_tensor, layer.depthwise_kernel, None), (flipped_pointwise, layer, norm)
    return Step(*map(mixed_first, ways), arrays=kernels)


def filter_dense(operation, rule, norm=None):
    """S · Wᵀ."""
    _, tf = keras_and_tensorflow()
    if operation.layer.lora_enabled:
        return None
    transposed = functools.partial(tf.linalg.matmul, transpose_b=True)
    return Step(transposed, arrays=((kernel_tensor, operation.layer.kernel, norm),))
