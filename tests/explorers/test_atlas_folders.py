"""The atlas explorer over other photographs and other networks: built beside, and cancelled."""

import re
import shutil

import numpy as np
import pytest
from digits import untrained
from looking import a_jpeg, at_rest, click, complaint, seen, shows, unescaped, until
from PIL import Image

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.explorers import at_hand
from zv_helpers.explorers import atlas as exploring
from zv_helpers.explorers import neuron as neurons
from zv_helpers.explorers.atlas_view import labels_of

NAMES = ("tabby_cat", "kitten", "duck", "owl", "sheep", "horses")


@pytest.fixture(autouse=True)
def nothing_shown_before(squeezenet, lite0):
    for network in (squeezenet, lite0):
        network.cache.once(at_hand._shown).clear()


@pytest.fixture
def explorer(squeezenet, own_photos):
    explorer = explorers.atlas_explorer(squeezenet, layer="fire2", channel=5)
    explorer.show()
    return explorer


@pytest.fixture
def folder(tmp_path):
    """A folder with some photographs in it, and in a folder in it."""
    place = tmp_path / "holidays"
    (place / "more").mkdir(parents=True)
    for i, name in enumerate(NAMES):
        shutil.copy(zv.photographs()[name], place / ("more" if i % 2 else "."))
    return place


@pytest.fixture
def large(folder):
    """The same with so many that it takes seconds."""
    for i in range(500):
        (folder / f"{i:03}.jpg").hardlink_to(folder / "tabby_cat.jpg")
    return folder


def row(explorer):
    """What the line of the building says, or None."""
    return explorer.building.line.value if explorer.building.row.children else None


def same_tables(one, other):
    """Check that two atlases are of the same neurons."""
    assert one.layers == other.layers and one.photographs == other.photographs
    for layer in one.layers[:12]:
        for name, array in vars(other[layer]).items():
            np.testing.assert_array_equal(getattr(one[layer], name), array)


def test_a_folder_is_built_and_shown(explorer, folder, squeezenet):
    (folder / "broken.jpg").write_bytes(b"this is no photograph")
    (folder / "<i>.png").write_bytes(b"")
    explorer.controls["or a folder"].value = str(folder)
    until(at_rest)
    assert complaint(explorer) is None and row(explorer) is None
    expected = zv.build_atlas(squeezenet, folder, progress=False)
    same_tables(explorer.atlas, expected)
    assert explorer.controls["Photographs"].value == str(folder)
    shows(explorer, exploring, explorer.state)
    assert "the 6 of 6 photographs" in explorer.text
    assert "2 photographs could not be read (listed below)" in explorer.text
    for _, why in expected.skipped:
        assert why.split("'")[0] in explorer.unread.value
    assert explorer.unread.value.startswith("<details><summary>2 photographs could not be read")
    assert "<i>" not in explorer.unread.value and "&lt;i&gt;.png" in explorer.unread.value
    explorer.controls["Photographs"].value = exploring.SHIPPED
    until(at_rest)
    assert "of 75 photographs" in explorer.text and explorer.unread.value == ""
    explorer.controls["Photographs"].value = str(folder)  # is there still
    assert len(explorer.atlas.photographs) == 8


def test_its_neurons_open_under_their_own_names(explorer, folder):
    shutil.copy(zv.photographs()["chickens"], folder / "tabby_cat.jpg")
    shutil.copy(zv.photographs()["dahlia"], folder / "more" / "duck.jpg")
    explorer.controls["or a folder"].value = str(folder)
    until(at_rest)
    for place, (photograph, neuron) in enumerate(explorer.view.nine.neurons):
        explorer.show(place=place)
        explorer.controls["Open it below"].click()
        features = explorer.opened.context.features
        image = zv.load_image(photograph, features.network)
        np.testing.assert_array_equal(features.image.pixels, image.pixels)
        assert explorer.opened.neuron.row == neuron.row
    menu = explorer.opened.controls["Photograph"]
    menu.value = "tabby_cat"  # that of the folder, which shows chickens
    image = zv.load_image(folder / "tabby_cat.jpg", explorer.context.network)
    np.testing.assert_array_equal(explorer.opened.context.features.image.pixels, image.pixels)
    explorer.opened.controls["Network"].value = "efficientnet-lite0"
    assert complaint(explorer.opened) is None
    pixels = explorer.opened.context.features.image.pixels
    np.testing.assert_array_equal(pixels, image.pixels)


