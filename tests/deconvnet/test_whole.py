"""Whole maps, compiled: the same numbers as the walk in windows."""

import numpy as np
import pytest
from independent import keras, random_image, random_weights, worst

import zv_helpers as zv
from zv_helpers.deconvnet import rules, sections, whole
from zv_helpers.network.compiling import Beside

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


def compile_all(network):
    """Wait until every section that was asked for is compiled; say how many are."""
    found = [one[0] for one in network.cache._kept.values() if isinstance(one, tuple) and one]
    programs = [one for one in found if isinstance(one, Beside) and one.function.__name__ == "run"]
    for one in programs:
        one.begin().join()
        assert one.compiled is not None
    return len(programs)


@pytest.fixture(autouse=True, scope="module")
def at_once():
    """Leave the windows as soon as that can be, however small the network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sections, "COMPILED", (0, 0, 0, 0, 0))
        patch.setattr(sections, "CALL", 0)
        yield


@pytest.fixture(params=[everything, averaged], scope="module")
def features(request):
    network = zv.load_model(request.param(), preprocess="tf")
    return zv.extract_features(network, random_image(network))


@pytest.fixture
def counted(monkeypatch):
    """Which sections were taken whole: a list."""
    taken, through = [], whole.through

    def counting(features, section, signal, rule):
        found = through(features, section, signal, rule)
        if found is not None:
            taken.append(section)
        return found

    monkeypatch.setattr("zv_helpers.deconvnet.engine.through", counting)
    return taken


@pytest.mark.parametrize("rule", zv.deconvnet.RULES)
@pytest.mark.parametrize("start", [0, "last"])
def test_whole_maps_agree_with_windows(features, rule, start, counted):
    target = features.strongest("last") if start == "last" else features.class_neuron(start)
    walked = zv.project(features, target, rule).on_canvas()
    assert not counted
    compile_all(features.network)
    taken = zv.project(features, target, rule).on_canvas()
    assert counted or start == "last"
    assert worst(taken, walked) < 1e-5


def test_every_kind_of_the_table_is_taken(features, counted):
    network = features.network
    cuts = sections.sections_of(network.graph).values()
    kinds = {one.kind for section in cuts for one in section.operations}
    assert kinds == {one.kind for one in network.graph.operations}


def test_sections_end_where_every_signal_passes(squeezenet):
    graph, top = squeezenet.graph, squeezenet.graph.scores
    cuts = sections.sections_of(graph)
    while top:
        operations = cuts[top].operations
        outside = [one for one in graph.below(graph.scores) if one not in operations]
        below = {one.output for one in graph.below(cuts[top].bottom)} | {0, cuts[top].bottom}
        for one in operations:
            assert all(n in below or graph.producers[n] in operations for n in one.inputs)
        for one in outside:
            if one.output not in below:
                assert not set(one.inputs) & {n.output for n in operations[1:]}
        top = cuts[top].bottom


def test_layers_in_between_that_are_asked_for_are_reached(features, counted):
    names = [features.layers[0], features.layers[-1]]
    walked = zv.reverse_signal(features, 1, names)
    compile_all(features.network)
    taken = zv.reverse_signal(features, 1, names)
    for name in names:
        assert worst(taken[name], walked[name]) < 1e-5


def test_a_rule_that_comes_later_is_heeded():
    network = zv.load_model(averaged(), preprocess="tf")
    features = zv.extract_features(network, random_image(network))
    target = features.class_neuron(1)
    walked = zv.project(features, target, "gradient").on_canvas()
    compile_all(network)
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
    compile_all(network)
    network.keras_model.set_weights([-one for one in network.keras_model.get_weights()])
    taken = zv.project(features, target, "gradient").on_canvas()
    assert counted and worst(taken, walked) < 1e-5
    assert np.any(zv.extract_features(network, features.image).logits != features.logits)
