"""In which order pixels are hidden, and what they are hidden behind."""

import dataclasses

import numpy as np
import odd_networks
import pytest
from scipy.ndimage import gaussian_filter, label

import zv_helpers as zv
from zv_helpers.trust import BASELINES, ORDERS, baseline_picture, hidden, pixel_order

SIDES = (24, 40)
EVEN = np.full(SIDES, 0.5)


def distinct(seed=0, sides=SIDES):
    """A heatmap without ties, with one hot place."""
    rows, columns = np.mgrid[: sides[0], : sides[1]]
    slope = np.random.default_rng(seed).permutation(rows.size).reshape(sides) * 1e-6
    return np.exp(-((rows - 6) ** 2 + (columns - 30) ** 2) / 40) + slope


def seeds(heat, order, count=12):
    return [pixel_order(heat, order, seed) for seed in range(count)]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("heat", [distinct(), EVEN, distinct() > 0.3], ids=["", "even", "two"])
def test_every_pixel_goes_once_and_the_seed_decides(heat, order):
    first = pixel_order(heat, order, seed=3)
    assert np.array_equal(np.sort(first), np.arange(heat.size))
    assert np.array_equal(first, pixel_order(heat, order, seed=3))
    alone = order in ("hottest", "coldest") and len(np.unique(heat)) == heat.size
    assert np.array_equal(first, pixel_order(heat, order, seed=4)) == alone


@pytest.mark.parametrize("scale", [1, -2.5, 1000])
def test_the_hottest_go_first_whatever_the_scale(scale):
    heat = distinct()
    order = pixel_order(heat * scale + 7)
    values = (heat * scale).ravel()[order]
    assert (np.diff(values) < 0).all()
    assert np.array_equal(pixel_order(heat * scale, "coldest"), order[::-1])
    whole = np.arange(12, dtype=np.uint8).reshape(3, 4)  # −1 would be 255 there
    assert pixel_order(whole).tolist() == list(range(11, -1, -1))


