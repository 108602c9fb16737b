"""A network's weights as arrays, laid out as the reverse pass needs them."""

from typing import Any

import numpy as np

from .tensorflow import as_array, keras_and_tensorflow


def weight(variable: Any) -> np.ndarray:
    """View a layer's weight as an array, without copying it."""
    _, tf = keras_and_tensorflow()
    return as_array(tf.convert_to_tensor(variable.value))


def flipped_kernel(layer: Any) -> Any:
    """Turn a convolution's kernel by 180° and exchange its two map axes: a tensor (rows, columns,
    maps out in a group, maps in)."""
    _, tf = keras_and_tensorflow()
    kernel, groups = weight(layer.kernel), layer.groups
    rows, columns, maps_in, maps_out = kernel.shape
    flipped = kernel[::-1, ::-1].reshape(rows, columns, maps_in, groups, maps_out // groups)
    flipped = flipped.transpose(0, 1, 4, 3, 2).reshape(rows, columns, maps_out // groups, -1)
    return tf.constant(np.ascontiguousarray(flipped))


def batch_norm_scale(layer: Any) -> np.ndarray:
    """Return γ / √(σ² + ε), float (channels,)."""
    scale = 1 / np.sqrt(weight(layer.moving_variance) + np.float32(layer.epsilon))
    return scale * weight(layer.gamma) if layer.scale else scale


def first_filters(network: Any) -> np.ndarray:
    """Return the filters of a network's first convolution, to show them as pictures: float32 (maps,
    rows, columns, 3), of either sign, in RGB (turned round for a network that reads BGR). Raises
    ValueError if the first convolution does not read the three colours."""
    first = next((one for one in network.graph.operations if one.kind == "Conv2D"), None)
    if first is None:
        raise ValueError(f"Expected a network with a convolution, but {network.name!r} has none.")
    kernel = np.asarray(first.layer.kernel, np.float32)
    if kernel.shape[2] != 3:
        raise ValueError(
            f"Expected a first convolution that reads 3 colours, but {first.name!r} reads "
            f"{kernel.shape[2]} feature maps: its filters are no pictures."
        )
    filters = kernel.transpose(3, 0, 1, 2)
    return filters[..., ::-1] if network.spec.reads_bgr else filters
