"""The atlas explorer on the atlases that ship: what it draws, when, and what its widgets do."""

import threading

import numpy as np
import pytest
from digits import untrained
from looking import at_rest, click, complaint, seen, shows, unescaped, until
from PIL import Image

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.atlas.picture import figure, grid
from zv_helpers.draw import strips
from zv_helpers.explorers import atlas as exploring
from zv_helpers.explorers import atlas_picture, nine
from zv_helpers.explorers.atlas import AtlasState
from zv_helpers.explorers.thumbnails import PITCH

STATE = AtlasState("fire3", 5)


@pytest.fixture(scope="module")
def atlas(squeezenet):
    return zv.load_atlas("squeezenet", squeezenet)


@pytest.fixture
def explorer(squeezenet):
    explorer = explorers.atlas_explorer(squeezenet, layer="fire3", channel=5)
    explorer.show()
    return explorer


@pytest.fixture
def forward_passes(monkeypatch):
    """The network's forward passes, counted: a list."""
    from zv_helpers import features

    passes, forward = [], features.forward

    def counted(*arguments, **named):
        passes.append(arguments)
        return forward(*arguments, **named)

    monkeypatch.setattr(features, "forward", counted)
    return passes


def there(view):
    """How many projections a view has."""
    return sum(one is not None for one in view.nine.projections)


# What is drawn


def test_it_opens_on_the_atlas_that_ships_without_a_forward_pass(squeezenet, forward_passes, atlas):
    explorer = explorers.atlas_explorer(squeezenet)
    assert forward_passes == [] and there(explorer.view) == 0
    state = explorer.state
    assert (state.layer, state.channel) == ("fire5", 241)
    expected = atlas.patches("fire5", 241)
    for one, other in zip(explorer.view.nine.patches, expected, strict=True):
        assert one.neuron == other.neuron
        np.testing.assert_array_equal(one.pixels, other.pixels)
    assert explorer.controls["Photographs"].value == "the photographs that ship"
    assert "the 9 of 75 photographs that excite it most" in explorer.text
    assert "projections to come" in explorer.text
    assert explorer.controls["Build its atlas"].layout.display == "none"


def test_whoever_reads_it_without_a_kernel_sees_all_projections(squeezenet):
    explorer = explorers.atlas_explorer(squeezenet, layer="fire2", channel=3)
    data, metadata = explorer._repr_mimebundle_()
    assert there(explorer.view) == 9
    assert data["text/plain"] == metadata["image/jpeg"]["alt"] == explorer.text
    assert "one scale, ±" in explorer.text
    assert explorer.static == strips.small_jpeg(explorer.render(explorer.view))


def test_it_draws_what_the_atlas_draws(explorer, atlas):
    view = exploring.resolve(explorer.context, STATE)
    patches, projections = atlas.patches("fire3", 5), atlas.projections("fire3", 5)
    title = "squeezenet, fire3, feature map 5"
    expected = figure(title, patches, projections, 9, wide=True, chosen=0, noted=False)
    np.testing.assert_array_equal(atlas_picture.render(view), expected)
    text = atlas_picture.caption(view)
    first, last = patches[0], patches[-1]
    for part in (
        f"from {first.name} ({first.neuron.activation:.3g}) to {last.name}",
        "receptive field 23 × 23 pixels",
        f"({sum(one.box != one.frame for one in patches)} of 9)",
        f"one scale, ±{max(one.scale for one in projections):.3g}",
        f"Framed: 1, {first.name}, row {first.neuron.row}, column {first.neuron.column}",
    ):
        assert part in text


def test_the_sliders_draw_what_render_gives(explorer):
    controls = explorer.controls
    shows(explorer, exploring, STATE)
    picture = explorer.picture

    def now(**changes):
        until(at_rest)
        assert explorer.state == AtlasState(**{**vars(STATE), **changes})
        shows(explorer, exploring, explorer.state)

    controls["Feature map"].value = 6
    now(channel=6)
    assert controls["number"].value == 6
    controls["number"].value = 7
    now(channel=7)
    controls["Rule"].value = "guided"
    now(channel=7, rule="guided")
    assert explorer.view.nine.projections[0].rule == "guided"
    controls["Neuron"].value = 4
    now(channel=7, rule="guided", place=4)
    controls["name"].value = "fire2"
    now(layer="fire2", channel=explorer.state.channel, rule="guided", place=4)
    assert controls["Feature map"].max == controls["number"].max == 127
    controls["Layer"].value = explorer.atlas.layers.index("fire3")
    now(channel=7, rule="guided", place=4)  # a layer remembers its feature map
    assert explorer.picture is picture


