"""The first filters as pictures, and where positions look."""

import keras
import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.network.weights import first_filters


def test_a_first_layer_projection_is_the_first_filter_in_rgb(cat, squeezenet):
    neuron = cat.strongest("conv1")
    with pytest.warns(zv.ProjectionWarning):
        projection = zv.project(cat, neuron)
    expected = first_filters(squeezenet)[neuron.channel] * neuron.activation
    np.testing.assert_allclose(projection.pixels, expected, rtol=1e-5, atol=1e-4)


def test_a_network_whose_first_convolution_reads_no_colours_is_refused():
    layers = [keras.layers.DepthwiseConv2D(3, depth_multiplier=2), keras.layers.Conv2D(4, 3)]
    model = keras.Sequential([keras.Input((64, 64, 3)), *layers])
    with pytest.raises(ValueError, match="no pictures"):
        first_filters(zv.load_model(model))


def test_middles_lie_in_the_receptive_field(cat, squeezenet):
    rows, columns = squeezenet.middles(squeezenet.layer_value("fire5"))
    top, left, bottom, right = cat.receptive_field(cat.neuron("fire5", 0, 9, 11))
    assert (rows[9], columns[11]) == ((top + bottom) / 2, (left + right) / 2)
