"""The deconvnet is positively homogeneous and not additive; the gradient is both."""

from dataclasses import replace

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import choose
from zv_helpers.deconvnet import RULES
from zv_helpers.experiments.sums import when_added, when_scaled


@pytest.fixture(scope="module")
def pair(cat):
    neuron = cat.strongest("fire5")
    return [neuron, choose.neighbour(cat, neuron)]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("factor", [2.0, 0.25, 7.5])
def test_a_projection_scales_with_its_neuron(cat, pair, rule, factor):
    assert when_scaled(cat, pair[0], factor, rule) < 1e-5


def test_the_difference_is_measured_and_not_assumed(cat, pair):
    """A negative start is another picture under rectification: there nothing scales."""
    assert when_scaled(cat, pair[0], -1.0, "deconvnet") > 0.1
    assert when_scaled(cat, pair[0], -1.0, "gradient") < 1e-5


@pytest.mark.parametrize(("rule", "adds"), [("deconvnet", 0), ("guided", 0), ("gradient", 1)])
def test_only_the_gradients_projections_add(cat, pair, rule, adds):
    found = when_added(cat, pair, rule)
    assert found < 1e-5 if adds else found > 0.02
    together = zv.Region("fire5", pair[0].channel, _mask(cat, pair))
    sums = sum(zv.project(cat, one, rule).on_canvas() for one in pair)
    apart = np.abs(zv.project(cat, together, rule).on_canvas() - sums).max()
    assert found == pytest.approx(apart / np.abs(sums).max(), abs=1e-6)


def _mask(features, neurons):
    mask = np.zeros(features["fire5"].shape[:2], bool)
    for one in neurons:
        mask[one.row, one.column] = True
    return mask


def test_one_neuron_is_its_own_sum_and_an_empty_picture_is_no_difference(cat, pair):
    assert when_added(cat, pair[:1]) == 0
    silent = replace(pair[0], activation=0.0)
    assert when_scaled(cat, silent) == 0


def test_neurons_of_several_maps_are_refused(cat):
    with pytest.raises(ValueError, match="of one feature map, but got those of 2"):
        when_added(cat, [cat.strongest("fire5", 1), cat.strongest("fire5", 2)])
    with pytest.raises(ValueError, match="but got those of 0"):
        when_added(cat, [])


def test_the_neighbour_is_the_strongest_one_round_it(cat):
    maps = cat["fire5"]
    for neuron in (cat.strongest("fire5"), cat.neuron("fire5", 3, 0, 0)):
        found = choose.neighbour(cat, neuron)
        assert found.channel == neuron.channel and found.layer == "fire5"
        apart = abs(found.row - neuron.row), abs(found.column - neuron.column)
        assert max(apart) == 1
        near = [
            maps[r, c, neuron.channel]
            for r in range(max(neuron.row - 1, 0), min(neuron.row + 2, len(maps)))
            for c in range(max(neuron.column - 1, 0), min(neuron.column + 2, len(maps)))
            if (r, c) != (neuron.row, neuron.column)
        ]
        assert found.activation == max(near)