def test_a_rule_draws_the_projections_of_that_rule(explorer, squeezenet):
    explorer.show(rule="gradient")
    photograph, neuron = explorer.view.nine.neurons[2]
    features = zv.extract_features(squeezenet, zv.load_image(photograph, squeezenet))
    expected = zv.project(features, neuron, "gradient").pixels
    found = explorer.view.nine.projections[2].pixels
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_the_patches_come_first_and_then_the_projections(squeezenet, monkeypatch):
    monkeypatch.setattr("zv_helpers.explorers.drawing.BETWEEN", 0)
    explorer = explorers.atlas_explorer(squeezenet, layer="fire3", channel=10)
    drawn, render = [], explorer.render

    def noted(view, page):
        drawn.append(view)
        return render(view, page)

    explorer.render = noted
    explorer.controls["Feature map"].value = 11
    until(at_rest)
    assert [there(view) for view in drawn] == list(range(10))
    assert {view.nine.patches for view in drawn} == {drawn[0].nine.patches}
    assert all("to come" in explorer.caption(view) for view in drawn[:-1])
    assert "to come" not in explorer.text and " ms" in unescaped(explorer)
    del drawn[:]
    explorer.controls["Feature map"].value = 10
    until(at_rest)
    explorer.controls["Feature map"].value = 11  # is at hand: drawn once, in the callback
    assert [there(view) for view in drawn if view.state.channel == 11] == [9]
    assert len({render(view).size for view in drawn}) == 1


def test_the_newest_map_does_not_wait_for_the_projections_of_others(squeezenet, monkeypatch):
    explorer = explorers.atlas_explorer(squeezenet, layer="fire3", channel=20)
    explorer.show()
    started, go_on, asked = threading.Event(), threading.Event(), []
    projected = nine.projected

    def slow(atlas, *about):
        asked.append(about[2])
        started.set()
        assert go_on.wait(60)
        return projected(atlas, *about)

    monkeypatch.setattr(nine, "projected", slow)
    explorer.controls["Feature map"].value = 21
    assert started.wait(60)
    for channel in range(22, 40):
        explorer.controls["Feature map"].value = channel
    go_on.set()
    until(at_rest)
    assert asked == [21] + 9 * [39]
    monkeypatch.undo()
    shows(explorer, exploring, AtlasState("fire3", 39))


def test_a_map_that_nothing_excites_is_said(squeezenet, atlas):
    peaks = atlas["fire5"].activations[:, 0]
    dead = int(np.flatnonzero(peaks <= 0)[0])
    explorer = explorers.atlas_explorer(squeezenet, layer="fire5", channel=dead)
    assert "none of 75 photographs excites it" in explorer.text


def test_where_the_picture_is_the_same_for_every_photograph_it_is_said(squeezenet):
    explorer = explorers.atlas_explorer(squeezenet, layer="conv1", channel=3)
    explorer.show()
    assert "the same for every photograph" in explorer.text


# One neuron of it


def middles(explorer):
    """Where the middle of every tile lies in the picture: [(place, x, y), ...]."""
    where = grid(explorer.view.nine.patches, 9, wide=True)
    height, width = where.tile
    return [(i, x + width / 2, y + height / 2) for i in range(9) for x, y in where.places(i)]


def opens(explorer, place):
    """Check that the neuron explorer below shows one of the neurons."""
    photograph, neuron = explorer.view.nine.neurons[place]
    opened = explorer.opened
    assert explorer.below.children[-1] is opened.root
    assert explorer.state.place == place and explorer.controls["Neuron"].value == place
    assert opened.neuron.layer == neuron.layer and opened.neuron.channel == neuron.channel
    assert (opened.neuron.row, opened.neuron.column) == (neuron.row, neuron.column)
    assert opened.neuron.activation == pytest.approx(neuron.activation, rel=1e-4)
    assert opened.context.features.image.name == opened.controls["Photograph"].value == photograph
    assert opened.context.features.network is explorer.context.network
    assert opened.state.rule == explorer.state.rule
    assert complaint(opened) is None and "It is open below." in unescaped(explorer)


