"""The sentences of a verdict: from numbers chosen by hand, and from photographs."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.trust import (
    Comparison,
    Curve,
    Likeness,
    OtherClass,
    Verdict,
    compared,
    examine,
    other_class,
)

HEAT = np.array([[0.0, 1.0]])
CLASS, NEURON = zv.ClassScore(3), zv.Neuron("last", 0, 0, 0, 5.0)


def curve(whole, tenth, order="hottest"):
    return Curve(np.array([0, 0.1, 1]), np.array([whole, tenth, 0]), "deletion", "grey", order, 0)


def verdict(hottest, elsewhere, coldest, whole=1.0, target=CLASS, heat=HEAT, other=None):
    """Of what is left when the hottest tenth, some other ones and the coldest are hidden."""
    others = tuple(curve(whole, one, "elsewhere") for one in elsewhere)
    found = Comparison(curve(whole, hottest), curve(whole, coldest), curve(whole, 0.0), others)
    return Verdict(target, heat, found, other and classes(*other))


def classes(*ranks):
    """Three pictures, and how like the first is to the others."""
    likes = (Likeness(rank, rank, 0.0) for rank in ranks)
    asked = CLASS, "relevance", "gradient", zv.ClassScore(4), zv.ClassScore(5)
    return OtherClass(*asked, HEAT, HEAT, HEAT, *likes)


def test_the_costs_are_falls_of_the_value():
    found = verdict(0.08, (0.98, 0.7, 0.9), 0.99, whole=0.98)
    assert found.value == 0.98 and found.cost == pytest.approx(0.9)
    assert found.band == pytest.approx((0, 0.28)) and found.coldest == pytest.approx(-0.01)
    assert found.counts is True
    assert found.sentences == (
        "Hiding its hottest tenth costs 0.90 of 0.98, a tenth elsewhere 0.00 to 0.28: the place "
        "counts.",
        "Hiding its coldest tenth costs −0.01.",
    )
    assert str(found) == found.sentence == found.sentences[0]


@pytest.mark.parametrize(
    "hottest, elsewhere, counts, words",
    [
        (0.64, (0.9, 0.7), True, "0.10 to 0.30: the place counts."),
        (0.66, (0.9, 0.7), False, "0.10 to 0.30: that does not show that the place counts."),
        (0.80, (0.9, 0.7), False, "0.10 to 0.30: that does not show that the place counts."),
        (0.94, (0.9, 0.7), False, "0.10 to 0.30: that does not show that the place counts."),
        (0.96, (0.9, 0.7), False, "0.10 to 0.30: other places count more."),
        (1.20, (1.0, 1.1), False, "−0.10 to 0.00: other places count more."),
    ],
)
def test_the_place_counts_if_it_costs_more_than_any_other(hottest, elsewhere, counts, words):
    found = verdict(hottest, elsewhere, 1.0)
    assert found.counts is counts and found.sentence.endswith(words)


@pytest.mark.parametrize(
    "coldest, than",
    [(0.56, ""), (0.54, "about as much as"), (0.46, "about as much as"), (0.44, "more than")],
)
def test_the_coldest_must_cost_less(coldest, than):
    found, same = verdict(0.5, (0.9, 0.9), coldest), bool(than)
    assert found.counts is not same
    assert (f", {than} the hottest:" in found.sentences[1]) is same
    assert ("the place counts" in found.sentence) is not same
    assert ("hot and cold are not told apart" in found.sentences[1]) is same
    assert f"coldest tenth costs {1 - coldest:.2f}" in found.sentences[1]
    assert "other places count more" not in found.sentence and "not show" not in found.sentence


def test_the_margin_is_a_part_of_the_value():
    large = {"whole": 100.0, "target": NEURON}
    assert verdict(64.0, (70.0,), 100.0, **large).counts
    assert not verdict(66.0, (70.0,), 100.0, **large).counts
    assert "not show" in verdict(73.0, (72.0,), 100.0, **large).sentence
    assert "not told apart" in verdict(50.0, (72.0,), 53.0, **large).sentences[1]


def test_a_constant_heatmap_is_not_judged():
    found = verdict(0.0, (0.9,), 1.0, heat=np.full((1, 2), 3.0))
    assert found.counts is None and len(found.sentences) == 1
    assert found.sentence.startswith("This heatmap is the same everywhere")


@pytest.mark.parametrize(
    "whole, target, words",
    [
        (0.09, CLASS, "The probability is 0.09 to begin with: too little to lose"),
        (0.0, NEURON, "The activation is 0.00 to begin with: too little to lose"),
        (-3.0, NEURON, "The activation is −3.00 to begin with: too little to lose"),
    ],
)
def test_too_little_to_lose_is_not_judged(whole, target, words):
    found = verdict(-9.0, (whole,), whole, whole, target)
    assert found.counts is None and found.sentence.startswith(words)


def test_a_small_activation_is_judged():
    """An activation has no scale of its own."""
    assert verdict(0.0, (0.009,), 0.01, 0.01, NEURON).counts is True
    assert verdict(0.0, (0.1,), 0.11, 0.11).counts is True


@pytest.mark.parametrize(
    "other, heeds", [((0.99, 0.91), False), ((0.99, 0.89), True), ((0.89, 0.99), True)]
)
def test_a_picture_that_stays_for_both_other_classes_is_convicted(other, heeds):
    """The second class alone convicts nobody: its evidence may lie at the same place."""
    found = verdict(0.1, (0.9,), 1.0, other=other)
    assert found.heeds_the_class is heeds and found.counts
    words = found.sentences[-1] if heeds else found.sentence
    assert f"{other[0]:.2f} with the second class, {other[1]:.2f} with one of middle rank" in words
    assert words.startswith(f"This picture {'' if heeds else 'hardly '}changes")
    assert ("shows the photograph" in words) is not heeds
    assert len(found.sentences) == 3 and "the place counts" in found.sentences[0 if heeds else 1]
    assert verdict(0.1, (0.9,), 1.0).heeds_the_class is None
    constant = verdict(0.1, (0.9,), 1.0, heat=np.zeros((1, 2)), other=other)
    assert len(constant.sentences) == 2 and "same everywhere" in constant.sentence


# --- on photographs ------------------------------------------------------------------------------


def test_a_right_heatmap_passes_and_a_moved_one_does_not(shepherd):
    right = examine(shepherd, progress=False)
    assert right.counts and right.target == shepherd.target()
    assert np.array_equal(right.heat, zv.heatmap(shepherd))
    assert right.value == pytest.approx(shepherd.probabilities[235], abs=1e-5)
    assert len(right.deletion.elsewhere) == 5 and right.deletion.hottest.measure == "deletion"
    corner = np.zeros((224, 224))
    corner[150:, :80] = np.random.default_rng(0).random((74, 80))
    wrong = examine(shepherd, heat=corner, progress=False)
    assert wrong.counts is False and np.array_equal(wrong.heat, corner)


def test_method_layer_rule_target_and_seed_are_heeded(cat):
    told, target = [], cat.strongest("fire5")
    how = {"method": "gradcam", "layer": "fire4", "rule": "guided"}
    how |= {"smoothing": 3.0, "threshold": 0.2}
    found = examine(cat, target, seed=3, progress=lambda *one: told.append(one), **how)
    assert np.array_equal(found.heat, zv.heatmap(cat, target, **how))
    assert found.value == pytest.approx(target.activation, rel=1e-4)
    same = compared(cat, target, found.heat, seed=3, progress=False)
    assert found.band == pytest.approx(
        Verdict(target, found.heat, same).band, abs=1e-3 * target.activation
    )
    assert found.deletion.random.seed == 3 and told[-1][0] == told[-1][1] > 5
    third = cat.top_classes(3)[2][0]
    of_a_class = examine(cat, third, progress=False, **how)
    assert np.array_equal(of_a_class.heat, zv.heatmap(cat, third, **how))
    second = of_a_class.others.second
    assert np.array_equal(of_a_class.others.of_second, zv.heatmap(cat, second, **how))


def test_occlusion_tells_its_progress_too(odd):
    told = []
    found = examine(odd.features, method="occlusion", progress=lambda *one: told.append(one))
    heats = 1 if odd.name == "no classes" else 3  # with those of two other classes
    assert sum(done == 0 for done, _ in told) == heats + 1  # and what is hidden
    assert (found.other is None) == (odd.name == "no classes")
    one_other = any("with the other class" in words for words in found.sentences)
    assert one_other == (odd.network.class_count == 2) == (len(found.other or ()) == 1)
    assert isinstance(found.sentence, str) and found.heat.shape == odd.network.input_size


def test_the_deconvnets_picture_is_convicted_by_other_classes(shepherd):
    """It costs much to hide, and yet it is the same for every class."""
    how = {"method": "deconvnet", "progress": False}
    found = examine(shepherd, **how)
    assert found.counts and found.heeds_the_class is False
    assert "shows the photograph" in found.sentence
    same = other_class(shepherd, method="deconvnet")
    assert found.other == (same.like_second.rank, same.like_middle.rank)
    assert found.others.second == same.second and found.others.middle == same.middle
    assert np.array_equal(found.others.of_middle, same.of_middle)
    assert np.array_equal(found.heat, same.picture)
    right = examine(shepherd, progress=False)
    assert right.heeds_the_class and right.sentence.endswith("the place counts.")
    assert examine(shepherd, heat=found.heat, progress=False).others is None
    assert examine(shepherd, shepherd.strongest("fire5"), progress=False).others is None
