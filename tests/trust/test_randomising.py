"""Weights made random from the top down: exactly which, and what that does to pictures."""

import contextlib
import itertools
import warnings

import numpy as np
import pytest
from independent import random_image, random_weights

import zv_helpers as zv
from zv_helpers import trust
from zv_helpers.deconvnet import ProjectionWarning
from zv_helpers.progress import Cancelled, watching
from zv_helpers.trust.likeness import likeness
from zv_helpers.trust.pictures import METHODS, picture_of, rule_of
from zv_helpers.trust.randomising import weighted_layers

keras, tf = zv.network.keras_and_tensorflow()
L = keras.layers


def tiny(weights=None):
    """Three stages: a convolution; another with its batch norm; a dense layer."""
    layers = [
        L.Conv2D(4, 3, activation="relu", name="low"),
        L.Conv2D(5, 3, name="high"),
        L.BatchNormalization(name="norm"),
        L.ReLU(name="relu"),
        L.GlobalAveragePooling2D(),
        L.Dense(4, name="scores"),
    ]
    model = random_weights(keras.Sequential([keras.Input((20, 18, 3)), *layers], name="tiny"))
    if weights is not None:
        model.set_weights(weights)
    return zv.load_model(model, preprocess="tf")


@pytest.fixture(scope="module")
def network():
    return tiny()


@pytest.fixture(scope="module")
def image(network):
    return random_image(network)


PARTS = {"low": slice(0, 2), "high": slice(2, 4), "norm": slice(4, 8), "scores": slice(8, 10)}


def weights_of(stages):
    """(layer, the weights of the whole copy at that stage), each."""
    return [(name, one.network.keras_model.get_weights()) for name, one in stages]


def changed(before, after):
    """The names of the layers with other weights than before, their kernels not by a little."""
    found = set()
    for name, part in PARTS.items():
        same = [np.array_equal(a, b) for a, b in zip(before[part], after[part], strict=True)]
        if not all(same):
            found.add(name)
            assert name == "norm" or np.abs(before[part][0] - after[part][0]).max() > 0.1
    return found


def test_from_the_top_down_the_layers_become_random_and_stay_so(network, image):
    features, before = zv.extract_features(network, image), network.keras_model.get_weights()
    found = weights_of(trust.randomised(features, progress=False))
    assert [name for name, _ in found] == ["scores", "high", "low"]
    random = [changed(before, weights) for _, weights in found]
    assert random == [{"scores"}, {"scores", "high", "norm"}, {"scores", "high", "norm", "low"}]
    last = found[-1][1]
    for name in ("low", "high", "scores"):
        kernel, bias = last[PARTS[name]]
        fans = np.prod(kernel.shape[:-1]), np.prod(kernel.shape[:-2]) * kernel.shape[-1]
        limit = np.sqrt(6 / sum(fans))
        assert 0.7 * limit < np.abs(kernel).max() <= limit and not bias.any()
    assert [float(one.mean()) for one in last[PARTS["norm"]]] == [1, 0, 0, 1]
    for (_, one), (_, later) in itertools.pairwise(found):
        np.testing.assert_array_equal(one[PARTS["scores"]][0], later[PARTS["scores"]][0])


def test_layer_by_layer_each_gets_its_weights_back(network, image):
    features, before = zv.extract_features(network, image), network.keras_model.get_weights()
    alone = weights_of(trust.randomised(features, cascading=False, progress=False))
    assert [changed(before, weights) for _, weights in alone] == [
        {"scores"},
        {"high", "norm"},
        {"low"},
    ]
    cascade = weights_of(trust.randomised(features, progress=False))
    for (name, one), (_, other) in zip(alone, cascade, strict=True):  # the same draws
        np.testing.assert_array_equal(one[PARTS[name]][0], other[PARTS[name]][0])


