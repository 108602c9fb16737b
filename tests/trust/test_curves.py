"""Deletion and insertion: by hand, against a plain loop, and on photographs."""

import keras
import numpy as np
import pytest
from independent import random_image, random_weights
from odd_networks import value_of

import zv_helpers as zv
from zv_helpers.progress import Cancelled
from zv_helpers.trust import (
    BASELINES,
    MEASURES,
    ORDERS,
    baseline_picture,
    compared,
    curves_of,
    deletion,
    insertion,
    pixel_order,
)

WAYS = {"deletion": deletion, "insertion": insertion}
HEAT = [[0.9, 0.1], [0.5, 0.3]]


def network_of(weights):
    """A network with one neuron: the sum of the pixels' first channel, each times its weight."""
    weights = np.array(weights, np.float32)
    kernel = np.zeros((*weights.shape, 3, 1), np.float32)
    kernel[..., 0, 0] = weights
    layer = keras.layers.Conv2D(1, weights.shape, use_bias=False, name="sum")
    model = keras.Sequential([keras.Input((*weights.shape, 3)), layer])
    layer.set_weights([kernel])
    return zv.load_model(model, preprocess="none")


def seen(weights, greys):
    """Its features of a picture of these greys."""
    network = network_of(weights)
    pixels = np.repeat(np.array(greys, np.uint8)[..., None], 3, axis=2)
    return zv.extract_features(network, zv.load_image(pixels, network))


@pytest.fixture(scope="module")
def mean():
    """The mean of four pixels."""
    return seen([[0.25, 0.25], [0.25, 0.25]], [[200, 100], [50, 10]])


@pytest.fixture(scope="module")
def heats(shepherd, cat):
    return {one.image.name: zv.heatmap(one) for one in (shepherd, cat)}


# --- worked by hand ------------------------------------------------------------------------------


def test_deletion_by_hand(mean):
    """(200, 100, 50, 10) become 128 in the order first, third, fourth, second."""
    curve = deletion(mean, None, HEAT, steps=4)
    assert curve.fractions.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert curve.values.tolist() == pytest.approx([90, 72, 91.5, 121, 128])
    assert curve.area == pytest.approx((90 / 2 + 72 + 91.5 + 121 + 128 / 2) / 4)
    assert [curve.at(share) for share in (0, 0.125, 0.5)] == pytest.approx([90, 81, 91.5])
    assert (curve.measure, curve.baseline, curve.order) == ("deletion", "grey", "hottest")


def test_insertion_by_hand(mean):
    curve = insertion(mean, None, HEAT, steps=4)
    assert curve.values.tolist() == pytest.approx([128, 146, 126.5, 97, 90])
    assert curve.area == pytest.approx((128 / 2 + 146 + 126.5 + 97 + 90 / 2) / 4)
    assert curve.measure == "insertion" and curve.fractions[-1] == 1


def test_other_orders_and_baselines_by_hand(mean):
    coldest = deletion(mean, None, HEAT, order="coldest", steps=4)
    assert coldest.values.tolist() == pytest.approx([90, 97, 126.5, 146, 128])
    even = deletion(mean, None, HEAT, "mean", steps=4)  # 90
    assert even.values.tolist() == pytest.approx([90, 62.5, 72.5, 92.5, 90])
    assert (coldest.order, even.baseline) == ("coldest", "mean")


def test_steps_are_of_whole_pixels(mean):
    curve = deletion(mean, None, HEAT, steps=3)
    assert curve.fractions.tolist() == [0, 0.25, 0.75, 1]
    assert curve.values.tolist() == pytest.approx([90, 72, 121, 128])
    assert curve.area == pytest.approx(81 / 4 + (72 + 121) / 4 + 124.5 / 4)
    assert len(deletion(mean, None, HEAT, steps=50).fractions) == 5
    assert deletion(mean, None, HEAT, steps=1).values.tolist() == pytest.approx([90, 128])


