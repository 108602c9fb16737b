"""Feature maps that are followed while a network learns, against one picture after the other."""

import numpy as np
import odd_networks
import pytest
from independent import random_weights

import zv_helpers as zv
from zv_helpers.experiments.evolving import (
    LayerEvolution,
    cka,
    evolution,
    latest_jump,
    like_itself,
    settled,
)
from zv_helpers.experiments.strongest import images_of, layers_to_follow, strongest_of
from zv_helpers.progress import Cancelled

pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")


@pytest.fixture(scope="module")
def made(odd):
    """Three moments of a network, and what became of its maps, for each of the odd ones."""
    odd = odd_networks.made(odd.name)  # another one of the same: its weights change
    network, random = odd.network, np.random.default_rng(2)
    shape = odd.features.image.pixels.shape
    pictures = list(random.integers(0, 256, (9, *shape), np.uint8))
    images = images_of(network, [odd.features.image.pixels, *pictures])
    before = network.keras_model.get_weights()
    weights = [before]
    for seed in (1, 2):
        random_weights(network.keras_model, seed=seed)
        weights.append(network.keras_model.get_weights())
    network.keras_model.set_weights(before)
    found = evolution(network, weights, images, ["a", "b", "c"], progress=False)
    return network, images, weights, found


def test_every_peak_and_projection_against_one_picture_at_a_time(made):
    network, images, weights, found = made
    before = network.keras_model.get_weights()
    assert tuple(found.layers) == layers_to_follow(network) and found.moments == ("a", "b", "c")
    assert [one.name for one in found.images] == [one.name for one in images]
    for i, moment in enumerate(weights):
        network.keras_model.set_weights(moment)
        seen = [zv.extract_features(network, image) for image in images]
        for layer, one in found.layers.items():
            peaks = np.stack([features[layer].max(axis=(0, 1)) for features in seen])
            np.testing.assert_allclose(one.peaks[i], peaks, rtol=1e-4, atol=1e-4)
            for channel, projection in enumerate(one.projections[i]):
                best = int(one.pictures[i, channel])
                assert one.peaks[i, best, channel] == one.peaks[i, :, channel].max()
                if projection is None:
                    assert peaks[:, channel].max() <= 0
                    continue
                expected = zv.project(seen[best], seen[best].strongest(layer, channel))
                assert projection.box == expected.box
                near = 1e-4 * max(np.abs(expected.pixels).max(), 1e-6)
                np.testing.assert_allclose(projection.pixels, expected.pixels, atol=near)
    network.keras_model.set_weights(before)


def together(a, b):
    """As Kornblith et al. write it; of many values, the same without their square."""
    if a.shape[1] > 2000:
        return np.sum((a @ a.T) * (b @ b.T))
    return np.linalg.norm(a.T @ b) ** 2


def test_likeness_against_numpys_own_correlation(made):
    network, images, weights, found = made
    before = network.keras_model.get_weights()
    maps = []
    for moment in weights:
        network.keras_model.set_weights(moment)
        seen = [zv.extract_features(network, image) for image in images]
        maps.append({layer: np.stack([one[layer] for one in seen]) for layer in found.layers})
    network.keras_model.set_weights(before)
    for layer, one in found.layers.items():
        final = maps[-1][layer]
        for i in range(3):
            now = maps[i][layer]
            for channel in range(now.shape[-1]):
                pair = now[..., channel].ravel(), final[..., channel].ravel()
                if pair[1].std() == 0:
                    assert np.isnan(one.correlations[i, channel])
                elif pair[0].std() > 0:
                    expected = np.corrcoef(*pair)[0, 1]
                    assert one.correlations[i, channel] == pytest.approx(expected, abs=1e-3)
            a, b = (m.reshape(len(images), -1).astype(float) for m in (now, final))
            a, b = a - a.mean(axis=0), b - b.mean(axis=0)
            expected = together(a, b) / np.sqrt(together(a, a) * together(b, b))
            assert one.alikeness[i] == pytest.approx(expected, abs=1e-3)
        assert one.alikeness[-1] == pytest.approx(1, abs=1e-5)
        assert np.nanmin(one.correlations[-1]) == pytest.approx(1, abs=1e-5)


