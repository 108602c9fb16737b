"""The network menu: those that ship and those of data/my_networks, grey ones among them."""

import keras
import numpy as np
import odd_networks
import pytest
from digits import digit, untrained
from looking import EVERY, a_jpeg, complaint, shows, unescaped

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.explorers import neuron


def test_the_menu_lists_ones_own_networks(cat, own_networks):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    shipped = ("squeezenet", "efficientnet-lite0", "vgg16-conv")
    assert explorer.controls["Network"].options[:3] == shipped
    assert "mine" not in explorer.controls["Network"].options
    untrained().save(own_networks / "mine.keras")
    explorer.controls["Photograph"].value = "chickens"  # the menu is made anew
    assert "mine" in explorer.controls["Network"].options


@pytest.mark.parametrize("make", EVERY)
def test_a_grey_network_keeps_the_photograph_and_so_does_the_way_back(cat, own_networks, make):
    """And one without classes comes between."""
    untrained().save(own_networks / "mine.keras")
    odd_networks.MODELS["no classes"]().save(own_networks / "maps.keras")
    explorer = getattr(explorers, make)(cat)
    menu = explorer.controls["Network"]
    menu.value = "maps"
    assert complaint(explorer) is None
    assert explorer.context.features.network.class_count is None
    assert explorer.picture.alt.startswith(explorer.text)
    menu.value = "mine"
    assert complaint(explorer) is None
    image = explorer.context.features.image
    assert image.name == "tabby_cat" and image.pixels.shape == (28, 28, 1)
    assert menu.value == "mine" and "mine takes 28 × 28 pixels in grey" in unescaped(explorer)
    menu.value = "squeezenet"
    assert complaint(explorer) is None
    assert explorer.context.features.network is cat.network
    np.testing.assert_array_equal(explorer.context.features.image.pixels, cat.image.pixels)


def test_what_is_no_network_is_said_and_everything_stays(cat, own_networks):
    (own_networks / "broken.keras").write_bytes(b"this is no zip")
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    before, menu = explorer.picture.value, explorer.controls["Network"]
    menu.value = "broken"
    assert "broken" in complaint(explorer)
    assert explorer.picture.value == before and menu.value == "squeezenet"
    assert explorer.context.features is cat
    explorer.controls["Feature map"].value = 20
    assert complaint(explorer) is None


def test_an_array_and_a_file_go_from_grey_to_colour_and_back(own_networks, tmp_path):
    untrained().save(own_networks / "mine.keras")
    model = keras.saving.load_model(own_networks / "mine.keras")
    network, three = zv.load_model(model), digit(3, np.random.default_rng(0))
    features = zv.extract_features(network, zv.load_image(three, network))
    explorer = explorers.neuron_explorer(features)
    menu, path = explorer.controls["Network"], tmp_path / "red.jpg"
    menu.value = "squeezenet"
    assert complaint(explorer) is None
    assert explorer.context.features.image.name == "array"
    path.write_bytes(a_jpeg())
    explorer.controls["or a path"].value = str(path)
    assert complaint(explorer) is None
    menu.value = "mine"
    assert explorer.context.features.image.pixels.shape == (28, 28, 1)
    explorer.controls["Photograph"].value = "array"
    assert complaint(explorer) is None
    assert explorer.context.features.network is network
    np.testing.assert_array_equal(explorer.context.features.image.pixels, three[..., None])
    shows(explorer, neuron, explorer.state)
    assert explorer.picture.alt.startswith(explorer.text)
