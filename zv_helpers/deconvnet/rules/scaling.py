"""Layers that scale, and layers where branches meet: the transpose of the layer's linear map."""

import numpy as np

from ...network.weights import batch_norm_scale
from .table import refused, reverse_rule

NORMALIZED = "normalizes along axis {}; the workbook reads channels last"
JOINED = "joins along axis {}; the reverse rule is defined for channels"
TWO_SIGNALS = "multiplies or divides two signals; the reverse rule is defined for a constant factor"


def _other_axis(operation):
    """Refuse a layer that works along another axis than its channels."""
    axis = operation.layer.axis
    axis = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
    if axis not in (-1, len(operation.output_shape)):
        words = JOINED if operation.kind == "Concatenate" else NORMALIZED
        return refused(operation, words.format(axis))


def _constant(operation):
    """The number, or one number a channel, beside the tensor in a call like `0.5 * x`."""
    values = [np.asarray(value) for _, value in operation.constants if value is not None]
    return values[0] if len(values) == 1 else None


def _odd_constant(operation):
    constant = _constant(operation)
    if constant is None or constant.size not in (1, operation.output_shape[-1]):
        return refused(operation, "works with a constant that is not one number a channel")


def _no_factor(operation):
    if operation.kind != "Multiply" and operation.constants and operation.constants[0][0] == 0:
        return refused(operation, "divides a constant by the signal, which has no reverse rule")
    if len(operation.inputs) != 1:
        return refused(operation, TWO_SIGNALS)
    if operation.kind == "Multiply" and not operation.constants:
        return refused(operation, "multiplies a signal by itself, which has no reverse rule")
    return _odd_constant(operation)


def _no_terms(operation):
    if len(operation.inputs) == 1:
        return _odd_constant(operation) if operation.constants else None
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


@reverse_rule("Rescaling", "Negative", title="scale")
def scale_rescaling(signal, context):
    """S · scale, or −S."""
    scale = -1 if context.operation.kind == "Negative" else context.layer.scale
    return signal * np.asarray(scale, signal.dtype)


@reverse_rule("Multiply", "Divide", "TrueDivide", refuse=_no_factor, title="scale")
def scale_constant(signal, context):
    """S · constant, or S / constant."""
    constant = _constant(context.operation).ravel().astype(signal.dtype)
    return signal * constant if context.operation.kind == "Multiply" else signal / constant


@reverse_rule("Add", "Subtract", refuse=_no_terms, title="copy")
def copy_terms(signal, context):
    """S to every branch, but −S to what is subtracted; a constant takes none."""
    operation, count = context.operation, len(context.operation.inputs)
    if operation.kind == "Add":
        return [signal] * count
    if count == 1:
        return signal if operation.constants[0][0] == 1 else -signal
    return [signal, -signal]


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
