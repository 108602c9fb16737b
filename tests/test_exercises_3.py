"""The checks of step 3 accept what is right; the figures of step 3 draw what they say."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.exercises import step3
from zv_helpers.plots import features as feature_plots


def test_nothing_answered_yet(cat):
    for sentence in (
        step3.check_switches(None),
        step3.check_neuron(cat, "fire3", None),
    ):
        assert sentence.startswith("Not answered yet")


def test_switches_solution():
    solution = zv.find_switches(step3.TOY[..., None])
    assert step3.check_switches(solution).startswith("Right")
    assert step3.check_switches([[4, 2], [8, 14]]).startswith("Right")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ([[8, 6], [0, 5]], "maxima themselves"),
        ([[5, 3], [9, 15]], "counted from 1"),
        ([[4, 7], [8, 14]], "window 2"),
        ([[4, 2], [13, 14]], "window 3"),
        ([[2, 2], [8, 14]], "window 1"),
        ([[4, 2], [8, 2]], "window 4"),
        ([4, 2, 8, 14], "2 × 2 windows"),
    ],
)
def test_switches_wrong(answer, hint):
    sentence = step3.check_switches(answer)
    assert hint in sentence and "Right" not in sentence


def test_neuron_solution_in_both_networks(cat, vgg_cat):
    for features in (cat, vgg_cat):
        layer, _ = feature_plots.worth_seeing(features)
        answers = (
            step3.check_neuron(features, layer, features.strongest(layer, channel))
            for channel in range(features[layer].shape[2])
        )
        assert any(sentence.startswith("Right") for sentence in answers)


def test_neuron_wrong(cat):
    def check(answer):
        return step3.check_neuron(cat, "fire3", answer)

    assert "got int" in check(5)
    assert "of fire5" in check(cat.strongest("fire5"))
    best = cat.strongest("fire3", 70)
    assert "row 22" in check(cat.neuron("fire3", 70, best.row - 1, best.column))
    assert "does not hold" in check(best)


def test_stages_and_pools(squeezenet, vgg16):
    assert feature_plots.stages(squeezenet) == ("conv1", "fire3", "fire5", "fire9")
    assert feature_plots.stages(vgg16) == (
        *(f"block{n}_conv2" for n in (1, 2)),
        *(f"block{n}_conv3" for n in (3, 4, 5)),
    )
    assert feature_plots.max_pools(squeezenet) == ("pool1", "pool3", "pool5")


@pytest.mark.parametrize("which", ["cat", "vgg_cat"])
def test_kept_positions_hold_the_pooled_values(which, request):
    features = request.getfixturevalue(which)
    pool = feature_plots.pool_to_show(features)
    maps = features.values[feature_plots.pooled_value(features.network, pool)][0]
    for channel in features.strongest_channels(pool, 3):
        rows, columns = feature_plots.kept_positions(features, pool, channel)
        pooled = features[pool][..., channel]
        assert set(maps[rows, columns, channel]) == set(pooled[pooled > 0])


def test_middles_lie_in_the_receptive_field(cat):
    number = cat.network.units["fire5"]
    (y,), (x,) = feature_plots.middles_in_pixels(cat.network, number, [9], [11])
    top, left, bottom, right = cat.receptive_field(cat.neuron("fire5", 0, 9, 11))
    assert (y, x) == ((top + bottom - 1) / 2, (left + right - 1) / 2)


def test_strongest_patches_are_sorted_and_cut(squeezenet):
    found = feature_plots.strongest_patches(
        squeezenet, ["espresso", "tabby_cat", "duck"], "fire5", 241, count=2
    )
    assert found[0][0] == "tabby_cat"
    assert found[0][1].activation > found[1][1].activation
    assert found[0][2].shape == (63, 63, 3)


def test_a_dead_map_is_black(cat):
    figure, ax = feature_plots.panels()
    feature_plots.feature_map(ax, np.zeros((4, 4), np.float32))
    assert ax.images[0].get_clim() == (0, 1)
