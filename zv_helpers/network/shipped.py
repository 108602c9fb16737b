"""The networks that ship, both trained on ImageNet: SqueezeNet 1.1 and VGG-16's convolutions."""

import csv
import functools
import itertools
from collections import Counter
from typing import Any

import numpy as np

from ..data import shipped_file
from .tensorflow import keras_and_tensorflow

CRANES = {"n02012849": "crane (bird)", "n03126707": "crane (machine)"}


def squeezenet(input_size: tuple[int, int]) -> Any:
    """Build SqueezeNet 1.1 (Iandola et al. 2016) with its shipped weights, as a `keras.Model`."""
    keras, _ = keras_and_tensorflow()
    layers = keras.layers
    convolution = functools.partial(layers.Conv2D, activation="relu")

    def fire(value, squeeze, name):
        value = convolution(squeeze, 1, name=f"{name}_squeeze1x1")(value)
        left = convolution(4 * squeeze, 1, name=f"{name}_expand1x1")(value)
        right = convolution(4 * squeeze, 3, padding="same", name=f"{name}_expand3x3")(value)
        return layers.Concatenate(name=name)([left, right])

    pixels = keras.Input((*input_size, 3), name="pixels")
    value = convolution(64, 3, strides=2, name="conv1")(pixels)
    number = itertools.count(2)
    for pool, squeezes in (("pool1", (16, 16)), ("pool3", (32, 32)), ("pool5", (48, 48, 64, 64))):
        value = layers.MaxPooling2D(3, 2, name=pool)(value)
        for squeeze in squeezes:
            value = fire(value, squeeze, f"fire{next(number)}")
    value = convolution(1000, 1, name="conv10")(value)
    value = layers.GlobalAveragePooling2D(name="average")(value)
    value = layers.Softmax(name="probabilities")(value)
    model = keras.Model(pixels, value, name="squeezenet")
    return with_weights(model, "weights/squeezenet11_float32.npz")


def vgg16_conv(input_size: tuple[int, int]) -> Any:
    """Build the thirteen convolutions of VGG-16 (Simonyan & Zisserman 2015), as a `keras.Model`."""
    keras, _ = keras_and_tensorflow()
    how = {"include_top": False, "weights": None, "name": "vgg16-conv"}
    model = keras.applications.VGG16(input_shape=(*input_size, 3), **how)
    return with_weights(model, "weights/vgg16_conv_float16.npz")


def with_weights(model: Any, name: str) -> Any:
    """Fill a model with the kernels and biases of a shipped file, and return it."""
    with np.load(shipped_file(name), allow_pickle=False) as arrays:
        for layer in model.layers:
            if layer.weights:
                key = layer.name.replace("_squeeze", "/squeeze").replace("_expand", "/expand")
                layer.set_weights([arrays[f"{key}/{part}"] for part in ("kernel", "bias")])
    return model


@functools.cache
def imagenet_class_names() -> tuple[str, ...]:
    """Return the 1000 ImageNet class names in class order: each the first of its synonyms, "tabby",
    or all of them where the first stands for two classes; the two cranes get a word of ours."""
    with open(shipped_file("labels/imagenet1k.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [CRANES.get(row["wordnet_id"], row["names"]) for row in rows]
    first = [name.split(",")[0].strip() for name in names]
    counts = Counter(first)
    return tuple(a if counts[a] == 1 else b for a, b in zip(first, names, strict=True))