def test_it_says_how_far_it_is_and_the_sliders_go_on(explorer, large):
    explorer.controls["or a folder"].value = str(large)
    assert "getting ready" in row(explorer)
    lines = set()
    until(lambda: lines.add(row(explorer)) or any("a second" in str(one) for one in lines))
    said = next(one for one in lines if one and "a second" in one)
    assert re.search(r"\d+ of 506 photographs, [\d.]+ a second, about \d+ s to go", said)
    assert re.search(r'<progress aria-label="[^"]+" value="\d+" max="506">', said)
    explorer.controls["Feature map"].value = 9
    until(lambda: explorer.view.state.channel == 9 and explorer.view.whole)
    assert row(explorer) and "one scale" in explorer.text  # they did not wait for the atlas
    assert explorer.controls["Photographs"].value == exploring.SHIPPED
    assert "of 75 photographs" in explorer.text
    explorer.building.button.click()
    until(at_rest)


def test_cancelling_keeps_everything(explorer, large):
    before, state, atlas = explorer.picture.value, explorer.state, explorer.atlas
    explorer.controls["or a folder"].value = str(large)
    until(lambda: "of 506 photographs" in str(row(explorer)))
    explorer.building.button.click()
    assert row(explorer) is None and "Cancelled; everything is as it was" in complaint(explorer)
    until(at_rest)  # the thread has heard of it
    assert "Cancelled; everything is as it was" in complaint(explorer)
    assert explorer.picture.value == before and explorer.atlas is atlas
    assert explorer.state == state and str(large) not in explorer.controls["Photographs"].options
    explorer.controls["Feature map"].value = 6
    until(at_rest)
    assert complaint(explorer) is None and explorer.state.channel == 6


def test_what_is_chosen_next_ends_what_is_being_built(explorer, large, folder):
    explorer.controls["or a folder"].value = str(large)
    until(lambda: "of 506 photographs" in str(row(explorer)))
    few = folder / "more"
    explorer.controls["or a folder"].value = str(few)
    until(at_rest)
    assert complaint(explorer) is None and len(explorer.atlas.photographs) == 3
    explorer.controls["or a folder"].value = str(large)
    until(lambda: "of 506 photographs" in str(row(explorer)))
    explorer.controls["Network"].value = "efficientnet-lite0"
    until(at_rest)
    assert row(explorer) is None and "being built is cancelled" in unescaped(explorer)
    assert (
        explorer.context.seen_by == "efficientnet-lite0" and len(explorer.atlas.photographs) == 75
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path / "absent", "absent' is not there"),
        (lambda path: (path / "empty").mkdir() or path / "empty", "empty' holds none"),
        (lambda path: (path / "x.txt").write_text("hello") and path / "x.txt", "is plain text"),
    ],
)
def test_a_folder_that_is_none_is_said(explorer, tmp_path, make, said):
    before = explorer.picture.value
    explorer.controls["or a folder"].value = str(make(tmp_path))
    until(lambda: complaint(explorer))
    assert said in complaint(explorer) and row(explorer) is None
    assert explorer.picture.value == before
    assert explorer.controls["Photographs"].value == exploring.SHIPPED
    until(at_rest)
    assert said in complaint(explorer)  # it stays until something is asked for
    explorer.controls["Feature map"].value = 6
    until(at_rest)
    assert complaint(explorer) is None


def test_a_folder_of_what_cannot_be_read_is_said(explorer, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"this is no photograph")
    explorer.controls["or a folder"].value = str(tmp_path)
    until(lambda: complaint(explorer))
    assert "none of 1 can be" in complaint(explorer)


def test_ones_own_photographs_are_offered(explorer, own_photos):
    menu = explorer.controls["Photographs"]
    assert menu.options == (exploring.SHIPPED, "data/my_photos")
    menu.value = "data/my_photos"
    until(lambda: complaint(explorer))
    assert "holds none" in complaint(explorer) and menu.value == exploring.SHIPPED
    (own_photos / "red.jpg").write_bytes(a_jpeg())
    menu.value = "data/my_photos"
    until(at_rest)
    assert menu.value == "data/my_photos" and len(explorer.atlas.photographs) == 1
    assert explorer.view.nine.patches[0].name == "red"
    first = explorer.atlas
    menu.value = exploring.SHIPPED
    menu.value = "data/my_photos"
    until(at_rest)
    assert explorer.atlas is first
    (own_photos / "blue.jpg").write_bytes(a_jpeg(colour=(20, 20, 220)))
    menu.value = exploring.SHIPPED
    menu.value = "data/my_photos"  # the folder has changed
    until(at_rest)
    assert len(explorer.atlas.photographs) == 2


