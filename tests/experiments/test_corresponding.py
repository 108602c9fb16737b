"""The same part hidden in several photographs: Δ against Keras, one picture after the other."""

import itertools

import numpy as np
import pytest
from independent import random_image

import zv_helpers as zv
from zv_helpers.experiments.corners import corners_round, random_corners
from zv_helpers.experiments.corresponding import SCORES, alike, correspondence
from zv_helpers.experiments.signs import hamming, signs_of_change, unrelated
from zv_helpers.progress import Cancelled

SIZE = 6


@pytest.fixture
def three(odd):
    """Three pictures in any network that loads, and corners for one part and two random draws."""
    images = [odd.features.image, *(random_image(odd.network, seed) for seed in (3, 4))]
    features = [zv.extract_features(odd.network, one) for one in images]
    height, width = odd.network.input_size
    whole = [(0, 0, height, width)] * 3
    part = [(2, 3), (height - SIZE, 0), (5, width - SIZE)]
    random = random_corners(whole, SIZE, odd.network.input_size, 2, seed=1)
    return features, {"part": part, "random": random}


def slowly(before, after, least):
    """Component by component."""
    changes = [float(a) - float(b) for a, b in zip(before.ravel(), after.ravel(), strict=True)]
    return [0 if abs(c) <= least else 1 if c > 0 else -1 for c in changes]


def test_delta_against_keras_one_at_a_time(odd, three):
    """Zeiler & Fergus 2014, §4.3, one square, one pair and one component after the other."""
    features, places = three
    found = correspondence(features, places, SIZE, [odd.layer], batch=2, progress=False)
    assert (found.layers, found.parts, found.size) == ((odd.layer,), ("part", "random"), SIZE)
    assert found.photographs == tuple(one.image.name for one in features)
    untouched = [odd.see(one.image.pixels)[0] for one in features]
    for part, draws in places.items():
        whole, pooled = found.whole[odd.layer, part], found.pooled[odd.layer, part]
        for draw, corners in enumerate(np.reshape(draws, (-1, 3, 2))):
            rows = []
            for one, before, (top, left) in zip(features, untouched, corners, strict=True):
                pixels = one.image.pixels.copy()
                pixels[top : top + SIZE, left : left + SIZE] = 128
                after = odd.see(pixels)[0]
                means = before.mean(axis=(0, 1)), after.mean(axis=(0, 1))
                pairs = (before, after), means
                rows.append([slowly(*pair, 1e-5 * pair[0].max()) for pair in pairs])
            for kind, ours in enumerate((whole, pooled)):
                signs = [row[kind] for row in rows]
                assert (ours.signs[draw] != signs).mean() < 0.002
                pairs = itertools.combinations(signs, 2)
                apart = [
                    sum(a != b for a, b in zip(*pair, strict=True)) / len(pair[0]) for pair in pairs
                ]
                np.testing.assert_allclose(ours.apart[draw], apart, atol=0.003)
        assert whole.apart.shape == whole.by_chance.shape == (draw + 1, 3)
        assert 0.02 < whole.changed < 0.98  # some components are out of the square's reach
        assert whole.delta == pytest.approx(whole.apart.mean())
        assert whole.deviation == pytest.approx(whole.apart.std())


def test_layers_by_default_and_class_scores(odd, three):
    features, places = three
    found = correspondence(features, {"part": places["part"]}, SIZE, progress=False)
    assert (SCORES in found.layers) is (odd.name not in ("no classes", "segmentation"))
    assert found.layers[:-1] or found.layers == (odd.layer,)
    if SCORES not in found.layers:
        with pytest.raises(ValueError, match="has no class scores"):
            correspondence(features, places, SIZE, [SCORES], progress=False)
        return
    scores = found.whole[SCORES, "part"]
    rows = []
    for one, (top, left) in zip(features, places["part"], strict=True):
        pixels = one.image.pixels.copy()
        pixels[top : top + SIZE, left : left + SIZE] = 128
        again = zv.extract_features(odd.network, zv.load_image(pixels, odd.network))
        number = odd.network.logits
        rows.append(np.sign(one.value(number)[0] - again.value(number)[0]))
    np.testing.assert_array_equal(scores.signs[0], rows)
    np.testing.assert_array_equal(found.pooled[SCORES, "part"].signs, scores.signs)


