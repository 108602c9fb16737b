"""Step 6: the heatmap over the photograph."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.draw import coloured

PHOTO = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
HEAT = np.linspace(0, 1, 12 * 16, dtype=np.float32).reshape(12, 16)


def test_alpha_0_is_the_photograph_and_alpha_1_the_colours():
    assert np.array_equal(zv.overlay(PHOTO, HEAT, alpha=0), PHOTO)
    assert np.array_equal(zv.overlay(PHOTO, HEAT, alpha=1), coloured(HEAT))


def test_in_between_the_two_are_mixed():
    mixed = zv.overlay(PHOTO, HEAT, alpha=0.3, colormap="viridis")
    expected = 0.7 * PHOTO + 0.3 * coloured(HEAT, "viridis")
    assert mixed.dtype == np.uint8 and np.abs(mixed - expected).max() <= 0.5 + 1e-4


def test_the_photograph_and_the_heatmap_stay_as_they_are():
    photo, heat = PHOTO.copy(), HEAT.copy()
    zv.overlay(PHOTO, HEAT, contour=0.5)
    assert np.array_equal(PHOTO, photo) and np.array_equal(HEAT, heat)


def test_colours_are_those_of_the_map():
    import matplotlib

    colours = coloured(np.array([[0.0, 0.5, 1.0]]), "magma")
    theirs = matplotlib.colormaps["magma"]([0.0, 0.5, 1.0])[:, :3]
    assert colours.shape == (1, 3, 3) and colours.dtype == np.uint8
    assert np.abs(colours[0] / 255 - theirs).max() < 1 / 255


def test_a_heatmap_of_another_size_is_resized():
    small = np.zeros((3, 4), np.float32)
    small[0, 0] = 1
    laid = zv.overlay(PHOTO, small, alpha=1)
    assert laid.shape == PHOTO.shape
    assert laid[0, 0].astype(int).sum() > 500 > laid[-1, -1].astype(int).sum()


def test_the_contour_is_where_the_heatmap_crosses_the_level():
    heat = np.zeros((80, 80), np.float32)
    heat[26:34, 26:34] = 0.8
    grey = np.full((80, 80, 3), 100, np.uint8)
    drawn = zv.overlay(grey, heat, alpha=0, contour=0.5)
    changed = (drawn != grey).any(axis=2)
    assert changed[26, 26:34].all() and changed[33, 27:34].any()  # along the edge of the square
    assert not changed[28:32, 28:32].any()  # not inside it
    assert not changed[:24].any() and not changed[37:].any()  # and not far away
    assert (drawn[changed] == 255).all(axis=1).any() and (drawn[changed] == 0).all(axis=1).any()
    assert np.array_equal(zv.overlay(grey, heat, alpha=0, contour=0.9), grey)
    assert np.array_equal(zv.overlay(grey, np.zeros((80, 80)), alpha=0, contour=0.5), grey)


def test_the_contour_of_a_small_picture_hides_nothing_that_it_encloses():
    heat = np.zeros((28, 28), np.float32)
    heat[10, 10:13] = 1
    grey = np.full((28, 28, 3), 100, np.uint8)
    drawn = zv.overlay(grey, heat, alpha=0, contour=0.5)
    ring = np.zeros((28, 28), bool)
    ring[[9, 11], 10:13] = ring[10, [9, 13]] = True
    assert (drawn[ring] == 255).all() and (drawn[~ring] == 100).all()


def test_grey_stays_grey_under_a_heatmap():
    grey = np.arange(12 * 16, dtype=np.uint8).reshape(12, 16, 1)
    coloured_alike = grey.repeat(3, axis=2)
    for alpha in (0, 0.5):
        expected = zv.overlay(coloured_alike, HEAT, alpha)
        assert np.array_equal(zv.overlay(grey, HEAT, alpha), expected)


def test_the_contour_does_not_cross_from_one_border_to_the_other():
    heat = np.zeros((10, 10), np.float32)
    heat[:, :3] = 1
    grey = np.full((10, 10, 3), 100, np.uint8)
    changed = (zv.overlay(grey, heat, alpha=0, contour=0.5) != grey).any(axis=2)
    assert changed[:, 3].all() and not changed[:, 6:].any()


@pytest.mark.parametrize("heat", [np.zeros((12, 16)), np.ones((12, 16)), np.full((12, 16), 0.5)])
def test_a_constant_heatmap_has_a_defined_overlay(heat):
    laid = zv.overlay(PHOTO, heat)
    expected = 0.5 * PHOTO + 0.5 * coloured(heat)[0, 0]
    assert np.abs(laid - expected).max() <= 0.5 + 1e-4


def test_the_chain_from_the_image_to_the_overlay(cat):
    laid = zv.overlay(cat.image, zv.heatmap(cat), contour=0.5)
    assert laid.shape == (224, 224, 3) and laid.dtype == np.uint8
    assert not np.array_equal(laid, cat.image.pixels)


@pytest.mark.parametrize(
    "heat, how, words",
    [
        (HEAT[..., None], {}, r"shape \(h, w\), but got \(12, 16, 1\)"),
        (HEAT * 255, {}, "values from 0 to 1, but got 0 to 255"),
        (HEAT - 0.5, {}, "values from 0 to 1, but got -0.5 to 0.5"),
        (np.where(HEAT > 0.5, np.nan, HEAT), {}, "values from 0 to 1"),
        (HEAT, {"alpha": 1.2}, "alpha from 0 to 1, but got 1.2"),
        (HEAT, {"colormap": "rainbows"}, "matplotlib colormap.*but got 'rainbows'"),
    ],
)
def test_what_makes_no_overlay_is_refused(heat, how, words):
    with pytest.raises(ValueError, match=words):
        zv.overlay(PHOTO, heat, **how)
