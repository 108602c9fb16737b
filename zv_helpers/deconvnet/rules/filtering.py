"""Transposed filtering: the same filters, flipped and transposed (Zeiler & Fergus 2014, §2.1)."""

import numpy as np

from ...network.receptive_fields import pair, transposed_geometry
from ...network.tensorflow import as_array, as_tensor, keras_and_tensorflow
from ...network.weights import flipped_kernel
from ..mathematics import reach, taps
from ..signals import cropped, moved
from .moving import apart
from .table import channels_last, refused, reverse_rule

FEW_MAPS = 8  # up to so many, adding weighted filters beats a convolution


def _no_filters(operation):
    """Refuse channels first, and kernels that are not the numbers the layer works with."""
    if (mode := operation.layer.quantization_mode) is not None:
        words = f"is quantized ({mode}), so it rounds what it reads, which has no reverse rule"
        return refused(operation, f"{words}: load the network from before quantize()")
    return channels_last(operation)


@reverse_rule("Conv2D", refuse=_no_filters, title="filter")
def filter_transposed(signal, context):
    """Transposed filtering: the convolution's strides and dilation are undone."""
    layer, (n, h, w, _) = context.layer, signal.shape
    strides, dilation = pair(layer.strides), pair(layer.dilation_rate)
    if layer.groups == 1 and n * h * w == 1:
        channels = np.flatnonzero(signal)
        if len(channels) <= FEW_MAPS:  # the seed of a projection: one feature map
            flipped = as_array(context.weights.once(flipped_kernel, layer))
            kernel = flipped[::-1, ::-1][:, :, channels]
            painted = np.einsum("c,rsci->rsi", signal[0, 0, 0, channels], kernel)
            return cropped(apart(painted[None], dilation), context.cut)
    if layer.groups == 1 and strides != (1, 1):
        _, tf = keras_and_tensorflow()
        size = reach(pair(layer.kernel_size), strides, (h, w))
        kernel = context.weights.tensor(layer.kernel)
        picture = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=[n, *size, context.operation.shapes[0][2]],
            filter=kernel,
            out_backprop=_fitting(signal, kernel),
            strides=[1, *strides, 1],
            padding="VALID",
        )
        return context.crop(as_array(picture))
    flipped = context.weights.once(flipped_kernel, layer)
    return _convolved(apart(signal, strides), flipped, dilation, context.cut)


def _fitting(signal, kernel):
    """The signal as a tensor of the kernel's type: the layers of a network may differ in it."""
    _, tf = keras_and_tensorflow()
    return tf.cast(as_tensor(signal), kernel.dtype)


def _convolved(signal, flipped, dilation, cut):
    """Convolve with the flipped kernel, zeros all round, but for what is cut of the result."""
    _, tf = keras_and_tensorflow()
    rows, columns = ((k - 1) * d for k, d in zip(flipped.shape[:2], dilation, strict=True))
    edges = [zeros - off for zeros, off in zip((rows, rows, columns, columns), cut, strict=True)]
    convolved = tf.raw_ops.Conv2D(
        input=_fitting(signal, flipped),
        filter=flipped,
        strides=[1, 1, 1, 1],
        dilations=[1, *dilation, 1],
        padding="EXPLICIT",
        explicit_paddings=[0, 0, *(max(edge, 0) for edge in edges), 0, 0],
    )
    return cropped(as_array(convolved), [max(-edge, 0) for edge in edges])


@reverse_rule("DepthwiseConv2D", "SeparableConv2D", refuse=_no_filters, title="filter")
def filter_depthwise(signal, context):
    """Transposed filtering, each feature map with filters of its own; of a separable convolution,
    the 1×1 convolution first."""
    layer, outputs = context.layer, signal.shape[1:3]
    separable = context.operation.kind == "SeparableConv2D"
    if separable:
        signal = _mixed(signal, context.weights.tensor(layer.pointwise_kernel)[0, 0])
    kernel = context.weights.of(layer.depthwise_kernel if separable else layer.kernel)
    *size, maps, multiplier = kernel.shape
    signal = signal.reshape(len(signal), *outputs, maps, multiplier)
    sliding = size, pair(layer.strides), outputs, pair(layer.dilation_rate)
    picture = np.zeros((len(signal), *reach(*sliding), maps), signal.dtype)
    filters = kernel.reshape(-1, maps, multiplier)
    # TensorFlow's own operation knows no dilation, and is slower in a small window.
    for place, one in zip(taps(picture, *sliding), filters, strict=True):
        place += (signal * one).sum(-1) if multiplier > 1 else signal[..., 0] * one[:, 0]
    return cropped(picture, context.cut)


def _no_transpose(operation):
    if max(pair(operation.layer.dilation_rate)) > 1:  # TensorFlow cannot even run it on a CPU
        return refused(operation, "has a dilated transposed convolution, which has no reverse rule")
    return _no_filters(operation)


@reverse_rule("Conv2DTranspose", refuse=_no_transpose, title="filter")
def filter_forward(signal, context):
    """The transpose of a transposed convolution is the convolution, with the same filters."""
    _, tf = keras_and_tensorflow()
    extent, strides, before = transposed_geometry(context.operation)
    sides = zip(context.size, strides, extent, strict=True)
    read = [(count - 1) * stride + width for count, stride, width in sides]
    corners = [
        tuple(at * stride - edge for at, stride, edge in zip(start, strides, before, strict=True))
        for start in context.place.starts
    ]
    found = tf.nn.conv2d(
        moved(signal, context.outer.starts, corners, read),
        context.weights.tensor(context.layer.kernel),
        strides=strides,
        padding="VALID",
    )
    return context.crop(as_array(found))


@reverse_rule("Dense", refuse=_no_filters, title="filter")
def filter_dense(signal, context):
    """S · Wᵀ."""
    return _mixed(signal, context.weights.tensor(context.layer.kernel))


def _mixed(signal, kernel):
    """S · Wᵀ along the last axis. By TensorFlow: NumPy's threads would go on to wait for more work,
    busily, and take a core from what TensorFlow does next."""
    _, tf = keras_and_tensorflow()
    flat = _fitting(signal.reshape(-1, signal.shape[-1]), kernel)
    mixed = as_array(tf.linalg.matmul(flat, kernel, transpose_b=True))
    return mixed.reshape(*signal.shape[:-1], -1)
