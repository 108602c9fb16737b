"""A network that learns, and the looks back at it."""

import numpy as np
import pytest

from zv_helpers.experiments.learning import (
    accuracy,
    doubling_moments,
    kept_learning,
    small_network,
    train,
)
from zv_helpers.progress import Cancelled

SIDE, CLASSES = 20, 2


@pytest.fixture(scope="module")
def task():
    """Pictures with a bright upper or lower half."""
    random = np.random.default_rng(0)
    labels = np.arange(96) % CLASSES
    pixels = random.integers(0, 100, (96, SIDE, SIDE, 3))
    for one, label in zip(pixels, labels, strict=True):
        one[: SIDE // 2] += 120 * (label == 0)
        one[SIDE // 2 :] += 120 * (label == 1)
    return pixels.astype(np.uint8), labels


def small():
    return small_network((SIDE, SIDE), CLASSES, kernel=3, stride=1, maps=(4, 4, 4, 4, 4))


@pytest.fixture(scope="module")
def learnt(task):
    model, told = small(), []
    pixels, labels = task
    learning = train(
        model, pixels, labels, epochs=15, batch=32, seed=3, tell=told.append, progress=False
    )
    return model, learning, told


def test_it_learns(learnt, task):
    model, learning, _ = learnt
    assert accuracy(model, *task) > 0.9
    assert learning.losses[-5:].mean() < 0.7 * learning.losses[:5].mean()
    assert learning.losses[0] == pytest.approx(np.log(CLASSES), rel=0.05)
    assert learning.losses.dtype == np.float32 and learning.losses.shape == (45,)


def test_the_moments_double_from_before_the_first_step_to_the_end(learnt):
    model, learning, _ = learnt
    assert learning.moments.tolist() == [0, 1, 3, 6, 11, 23, 45]
    assert len(learning.weights) == len(learning.moments)
    np.testing.assert_allclose(learning.epochs[-1], 15)
    for array, untrained in zip(learning.weights[0], small().get_weights(), strict=True):
        np.testing.assert_array_equal(array, untrained)  # before the first step
    for array, now in zip(learning.weights[-1], model.get_weights(), strict=True):
        np.testing.assert_array_equal(array, now)  # after the last
    apart = [np.abs(one[0] - learning.weights[0][0]).max() for one in learning.weights]
    assert 0 == apart[0] < apart[1] < apart[3] < apart[-1]


@pytest.mark.parametrize("steps, count", [(1, 8), (5, 3), (320, 8), (1000, 5)])
def test_moments_for_any_number_of_steps(steps, count):
    moments = doubling_moments(steps, count)
    assert moments[0] == 0 and moments[-1] == steps and len(moments) <= count
    assert (np.diff(moments) > 0).all()
    assert all(abs(2 * a - b) <= 1 for a, b in zip(moments[1:-1], moments[2:], strict=True))


def test_each_step_has_its_own_pictures_and_loss(task):
    """Not the mean since the beginning, which Keras gives; each picture once an epoch."""
    pixels, labels = task
    model = small()
    again = train(model, pixels, labels, epochs=1, batch=32, rate=1e-12, seed=5, progress=False)
    order = np.random.default_rng(5).permutation(96)
    for step, some in enumerate(order.reshape(3, 32)):
        shares = model(pixels[some].astype(np.float32), training=False).numpy()
        expected = -np.log(shares[np.arange(32), labels[some]]).mean()
        assert again.losses[step] == pytest.approx(expected, rel=1e-4)


def test_the_losses_so_far_are_told(learnt):
    _, learning, told = learnt
    assert [len(one) for one in told] == list(range(1, 46))
    np.testing.assert_array_equal(told[-1], learning.losses)


def test_the_same_seed_learns_the_same(learnt, task):
    again = train(small(), *task, epochs=1, batch=32, seed=3, progress=False)
    np.testing.assert_allclose(again.losses, learnt[1].losses[:3], rtol=1e-3)


def test_what_is_kept_is_read_back(learnt, tmp_path):
    _, learning, _ = learnt
    learning.keep(tmp_path / "it.npz")
    again = kept_learning(tmp_path / "it.npz")
    np.testing.assert_array_equal(again.moments, learning.moments)
    np.testing.assert_allclose(again.losses, learning.losses, rtol=1e-3)
    assert (again.batch, again.pictures) == (learning.batch, learning.pictures) == (32, 96)
    for one, other in zip(again.weights[-1], learning.weights[-1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)


def test_it_can_be_cancelled(task):
    def watch(done, count):
        assert (done, count) == (0, 9)
        raise Cancelled

    with pytest.raises(Cancelled):
        train(small(), *task, epochs=3, batch=32, progress=watch)


def test_what_cannot_be_learnt_is_refused(task):
    pixels, labels = task
    with pytest.raises(ValueError, match="96 inputs and 95 labels"):
        train(small(), pixels, labels[1:], progress=False)
    with pytest.raises(ValueError, match="0 inputs and 0 labels"):
        train(small(), pixels[:0], labels[:0], progress=False)


def test_the_networks_form():
    model = small_network(kernel=11, stride=4, seed=1)
    shapes = [one.output.shape[1:] for one in model.layers if one.name.startswith("conv")]
    assert shapes == [(16, 16, 16), (8, 8, 24), (4, 4, 24), (4, 4, 24), (2, 2, 24)]
    kernels = [one for one in model.get_weights() if one.ndim == 4]
    assert kernels[0].std() == pytest.approx(0.01, rel=0.1)
    assert kernels[1].std() == pytest.approx(0.03, rel=0.1)
    twin, other = (small_network(kernel=11, stride=4, seed=seed) for seed in (1, 2))
    assert np.array_equal(twin.get_weights()[0], kernels[0])
    assert not np.array_equal(other.get_weights()[0], kernels[0])
