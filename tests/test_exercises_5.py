"""The checks of step 5 accept what is right and say what is wrong; its figures' numbers hold."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.draw.colours import coloured, lightness
from zv_helpers.exercises import step5
from zv_helpers.plots import heatmap as heat_plots
from zv_helpers.relevance import products


def test_nothing_answered_yet():
    heat = np.eye(4)
    for sentence in (
        step5.check_finish(None),
        step5.check_threshold(heat, None),
    ):
        assert sentence.startswith("Not answered yet")


def test_finish_solution():
    raw = step5.RAW
    assert step5.check_finish(np.maximum(raw, 0) / raw.max()).startswith("Right")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ((step5.RAW + 2) / 6, "stretched"),
        (np.abs(step5.RAW) / 4, "against the class"),
        (step5.RAW / 4, "positive part as well"),
        (np.maximum(step5.RAW, 0), "divided by its maximum"),
        (np.ones((2, 2)), "largest value"),
        ([1, 0], "2 × 2"),
    ],
)
def test_finish_wrong_answers(answer, hint):
    sentence = step5.check_finish(answer)
    assert hint in sentence and not sentence.startswith("Right")


def test_threshold(cat):
    heat = zv.heatmap(cat)
    solution = np.quantile(heat, 0.9)
    assert step5.check_threshold(heat, solution).startswith("Right")
    assert "raise" in step5.check_threshold(heat, 0.1)
    assert "lower" in step5.check_threshold(heat, 0.99)
    for useless in (40, "x", [0.5, 0.6], float("nan")):
        assert "from 0 to 1" in step5.check_threshold(heat, useless)
    # Every pixel reaches 0, but what is zero is not left.
    assert "lower" in step5.check_threshold(np.zeros((4, 4)), 0)


def test_targets(cat, vgg_cat):
    first, second = heat_plots.targets(cat, 2)
    assert first == cat.target() and second.channel == cat.top_classes(2)[1][0]
    strongest, other = heat_plots.targets(vgg_cat, 2)
    assert strongest == vgg_cat.target() and other.channel != strongest.channel


def test_shared_layer_has_maps_that_share_the_score(cat, vgg_cat):
    assert heat_plots.shared_layer(cat, cat.target()) == "fire9"
    assert heat_plots.shared_layer(vgg_cat, vgg_cat.target()) == "block5_conv2"
    for features in (cat, vgg_cat):
        target = features.target()
        product = products(features, target, heat_plots.shared_layer(features, target))
        assert (product.sum(axis=(0, 1)) != 0).sum() > 10


def test_layers_of_each_size_differ_in_size(cat):
    names = heat_plots.layers_of_each_size(cat, cat.target())
    assert names == ["conv1", "fire3", "fire5", "fire9"]


def test_toy_margins_sum_to_the_same_total():
    toy = heat_plots.TOY
    assert toy.sum(axis=(0, 1)).tolist() == [9, 6, -6]
    assert toy.sum(axis=2).sum() == toy.sum(axis=(0, 1)).sum() == 9


def test_lightness_rises_in_uniform_maps_and_not_in_jet():
    ramp = np.linspace(0, 1, 64)
    for name, rises in (("inferno", True), ("viridis", True), ("jet", False)):
        steps = np.diff(lightness(coloured(ramp, name)))
        assert bool((steps > -0.3).all()) is rises, name