def test_the_fractions_may_be_chosen(mean):
    """The ends are always read, and the others in whole pixels."""
    curve = deletion(mean, None, HEAT, steps=(0.3, 0.7, 1))
    assert curve.fractions.tolist() == [0, 0.25, 0.75, 1]
    assert curve.values.tolist() == pytest.approx([90, 72, 121, 128])
    assert deletion(mean, None, HEAT, steps=[]).fractions.tolist() == [0, 1]
    for steps in ((0.5, 1.1), (-0.1, 0.5)):
        with pytest.raises(ValueError, match=f"from 0 to 1, but got {steps[0]:g}, {steps[1]:g}"):
            deletion(mean, None, HEAT, steps=steps)


def test_curves_of_several_heatmaps_by_hand(mean):
    other = [[0.1, 0.2], [0.3, 0.4]]
    asked = [(HEAT, "hottest", 0), (other, "hottest", 3), (HEAT, "coldest", 1)]
    first, second, third = curves_of(mean, None, asked, steps=4, progress=False)
    assert first.values.tolist() == pytest.approx([90, 72, 91.5, 121, 128])
    assert second.values.tolist() == pytest.approx([90, 119.5, 139, 146, 128])
    assert third.values.tolist() == pytest.approx([90, 97, 126.5, 146, 128])
    assert [(one.order, one.seed) for one in (first, second, third)] == [one[1:] for one in asked]


def test_one_weight_a_pixel_falls_fastest_in_the_order_of_its_effect():
    """The sum over all pixels is linear, so the true order is known, and none has a smaller
    area."""
    rng = np.random.default_rng(0)
    weights, greys = rng.uniform(0, 1, (6, 8)), rng.integers(129, 256, (6, 8))
    features, effect = seen(weights, greys), weights * (greys - 128.0)
    best = compared(features, None, effect, steps=12, elsewhere=8, progress=False)
    order = np.argsort(-effect.ravel())
    sums = (weights * greys).sum() - np.concatenate([[0], np.cumsum(effect.ravel()[order])])
    np.testing.assert_allclose(best.hottest.values, sums[::4], rtol=1e-5)
    others = (best.coldest, best.random, *best.elsewhere)
    assert best.hottest.area < min(curve.area for curve in others)
    assert best.coldest.area > max(curve.area for curve in (best.random, *best.elsewhere))


# --- against a plain loop, in any network --------------------------------------------------------


@pytest.mark.parametrize("measure", MEASURES)
def test_every_step_against_keras_one_at_a_time(odd, measure):
    image, target = odd.features.image, odd.features.target()
    heat = np.random.default_rng(2).permutation(image.pixels[..., 0].size)
    heat = heat.reshape(odd.network.input_size)
    curve = WAYS[measure](odd.features, None, heat, "mean", steps=5, batch=3, progress=False)
    behind = baseline_picture(image, "mean")
    for fraction, value in zip(curve.fractions, curve.values, strict=True):
        hot = (heat >= heat.size - round(fraction * heat.size))[..., None]
        mixed = np.where(hot == (measure == "deletion"), behind, image.pixels)
        expected = value_of(odd, target, *odd.see(mixed))
        assert value == pytest.approx(expected, rel=1e-3, abs=1e-5)
    assert len(curve.values) == 6 and np.ptp(curve.values) > 0


def test_any_target_will_do(cat, heats):
    heat, neuron = heats["tabby_cat"], cat.strongest("fire5")
    region = zv.Region("fire9", 3, (2, 2, 6, 8))
    for target in (neuron, region):
        curve = deletion(cat, target, heat, steps=2, progress=False)
        again = zv.load_image(baseline_picture(cat.image), cat.network)
        grey = zv.extract_features(cat.network, again)
        ends = [target.of(cat), target.of(grey)]
        np.testing.assert_allclose(curve.values[[0, -1]], ends, rtol=1e-4, atol=1e-4)
    by_name, by_index = (deletion(cat, one, heat, steps=2) for one in ("tabby", 281))
    assert np.array_equal(by_name.values, by_index.values)
    assert by_index.values[0] == pytest.approx(cat.probabilities[281], abs=1e-5)
    other = deletion(cat, 285, heat, steps=2).values[0]
    assert other == pytest.approx(cat.probabilities[285], abs=1e-5)


