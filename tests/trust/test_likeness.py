"""How like two pictures are: by hand, by SciPy, and where there is nothing to see."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from zv_helpers.trust import Likeness, likeness

RNG = np.random.default_rng(4)
RISING = np.arange(256.0).reshape(16, 16)


def by_hand(one, other, window=11, spread=1.5, k1=0.01, k2=0.03):
    """Structural similarity (Wang et al. 2004) of pictures in [0, 1], one window at a time."""
    offsets = np.arange(window) - window // 2
    weights = np.exp(-(offsets[:, None] ** 2 + offsets[None] ** 2) / (2 * spread**2))
    weights /= weights.sum()
    found = []
    for row in range(one.shape[0] - window + 1):
        for column in range(one.shape[1] - window + 1):
            a, b = (p[row : row + window, column : column + window] for p in (one, other))
            means = (weights * a).sum(), (weights * b).sum()
            spreads = [(weights * (p - m) ** 2).sum() for p, m in zip((a, b), means, strict=True)]
            both = (weights * (a - means[0]) * (b - means[1])).sum()
            light = (2 * means[0] * means[1] + k1**2) / (means[0] ** 2 + means[1] ** 2 + k1**2)
            found.append(light * (2 * both + k2**2) / (sum(spreads) + k2**2))
    return np.mean(found)


def test_heatmaps_have_the_numbers_of_their_definitions():
    one, other = RNG.random((16, 19)), RNG.random((16, 19)) ** 2
    other = 0.3 * other + 0.7 * one
    found = likeness(one, other)
    assert (
        found.rank == found.absolute_rank == pytest.approx(spearmanr(one.ravel(), other.ravel())[0])
    )
    scaled = by_hand(one / one.max(), other / other.max())
    assert 0.3 < scaled < 0.95 and found.structure == pytest.approx(scaled, abs=1e-6)


def test_signals_are_compared_with_their_sign_and_without():
    one, other = RNG.normal(size=(13, 14)), RNG.normal(size=(13, 14))
    other = np.abs(other) * np.sign(one) * -1
    found = likeness(one, other)
    assert found.rank == pytest.approx(spearmanr(one.ravel(), other.ravel())[0])
    assert found.rank < -0.5
    absolute = spearmanr(np.abs(one).ravel(), np.abs(other).ravel())[0]
    assert found.absolute_rank == pytest.approx(absolute) != found.rank
    grey = [(1 + p / np.abs(p).max()) / 2 for p in (one, other)]
    assert found.structure == pytest.approx(by_hand(*grey), abs=1e-6)


def test_one_negative_value_makes_both_signals():
    """Whichever of the two has it."""
    one, other = RISING + 1, RISING[::-1] - 1
    grey = [(1 + p / np.abs(p).max()) / 2 for p in (one, other)]
    for pair in ((one, other), (other, one)):
        found = likeness(*pair)
        assert found.structure == pytest.approx(by_hand(*grey), abs=1e-6)
        assert found.rank != found.absolute_rank


def test_the_scale_of_a_picture_counts_for_nothing():
    one, other = RNG.random((12, 12)), RNG.random((12, 12))
    for first, second in ((one, other), (one - 0.5, other - 0.5)):
        near = likeness(first, second), likeness(30 * first, 1e-3 * second)
        assert near[0].rank == pytest.approx(near[1].rank)
        assert near[0].structure == pytest.approx(near[1].structure)


def test_channels_are_compared_each_by_itself():
    one, other = RNG.normal(size=(14, 13, 3)), RNG.normal(size=(14, 13, 3))
    peaks = [np.abs(p).max() for p in (one, other)]
    grey = [(1 + p / peak) / 2 for p, peak in zip((one, other), peaks, strict=True)]
    each = [by_hand(grey[0][..., k], grey[1][..., k]) for k in range(3)]
    assert likeness(one, other).structure == pytest.approx(np.mean(each), abs=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (4, 4), (9, 30), (16, 16), (6, 8, 3)])
def test_every_size_and_constant_pictures_have_their_numbers(shape):
    empty, full, some = np.zeros(shape), np.ones(shape), RNG.random(shape)
    for one in (empty, full, some, some - 0.5):
        assert likeness(one, one) == Likeness(1.0, 1.0, pytest.approx(1.0))
    for one, other in ((empty, full), (full, empty), (empty, some + 0.1)):
        found = likeness(one, other)
        assert (found.rank, found.absolute_rank) == (0, 0) and -1e-6 < found.structure < 0.01
    assert likeness(np.full(shape, -2.0), full).rank == 0


def test_no_picture_is_changed():
    one = RNG.normal(size=(12, 12))
    kept = one.copy()
    likeness(one, RISING[:12, :12])
    np.testing.assert_array_equal(one, kept)


@pytest.mark.parametrize("shapes", [((4, 4), (4, 5)), ((4,), (4,)), ((0, 4), (0, 4))])
def test_other_shapes_are_refused(shapes):
    with pytest.raises(ValueError, match=r"Expected two pictures of one shape, .* but got \("):
        likeness(*(np.zeros(shape) for shape in shapes))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_refused(value):
    broken = RISING.copy()
    broken[3, 4] = value
    for pair in ((broken, RISING), (RISING, broken)):
        with pytest.raises(ValueError, match="finite values"):
            likeness(*pair)


def test_it_says_its_numbers():
    text = str(Likeness(0.5, 0.25, 1.0))
    assert text == ("rank correlation 0.50 (of absolute values 0.25), structural similarity 1.00")
