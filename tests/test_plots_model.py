"""The pure helpers of step 1's figures."""

import keras
import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.models.network import Table
from zv_helpers.plots import model as figures


def test_a_shortened_table_keeps_the_top_the_pools_and_the_last_row():
    rows = tuple((f"r{i}", "MaxPooling2D" if i in (1, 4) else "Conv2D") for i in range(8))
    short = figures.shortened(Table(("layer", "kind"), rows), first=2)
    assert [row[0] for row in short.rows] == ["r0", "r1", "⋮", "r4", "⋮", "r7"]
    assert figures.shortened(Table(("layer", "kind"), rows), first=8).rows == rows


def test_correlation_is_that_of_numpy_and_does_not_see_the_strength():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 5, 4, 3))
    expected = np.corrcoef(one.ravel(), other.ravel())[0, 1]
    assert figures.correlation(one, other) == pytest.approx(expected)
    assert figures.correlation(one, 3 * one) == pytest.approx(1)
    assert figures.correlation(one, -one) == pytest.approx(-1)
    assert figures.correlation(one, np.ones_like(one)) == 0


def test_coarse_averages_sizes_not_signs_and_fills_up_the_edge():
    pixels = np.zeros((5, 4, 3))
    pixels[:4, :4] = 2
    pixels[0::2] *= -1
    pixels[4] = 1
    assert figures.coarse(pixels).tolist() == [[2.0], [0.25]]
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
    neurons = figures.middle_neurons(first, "first", 3)
    assert figures.agreement(first, second, neurons)[0] == pytest.approx(1)
    neurons = figures.middle_neurons(first, "last", 3)
    strengths = [neuron.activation for neuron in neurons]
    assert strengths == sorted(strengths, reverse=True) and strengths[-1] > 0
    assert figures.agreement(first, second, neurons)[0] < 0.99
    one, two = (zv.project(features, neurons[0], trace=True) for features in photographs)
    titles = [step.title for step in one.trace]
    for title, a, b in zip(titles, one.trace, two.trace, strict=True):
        if title == "unpool":
            assert figures.correlation(a.values, b.values) < 0.99
            break
        assert np.array_equal(a.values, b.values)
    else:
        pytest.fail(f"no unpooling among {titles}")


@pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")
def test_the_figure_has_a_column_for_each_case(photographs):
    first, second = photographs
    cases = {
        layer: (first, second, figures.middle_neurons(first, layer, 1)[0])
        for layer in ("first", "last")
    }
    figure = figures.two_ways_down(cases)
    assert len(figure.axes) == 6
    correlations = figure.axes[4].lines[0].get_ydata()
    assert np.allclose(correlations, 1)
