"""A network once more with weights of its own, whatever layers it has."""

import random

import numpy as np
import pytest
from independent import random_image, random_weights

import zv_helpers as zv
from zv_helpers.network.copying import give_weights, untrained_copy

keras, tf = zv.network.keras_and_tensorflow()
L = keras.layers


def nested():
    """A shared convolution inside a shared model, a Lambda, a norm that was adapted, and an own
    loss that Keras cannot look up."""
    pixels = keras.Input((12, 14, 3))
    shared = L.Conv2D(3, 3, padding="same", activation="relu", name="shared")
    small = keras.Input((12, 14, 3))
    how = {"arguments": {"factor": 2}, "dtype": "float64", "name": "scaled"}
    scaled = L.Lambda(lambda maps, factor: factor * maps, **how)(small)
    inner = keras.Model(small, shared(scaled), name="inner")
    norm = L.Normalization(name="counted")
    norm.adapt(np.random.default_rng(0).normal(3, 2, (8, 12, 14, 3)).astype("float32"))
    maps = inner(shared(inner(norm(pixels))))
    maps = L.BatchNormalization(name="batch_norm")(maps)
    outputs = L.Dense(3)(L.GlobalAveragePooling2D()(maps))
    model = keras.Model(pixels, outputs, name="mine")
    model.compile("sgd", loss=lambda true, found: keras.ops.mean(true - found))
    kept = [variable.numpy() for variable in norm.variables]
    random_weights(model)
    for variable, value in zip(norm.variables, kept, strict=True):
        variable.assign(value)
    return model


@pytest.fixture(scope="module")
def network():
    return zv.load_model(nested(), class_names=["a", "b", "c"])


def test_a_copy_has_fresh_weights_and_then_those_of_the_other(network):
    image, before = random_image(network), network.keras_model.get_weights()
    features = zv.extract_features(network, image)
    nodes = [len(layer._inbound_nodes) for layer in network.keras_model.layers]
    copy = untrained_copy(network)
    assert [one.name for one in copy.graph.operations] == [
        one.name for one in network.graph.operations
    ]
    assert copy.spec == network.spec and copy.class_names == network.class_names
    kernel = copy.keras_model.get_layer("shared").kernel.numpy()
    limit = np.sqrt(6 / (9 * 3 + 9 * 3))  # Glorot & Bengio's, uniform
    assert 0.8 * limit < np.abs(kernel).max() <= limit
    norm = copy.keras_model.get_layer("batch_norm")
    assert [float(v.numpy().mean()) for v in norm.weights] == [1, 0, 0, 1]
    assert not np.allclose(zv.extract_features(copy, image).logits, features.logits)
    scaled = copy.keras_model.get_layer("inner").get_layer("scaled")
    assert scaled.compute_dtype == "float64"
    give_weights(network, copy)
    np.testing.assert_allclose(
        zv.extract_features(copy, image).logits, features.logits, rtol=1e-5, atol=1e-5
    )
    after = network.keras_model.get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    assert nodes == [len(layer._inbound_nodes) for layer in network.keras_model.layers]
    features.rerun(image.batch, network.graph.scores)  # it was not trained on


def test_the_seed_draws_and_nobody_elses_numbers_change(network):
    random.seed(5)
    state = random.getstate()
    one, same, other = (
        untrained_copy(network, seed).keras_model.get_layer("shared").kernel.numpy()
        for seed in (1, 1, 2)
    )
    assert random.getstate() == state
    assert np.array_equal(one, same) and not np.array_equal(one, other)


class Scaled(L.Layer):
    """A layer that needs an argument and does not say which."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, maps):
        return self.factor * maps


def test_a_layer_that_cannot_be_made_again_is_refused():
    model = keras.Sequential([keras.Input((8, 8, 3)), L.Conv2D(2, 3), Scaled(2.0)])
    network = zv.load_model(model)
    with pytest.raises(ValueError, match="a copy of .* fails .* give your own layers a get_config"):
        untrained_copy(network)


class Tied(L.Layer):
    """A layer that shares its weight with another layer, of which its configuration knows
    nothing."""

    def __init__(self, owner=None, **how):
        super().__init__(**how)
        self.owner = owner

    def build(self, shape):
        self.kernel = self.owner.kernel if self.owner else self.add_weight(shape=(3, 3, 3, 3))

    def call(self, maps):
        return keras.ops.conv(maps, self.kernel, padding="same")


def test_weights_that_do_not_fit_are_refused():
    first = L.Conv2D(3, 3, padding="same")
    model = keras.Sequential([keras.Input((8, 8, 3)), first, Tied(first)])
    network = zv.load_model(model)
    with pytest.raises(ValueError, match="a copy of .* fails"):
        give_weights(network, untrained_copy(network))
