"""The first two layers of a network, measured, against plain sums over one picture at a time."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.experiments.first_filters import (
    FirstLayers,
    dead,
    fine_share,
    first_layers,
    limit_of,
    passed_share,
)
from zv_helpers.experiments.learning import small_network
from zv_helpers.experiments.strongest import images_of

pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")


def test_activity_and_projections_of_every_network(odd):
    network, random = odd.network, np.random.default_rng(4)
    shape = odd.features.image.pixels.shape
    images = images_of(network, list(random.integers(0, 256, (35, *shape), np.uint8)))
    found = first_layers(network, images)
    seen = [zv.extract_features(network, image) for image in images]
    first, second = found.layers
    maps = np.stack([one[first] for one in seen]).astype(float)
    np.testing.assert_allclose(found.activity, (maps**2).mean(axis=(0, 1, 2)) ** 0.5, rtol=1e-4)
    assert found.dead.tolist() == (found.activity <= 0.1 * found.activity.max()).tolist()
    for channel, projection in enumerate(found.projections):
        peaks = [one[second][..., channel].max() for one in seen]
        if projection is None:
            assert max(peaks) <= 0 and np.isnan(found.fine[channel])
            continue
        best = seen[int(np.argmax(peaks))]
        expected = zv.project(best, best.strongest(second, channel))
        near = 1e-3 * np.abs(expected.pixels).max()
        np.testing.assert_allclose(projection.pixels, expected.pixels, atol=near)
        share = fine_share(projection.pixels, 0.1)
        assert found.finer(0.1)[channel] == share and 0 <= share <= 1


@pytest.mark.parametrize("kernel, stride, limit", [(7, 2, 1 / 4), (11, 4, 1 / 8), (3, 1, 1 / 2)])
def test_the_limit_is_one_wave_on_two_strides(kernel, stride, limit):
    network = zv.load_model(small_network(kernel=kernel, stride=stride, maps=(4, 4, 4, 4, 4)))
    assert limit_of(network, "conv1") == limit
    assert limit_of(network, "conv2") == limit / 2  # behind a pool


@pytest.mark.parametrize("period", [2, 3, 4, 6, 12])
def test_a_wave_is_finer_than_what_is_coarser(period):
    rows = np.cos(2 * np.pi * np.arange(24) / period)
    for wave in (rows[:, None, None], rows[None, :, None]):
        wave = wave * np.ones((24, 24, 3))
        for limit in (1 / 3, 1 / 4, 1 / 8, 1 / 12):
            expected = float(1 / period > limit + 1e-9)
            assert fine_share(wave, limit) == pytest.approx(expected, abs=1e-9)
    energy = 9 * np.mean(rows**2)
    assert fine_share(3 * rows[:, None, None] + 7, 0.0) == pytest.approx(energy / (energy + 49))


def test_noise_has_its_energy_everywhere():
    noise = np.random.default_rng(0).normal(size=(256, 256, 3))
    assert fine_share(noise, 1 / 4) == pytest.approx(3 / 4, abs=0.01)
    assert fine_share(noise, 1 / 8) == pytest.approx(15 / 16, abs=0.01)
    assert fine_share(noise, 1 / 2) == 0
    assert np.isnan(fine_share(np.zeros((8, 8, 3)), 1 / 4))


def with_filter(kernel, stride):
    model = small_network(kernel=len(kernel), stride=stride, maps=(1, 2, 2, 2, 2))
    array = np.repeat(np.asarray(kernel, np.float32)[:, :, None, None], 3, axis=2)
    model.get_layer("conv1").set_weights([array, np.zeros(1)])
    return zv.load_model(model)


def test_a_smooth_filter_lets_fewer_fine_waves_through():
    pixels = np.random.default_rng(1).integers(0, 256, (3, 64, 64, 3), np.uint8)
    smooth = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    stripes = np.outer([1, -1, 1, -1, 1], [1, -1, 1, -1, 1]) / 25
    shares = []
    for kernel in (smooth, stripes):
        network = with_filter(kernel, 2)
        shares.append(passed_share(network, images_of(network, pixels), 1 / 4))
    assert shares[0] < 0.15 and shares[1] > 0.9


def test_what_passes_is_what_the_convolution_makes_without_a_stride(tf):
    """The same from the maps of the convolution itself, far from the border."""
    random = np.random.default_rng(2)
    network = with_filter(np.zeros((3, 3)), 2)
    kernel = random.normal(size=(3, 3, 3, 1)).astype(np.float32)  # another one for each colour
    network.keras_model.get_layer("conv1").set_weights([kernel, np.zeros(1)])
    tile = random.integers(0, 256, (16, 16, 3), np.uint8)
    images = images_of(network, [np.tile(tile, (4, 4, 1))])  # no border: it goes on for ever
    round_it = np.pad(images[0].batch, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="wrap")
    maps = tf.nn.conv2d(round_it, kernel, 1, "VALID").numpy()[0]
    maps -= maps.mean(axis=(0, 1))
    assert passed_share(network, images, 1 / 4) == pytest.approx(fine_share(maps, 1 / 4), abs=1e-4)


def test_dead_by_hand():
    assert dead([0, 0]).all() and not dead([1, 1]).any()
    assert dead([1, 0.3, 0.2], 0.25).tolist() == [False, False, True]
    assert dead([5, 0.6, 0.4]).tolist() == [False, False, True]


def test_what_has_no_two_layers_is_refused(keras, oblong):
    layers = keras.layers
    one = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(3)]
    )
    network = zv.load_model(one)
    with pytest.raises(ValueError, match="has 1, and there are 1 images"):
        first_layers(network, images_of(network, [np.zeros((8, 8, 3), np.uint8)]))
    with pytest.raises(ValueError, match="there are 0 images"):
        first_layers(oblong.network, [])


def test_a_layer_without_pictures_for_filters_gives_no_share(keras):
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((12, 12, 3)), layers.DepthwiseConv2D(3), layers.Conv2D(2, 3)]
        + [layers.Conv2D(4, 3), layers.GlobalAveragePooling2D()]
    )
    network = zv.load_model(model)
    found = first_layers(network, images_of(network, [np.full((12, 12, 3), 9, np.uint8)]))
    assert isinstance(found, FirstLayers) and 0 <= np.nan_to_num(found.passed) <= 1
