"""The network of inverted residuals that ships: its layers, its input and its answers."""

import numpy as np
import pytest
from PIL import Image

import zv_helpers as zv


def middle(name, network):
    """Features of a photograph as the weights were checked: its shorter side becomes 256, then the
    middle 224 x 224 pixels."""
    picture = Image.open(zv.photographs()[name]).convert("RGB")
    factor = 256 / min(picture.size)
    picture = picture.resize([round(side * factor) for side in picture.size], Image.BICUBIC)
    left, top = ((side - 224) // 2 for side in picture.size)
    pixels = np.asarray(picture.crop((left, top, left + 224, top + 224)))
    return zv.extract_features(network, zv.load_image(pixels, network))


def test_efficientnet_lite0s_layers(lite0):
    names = [layer.name for layer in lite0.layers]
    assert names[0] == "stem_relu" and names[-1] == "head_relu" and len(names) == 58
    adds = [name for name in names if name.endswith("_add")]
    repeats = {1: 2, 2: 2, 3: 3, 4: 3, 5: 4}
    assert adds == [f"block{n}_{i}_add" for n, count in repeats.items() for i in range(1, count)]
    assert lite0.keras_model.count_params() == 4_694_024
    assert lite0.spec.preprocess == "tf" and not lite0.spec.reads_bgr
    assert all(layer.reverse == "yes (no switches)" for layer in lite0.layers)
    assert {layer.kind for layer in lite0.layers} == {
        "Conv2D + ReLU6",
        "DepthwiseConv2D + ReLU6",
        "BatchNormalization",
        "Add",
    }


ANSWERS = {
    "german_shepherd": {"German shepherd": 0.97},
    "chickens": {"hen": 0.93},
    "espresso": {"espresso": 0.95},
    "taj_mahal": {"mosque": 0.82},
    "pufferfish": {"puffer": 0.87},
    "screwdriver": {"screwdriver": 0.91},
    "tabby_cat": {"tiger cat": 0.38, "Egyptian cat": 0.36, "tabby": 0.18},
}


@pytest.mark.parametrize("photo", ANSWERS)
def test_efficientnet_lite0s_answers_are_those_its_weights_were_checked_with(lite0, photo):
    expected = ANSWERS[photo]
    found = middle(photo, lite0).top_classes(len(expected))
    assert [name for _, name, _ in found] == list(expected)
    for _, name, share in found:
        assert abs(share - expected[name]) < 0.03, name


@pytest.mark.parametrize("name", ["squeezenet", "efficientnet-lite0", "vgg16-conv"])
def test_a_shipped_networks_input_size_can_be_chosen(name):
    network = zv.load_model(name, input_size=(160, 128))
    assert network.input_size == (160, 128) and network.name == name
    assert network.layers[-1].height < 12
