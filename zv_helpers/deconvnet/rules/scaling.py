"""Layers that scale, and layers where branches meet: the transpose of the layer's linear map."""

import math

import numpy as np

from ...network.weights import batch_norm_scale
from .table import channels_last, refused, reverse_rule

NORMALIZED = "normalizes along axis {}; the workbook reads channels last"
JOINED = "joins along axis {}; the reverse rule is defined for channels"
TWO_SIGNALS = (
    "multiplies or divides two signals, as squeeze-and-excitation does; the reverse rule is "
    "defined for a constant factor: take a network without such gates, or look below this layer"
)
AVERAGED = "averages along an axis; the reverse rule is defined for GlobalAveragePooling2D"


def _other_axis(operation):
    """Refuse a layer that works along another axis than its channels."""
    axis = operation.layer.axis
    axis = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
    if operation.kind == "Normalization" and axis == ():  # one mean and variance for all
        return None
    if axis not in (-1, len(operation.output_shape)):
        words = JOINED if operation.kind == "Concatenate" else NORMALIZED
        return refused(operation, words.format(axis))


def _constant(operation):
    """The array beside the tensor in a call like `0.5 * x`, or None."""
    values = [np.asarray(value) for _, value in operation.constants if value is not None]
    return values[0] if len(values) == 1 else None


def _not_by_channel(operation, factor):
    """Refuse a factor that is neither one number nor one number a channel."""
    shape = np.shape(factor)
    if shape and (math.prod(shape[:-1]) != 1 or shape[-1] not in (1, operation.output_shape[-1])):
        return refused(operation, "works with a constant that is not one number a channel")
    return _stretched(operation)


def _stretched(operation):
    """Refuse a constant that makes the maps larger; it may make many channels of a single one."""
    (*size, channels), (*made, maps) = operation.shapes[0], operation.output_shape
    if size != made or channels not in (1, maps):
        return refused(operation, "stretches its input over a constant, which has no reverse rule")


def _gathered(signal, operation):
    """The sum over the channels that a constant made of a single one."""
    single = operation.shapes[0][-1] == 1
    return signal.sum(axis=-1, keepdims=True) if single else signal


def _no_factor(operation):
    if operation.kind != "Multiply" and operation.constants and operation.constants[0][0] == 0:
        return refused(operation, "divides a constant by the signal, which has no reverse rule")
    if len(operation.inputs) != 1:
        return refused(operation, TWO_SIGNALS)
    if _constant(operation) is None:
        return refused(operation, "multiplies a signal by itself, which has no reverse rule")
    return _not_by_channel(operation, _constant(operation))


def _no_scale(operation):
    scale = 1 if operation.kind == "Negative" else operation.layer.scale
    return _not_by_channel(operation, scale)


def _no_terms(operation):
    if operation.kind == "Average" and hasattr(operation.layer, "axis"):
        return refused(operation, AVERAGED)
    if len(operation.inputs) == 1:
        return _stretched(operation)
    if any(shape != operation.output_shape for shape in operation.shapes):
        return refused(operation, "stretches one input over another, which has no reverse rule")


@reverse_rule("BatchNormalization", refuse=_other_axis, title="scale")
def scale_batch_norm(signal, context):
    """S · γ / √(σ² + ε): the layer's scale in inference."""
    return signal * context.weights.once(batch_norm_scale, context.layer)


@reverse_rule("Normalization", refuse=_other_axis, title="scale")
def scale_normalization(signal, context):
    """S / σ, or S · σ where the layer inverts."""
    layer = context.layer
    deviation = np.maximum(np.sqrt(np.asarray(layer.variance)), 1e-7).astype(signal.dtype).ravel()
    return signal * deviation if layer.invert else signal / deviation


@reverse_rule("Rescaling", "Negative", refuse=_no_scale, title="scale")
def scale_rescaling(signal, context):
    """S · scale, or −S."""
    scale = -1 if context.operation.kind == "Negative" else context.layer.scale
    return _gathered(signal * np.asarray(scale, signal.dtype).ravel(), context.operation)


@reverse_rule("Multiply", "Divide", "TrueDivide", refuse=_no_factor, title="scale")
def scale_constant(signal, context):
    """S · constant, or S / constant."""
    constant = _constant(context.operation).ravel().astype(signal.dtype)
    scaled = signal * constant if context.operation.kind == "Multiply" else signal / constant
    return _gathered(scaled, context.operation)


@reverse_rule("Add", "Subtract", refuse=_no_terms, title="copy")
def copy_terms(signal, context):
    """S to every branch, but −S to what is subtracted; a constant takes none."""
    operation, count = context.operation, len(context.operation.inputs)
    if count == 1:
        taken = operation.kind == "Subtract" and operation.constants[0][0] == 0
        return _gathered(-signal if taken else signal, operation)
    return [signal] * count if operation.kind == "Add" else [signal, -signal]


@reverse_rule("CustomScaleLayer", refuse=_no_terms, title="copy")
def copy_scaled(signal, context):
    """S to the first branch and S · scale to the second: x + scale · y, of InceptionResNetV2."""
    return [signal, signal * signal.dtype.type(context.layer.scale)]


@reverse_rule("RGBToGrayscale", refuse=channels_last, title="scale")
def colour_grey(signal, context):
    """S times the share that each colour has in grey."""
    shares = context.operation.compute(np.eye(3, dtype=np.float32)[None])[0, :, 0]
    return signal * np.asarray(shares, signal.dtype)


@reverse_rule("Average", refuse=_no_terms, title="share")
def share_average(signal, context):
    """S / n to each of n branches."""
    count = len(context.operation.inputs)
    return [signal / signal.dtype.type(count)] * count


@reverse_rule("Concatenate", refuse=_other_axis, title="cut")
def cut_concatenate(signal, context):
    """S cut into its slices."""
    ends = np.cumsum([shape[-1] for shape in context.operation.shapes])
    return np.split(signal, ends[:-1], axis=-1)
