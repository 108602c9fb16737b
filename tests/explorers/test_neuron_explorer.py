"""The neuron explorer: what it draws for a state, and that its widgets draw exactly that."""

from dataclasses import replace

import numpy as np
import pytest
from looking import captioned, click, complaint, pictured, press, shows

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.draw import colours, strips
from zv_helpers.explorers import neuron
from zv_helpers.explorers.neuron import NeuronState
from zv_helpers.explorers.neuron_picture import side_of
from zv_helpers.explorers.shell import Context


def clicked(context, state, x, y):
    return neuron.position_at(neuron.resolve(context, state), x, y)


def test_every_picture_of_the_neuron_explorer_has_one_size(context):
    states = [NeuronState(layer, 0) for layer in ("conv1", "fire2", "pool5", "fire9")]
    assert len({pictured(neuron, context, state).size for state in states}) == 1


def test_the_text_states_the_neuron_and_its_values(context):
    features = context.features
    chosen = features.strongest("fire5", 195)
    top, left, bottom, right = features.receptive_field(chosen)
    text = captioned(neuron, context, NeuronState("fire5", 195))
    for part in (
        "layer fire5",
        "feature map 195",
        f"row {chosen.row}, column {chosen.column}",
        f"activation {chosen.activation:.3g}",
        f"{bottom - top} × {right - left} pixels",
        f"rows {top}–{bottom - 1}, columns {left}–{right - 1}",
        "rule deconvnet",
    ):
        assert part in text


def test_the_projection_on_screen_is_that_of_project(context):
    state = NeuronState("fire5", 195, 9, 11, "guided")
    picture = pictured(neuron, context, state)
    expected = zv.project(context.features, neuron.neuron_of(context.features, state), "guided")
    left, top, right, bottom = strips.rectangle(3, expected.pixels.shape)
    shown = np.asarray(picture)[top:bottom, left:right]
    assert shown.shape[:2] == (strips.PANEL, strips.PANEL)
    np.testing.assert_array_equal(shown, np.asarray(strips.enlarged(expected.picture())))


def test_the_frame_lies_round_the_receptive_field(context):
    state = NeuronState("fire2", 3, 20, 30)
    box = context.features.receptive_field(neuron.neuron_of(context.features, state))
    left, top, right, bottom = strips.rectangle(0, (224, 224))
    shown = np.asarray(pictured(neuron, context, state))[top:bottom, left:right]
    rows, columns = np.nonzero((shown == colours.rgb(colours.ORANGE)).all(axis=2))
    ends = np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])
    np.testing.assert_allclose(ends, np.array(box) * shown.shape[0] / 224, atol=2.5)


def test_drawing_changes_nothing_and_is_the_same_again(context):
    view = neuron.resolve(context, NeuronState("fire5", 195))
    before = view.maps.copy(), view.projection.pixels.copy()
    first, again = neuron.render(view), neuron.render(view)
    assert first.tobytes() == again.tobytes()
    assert neuron.caption(view) == neuron.caption(view)
    np.testing.assert_array_equal(view.maps, before[0])
    np.testing.assert_array_equal(view.projection.pixels, before[1])


