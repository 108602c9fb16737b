"""What the experiments compute."""

import keras
import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import choose
from zv_helpers.experiments import switches
from zv_helpers.relevance import correlation


def test_correlation_is_that_of_numpy_and_does_not_see_the_strength():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 5, 4, 3))
    expected = np.corrcoef(one.ravel(), other.ravel())[0, 1]
    assert correlation(one, other) == pytest.approx(expected)
    assert correlation(one, 3 * one) == pytest.approx(1)
    assert correlation(one, -one) == pytest.approx(-1)
    assert correlation(one, np.ones_like(one)) == 0


def test_coarse_averages_sizes_not_signs_and_fills_up_the_edge():
    pixels = np.zeros((5, 4, 3))
    pixels[:4, :4] = 2
    pixels[0::2] *= -1
    pixels[4] = 1
    assert switches.coarse(pixels).tolist() == [[2.0], [0.25]]
    assert pixels[0, 0, 0] == -2


@pytest.fixture(scope="module")
def photographs():
    """Features of two photographs in a network with one max-pool."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((24, 24, 3)),
            keras.layers.Conv2D(6, 3, activation="relu", name="first"),
            keras.layers.MaxPooling2D(2, name="pool"),
            keras.layers.Conv2D(8, 3, activation="relu", name="above"),
            keras.layers.Conv2D(8, 3, activation="relu", name="last"),
        ]
    )
    network = zv.load_model(model, preprocess="tf")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 24, 24, 3), np.uint8)
    return [zv.extract_features(network, zv.load_image(image, network)) for image in images]


@pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")
def test_two_photographs_part_at_the_switches_and_only_there(photographs):
    first, second = photographs
    neurons = choose.middle_neurons(first, "first", 3)
    assert switches.agreement(first, second, neurons)[0] == pytest.approx(1)
    neurons = choose.middle_neurons(first, "last", 3)
    strengths = [neuron.activation for neuron in neurons]
    assert strengths == sorted(strengths, reverse=True) and strengths[-1] > 0
    assert switches.agreement(first, second, neurons)[0] < 0.99
    (one, two), same = switches.way_down(first, second, neurons[0])
    titles = [step.title for step in one.trace]
    for title, a, b, alike in zip(titles, one.trace, two.trace, same, strict=True):
        if title == "unpool":
            assert alike == correlation(a.values, b.values) < 0.99
            break
        assert np.array_equal(a.values, b.values) and alike == pytest.approx(1)
    else:
        pytest.fail(f"no unpooling among {titles}")


@pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")
def test_where_no_signal_goes_down_a_branch_two_photographs_are_alike(cat, squeezenet):
    """A neuron of a Concatenate sends its signal into one branch; the other stays zero."""
    owl = zv.extract_features(squeezenet, zv.load_image("owl", squeezenet), upto="fire2")
    (one, _), same = switches.way_down(cat, owl, cat.strongest("fire2"))
    above = next(i for i, step in enumerate(one.trace) if step.title == "unpool")
    assert not all(step.values.any() for step in one.trace[:above])
    assert same[:above] == [pytest.approx(1)] * above and same[above] < 0.99