def test_equals_go_in_patches_and_not_row_by_row():
    """Where they lie is drawn: none is always first, and what goes first hangs together."""
    firsts = [order[: EVEN.size // 4] for order in seeds(EVEN, "hottest", 40)]
    often = np.bincount(np.concatenate(firsts), minlength=EVEN.size) / 40
    assert often.max() < 0.8 and abs(often.reshape(SIDES)[:12].mean() - 0.25) < 0.05
    for order in firsts:
        mask = np.isin(np.arange(EVEN.size), order).reshape(SIDES)
        pixels_apart = label(mask)[1]
        noise = np.random.default_rng(0).permutation(mask.ravel()).reshape(SIDES)
        assert pixels_apart < 25 < 80 < label(noise)[1]
    two = (distinct() > 0.3).astype(float)
    for order in seeds(two, "hottest"):
        assert (np.diff(two.ravel()[order]) <= 0).all()


def test_the_last_of_equals_are_drawn_too():
    """The patches themselves have equal values at the corners, and on a side of one pixel."""
    corners = [
        order.tolist().index(0) < order.tolist().index(1) for order in seeds(EVEN, "hottest")
    ]
    assert 0 < sum(corners) < 12
    assert len({tuple(order) for order in seeds(np.zeros((1, 1)), "hottest")}) == 1
    assert {tuple(order) for order in seeds(np.zeros((1, 2)), "hottest", 20)} == {(0, 1), (1, 0)}


def test_random_pixels_heed_no_heat():
    orders = seeds(distinct(), "random")
    assert np.array_equal(orders[5], pixel_order(EVEN, "random", 5))
    hot = distinct().ravel() > 0.5
    shares = [hot[order[: hot.size // 2]].sum() / hot.sum() for order in orders]
    assert abs(np.mean(shares) - 0.5) < 0.1


@pytest.mark.parametrize("sides", [SIDES, (9, 9), (5, 4), (3, 3), (2, 7), (1, 8)])
def test_elsewhere_is_the_same_heatmap_a_quarter_to_three_quarters_away(sides):
    heat = np.random.default_rng(1).permutation(np.prod(sides)).reshape(sides).astype(float)
    ways = set()
    for order in seeds(heat, "elsewhere", 200):
        moved = np.empty(heat.size)
        moved[order] = np.sort(heat.ravel())[::-1]
        down, across = (int(i) for i in np.argwhere(moved.reshape(sides) == heat[0, 0])[0])
        assert np.array_equal(moved.reshape(sides), np.roll(heat, (down, across), (0, 1)))
        ways.add((down, across))
    for axis, side in enumerate(sides):
        steps = sorted({way[axis] for way in ways})
        every = [n for n in range(side) if side <= 4 * n <= 3 * side] if side > 1 else [0]
        assert steps == every
    assert len(ways) > 1 or max(sides) < 4


@pytest.mark.parametrize("order", ORDERS)
def test_only_the_pixels_of_a_place_are_ordered(order):
    heat, (top, left, bottom, right) = distinct(), (3, 10, 20, 37)
    numbers = np.arange(heat.size).reshape(SIDES)[top:bottom, left:right]
    found = pixel_order(heat, order, 2, (top, left, bottom, right))
    assert np.array_equal(np.sort(found), np.sort(numbers.ravel()))
    inside = pixel_order(heat[top:bottom, left:right], order, 2)
    assert np.array_equal(found, numbers.ravel()[inside])


def test_what_is_no_order_or_no_heatmap_is_refused():
    with pytest.raises(ValueError, match="hottest, coldest, random, elsewhere, but got 'hot'"):
        pixel_order(EVEN, "hot")
    with pytest.raises(ValueError, match=r"shape \(h, w\), got \(24, 40, 1\)"):
        pixel_order(EVEN[..., None])
    for bad in (np.nan, -np.inf):
        with pytest.raises(ValueError, match="NaN or infinity"):
            pixel_order(np.where(distinct() > 0.9, bad, 0))


# --- what is seen instead ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def duck(squeezenet):
    return zv.load_image("duck", squeezenet, fit="letterbox")


def test_the_share_is_rounded_and_a_picture_is_left_as_it_was():
    white, order = np.full((1, 6, 3), 255, np.uint8), np.array([4, 0, 1, 2, 3, 5])
    assert hidden(white, order, 0.3)[0, :, 1].tolist() == [128, 255, 255, 255, 128, 255]
    assert hidden(white, order, 0.2)[0, :, 0].tolist() == [255] * 4 + [128, 255]
    assert np.array_equal(hidden(white, order, 0), white)
    assert (hidden(white, order, 1) == 128).all() and (white == 255).all()
    assert hidden(white, order[:4], 0.5)[0, :, 2].tolist() == [128, 255, 255, 255, 128, 255]
    for share in (-0.01, 1.01):
        with pytest.raises(ValueError, match="share from 0 to 1"):
            hidden(white, order, share)


def test_behind_it_is_a_colour_or_a_picture():
    white, order = np.full((2, 2, 3), 255, np.uint8), np.array([3, 0, 1, 2])
    coloured = hidden(white, order, 0.5, (1, 2, 3))
    assert coloured[1, 1].tolist() == coloured[0, 0].tolist() == [1, 2, 3]
    assert (coloured[0, 1] == 255).all() and (coloured[1, 0] == 255).all()
    behind = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert np.array_equal(hidden(white, order, 1, behind), behind)
    assert np.array_equal(hidden(white, order, 0.25, behind)[1, 1], behind[1, 1])


@pytest.mark.parametrize("baseline", BASELINES)
def test_the_bars_of_a_letterbox_stay(duck, baseline):
    top, left, bottom, right = duck.place
    assert (top, left) != (0, 0)
    behind, mask = baseline_picture(duck, baseline), np.ones((224, 224), bool)
    mask[top:bottom, left:right] = False
    assert behind.dtype == np.uint8 and np.array_equal(behind[mask], duck.pixels[mask])
    assert not np.array_equal(behind, duck.pixels)


def test_each_baseline_in_plain_words(duck):
    top, left, bottom, right = duck.place
    part = duck.pixels[top:bottom, left:right].astype(float)
    behind = {one: baseline_picture(duck, one)[top:bottom, left:right] for one in BASELINES}
    assert (behind["grey"] == 128).all()
    assert np.abs(behind["mean"] - part.mean(axis=(0, 1))).max() <= 0.5 + 1e-6
    sigma = min(part.shape[:2]) / 16
    for channel in range(3):
        blurred = gaussian_filter(part[..., channel], sigma, mode="nearest")
        assert np.abs(behind["blurred"][..., channel] - blurred).max() <= 0.51
    with pytest.raises(ValueError, match="grey, blurred, mean, but got 'black'"):
        baseline_picture(duck, "black")
    four = np.array([[[10], [11]], [[11], [11]]], np.uint8)  # 10.75 on average
    few = dataclasses.replace(duck, pixels=four, place=(0, 0, 2, 2))
    assert (baseline_picture(few, "mean") == 11).all()


def test_a_grey_network_has_grey_baselines():
    image = odd_networks.made("grey").features.image
    assert image.pixels.shape[2] == 1
    for baseline in BASELINES:
        assert baseline_picture(image, baseline).shape == image.pixels.shape
