"""What tells one network from another: its graph and its weights, and nothing else. (That it is the
same in another process is asked in test_pickling.py.)"""

import pickle

import numpy as np
import pytest
from independent import random_weights

import zv_helpers as zv
from zv_helpers.network.digest import digest_of

keras, _ = zv.network.keras_and_tensorflow()
L = keras.layers


def network(preprocess="0-1", name="a", **how):
    layers = L.Conv2D(**({"filters": 4, "kernel_size": 3, "activation": "relu"} | how), name=name)
    more = L.Dropout(0.5), L.GlobalAveragePooling2D(), L.Dense(2)
    model = keras.Sequential([keras.Input((16, 16, 3)), layers, *more], name="mine")
    return zv.load_model(random_weights(model, seed=0), preprocess=preprocess)


def test_the_same_network_again_has_the_same():
    first = network()
    assert digest_of(first) == digest_of(first) == digest_of(network())
    assert digest_of(pickle.loads(pickle.dumps(first))) == digest_of(first)


@pytest.mark.parametrize(
    "other",
    [
        {"preprocess": "tf"},
        {"name": "b"},
        {"activation": "elu"},
        {"strides": 2},
        {"dilation_rate": 2},
        {"padding": "same"},
        {"use_bias": False},
    ],
    ids=str,
)
def test_another_network_has_another(other):
    assert digest_of(network(**other)) != digest_of(network())


def test_a_weight_makes_a_difference_and_a_random_seed_none():
    first, second = network(), network()
    drop = next(one for one in second.keras_model.layers if "dropout" in one.name)
    drop.seed_generator.state.assign([7, 7])
    assert digest_of(first) == digest_of(second)
    kernel = second.keras_model.get_layer("a").kernel
    kernel.assign(np.asarray(kernel) * np.float32(1 + 1e-6))
    assert digest_of(first) != digest_of(second)
