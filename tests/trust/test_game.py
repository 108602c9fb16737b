"""The pointing game over the shipped photographs, with the numbers that notebook 6 shows."""

import warnings

import numpy as np
import pytest
from PIL import Image

import zv_helpers as zv
from zv_helpers import trust
from zv_helpers.deconvnet import ProjectionWarning
from zv_helpers.heatmaps import METHODS
from zv_helpers.images import marked_boxes
from zv_helpers.network import compiling
from zv_helpers.progress import Cancelled
from zv_helpers.trust.game import MIDDLE

SUBJECTS = marked_boxes(part="subject")
SOME = SUBJECTS[::4]  # of them all, notebook 6 prints the numbers that nbval compares
AT_LAST_LAYER = [way for way in trust.REVERSE_WAYS if way[0] != "deconvnet"]
MAGNITUDE = ("deconvnet", "deconvnet")


@pytest.fixture(scope="module")
def compiled():
    """A SqueezeNet of one's own, compiled at once: so many passes are worth it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiling, "LATER", 0)
        yield zv.load_model("squeezenet")


@pytest.fixture(scope="module")
def game(compiled):
    return trust.pointing_game(compiled, trust.REVERSE_WAYS, SOME, progress=False)


@pytest.fixture(scope="module")
def four(compiled):
    return trust.pointing_game_of_four(compiled, boxes=SOME, progress=False)


def test_every_method_and_rule_plays():
    assert {method for method, _ in trust.WAYS} == set(METHODS)
    assert len(trust.WAYS) == 3 * 3 + 1 == len(set(trust.WAYS))


@pytest.mark.thorough
def test_the_numbers_of_notebook_6(compiled):
    """64 photographs each alone: nearly all point at the subject, and so does the middle."""
    game = trust.pointing_game(compiled, trust.REVERSE_WAYS, progress=False)
    lines = str(game).splitlines()
    assert lines[1].split() == ["middle", "61", "of", "64", "95%", "63", "of", "64", "98%"]
    assert lines[-1].split() == ["a", "pixel", "at", "random", "63%"]
    found = {way: game.count(way) for way in game.ways}
    assert found == {
        MIDDLE: 61,
        **dict.fromkeys(AT_LAST_LAYER, 63),
        MAGNITUDE: 60,
        ("deconvnet", "guided"): 64,
        ("deconvnet", "gradient"): 57,
    }
    near = dict(zip(game.ways, game.near.sum(axis=1).tolist(), strict=True))
    assert near[("deconvnet", "gradient")] == 61 and near[MIDDLE] == 63
    assert game.chance == pytest.approx(0.63, abs=0.005)
    missed = [box.photograph for box, hit in zip(game.boxes, game.hits[3], strict=True) if not hit]
    assert missed == ["empire_state"]


def test_occlusion_plays_too(compiled, game):
    missed = [box.photograph for box in SOME].index("empire_state")
    few = SOME[missed - 2 : missed + 3]
    some = trust.pointing_game(compiled, [trust.OCCLUSION], few, progress=False)
    assert some.ways == (MIDDLE, trust.OCCLUSION)
    np.testing.assert_array_equal(some.hits[0], game.hits[0, missed - 2 : missed + 3])
    assert some.hits[1].tolist() == [True, True, False, True, True]


@pytest.mark.thorough
def test_the_numbers_of_the_game_of_four(compiled):
    """Four in each picture: what does not heed the question can win one of four at most."""
    four = trust.pointing_game_of_four(compiled, progress=False)
    found = {way: four.count(way) for way in four.ways}
    assert found == {
        MIDDLE: 0,
        **dict.fromkeys(AT_LAST_LAYER, 42),
        MAGNITUDE: 15,
        ("deconvnet", "guided"): 28,
        ("deconvnet", "gradient"): 30,
    }
    assert four.chance == pytest.approx(0.16, abs=0.005)
    same = np.ptp(four.points[four.place(MAGNITUDE)].reshape(16, 4, 2), axis=1).max(axis=1) == 0
    assert same.sum() == 11  # pictures in which all four questions get the same pixel


def test_the_middle_hits_where_the_box_holds_the_photographs_middle(game):
    """Counted on the photographs themselves: the crop is their middle, so nothing is mapped."""
    expected = []
    for box in SOME:
        with Image.open(zv.data_folder() / "photos" / f"{box.photograph}.jpg") as picture:
            across, down = picture.width / 2, picture.height / 2
        expected.append(box.top < down < box.bottom and box.left < across < box.right)
    assert game.hits[0].tolist() == expected


def test_rules_agree_below_the_score(game, four):
    """Between the last layer and the score no rule finds anything to differ about."""
    for one in (game, four):
        points = one.points[[one.place(way) for way in AT_LAST_LAYER]]
        np.testing.assert_array_equal(points, np.broadcast_to(points[:1], points.shape))


def test_each_row_is_what_its_heatmap_says(game, squeezenet):
    """Three photographs, each way called by hand and looked up in the game."""
    for index in (3, 7, 10):
        box = game.boxes[index]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = zv.load_image(box.photograph, squeezenet)
        features = zv.extract_features(squeezenet, image)
        np.testing.assert_array_equal(game.pictures[index], image.pixels)
        assert game.places[index] == image.locate(box)
        for method, rule in trust.REVERSE_WAYS:
            heat = zv.heatmap(features, method=method, rule=rule)
            row = game.place((method, rule))
            rows, columns = np.nonzero(heat == heat.max())
            assert game.points[row, index] == pytest.approx((rows.mean(), columns.mean()))
            assert game.hits[row, index] == trust.pointing(features, None, heat, box)


def test_each_photograph_fills_its_own_quarter(four, game):
    alone = dict(zip(game.boxes, game.pictures, strict=True))
    assert sorted(four.boxes, key=SOME.index) == list(SOME)
    for index, (box, place) in enumerate(zip(four.boxes, four.places, strict=True)):
        top, left = index % 4 // 2 * 112, index % 2 * 112
        part = four.pictures[index][top : top + 112, left : left + 112].astype(float)
        half = alone[box].reshape(112, 2, 112, 2, 3).mean(axis=(1, 3))
        assert np.corrcoef(part.ravel(), half.ravel())[0, 1] > 0.98
        whole = game.places[game.boxes.index(box)]
        expected = np.add(np.divide(whole, 2), (top, left, top, left))
        assert np.abs(expected - place).max() < 1
        assert top <= place[0] < place[2] <= top + 112 and left <= place[1] < place[3] <= left + 112
    assert all(
        (four.pictures[i] == four.pictures[i // 4 * 4]).all() for i in range(len(four.boxes))
    )


def test_the_table_says_counts_and_shares(game):
    lines = str(game).splitlines()
    assert len(lines) == 1 + len(game.ways) + 1
    hits, near = game.hits[0].sum(), game.near[0].sum()
    counts = [f"{hits} of 16 {hits / 16:.0%}", f"{near} of 16 {near / 16:.0%}"]
    assert lines[1].split() == ["middle", *" ".join(counts).split()]
    assert [line.split()[:2] for line in lines[2:-1]] == [list(way) for way in trust.REVERSE_WAYS]
    assert lines[-1].split() == ["a", "pixel", "at", "random", f"{game.chance:.0%}"]


def test_networks_without_classes_point_with_their_strongest_neuron(vgg16):
    boxes = marked_boxes("tabby_cat", "subject") + marked_boxes("german_shepherd", "subject")
    way = ("gradcam", "gradient")
    game = trust.pointing_game(vgg16, [way], boxes, progress=False)
    assert game.hits.shape == (2, 2) and game.count(way) == 2
    with pytest.raises(ValueError, match="'vgg16-conv' has no classes to ask for"):
        trust.pointing_game_of_four(vgg16, [way], boxes * 2, progress=False)


def test_warnings_come_once_and_none_of_small_photographs(lite0):
    """Both photographs are small, and the deconvnet says of both that it does not heed them."""
    boxes = marked_boxes("angelfish", "subject") + marked_boxes("boarfish", "subject")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        trust.pointing_game(lite0, [MAGNITUDE], boxes, progress=False)
    assert [one.category for one in caught] == [ProjectionWarning]


def test_progress_is_told_and_may_end_it(squeezenet):
    told, boxes, way = [], SUBJECTS[:4], AT_LAST_LAYER[:1]
    trust.pointing_game(squeezenet, way, boxes, lambda *far: told.append(far))
    assert told == [(done, 4) for done in range(5)]

    def enough(done, count):
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        trust.pointing_game_of_four(squeezenet, way, boxes, enough)


def test_what_cannot_be_played_is_refused(squeezenet, game):
    with pytest.raises(ValueError, match="got 3 in all"):
        trust.pointing_game_of_four(squeezenet, boxes=SUBJECTS[:3], progress=False)
    with pytest.raises(ValueError, match="got 0 in all"):
        trust.pointing_game_of_four(squeezenet, boxes=[], progress=False)
    with pytest.raises(ValueError, match="'guess'"):
        trust.pointing_game(squeezenet, [("guess", None)], SUBJECTS[:1], progress=False)
    with pytest.raises(ValueError, match="a way that played"):
        game.count(("guess", None))