def test_the_folder_of_an_atlas_is_opened(explorer, folder, squeezenet, vgg16, tmp_path):
    kept = zv.build_atlas(squeezenet, folder, ["fire3", "fire2"], progress=False)
    kept.save(tmp_path / "kept")
    explorer.controls["or a folder"].value = str(tmp_path / "kept")
    until(at_rest)
    assert explorer.atlas.layers == ("fire3", "fire2")
    assert (explorer.state.layer, explorer.state.channel) == ("fire2", 5)
    same_tables(explorer.atlas, kept)
    zv.build_atlas(vgg16, ["duck"], ["block1_conv1"], progress=False).save(tmp_path / "other")
    explorer.controls["or a folder"].value = str(tmp_path / "other")
    assert "another graph or other weights" in complaint(explorer)
    assert explorer.atlas.layers == ("fire3", "fire2")


# Other networks


def test_another_network_comes_with_its_own_atlas(explorer, lite0):
    explorer.show(asked=(3,))
    explorer.controls["Network"].value = "efficientnet-lite0"
    until(at_rest)
    assert complaint(explorer) is None
    assert (explorer.state.layer, explorer.state.channel) == ("block4_0_expand_relu", 269)
    assert explorer.state.asked == ()
    assert explorer.atlas.is_of(lite0)
    shows(explorer, exploring, explorer.state)
    explorer.controls["Network"].value = "squeezenet"
    until(at_rest)
    assert (explorer.state.layer, explorer.state.channel) == ("fire5", 241)


def test_a_network_without_an_atlas_offers_to_build_it(squeezenet, own_networks):
    untrained().save(own_networks / "mine.keras")
    explorer = explorers.atlas_explorer(squeezenet)
    explorer.controls["Network"].value = "mine"
    assert complaint(explorer) is None
    button = explorer.controls["Build its atlas"]
    assert explorer.atlas is None and button.layout.display is None
    assert (
        "There is no atlas of 'mine' over the photographs that ship yet. Press \"Build its"
        in explorer.text
    )
    assert "mine takes 28 × 28 pixels in grey" in unescaped(explorer)
    for label in ("Layer", "name", "Feature map", "number", "Open it below"):
        assert explorer.controls[label].disabled, label
    click(explorer.picture, 430, 90)
    assert explorer.opened is None and complaint(explorer) is None
    size = seen(explorer).shape
    button.click()
    until(at_rest)
    assert complaint(explorer) is None and button.layout.display == "none"
    assert len(explorer.atlas.photographs) == 75 and not explorer.controls["Layer"].disabled
    assert explorer.view.nine.patches[0].pixels.shape[2] == 1
    shows(explorer, exploring, explorer.state)
    assert seen(explorer).shape == size
    click(explorer.picture, 430, 90)
    assert explorer.opened.context.features.image.pixels.shape == (28, 28, 1)
    explorer.controls["Network"].value = "squeezenet"
    explorer.controls["Network"].value = "mine"
    until(at_rest)
    assert explorer.atlas is not None


def test_a_layer_that_cannot_be_reversed_shows_patches_and_says_why(tmp_path, keras):
    layers = [
        keras.layers.Conv2D(4, 3, activation="relu", name="edges"),
        keras.layers.Conv2D(4, 3, activation="swish", name="swishing"),
        keras.layers.Conv2D(4, 3, activation="relu", name="above"),
    ]
    network = zv.load_model(keras.Sequential([keras.Input((32, 32, 3)), *layers]), preprocess="0-1")
    atlas = zv.build_atlas(network, ["duck", "owl"], progress=False)
    explorer = explorers.atlas_explorer(network, atlas, "above")
    explorer.show()
    assert "there are no projections: " in explorer.text and "swish" in explorer.text
    assert explorer.view.whole and explorer.view.nine.projections == (None, None)
    explorer.controls["name"].value = "edges"
    until(at_rest)
    assert complaint(explorer) is None and None not in explorer.view.nine.projections