def test_probabilities_are_those_the_network_gives():
    """Where several classes may be true at once, each has a sigmoid of its own."""
    L = keras.layers
    tail = [L.GlobalAveragePooling2D(), L.Dense(3, activation="sigmoid")]
    model = random_weights(keras.Sequential([keras.Input((16, 20, 3)), L.Conv2D(4, 3), *tail]))
    network = zv.load_model(model, preprocess="0-1")
    features = zv.extract_features(network, random_image(network))
    curve = deletion(features, 1, np.arange(320).reshape(16, 20), steps=2, progress=False)
    grey = np.full((1, 16, 20, 3), 128 / 255, np.float32)
    ends = [model(batch).numpy()[0, 1] for batch in (features.image.batch, grey)]
    np.testing.assert_allclose(curve.values[[0, -1]], ends, rtol=1e-5)


# --- on photographs ------------------------------------------------------------------------------


def test_a_mirrored_heatmap_is_worse(shepherd, squeezenet):
    owl = zv.extract_features(squeezenet, zv.load_image("owl", squeezenet))
    for features in (shepherd, owl):
        heat = zv.heatmap(features)
        for measure, way in WAYS.items():
            right, mirrored = (
                way(features, None, one, steps=8, progress=False).area
                for one in (heat, heat[:, ::-1])
            )
            assert 1.5 * right < mirrored if measure == "deletion" else right > 1.5 * mirrored


def test_what_is_shown_in_one_order_is_hidden_in_the_other(shepherd, heats):
    for baseline in BASELINES:
        shown = insertion(shepherd, None, heats["german_shepherd"], baseline, progress=False)
        how = {"order": "coldest", "progress": False}
        back = deletion(shepherd, None, heats["german_shepherd"], baseline, **how)
        np.testing.assert_allclose(shown.values, back.values[::-1], atol=1e-5)
        assert shown.area == pytest.approx(back.area, abs=1e-5)


@pytest.mark.parametrize("measure", MEASURES)
def test_compared_is_each_curve_by_itself(shepherd, heats, measure):
    how = {"baseline": "blurred", "steps": 3, "progress": False}
    heat, second = heats["german_shepherd"], shepherd.top_classes(2)[1][0]
    found = compared(shepherd, second, heat, measure, elsewhere=2, seed=4, **how)
    ways = [("hottest", 4), ("coldest", 4), ("random", 4), ("elsewhere", 4), ("elsewhere", 5)]
    curves = (found.hottest, found.coldest, found.random, *found.elsewhere)
    for curve, (order, seed) in zip(curves, ways, strict=True):
        alone = WAYS[measure](shepherd, second, heat, order=order, seed=seed, **how)
        assert (curve.measure, curve.baseline) == (alone.measure, alone.baseline)
        assert (curve.order, curve.seed) == (alone.order, alone.seed) == (order, seed)
        np.testing.assert_allclose(curve.values, alone.values, rtol=1e-3, atol=1e-7)
        assert np.array_equal(curve.fractions, alone.fractions)
    low, high = found.band
    rows = np.array([curve.values for curve in found.elsewhere])
    assert np.array_equal(low, rows.min(axis=0)) and np.array_equal(high, rows.max(axis=0))
    assert (low < high).any()


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_a_constant_heatmap_has_a_curve_drawn_by_the_seed(shepherd, value):
    heat = np.full((224, 224), value)
    first, same, other = (
        deletion(shepherd, None, heat, steps=4, seed=seed, progress=False) for seed in (1, 1, 2)
    )
    assert np.array_equal(first.values, same.values)
    assert np.isfinite(first.values).all() and not np.array_equal(first.values, other.values)
    assert first.values[[0, -1]] == pytest.approx(other.values[[0, -1]], abs=1e-6)


