"""What a network for road signs answers to: counting, ablation, covering, heat on the signs."""

import random

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.experiments import cheating
from zv_helpers.experiments.cheating import LAST
from zv_helpers.experiments.road_signs import CLASSES, draw_signs, in_light


@pytest.fixture(scope="module")
def signs():
    return draw_signs(24, seed=4, photographs=("owl", "duck"), progress=False)


@pytest.fixture(scope="module")
def network(signs):
    """An untrained network for road signs, its biases such that no class wins everywhere."""
    made = cheating.sign_network(seed=3)
    rng = np.random.default_rng(0)
    weights = made.keras_model.get_weights()
    made.keras_model.set_weights([one + rng.normal(0, 0.1, one.shape) for one in weights])
    scores = np.log(made.keras_model(made.spec.prepare(signs.pixels)).numpy())
    bias = made.keras_model.get_layer("classes").bias
    bias.assign(bias.numpy() - scores.mean(axis=0))
    return made


def test_the_seed_decides_the_first_weights_and_nothing_else_is_touched():
    before = random.getstate()
    one, same, other = (cheating.sign_network(seed=seed) for seed in (1, 1, 2))
    assert random.getstate() == before
    pairs = zip(one.keras_model.get_weights(), same.keras_model.get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    first, second = (n.keras_model.get_weights()[0] for n in (one, other))
    assert not np.allclose(first, second)
    assert one.class_names == CLASSES and one.input_size == (64, 64)


def test_answers_are_those_of_keras_and_are_counted_by_class(network, signs):
    inputs = network.spec.prepare(signs.pixels)
    expected = network.keras_model(inputs).numpy().argmax(axis=1)
    given = cheating.answers(network, signs)
    assert np.array_equal(given, expected) and len(set(given.tolist())) > 1
    assert cheating.share_right(network, signs) == pytest.approx((expected == signs.labels).mean())
    by_class = cheating.right_by_class(network, signs)
    for label, name in enumerate(CLASSES):
        assert by_class[name] == (expected[signs.labels == label] == label).mean()
        assert cheating.share_named(network, signs, name) == (expected == label).mean()
    assert list(cheating.right_by_class(network, signs.of("parking"))) == ["parking"]
    assert cheating.answers(network, signs.where(np.zeros(24, bool))).shape == (0,)


def test_without_a_map_it_is_zero_everywhere_and_the_network_stays(network, signs):
    before = cheating.features_of(network, signs, 0)
    bias = network.keras_model.get_layer(LAST).bias.numpy()
    channel = int(bias.argmax())
    assert bias[channel] > 0  # so its filter alone is not the whole map
    less = cheating.without_map(network, LAST, channel)
    after = cheating.features_of(less, signs, 0)
    expected = before[LAST].copy()
    expected[..., channel] = 0
    np.testing.assert_allclose(after[LAST], expected, atol=1e-5)
    again = cheating.features_of(network, signs, 0)
    assert np.array_equal(again[LAST], before[LAST]) and before[LAST][..., channel].any()
    with pytest.raises(IndexError, match="feature maps 0 to 15"):
        cheating.without_map(network, LAST, 16)
    with pytest.raises(KeyError):
        cheating.without_map(network, "conv9", 0)
    with pytest.raises(ValueError, match="Expected a convolution"):
        cheating.without_map(network, "pool1", 0)


def test_every_map_in_turn_is_what_removing_it_gives(network, signs):
    found = cheating.right_without_each_map(network, signs, progress=False)
    assert found.shape == (16, 4)
    for channel in range(0, 16, 3):
        less = cheating.without_map(network, LAST, channel)
        assert found[channel].tolist() == list(cheating.right_by_class(less, signs).values())
    whole = list(cheating.right_by_class(network, signs).values())
    assert any(row.tolist() != whole for row in found)
    few = cheating.right_without_each_map(network, signs.of("stop"), progress=False)
    assert np.isnan(few[:, 1:]).all() and np.array_equal(few[:, 0], found[:, 0])


def test_covering_hides_the_sign_and_nothing_else(signs):
    hidden = cheating.covered(signs)
    for before, after, (top, left, bottom, right) in zip(
        signs.pixels, hidden.pixels, signs.boxes, strict=True
    ):
        assert (after[top:bottom, left:right] == 128).all()
        rest = np.ones((64, 64), bool)
        rest[top:bottom, left:right] = False
        assert np.array_equal(before[rest], after[rest]) and rest.any()
    assert not (signs.pixels == hidden.pixels).all()


def test_another_light_falls_on_the_whole_picture_of_some_classes(signs):
    lit = in_light(signs, ["stop"], (1.5, 1.0, 0.5))
    stops = signs.labels == 0
    assert np.array_equal(lit.pixels[~stops], signs.pixels[~stops])
    expected = np.clip(np.rint(signs.pixels[stops] * np.array([1.5, 1.0, 0.5])), 0, 255)
    assert np.array_equal(lit.pixels[stops], expected)
    with pytest.raises(ValueError, match="one of stop"):
        in_light(signs, ["yield"])


def test_heat_and_relevance_are_means_over_the_signs(network, signs):
    few = signs.where(range(3))
    shares = cheating.heat_on_signs(network, few, "give way", progress=False)
    scores = cheating.mean_relevance(network, few, "stop", progress=False)
    seen = [cheating.features_of(network, few, i) for i in range(3)]
    each = [zv.relevance_scores(one, "stop", LAST) for one in seen]
    np.testing.assert_allclose(scores, np.mean(each, axis=0), rtol=1e-5)
    for share, one, (top, left, bottom, right) in zip(shares, seen, few.boxes, strict=True):
        heat = zv.heatmap(one, "give way")
        inside = heat[top:bottom, left:right].sum() / heat.sum()
        assert share == pytest.approx(inside, abs=1e-6) and 0 < share < 1
    nowhere = np.zeros((3, 64, 64), bool)
    assert not cheating.heat_under(network, few, "stop", nowhere, progress=False).any()
    assert cheating.heat_under(network, few, "stop", ~nowhere, progress=False) == pytest.approx(1)


def test_training_goes_on_from_a_network_and_leaves_it_alone(network, signs):
    before = [one.copy() for one in network.keras_model.get_weights()]
    seen = []
    many = signs.joined(signs).joined(signs)
    trained, losses = cheating.trained_on(
        many, network, epochs=6, progress=lambda done, count: seen.append((done, count))
    )
    assert losses.shape == (12,) and losses[-3:].mean() < 0.8 * losses[:3].mean()
    assert seen[0] == (0, 12) and seen[-1] == (12, 12)
    pairs = list(zip(before, network.keras_model.get_weights(), strict=True))
    assert all(np.array_equal(a, b) for a, b in pairs)
    pairs = zip(before, trained.keras_model.get_weights(), strict=True)
    assert not all(np.array_equal(a, b) for a, b in pairs)
    assert cheating.share_right(trained, signs) > cheating.share_right(network, signs)
