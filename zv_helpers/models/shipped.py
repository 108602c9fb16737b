"""The two networks that ship: SqueezeNet 1.1 and the convolutions of VGG-16, both trained on
ImageNet."""

import csv
import functools
from collections import Counter

import numpy as np

from ..data import shipped_file
from .tensorflow import keras_and_tensorflow

CRANES = {"n02012849": "crane (bird)", "n03126707": "crane (machine)"}


def squeezenet(input_size):
    """Build SqueezeNet 1.1 (Iandola et al. 2016) with its shipped ImageNet weights, as a
    `keras.Model`."""
    keras, _ = keras_and_tensorflow()
    layers = keras.layers

    def convolution(maps, size, name, **how):
        return layers.Conv2D(maps, size, activation="relu", name=name, **how)

    def fire(value, squeeze, expand, name):
        value = convolution(squeeze, 1, f"{name}_squeeze1x1")(value)
        left = convolution(expand, 1, f"{name}_expand1x1")(value)
        right = convolution(expand, 3, f"{name}_expand3x3", padding="same")(value)
        return layers.Concatenate(name=name)([left, right])

    pixels = keras.Input((*input_size, 3), name="pixels")
    value = convolution(64, 3, "conv1", strides=2)(pixels)
    value = layers.MaxPooling2D(3, 2, name="pool1")(value)
    value = fire(value, 16, 64, "fire2")
    value = fire(value, 16, 64, "fire3")
    value = layers.MaxPooling2D(3, 2, name="pool3")(value)
    value = fire(value, 32, 128, "fire4")
    value = fire(value, 32, 128, "fire5")
    value = layers.MaxPooling2D(3, 2, name="pool5")(value)
    value = fire(value, 48, 192, "fire6")
    value = fire(value, 48, 192, "fire7")
    value = fire(value, 64, 256, "fire8")
    value = fire(value, 64, 256, "fire9")
    value = convolution(1000, 1, "conv10")(value)
    value = layers.GlobalAveragePooling2D(name="average")(value)
    value = layers.Softmax(name="probabilities")(value)
    model = keras.Model(pixels, value, name="squeezenet")
    return with_weights(model, "weights/squeezenet11_float32.npz")


def vgg16_conv(input_size):
    """Build the thirteen convolutions of VGG-16 (Simonyan & Zisserman 2015), as a `keras.Model`."""
    keras, _ = keras_and_tensorflow()
    model = keras.applications.VGG16(
        include_top=False, weights=None, input_shape=(*input_size, 3), name="vgg16-conv"
    )
    return with_weights(model, "weights/vgg16_conv_float16.npz")


def with_weights(model, name):
    """Fill a model with the kernels and biases of a shipped file, and return it."""
    with np.load(shipped_file(name), allow_pickle=False) as arrays:
        for layer in model.layers:
            if layer.weights:
                key = layer.name.replace("_squeeze", "/squeeze").replace("_expand", "/expand")
                layer.set_weights([arrays[f"{key}/{part}"] for part in ("kernel", "bias")])
    return model


@functools.cache
def imagenet_class_names():
    """Return the 1000 ImageNet class names in class order, from the shipped list.

    Each is the first of its synonyms ("tabby"), or all of them where the first stands for two
    classes. The two cranes have no synonym, so they get a word of ours.
    """
    with open(shipped_file("labels/imagenet1k.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [CRANES.get(row["wordnet_id"], row["names"]) for row in rows]
    first = [name.split(",")[0].strip() for name in names]
    counts = Counter(first)
    return tuple(
        short if counts[short] == 1 else full for short, full in zip(first, names, strict=True)
    )