def test_the_bars_of_a_letterbox_are_never_hidden(squeezenet):
    image = zv.load_image("duck", squeezenet, fit="letterbox")
    features = zv.extract_features(squeezenet, image)
    top, left, bottom, right = image.place
    heat = np.random.default_rng(0).permutation(224 * 224).reshape(224, 224) * 1.0
    hot_bars = np.full((224, 224), 1e6)
    hot_bars[top:bottom, left:right] = heat[top:bottom, left:right]
    plain, hot = (
        compared(features, None, one, baseline="mean", elsewhere=1, steps=4, progress=False)
        for one in (heat, hot_bars)
    )
    for name in ("hottest", "coldest", "random"):
        np.testing.assert_array_equal(getattr(plain, name).values, getattr(hot, name).values)
    np.testing.assert_array_equal(plain.elsewhere[0].values, hot.elsewhere[0].values)
    last = zv.load_image(baseline_picture(image, "mean"), squeezenet)
    share = zv.extract_features(squeezenet, last).probabilities[features.target().index]
    assert plain.hottest.values[-1] == pytest.approx(share, abs=1e-5)


# --- progress, and what is refused ---------------------------------------------------------------


def test_the_photograph_and_the_network_are_left_as_they_were(shepherd, heats):
    before, heat = shepherd.image.pixels.copy(), heats["german_shepherd"]
    kept = heat.copy()
    compared(shepherd, None, heat, steps=2, elsewhere=1, progress=False)
    assert np.array_equal(shepherd.image.pixels, before) and np.array_equal(heat, kept)
    curve = deletion(shepherd, None, heat, steps=2, progress=False)
    for array in (curve.fractions, curve.values):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_it_says_how_far_it_is_and_may_be_cancelled(mean):
    told = []
    compared(
        mean, None, HEAT, steps=4, elsewhere=2, batch=4, progress=lambda *one: told.append(one)
    )
    assert told == [(done, 5) for done in range(6)]  # 2 pictures for all, 3 for each of 5: 17

    def cancel(done, count):
        if done == 1:
            raise Cancelled

    for way in (*WAYS.values(), compared):
        with pytest.raises(Cancelled):
            way(mean, None, HEAT, steps=4, batch=1, progress=cancel)


def test_what_cannot_be_measured_is_refused(mean, cat, heats):
    with pytest.raises(ValueError, match=r"shape \(2, 2\), got \(4, 4\)"):
        deletion(mean, None, np.zeros((4, 4)))
    with pytest.raises(ValueError, match="NaN or infinity"):
        insertion(mean, None, [[0, np.nan], [0, 0]])
    with pytest.raises(ValueError, match="grey, blurred, mean, but got 'black'"):
        deletion(mean, None, HEAT, "black")
    with pytest.raises(ValueError, match=f"{', '.join(ORDERS)}, but got 'warmest'"):
        deletion(mean, None, HEAT, order="warmest")
    for steps in (0, -1):
        with pytest.raises(ValueError, match=f"at least 1 step, but got {steps}"):
            deletion(mean, None, HEAT, steps=steps)
    with pytest.raises(ValueError, match="deletion or insertion, but got 'flipping'"):
        compared(mean, None, HEAT, "flipping")
    with pytest.raises(ValueError, match="at least 1 place elsewhere, but got 0"):
        compared(mean, None, HEAT, elsewhere=0)
    with pytest.raises(IndexError):
        deletion(cat, 1000, heats["tabby_cat"])


def test_the_seed_is_heeded(mean):
    assert pixel_order(HEAT, "random", 1).tolist() != pixel_order(HEAT, "random", 2).tolist()
    for measure, way in WAYS.items():
        one, two = (way(mean, None, HEAT, order="random", seed=seed, steps=4) for seed in (1, 2))
        assert one.values.tolist() != two.values.tolist(), measure
        assert (one.seed, two.seed) == (1, 2)
