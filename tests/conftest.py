"""What many tests share: the shipped networks, and one forward pass of each.

What needs TensorFlow is imported in the fixtures: the process that only hands out the tests reads
this file too, and need not wait for it.
"""

import gc
import os

import pytest

import zv_helpers as zv
from zv_helpers.network import compiling

# Most tests look at one photograph; those of what is compiled say when. Compiling all networks
# beside them would take longer than the tests, and some tests change layers while they run.
compiling.LATER = 3600

# Right answers in tests are nobody's progress.
os.environ["ZV_PROGRESS"] = "0"

# The networks of the tests are millions of objects that stay; to go through them again and again
# for what can be thrown away took a tenth of the time.
gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session")
def keras():
    return zv.network.keras_and_tensorflow()[0]


@pytest.fixture(scope="session")
def tf():
    return zv.network.keras_and_tensorflow()[1]


@pytest.fixture(scope="session")
def squeezenet():
    return zv.load_model("squeezenet")


@pytest.fixture(scope="session")
def vgg16():
    return zv.load_model("vgg16-conv")


@pytest.fixture(scope="session")
def lite0():
    return zv.load_model("efficientnet-lite0")


@pytest.fixture(scope="session")
def cat(squeezenet):
    """SqueezeNet's features of tabby_cat."""
    image = zv.load_image(zv.photographs()["tabby_cat"], squeezenet)
    return zv.extract_features(squeezenet, image)


@pytest.fixture(scope="session")
def vgg_cat(vgg16):
    """VGG-16's features of tabby_cat."""
    return zv.extract_features(vgg16, zv.load_image(zv.photographs()["tabby_cat"], vgg16))


@pytest.fixture(scope="session")
def lite_cat(lite0):
    """EfficientNet-Lite0's features of tabby_cat."""
    return zv.extract_features(lite0, zv.load_image(zv.photographs()["tabby_cat"], lite0))


@pytest.fixture(scope="session")
def squeezenet64(squeezenet):
    from independent import in_double_precision

    return in_double_precision(squeezenet)


@pytest.fixture(scope="session")
def vgg16_64(vgg16):
    from independent import in_double_precision

    return in_double_precision(vgg16)


ODD = ("oblong", "grey", "open", "one score", "no classes", "segmentation")


@pytest.fixture(scope="session", params=ODD)
def odd(request):
    import odd_networks

    assert set(odd_networks.MODELS) == set(ODD)
    return odd_networks.made(request.param)


@pytest.fixture(scope="session")
def oblong():
    import odd_networks

    return odd_networks.made("oblong")


@pytest.fixture(scope="session")
def shepherd(squeezenet):
    return zv.extract_features(squeezenet, zv.load_image("german_shepherd", squeezenet))
