"""No bias is read on the way back; on the way up each of them counts."""

from dataclasses import replace

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.deconvnet import RULES
from zv_helpers.experiments.biases import on_the_way_of, without_biases
from zv_helpers.experiments.sums import apart


@pytest.fixture(scope="module")
def bare(squeezenet, cat):
    return zv.extract_features(without_biases(squeezenet), cat.image)


@pytest.mark.parametrize("rule", RULES)
def test_the_way_back_is_the_same_number_for_number_without_biases(cat, bare, rule):
    neuron = cat.strongest("fire5")
    expected = zv.project(cat, neuron, rule).pixels
    back = on_the_way_of(cat, bare)
    assert back.network is bare.network
    assert apart(zv.project(back, neuron, rule).pixels, expected) < 1e-6
    up = apart(zv.project(bare, neuron, rule).pixels, expected)
    assert 0.005 < up < 0.15, "the trained biases of SqueezeNet are small"


def test_every_bias_is_gone_and_every_kernel_stays(squeezenet, bare):
    layers = zip(squeezenet.keras_model.layers, bare.network.keras_model.layers, strict=True)
    seen = 0
    for theirs, ours in layers:
        if getattr(theirs, "bias", None) is not None:
            assert np.any(theirs.bias) and not np.any(ours.bias)
            np.testing.assert_array_equal(ours.kernel, theirs.kernel)
            seen += 1
    assert seen == 26
    assert not np.array_equal(bare["conv1"], 0 * bare["conv1"])


def test_nothing_in_gives_nothing_out_of_a_network_that_adds_nothing(lite0):
    """EfficientNet-Lite0 adds in its batch norms: a mean and a β each."""
    assert np.any(zv.extract_features(lite0, grey(lite0))["head_relu"])
    bare = without_biases(lite0)
    assert not np.any(zv.extract_features(bare, grey(bare))["head_relu"])
    norm = bare.keras_model.get_layer("stem_bn")
    theirs = lite0.keras_model.get_layer("stem_bn")
    np.testing.assert_array_equal(norm.moving_variance, theirs.moving_variance)
    np.testing.assert_array_equal(norm.gamma, theirs.gamma)


def grey(network):
    """A picture that the network reads as zeros, but for rounding to whole pixels."""
    image = zv.load_image("tabby_cat", network)
    return replace(image, batch=np.zeros_like(image.batch))