def test_the_network_gets_its_weights_back(made):
    network, images, weights, _ = made
    before = network.keras_model.get_weights()

    def watch(done, count):
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        evolution(network, weights, images[:2], progress=watch)
    for one, other in zip(network.keras_model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def layer_of(peaks):
    peaks = np.asarray(peaks, np.float32)
    shape = peaks.shape[0], peaks.shape[2]
    return LayerEvolution(peaks, [[None] * shape[1]] * shape[0], np.ones(shape), np.ones(shape[0]))


# Moments × pictures × maps: the first map goes from picture 1 to 0 at the end; the second is
# strongest in picture 2 from the second moment on; the third is silent at first.
PEAKS = [
    [[1, 5, 0], [2, 0, 0], [0, 1, 0]],
    [[2, 1, 0], [3, 2, 0], [0, 6, 1]],
    [[4, 1, 2], [3, 2, 0], [0, 7, 1]],
]


def test_jumps_by_hand():
    one = layer_of(PEAKS)
    assert one.pictures.tolist() == [[1, 0, 0], [1, 2, 2], [0, 2, 0]]
    assert one.jumps.tolist() == [[False, True, False], [True, False, True]]
    assert latest_jump(one) == (2, 0)  # of the two that jump last, the one that ends stronger
    with pytest.raises(ValueError, match="none does"):
        latest_jump(layer_of(PEAKS[:1] * 3))


def test_settling_by_hand():
    assert settled(np.array([0.0, 0.4, 0.6, 0.9, 1.0])) == 2
    assert settled(np.array([0.0, 0.8, 0.4, 0.9, 1.0])) == 3  # it must stay there
    assert settled(np.array([0.0, 0.4, 0.6, 0.9, 1.0]), 0.9) == 3
    assert settled(np.array([1.0, 1.0])) == 0


def test_likeness_by_hand():
    random = np.random.default_rng(0)
    maps = random.normal(size=(6, 3, 4, 2)).astype(np.float32)
    np.testing.assert_allclose(like_itself(-3 * maps + 7, maps), -1, atol=1e-5)
    swapped = like_itself(maps[..., ::-1], maps)
    assert np.abs(swapped).max() < 0.5  # each map with itself, not with its neighbour
    assert cka(maps[..., ::-1], maps) == pytest.approx(1, abs=1e-5)  # but CKA heeds no order
    flat = np.zeros_like(maps)
    assert like_itself(flat, maps).tolist() == [0, 0] and np.isnan(like_itself(maps, flat)).all()
    assert cka(flat, maps) == 0
    other = random.normal(size=(6, 3, 4, 2)).astype(np.float32)
    assert 0 <= cka(maps, other) < 0.95


def test_ties_go_to_the_first():
    maps = np.zeros((2, 2, 3, 1), np.float32)
    maps[0, 0, 2] = maps[0, 1, 0] = maps[1, 1, 1] = 5
    found = strongest_of(maps)
    assert found.rows.tolist() == [[0], [1]] and found.columns.tolist() == [[2], [1]]
    assert found.pictures.tolist() == [0]


def test_what_cannot_be_followed_is_refused(to_be_trained):
    weights, image = to_be_trained.network.keras_model.get_weights(), to_be_trained.features.image
    with pytest.raises(ValueError, match="but got 0 and 1"):
        evolution(to_be_trained.network, [], [image], progress=False)
    with pytest.raises(ValueError, match="but got 1 and 0"):
        evolution(to_be_trained.network, [weights], [], progress=False)
    with pytest.raises(KeyError, match="no layer 'x'"):
        evolution(to_be_trained.network, [weights], [image], layers=["x"], progress=False)
