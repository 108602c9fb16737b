"""A network's own preprocessor: the classifiers of Keras Hub carry one, as a layer."""

import json
from typing import Any

import numpy as np

from .tensorflow import keras_and_tensorflow


class OwnPreprocessor:
    """The layer in a model's `preprocessor`, as a function from pixels, float32 (n, h, w, channels)
    in [0, 255], to the network's input. Two of one configuration are equal; it can be pickled where
    Keras can save the layer."""

    def __init__(self, layer: Any) -> None:
        keras, _ = keras_and_tensorflow()
        self.layer, self.__name__ = layer, type(layer).__name__
        try:
            # Whether it has run already is not what it does.
            config = _without(keras.saving.serialize_keras_object(layer), "build_config")
            self.config = json.dumps(config, sort_keys=True)
        except Exception:  # a layer of the learner's that cannot be saved
            self.config = ""

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        found = self.layer(pixels)
        while isinstance(found, (tuple, list)) and len(found):  # (pixels, labels, weights)
            found = found[0]
        return np.asarray(found, np.float32)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OwnPreprocessor):
            return NotImplemented
        return self.layer is other.layer or bool(self.config) and self.config == other.config

    def __hash__(self) -> int:
        return hash(self.config)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.__name__})"

    def __reduce__(self):
        if not self.config:
            raise ValueError(
                f"Expected a preprocessor that Keras can save, but {self.__name__} is none: "
                "give it get_config, or hand over a function as preprocess=."
            )
        return _again, (self.config,)


def _without(config, key):
    """Return a configuration without a key, wherever it stands."""
    if isinstance(config, dict):
        return {k: _without(v, key) for k, v in config.items() if k != key}
    return [_without(v, key) for v in config] if isinstance(config, (list, tuple)) else config


def _again(config):
    keras, _ = keras_and_tensorflow()
    return OwnPreprocessor(keras.saving.deserialize_keras_object(json.loads(config)))


def own_preprocessor(model: Any) -> OwnPreprocessor | None:
    """Return the preprocessor that a model carries, or None."""
    layer = getattr(model, "preprocessor", None)
    return OwnPreprocessor(layer) if callable(layer) else None


def size_from(preprocessor: OwnPreprocessor, channels: int) -> tuple[int, int] | None:
    """Return the size (h, w) to which a preprocessor resizes every picture; None where it leaves
    the size as it is, or does not work on pictures at all."""
    sizes = []
    for side in (224, 225):
        try:
            shape = preprocessor(np.zeros((1, side, side, channels), np.float32)).shape
        except Exception:  # `InputSpec.prepare` will say what is wrong with it
            return None
        sizes.append(tuple(shape[1:3]))
    return sizes[0] if sizes[0] == sizes[1] and len(sizes[0]) == 2 else None
