"""Networks and features survive a pickle: by name, or as Keras's own file; never as code."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from independent import random_image, random_weights

import zv_helpers as zv
from zv_helpers.network.digest import digest_of

keras, _ = zv.network.keras_and_tensorflow()
L = keras.layers


def small(name="mine", size=(16, 20)):
    layers = [L.Conv2D(4, 3, activation="relu", name="a"), L.MaxPooling2D(2)]
    layers += [L.GlobalAveragePooling2D(), L.Dense(3, activation="softmax")]
    return random_weights(keras.Sequential([keras.Input((*size, 3)), *layers], name=name), seed=3)


def test_a_shipped_network_is_its_name(squeezenet):
    data = pickle.dumps(squeezenet)
    assert len(data) < 1000
    again = pickle.loads(data)
    assert again is not squeezenet and again.spec == squeezenet.spec
    assert again.class_names == squeezenet.class_names and again.layers == squeezenet.layers


def test_a_shipped_network_that_was_trained_on_is_its_weights():
    network = zv.load_model("squeezenet", input_size=32)
    last = network.keras_model.get_layer("conv10")
    kernel, bias = last.get_weights()
    assert network.is_as_loaded
    last.set_weights([2 * kernel, bias])
    assert not network.is_as_loaded and len(pickle.dumps(network)) > kernel.nbytes
    again = pickle.loads(pickle.dumps(network))
    assert digest_of(again) == digest_of(network) and again.class_names == network.class_names
    last.set_weights([kernel, bias])  # the same numbers, elsewhere
    assert network.is_as_loaded and len(pickle.dumps(network)) < 1000


@pytest.mark.parametrize("size", [(16, 20), (12, 9), (None, None)])
def test_a_network_of_ones_own_is_its_keras_bytes(size):
    """Of any size: the limits are for sizes that somebody chooses."""
    how = {"input_size": (24, 18)} if None in size else {}
    model = small(size=size)
    network = zv.load_model(model, preprocess="tf", class_names=("a", "b", "c"), **how)
    again = pickle.loads(pickle.dumps(network))
    image = random_image(network)
    assert again.name == "mine" and again.spec == network.spec
    assert again.class_names == ("a", "b", "c")
    first, second = (zv.extract_features(one, image) for one in (network, again))
    assert np.array_equal(first.logits, second.logits)
    assert copy.deepcopy(network).summary().rows == network.summary().rows


def test_features_can_be_used_in_another_process_where_the_digest_is_the_same(cat, tmp_path):
    path = tmp_path / "cat.pickle"
    path.write_bytes(pickle.dumps(cat))
    neuron = cat.strongest("fire9")
    code = (
        "import pickle, sys, numpy as np, zv_helpers as zv\n"
        "from zv_helpers.network.digest import digest_of\n"
        "features = pickle.load(open(sys.argv[1], 'rb'))\n"
        "neuron = features.strongest('fire9')\n"
        "print(neuron, zv.project(features, neuron).pixels.shape, features.describe(281))\n"
        "print(features['fire9'].flags.writeable, features.image.name)\n"
        "print(digest_of(features.network), digest_of(zv.load_model('squeezenet')))"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shape = zv.project(cat, neuron).pixels.shape
    first, second, digests = done.stdout.splitlines()
    assert [first, second] == [f"{neuron} {shape} {cat.describe(281)}", "False tabby_cat"]
    assert digests.split() == [digest_of(cat.network)] * 2


def test_what_would_run_code_is_not_loaded():
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), L.Lambda(lambda x: 2 * x, name="code"), L.Conv2D(2, 3)],
        name="mine",
    )
    data = pickle.dumps(zv.load_model(model))
    with pytest.raises(ValueError, match="'mine.keras' holds a Lambda layer, 'code'"):
        pickle.loads(data)
