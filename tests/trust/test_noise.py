"""Noise that leaves the answer as it is: which copies count, and how far their pictures are."""

from dataclasses import replace

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import trust
from zv_helpers.images import with_pixels
from zv_helpers.progress import Cancelled
from zv_helpers.targets import ClassScore
from zv_helpers.trust.likeness import likeness
from zv_helpers.trust.noise import distances, noisy, same_answer
from zv_helpers.trust.pictures import picture_of

MIDDLE = np.full((40, 50, 3), 128, np.uint8)


def test_uniform_noise_reaches_its_amplitude_and_no_further():
    moved = noisy(MIDDLE, np.random.default_rng(0), 6).astype(int) - 128
    assert (moved.min(), moved.max()) == (-6, 6) and abs(moved.mean()) < 0.2
    shares = [np.mean(moved == step) for step in range(-5, 6)]
    assert max(shares) < 0.1 and min(shares) > 0.07


def test_normal_noise_has_its_standard_deviation():
    moved = noisy(MIDDLE, np.random.default_rng(0), 6, "normal").astype(int) - 128
    assert moved.std() == pytest.approx(6, rel=0.03) and np.abs(moved).max() > 15


@pytest.mark.parametrize("value, side", [(0, 1), (255, -1)])
def test_noise_stays_among_the_pixels(value, side):
    """Nothing wraps round, and each channel has noise of its own."""
    pixels = np.full_like(MIDDLE, value)
    moved = (noisy(pixels, np.random.default_rng(0), 20, "normal").astype(int) - value) * side
    assert moved.min() == 0 and moved.max() > 40
    assert not np.array_equal(moved[..., 0], moved[..., 1]) and (pixels == value).all()


def test_distances_are_what_they_say():
    rng = np.random.default_rng(0)
    picture, others = rng.normal(size=(5, 4, 3)), rng.normal(size=(6, 5, 4, 3))
    expected = [
        np.sqrt(((one - picture) ** 2).sum()) / np.sqrt((picture**2).sum()) for one in others
    ]
    np.testing.assert_allclose(distances(picture, others), expected)


@pytest.fixture(scope="module")
def noise(cat):
    return trust.noise_sensitivity(cat, count=6, amplitude=5, progress=False)


def test_only_copies_with_the_same_answer_are_compared(cat, noise):
    """Drawn once more, and each looked at by itself."""
    rng, before, kept, pictures = np.random.default_rng(0), cat.probabilities, [], []
    for place in range(6):
        pixels = noisy(cat.image.pixels, rng, 5)
        other = zv.extract_features(cat.network, with_pixels(cat.image, pixels, "noise"))
        best, after = int(before.argmax()), other.probabilities
        if after.argmax() == best and abs(after[best] - before[best]) <= 0.1 * before[best]:
            kept.append(place)
            pictures.append(zv.heatmap(other, best))
    assert 0 < len(kept) < 6 and noise.kept.tolist() == kept and noise.count == 6
    np.testing.assert_allclose(noise.pictures, pictures, atol=1e-4)
    np.testing.assert_array_equal(noise.picture, zv.heatmap(cat))
    assert noise.likenesses == tuple(likeness(noise.picture, one) for one in noise.pictures)
    np.testing.assert_array_equal(noise.distances, distances(noise.picture, noise.pictures))
    assert noise.largest == noise.distances.max() and noise.mean == noise.distances.mean()
    assert (noise.target, noise.method, noise.rule) == (cat.target(), "relevance", "gradient")


def test_a_larger_tolerance_keeps_more_and_no_other_class(cat, noise):
    all_but_other_classes = trust.noise_sensitivity(
        cat, count=6, amplitude=5, tolerance=50, progress=False
    )
    assert set(noise.kept) < set(all_but_other_classes.kept)
    best = cat.target()
    other = with_pixels(cat.image, 255 - cat.image.pixels, "negative")
    other = zv.extract_features(cat.network, other)
    assert other.target() != best
    assert not same_answer(cat, other, best, 1e9)
    assert same_answer(cat, cat, best, 0)


def test_a_value_may_fall_and_rise_by_the_tolerance(cat):
    """A score of 1 beside scores of which the others sink or rise: its probability moves."""
    rows = [np.zeros(1000, np.float32) for _ in range(3)]
    for row, height in zip(rows, (8.0, 8.5, 7.5), strict=True):
        row[7] = height

    def having(logits):
        return replace(
            cat, values={cat.network.graph.scores: logits[None]}, cache=type(cat.cache)()
        )

    before, higher, lower = (having(row) for row in rows)
    shares = [float(one.probabilities[7]) for one in (before, higher, lower)]
    for other, share in ((higher, shares[1]), (lower, shares[2])):
        away = abs(share / shares[0] - 1)
        assert 0.05 < away < 0.5
        assert same_answer(before, other, ClassScore(7), away + 0.01)
        assert not same_answer(before, other, ClassScore(7), away - 0.01)


def test_the_seed_draws(cat, noise):
    same = trust.noise_sensitivity(cat, count=6, amplitude=5, progress=False)
    np.testing.assert_array_equal(same.pictures, noise.pictures)
    other = trust.noise_sensitivity(cat, count=6, amplitude=5, seed=8, progress=False)
    assert other.distances.tolist() != noise.distances.tolist()
    normal = trust.noise_sensitivity(cat, count=4, amplitude=2, kind="normal", progress=False)
    assert normal.distances.tolist() != noise.distances.tolist()


@pytest.mark.parametrize("method", ["relevance", "projection", "occlusion"])
def test_odd_networks_and_neurons_have_pictures_under_noise(odd, method):
    for target in (None, odd.features.strongest(odd.layer)):
        found = trust.noise_sensitivity(
            odd.features, target, method, count=5, amplitude=2, progress=False
        )
        assert len(found.kept) >= 4 and len(found.pictures) == len(found.kept)
        assert 0 <= found.mean <= found.largest < 1
        untouched = picture_of(odd.features, target, method)
        np.testing.assert_array_equal(found.picture, untouched)


def test_progress_is_told_and_may_end_it(cat):
    told = []

    def enough(done, count):
        told.append((done, count))
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        trust.noise_sensitivity(cat, count=6, progress=enough)
    assert told == [(0, 2), (1, 2)]


@pytest.mark.parametrize(
    "how, words",
    [
        ({"kind": "pink"}, "one of uniform, normal, but got 'pink'"),
        ({"amplitude": 0}, "but got 0 and 10"),
        ({"count": 0}, "but got 4 and 0"),
        ({"amplitude": 250, "count": 2}, "it changes in all 2 copies"),
        ({"method": "guess"}, "but got 'guess'"),
    ],
)
def test_what_makes_no_noise_is_refused(cat, how, words):
    with pytest.raises(ValueError, match=words):
        trust.noise_sensitivity(cat, progress=False, **how)
