"""Small networks of every shape that the experiments must take, each with a picture of its size."""

from types import SimpleNamespace

import keras
import numpy as np
from digits import SIDE, digits, untrained
from independent import random_weights

import zv_helpers as zv

L = keras.layers


def ending(tail, size, channels=3):
    """Two convolutions with a pool between them, and then `tail`, a list of layers."""
    body = [
        keras.Input((*size, channels)),
        L.Conv2D(6, 3, activation="relu", name="first"),
        L.MaxPooling2D(2, name="pool"),
        L.Conv2D(8, 3, activation="relu", name="last"),
    ]
    return keras.Sequential([*body, *tail])


def dense(count, activation):
    return [L.GlobalAveragePooling2D(), L.Dense(count, activation=activation)]


MODELS = {
    "oblong": lambda: ending(dense(4, "softmax"), (20, 26)),
    "grey": lambda: untrained(),
    "open": lambda: ending(dense(5, "softmax"), (None, None)),
    "one score": lambda: ending(dense(1, "sigmoid"), (24, 24)),
    "no classes": lambda: ending([], (24, 20)),
    "segmentation": lambda: ending(
        [L.Conv2D(3, 1, activation="softmax", name="classes")], (24, 20)
    ),
}


def made(name):
    """A network, a picture that it can see, and the same network as Keras has it: `see(pixels)`
    returns the maps of `layer`, the last one, and the outputs for one picture, float (h, w, maps)
    and (…)."""
    model = random_weights(MODELS[name](), seed=5)
    layer = "parts" if name == "grey" else "last"
    how = {"input_size": (30, 22)} if name == "open" else {}
    if name == "segmentation":  # so that no class wins everywhere
        model.get_layer("classes").bias.assign([0.9, 2.3, 0.0])
    names = ("sky", "grass", "cow") if name == "segmentation" else None
    network = zv.load_model(
        model, preprocess="none" if name == "grey" else "tf", class_names=names, **how
    )
    if name == "grey":
        pixels = digits(1, seed=3)[0][0]
        assert pixels.shape == (SIDE, SIDE, 1)
    else:
        pixels = np.random.default_rng(1).integers(0, 256, (*network.input_size, 3), np.uint8)
    both = keras.Model(model.inputs[0], [model.get_layer(layer).output, model.outputs[0]])

    def see(picture):
        batch = picture[None].astype("float32")
        found = both(batch if name == "grey" else batch / 127.5 - 1, training=False)
        return [one.numpy()[0].astype(float) for one in found]

    features = zv.extract_features(network, zv.load_image(pixels, network))
    return SimpleNamespace(name=name, network=network, features=features, layer=layer, see=see)


def value_of(odd, target, maps, outputs):
    """The target's value in what Keras computed for one picture."""
    if odd.name == "no classes":
        return maps[target.row, target.column, target.channel]
    if odd.name == "segmentation":  # its class before the softmax, where it won
        kernel, bias = odd.network.keras_model.get_layer("classes").get_weights()
        scores = maps @ kernel[0, 0] + bias
        return scores[target.positions(scores.shape), target.channel].mean()
    shares = outputs if outputs.shape != (1,) else np.array([1 - outputs[0], outputs[0]])
    return shares[target.index]
