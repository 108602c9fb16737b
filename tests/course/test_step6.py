"""The checks of step 6 accept what is right and say what is wrong; its figures' numbers hold."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

import zv_helpers as zv
from zv_helpers import heatmaps, trust
from zv_helpers.course import panels
from zv_helpers.course.step6 import checks, figures, toys
from zv_helpers.draw.colours import COLOURS, SKY, VERMILION
from zv_helpers.heatmaps import box_of
from zv_helpers.images import marked_boxes


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


# The pointing game


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
