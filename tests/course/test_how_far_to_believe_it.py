"""The lab on how far to believe a heatmap: its figures' numbers hold, its check knows the three
pictures."""

import itertools
import re
import warnings

import numpy as np
import pytest
from matplotlib.colors import to_rgba

import zv_helpers as zv
from zv_helpers import trust
from zv_helpers.course import panels
from zv_helpers.course.how_far_to_believe_it import checks, figures, three
from zv_helpers.draw.colours import COLOURS, SKY, VERMILION
from zv_helpers.images import marked_boxes


def marks(ax):
    """{colour: [(row, column) …]} of the dots on a picture, the middles' crosses left out."""
    found = {}
    for line in ax.lines:
        if line.get_marker() == "o":
            place = (float(line.get_ydata()[0]), float(line.get_xdata()[0]))
            found.setdefault(line.get_color(), []).append(place)
    return found


@pytest.fixture(scope="module")
def pointing_games(squeezenet):
    """Both games with one way that heeds the question and one that does not, over 12 boxes."""
    boxes = marked_boxes(part="subject")[16:28]
    ways = [("relevance", "gradient"), ("deconvnet", "deconvnet")]
    games = trust.pointing_game, trust.pointing_game_of_four
    return [game(squeezenet, ways, boxes, progress=False) for game in games]


def test_the_wall_of_photographs_marks_hits_and_misses(pointing_games):
    game, way = pointing_games[0], ("relevance", "gradient")
    bars, wall = figures.pointing(game, way, columns=5).axes
    count = game.count(way)
    assert count == 11  # the Empire State Building is missed
    found = marks(wall)
    assert (len(found[SKY]), len(found[VERMILION])) == (count, 12 - count)
    step = 224 + 14  # a photograph and the gap after it
    index = [box.photograph for box in game.boxes].index("empire_state")
    expected = np.add((index // 5 * step, index % 5 * step), game.points[1, index])
    assert found[VERMILION] == [pytest.approx(tuple(expected))]
    shown = wall.images[0].get_array()
    corner = index // 5 * step, index % 5 * step
    part = shown[corner[0] : corner[0] + 224, corner[1] : corner[1] + 224]
    np.testing.assert_array_equal(part, game.pictures[index])
    assert [bar.get_width() for bar in bars.patches] == [game.count(one) for one in game.ways]


def test_the_pictures_of_four_mark_each_question_in_its_boxs_colour(pointing_games):
    four = pointing_games[1]
    figure = figures.pointing_of_four(four, four.ways[1:], first=1, count=2)
    rows = [ax for ax in figure.axes if ax.images]
    assert len(rows) == 4
    for place, ax in enumerate(rows):
        way, first = place // 2 + 1, 4 + place % 2 * 4
        assert ax.get_title() == f"{four.hits[way, first : first + 4].sum()} of 4"
        found, frames = marks(ax), ax.patches[1::2]  # under each frame lies a wider black one
        for k, colour in enumerate(COLOURS[:4]):
            assert found[colour] == [pytest.approx(tuple(four.points[way, first + k]))]
            assert frames[k].get_edgecolor() == to_rgba(colour)
            top, left, bottom, right = four.places[first + k]
            box = frames[k].get_bbox()
            edges = (box.y0 + 0.5, box.x0 + 0.5, box.y1 + 0.5, box.x1 + 0.5)
            assert edges == (top, left, bottom, right)


def test_the_bars_show_the_counts_and_chance(pointing_games):
    for game in pointing_games:
        figure, ax = panels()
        figures.hits_of(ax, game)
        counts = [game.count(way) for way in game.ways]
        assert [text.get_text() for text in ax.texts] == list(map(str, counts))
        labels = [label.get_text() for label in ax.get_yticklabels()]
        assert labels == ["middle", "relevance · gradient", "deconvnet · deconvnet"]
        assert ax.lines[-1].get_xdata()[0] == pytest.approx(12 * game.chance)


@pytest.fixture(scope="module")
def pictures(squeezenet):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a notebook would show it
        return three.three_pictures(squeezenet)


def test_the_three_are_what_they_are_called(pictures, squeezenet):
    features, (asked, other) = pictures.features, pictures.classes
    assert [squeezenet.class_name(one) for one in pictures.classes] == ["goldfish", "eel"]
    made = {kind: pictures.heats[name] for name, kind in pictures.kinds.items()}
    np.testing.assert_array_equal(made["right"], zv.heatmap(features, asked))
    np.testing.assert_array_equal(made["other"], zv.heatmap(features, other))
    layer, without = next(trust.randomised(features, seed=three.WEIGHTS, progress=False))
    assert layer == "conv10"  # what it has learnt of fish is left, of classes nothing
    np.testing.assert_array_equal(made["random"], zv.heatmap(without, asked))


def test_every_order_comes_and_each_seed_gives_one(squeezenet):
    orders = [tuple(three.three_pictures(squeezenet, seed).kinds.values()) for seed in range(3)]
    assert len(set(orders)) > 1 and all(set(order) == set(three.KINDS) for order in orders)
    assert orders[0] == tuple(three.three_pictures(squeezenet, 0).kinds.values())
    assert orders[0] != three.KINDS


def test_the_three_look_alike_and_differ_in_what_hiding_costs(pictures):
    """All are hottest on the one fish, and cover about as much; deletion tells them apart."""
    places, spread, left = [], [], {}
    for name, kind in pictures.kinds.items():
        heat = pictures.heats[name]
        places.append(trust.hottest(heat))
        spread.append(heat.mean())
        left[kind] = [
            trust.deletion(pictures.features, one, heat, progress=False).at(0.1)
            for one in pictures.classes
        ]
    assert np.ptp(places, axis=0).max() < 224 // 4  # the hottest pixels
    assert max(spread) < 3 * min(spread)
    assert left["right"][0] < left["other"][0] - 0.1 < left["random"][0] - 0.25
    assert left["other"][1] < left["random"][1] - 0.1 and left["other"][1] < left["right"][1]


def test_the_verdict_alone_does_not_tell_the_three_apart(pictures):
    """So says the solution: hiding elsewhere raises the first class, and all three places count."""
    for heat in pictures.heats.values():
        found = trust.examine(pictures.features, pictures.classes[0], heat=heat, progress=False)
        assert found.counts and found.band[1] < 0


HINTS = {"right": "second class", "other": "all three, and ask", "random": "compare what is left"}


@pytest.mark.parametrize("order", [*itertools.permutations(three.KINDS)])
def test_each_wrong_order_names_a_test_and_no_picture(pictures, order):
    answer = dict(zip("ABC", order, strict=True))
    sentence = checks.check_three(pictures, answer)
    if answer == pictures.kinds:
        assert sentence.startswith("Right")
        return
    taken = next(pictures.kinds[name] for name in answer if answer[name] == "right")
    assert sentence.startswith("Not quite") and HINTS[taken] in sentence
    assert not re.search(r"\b[ABC]\b", sentence)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "Not answered yet"),
        ({"A": None, "B": None, "C": None}, "Not answered yet"),
        ({"A": "right", "B": None, "C": None}, "still missing"),
        (dict.fromkeys("ABC", "right"), "each of the three words once"),
        ({"A": "right", "B": "other", "C": "left"}, "Expected right, other or random for each"),
        ({"A": "right", "B": "other"}, "for each of A, B and C"),
        (dict.fromkeys("ABCD", "right"), "there are no more"),
    ],
)
def test_three_says_what_is_missing(pictures, answer, said):
    assert said in checks.check_three(pictures, answer)
