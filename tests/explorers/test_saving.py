"""Save: the picture with its text, and the numbers beside it, as they are on show."""

import csv

import numpy as np
import pytest
from independent import random_weights
from looking import EVERY, a_jpeg, at_rest, complaint, unescaped, until
from PIL import Image

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.experiments.evolving import evolution
from zv_helpers.experiments.learning import small_network
from zv_helpers.experiments.moves import Move
from zv_helpers.experiments.strongest import images_of
from zv_helpers.explorers import atlas_picture, saving


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Each notebook has a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "results"


def saved(explorer, name):
    """Press the button; returns the picture's pixels, its description and the rows of the table."""
    explorer.tools.save.click()
    assert complaint(explorer) is None
    files = f"results/{name}.png", f"results/{name}.csv"
    assert f"Written: {files[0]}, and its numbers: {files[1]}." in unescaped(explorer)
    with Image.open(files[0]) as picture:
        pixels, text = np.asarray(picture.convert("RGB")), picture.text
    with open(files[1], "rb") as file:
        assert file.read(3) == b"\xef\xbb\xbf"  # by which Excel knows the encoding
    with open(files[1], encoding="utf-8-sig", newline="") as file:
        return pixels, text["Description"], list(csv.reader(file))


def plain(text):
    return text.replace("−", "-").replace("–", "-").replace("…", "...")


def grids(rows):
    """The grids in a table: {what it is: (values (h, w), row and column of the first)}."""
    header, *rows = rows
    assert header[:2] == ["what", "row"]
    assert header[2:] == [str(i) for i in range(len(header) - 2)]
    found = {}
    for what, row, *cells in rows:
        assert len(cells) == len(header) - 2
        found.setdefault(what, []).append((int(row), cells))
    return {what: grid(lines) for what, lines in found.items()}


def grid(lines):
    first, cells = lines[0]
    assert [row for row, _ in lines] == list(range(first, first + len(lines)))
    left = next(i for i, cell in enumerate(cells) if cell)
    values = [[float(cell) for cell in cells if cell] for _, cells in lines]
    assert all(not any(cells[:left]) for _, cells in lines)
    return np.array(values, np.float32), (first, left)


def holds(found, values, corner=(0, 0)):
    np.testing.assert_array_equal(found[0], np.asarray(values, np.float32))
    assert found[1] == tuple(corner)


@pytest.mark.parametrize("make", EVERY)
def test_the_picture_is_saved_with_its_text(cat, make):
    explorer = getattr(explorers, make)(cat)
    drawn = np.asarray(explorer.render(explorer.view))
    name = f"tabby_cat_squeezenet_{explorer.kind}"
    pixels, text, rows = saved(explorer, name)
    height, width = drawn.shape[:2]
    np.testing.assert_array_equal(pixels[:height], drawn)
    assert pixels.shape[1] == width and pixels.shape[0] > height + 20
    assert pixels[height:].min() < 100 and (pixels[height:, :4] == 255).all()
    assert text == plain(explorer.text)
    assert len({len(row) for row in rows}) == 1 and len(rows) > 1


def test_no_file_is_replaced_and_both_get_the_same_number(cat, here):
    explorer = explorers.heatmap_explorer(cat)
    here.mkdir()
    (here / "tabby_cat_squeezenet_heatmap.csv").write_text("mine")
    saved(explorer, "tabby_cat_squeezenet_heatmap_2")
    names = {path.name for path in here.iterdir()}
    ours = {"tabby_cat_squeezenet_heatmap_2.png", "tabby_cat_squeezenet_heatmap_2.csv"}
    assert names == {"tabby_cat_squeezenet_heatmap.csv", *ours}
    assert (here / "tabby_cat_squeezenet_heatmap.csv").read_text() == "mine"


def test_what_cannot_be_written_is_said(cat, here):
    here.write_text("no folder")
    explorer = explorers.heatmap_explorer(cat)
    explorer.tools.save.click()
    assert "could not be written to results/" in complaint(explorer)


