"""Relevance scores examined: what is drawn, what is said of it, and the photograph behind it."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.relevance import rank_correlation
from zv_helpers.trust import (
    AblationAgreement,
    ScoreVerdict,
    ablation_agreement,
    examine_scores,
    other_class,
)

CLASS, NEURON = zv.ClassScore(3), zv.Neuron("last", 0, 0, 0, 5.0)


def verdict(scores, effects, rank=1.0, target=CLASS, active=None, other=None):
    channels = np.arange(10, 10 + len(scores))
    both = np.array(scores, np.float32), np.array(effects, np.float32)
    found = AblationAgreement(target, "conv1", "gradient", channels, *both, rank)
    return ScoreVerdict(found, active or len(scores), other)


def test_what_is_said_of_all_maps():
    found = verdict([0.5, -0.2, 3.0], [1.0, 0.0, 6.0], 0.9)
    assert found.sentences == (
        "By relevance, the feature maps of conv1 come in nearly the order in which zeroing each "
        "lowers the score (rank correlation 0.90 over all 3 active ones).",
        "Farthest off is map 11: relevance −0.20, and zeroing it costs 0.00.",
    )
    assert str(found) == found.sentence == found.sentences[0] and found.outlier == 1


def test_of_some_and_of_a_neuron():
    found = verdict([1.0, 2.0], [1.0, 2.0], 1.0, NEURON, active=30)
    assert "lowers the activation (rank correlation 1.00 over 2 drawn from 30 active" in str(found)


@pytest.mark.parametrize(
    "rank, words",
    [(0.9, "come in nearly the"), (0.89, "come roughly in"), (0.5, "come roughly in")]
    + [(0.49, "do not come in"), (-1.0, "do not come in")],
)
def test_how_far_the_orders_agree(rank, words):
    assert f"maps of conv1 {words}" in verdict([1, 2], [1, 2], rank).sentence


def test_the_outlier_heeds_no_scale():
    assert verdict([10.0, 5.0, 0.0], [0.2, 0.1, 0.09]).outlier == 2
    assert verdict([-10.0, 5.0, 0.0], [-0.2, -0.1, 0.05]).outlier == 1


@pytest.mark.parametrize(
    "scores, effects, words",
    [([1, 1], [1, 2], "These scores are the same"), ([1, 2], [0, 0], "Zeroing costs the same")],
)
def test_without_an_order_there_is_nothing_to_compare(scores, effects, words):
    found = verdict(scores, effects, 0.0, other=(1.0, 1.0))
    assert words in found.sentences[1] and "no order to compare" in found.sentences[1]
    assert verdict(scores, effects, 0.0).outlier in (0, 1)


@pytest.mark.parametrize(
    "other, heeds", [((0.99, 0.91), False), ((0.99, 0.89), True), ((0.89, 0.99), True)]
)
def test_scores_that_stay_for_both_other_classes_are_convicted(other, heeds):
    found = verdict([1, 2], [1, 2], other=other)
    assert found.heeds_the_class is heeds and len(found.sentences) == 3
    words = found.sentences[-1] if heeds else found.sentence
    assert words.startswith(f"These scores {'' if heeds else 'hardly '}change ")
    assert f"{other[0]:.2f} with the second class, {other[1]:.2f} with one of middle rank" in words
    assert words.endswith("they show the photograph.") is not heeds
    assert verdict([1, 2], [1, 2]).heeds_the_class is None


# --- on photographs ------------------------------------------------------------------------------


def test_a_sample_of_the_active_maps_is_removed(cat):
    """At fire9 some maps are silent on the cat."""
    told = []
    found = examine_scores(cat, 285, "fire9", progress=lambda *one: told.append(one))
    active = np.flatnonzero(cat["fire9"].any(axis=(0, 1)))
    channels = found.agreement.channels
    assert 64 < found.active == len(active) < 512 and told[-1][0] == told[-1][1] > 0
    assert len(channels) == 64 and set(channels) <= set(active)
    assert channels.tolist() == sorted(set(channels)) != active[:64].tolist()
    same = examine_scores(cat, 285, "fire9", most=20, progress=False).agreement.channels
    assert len(same) == 20 and set(same) < set(channels)
    other = examine_scores(cat, 285, "fire9", most=20, seed=1, progress=False).agreement.channels
    assert set(other) != set(same)
    assert f"64 drawn from {len(active)} active ones" in found.sentence


@pytest.mark.parametrize("rule, nearly, heeds", [("gradient", 0.9, True), ("deconvnet", 0, False)])
def test_the_gradient_passes_at_fire5_and_the_deconvnet_is_convicted(cat, rule, nearly, heeds):
    found = examine_scores(cat, None, "fire5", rule, most=32, progress=False)
    agreement = found.agreement
    assert (agreement.rank >= 0.9) is heeds and found.heeds_the_class is heeds
    same = ablation_agreement(cat, None, "fire5", rule, agreement.channels, progress=False)
    np.testing.assert_array_equal(agreement.scores, same.scores)
    assert agreement.target == cat.target()
    active = np.flatnonzero(cat["fire5"].any(axis=(0, 1)))
    others = other_class(cat)
    first, second, middle = (
        zv.relevance_scores(cat, one, "fire5", rule)[active]
        for one in (others.target, others.second, others.middle)
    )
    ranks = rank_correlation(first, second), rank_correlation(first, middle)
    assert found.other == pytest.approx(ranks)


def test_odd_networks_and_neurons(odd):
    features, layer = odd.features, odd.layer
    found = examine_scores(features, None, layer, progress=False)
    assert (found.other is None) == (odd.name == "no classes")
    one_other = any("with the other class" in words for words in found.sentences)
    assert one_other == (odd.network.class_count == 2) == (len(found.other or ()) == 1)
    assert found.agreement.rule == "gradient" and isinstance(found.sentence, str)
    of_neuron = examine_scores(
        features, features.strongest(layer), features.layers[0], progress=False
    )
    assert of_neuron.other is None and "activation" in of_neuron.sentence


def test_too_few_maps_are_refused(cat):
    with pytest.raises(ValueError, match="two feature maps or more to compare, but got 1"):
        examine_scores(cat, None, "fire9", most=1, progress=False)
