"""Steps that move, scale or divide a signal."""

from ...network.tensorflow import keras_and_tensorflow
from ...network.weights import batch_norm_scale
from .step import Step, pointwise


def move(operation, rule):
    """Crop what was padded, pad what was cropped."""
    _, tf = keras_and_tensorflow()
    layer = operation.layer
    if operation.kind == "Cropping2D":
        edges = [(0, 0), *layer.cropping, (0, 0)]
        return Step(lambda signal: tf.pad(signal, edges), lambda signal: signal)
    if operation.kind != "ZeroPadding2D":
        return None
    (top, _), (left, _) = layer.padding
    height, width, channels = operation.shapes[0]

    def apply(signal):
        return tf.slice(signal, [0, top, left, 0], [1, height, width, channels])

    return Step(apply, lambda signal: signal)


def reshape(operation, rule):
    """The same numbers in the shape they had."""
    _, tf = keras_and_tensorflow()
    shape = [1, *operation.shapes[0]]
    return Step(lambda signal: tf.reshape(signal, shape))


def scale_norm(operation, rule):
    """S · γ / √(σ² + ε)."""
    scale = batch_norm_scale, operation.layer
    return pointwise(lambda signal, scale: signal * scale, arrays=(scale,))


def copy(operation, rule):
    """S to every branch."""
    if operation.kind != "Add" or len(operation.inputs) < 2:
        return None
    return pointwise(lambda signal: [signal] * len(operation.inputs))


def cut(operation, rule):
    """S cut into its slices."""
    _, tf = keras_and_tensorflow()
    sizes = [shape[-1] for shape in operation.shapes]
    return pointwise(lambda signal: tf.split(signal, sizes, axis=-1))