def test_a_photograph_compared_with_itself_is_no_distance_away(oblong):
    found = correspondence(
        [oblong.features] * 3, {"part": [(4, 7)] * 3}, SIZE, [oblong.layer], progress=False
    )
    for alikes in (found.whole, found.pooled):
        assert alikes[oblong.layer, "part"].delta == alikes[oblong.layer, "part"].deviation == 0
        assert alikes[oblong.layer, "part"].by_chance.min() > 0


def test_what_the_square_does_not_reach_has_not_changed(oblong):
    """Rounding is no change: each component outside the square's reach has the sign 0."""
    features = oblong.features
    found = correspondence([features] * 2, {"part": [(0, 0)] * 2}, 4, ["last"], progress=False)
    rows, columns = features["last"].shape[:2]
    changed = found.whole["last", "part"].signs[0, 0].reshape(rows, columns, -1).any(axis=2)
    reached = np.zeros_like(changed)
    for row, column in itertools.product(range(rows), range(columns)):
        neuron = features.neuron("last", 0, row, column)
        top, left, _, _ = features.receptive_field(neuron)
        reached[row, column] = top < 4 and left < 4
    assert changed.any() and not changed[~reached].any()


def test_three_photographs_by_hand():
    """Signs of four components: what differs is counted, and so is what changed."""
    signs = np.array([[[1, 0, 0, -1], [1, 0, 1, 0], [0, 0, 0, 0]]], np.int8)
    found = alike(signs)
    assert found.apart.tolist() == [[0.5, 0.5, 0.5]]
    assert found.by_chance.tolist() == [[0.625, 0.5, 0.5]]
    assert (found.delta, found.deviation, found.changed) == (0.5, 0, 4 / 12)
    other = alike(np.array([[[1, 0, 0, -1], [1, 0, 0, -1], [1, 1, 1, 1]]], np.int8))
    # (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1): never a photograph with itself
    assert found.across(other) == pytest.approx(np.mean([0, 3, 2, 2, 2, 2]) / 4)


def test_a_fall_is_positive_and_a_silent_neuron_has_no_sign():
    assert signs_of_change([[2.0, 0.0]], [[1.0, 0.0]]).tolist() == [1, 0]
    assert signs_of_change([1.0, 1.0], [1.5, 0.5], least=0.5).tolist() == [0, 0]
    assert signs_of_change(np.float32([1]), np.float32([2])).dtype == np.int8
    with pytest.raises(ValueError, match="broadcast"):
        signs_of_change([1.0, 2.0], [1.0, 2.0, 3.0])


def test_unrelated_is_the_mean_over_all_orders():
    """What `unrelated` says, against every order of the components."""
    first, second = [1, 1, 0, 0, -1], [1, 0, 0, -1, -1]
    orders = [hamming(first, order) for order in itertools.permutations(second)]
    assert unrelated(first, second) == pytest.approx(np.mean(orders))


# Where the squares go


def test_a_square_lies_round_its_box_and_on_the_photograph():
    boxes = [(8, 10, 12, 20), (0, 22, 3, 26), (17, 0, 20, 5)]
    corners = corners_round(boxes, 6, (20, 26))
    assert corners.tolist() == [[7, 12], [0, 20], [14, 0]]


@pytest.mark.parametrize("together", [False, True])
def test_random_squares_are_everywhere_they_may_be_and_nowhere_else(together):
    boxes = [(2, 3, 14, 20), (6, 0, 20, 26)]
    away = np.array([[(0, 0), (14, 20)], [(8, 8), (2, 2)]])
    drawn = random_corners(boxes, 4, (20, 26), 4000, 7, away, together)
    assert drawn.shape == (4000, 2, 2)
    assert (drawn[:, 0] == drawn[:, 1]).all() is np.bool_(together)
    expected = [set(), set()]
    for i, (top, left, bottom, right) in enumerate(boxes):
        for row, column in itertools.product(range(17), range(23)):
            inside = top <= row + 2 < bottom and left <= column + 2 < right
            apart = [max(abs(row - a), abs(column - b)) >= 4 for a, b in away[:, i]]
            if inside and all(apart):
                expected[i].add((row, column))
    if together:
        expected = [expected[0] & expected[1]] * 2
    for i in range(2):
        assert set(map(tuple, drawn[:, i].tolist())) == expected[i]
    again = random_corners(boxes, 4, (20, 26), 3, 7, away, together)
    np.testing.assert_array_equal(again, drawn[:3])
    assert (random_corners(boxes, 4, (20, 26), 3, 8, away, together) != again).any()


