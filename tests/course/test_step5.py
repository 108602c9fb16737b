"""The checks of step 5 accept what is right and say what is wrong; its figures' numbers hold."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.course.step5 import checks, toys
from zv_helpers.draw.colours import coloured, lightness


def test_nothing_answered_yet():
    heat = np.eye(4)
    for sentence in (checks.check_finish(None), checks.check_threshold(heat, None)):
        assert sentence.startswith("Not answered yet")


def test_finish_solution():
    raw = toys.RAW
    assert checks.check_finish(np.maximum(raw, 0) / raw.max()).startswith("Right")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ((toys.RAW + 2) / 6, "stretched"),
        (np.abs(toys.RAW) / 4, "against the class"),
        (toys.RAW / 4, "positive part as well"),
        (np.maximum(toys.RAW, 0), "divided by its maximum"),
        (np.ones((2, 2)), "largest value"),
        ([1, 0], "2 × 2"),
    ],
)
def test_finish_wrong_answers(answer, hint):
    sentence = checks.check_finish(answer)
    assert hint in sentence and not sentence.startswith("Right")


def test_threshold(cat):
    heat = zv.heatmap(cat)
    solution = np.quantile(heat, 0.9)
    assert checks.check_threshold(heat, solution).startswith("Right")
    assert "raise" in checks.check_threshold(heat, 0.1)
    assert "lower" in checks.check_threshold(heat, 0.99)
    for useless in (40, "x", [0.5, 0.6], float("nan")):
        assert "from 0 to 1" in checks.check_threshold(heat, useless)
    # Every pixel reaches 0, but what is zero is not left.
    assert "lower" in checks.check_threshold(np.zeros((4, 4)), 0)


def test_toy_margins_sum_to_the_same_total():
    toy = toys.TOY
    assert toy.sum(axis=(0, 1)).tolist() == [9, 6, -6]
    assert toy.sum(axis=2).sum() == toy.sum(axis=(0, 1)).sum() == 9


def test_lightness_rises_in_uniform_maps_and_not_in_jet():
    ramp = np.linspace(0, 1, 64)
    for name, rises in (("inferno", True), ("viridis", True), ("jet", False)):
        steps = np.diff(lightness(coloured(ramp, name)))
        assert bool((steps > -0.3).all()) is rises, name
