"""The compiled reverse pass: the same numbers as the walk."""

import numpy as np
import pytest
from independent import keras, random_image, random_weights, worst

import zv_helpers as zv
from zv_helpers.deconvnet import compiled, rules
from zv_helpers.deconvnet.steps import steps_of
from zv_helpers.network import compiling

pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.ProjectionWarning")
layers = keras.layers


def convolution(filters, size=3, **how):
    how = {"padding": "same", "use_bias": False} | how
    return layers.Conv2D(filters, size, **how)


def normed(value, layer, activation=None):
    value = layers.BatchNormalization()(layer(value))
    return (activation or layers.ReLU())(value)


def everything():
    """A network with each kind of layer that can be taken whole."""
    pixels = keras.Input((40, 36, 3))
    value = layers.ZeroPadding2D(((1, 2), (0, 1)))(pixels)
    value = normed(value, convolution(8, strides=2, padding="valid"), layers.ReLU(6.0))
    value = layers.Cropping2D(((1, 0), (0, 1)))(value)
    value = normed(value, layers.DepthwiseConv2D(3, padding="same"))
    beside = normed(value, layers.SeparableConv2D(8, 3, padding="same", depth_multiplier=2))
    value = layers.Add()([value, beside, value])
    value = layers.MaxPooling2D(3, 2, padding="same")(value)
    left, right = normed(value, convolution(6, 1)), normed(value, convolution(10, 5))
    value = layers.Concatenate()([left, value, right])
    value = layers.AveragePooling2D(2, padding="same")(value)
    value = layers.Dropout(0.5)(value)
    value = convolution(12, activation="relu", use_bias=True, name="last")(value)
    flat = layers.Flatten()(layers.MaxPooling2D(2, 1)(value))
    value = layers.Add()([layers.Dense(16)(flat), layers.Dense(16)(flat)])
    value = layers.Dense(4)(layers.ReLU()(value))
    return random_weights(keras.Model(pixels, value), 3)


def sliding():
    """A network in which a neuron's window stays small, with all that windows may pass."""
    pixels = keras.Input((150, 131, 3))
    value = normed(pixels, convolution(6, 3, strides=2))
    value = layers.MaxPooling2D(3, 2, padding="same")(value)
    beside = convolution(8, 1)(value)
    value = normed(value, convolution(8, 3, strides=1))
    value = layers.Add()([normed(value, layers.DepthwiseConv2D(5, padding="same")), beside])
    left, right = convolution(5, 1)(value), normed(value, convolution(5, (1, 3)), layers.ReLU(6.0))
    value = layers.Concatenate()([left, right])
    value = layers.ZeroPadding2D(((0, 1), (1, 0)))(value)
    value = convolution(10, 3, dilation_rate=2, groups=2)(value)
    value = layers.AveragePooling2D(2, 1)(value)
    value = layers.Cropping2D(((1, 0), (2, 1)))(value)
    value = layers.MaxPooling2D(2, 1)(layers.SeparableConv2D(8, 3)(value))
    value = convolution(12, activation="relu", use_bias=True, name="last")(value)
    value = layers.GlobalAveragePooling2D()(value)
    return random_weights(keras.Model(pixels, layers.Dense(4)(value)), 5)


def strided():
    """A network of strides, of every kind that has its own way back."""
    pixels = keras.Input((140, 121, 3))
    value = normed(pixels, convolution(6, 7, strides=2, padding="valid"))
    value = layers.DepthwiseConv2D(3, strides=2, padding="same")(value)
    beside = convolution(8, 1, strides=2)(value)
    value = normed(value, convolution(8, 3, strides=2))
    value = layers.ReLU()(layers.Add()([value, beside]))
    value = convolution(12, activation="relu", use_bias=True, name="last")(value)
    value = layers.GlobalAveragePooling2D()(value)
    return random_weights(keras.Model(pixels, layers.Dense(4)(value)), 5)


def averaged():
    return random_weights(
        keras.Sequential(
            [
                keras.Input((24, 24, 3)),
                convolution(8, activation="relu"),
                convolution(8, strides=2, activation="relu", name="last"),
                layers.GlobalAveragePooling2D(),
                layers.Dense(4),
            ]
        )
    )


def compile_all(features):
    """Wait until every program that was asked for is compiled; say how many are."""
    made = features.weights._cache._kept.values()
    programs = [one for one in made if isinstance(one, compiled.Program) and one.beside]
    for one in programs:
        one.beside.begin().join()
        assert one.beside.compiled is not None
    return len(programs)


@pytest.fixture(autouse=True, scope="module")
def at_once():
    """Compile even short ways."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "SHORT", 0)
        yield


@pytest.fixture(params=[everything, averaged], scope="module")
def features(request):
    network = zv.load_model(request.param(), preprocess="tf")
    return zv.extract_features(network, random_image(network))


@pytest.fixture
def counted(monkeypatch):
    """Which layers' values were taken through a program: a list of numbers."""
    taken, through = [], compiled.through

    def counting(features, number, *about):
        found = through(features, number, *about)
        if found is not None:
            taken.append(number)
        return found

    monkeypatch.setattr("zv_helpers.deconvnet.engine.through", counting)
    return taken


