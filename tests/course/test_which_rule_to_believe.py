"""The lab on which rule to believe: its check accepts the lowest score only."""

import numpy as np

import zv_helpers as zv
from zv_helpers.course.which_rule_to_believe import checks


def test_against_accepts_the_lowest_score_only(cat):
    scores = zv.relevance_scores(cat, cat.target(), "fire5")
    order = np.argsort(scores)
    sentences = {int(c): checks.check_against(int(c), cat, "fire5") for c in order[:3]}
    assert sentences[order[0]].startswith("Right")
    assert "rises" in sentences[order[0]]
    assert "but 1 other does" in sentences[order[1]]
    assert "but 2 others do" in sentences[order[2]]


def test_against_says_what_is_wrong(cat):
    scores = zv.relevance_scores(cat, cat.target(), "fire5")
    middling = int(np.argsort(scores)[-5])
    assert "highest score" in checks.check_against(int(scores.argmax()), cat, "fire5")
    assert "not negative" in checks.check_against(middling, cat, "fire5")
    assert "Not answered yet" in checks.check_against(None, cat, "fire5")
    for nonsense in (256, -1, 1.5, "map"):
        assert "0 to 255" in checks.check_against(nonsense, cat, "fire5")


def test_against_works_for_a_neuron_of_any_layer(cat):
    neuron = cat.strongest("fire9")
    scores = zv.relevance_scores(cat, neuron, "fire5")
    answer = int(scores.argmin())
    assert checks.check_against(answer, cat, "fire5", neuron).startswith("Right")