def test_every_tile_can_be_clicked(explorer):
    found = [atlas_picture.place_at(explorer.view, x, y) for _, x, y in middles(explorer)]
    assert found == [place for place, _, _ in middles(explorer)]
    assert atlas_picture.place_at(explorer.view, 3, 3) is None
    first = grid(explorer.view.nine.patches, 9, wide=True).places(0)[0]
    assert atlas_picture.place_at(explorer.view, *first) == 0
    assert atlas_picture.place_at(explorer.view, first[0] - 1, first[1]) is None


def test_a_click_on_a_patch_opens_its_neuron_below(explorer):
    assert explorer.below.children == () and explorer.opened is None
    tiles = middles(explorer)
    click(explorer.picture, *tiles[3][1:])  # the patch of the second one
    opens(explorer, 1)
    opened, reveals = explorer.opened, explorer.opened.picture.reveal
    explorer.show(channel=9, rule="guided")
    click(explorer.picture, *tiles[12][1:])  # a projection
    assert explorer.opened is opened and opened.picture.reveal == reveals + 1
    opens(explorer, 6)
    click(explorer.picture, 2, 2)
    opens(explorer, 6)
    explorer.below.children[0].children[1].click()  # Close
    assert explorer.below.children == ()


def test_no_click_is_needed(explorer):
    explorer.controls["Neuron"].value = 8
    until(at_rest)
    assert explorer.opened is None
    explorer.controls["Open it below"].click()
    opens(explorer, 8)
    names = [label for label, _ in explorer.controls["Neuron"].options]
    patch = explorer.view.nine.patches[8]
    assert names[8] == f"9: {patch.name}, {patch.neuron.activation:.3g}"


# Which maps answer to these photographs?


def numbers(atlas, *names):
    return tuple(atlas.photographs.index(name) for name in names)


def test_the_question_is_shown_when_it_is_asked(explorer):
    box, button = explorer.asking.box, explorer.controls["Find maps by photograph"]
    assert box.layout.display == "none" and explorer.asking.sheet.value == b""
    button.value = True
    assert box.layout.display == "flex" and explorer.asking.sheet.value
    button.value = False
    assert box.layout.display == "none"


def test_photographs_are_answered_by_maps_and_a_map_moves_the_sliders(explorer, atlas):
    explorer.controls["Find maps by photograph"].value = True
    photographs, maps = explorer.controls["These photographs"], explorer.controls["Maps"]
    assert maps.options == () and maps.value is None
    photographs.value = numbers(atlas, "tabby_cat")
    until(at_rest)
    expected = atlas.answering(["tabby_cat"], count=20)
    assert [value for _, value in maps.options] == [(one.layer, one.channel) for one in expected]
    first = expected[0]
    assert maps.options[0][0] == f"{first.layer}, map {first.channel}: {first.score:.2f}"
    assert maps.value is None and f"{len(expected)} maps" in explorer.asking.said.value
    assert (explorer.state.layer, explorer.state.channel) == ("fire3", 5)
    maps.value = maps.options[1][1]
    until(at_rest)
    assert complaint(explorer) is None
    one = expected[1]
    assert (explorer.state.layer, explorer.state.channel) == (one.layer, one.channel)
    assert explorer.controls["name"].value == one.layer
    assert explorer.controls["number"].value == one.channel
    assert explorer.view.nine.neurons[0][0] == "tabby_cat" and maps.value == (
        one.layer,
        one.channel,
    )
    explorer.controls["Feature map"].value = one.channel + 1
    until(at_rest)
    assert maps.value is None


def test_what_no_map_answers_to_is_said():
    network = zv.load_model(untrained(channels=3), preprocess="none")
    black = Image.new("RGB", (28, 28))  # there is no bias, so nothing is active
    atlas = zv.build_atlas(network, ["duck", black, "owl"], progress=False)
    explorer = explorers.atlas_explorer(network, atlas)
    explorer.show(asked=(1,))
    assert complaint(explorer) is None and "No map answers to any" in explorer.asking.said.value
    assert explorer.controls["Maps"].options == ()
    explorer.show(asked=())
    assert "No map" not in explorer.asking.said.value