def test_no_place_is_said():
    with pytest.raises(ValueError, match="a square of 9 pixels"):
        random_corners([(0, 0, 2, 2)], 9, (20, 26))
    with pytest.raises(ValueError, match="make the square smaller"):
        random_corners([(0, 0, 8, 8), (12, 12, 20, 20)], 4, (20, 26), together=True)


# What may go wrong


def test_it_says_how_far_it_is_and_can_be_cancelled(oblong):
    told = []

    def watch(done, count):
        told.append((done, count))
        if done == 2:
            raise Cancelled

    places = {"part": [(2, 2)] * 2, "random": np.zeros((4, 2, 2), int)}
    with pytest.raises(Cancelled):
        correspondence([oblong.features] * 2, places, 5, batch=3, progress=watch)
    assert told == [(0, 4), (1, 4), (2, 4)]


def test_a_network_that_was_trained_on_is_refused(to_be_trained):
    kernel = to_be_trained.network.keras_model.get_layer("first").kernel
    kernel.assign(kernel + 1)
    with pytest.raises(ValueError, match="was trained on since"):
        correspondence([to_be_trained.features] * 2, {"a": [(0, 0)] * 2}, 5, progress=False)


def test_what_cannot_be_compared_is_refused(oblong, to_be_trained):
    one, other = oblong.features, to_be_trained.features
    two, there = [one, one], {"eye": [(0, 0), (1, 1)]}
    for features, places, layers, error, words in (
        ([one], {"eye": [(0, 0)]}, None, ValueError, "two or more .* got 1 in 1"),
        ([one, other], there, None, ValueError, "got 2 in 2"),
        (two, {"eye": [(0, 0)]}, None, ValueError, r"'eye' to be of shape \(2, 2\), or"),
        (two, {"eye": (0, 0)}, None, ValueError, r"but got \(2,\)"),
        (two, {"eye": np.zeros((0, 2, 2))}, None, ValueError, r"but got \(0, 2, 2\)"),
        (two, there, ["fire1"], KeyError, "no layer 'fire1'"),
    ):
        with pytest.raises(error, match=words):
            correspondence(features, places, 5, layers, progress=False)


def test_parts_can_be_added(oblong):
    features, first, second = [oblong.features] * 2, {"a": [(1, 1), (2, 2)]}, {"b": [(3, 4)] * 2}
    one, other = (correspondence(features, places, 5, progress=False) for places in (first, second))
    both = correspondence(features, first | second, 5, progress=False)
    found = one.joined(other)
    assert found.parts == both.parts == ("a", "b")
    for kind in ("whole", "pooled"):
        ours, expected = getattr(found, kind), getattr(both, kind)
        assert {key: one.delta for key, one in ours.items()} == {
            key: pytest.approx(one.delta, abs=0.002) for key, one in expected.items()
        }
    with pytest.raises(ValueError, match="the same size, 5, but got 6"):
        one.joined(correspondence(features, second, 6, progress=False))


def test_the_table_says_delta_and_deviation(oblong):
    places = {"part": [(2, 2), (8, 9)], "random": np.arange(12).reshape(3, 2, 2)}
    features = [oblong.features, zv.extract_features(oblong.network, random_image(oblong.network))]
    found = correspondence(features, places, 5, ["last", SCORES], progress=False)
    for pooled, alikes in ((False, found.whole), (True, found.pooled)):
        head, part, random = found.table(pooled).splitlines()
        assert head.split("  ")[-1].strip() == SCORES and "last" in head
        one = alikes["last", "random"]
        assert random.startswith("random") and f"{one.delta:.3f} ± {one.deviation:.3f}" in random
        assert f"{alikes[SCORES, 'part'].delta:.3f} ± 0.000" in part
