"""The forward pass: always in inference, compiled beside, and with the weights of the moment."""

import gc
import os
import subprocess
import sys
import threading
import warnings
import weakref

import numpy as np
import pytest
from independent import keras, random_weights, tf, worst

import zv_helpers as zv
from zv_helpers.features import resume
from zv_helpers.network import compiling
from zv_helpers.network.compiling import Beside
from zv_helpers.relevance import ablation

layers = keras.layers


def small(*first):
    """A network of two convolutions with batch norm and classes, behind other layers."""
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            *first,
            layers.Conv2D(6, 3, padding="same", use_bias=False, name="conv1"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu1"),
            layers.Conv2D(8, 3, strides=2, activation="relu", name="conv2"),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.5),
            layers.Dense(3),
        ]
    )
    return random_weights(model)


@pytest.fixture
def network():
    return zv.load_model(small(), preprocess="tf")


@pytest.fixture
def image(network):
    return zv.load_image("tabby_cat", network)


def passes(network):
    """The forward passes that a network ran, once all are compiled."""
    found = [kept[0] for kept in network.cache._kept.values() if isinstance(kept, tuple) and kept]
    found = [one for one in found if isinstance(one, Beside)]
    for one in found:
        one.begin().join()
    return found


def compiled(network):
    assert passes(network) and all(one.compiled for one in passes(network))
    return network


@pytest.mark.parametrize("layer", [layers.RandomFlip("horizontal"), layers.GaussianNoise(0.9)])
def test_layers_that_augment_do_nothing(layer):
    model = small(layer)
    network = zv.load_model(model, preprocess="tf")
    image = zv.load_image("tabby_cat", network)
    expected = model(image.batch, training=False).numpy()[0]
    for _ in range(12):
        logits = zv.extract_features(network, image).logits
        np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-6)


def test_compiled_and_step_by_step_give_the_same_features(network, image):
    before = zv.extract_features(network, image)
    after = zv.extract_features(compiled(network), image)
    assert before.values.keys() == after.values.keys()
    for number in before.values:
        assert worst(after.values[number], before.values[number]) < 1e-6


def test_a_pass_to_a_layer_stops_there(network, image):
    for _ in range(2):
        features = zv.extract_features(network, image, upto="relu1")
        assert features.layers == ("relu1",)
        compiled(network)


def test_compiled_ablation_is_the_same(network, image):
    features = zv.extract_features(network, image)
    first = ablation(features, 1, "relu1", batch=2)  # three batches, so it is compiled
    again = ablation(features, 1, "relu1", batch=2)
    compiled(network)
    np.testing.assert_allclose(ablation(features, 1, "relu1", batch=2), first, atol=1e-6)
    np.testing.assert_allclose(again, first, atol=1e-6)


@pytest.mark.parametrize("jit", [True, False])
def test_training_on_is_seen(jit):
    model = small()
    network = zv.load_model(model, preprocess="tf")
    image = zv.load_image("tabby_cat", network)
    neuron = zv.extract_features(network, image).strongest("conv2")
    zv.project(zv.extract_features(network, image), neuron, "gradient")  # reads the weights
    model.compile("sgd", "sparse_categorical_crossentropy", jit_compile=jit)
    model.fit(np.repeat(image.batch, 4, 0), np.zeros(4), epochs=2, verbose=0)
    features = zv.extract_features(network, image)
    neuron = features.strongest("conv2")
    ours = zv.project(features, neuron, "gradient").on_canvas()
    theirs, activation = tape_gradient(model, image, neuron)
    assert worst(ours, theirs * activation) < 1e-5


def tape_gradient(model, image, neuron):
    """The gradient of a neuron's activation at the pixels, and that activation."""
    reader = keras.Model(model.inputs, model.get_layer(neuron.layer).output)
    with tf.GradientTape() as tape:
        pixels = tf.constant(image.batch)
        tape.watch(pixels)
        value = reader(pixels, training=False)[0, neuron.row, neuron.column, neuron.channel]
    return tape.gradient(value, pixels).numpy()[0], value.numpy()


