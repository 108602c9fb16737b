"""The lab on first filters: its numbers hold for the networks that ship, its figures draw every
network, its checks accept what is right."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.course.first_filters import checks, figures, toys
from zv_helpers.experiments.first_filters import first_layers
from zv_helpers.experiments.learning import accuracy, kept_learning, small_network
from zv_helpers.experiments.road_signs import draw_signs
from zv_helpers.experiments.strongest import images_of

NAMES = {"7x7_stride2": (7, 2), "11x11_stride4": (11, 4)}


@pytest.fixture(scope="module")
def lab():
    """{name: (network, how much it gets right, its first layers)} of the two that ship."""
    looked_at, found = draw_signs(160, 2, progress=False), {}
    for name, (kernel, stride) in NAMES.items():
        model = small_network(kernel=kernel, stride=stride, maps=checks.MAPS)
        model.set_weights(kept_learning(f"first_filters_{name}").weights[-1])
        network = zv.load_model(model)
        right = accuracy(model, looked_at.pixels, looked_at.labels)
        looked = first_layers(network, images_of(network, looked_at.pixels))
        found[name] = network, right, looked
    return found


@pytest.fixture(scope="module")
def small(lab):
    return lab["7x7_stride2"][2]


@pytest.fixture(scope="module")
def large(lab):
    return lab["11x11_stride4"][2]


# The numbers


def test_both_read_the_signs(lab):
    assert all(right > 0.97 for _, right, _ in lab.values())


def test_more_filters_are_dead_among_the_small_ones(small, large):
    """Against Zeiler & Fergus 2014, §4.1: the lab's number is 5 of 48, and none."""
    assert (small.dead.sum(), large.dead.sum()) == (5, 0)
    assert len(small.dead) == len(large.dead) == 48


def test_a_large_stride_aliases(small, large):
    """Zeiler & Fergus 2014, §4.1 and figure 6: what is too fine for the stride."""
    assert (small.limit, large.limit) == (1 / 4, 1 / 8)
    assert small.passed == pytest.approx(0.003, abs=0.0007)
    assert large.passed == pytest.approx(0.016, abs=0.002)
    assert np.nanmean(small.fine) == pytest.approx(0.089, abs=0.01)
    assert np.nanmean(large.fine) == pytest.approx(0.161, abs=0.01)


def test_squeezenets_own(squeezenet):
    found = first_layers(squeezenet, images_of(squeezenet, zv.photographs()))
    assert found.layers == ("conv1", "fire2_squeeze1x1") and found.limit == 1 / 4
    assert found.dead.sum() == 7
    assert found.passed == pytest.approx(0.169, abs=0.01)
    assert np.nanmean(found.fine) == pytest.approx(0.654, abs=0.02)
    lines = figures.counts({"squeezenet": found}).splitlines()
    assert lines[1].split()[-3:] == ["7", "of", "64"] and "16.9%" in lines[3]


# Figures


@pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")
def test_the_figures_draw_every_network(odd):
    network = odd.network
    found = first_layers(network, [odd.features.image])
    drawn = figures.filters(network, found, columns=4)
    assert sum(ax.has_data() for ax in drawn.axes) == len(found.activity)
    for figure in (drawn, figures.activities({"it": found}), figures.second_layer(found, 3)):
        figure.draw_without_rendering()
    assert len(figures.counts({"it": found}).splitlines()) == 5


def test_the_dead_are_framed(lab):
    network, _, looked = lab["7x7_stride2"]
    wide = [ax.spines["top"].get_linewidth() > 2 for ax in figures.filters(network, looked).axes]
    assert wide == [False] * 43 + [True] * 5  # the most active first
    bars = figures.activities({"small": looked}).axes[0].patches
    colours = {one.get_facecolor() for one in bars[:43]}, {one.get_facecolor() for one in bars[43:]}
    assert len(bars) == 48 and len(colours[0]) == len(colours[1]) == 1 and colours[0] != colours[1]


# Checks and toys


def test_two_waves_that_look_the_same():
    pair = [toys.seen(toys.wave(period), 4) for period in (12, 3)]
    np.testing.assert_allclose(*pair, atol=1e-9)
    assert len(figures.toy_waves().axes) == 2


@pytest.mark.parametrize("period, stride", [(3, 2), (3, 4), (5, 4), (12, 4), (10, 3)])
def test_the_period_that_is_seen(period, stride):
    """The coarsest wave that agrees with all that was looked at."""
    seen, places = toys.seen(toys.wave(period), stride), toys.seen(toys.PIXELS, stride)
    again = np.cos(2 * np.pi * places / toys.period_seen(period, stride))
    np.testing.assert_allclose(again, seen, atol=1e-6)
    assert toys.period_seen(period, stride) >= 2 * stride


def test_the_wave():
    assert checks.check_wave(6).startswith("Right: a wave of 3 pixels comes out as one of 6")
    assert "too wide" in checks.check_wave(3)
    assert "cross out" in checks.check_wave(4)
    assert "a period" in checks.check_wave("long")


def test_the_finer_share(small):
    """The lab's number: 0.19."""
    assert checks.check_finer(small, 0.194).startswith("Right: 19%")
    assert "its own limit" in checks.check_finer(small, np.nanmean(small.fine))
    assert "from 0 to 1" in checks.check_finer(small, 19.4)
    assert "take their mean" in checks.check_finer(small, 0.5)
    assert "a share" in checks.check_finer(small, [0.1, 0.2])


def test_the_dead():
    assert checks.check_dead(3).startswith("Right: the limit is a tenth of 4, and 3 maps")
    assert "not a tenth itself" in checks.check_dead(1)
    assert "0.1 times the most active" in checks.check_dead(2)
    assert "a number of maps" in checks.check_dead([])
