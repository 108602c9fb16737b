"""Pools and unpooling, ReLU and rectification. (Zeiler & Fergus 2014, §2.1.)"""

from typing import Any

import numpy as np

from ...network.receptive_fields import pool_geometry
from ...network.tensorflow import as_array, as_tensor, keras_and_tensorflow
from ..mathematics import largest_taps, rectify, taps
from ..signals import windows
from .table import channels_last, refused, reverse_rule

MANY_VALUES = 100_000  # above this, TensorFlow rectifies faster, on several cores


def _switches(features, operation):
    """The switches of a pool as positions in its windows: unsigned int (1, h, w, channels)."""
    maps = features.value(operation.inputs[0])[0]
    return largest_taps(maps, *pool_geometry(operation), operation.output_shape[:2])[None]


@reverse_rule("MaxPooling2D", refuse=channels_last, keeps="input", title="unpool", finds=_switches)
def unpool_max(signal, context):
    """Each value goes to its switch, the first maximum of its window; shared switches add."""
    size, strides, _ = pool_geometry(context.operation)
    outputs = signal.shape[1:3]
    switches = windows(context.found(_switches), context.outer.starts, outputs)
    unpooled = np.zeros((len(signal), *context.size, signal.shape[3]), signal.dtype)
    overlapping = size[0] > strides[0] or size[1] > strides[1]
    for tap, place in enumerate(taps(unpooled, size, strides, outputs)):
        if overlapping:
            place += signal * (switches == tap)
        else:
            np.multiply(signal, switches == tap, out=place)
    return context.crop(unpooled)


@reverse_rule("AveragePooling2D", refuse=channels_last, title="spread")
def spread_average(signal, context):
    """Each value is spread evenly over its window; padding takes no share."""
    size, strides, _ = pool_geometry(context.operation)
    (height, width, _), outputs = context.operation.shapes[0], signal.shape[1:3]
    whole = np.ones((1, height, width, 1), signal.dtype)
    inside = windows(whole, context.place.starts, context.size)  # 1 in the picture, 0 in padding
    share = signal / np.maximum(sum(taps(inside, size, strides, outputs)), 1)
    spread = np.zeros((len(signal), *context.size, signal.shape[3]), signal.dtype)
    for place in taps(spread, size, strides, outputs):
        place += share
    return context.crop(spread)


def _not_global(operation):
    """Refuse `ops.mean` and `ops.max` over anything else than rows and columns."""
    if operation.kind in ("Max", "Mean"):
        axis, rank = operation.layer.axis, len(operation.shapes[0]) + 1
        axes = axis if isinstance(axis, (list, tuple)) else [axis]
        over = sorted(one % rank for one in axes if one is not None)
        if rank != 4 or over != [1, 2]:
            words = f"works over the axes {axis}; the reverse rule is defined for rows and columns"
            return refused(operation, f"{words}, (1, 2)")
    return channels_last(operation)


@reverse_rule("GlobalAveragePooling2D", "Mean", refuse=_not_global, title="spread")
def spread_global_average(signal, context):
    """Each value is spread evenly over the whole map."""
    shape = (len(signal), *context.operation.shapes[0])
    share = signal.reshape(len(signal), 1, 1, -1) / (shape[1] * shape[2])
    return np.broadcast_to(share, shape).astype(signal.dtype)


@reverse_rule("GlobalMaxPooling2D", "Max", refuse=_not_global, keeps="input", title="unpool")
def unpool_global_max(signal, context):
    """Each value goes to the maximum of its map, on a tie in equal parts, as TensorFlow does."""
    maps = context.features.value(context.operation.inputs[0])
    largest = maps == maps.max(axis=(1, 2), keepdims=True)
    share = signal.reshape(len(signal), 1, 1, -1) / largest.sum(axis=(1, 2), keepdims=True)
    return (share * largest).astype(signal.dtype)


def _telling(operation):
    """Where the sign of z is read: at the output, unless a slope below zero makes it positive."""
    return "output" if operation.rectifier.slope >= 0 else "input"


@reverse_rule("Rectifier", keeps=_telling, title="rectify", unless="deconvnet")
def rectify_signal(signal, context):
    """ReLU in all its forms, see `mathematics.rectify`."""
    form, rule = context.operation.rectifier, context.rule
    if not form.slope and form.cap in (None, 6) and signal.size > MANY_VALUES:
        maps = None
        if rule != "deconvnet":
            maps = as_tensor(np.broadcast_to(context.output_maps(), signal.shape))
        return as_array(rectified(as_tensor(signal), maps, rule, form.cap))
    maps = None
    if rule != "deconvnet":
        told = context.output_maps() if form.slope >= 0 else _input_maps(context)
        maps = np.broadcast_to(told, signal.shape)
    return rectify(signal, maps, rule, form.slope, form.cap)


def rectified(signal: Any, maps: Any, rule: str, cap: float | None) -> Any:
    """`mathematics.rectify` of tensors, for ReLU and (cap 6) ReLU6; maps: at its output, which the
    rule "deconvnet" does not ask for."""
    _, tf = keras_and_tensorflow()
    signal = signal if rule == "gradient" else tf.nn.relu(signal)
    if rule == "deconvnet":
        return signal
    gate = tf.raw_ops.ReluGrad if cap is None else tf.raw_ops.Relu6Grad
    return gate(gradients=signal, features=maps)


@reverse_rule("PReLU", keeps="input", title="rectify", unless="deconvnet")
def rectify_learned(signal, context):
    """A ReLU with a slope below zero for each feature map, or each neuron, of its own."""
    shape = (1, *context.operation.output_shape)
    slope = np.broadcast_to(context.weights.of(context.layer.alpha), shape)
    if signal.ndim == 4:
        slope = windows(slope, context.outer.starts, signal.shape[1:3])
    slope = np.asarray(slope, signal.dtype)
    if context.rule == "deconvnet":
        return rectify(signal, None, "deconvnet", slope)
    maps = np.broadcast_to(_input_maps(context), signal.shape)
    return rectify(signal, maps, context.rule, np.where(maps == 0, signal.dtype.type(0), slope))


def _input_maps(context):
    """The maps before a ReLU, in the signal's windows."""
    maps, outer = context.features.value(context.operation.inputs[0]), context.outer
    flat = outer.values.ndim != 4
    return maps if flat else windows(maps, outer.starts, outer.values.shape[1:3])
