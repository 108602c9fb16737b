"""The checks of step 4's exercises say right to right answers, and what is wrong to wrong ones."""

import numpy as np
import pytest
from skimage.filters import difference_of_gaussians

import zv_helpers as zv
from zv_helpers import choose, course, trust
from zv_helpers.course.step4 import checks, figures, trace

RIGHT = [[2, 0, 0], [0, 3, 0], [0, 0, 3]]


def test_unpool_accepts_the_right_answer_as_list_and_as_array():
    assert checks.check_unpool(RIGHT).startswith("Right")
    assert checks.check_unpool(np.array(RIGHT, float)).startswith("Right")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "Not answered yet"),
        ([[2, -1], [4, 3]], "shape (2, 2)"),
        ("2, 3, 3", "Expected three rows"),
        ([[7, 0, 0], [0, 5, 0], [0, 0, 6]], "signal's values"),
        ([[2, 0, 0], [0, 4, 0], [0, 0, 3]], "add what both bring back"),
        ([[2, 0, 0], [0, -1, 0], [0, 0, 3]], "add what both bring back"),
        ([[2, -1, 0], [4, 3, 0], [0, 0, 0]], "Row 0, column 1"),
        ([[3, 0, 0], [0, 3, 0], [0, 0, 2]], "which window's value"),
        (np.zeros((3, 3)), "which window's value"),
    ],
)
def test_unpool_says_what_is_wrong(answer, said):
    sentence = checks.check_unpool(answer)
    assert said in sentence
    assert not sentence.startswith("Right")


def test_rules_accepts_the_right_answer():
    answer = {"A": "gradient", "B": "deconvnet", "C": "guided"}
    assert checks.check_rules(answer).startswith("Right")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "Not answered yet"),
        ({"A": None, "B": None, "C": None}, "Not answered yet"),
        ({"A": "gradient", "B": None, "C": None}, "still missing"),
        ({"A": "Gradient", "B": "deconvnet", "C": "guided"}, "spelling"),
        ({"A": "guided", "B": "deconvnet", "C": "gradient"}, "A and C"),
        ({"A": "gradient", "B": "guided", "C": "deconvnet"}, "B and C"),
        ({"A": "gradient", "B": "deconvnet", "C": "deconvnet"}, "at C:"),
    ],
)
def test_rules_says_what_is_wrong(answer, said):
    sentence = checks.check_rules(answer)
    assert said in sentence
    assert not sentence.startswith("Right")


@pytest.fixture(scope="module")
def features():
    network = zv.load_model("squeezenet")
    return zv.extract_features(network, zv.load_image(zv.photographs()["tabby_cat"], network))


@pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")
def test_the_close_up_shows_the_last_unpooling_or_the_last_steps_without_one(cat, lite_cat):
    steps = trace.around_last_unpooling(zv.project(cat, cat.strongest("fire3"), trace=True))
    assert steps[1].title == "unpool"
    whole = zv.project(lite_cat, lite_cat.strongest("block1_1_add"), trace=True)
    assert trace.around_last_unpooling(whole) == list(whole.trace[-5:])


def test_a_network_without_max_pools_is_stood_in_for(cat, lite_cat, capsys):
    assert course.with_max_pools(cat, "tabby_cat") is cat
    assert capsys.readouterr().out == ""
    stand_in = course.with_max_pools(lite_cat, "tabby_cat")
    assert stand_in.network.name == "squeezenet" and stand_in.image.name == "tabby_cat"
    assert choose.pool_to_show(stand_in) == "pool5"
    assert "efficientnet-lite0 has no max-pool" in capsys.readouterr().out


def test_edges_have_their_black_at_zero_and_signals_their_grey():
    steep, difference = np.array([[0.0, 2.0]]), np.array([[0.0, -3.0]])
    figure = figures.beside_edges(steep, difference, {"guided": np.array([[5.0, 0.0]])})
    sobel, signed, guided = figure.axes
    assert [ax.get_title() for ax in figure.axes] == ["Sobel", "difference of Gaussians", "guided"]
    assert sobel.images[0].get_clim() == (0, 2)
    drawn = [ax.images[0].get_array()[0, :, 0].tolist() for ax in (signed, guided)]
    assert drawn[0][0] == drawn[1][1] == 128
    assert drawn[0][1] < 10 and drawn[1][0] > 245


@pytest.mark.parametrize(
    ("rule", "low", "high"),
    [("guided", 0.65, 0.75), ("deconvnet", 0.55, 0.65), ("gradient", -0.05, 0.05)],
)
def test_a_guided_picture_is_like_an_edge_detectors(cat, rule, low, high):
    """The notebook's numbers of its section 4; Adebayo et al. 2018, figure 1."""
    difference = difference_of_gaussians(cat.image.pixels.mean(axis=2), 0, 2)
    found = zv.project(cat, cat.target(), rule).on_canvas().sum(axis=2)
    assert low < trust.likeness(found, difference).rank < high
