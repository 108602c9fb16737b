"""Relevance scores beside what really happens when a feature map is removed."""

import numpy as np
import pytest
from scipy.stats import spearmanr

import zv_helpers as zv
from zv_helpers import trust
from zv_helpers.progress import Cancelled
from zv_helpers.relevance import ablation

SOME = np.arange(0, 256, 8)


@pytest.mark.parametrize("rule, least, most", [("gradient", 0.9, 1.0), ("deconvnet", -0.3, 0.5)])
def test_at_fire5_the_gradient_agrees_and_the_deconvnet_does_not(cat, rule, least, most):
    found = trust.ablation_agreement(cat, 285, "fire5", rule, SOME, progress=False)
    scores = zv.relevance_scores(cat, 285, "fire5", rule)[SOME]
    np.testing.assert_array_equal(found.scores, scores)
    effects = ablation(cat, 285, "fire5", SOME, progress=False)
    np.testing.assert_allclose(found.effects, effects, atol=1e-4)
    np.testing.assert_array_equal(found.channels, SOME)
    assert found.rank == pytest.approx(spearmanr(scores, found.effects)[0], abs=1e-6)
    assert least < found.rank <= most
    assert (found.target, found.layer, found.rule) == (cat.target(285), "fire5", rule)
    assert str(found) == (
        f"fire5, rule {rule}: rank correlation {found.rank:.2f} of the relevance scores of 32 "
        "feature maps with the effect of zeroing each"
    )


def test_odd_networks_neurons_and_all_maps(odd):
    features, layer = odd.features, odd.layer
    found = trust.ablation_agreement(features, None, layer, progress=False)
    assert found.channels.tolist() == list(range(features[layer].shape[2]))
    assert found.rule == "gradient" and found.rank > 0.5
    first = features.layers[0]
    of_neuron = trust.ablation_agreement(features, features.strongest(layer), first, progress=False)
    assert of_neuron.target.layer == layer and of_neuron.effects.any()


def test_progress_is_told_and_may_end_it(cat):
    told = []

    def enough(done, count):
        told.append((done, count))
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        trust.ablation_agreement(cat, 285, "fire9", channels=range(4), batch=1, progress=enough)
    assert told == [(0, 4), (1, 4), (2, 4)]


@pytest.mark.parametrize(
    "channels, error, words",
    [
        ([], ValueError, "two feature maps or more to compare, but got 0"),
        ([3], ValueError, "two feature maps or more to compare, but got 1"),
        ([3, 512], IndexError, r"fire9 has feature maps 0 to 511, but \[3, 512\]"),
        ([-1, 3], IndexError, r"fire9 has feature maps 0 to 511, but \[-1, 3\]"),
    ],
)
def test_what_cannot_be_compared_is_refused(cat, channels, error, words):
    with pytest.raises(error, match=words):
        trust.ablation_agreement(cat, 285, "fire9", channels=channels, progress=False)
