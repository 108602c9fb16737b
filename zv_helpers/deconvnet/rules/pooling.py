"""Pools and unpooling, ReLU and rectification. (Zeiler & Fergus 2014, §2.1.)"""

import numpy as np

from ...network.receptive_fields import pool_geometry
from ...network.tensorflow import as_array, as_tensor, keras_and_tensorflow
from ..mathematics import largest_taps, rectify, taps
from ..signals import windows
from .table import channels_last, reverse_rule

MANY_VALUES = 100_000  # above this, TensorFlow rectifies faster, on several cores


@reverse_rule("MaxPooling2D", refuse=channels_last, keeps="input", title="unpool")
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


def _switches(features, operation):
    """The switches of a pool as positions in its windows: unsigned int (1, h, w, channels)."""
    maps = features.value(operation.inputs[0])[0]
    return largest_taps(maps, *pool_geometry(operation), operation.output_shape[:2])[None]


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


@reverse_rule("GlobalAveragePooling2D", refuse=channels_last, title="spread")
def spread_global_average(signal, context):
    """Each value is spread evenly over the whole map."""
    shape = (len(signal), *context.operation.shapes[0])
    share = signal.reshape(len(signal), 1, 1, -1) / (shape[1] * shape[2])
    return np.broadcast_to(share, shape).astype(signal.dtype)


@reverse_rule("GlobalMaxPooling2D", refuse=channels_last, keeps="input", title="unpool")
def unpool_global_max(signal, context):
    """Each value goes to the maximum of its map, on a tie in equal parts, as TensorFlow does."""
    maps = context.features.value(context.operation.inputs[0])
    largest = maps == maps.max(axis=(1, 2), keepdims=True)
    share = signal.reshape(len(signal), 1, 1, -1) / largest.sum(axis=(1, 2), keepdims=True)
    return (share * largest).astype(signal.dtype)


@reverse_rule("Rectifier", keeps="output", title="rectify")
def rectify_signal(signal, context):
    """ReLU in all its forms, see `mathematics.rectify`."""
    form, rule = context.operation.rectifier, context.rule
    if rule == "deconvnet" and not form.slope and signal.size > MANY_VALUES:
        _, tf = keras_and_tensorflow()
        return as_array(tf.nn.relu(as_tensor(signal)))
    maps = None if rule == "deconvnet" else np.broadcast_to(context.output_maps(), signal.shape)
    return rectify(signal, maps, rule, form.slope, form.cap)
