"""Layers that move, copy or reshape values, and those that do nothing in inference."""

import math

import numpy as np

from ...network.graph import IDLE
from ...network.receptive_fields import MOVING, moving_geometry, pair
from ...network.tensorflow import keras_and_tensorflow
from ..signals import moved
from .resampling import not_separable, resample_back
from .table import channels_last, refused, reverse_rule

SINGLE = "works on a channel without its axis; write x[..., 0:1] instead of x[..., 0]"


def apart(signal, steps):
    """Set the positions of (n, h, w, maps) apart, zeros between them."""
    if tuple(steps) == (1, 1):
        return signal
    n, h, w, maps = signal.shape
    spread = np.zeros((n, (h - 1) * steps[0] + 1, (w - 1) * steps[1] + 1, maps), signal.dtype)
    spread[:, :: steps[0], :: steps[1]] = signal
    return spread


@reverse_rule("ZeroPadding2D", refuse=channels_last, title="crop")
@reverse_rule("Cropping2D", refuse=channels_last, title="pad")
def move_window(signal, context):
    """Padding is cropped; what was cropped gets no signal: the window just moves."""
    return context.crop(signal)


def _out_of_order(operation):
    mode = getattr(operation.layer, "mode", "constant")
    if operation.kind == "Pad" and mode != "constant":
        return refused(operation, f"pads with mode {mode!r}; the reverse rule is for a constant")
    if 2 in map(len, (operation.output_shape, *operation.shapes)):
        return refused(operation, SINGLE)
    if moving_geometry(operation) is None:
        words = "moves values about in a way that has no reverse rule"
        return refused(operation, f"{words}: rows and columns must keep their order")


@reverse_rule(*MOVING, refuse=_out_of_order, title="move")
def put_back(signal, context):
    """Every value goes back to the row, column and channel it was read from; values that were read
    twice add."""
    steps, _ = moving_geometry(context.operation)
    signal = context.crop(apart(signal, steps))
    channels, count = context.operation.picks[2], context.operation.shapes[0][2]
    if np.array_equal(channels, np.arange(count)):
        return signal
    back, kept = np.zeros((*signal.shape[:3], count), signal.dtype), channels >= 0
    np.add.at(back, (..., channels[kept]), signal[..., kept])
    return back


def _no_crop(operation):
    return None if moving_geometry(operation) else not_separable(operation)


@reverse_rule("CenterCrop", refuse=_no_crop, title="move")
def put_crop_back(signal, context):
    """A crop goes back to its place; of a picture that was too small and so resized, see there."""
    moves = moving_geometry(context.operation) is not None
    return put_back(signal, context) if moves else resample_back(signal, context)


def _no_upsampling(operation):
    nearest = operation.layer.interpolation == "nearest"
    return channels_last(operation) or (None if nearest else not_separable(operation))


@reverse_rule("UpSampling2D", refuse=_no_upsampling, title="sum")
def sum_upsampling(signal, context):
    """The signals of all copies of a value add; interpolated, each by its share."""
    if context.layer.interpolation != "nearest":
        return resample_back(signal, context)
    (rows, columns), (height, width) = pair(context.layer.size), context.size
    corners = [(row * rows, column * columns) for row, column in context.place.starts]
    blocks = moved(signal, context.outer.starts, corners, (height * rows, width * columns))
    blocks = blocks.reshape(len(signal), height, rows, width, columns, -1)
    return context.crop(blocks.sum(axis=(2, 4)))


def _other_size(operation):
    if math.prod(operation.output_shape) != math.prod(operation.shapes[0]):
        return refused(operation, "mixes the photographs of a batch, which has no reverse rule")
    return channels_last(operation)


@reverse_rule("Flatten", "Reshape", "Squeeze", refuse=_other_size, title="reshape")
def reshape_back(signal, context):
    """The same numbers in the shape they had."""
    if signal.ndim == 4:  # laid into the whole picture first, zero elsewhere
        corners = ((0, 0),) * len(signal)
        signal = moved(signal, context.outer.starts, corners, context.operation.output_shape[:2])
    return signal.reshape(len(signal), *context.operation.shapes[0])


def _not_idle(operation):
    keras, _ = keras_and_tensorflow()
    layer, kind = operation.layer, operation.kind
    if kind == "Permute" and tuple(layer.dims) != tuple(range(1, len(layer.dims) + 1)):
        return refused(operation, f"exchanges axes ({layer.dims}), which has no reverse rule")
    if kind == "Cast" and "float" not in keras.backend.standardize_dtype(layer.dtype):
        return refused(operation, f"rounds to {layer.dtype}, which has no reverse rule")
    if kind == "Pipeline":
        others = [type(one).__name__ for one in layer.layers if type(one).__name__ not in IDLE]
        if others:
            return refused(operation, f"holds a {others[0]}: put it in the network itself")
    if operation.output_shape != operation.shapes[0]:
        return refused(operation, "changes the size of the picture, which has no reverse rule")


@reverse_rule(*IDLE, refuse=_not_idle, title="pass")
def pass_unchanged(signal, context):
    """Layers that do nothing in inference leave the signal as it is."""
    return signal
