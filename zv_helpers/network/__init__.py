"""Step 1, define the model: `load_model` makes a `Network` of a shipped, downloaded or own one."""

from .loading import load_model, networks
from .network import Layer, Network
from .spec import InputSpec
from .tensorflow import as_array, keras_and_tensorflow

__all__ = [
    "InputSpec",
    "Layer",
    "Network",
    "as_array",
    "keras_and_tensorflow",
    "load_model",
    "networks",
]