@pytest.mark.parametrize("rule", zv.deconvnet.RULES)
@pytest.mark.parametrize("start", [0, "last"])
def test_a_program_agrees_with_the_walk(features, rule, start, counted):
    target = features.strongest("last") if start == "last" else features.class_neuron(start)
    walked = zv.project(features, target, rule).on_canvas()
    assert not counted
    assert compile_all(features)
    taken = zv.project(features, target, rule).on_canvas()
    assert counted
    assert worst(taken, walked) < 1e-5


@pytest.mark.parametrize("rule", zv.deconvnet.RULES)
@pytest.mark.parametrize("network", [everything, sliding, strided])
def test_it_does_so_at_every_place_of_a_map(network, rule, counted):
    network = zv.load_model(network(), preprocess="tf")
    features = zv.extract_features(network, random_image(network))
    maps = features["last"].max(axis=2)
    neurons = [
        features.neuron("last", features["last"][row, column].argmax(), row, column)
        for row, column in np.argwhere(maps > 0)[:: max(maps.size // 60, 1)]
    ]
    assert len(neurons) > 20
    check_each(features, neurons, rule, counted)


def check_each(features, neurons, rule, counted):
    """Compare the program with the walk for each of a layer's neurons."""
    walked = [zv.project(features, one, rule) for one in neurons]
    compile_all(features)
    counted.clear()
    for neuron, there in zip(neurons, walked, strict=True):
        taken = zv.project(features, neuron, rule)
        assert taken.box == there.box and worst(taken.pixels, there.pixels) < 1e-5
    assert len(counted) == len(neurons)


@pytest.mark.parametrize("rule", zv.deconvnet.RULES)
def test_it_does_so_on_squeezenet(squeezenet, rule, counted):
    features = zv.extract_features(squeezenet, zv.load_image("tabby_cat", squeezenet))
    for layer in ("fire3", "fire6"):
        rows, columns, _ = features[layer].shape
        places = [(0, 0), (0, columns - 1), (rows - 1, 2), (rows // 2, columns // 2)]
        channels = [features[layer][place].argmax() for place in places]
        about = zip(channels, places, strict=True)
        neurons = [features.neuron(layer, one, *place) for one, place in about]
        check_each(features, neurons, rule, counted)


def test_windows_stay_small(squeezenet):
    features = zv.extract_features(squeezenet, zv.load_image("tabby_cat", squeezenet))
    zv.project(features, features.strongest("fire4"))
    program = next(
        one
        for one in features.weights._cache._kept.values()
        if isinstance(one, compiled.Program)
        and one.beside
        and next(iter(one.steps)).output == squeezenet.layer_value("fire4")
    )
    middle = features.neuron("fire4", 0, 13, 13)
    top, left, bottom, right = middle.receptive_field(features)
    assert program.frames[0].size == (bottom - top, right - left)


def test_every_kind_of_the_table_is_taken(features):
    operations = features.network.graph.below(features.network.graph.scores)[::-1]
    assert steps_of(operations, "gradient") is not None


def test_it_is_compiled_for_whoever_asks_twice(monkeypatch):
    monkeypatch.setattr(compiling, "LATER", 0)
    network = zv.load_model(everything(), preprocess="tf")
    features = zv.extract_features(network, random_image(network))
    for row in (0, 1):
        assert not started(features)
        zv.project(features, features.neuron("last", 3, row, 0))
    assert started(features) == 1


def started(features):
    """How many programs are compiled, or about to be."""
    made = features.weights._cache._kept.values()
    return sum(isinstance(one, compiled.Program) and bool(one.beside._thread) for one in made)


def test_layers_in_between_that_are_asked_for_are_reached(features, counted):
    names = [features.layers[0], features.layers[-1]]
    walked = zv.reverse_signal(features, 1, names)
    compile_all(features)
    taken = zv.reverse_signal(features, 1, names)
    for name in names:
        assert worst(taken[name], walked[name]) < 1e-5


def test_a_rule_that_comes_later_is_heeded():
    network = zv.load_model(averaged(), preprocess="tf")
    features = zv.extract_features(network, random_image(network))
    target = features.class_neuron(1)
    walked = zv.project(features, target, "gradient").on_canvas()
    compile_all(features)
    before = rules.REVERSALS["Conv2D"]

    @zv.reverse_rule("Conv2D", refuse=before.refuse, title="filter")
    def doubled(signal, context):
        return 2 * before.reverse(signal, context)

    try:
        for _ in range(2):
            now = zv.project(features, target, "gradient").on_canvas()
            assert worst(now, 4 * walked) < 1e-6
    finally:
        zv.reverse_rule("Conv2D", refuse=before.refuse, title="filter")(before.reverse)


def test_features_of_before_keep_their_weights_when_taken_whole(counted):
    network = zv.load_model(averaged(), preprocess="tf")
    features = zv.extract_features(network, random_image(network))
    target = features.class_neuron(1)
    walked = zv.project(features, target, "gradient").on_canvas()
    compile_all(features)
    network.keras_model.set_weights([-one for one in network.keras_model.get_weights()])
    taken = zv.project(features, target, "gradient").on_canvas()
    assert counted and worst(taken, walked) < 1e-5
    assert np.any(zv.extract_features(network, features.image).logits != features.logits)
