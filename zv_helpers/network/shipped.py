"""The networks that ship, trained on ImageNet: SqueezeNet 1.1, EfficientNet-Lite0, and VGG-16's
convolutions."""

import csv
import functools
import itertools
import re
from collections import Counter
from typing import Any

import numpy as np

from ..data import shipped_file
from .tensorflow import keras_and_tensorflow

# EfficientNet-Lite0's seven stages: expansion, feature maps, repeats, first stride, kernel.
LITE0 = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
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


def efficientnet_lite0(input_size: tuple[int, int]) -> Any:
    """Build EfficientNet-Lite0 (Tan & Le 2019; without squeeze-and-excitation, with ReLU6) with its
    shipped weights, as a `keras.Model`."""
    keras, _ = keras_and_tensorflow()
    layers = keras.layers

    def normed(value, layer, rectified=True):
        value = layers.BatchNormalization(epsilon=1e-3, name=f"{layer.name}_bn")(layer(value))
        return layers.ReLU(6, name=f"{layer.name}_relu")(value) if rectified else value

    def filtering(maps, name, size=1, strides=1):
        return layers.Conv2D(maps, size, strides, padding="same", use_bias=False, name=name)

    def block(value, name, expansion, maps, stride, kernel):
        start, count = value, value.shape[-1]
        if expansion > 1:
            value = normed(value, filtering(expansion * count, f"{name}_expand"))
        how = {"padding": "same", "use_bias": False, "name": f"{name}_depthwise"}
        value = normed(value, layers.DepthwiseConv2D(kernel, stride, **how))
        value = normed(value, filtering(maps, f"{name}_project"), rectified=False)
        shortcut = stride == 1 and maps == count
        return layers.Add(name=f"{name}_add")([start, value]) if shortcut else value

    pixels = keras.Input((*input_size, 3), name="pixels")
    value = normed(pixels, filtering(32, "stem", 3, 2))
    for stage, (expansion, maps, repeats, stride, kernel) in enumerate(LITE0):
        for i in range(repeats):
            name = f"block{stage}_{i}"
            value = block(value, name, expansion, maps, 1 if i else stride, kernel)
    value = normed(value, filtering(1280, "head"))
    value = layers.GlobalAveragePooling2D(name="average")(value)
    value = layers.Dense(1000, name="logits_dense")(value)
    value = layers.Softmax(name="probabilities")(value)
    model = keras.Model(pixels, value, name="efficientnet-lite0")
    return with_weights(model, "weights/efficientnet_lite0_float16.npz")


def with_weights(model: Any, name: str) -> Any:
    """Fill a model with the weights of a shipped file, and return it."""
    with np.load(shipped_file(name), allow_pickle=False) as arrays:
        for layer in model.layers:
            key = re.sub(r"^(fire\d)_", r"\1/", layer.name)
            layer.set_weights([arrays[f"{key}/{part.name}"] for part in layer.weights])
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