def test_photographs_without_a_path_are_called_by_their_number(squeezenet):
    pictures = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    atlas = zv.build_atlas(squeezenet, pictures, ["fire2"], progress=False)
    explorer = explorers.atlas_explorer(squeezenet, atlas)
    explorer.controls["Find maps by photograph"].value = True
    assert [label for label, _ in explorer.controls["These photographs"].options] == [
        "photograph 0",
        "photograph 1",
    ]
    explorer.controls["These photographs"].value = (1,)
    until(at_rest)
    assert complaint(explorer) is None
    explorer.controls["Open it below"].click()
    assert explorer.opened.controls["Photograph"].value.startswith("photograph ")


def test_labels_tell_photographs_apart():
    found = labels_of(("a/one.jpg", "b/one.jpg", "b/two.jpg", 7))
    assert found == ("a/one.jpg", "b/one.jpg", "two", "photograph 3")


# From the neuron explorer


def test_the_neuron_explorer_shows_the_row_of_its_map(cat, squeezenet):
    atlas = at_hand.shipped_atlas(squeezenet)
    explorer = explorers.neuron_explorer(cat, "fire3", 5)
    button, height = explorer.controls["Atlas of this map"], seen(explorer).shape[0]
    button.value = True
    until(at_rest)
    assert complaint(explorer) is None and button.value
    first = atlas.patches("fire3", 5)[0]
    assert "Below, the atlas of fire3, feature map 5: the 9 of 75 photographs" in explorer.text
    assert f"from {first.name} (" in explorer.text
    shows(explorer, neurons, explorer.state)
    assert seen(explorer).shape[0] > height + 250
    explorer.controls["Feature map"].value = 6
    until(at_rest)
    assert "the atlas of fire3, feature map 6:" in explorer.text
    assert explorer.view.nine.whole and explorer.view.nine.channel == 6
    button.value = False
    assert seen(explorer).shape[0] == height and "atlas" not in explorer.text


def test_it_works_for_the_forward_pass_alone_and_beside_a_pinned_neuron(cat):
    explorer = explorers.neuron_explorer(cat, "fire3", 5, panels="forward")
    explorer.controls["Atlas of this map"].value = True
    explorer.controls["Pin for comparison"].value = True
    until(at_rest)
    assert complaint(explorer) is None
    shows(explorer, neurons, explorer.state)
    assert "Pinned: " in explorer.text and "Below, the atlas of" in explorer.text


def test_without_an_atlas_the_button_says_why_and_after_building_one_it_works(keras):
    network = zv.load_model(untrained(channels=3), preprocess="none")
    features = zv.extract_features(network, zv.load_image("duck", network))
    explorer = explorers.neuron_explorer(features)
    button = explorer.controls["Atlas of this map"]
    button.value = True
    assert "Expected an atlas of 'mine', but none is at hand" in complaint(explorer)
    assert not button.value and explorer.state.atlas is None
    other = explorers.atlas_explorer(network)
    other.controls["Build its atlas"].click()
    until(at_rest)
    button.value = True
    until(at_rest)
    assert complaint(explorer) is None and explorer.state.atlas is other.atlas


def test_a_given_atlas_comes_first_and_other_networks_have_their_own(cat, squeezenet):
    given = zv.build_atlas(squeezenet, ["duck", "owl"], ["fire2"], progress=False)
    explorer = explorers.neuron_explorer(cat, "fire2", 5, atlas=given)
    button = explorer.controls["Atlas of this map"]
    button.value = True
    until(at_rest)
    assert explorer.state.atlas is given and len(explorer.view.nine.neurons) == 2
    explorer.controls["name"].value = "fire3"
    until(at_rest)
    assert explorer.view.nine is None and "The atlas has no layer fire3." in explorer.text
    button.value = False
    button.value = True  # another one has it
    until(at_rest)
    assert len(explorer.view.nine.neurons) == 9
    explorer.controls["Network"].value = "efficientnet-lite0"
    until(at_rest)
    assert complaint(explorer) is None
    assert len(explorer.state.atlas.photographs) == 75 and explorer.view.nine.whole
