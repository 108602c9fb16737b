"""The checks of step 4's exercises say right to right answers, and what is wrong to wrong ones."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import choose, course
from zv_helpers.course.step4 import checks, trace

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


def test_against_accepts_the_lowest_score_only(features):
    scores = zv.relevance_scores(features, features.target(), "fire5")
    order = np.argsort(scores)
    sentences = {int(c): checks.check_against(int(c), features, "fire5") for c in order[:3]}
    assert sentences[order[0]].startswith("Right")
    assert "rises" in sentences[order[0]]
    assert "but 1 other does" in sentences[order[1]]
    assert "but 2 others do" in sentences[order[2]]


def test_against_says_what_is_wrong(features):
    scores = zv.relevance_scores(features, features.target(), "fire5")
    middling = int(np.argsort(scores)[-5])
    assert "highest score" in checks.check_against(int(scores.argmax()), features, "fire5")
    assert "not negative" in checks.check_against(middling, features, "fire5")
    assert "Not answered yet" in checks.check_against(None, features, "fire5")
    for nonsense in (256, -1, 1.5, "map"):
        assert "0 to 255" in checks.check_against(nonsense, features, "fire5")


def test_against_works_for_a_neuron_of_any_layer(features):
    neuron = features.strongest("fire9")
    scores = zv.relevance_scores(features, neuron, "fire5")
    answer = int(scores.argmin())
    assert checks.check_against(answer, features, "fire5", neuron).startswith("Right")


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