def test_a_photograph_in_a_folder_gives_a_name_without_one(squeezenet, own_photos):
    (own_photos / "owl.jpg").write_bytes(a_jpeg())
    chooser = explorers.photograph_chooser(squeezenet, "my_photos/owl")
    chooser.controls["Fit"].value = "stretch"
    pixels = chooser.image.pixels
    _, _, rows = saved(chooser, f"{chooser.image.name.replace('/', '_')}_photograph")
    found = grids(rows)
    assert list(found) == ["red", "green", "blue"]
    for i, name in enumerate(found):
        holds(found[name], pixels[..., i])
    assert saving.stem_of("", "my_photos/rex, 1") == "my_photos_rex_1"


# The numbers


def test_a_neurons_map_and_signal(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    explorer.show(row=11, column=3)
    view = explorer.view
    found = grids(saved(explorer, "tabby_cat_squeezenet_neuron")[2])
    assert list(found) == ["fire5, feature map 195", "signal, red", "signal, green", "signal, blue"]
    holds(found["fire5, feature map 195"], cat["fire5"][..., 195])
    box, pixels = view.projection.box, view.projection.pixels
    assert box[0] > 0 and pixels.min() < 0
    for i, name in enumerate(("red", "green", "blue")):
        holds(found[f"signal, {name}"], pixels[..., i], box[:2])
    explorer.controls["Pin for comparison"].value = True
    explorer.show(channel=20)
    found = grids(saved(explorer, "tabby_cat_squeezenet_neuron_2")[2])
    assert len(found) == 8
    holds(found["pinned: fire5, feature map 195"], cat["fire5"][..., 195])
    holds(found["pinned: signal, blue"], pixels[..., 2], box[:2])
    holds(found["signal, red"], explorer.view.projection.pixels[..., 0], box[:2])
    forward = explorers.neuron_explorer(cat, "fire5", 195, panels="forward")
    assert list(grids(saved(forward, "tabby_cat_squeezenet_neuron_3")[2])) == [
        "fire5, feature map 195"
    ]


def test_a_heatmap_and_an_overlay(cat):
    explorer = explorers.heatmap_explorer(cat, 281, smoothing=2.0)
    explorer.controls["Pin for comparison"].value = True
    explorer.controls["Method"].value = "gradcam"
    found = grids(saved(explorer, "tabby_cat_squeezenet_heatmap")[2])
    assert list(found) == ["heatmap", "pinned: heatmap"]
    holds(found["heatmap"], explorer.heat)
    holds(found["pinned: heatmap"], explorer.state.pin.heat)
    other = explorers.overlay_explorer(cat, 281)
    found = grids(saved(other, "tabby_cat_squeezenet_overlay")[2])
    assert list(found) == ["heatmap"]
    holds(found["heatmap"], other.view.heat)


def test_relevance_scores(cat):
    explorer = explorers.relevance_explorer(cat, 281, "fire8")
    explorer.controls["Pin for comparison"].value = True
    explorer.show(layer="fire9", class_index=1)
    header, *rows = saved(explorer, "tabby_cat_squeezenet_relevance")[2]
    assert header == ["explained", "layer", "feature map", "relevance score"]
    count, pin = len(explorer.scores), explorer.state.pin
    for part, view, index in ((rows[:count], explorer.view, 1), (rows[count:], pin, 281)):
        assert {tuple(row[:2]) for row in part} == {(cat.network.class_name(index), view.layer)}
        assert [int(row[2]) for row in part] == list(range(len(view.scores)))
        np.testing.assert_array_equal(np.float32([row[3] for row in part]), view.scores)


def test_a_step(cat):
    explorer = explorers.step_explorer(cat, cat.neuron("fire5", 195, 11, 3))
    explorer.controls["Step"].value = 5
    moment = explorer.view.moment
    found = grids(saved(explorer, "tabby_cat_squeezenet_steps")[2])
    assert list(found) == [f"signal of feature map {moment.channel}", "sum of sizes"]
    holds(found[f"signal of feature map {moment.channel}"], moment.strongest, moment.box[:2])
    holds(found["sum of sizes"], moment.total, moment.box[:2])
    explorer.controls["Step"].value = explorer.view.last
    found = grids(saved(explorer, "tabby_cat_squeezenet_steps_2")[2])
    moment = explorer.view.moment
    holds(found["signal, green"], moment.pixels[..., 1], moment.box[:2])


def test_a_changed_photograph(cat):
    explorer = explorers.move_explorer(cat, Move(angle=90), "fire5", 241)
    header, *rows = saved(explorer, "tabby_cat_squeezenet_moved")[2]
    assert header == ["what", "untouched", "now"]
    seen = explorer.view.seen
    numbers = {what: (float(before), float(now)) for what, before, now in rows}
    assert len(numbers) == len(rows) == len(seen.values) + 3
    for name, before, now in seen.values:
        assert numbers[f"{name}, probability"] == (before, now)
    name = "feature map 241 of fire5"
    assert numbers[f"{name}, sum"] == seen.totals
    strongest = seen.before.activation, seen.now.activation
    assert numbers[f"{name}, largest activation"] == strongest
    assert numbers["features of fire5, distance over their length"] == (0, seen.distance)


def test_an_atlas(squeezenet):
    explorer = explorers.atlas_explorer(squeezenet, layer="fire2", channel=3)
    assert not explorer.view.whole
    pixels, _, (header, *rows) = saved(explorer, "squeezenet_atlas")
    whole = atlas_picture.render(explorer.resolve(explorer.context, explorer.state))
    np.testing.assert_array_equal(pixels[: whole.height, : whole.width], whole)
    names = ["place", "photograph", "layer", "feature map", "row", "column", "activation"]
    assert header == names and len(rows) == 9
    for place, (row, (photograph, one)) in enumerate(
        zip(rows, explorer.view.nine.neurons, strict=True), 1
    ):
        where = [str(place), photograph, "fire2", "3", str(one.row), str(one.column)]
        assert row == [*where, str(one.activation)]


def test_an_atlas_that_is_not_there(oblong):
    explorer = explorers.atlas_explorer(oblong.network)
    assert len(saved(explorer, f"{oblong.network.name}_atlas")[2]) == 1


def test_a_map_while_the_network_learns():
    network = zv.load_model(small_network((32, 32), 3, kernel=3, stride=1, maps=(3, 4, 5, 4, 3)))
    weights = random_weights(network.keras_model, seed=1).get_weights()
    other = random_weights(network.keras_model, seed=2).get_weights()
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    images = images_of(network, pixels)
    followed = evolution(network, [other, weights], images, ["soon", "late"], progress=False)
    layer = followed.layers["conv3"]
    channel = int(np.argmax((layer.pictures != layer.pictures[:, :1]).any(axis=0)))
    assert channel > 0 and layer.correlations[0, channel] != layer.correlations[0, 0]
    explorer = explorers.evolution_explorer(followed, "conv3", channel)
    header, *rows = saved(explorer, f"{network.name}_evolution")[2]
    assert header == ["moment", "largest activation", "picture", "correlation with the end"]
    numbers = np.float32([row[1:] for row in rows]).T
    assert [row[0] for row in rows] == ["soon", "late"]
    np.testing.assert_array_equal(numbers[0], layer.peaks[:, :, channel].max(axis=1))
    np.testing.assert_array_equal(numbers[1], layer.pictures[:, channel])
    np.testing.assert_array_equal(numbers[2], layer.correlations[:, channel])


def test_a_grey_network(odd):
    explorer = explorers.step_explorer(odd.features)
    explorer.controls["Step"].value = explorer.view.last
    found = grids(saved(explorer, f"array_{odd.network.name}_steps")[2])
    channels = odd.network.spec.channels
    assert len(found) == channels and ("signal, grey" in found) is (channels == 1)


# With a verdict


def test_the_verdict_is_in_the_description(odd):
    explorer = explorers.heatmap_explorer(odd.features)
    name = f"array_{odd.network.name}_heatmap"
    before = saved(explorer, name)[1]
    explorer.controls["Test this picture"].click()
    until(at_rest)
    assert complaint(explorer) is None
    sentences = explorer.found(explorer.view)
    assert sentences
    assert saved(explorer, f"{name}_2")[1] == f"{before} {plain(' '.join(sentences))}"
