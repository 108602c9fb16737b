"""Layers that move, copy or reshape values, and those that do nothing in inference."""

from ...network.receptive_fields import pair
from ..signals import moved
from .table import channels_last, refused, reverse_rule


@reverse_rule("ZeroPadding2D", refuse=channels_last, title="crop")
@reverse_rule("Cropping2D", refuse=channels_last, title="pad")
def move_window(signal, context):
    """Padding is cropped; what was cropped gets no signal: the window just moves."""
    return context.crop(signal)


def _nearest(operation):
    how = operation.layer.interpolation
    words = f"upsamples with {how} interpolation; the reverse rule is defined for nearest"
    return channels_last(operation) if how == "nearest" else refused(operation, words)


@reverse_rule("UpSampling2D", refuse=_nearest, title="sum")
def sum_upsampling(signal, context):
    """The signals of all copies of a value add."""
    (rows, columns), (height, width) = pair(context.layer.size), context.size
    corners = [(row * rows, column * columns) for row, column in context.place.starts]
    blocks = moved(signal, context.outer.starts, corners, (height * rows, width * columns))
    blocks = blocks.reshape(len(signal), height, rows, width, columns, -1)
    return context.crop(blocks.sum(axis=(2, 4)))


@reverse_rule("Flatten", "Reshape", title="reshape")
def reshape_back(signal, context):
    """The same numbers in the shape they had."""
    if signal.ndim == 4:  # laid into the whole picture first, zero elsewhere
        corners = ((0, 0),) * len(signal)
        signal = moved(signal, context.outer.starts, corners, context.operation.output_shape[:2])
    return signal.reshape(len(signal), *context.operation.shapes[0])


NOTHING = "Dropout SpatialDropout2D GaussianNoise GaussianDropout ActivityRegularization Identity"


@reverse_rule(*NOTHING.split(), title="pass")
def pass_unchanged(signal, context):
    """Layers that do nothing in inference leave the signal as it is."""
    return signal
