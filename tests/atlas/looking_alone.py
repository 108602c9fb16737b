"""An atlas the slow way: every photograph alone, through `extract_features`, and all sorted."""

import numpy as np
from independent import random_weights

import zv_helpers as zv
from zv_helpers.network.compiling import Beside

keras, _ = zv.network.keras_and_tensorflow()
L = keras.layers


def loaded(*layers, side=24, channels=3, seed=0, name="mine", **how):
    """A network of one's own with random weights."""
    model = keras.Sequential([keras.Input((side, side, channels)), *layers], name=name)
    return zv.load_model(random_weights(model, seed=seed), **({"preprocess": "0-1"} | how))


def small(seed=0):
    """Two convolutions and classes; a maximum of the first is often on the border."""
    layers = L.Conv2D(6, 3, activation="relu", name="edges"), L.MaxPooling2D(2, name="pool")
    more = L.Conv2D(8, 3, activation="relu", name="parts"), L.GlobalAveragePooling2D(), L.Dense(3)
    return loaded(*layers, *more, seed=seed)


def grey():
    return loaded(L.Conv2D(5, 3, activation="relu", name="edges"), channels=1)


def branched():
    """Two branches that are concatenated, of which one is capped and one is not."""
    pixels = keras.Input((24, 24, 3))
    left = L.ReLU(max_value=0.5, name="left")(L.Conv2D(4, 3, padding="same")(pixels))
    right = L.Conv2D(3, 5, padding="same", activation="relu", name="right")(pixels)
    both = L.Concatenate(name="both")([left, right])
    alike = L.Concatenate(name="alike")([right, L.Conv2D(2, 1, activation="relu")(both)])
    model = keras.Model(pixels, L.Conv2D(2, 3, name="last")(alike), name="branched")
    return zv.load_model(random_weights(model, seed=1), preprocess="0-1")


def compiled(network):
    """Compile the forward pass of `extract_features`, as it is from the second photograph on."""
    zv.extract_features(network, zv.load_image(np.zeros((300, 300, 3), np.uint8), network))
    for kept in network.cache._kept.values():
        if isinstance(kept, tuple) and isinstance(kept[0], Beside):
            kept[0].compile()


def looked_at_alone(network, sources, layers, count):
    """{layer: (activations, photographs, rows, columns)}, each (maps, count), −1 where fewer."""
    neurons = {layer: [] for layer in layers}
    for source in sources:
        features = zv.extract_features(network, zv.load_image(source, network))
        for layer in layers:
            channels = range(features[layer].shape[2])
            neurons[layer].append([features.strongest(layer, c) for c in channels])
    return {layer: _sorted(neurons[layer], count) for layer in layers}


def _sorted(neurons, count):
    found = []
    for one_map in zip(*neurons, strict=True):
        order = sorted(range(len(one_map)), key=lambda i: (-one_map[i].activation, i))[:count]
        rows = [(one_map[i].activation, i, one_map[i].row, one_map[i].column) for i in order]
        found.append(rows + [(-1, -1, -1, -1)] * (count - len(order)))
    return tuple(np.moveaxis(np.array(found), 2, 0))


def same(layer_atlas, expected):
    """Whether a layer of an atlas is exactly what is expected."""
    return all(
        np.array_equal(array, other.astype(array.dtype))
        for array, other in zip(vars(layer_atlas).values(), expected, strict=True)
    )


def same_atlas(one, other):
    """Whether two atlases agree bit for bit, also in what was skipped."""
    assert one.layers == other.layers and one.skipped == other.skipped
    return all(same(one[layer], tuple(vars(other[layer]).values())) for layer in one.layers)