@pytest.mark.filterwarnings("ignore::zv_helpers.ProjectionWarning")
@pytest.mark.parametrize("change", ["set_weights", "assign", "one layer"])
def test_features_keep_the_weights_they_were_made_with(network, image, change):
    model = network.keras_model
    features = zv.extract_features(network, image)
    neuron = features.strongest("conv2")
    before = zv.project(features, neuron).pixels
    signal = zv.reverse_signal(features, 1, ["relu1"])["relu1"]
    if change == "set_weights":
        model.set_weights([2 * weight for weight in model.get_weights()])
    elif change == "assign":
        for variable in model.variables:
            variable.assign(variable * 2)
    else:
        model.get_layer("conv2").kernel.assign_add(np.ones((3, 3, 6, 8), np.float32))
    np.testing.assert_array_equal(zv.project(features, neuron).pixels, before)
    np.testing.assert_array_equal(zv.reverse_signal(features, 1, ["relu1"])["relu1"], signal)
    for run_on in (
        lambda: resume(features, "relu1", features["relu1"][None], network.logits),
        lambda: zv.heatmap(features, 1, method="occlusion"),
    ):
        with pytest.raises(ValueError, match="was trained on since .* call extract_features again"):
            run_on()
    assert not np.array_equal(zv.extract_features(network, image).logits, features.logits)


def test_weights_that_nobody_changed_are_read_once(network, image):
    first, second = (zv.extract_features(network, image) for _ in range(2))
    assert first.weights is second.weights
    third = zv.extract_features(compiled(network), image)
    assert third.weights is first.weights


def test_the_weights_of_before_go_with_their_features(network, image):
    features = zv.extract_features(network, image)
    gone = weakref.ref(features.weights)
    network.keras_model.set_weights([2 * one for one in network.keras_model.get_weights()])
    features = zv.extract_features(network, image)
    gc.collect()
    assert gone() is None and features.weights is network.held[0]


def test_a_layer_that_only_works_step_by_step_still_works(image):
    class Halved(layers.Layer):
        def call(self, maps):
            maps.numpy()  # no such thing while TensorFlow compiles
            return maps / 2

        def compute_output_spec(self, maps):
            return keras.KerasTensor(maps.shape)

    network = zv.load_model(small(Halved()), preprocess="tf")
    first = zv.extract_features(network, image)
    assert [one.compiled for one in passes(network)] == [None]
    np.testing.assert_array_equal(zv.extract_features(network, image).logits, first.logits)


def test_it_has_run_once_before_it_is_used_and_then_gives_the_same():
    runs = tf.Variable(0)

    def halves(values):
        runs.assign_add(1)
        return [values / 2, values[:, ::2]]

    beside = Beside(halves, [((None, 4), "float32")], threading.Lock())
    values = tf.random.stateless_normal((3, 4), (0, 1))
    step_by_step = beside(values, again=False)
    beside.begin().join()
    assert runs.numpy() == 2  # compiling calls no operation; what it made was called once
    for one, other in zip(beside(values), step_by_step, strict=True):
        np.testing.assert_array_equal(one, other)
    assert runs.numpy() == 3


def test_compiling_stops_when_python_ends():
    script = (
        "import zv_helpers as zv; from zv_helpers.network import compiling\n"
        "def slow(one):\n"
        "    print('begun', compiling.LATER, flush=True)\n"
        "    while True: compiling.make_way()\n"
        "import threading, time; zv.network.keras_and_tensorflow()\n"
        "compiling.Beside(slow, [((1,), 'float32')], threading.Lock()).begin(); time.sleep(2)\n"
    )
    known = os.environ | {"ZV_COMPILE_AFTER": "7"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=known, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    assert done.stdout == "begun 7.0\n"


@pytest.mark.parametrize("said, expected", [("0", 0), ("1e3", 1000), ("", 0.5), (None, 0.5)])
def test_how_long_it_waits_before_compiling_is_said_in_seconds(said, expected, monkeypatch):
    monkeypatch.delenv("ZV_COMPILE_AFTER", raising=False)
    if said is not None:
        monkeypatch.setenv("ZV_COMPILE_AFTER", said)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compiling.seconds_before() == expected


@pytest.mark.parametrize("said", ["soon", "-1", "nan", "1,5"])
def test_what_is_no_number_of_seconds_is_warned_of(said, monkeypatch):
    monkeypatch.setenv("ZV_COMPILE_AFTER", said)
    words = f"Expected ZV_COMPILE_AFTER to be a number .* but got '{said}': 0.5 is taken"
    with pytest.warns(UserWarning, match=words):
        assert compiling.seconds_before() == 0.5
