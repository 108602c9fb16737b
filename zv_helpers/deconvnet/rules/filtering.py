"""Transposed filtering: the same filters, flipped and transposed (Zeiler & Fergus 2014, §2.1)."""

import numpy as np

from ...network.receptive_fields import pair
from ...network.tensorflow import as_array, as_tensor, keras_and_tensorflow
from ...network.weights import flipped_kernel
from ..mathematics import reach, taps
from ..signals import cropped
from .table import channels_last, reverse_rule

FEW_MAPS = 8  # up to so many, adding weighted filters beats a convolution


@reverse_rule("Conv2D", refuse=channels_last, title="filter")
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
            return cropped(_apart(painted[None], dilation), context.cut)
    if layer.groups == 1 and strides != (1, 1):
        _, tf = keras_and_tensorflow()
        size = reach(pair(layer.kernel_size), strides, (h, w))
        picture = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=[n, *size, context.operation.shapes[0][2]],
            filter=context.weights.tensor(layer.kernel),
            out_backprop=as_tensor(signal),
            strides=[1, *strides, 1],
            padding="VALID",
        )
        return context.crop(as_array(picture))
    flipped = context.weights.once(flipped_kernel, layer)
    return _convolved(_apart(signal, strides), flipped, dilation, context.cut)


def _convolved(signal, flipped, dilation, cut):
    """Convolve with the flipped kernel, zeros all round, but for what is cut of the result."""
    _, tf = keras_and_tensorflow()
    rows, columns = ((k - 1) * d for k, d in zip(flipped.shape[:2], dilation, strict=True))
    edges = [zeros - off for zeros, off in zip((rows, rows, columns, columns), cut, strict=True)]
    convolved = tf.raw_ops.Conv2D(
        input=as_tensor(signal),
        filter=flipped,
        strides=[1, 1, 1, 1],
        dilations=[1, *dilation, 1],
        padding="EXPLICIT",
        explicit_paddings=[0, 0, *(max(edge, 0) for edge in edges), 0, 0],
    )
    return cropped(as_array(convolved), [max(-edge, 0) for edge in edges])


def _apart(signal, steps):
    """Set the positions of (n, h, w, maps) apart, zeros between them."""
    if steps == (1, 1):
        return signal
    n, h, w, maps = signal.shape
    apart = np.zeros((n, (h - 1) * steps[0] + 1, (w - 1) * steps[1] + 1, maps), signal.dtype)
    apart[:, :: steps[0], :: steps[1]] = signal
    return apart


@reverse_rule("DepthwiseConv2D", "SeparableConv2D", refuse=channels_last, title="filter")
def filter_depthwise(signal, context):
    """Transposed filtering, each feature map with filters of its own; of a separable convolution,
    the 1×1 convolution first."""
    layer, outputs = context.layer, signal.shape[1:3]
    separable = context.operation.kind == "SeparableConv2D"
    if separable:
        signal = signal @ context.weights.of(layer.pointwise_kernel)[0, 0].T
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


@reverse_rule("Dense", title="filter")
def filter_dense(signal, context):
    """S · Wᵀ."""
    return signal @ context.weights.of(context.layer.kernel).T
