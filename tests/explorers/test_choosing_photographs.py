"""The chooser, and the row in which every explorer chooses its photograph and its network."""

import numpy as np
import pytest
from looking import a_jpeg, click, complaint, pictured, shows, unescaped, upload

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.choose import last_layer
from zv_helpers.explorers import chooser as choosing
from zv_helpers.explorers import neuron, photographs
from zv_helpers.explorers.chooser import ChooserState
from zv_helpers.explorers.neuron import NeuronState
from zv_helpers.explorers.thumbnails import PITCH, name_at, names_to_choose, sheet
from zv_helpers.explorers.uploads import kept_upload, read_upload


def test_another_photograph_keeps_layer_and_neuron(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    menu = explorer.controls["Photograph"]
    menu.value = "chickens"
    assert (explorer.neuron.layer, explorer.neuron.channel) == ("fire5", 195)
    network = cat.network
    features = zv.extract_features(network, zv.load_image("chickens", network))
    assert explorer.neuron == features.strongest("fire5", 195)
    shows(explorer, neuron, NeuronState("fire5", 195))
    menu.value = "tabby_cat"
    assert explorer.neuron == cat.strongest("fire5", 195)


def test_another_network_keeps_the_photograph(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    controls = explorer.controls
    controls["Network"].value = "vgg16-conv"
    features = explorer.context.features
    assert features.network.name == "vgg16-conv"
    np.testing.assert_array_equal(features.image.pixels, cat.image.pixels)
    assert controls["Layer"].max == len(features.layers) - 1
    assert controls["name"].value == explorer.neuron.layer == last_layer(features)
    shows(explorer, neuron, explorer.state)
    controls["Network"].value = "squeezenet"
    assert explorer.context.features.network is cat.network


def test_a_photograph_of_ones_own_is_prepared_for_the_network_that_looks(cat, tmp_path):
    paths = [tmp_path / name for name in ("one.jpg", "two.jpg")]
    for path, colour in zip(paths, ((200, 40, 40), (40, 40, 200)), strict=True):
        path.write_bytes(a_jpeg(colour=colour))
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    controls = explorer.controls
    for path in paths:
        controls["or a path"].value = str(path)
    controls["Network"].value = "vgg16-conv"
    controls["Photograph"].value = str(paths[0])
    assert complaint(explorer) is None
    features = explorer.context.features
    assert features.network.name == "vgg16-conv" and features.image.name == "one"
    expected = zv.load_image(paths[0], features.network)
    np.testing.assert_array_equal(features.image.pixels, expected.pixels)
    np.testing.assert_array_equal(features.image.batch, expected.batch)


def test_a_path_that_is_none_is_said_and_everything_stays(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    before = explorer.picture.value
    explorer.controls["or a path"].value = "no/such/picture.jpg"
    assert "no/such/picture.jpg" in complaint(explorer)
    assert explorer.picture.value == before
    assert explorer.controls["Photograph"].value == "tabby_cat"
    explorer.controls["Feature map"].value = 20
    assert complaint(explorer) is None
    shows(explorer, neuron, NeuronState("fire5", 20))


def test_every_explorer_has_thumbnails_to_click_on(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    button, box = explorer.controls["Thumbnails"], explorer.boxes[0]
    assert explorer.sheet is None
    button.value = True
    assert explorer.frame in box.children
    assert "Thumbnails" in explorer.sheet.alt
    before = explorer.sheet.value
    place = names_to_choose().index("chickens")
    x = 4 + place % photographs.COLUMNS * PITCH + 10
    y = 4 + place // photographs.COLUMNS * PITCH + 10
    click(explorer.sheet, x, y)
    assert explorer.context.features.image.name == "chickens"
    assert explorer.controls["Photograph"].value == "chickens"
    assert (explorer.state.layer, explorer.state.channel) == ("fire5", 195)
    assert explorer.sheet.value != before
    click(explorer.sheet, -5, -5)
    assert explorer.context.features.image.name == "chickens"
    button.value = False
    assert explorer.frame not in box.children
    button.value = True
    assert explorer.frame in box.children


def test_some_thumbnails_can_be_framed_and_paths_too(tmp_path):
    (tmp_path / "red.jpg").write_bytes(a_jpeg())
    names = ["duck", "d", str(tmp_path / "red.jpg")]
    none, one, other = (np.asarray(sheet(names, chosen, 3)) for chosen in ((), "duck", names[2:]))
    both = np.asarray(sheet(names, {"duck", names[2]}, 3))
    first, rest = np.s_[:, : PITCH + 4], np.s_[:, PITCH + 4 :]
    np.testing.assert_array_equal(both[first], one[first])
    np.testing.assert_array_equal(both[rest], other[rest])
    assert (one[first] != none[first]).any() and (one[rest] == none[rest]).all()
    assert none[30, 2 * PITCH + 30, 0] > 180 > 80 > none[30, 2 * PITCH + 30, 1]


# The chooser


def test_the_chooser_shows_what_the_network_sees(squeezenet):
    chooser = explorers.photograph_chooser(squeezenet)
    expected = zv.load_image("tabby_cat", squeezenet)
    np.testing.assert_array_equal(chooser.image.batch, expected.batch)
    assert chooser.name == "tabby_cat"
    assert all(note in chooser.text for note in expected.notes)
    chooser.controls["Photograph"].value = "chickens"
    assert chooser.image.name == "chickens"
    chooser.controls["Fit"].value = "letterbox"
    expected = zv.load_image("chickens", squeezenet, "letterbox")
    np.testing.assert_array_equal(chooser.image.pixels, expected.pixels)
    shows(chooser, choosing, ChooserState(expected, "chickens", choosing.page_of("chickens")))


def test_the_chooser_keeps_an_image_and_its_fit(squeezenet):
    image = zv.load_image("chickens", squeezenet, "stretch")
    chooser = explorers.photograph_chooser(squeezenet, image)
    assert chooser.image is image
    assert chooser.controls["Fit"].value == "stretch"


def test_a_large_photograph_is_read_again_and_one_without_a_file_is_fitted_anew(
    squeezenet, own_photos, tmp_path
):
    elsewhere = tmp_path / "elsewhere.jpg"
    for path in (own_photos / "wide.jpg", elsewhere):
        path.write_bytes(a_jpeg((2400, 300)))
    for source in ("wide", str(elsewhere), np.asarray(zv.load_image("owl", squeezenet).original)):
        chooser = explorers.photograph_chooser(squeezenet, source)
        chooser.controls["Fit"].value = "letterbox"
        assert complaint(chooser) is None
        expected = zv.load_image(source, squeezenet, "letterbox")
        np.testing.assert_array_equal(chooser.image.pixels, expected.pixels)
        assert chooser.image.original_size == expected.original_size


def test_a_large_photograph_is_read_again_for_another_network(cat, tmp_path):
    path = tmp_path / "wide.jpg"
    path.write_bytes(a_jpeg((2400, 300)))
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    explorer.controls["or a path"].value = str(path)
    explorer.controls["Network"].value = "vgg16-conv"
    assert complaint(explorer) is None
    image, network = explorer.context.features.image, explorer.context.features.network
    assert network.name == "vgg16-conv" and image.original_size == (300, 2400)
    np.testing.assert_array_equal(image.pixels, zv.load_image(path, network).pixels)


def test_the_pages_of_thumbnails_hold_all_names(squeezenet, monkeypatch):
    monkeypatch.setattr(choosing, "ROWS", 2)
    monkeypatch.setattr(choosing, "A_PAGE", 2 * choosing.COLUMNS)
    chooser = explorers.photograph_chooser(squeezenet)
    page, names = chooser.controls["Page"], []
    assert page.max == chooser.view.pages > 2
    for number in range(1, page.max + 1):
        page.value = number
        assert f"{chooser.state.page + 1}" == str(number)
        names += chooser.view.on_page
        assert pictured(choosing, None, chooser.state).size == chooser.render(chooser.view).size
    assert names == names_to_choose()


def test_a_small_photograph_is_said(squeezenet, recwarn):
    chooser = explorers.photograph_chooser(squeezenet, "angelfish")
    assert "fine details are not there" in chooser.text
    # ipywidgets 7 has warnings of its own.
    assert not [one for one in recwarn if not issubclass(one.category, DeprecationWarning)]


def test_a_click_chooses_the_photograph_under_it(squeezenet):
    chooser = explorers.photograph_chooser(squeezenet)
    names = names_to_choose()
    (left, top), _ = choosing.sheet_at(chooser.view)
    for place in (0, 12, 40):
        column, row = place % choosing.COLUMNS, place // choosing.COLUMNS
        click(chooser.picture, left + 4 + column * PITCH + 10, top + 4 + row * PITCH + 10)
        assert chooser.name == names[place]
    click(chooser.picture, 1, 1)
    assert chooser.name == names[40]
    assert name_at(names, choosing.COLUMNS, -1, 1) is None


# Uploads


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.jpg", b"", "empty"),
        ("notes.jpg", b"hello, this is text", "text"),
        ("cut.jpg", a_jpeg()[:200], "damaged or cut short"),
        ("dot.png", a_jpeg((1, 1)), "at least 16 pixels"),
        ("narrow.jpg", a_jpeg((20000, 10)), "at least 16 pixels"),
        ("photo.heic", b"\x00\x00\x00\x18ftypheic" + bytes(100), "HEIC"),
    ],
)
def test_a_bad_upload_is_said_and_everything_stays(cat, own_photos, name, content, said):
    chooser = explorers.photograph_chooser(cat.network)
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    for one in (chooser, explorer):
        before, button = one.picture.value, one.controls["Upload"]
        button.value = (upload(name, content),)
        assert said in complaint(one)
        assert one.picture.value == before
        assert button.value == ()
    assert list(own_photos.iterdir()) == []
    assert (chooser.name, explorer.neuron) == ("tabby_cat", cat.strongest("fire5", 195))
    chooser.controls["Photograph"].value = "chickens"
    assert complaint(chooser) is None


def test_a_good_upload_is_kept_and_named(squeezenet, own_photos):
    chooser = explorers.photograph_chooser(squeezenet)
    button, content = chooser.controls["Upload"], a_jpeg()
    button.value = (upload("my dog.jpg", content),)
    assert complaint(chooser) is None
    assert (own_photos / "my_dog.jpg").read_bytes() == content
    assert 'PHOTO = "my_dog"' in unescaped(chooser)
    assert chooser.controls["Photograph"].value == chooser.name == "my_dog"
    again = zv.load_image(chooser.name, squeezenet)
    np.testing.assert_array_equal(chooser.image.pixels, again.pixels)
    button.value = (upload("my dog.jpg", content),)
    button.value = (upload("my dog.jpg", a_jpeg(colour=(0, 0, 200))),)
    names = sorted(path.name for path in own_photos.iterdir())
    assert names == ["my_dog.jpg", "my_dog_2.jpg"]
    button.value = (upload("tabby_cat.jpg", content),)
    assert chooser.name == "my_photos/tabby_cat"
    assert chooser.image.pixels[0, 0, 0] > 150


def test_an_explorer_turns_to_an_upload(cat, own_photos):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    explorer.controls["Upload"].value = (upload("my dog.jpg", a_jpeg()),)
    assert complaint(explorer) is None
    assert explorer.controls["Photograph"].value == "my_dog"
    assert 'PHOTO = "my_dog"' in unescaped(explorer)
    assert explorer.context.features.image.name == "my_dog"
    shows(explorer, neuron, NeuronState("fire5", 195))


def test_an_upload_may_not_leave_the_folder(squeezenet, own_photos):
    image = read_upload("../../evil.jpg", a_jpeg(), squeezenet)
    kept_upload(image, "../../evil.jpg", a_jpeg())
    assert [path.parent for path in own_photos.iterdir()] == [own_photos]
    assert not (own_photos.parent.parent / "evil.jpg").exists()