def test_too_many_photographs_are_said_and_the_choice_returns(explorer):
    photographs = explorer.controls["These photographs"]
    photographs.value = (3,)
    until(at_rest)
    photographs.value = tuple(range(9))
    assert "1 to 8 photographs" in complaint(explorer)
    assert photographs.value == (3,) == explorer.state.asked


def test_thumbnails_choose_photographs_too(explorer, atlas):
    explorer.controls["Find maps by photograph"].value = True
    sheet, before = explorer.asking.sheet, explorer.asking.sheet.value
    place = atlas.photographs.index("german_shepherd")
    at = [4 + 20 + PITCH * part for part in (place % 6, place // 6)]
    click(sheet, *at)
    assert explorer.state.asked == explorer.controls["These photographs"].value == (place,)
    framed = sheet.value
    assert framed != before
    click(sheet, 10, 10)
    assert explorer.state.asked == (place, 0)
    click(sheet, *at)
    assert explorer.state.asked == (0,)
    click(sheet, 1, 1)
    assert explorer.state.asked == (0,)


def test_of_very_many_photographs_there_are_no_thumbnails_and_not_all_names(
    squeezenet, monkeypatch
):
    monkeypatch.setattr("zv_helpers.explorers.answering.MOST", 60)
    monkeypatch.setattr("zv_helpers.explorers.atlas.LISTED", 70)
    explorer = explorers.atlas_explorer(squeezenet, layer="fire3", channel=5)
    explorer.controls["Find maps by photograph"].value = True
    until(at_rest)
    assert explorer.asking.thumbnails.layout.display == "none"
    assert len(explorer.controls["These photographs"].options) == 70
    explorer.controls["These photographs"].value = (69,)
    until(at_rest)
    assert complaint(explorer) is None and len(explorer.controls["Maps"].options) == 20


# Its arguments


def test_a_layer_alone_begins_with_its_strongest_map(squeezenet, atlas):
    explorer = explorers.atlas_explorer(squeezenet, layer="fire4")
    assert explorer.state.channel == int(atlas["fire4"].activations[:, 0].argmax())


def test_wrong_first_arguments_are_said_at_once(squeezenet, vgg16, atlas):
    with pytest.raises(KeyError, match="fire55"):
        explorers.atlas_explorer(squeezenet, layer="fire55")
    with pytest.raises(IndexError, match="feature maps 0 to 127, but 128"):
        explorers.atlas_explorer(squeezenet, layer="fire3", channel=128)
    with pytest.raises(ValueError, match="no such rule"):
        explorers.atlas_explorer(squeezenet, rule="no such rule")
    with pytest.raises(ValueError, match="another network"):
        explorers.atlas_explorer(vgg16, atlas)


def test_an_atlas_brings_its_network(squeezenet, tmp_path):
    atlas = zv.build_atlas(squeezenet, ["tabby_cat", "duck"], ["fire2"], progress=False)
    explorer = explorers.atlas_explorer(atlas=atlas)
    assert explorer.context.network is squeezenet and explorer.atlas is atlas
    assert explorer.controls["Layer"].max == 0 and explorer.controls["name"].options == ("fire2",)
    assert explorer.controls["Photographs"].value == "2 of your own"
    assert explorer.view.nine.atlas is atlas and len(explorer.view.nine.neurons) == 2
    before = seen(explorer)
    explorer.controls["Neuron"].value = 1
    until(at_rest)
    assert (seen(explorer) != before).any()
    atlas.save(tmp_path / "kept")
    again = explorers.atlas_explorer(squeezenet, tmp_path / "kept")
    assert again.atlas.photographs == atlas.photographs


def test_the_atlas_that_ships_is_called_so_also_when_it_is_handed_over(squeezenet, atlas):
    assert explorers.atlas_explorer(squeezenet, atlas).context.chosen == exploring.SHIPPED
    few = zv.build_atlas(squeezenet, ["duck", "owl"], ["conv1"], progress=False)
    assert explorers.atlas_explorer(squeezenet, few).context.chosen == "2 of your own"