@pytest.mark.parametrize("layer", ["conv1", "fire5", "fire9"])
def test_a_click_on_the_feature_map_goes_to_that_position(context, layer):
    height, width, _ = context.features[layer].shape
    left, top, right, bottom = strips.rectangle(1, (height, width))
    for row, column in ((0, 0), (height - 1, width - 1), (height // 2, width // 3)):
        x = left + (column + 0.5) * (right - left) / width
        y = top + (row + 0.5) * (bottom - top) / height
        found = clicked(context, NeuronState(layer, 0), x, y)
        assert found == {"row": row, "column": column}


def test_a_click_on_the_photograph_goes_to_the_neuron_that_sees_it_in_the_middle(context):
    features = context.features
    left, top, right, _ = strips.rectangle(0, (224, 224))
    for row, column in ((13, 20), (5, 8)):
        box = features.receptive_field(features.neuron("fire5", 0, row, column))
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        x, y = (
            start + m * (right - left) / 224
            for start, m in zip((left, top), middle[::-1], strict=True)
        )
        found = clicked(context, NeuronState("fire5", 0), x, y)
        assert found == {"row": row, "column": column}


def test_a_click_between_the_panels_is_nothing(context):
    assert clicked(context, NeuronState("fire5", 0), 2, 2) is None
    assert clicked(context, NeuronState("fire5", 0), -1, -1) is None


def test_a_click_on_one_of_the_strongest_maps_chooses_it(context):
    view = neuron.resolve(context, NeuronState("fire5", 0, forward=True))
    left, top, right, bottom = strips.rectangle(3, (1, 1), side_of(view), side_of(view))
    ranks = context.features.strongest_channels("fire5", 9)
    x, y = left + 0.5 * (right - left), top + 0.9 * (bottom - top)
    assert neuron.position_at(view, x, y)["channel"] == ranks[7]


def test_a_move_stops_at_the_border(context):
    view = neuron.resolve(context, NeuronState("fire9", 0, 0, 12))
    assert neuron.moved(view, -1, 1) == {"row": 0, "column": 12}
    assert neuron.moved(view, 1, -1) == {"row": 1, "column": 11}


def test_another_layer_keeps_the_place_on_the_photograph(context):
    features = context.features
    place = neuron.at_layer(features, NeuronState("fire5", 0, 13, 26), "fire9", 7)
    assert place == {"layer": "fire9", "channel": 7, "row": 6, "column": 12}
    strongest = neuron.at_layer(features, NeuronState("fire5", 0), "fire9")
    assert strongest["row"] is None
    assert strongest["channel"] == features.strongest("fire9").channel


def test_pinned_pictures_share_one_scale(context):
    one, other = NeuronState("fire5", 195), NeuronState("fire5", 195, rule="gradient")
    views = [neuron.resolve(context, state) for state in (one, other)]
    own = [view.scale for view in views]
    assert own[0] != own[1]
    together = neuron.resolve(context, replace(one, pin=views[1]))
    assert together.scale == max(own)
    picture, side = neuron.render(together), side_of(together)
    assert f"±{max(own):.3g}" in neuron.caption(together)
    height = picture.height // 2
    for start, view in ((0, views[0]), (height, views[1])):
        left, top, right, bottom = strips.rectangle(3, view.projection.pixels.shape, side, side)
        shown = np.asarray(picture)[start + top : start + bottom, left:right]
        expected = strips.enlarged(view.projection.picture(max(own)), side, side)
        np.testing.assert_array_equal(shown, np.asarray(expected))


def test_a_scale_that_is_held_is_used(context):
    state = NeuronState("fire5", 195, scale=7.0)
    assert neuron.resolve(context, state).scale == 7.0
    assert "±7" not in captioned(neuron, context, replace(state, forward=True))


def test_a_silent_neuron_has_an_empty_projection_and_says_so(context):
    maps = context.features["fire9"]
    row, column, channel = (int(i) for i in np.argwhere(maps == 0)[0])
    text = captioned(neuron, context, NeuronState("fire9", channel, row, column))
    assert "activation 0" in text
    assert "empty" in text


def test_where_no_switch_lies_between_the_text_says_so(context, recwarn):
    said = "the same for every photograph"
    assert said in captioned(neuron, context, NeuronState("conv1", 4))
    assert said not in captioned(neuron, context, NeuronState("fire5", 4))
    assert not recwarn.list


# The widgets


def test_the_text_counts_the_neurons_at_the_cap_of_a_relu6(lite_cat):
    context = Context(lite_cat)
    channel = lite_cat.strongest_channels("head_relu", 1)[0]
    text = captioned(neuron, context, NeuronState("head_relu", channel))
    count = int((lite_cat["head_relu"][..., channel] == 6).sum())
    assert count > 0 and f"{count} neurons of this map lie at the cap of its ReLU (6)" in text
    assert "at the cap" not in captioned(neuron, context, NeuronState("block3_1_add", 0))


def test_the_sliders_draw_what_render_gives(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    controls = explorer.controls
    shows(explorer, neuron, NeuronState("fire5", 195))
    image = explorer.picture
    controls["Feature map"].value = 17
    shows(explorer, neuron, NeuronState("fire5", 17))
    assert controls["number"].value == 17
    controls["number"].value = 18
    shows(explorer, neuron, NeuronState("fire5", 18))
    controls["Row"].value = 4
    place = explorer.neuron
    assert (place.row, controls["Strongest position"].value) == (4, False)
    controls["Feature map"].value = 19
    shows(explorer, neuron, NeuronState("fire5", 19, 4, place.column))
    controls["Column"].value = 7
    shows(explorer, neuron, NeuronState("fire5", 19, 4, 7))
    controls["Rule"].value = "guided"
    shows(explorer, neuron, NeuronState("fire5", 19, 4, 7, "guided"))
    controls["Strongest position"].value = True
    shows(explorer, neuron, NeuronState("fire5", 19, rule="guided"))
    controls["Strongest position"].value = False
    place = cat.strongest("fire5", 19)
    shows(explorer, neuron, NeuronState("fire5", 19, place.row, place.column, "guided"))
    assert explorer.picture is image


@pytest.mark.parametrize("panels", ["all", "forward"])
def test_a_move_asks_once_for_its_neuron_and_its_projection(cat, monkeypatch, panels):
    explorer = explorers.neuron_explorer(cat, "fire5", 195, panels)
    asked = []

    def counted(name, function):
        def around(*arguments, **named):
            asked.append(name)
            return function(*arguments, **named)

        return around

    for name in ("strongest", "receptive_field"):
        monkeypatch.setattr(zv.Features, name, counted(name, getattr(zv.Features, name)))
    for name in ("neuron_of", "project"):
        monkeypatch.setattr(neuron, name, counted(name, getattr(neuron, name)))
    resolve = counted("resolve", explorer.resolve)
    explorer.resolve = resolve
    explorer.controls["Feature map"].value = 17
    assert asked.count("resolve") == asked.count("neuron_of") == asked.count("strongest") == 1
    assert asked.count("project") == (panels == "all")
    del asked[:]
    explorer.controls["Row"].value = 3
    assert asked.count("resolve") == asked.count("neuron_of") == 1
    assert asked.count("project") == (panels == "all")
    del asked[:]
    press(explorer.picture, "ArrowDown")
    assert explorer.neuron.row == 4
    assert asked.count("resolve") == asked.count("neuron_of") == 1


def test_the_other_order_goes_from_the_strongest_map_down(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 0)
    slider, number = explorer.controls["Feature map"], explorer.controls["number"]
    explorer.controls["Order"].value = neuron.STRENGTH_ORDER
    assert explorer.neuron.channel == 0
    ranks = cat.strongest_channels("fire5")
    slider.value = 0 if slider.value else 1
    assert explorer.neuron.channel == ranks[slider.value]
    slider.value = 5
    assert number.value == ranks[5]


def test_a_layer_remembers_its_neuron(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 7)
    controls = explorer.controls
    controls["name"].value = "fire2"
    assert explorer.neuron == cat.strongest("fire2")
    assert controls["Feature map"].max == controls["number"].max == 127
    controls["Layer"].value = cat.layers.index("fire5")
    assert (controls["name"].value, explorer.neuron.channel) == ("fire5", 7)
    assert controls["Feature map"].max == 255


def test_pin_and_hold(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    pin = explorer.controls["Pin for comparison"]
    pin.value = True
    assert pin.description == "Unpin"
    pinned = neuron.resolve(explorer.context, NeuronState("fire5", 195))
    explorer.controls["Rule"].value = "gradient"
    state = NeuronState("fire5", 195, rule="gradient", pin=pinned)
    shows(explorer, neuron, state)
    pin.value = False
    assert pin.description == "Pin for comparison"
    shows(explorer, neuron, replace(state, pin=None))
    held = explorer.view.scale
    explorer.controls["Hold the scale"].value = True
    explorer.controls["Feature map"].value = 3
    assert explorer.state.scale == explorer.view.scale == held
    explorer.controls["Hold the scale"].value = False
    assert explorer.state.scale is None


def test_an_empty_projection_has_no_scale_to_hold(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    row, column = np.argwhere(cat["fire5"][..., 195] == 0)[0]
    explorer.show(row=int(row), column=int(column))
    explorer.controls["Hold the scale"].value = True
    assert "no scale to hold" in complaint(explorer)
    assert not explorer.controls["Hold the scale"].value
    assert explorer.state.scale is None


def test_clicks_and_keys_arrive(cat):
    explorer = explorers.neuron_explorer(cat, "fire9", 426)
    assert explorer.picture.watched == []
    explorer.controls["Arrow keys over the picture"].value = True
    assert "ArrowDown" in explorer.picture.watched and "a" not in explorer.picture.keys
    left, top, right, bottom = strips.rectangle(1, (13, 13))
    click(explorer.picture, right - 3, top + 3)
    assert (explorer.neuron.row, explorer.neuron.column) == (0, 12)
    press(explorer.picture, "ArrowDown")
    assert (explorer.neuron.row, explorer.neuron.column) == (1, 12)
    press(explorer.picture, "ArrowLeft", times=3)  # the kernel was busy for two of them
    assert (explorer.neuron.row, explorer.neuron.column) == (1, 9)
    before = explorer.picture.value
    click(explorer.picture, 2, 2)
    assert explorer.picture.value == before
    explorer.controls["Arrow keys over the picture"].value = False
    assert explorer.picture.watched == []


def test_wrong_first_arguments_are_said_at_once(cat):
    with pytest.raises(KeyError, match="fire5"):
        explorers.neuron_explorer(cat, "fire55")
    with pytest.raises(IndexError, match="256"):
        explorers.neuron_explorer(cat, "fire5", 256)
    with pytest.raises(ValueError, match="panels"):
        explorers.neuron_explorer(cat, panels="some")
