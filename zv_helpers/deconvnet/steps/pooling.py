"""Pools and unpooling, ReLU and rectification."""

import functools

from ...network.receptive_fields import pool_geometry
from ...network.tensorflow import keras_and_tensorflow
from ..rules.pooling import rectified
from .step import Step, padding_of, pointwise, read_by


def rectify(operation, rule):
    """ReLU and ReLU6, by the three rules."""
    form = operation.rectifier
    if form.slope or form.cap not in (None, 6):
        return None

    def apply(signal, maps=None):
        return rectified(signal, maps, rule, form.cap)

    return pointwise(apply, maps=() if rule == "deconvnet" else (operation.output,))


def _pool(operation):
    layer = operation.layer
    size, strides, _ = pool_geometry(operation)
    return {"ksize": [1, *size, 1], "strides": [1, *strides, 1], "padding": padding_of(layer)}


def unpool(operation, rule):
    """Each value to its switch."""
    _, tf = keras_and_tensorflow()
    how = _pool(operation)

    def apply(signal, maps, **other):
        # Pooled once more: beside its pool, TensorFlow finds the switches eight times as fast.
        pooled = tf.raw_ops.MaxPool(input=maps, **how | other)
        return tf.raw_ops.MaxPoolGrad(
            orig_input=maps, orig_output=pooled, grad=signal, **how | other
        )

    return Step(apply, functools.partial(apply, padding="VALID"), maps=operation.inputs)


def spread(operation, rule):
    """Each value evenly over its window."""
    _, tf = keras_and_tensorflow()
    size, how = operation.shapes[0], _pool(operation)

    def apply(signal, size=size):
        return tf.raw_ops.AvgPoolGrad(orig_input_shape=[1, *size], grad=signal, **how)

    def slide(signal):
        return apply(signal, read_by(signal, operation))

    # Padding takes no share, so where there is some, windows at the border differ.
    return Step(apply, slide if how["padding"] == "VALID" else None)


def spread_all(operation, rule):
    """Each value evenly over the whole map."""
    _, tf = keras_and_tensorflow()
    height, width, channels = operation.shapes[0]

    def apply(signal):
        share = tf.reshape(signal, [1, 1, 1, channels]) / (height * width)
        return tf.broadcast_to(share, [1, height, width, channels])

    return Step(apply)