@pytest.mark.parametrize("cascading", [True, False])
def test_the_pictures_are_those_of_networks_with_these_weights(network, image, cascading):
    features = zv.extract_features(network, image)
    found = trust.randomisation(
        network, image, 2, rule="guided", layer="low", cascading=cascading, seed=3, progress=False
    )
    how = {"cascading": cascading, "seed": 3, "progress": False}
    np.testing.assert_array_equal(found.picture, zv.heatmap(features, 2, "low", rule="guided"))
    stages = weights_of(trust.randomised(features, **how))
    assert found.layers == tuple(name for name, _ in stages)
    for (_, weights), picture, like in zip(stages, found.pictures, found.likenesses, strict=True):
        other = zv.extract_features(tiny(weights), image)
        expected = zv.heatmap(other, 2, "low", rule="guided")
        np.testing.assert_allclose(picture, expected, atol=1e-5)
        assert like == likeness(found.picture, picture)
    assert len({like.rank for like in found.likenesses}) == 3
    assert (found.network, found.cascading) == ("tiny", cascading)
    assert (found.target, found.method, found.rule) == (features.target(2), "relevance", "guided")


def test_the_seed_draws(network, image):
    one, same, other = (
        trust.randomisation(network, image, seed=seed, progress=False) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one.pictures, same.pictures)
    assert not np.array_equal(one.pictures, other.pictures)
    assert one.target == zv.extract_features(network, image).target()


class TooMuch(Exception):
    pass


@pytest.mark.parametrize("error", [Cancelled, TooMuch])
def test_her_network_stays_as_it_is_also_after_an_error(network, image, error):
    features, before = zv.extract_features(network, image), network.keras_model.get_weights()
    told = []

    def watch(done, count):
        told.append((done, count))
        if done == 2:
            raise error

    with pytest.raises(error):
        trust.randomisation(network, image, progress=watch)
    assert told == [(0, 3), (1, 3), (2, 3)]
    after = network.keras_model.get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    features.rerun(image.batch, network.graph.scores)  # refused, had she trained it on


def noted(method, rule="deconvnet"):
    """Expect the note that no max-pool lies below, where a picture is one of the deconvnet."""
    if method not in ("deconvnet", "projection") or rule != "deconvnet":
        return contextlib.nullcontext()
    return pytest.warns(ProjectionWarning, match="no max-pool lies between")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_and_rule_has_its_picture(network, image, method):
    features = zv.extract_features(network, image)
    for rule in zv.deconvnet.RULES if method != "occlusion" else (None,):
        with noted(method, rule):
            found = trust.randomisation(network, image, 1, method, rule, progress=False)
        with noted(method, rule):
            expected = picture_of(features, 1, method, rule)
        np.testing.assert_array_equal(found.picture, expected)
        assert found.rule == rule and found.method == method
        assert found.pictures.shape == (3, *expected.shape)
        assert np.isfinite(found.pictures).all() and found.picture.any()
    if method == "projection":
        signal = zv.project(features, features.target(1), "gradient").on_canvas()
        np.testing.assert_array_equal(expected, signal)
        assert signal.min() < 0 < signal.max()
    else:
        np.testing.assert_array_equal(expected, zv.heatmap(features, 1, method=method, rule=rule))


def test_a_warning_comes_once_and_occlusion_says_how_far_it_is_only_when_asked(network, image):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        trust.randomisation(network, image, 1, "projection", progress=False)
    assert [one.category for one in caught] == [ProjectionWarning]
    features, told = zv.extract_features(network, image), []
    picture_of(features, 1, "occlusion", progress=lambda *far: told.append(far))
    assert told
    with watching(lambda *far: pytest.fail("nobody asked")):
        picture_of(features, 1, "occlusion")


def test_a_method_goes_by_its_own_rule(network, image):
    features = zv.extract_features(network, image)
    assert [rule_of(method) for method in METHODS] == [
        "gradient", "gradient", "deconvnet", None, "deconvnet"
    ]  # fmt: skip
    for method, rule in (("gradcam", "gradient"), ("projection", "deconvnet")):
        with noted(method):
            pictures = picture_of(features, 1, method), picture_of(features, 1, method, rule)
        np.testing.assert_array_equal(*pictures)
    with pytest.raises(ValueError, match="projection, but got 'guess'"):
        picture_of(features, 1, "guess")


def test_weights_above_a_neuron_do_not_count(network, image):
    features = zv.extract_features(network, image)
    neuron = features.strongest("low", 1)
    with noted("projection"):
        found = trust.randomisation(network, image, neuron, "projection", progress=False)
    assert found.layers == ("low",) and found.target == neuron
    assert found.picture.any() and found.pictures[0].any()
    above = trust.randomisation(network, image, features.strongest("relu"), progress=False)
    assert above.layers == ("high", "low")


