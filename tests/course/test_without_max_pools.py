"""The lab without max-pools: its checks accept what is right, its figures draw what was measured,
and the numbers it tells hold."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import choose
from zv_helpers.course.without_max_pools import checks, figures, toys
from zv_helpers.deconvnet import RULES
from zv_helpers.experiments.switches import likeness, likeness_by_layer, likeness_of_neurons

PHOTOS = ("german_shepherd", "tabby_cat", "espresso")


@pytest.fixture(scope="module")
def several(squeezenet):
    return [zv.extract_features(squeezenet, zv.load_image(name, squeezenet)) for name in PHOTOS]


@pytest.mark.parametrize("rule, alike", [("deconvnet", 0.99), ("guided", 1.0), ("gradient", 0.1)])
def test_only_the_gradient_tells_four_neurons_of_one_place_apart(several, rule, alike):
    """The lab's numbers of its section 5; with other photographs the same neurons draw others."""
    layer = choose.last_in_common(several, 4)
    neurons = choose.common_neurons(several, layer, 4)
    assert layer == "conv10"
    assert likeness_of_neurons(several[0], neurons, rule) == pytest.approx(alike, abs=0.02)
    assert abs(likeness(several, neurons, rule)) < 0.1


def test_the_shepherds_neuron_draws_three_pictures(several):
    """The lab's numbers of its section 2."""
    neuron = several[0].strongest(*choose.worth_seeing(several[0]))
    found = [likeness([several[0], other], [neuron]) for other in several[1:]]
    assert found == pytest.approx([0.07, 0.04], abs=0.02)


def test_the_toy_goes_through_the_door():
    assert "largest pixel" in checks.check_toy(toys.through_a_pool(toys.THIRD))
    assert "stride sends" in checks.check_toy(toys.through_a_stride(toys.THIRD))
    assert "row 0, column 0" in checks.check_toy(toys.through_a_pool(toys.ONE))
    assert "signal's numbers" in checks.check_toy((toys.through_a_pool(toys.THIRD) > 0) * 9)
    wrong = toys.through_a_pool(toys.THIRD)
    wrong[3, 2], wrong[2, 2] = 0, 4
    assert "row 2, column 2" in checks.check_toy(wrong)
    assert "of shape (2, 2)" in checks.check_toy(toys.SIGNAL)


def test_the_first_layer_is_the_first_above_a_max_pool(several):
    assert checks.check_first_layer(several, "pool1").startswith("Right")
    assert "an earlier one" in checks.check_first_layer(several, "fire3")
    assert "go further up" in checks.check_first_layer(several, "conv1")
    assert "the name of a layer" in checks.check_first_layer(several, "fire77")
    assert "has a max-pool" in checks.check_first_layer(several, "none")


def test_without_max_pools_there_is_no_first_layer(lite0):
    photographs = [zv.extract_features(lite0, zv.load_image(name, lite0)) for name in PHOTOS[:2]]
    assert checks.check_first_layer(photographs, "none").startswith("Right")
    said = checks.check_first_layer(photographs, "head_relu")
    assert said.startswith("Not quite") and "has no max-pool" in said


def test_one_neuron_is_drawn_at_one_scale_with_its_likeness(several):
    neuron = several[0].strongest("pool1")
    axes = figures.one_neuron([(several, neuron)]).axes
    assert [ax.get_title().split("\n")[0] for ax in axes] == [f"by {name}" for name in PHOTOS]
    found = likeness(several[:2], [neuron])
    assert f"{found:.2f} like the first" in axes[1].get_title()
    assert f"map {neuron.channel}" in axes[0].get_ylabel()


def test_neurons_of_one_place_are_drawn_by_every_rule(several):
    neurons = choose.common_neurons(several, "conv10", 3)
    axes = np.reshape(figures.neurons_by_rule(several[0], neurons).axes, (3, 3))
    names = [several[0].network.class_name(one.channel) for one in neurons]
    assert [ax.get_title().split("\n")[1] for ax in axes[0]] == [name[:18] for name in names]
    assert [row[0].get_ylabel().split("\n")[0] for row in axes] == list(RULES)
    alike = likeness_of_neurons(several[0], neurons, "gradient")
    assert f"{alike:.2f}" in axes[2, 0].get_ylabel()


def test_lines_are_what_was_measured_and_grey_ones_are_max_pools(several):
    layers = ["conv1", "pool1", "fire2", "fire4"]
    found = likeness_by_layer(several, "guided", 1, layers, progress=False)
    (ax,) = figures.by_depth({several[0].network: {"guided": found}}).axes
    line, *pools = ax.lines
    assert np.array_equal(line.get_ydata(), list(found.values()), equal_nan=True)
    assert [pool.get_xdata()[0] for pool in pools] == [0.5, 2.5]


@pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")
def test_the_figure_of_two_ways_down_has_a_column_for_each_case(cat, squeezenet):
    other = zv.extract_features(squeezenet, zv.load_image("espresso", squeezenet), upto="fire3")
    cases = {
        layer: (cat, other, choose.middle_neurons(cat, layer, 1)[0]) for layer in ("conv1", "fire3")
    }
    figure = figures.two_ways_down(cases)
    assert len(figure.axes) == 6
    without, through_a_pool = (figure.axes[i].lines[0].get_ydata() for i in (4, 5))
    assert np.allclose(without, 1) and through_a_pool.min() < 0.9
