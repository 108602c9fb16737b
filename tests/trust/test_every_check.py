"""Every check at once: each number is what the check by itself gives."""

import keras
import numpy as np
import pytest
from independent import random_image, random_weights

import zv_helpers as zv
from zv_helpers import trust
from zv_helpers.images import marked_boxes
from zv_helpers.trust import every_check

L = keras.layers
LOWER = (("relevance", "guided"), "low")
WAYS = (
    (("relevance", "gradient"), None),
    LOWER,
    (("deconvnet", "guided"), None),
    (trust.OCCLUSION, None),
)


@pytest.fixture(scope="module")
def small():
    """Features in a network of 6 classes with a max-pool."""
    layers = [
        L.Conv2D(6, 3, activation="relu", name="low"),
        L.MaxPooling2D(2),
        L.Conv2D(70, 3, activation="relu", name="high"),
        L.GlobalAveragePooling2D(),
        L.Dense(6, name="scores"),
    ]
    model = random_weights(keras.Sequential([keras.Input((24, 20, 3)), *layers]))
    network = zv.load_model(model, preprocess="tf")
    return zv.extract_features(network, random_image(network))


@pytest.fixture(scope="module")
def heats(small):
    return every_check.heats_of(small, None, WAYS)


def how(way):
    """What `game.heat_of` asks for, as arguments of `heatmap`."""
    (method, rule), layer = way
    found = {"method": method, "rule": rule, "layer": layer}
    return found | ({"size": 5, "stride": 5} if way[0] == trust.OCCLUSION else {})


def test_the_heatmaps_are_those_of_each_way(small, heats):
    assert tuple(heats) == WAYS
    for way, heat in heats.items():
        np.testing.assert_allclose(heat, zv.heatmap(small, None, **how(way)), atol=1e-5)


def test_the_ways(squeezenet):
    """Each method, and each rule where it makes a difference."""
    asked = every_check.ways_of(squeezenet)
    assert len(asked) == len(set(asked)) == 12
    assert {way for way, _ in asked} == set(trust.WAYS)
    assert {layer for (method, _), layer in asked if method in ("deconvnet", "occlusion")} == {None}
    (lower,) = {layer for _, layer in asked} - {None}
    assert lower == zv.choose.three_layers(squeezenet).middle
    assert {way for way, layer in asked if layer} == set(trust.REVERSE_WAYS[:6])


def test_at_the_last_layer_the_rules_agree(cat, lite_cat, vgg_cat):
    """So six ways are one, or (VGG-16, whose target is a neuron) two."""
    for features in (cat, lite_cat, vgg_cat):
        for method in ("relevance", "gradcam"):
            first, *others = (
                trust.heat_of(features, None, (method, rule)) for rule in zv.deconvnet.RULES
            )
            assert first.max() == 1
            for other in others:
                np.testing.assert_allclose(other, first, atol=1e-5)
        alike = np.allclose(first, trust.heat_of(features, None, ("relevance", None)), atol=1e-4)
        assert alike == (features is not vgg_cat)


def test_hiding_is_what_each_curve_gives(small, heats):
    numbers = every_check.by_hiding(small, None, heats)
    assert tuple(numbers) == WAYS
    steps = {"steps": (0.05, 0.1, 0.25, 0.5), "progress": False}
    for way, heat in heats.items():
        found = trust.compared(small, None, heat, elsewhere=3, **steps)
        moved = np.mean([curve.values for curve in found.elsewhere], axis=0)
        rows = {"hottest": found.hottest.values, "coldest": found.coldest.values}
        expected = {"before": found.hottest.values[0], "hidden": found.hottest.values[-1]}
        for order, values in (rows | {"elsewhere": moved}).items():
            expected |= {
                f"{order} {share}": value
                for share, value in zip(steps["steps"], values[1:-1], strict=True)
            }
        assert numbers[way] == pytest.approx(expected, rel=1e-3)


def test_other_classes(small, heats):
    numbers = every_check.by_other_class(small, None, heats)
    for way in WAYS:
        found = trust.other_class(small, None, **how(way))
        ranks = {"second": found.like_second.rank, "middle": found.like_middle.rank}
        assert numbers[way] == pytest.approx(ranks, abs=1e-3)
        assert ranks["second"] != ranks["middle"]


def test_random_weights(small, heats):
    """Three stages: the top one alone, two (the middle of the five depths), and all."""
    numbers = every_check.by_random_weights(small, None, heats)
    network, image = small.network, small.image
    for way in WAYS:
        found = trust.randomisation(network, image, None, progress=False, **how(way))
        ranks = [like.rank for like in found.likenesses]
        got = numbers[way]
        names = ("random 0", "random 0.5", "random 1")
        assert [got[name] for name in names] == pytest.approx(ranks, abs=1e-3)
        assert (got["random 0.25"], got["random 0.75"]) == (got["random 0"], got["random 1"])


def test_noise(cat):
    way = ("relevance", "deconvnet"), "fire5"
    heats = every_check.heats_of(cat, None, [way])
    alone = trust.noise_sensitivity(cat, None, *way[0], way[1], count=3, progress=False)
    expected = np.mean([like.rank for like in alone.likenesses])
    numbers = every_check.by_noise(cat, None, heats)[way]
    assert numbers == pytest.approx({"noise": expected, "moved": alone.mean}, abs=1e-4)


def test_without_a_copy_that_gets_the_same_answer_there_is_no_number(small, heats, monkeypatch):
    monkeypatch.setattr(every_check, "noisy_copies", lambda *args, **how: iter(()))
    assert every_check.by_noise(small, None, heats) == {way: {} for way in WAYS}


def test_pointing(cat):
    (box,) = marked_boxes("tabby_cat", "nose")
    top, left, bottom, right = cat.image.locate(box)
    hit, corner = np.zeros((2, 224, 224))
    hit[(top + bottom) // 2, (left + right) // 2] = corner[0, 0] = 1
    numbers = every_check.by_pointing(cat, None, {WAYS[0]: hit, WAYS[1]: corner}, box)
    assert numbers == {WAYS[0]: {"pointing": 1.0}, WAYS[1]: {"pointing": 0.0}}


def test_ablation(small):
    """Of more than 32 maps those at even distances, the first and the last among them."""
    found = every_check.by_ablation(small, None)
    channels = np.unique(np.linspace(0, 69, 32).astype(int))
    assert len(channels) == 32
    expected = {
        layer: {
            rule: trust.ablation_agreement(small, None, layer, rule, some, progress=False).rank
            for rule in zv.deconvnet.RULES
        }
        for layer, some in (("low", None), ("high", channels))
    }
    assert {layer: pytest.approx(ranks) for layer, ranks in expected.items()} == found


def test_ablation_goes_no_higher_than_the_target(small):
    neuron = small.strongest("high")
    assert list(every_check.by_ablation(small, neuron)) == ["low"]