def test_odd_networks_become_random_too(odd):
    network, features = odd.network, odd.features
    found = trust.randomisation(network, features.image, progress=False)
    operations = network.graph.operations
    expected = [one.name for one in operations if getattr(one.layer, "weights", ())]
    assert found.layers == tuple(expected[::-1])
    neuron = (
        trust.randomisation(
            network, features.image, features.strongest("last"), "deconvnet", progress=False
        )
        if odd.name != "grey"
        else found
    )
    assert np.isfinite(neuron.pictures).all() and found.picture.shape == network.input_size


def shared():
    """A convolution that is called twice, in a model inside the model, and statistics."""
    pixels = keras.Input((12, 12, 3))
    again, small = L.Conv2D(3, 3, padding="same", name="again"), keras.Input((12, 12, 3))
    inner = keras.Model(small, L.ReLU(name="inside")(again(small)), name="inner")
    norm = L.Normalization(mean=[1.0, 2, 3], variance=[1.0, 2, 3], name="counted")
    counted = L.Normalization(name="adapted")
    counted.adapt(np.random.default_rng(0).normal(3, 2, (8, 12, 12, 3)).astype("float32"))
    maps = inner(inner(counted(norm(pixels))))
    first = L.BatchNormalization(name="alone")(L.ReLU()(L.Conv2D(4, 3, name="after")(maps)))
    return zv.load_model(keras.Model(pixels, L.Dense(2, name="end")(L.Flatten()(first))))


def test_a_shared_layer_comes_once_and_statistics_stay():
    network = shared()
    features = zv.extract_features(network, random_image(network))
    kept = network.keras_model.get_layer("adapted").get_weights()
    stages = []
    for name, one in trust.randomised(features, progress=False):
        stages.append(name)
        copied = one.network.keras_model.get_layer("adapted").get_weights()
        assert all(np.array_equal(a, b) for a, b in zip(kept, copied, strict=True))
    assert stages == ["end", "alone", "after", "inner/again"]
    listed = weighted_layers(network.graph, network.graph.scores)
    assert [(name, len(layers)) for name, layers in listed] == [(name, 1) for name in stages]


class Grown(L.Layer):
    def __init__(self, **how):
        super().__init__(**how)
        self.factor = 1.0

    def call(self, maps):
        return self.factor * maps


def test_a_copy_that_gives_other_scores_is_refused():
    """A layer that was changed, and whose configuration does not say so."""
    grown = Grown()
    layers = [L.Conv2D(2, 3, activation="relu"), grown, L.Flatten(), L.Dense(2)]
    model = random_weights(keras.Sequential([keras.Input((8, 8, 3)), *layers]))
    grown.factor = 2.0
    network = zv.load_model(model, preprocess="tf")
    features = zv.extract_features(network, random_image(network))
    with pytest.raises(ValueError, match="a copy of .* to give its scores"):
        next(trust.randomised(features, progress=False))


def test_on_squeezenet_relevance_falls_at_once_and_the_deconvnet_stays(cat):
    """One class for another, and three layers further down: Adebayo et al.'s finding."""
    ways = ("relevance", "deconvnet")
    before = [picture_of(cat, None, way) for way in ways]
    stages = itertools.islice(trust.randomised(cat, progress=False), 4)
    names, ranks = [], []
    for name, features in stages:
        names.append(name)
        pictures = [picture_of(features, cat.target(), way) for way in ways]
        ranks.append([likeness(*pair).rank for pair in zip(before, pictures, strict=True)])
    assert names == ["conv10", "fire9_expand3x3", "fire9_expand1x1", "fire9_squeeze1x1"]
    relevance, deconvnet = np.transpose(ranks)
    assert relevance.max() < 0.6 and deconvnet.min() > 0.9


def test_the_table_has_a_row_for_each_layer(network, image):
    found = trust.randomisation(network, image, progress=False)
    header, *rows = str(found).splitlines()
    assert header.split() == "layer rank correlation of absolute values structure".split()
    assert [row.split() for row in rows] == [
        [name, f"{like.rank:.2f}", f"{like.absolute_rank:.2f}", f"{like.structure:.2f}"]
        for name, like in zip(found.layers, found.likenesses, strict=True)
    ]
