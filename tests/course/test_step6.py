"""The checks of step 6 accept what is right and say what is wrong; its figures' numbers hold."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import heatmaps, trust
from zv_helpers.course.step6 import checks, figures, toys
from zv_helpers.heatmaps import box_of


def test_nothing_answered_yet(cat):
    for sentence in (checks.check_box(None), checks.check_place(cat, cat.target(), None)):
        assert sentence.startswith("Not answered yet")


def test_box_solution():
    assert toys.TOY_BOX == (1, 1, 3, 4)
    assert checks.check_box((1, 1, 3, 4)).startswith("Right")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ((1, 1, 2, 3), "not included"),
        ((0, 1, 3, 6), "not connected"),
        ((1, 1, 4, 4), "below the threshold"),
        ((0, 0, 4, 6), "walk to all neighbours"),
        ((1, 1, 3), "four numbers"),
    ],
)
def test_box_wrong_answers(answer, hint):
    sentence = checks.check_box(answer)
    assert hint in sentence and not sentence.startswith("Right")


def test_place(squeezenet):
    shepherd = zv.extract_features(squeezenet, zv.load_image("german_shepherd", squeezenet))
    target = shepherd.target()
    _, grid = heatmaps.occlusion(shepherd, target, 56, 28)
    solution = heatmaps.coldest_place(grid, 56, 28, squeezenet.input_size)
    assert checks.check_place(shepherd, target, solution).startswith("Right")
    # The grass in the lower left corner, and a place outside the photograph.
    assert checks.check_place(shepherd, target, (168, 0)).startswith("Not quite")
    # The head is at (28, 168).
    assert "began with the column" in checks.check_place(shepherd, target, (168, 28))
    assert "from 0 to 168" in checks.check_place(shepherd, target, (200, 0))
    assert "two numbers" in checks.check_place(shepherd, target, 3)


def test_place_for_a_neuron(vgg_cat):
    target = vgg_cat.target()
    _, grid = heatmaps.occlusion(vgg_cat, target, 112, 112)
    solution = heatmaps.coldest_place(grid, 112, 112, (224, 224))
    right = checks.check_place(vgg_cat, target, solution, 112, 112)
    assert right.startswith("Right") and "activation" in right
    worst = np.unravel_index(np.argmax(grid), grid.shape)
    wrong = checks.check_place(vgg_cat, target, np.multiply(worst, 112), 112, 112)
    assert wrong.startswith("Not quite")


def test_coldest_place_stays_inside():
    grid = np.ones((4, 4))
    grid[3, 1] = 0
    assert heatmaps.coldest_place(grid, 60, 50, (200, 200)) == (140, 50)


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.9])
def test_box_holds_the_hottest_pixel(cat, threshold):
    heat = zv.heatmap(cat)
    top, left, bottom, right = box_of(heat, threshold)
    row, column = np.unravel_index(np.argmax(heat), heat.shape)
    assert top <= row < bottom and left <= column < right
    assert 0 <= top < bottom <= 224 and 0 <= left < right <= 224


def test_box_refuses_a_threshold_that_everything_reaches():
    with pytest.raises(ValueError, match="above 0"):
        box_of(np.eye(3), 0)


# How far a picture may be believed


@pytest.fixture(scope="module")
def verdicts(shepherd):
    methods = ("relevance", "deconvnet")
    return {method: trust.examine(shepherd, method=method, progress=False) for method in methods}


def test_the_curves_are_those_measured_at_one_scale(shepherd, verdicts):
    figure = figures.trials(shepherd, verdicts)
    rows = np.reshape(figure.axes, (2, 3))
    for (method, verdict), row in zip(verdicts.items(), rows, strict=True):
        found = verdict.deletion
        band = row[2].collections[0]
        drawn = {line.get_label(): line.get_ydata() for line in row[2].lines[:3]}
        assert band.get_label().endswith("(5 places)")
        np.testing.assert_array_equal(drawn["the hottest first"], found.hottest.values)
        np.testing.assert_array_equal(drawn["the coldest first"], found.coldest.values)
        np.testing.assert_array_equal(drawn["single pixels at random"], found.random.values)
        np.testing.assert_allclose(row[2].lines[0].get_xdata(), 100 * found.hottest.fractions)
        corners = {tuple(corner) for corner in band.get_paths()[0].vertices.round(4)}
        for values in found.band:
            points = np.stack([100 * found.hottest.fractions, values], 1).round(4)
            assert set(map(tuple, points)) <= corners
        assert row[2].lines[3].get_xdata()[0] == 10
        other = trust.other_class(shepherd, method=method)
        for ax, heat in zip(row, (verdict.heat, other.of_middle), strict=False):
            np.testing.assert_array_equal(
                ax.images[0].get_array(), zv.overlay(shepherd.image, heat, 0.6)
            )
        assert row[0].get_ylabel() == method and row[0].get_title() == "German shepherd"
        alike = {"relevance": "−0.31", "deconvnet": "1.00"}[method]
        assert row[1].get_title() == f"cliff dwelling\nrank correlation {alike}"
        assert row[2].get_title() == "probability left"
    assert rows[0, 2].get_ylim() == rows[1, 2].get_ylim()
    rows[0, 2].set_ylim(0, 7)
    assert rows[1, 2].get_ylim() == (0, 7)
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 4


def test_a_neuron_has_no_other_class_beside_it(cat):
    target = cat.strongest("fire5")
    found = {"relevance": trust.examine(cat, target, progress=False)}
    heat, curves = figures.trials(cat, found).axes
    assert heat.get_title() == target.name(cat.network)
    assert curves.get_title() == "activation left"
