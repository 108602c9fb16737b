"""What is worked out once is kept by the function and what it was asked about, never by a name."""

import gc
import threading
import weakref

import numpy as np
import pytest
from independent import random_image, random_weights

import zv_helpers as zv
from zv_helpers.cache import Cache, forget_everything

keras, _ = zv.network.keras_and_tensorflow()
L = keras.layers


class Calls:
    def __init__(self):
        self.made = []

    def square(self, number):
        self.made.append(number)
        return number**2


def test_a_result_is_computed_once_and_again_after_a_rule_was_registered():
    calls, cache = Calls(), Cache()
    assert [cache.once(calls.square, n) for n in (2, 2, 3)] == [4, 4, 9] and calls.made == [2, 3]
    assert cache.knows(calls.square, 3) and not cache.knows(calls.square, 4)
    forget_everything()
    assert not cache.knows(calls.square, 2)
    assert cache.once(calls.square, 2) == 4 and calls.made == [2, 3, 2] and len(cache) == 1


def test_a_function_made_at_each_call_counts_by_its_code_and_what_it_closes_over():
    cache, calls = Cache(), Calls()

    def ask(factor):
        return cache.once(lambda n: factor * calls.square(n), 5)

    assert [ask(2), ask(2), ask(3)] == [50, 50, 75] and len(calls.made) == 2
    assert cache.once(pow, 2, owner=3) == 9 and cache.once(pow, 2, owner=5) == 9  # not in the key
    unhashable = [1]
    for _ in range(2):
        assert cache.once(lambda: len(unhashable)) == 1


@pytest.fixture
def own_layer():
    """A network with a layer of its own, and an image."""

    class Weighted(L.Layer):
        def call(self, maps):
            return 6.0 * maps

    # A forward pass keeps neither what goes into it nor what comes out.
    layers = [L.Rescaling(1 / 255), Weighted(name="own"), L.ReLU(), L.Conv2D(2, 3)]
    model = keras.Sequential([keras.Input((8, 8, 3)), *layers])
    network = zv.load_model(random_weights(model, seed=1))
    return Weighted, network, random_image(network)


def test_two_lambdas_in_one_rule_have_results_of_their_own(own_layer):
    kind, network, image = own_layer

    @zv.reverse_rule(kind)
    def twice(signal, step):
        assert step.found(lambda features, operation: "a") == "a"
        assert step.found(lambda features, operation: "b") == "b"
        return step.prepared(lambda layer: 2.0) * step.prepared(lambda layer: 3.0) * signal

    features = zv.extract_features(network, image)
    agrees(features)
    size = len(network.cache)
    agrees(features)
    assert len(network.cache) == size  # a lambda made anew is no new question


def test_a_helper_that_is_written_again_takes_effect(own_layer):
    """As in a notebook: the cell with the helper is run again, the one with the rule is not."""
    kind, network, image = own_layer
    cell = "def helper(layer):\n    return {factor}\n"
    space = {}
    exec(cell.format(factor=1.0), space)

    @zv.reverse_rule(kind)
    def with_helper(signal, step):
        return step.prepared(space["helper"]) * signal

    features = zv.extract_features(network, image)
    neuron = features.strongest(features.layers[-1])
    wrong = zv.project(features, neuron, "gradient").pixels
    exec(cell.format(factor=6.0), space)
    assert np.allclose(zv.project(features, neuron, "gradient").pixels, 6 * wrong)
    agrees(features)


@pytest.mark.parametrize("keeps", ["input", "output"])
def test_a_rule_registered_after_the_forward_pass_gets_the_maps_it_reads(own_layer, keeps):
    kind, network, image = own_layer
    features = zv.extract_features(network, image)
    own = next(one for one in network.graph.operations if one.name == "own")
    assert not {*own.inputs, own.output} & set(features.values)
    threads, rule = [], "gradient"

    @zv.reverse_rule(kind, keeps=keeps)
    def reads(signal, step):
        maps = step.input_maps(0.0) if keeps == "input" else step.output_maps()
        assert maps.shape == signal.shape
        assert np.abs(maps).max() > 0
        threads.append(threading.get_ident())
        return 6.0 * signal

    agrees(features, rule)
    assert threads


def agrees(features, rule="gradient"):
    """The gradient of the last layer's strongest neuron is that of automatic differentiation."""
    _, tf = zv.network.keras_and_tensorflow()
    neuron = features.strongest(features.layers[-1])
    batch = tf.constant(features.image.batch)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        value = features.network.keras_model(batch)[0, neuron.row, neuron.column, neuron.channel]
    theirs = neuron.activation * tape.gradient(value, batch).numpy()[0]
    assert np.allclose(zv.project(features, neuron, rule).on_canvas(), theirs, rtol=1e-4)


def test_features_are_gone_as_soon_as_nobody_holds_them():
    """What is remembered of a photograph must not keep it: a slider's memory would only grow."""
    keras_layers = [keras.Input((16, 16, 3)), L.Conv2D(4, 3, activation="relu"), L.MaxPooling2D(2)]
    network = zv.load_model(random_weights(keras.Sequential([*keras_layers, L.Conv2D(2, 3)])))
    features = zv.extract_features(network, random_image(network))
    for rule in ("deconvnet", "guided"):
        zv.project(features, features.strongest(features.layers[-1]), rule)
    zv.heatmap(features, features.strongest(features.layers[-1]))
    assert len(features.cache) > 0
    seen = weakref.ref(features)
    gc.disable()
    try:
        del features
        assert seen() is None
    finally:
        gc.enable()
