"""What tells one network from another: a number made of its graph and its weights."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from .network import Network
from .reading import activation_name

# What a layer does besides its weights; its whole configuration changes with Keras's version.
SETTINGS = (
    *("strides", "dilation_rate", "padding", "groups", "pool_size", "size", "interpolation"),
    *("epsilon", "axis", "negative_slope", "max_value", "threshold", "data_format"),
)


def digest_of(network: Network) -> str:
    """Return the SHA-256, in hexadecimal, of a network's input, operations, layer names and
    weights. The same network loaded again, in another process too, has the same."""
    digest = hashlib.sha256()
    for part in _described(network):
        digest.update(repr(part).encode())
    layers = {id(one.layer): one.layer for one in network.graph.operations}.values()
    # Not `variables`: those of a dropout hold a random seed.
    weights = (weight for layer in layers for weight in getattr(layer, "weights", ()))
    for weight in {id(one): one for one in weights}.values():
        array = np.ascontiguousarray(weight)
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(array.view(np.uint8).data if array.ndim else array.tobytes())
    return digest.hexdigest()


def _described(network: Network) -> Iterator[Any]:
    yield str(network.spec), tuple(network.graph.layer_values.items())
    for one in network.graph.operations:
        yield one.kind, type(one.layer).__name__, one.inputs, one.output, one.output_shape
        yield one.rectifier, tuple(map(_constant, one.constants))
        yield tuple((name, _setting(one.layer, name)) for name in SETTINGS)
        yield activation_name(one.layer) if hasattr(one.layer, "activation") else None


def _setting(layer, name):
    value = getattr(layer, name, None)
    plain = isinstance(value, (str, int, float, tuple, list)) or value is None
    return value if plain else type(value).__name__


def _constant(constant):
    position, value = constant
    try:
        return position, np.asarray(value).tolist()
    except (TypeError, ValueError):
        return position, type(value).__name__
