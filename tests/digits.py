"""Digits for a grey network, drawn with Pillow: what MNIST is like, without a download."""

import keras
import numpy as np
from PIL import Image, ImageDraw

from zv_helpers.draw.strips import font

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SIDE = 28


def digit(which, rng):
    """A white digit on black, shifted, turned and noisy: uint8 (28, 28)."""
    large = Image.new("L", (4 * SIDE, 4 * SIDE))
    place = tuple(2 * SIDE + int(shift) for shift in rng.integers(-10, 11, 2))
    face = font(int(rng.integers(64, 92)), bool(rng.integers(2)))
    ImageDraw.Draw(large).text(place, str(which), fill=255, font=face, anchor="mm")
    turned = large.rotate(float(rng.uniform(-12, 12)), Image.Resampling.BILINEAR)
    values = np.asarray(turned.resize((SIDE, SIDE), Image.Resampling.BOX), float)
    return np.clip(values + rng.normal(0, 8, values.shape), 0, 255).astype(np.uint8)


def digits(count, seed):
    """Digits and what they are: uint8 (count, 28, 28, 1), int (count,)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count)
    return np.stack([digit(label, rng) for label in labels])[..., None], labels


def untrained(side=SIDE, channels=1, name="mine"):
    """A network as Keras's tutorials build it for MNIST."""
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(16, 3, activation="relu", name="edges"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(32, 3, activation="relu", name="parts"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return keras.Sequential([keras.Input((side, side, channels)), *layers], name=name)


def trained(count=1500, epochs=5):
    """The same, trained for some seconds."""
    model, (pictures, labels) = untrained(), digits(count, seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(pictures, labels, epochs=epochs, batch_size=64, verbose=0)
    return model
