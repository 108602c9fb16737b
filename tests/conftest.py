"""What many tests share: the shipped networks, and one forward pass of each."""

import contextlib

import numpy as np
import pytest

import zv_helpers as zv


@pytest.fixture(scope="session")
def keras():
    return zv.models.keras_and_tensorflow()[0]


@pytest.fixture(scope="session")
def tf():
    return zv.models.keras_and_tensorflow()[1]


@pytest.fixture(scope="session")
def squeezenet():
    return zv.load_model("squeezenet")


@pytest.fixture(scope="session")
def vgg16():
    return zv.load_model("vgg16-conv")


@pytest.fixture(scope="session")
def cat(squeezenet):
    """SqueezeNet's features of tabby_cat."""
    image = zv.load_image(zv.photographs()["tabby_cat"], squeezenet)
    return zv.extract_features(squeezenet, image)


@pytest.fixture(scope="session")
def vgg_cat(vgg16):
    """VGG-16's features of tabby_cat."""
    return zv.extract_features(vgg16, zv.load_image(zv.photographs()["tabby_cat"], vgg16))


@contextlib.contextmanager
def double_precision():
    """Build Keras layers in float64, so that no rounding decides a switch or a sign."""
    keras, _ = zv.models.keras_and_tensorflow()
    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy("float64")
    keras.config.set_floatx("float64")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
        keras.config.set_floatx(floatx)


def in_double_precision(network):
    """A shipped network again, with the same weights, in float64."""
    keras, _ = zv.models.keras_and_tensorflow()
    with double_precision():
        # The layers were built in float32 and say so in their configuration: take them as new ones.
        def renewed(layer):
            config = layer.get_config()
            config["dtype"] = "float64"
            return type(layer).from_config(config)

        model = keras.models.clone_model(network.keras_model, clone_function=renewed)
        model.set_weights([w.astype(np.float64) for w in network.keras_model.get_weights()])
    return zv.load_model(model, preprocess="caffe", class_names=network.class_names)


@pytest.fixture(scope="session")
def squeezenet64(squeezenet):
    return in_double_precision(squeezenet)


@pytest.fixture(scope="session")
def vgg16_64(vgg16):
    return in_double_precision(vgg16)


def worst(ours, theirs):
    """The largest difference over the largest value of the reference, which must not be all
    zero."""
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    largest = np.abs(theirs).max()
    assert largest > 0, "the reference is zero everywhere, so agreeing with it proves nothing"
    return np.abs(ours - theirs).max() / largest
