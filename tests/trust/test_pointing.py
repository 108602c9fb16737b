"""One throw of the pointing game: which pixel is hottest, and whether that is in the box."""

import warnings

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.images import MarkedBox, SmallImageWarning, marked_boxes
from zv_helpers.trust import hottest, pointing

BOX = (40, 60, 90, 200)
INSIDE = [(40, 60), (89, 199), (40, 199), (89, 60), (65, 130)]
OUTSIDE = [(39, 60), (40, 59), (90, 60), (89, 200), (0, 0), (223, 223)]


def spots(*places, value=1.0):
    heat = np.zeros((224, 224), np.float32)
    for place in places:
        heat[place] = value
    return heat


def by_hand(heat, box, tolerance):
    """The pointing game slower and less complicated: every pixel against every pixel of the box."""
    top, left, bottom, right = box
    rows, columns = np.mgrid[top:bottom, left:right]
    hot = np.argwhere(heat == heat.max())
    hits = [np.hypot(rows - r, columns - c).min() <= tolerance for r, c in hot]
    return len(hot) < heat.size and 2 * sum(hits) > len(hits)


@pytest.mark.parametrize("place", INSIDE)
def test_the_first_and_last_pixel_of_a_box_lie_in_it(cat, place):
    assert pointing(cat, None, spots(place), BOX) is True


@pytest.mark.parametrize("place", OUTSIDE)
def test_the_next_pixel_does_not(cat, place):
    assert pointing(cat, None, spots(place), BOX) is False


def test_a_mirrored_heatmap_is_told_apart(squeezenet):
    """The owl sits on the right; its heatmap in a mirror points at the branch."""
    owl = zv.extract_features(squeezenet, zv.load_image("owl", squeezenet))
    heat, (box,) = zv.heatmap(owl), marked_boxes("owl", "subject")
    assert pointing(owl, None, heat, box)
    assert not pointing(owl, None, heat[:, ::-1], box)
    top, left, bottom, right = owl.image.locate(box)
    assert pointing(owl, None, heat[:, ::-1], (top, 224 - right, bottom, 224 - left))


def test_only_the_order_of_the_values_counts(cat):
    heat = np.random.default_rng(0).normal(size=(224, 224))
    heat[70, 100] = 9
    for same in (heat, 100 * heat - 5000, heat - 100, heat.tolist()):
        assert pointing(cat, None, same, BOX)
    assert not pointing(cat, None, -heat, (69, 99, 72, 102))


def test_of_several_hottest_pixels_more_than_half_must_lie_in_the_box(cat):
    (one, two, *_), (out, other, *_) = INSIDE, OUTSIDE
    assert pointing(cat, None, spots(one, two, out), BOX)
    assert not pointing(cat, None, spots(one, out), BOX)
    assert not pointing(cat, None, spots(one, out, other), BOX)


@pytest.mark.parametrize("seed", range(8))
def test_ties_distances_and_mirrors_as_by_hand(cat, seed):
    """Small boxes and few different values: many ties, at every distance."""
    rng = np.random.default_rng(seed)
    heat = np.zeros((224, 224))
    heat[100:112, 100:112] = rng.integers(0, 5 if seed % 2 else 40, (12, 12))
    box = tuple(np.sort(rng.choice(np.arange(98, 115), (2, 2), replace=False), axis=0).ravel())
    for tolerance in (0, 1, 1.5, 3, 15):
        expected = by_hand(heat, box, tolerance)
        assert pointing(cat, None, heat, box, tolerance) == expected
        turned = (box[0], 224 - box[3], box[2], 224 - box[1])
        assert pointing(cat, None, heat[:, ::-1], turned, tolerance) == expected


def test_zhangs_fifteen_pixels_are_counted_round_the_corner(cat):
    top, left, bottom, right = BOX
    assert not pointing(cat, None, spots((top - 15, left)), BOX)
    assert pointing(cat, None, spots((top - 15, left)), BOX, 15)
    assert not pointing(cat, None, spots((top - 16, left)), BOX, 15)
    assert pointing(cat, None, spots((bottom - 1 + 9, right - 1 + 12)), BOX, 15)
    assert not pointing(cat, None, spots((bottom - 1 + 11, right - 1 + 11)), BOX, 15)


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0])
def test_a_constant_heatmap_points_nowhere(cat, value):
    heat = np.full((224, 224), value)
    assert pointing(cat, None, heat, (0, 0, 224, 224)) is False
    assert [len(places) for places in hottest(heat)] == [0, 0]


def test_a_heatmap_that_cannot_be_read_is_refused(cat):
    with pytest.raises(ValueError, match=r"shape \(224, 224\), got \(13, 13\)"):
        pointing(cat, None, np.zeros((13, 13)), BOX)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="NaN or infinity"):
            pointing(cat, None, spots((0, 0), value=bad), BOX)


@pytest.mark.parametrize(
    "box", [(0, 0, 225, 9), (0, 0, 9, 225), (-1, 0, 9, 9), (9, 0, 9, 9), (0, 9, 9, 9)]
)
def test_a_box_outside_the_input_is_refused(cat, box):
    with pytest.raises(ValueError, match="within the input's 224 rows and 224 columns"):
        pointing(cat, None, spots((1, 1)), box)


def test_a_marked_box_lies_where_the_fit_put_it(squeezenet):
    (box,) = marked_boxes("duck", "nose")
    for fit in ("crop", "letterbox", "stretch"):
        duck = zv.extract_features(squeezenet, zv.load_image("duck", squeezenet, fit))
        top, left, bottom, right = duck.image.locate(box)
        assert pointing(duck, None, spots((top, left)), box)
        assert not pointing(duck, None, spots((top - 1, left)), box)
        assert not pointing(duck, None, spots((bottom - 1, right)), box)


def test_a_box_of_another_photograph_or_cut_off_by_the_fit_is_refused(cat, squeezenet):
    with pytest.raises(ValueError, match="tabby_cat"):
        pointing(cat, None, spots((1, 1)), marked_boxes("owl", "subject")[0])
    (box,) = marked_boxes("angelfish", "nose")  # at the right, where a square has no room
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallImageWarning)
        image = zv.load_image("angelfish", squeezenet)
    fish = zv.extract_features(squeezenet, image)
    with pytest.raises(ValueError, match="'crop' cuts the nose of 'angelfish' off"):
        pointing(fish, None, spots((1, 1)), box)
    assert isinstance(box, MarkedBox)


def test_a_target_that_is_not_there_is_refused(cat):
    for target in (281, "tabby", cat.strongest("fire9"), None):
        assert pointing(cat, target, spots((65, 130)), BOX)
    with pytest.raises(IndexError):
        pointing(cat, 1000, spots((65, 130)), BOX)
    with pytest.raises(KeyError):
        pointing(cat, "no such class", spots((65, 130)), BOX)
