"""A network's weights as arrays at one moment, laid out as the reverse pass needs them."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..cache import Cache
from .graph import Operation
from .receptive_fields import MOVING
from .tensorflow import address_of, as_array, keras_and_tensorflow


class Weights:
    """The weights of a network as they were in one forward pass. Training a network writes its
    weights elsewhere as long as these are held: so what was read here stays what it was."""

    def __init__(self) -> None:
        # {id(variable): (variable, tensor, array, where its numbers lie)}
        self._tensors: dict[int, tuple] = {}
        self._cache = Cache()

    def agree(self, variables: Iterable, tensors: Iterable) -> bool:
        """Say whether variables have the values they had here, without looking at the numbers; one
        that was not read yet is read now."""
        for variable, tensor in zip(variables, tensors, strict=True):
            place, known = address_of(tensor), self._tensors.get(id(variable))
            if known is None:
                self._tensors[id(variable)] = variable, tensor, as_array(tensor), place
            elif place is None:  # on a GPU: there the numbers are compared
                if not np.array_equal(as_array(tensor), known[2]):
                    return False
            elif place != known[3]:
                return False
        return True

    def equal(self, variables: Iterable, tensors: Iterable) -> bool:
        """Say whether variables that were read here have the same numbers still, wherever these lie
        now."""
        held = (self._tensors[id(variable)] for variable in variables)
        return all(
            (place is not None and address_of(tensor) == place)
            or np.array_equal(as_array(tensor), array)
            for (_, _, array, place), tensor in zip(held, tensors, strict=True)
        )

    def of(self, variable: Any) -> np.ndarray:
        """View a layer's weight, a Keras variable or what was computed of some, as an array."""
        known = self._tensors.get(id(variable))
        if known is not None:
            return known[2]
        _, tf = keras_and_tensorflow()
        return as_array(tf.convert_to_tensor(getattr(variable, "value", variable)))

    def tensor(self, variable: Any) -> Any:
        """Return the same as a tensor."""
        known = self._tensors.get(id(variable))
        return known[1] if known is not None else self.of(variable)

    def once(self, make: Callable, *about: Any) -> Any:
        """Return make(weights, *about), computed once: a kernel laid out for the reverse."""
        return self._cache.once(make, *about, owner=self)


def variables_of(operations: Iterable[Operation]) -> list:
    """List the weights of operations' layers, each once."""
    layers = {id(one.layer): one.layer for one in operations}.values()
    return list({id(v): v for layer in layers for v in getattr(layer, "variables", ())}.values())


def values_of(variables: Iterable) -> list:
    """List the tensors that Keras variables hold; `read_value` of each takes thrice as long."""
    _, tf = keras_and_tensorflow()
    plain = [one.value for one in variables]
    return [tf.raw_ops.ReadVariableOp(resource=one.handle, dtype=one.dtype) for one in plain]


def flipped_kernel(weights: Weights, layer: Any, norm: Any = None) -> Any:
    """Turn a convolution's kernel by 180° and exchange its two map axes: a tensor (rows, columns,
    maps out in a group, maps in), scaled as in `scaled_kernel`."""
    _, tf = keras_and_tensorflow()
    kernel, groups = scaled_kernel(weights, layer.kernel, norm), layer.groups
    rows, columns, maps_in, maps_out = kernel.shape
    flipped = kernel[::-1, ::-1].reshape(rows, columns, maps_in, groups, maps_out // groups)
    flipped = flipped.transpose(0, 1, 4, 3, 2).reshape(rows, columns, maps_out // groups, -1)
    return tf.constant(np.ascontiguousarray(flipped))


def kernel_in_phases(weights: Weights, layer: Any, norm: Any = None) -> Any:
    """Lay a strided convolution's kernel out for its transpose in one convolution without strides:
    a tensor (rows / stride, columns / stride, maps out, stride · stride · maps in), for
    `depth_to_space`."""
    _, tf = keras_and_tensorflow()
    kernel, stride = scaled_kernel(weights, layer.kernel, norm), layer.strides[0]
    *extent, maps_in, maps_out = kernel.shape
    rows, columns = (-(-side // stride) for side in extent)
    fill = [(0, -side % stride) for side in extent]
    kernel = np.pad(kernel, [*fill, (0, 0), (0, 0)])
    kernel = kernel.reshape(rows, stride, columns, stride, maps_in, maps_out)[::-1, :, ::-1]
    kernel = kernel.transpose(0, 2, 5, 1, 3, 4).reshape(rows, columns, maps_out, -1)
    return tf.constant(np.ascontiguousarray(kernel))


def flipped_pointwise(weights: Weights, layer: Any, norm: Any = None) -> Any:
    """Exchange the map axes of a separable convolution's 1×1 kernel: a tensor (1, 1, maps out,
    maps in), scaled as in `scaled_kernel`."""
    _, tf = keras_and_tensorflow()
    kernel = scaled_kernel(weights, layer.pointwise_kernel, norm)
    return tf.constant(np.ascontiguousarray(kernel.swapaxes(2, 3)))


def kernel_tensor(weights: Weights, variable: Any, norm: Any = None) -> Any:
    """Return `scaled_kernel` as a tensor."""
    _, tf = keras_and_tensorflow()
    if norm is None:
        return weights.tensor(variable)
    return tf.constant(scaled_kernel(weights, variable, norm))


def scaled_kernel(weights: Weights, variable: Any, norm: Any = None) -> np.ndarray:
    """Return a kernel times the scale of the batch norm that follows, if any: so (S · scale)
    filtered is S filtered with it. An array of the kernel's shape and dtype."""
    kernel = weights.of(variable)
    if norm is None:
        return kernel
    scale = batch_norm_scale(weights, norm).astype(kernel.dtype)
    depthwise = kernel.ndim == 4 and kernel.shape[-1] != scale.size
    return kernel * (scale.reshape(kernel.shape[2:]) if depthwise else scale)


def batch_norm_scale(weights: Weights, layer: Any) -> np.ndarray:
    """Return γ / √(σ² + ε), float (channels,)."""
    scale = 1 / np.sqrt(weights.of(layer.moving_variance) + np.float32(layer.epsilon))
    return scale * weights.of(layer.gamma) if layer.scale else scale


def first_filters(network: Any) -> np.ndarray:
    """Return the filters of a network's first convolution, to show them as pictures: float32 (maps,
    rows, columns, channels), of either sign, in RGB (turned round for a network that reads BGR) or
    of one channel for grey. Raises ValueError if the first convolution does not read the pixels."""
    first = next((one for one in network.graph.operations if one.kind == "Conv2D"), None)
    if first is None:
        raise ValueError(f"Expected a network with a convolution, but {network.name!r} has none.")
    kernel = np.asarray(first.layer.kernel, np.float32)
    if kernel.shape[2] != network.spec.channels:
        raise ValueError(
            "Expected a first convolution that reads the pixels' channels "
            f"({network.spec.channels}), but {first.name!r} reads "
            f"{kernel.shape[2]} feature maps: its filters are no pictures."
        )
    filters = kernel.transpose(3, 0, 1, 2)[
        ..., np.argsort(_colours(network.graph, first, kernel.shape[2]))
    ]
    return network.spec.in_rgb(filters)


def _colours(graph, first, count):
    """Return which channel of the network's input each of those that a layer reads is."""
    order = np.arange(count)
    for operation in reversed(graph.below(first.inputs[0])):
        if operation.kind in MOVING and operation.picks is not None:
            order = operation.picks[2][order]
    return order if sorted(order.tolist()) == list(range(count)) else np.arange(count)
