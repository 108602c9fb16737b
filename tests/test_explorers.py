"""The explorers: what each draws for a state, and that its widgets draw exactly that."""

import datetime
import html
import io
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from traitlets import Bunch

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.draw import colours, strips
from zv_helpers.explorers import chooser as choosing
from zv_helpers.explorers import (
    classes,
    heats,
    neuron,
    overlay,
    photographs,
    relevance,
    shell,
    steps,
)
from zv_helpers.explorers.heats import HeatState
from zv_helpers.explorers.neuron import NeuronState
from zv_helpers.explorers.overlay import OverlayState
from zv_helpers.explorers.photographs import read_upload
from zv_helpers.explorers.relevance import RelevanceState
from zv_helpers.explorers.shell import Context, Pin
from zv_helpers.explorers.steps import StepState


@pytest.fixture(scope="module")
def context(cat):
    return Context(cat)


@pytest.fixture
def own_photos(tmp_path, monkeypatch):
    """A data folder like the real one, whose my_photos is empty."""
    for path in zv.data_folder().iterdir():
        if path.name != "my_photos":
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "my_photos").mkdir()
    monkeypatch.setenv("ZV_DATA", str(tmp_path))
    return tmp_path / "my_photos"


def seen(explorer):
    """The pixels that an explorer shows."""
    return np.asarray(Image.open(io.BytesIO(explorer.picture.value)))


def drawn(picture):
    """The pixels that arrive on the screen for a picture that was rendered."""
    return np.asarray(Image.open(io.BytesIO(strips.jpeg(picture))))


def shows(explorer, render, state):
    """Check that an explorer shows what `render` gives for a state, picture and text."""
    picture, text = render(explorer.context, state)
    np.testing.assert_array_equal(seen(explorer), drawn(picture))
    assert text in unescaped(explorer)


def unescaped(explorer):
    return html.unescape(explorer.line.value)


def complaint(explorer):
    """The sentence of an error, or None."""
    return unescaped(explorer) if 'role="alert"' in explorer.line.value else None


def upload(name, content):
    """What the browser sends for one file."""
    return Bunch(
        name=name,
        type="image/jpeg",
        size=len(content),
        content=memoryview(content),
        last_modified=datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC),
    )


def a_jpeg(size=(300, 260), colour=(200, 40, 40)):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "jpeg")
    return file.getvalue()


def test_the_package_alone_needs_no_widgets():
    code = "import sys, zv_helpers; assert not {'ipywidgets', 'ipyevents'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# What is drawn


def test_every_picture_of_the_neuron_explorer_has_one_size(context):
    states = [NeuronState(layer, 0) for layer in ("conv1", "fire2", "pool5", "fire9")]
    sizes = {neuron.render(context, state)[0].size for state in states}
    assert len(sizes) == 1


def test_the_text_states_the_neuron_and_its_values(context):
    features = context.features
    chosen = features.strongest("fire5", 195)
    top, left, bottom, right = features.receptive_field(chosen)
    _, text = neuron.render(context, NeuronState("fire5", 195))
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
    picture, _ = neuron.render(context, state)
    expected = zv.project(context.features, neuron.neuron_of(context.features, state), "guided")
    left, top, right, bottom = strips.rectangle(3, expected.pixels.shape)
    shown = np.asarray(picture)[top:bottom, left:right]
    assert shown.shape[:2] == (strips.PANEL, strips.PANEL)
    np.testing.assert_array_equal(shown, np.asarray(strips.enlarged(expected.picture())))


def test_the_frame_lies_round_the_receptive_field(context):
    state = NeuronState("fire2", 3, 20, 30)
    box = context.features.receptive_field(neuron.neuron_of(context.features, state))
    left, top, right, bottom = strips.rectangle(0, (224, 224))
    shown = np.asarray(neuron.render(context, state)[0])[top:bottom, left:right]
    rows, columns = np.nonzero((shown == colours.rgb(colours.ORANGE)).all(axis=2))
    ends = np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])
    np.testing.assert_allclose(ends, np.array(box) * shown.shape[0] / 224, atol=2.5)


@pytest.mark.parametrize("layer", ["conv1", "fire5", "fire9"])
def test_a_click_on_the_feature_map_goes_to_that_position(context, layer):
    height, width, _ = context.features[layer].shape
    left, top, right, bottom = strips.rectangle(1, (height, width))
    state = NeuronState(layer, 0)
    for row, column in ((0, 0), (height - 1, width - 1), (height // 2, width // 3)):
        x = left + (column + 0.5) * (right - left) / width
        y = top + (row + 0.5) * (bottom - top) / height
        assert neuron.position_at(context, state, x, y) == {"row": row, "column": column}


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
        found = neuron.position_at(context, NeuronState("fire5", 0), x, y)
        assert found == {"row": row, "column": column}


def test_a_click_between_the_panels_is_nothing(context):
    assert neuron.position_at(context, NeuronState("fire5", 0), 2, 2) is None
    assert neuron.position_at(context, NeuronState("fire5", 0), -1, -1) is None


def test_a_click_on_one_of_the_strongest_maps_chooses_it(context):
    state = NeuronState("fire5", 0, forward=True)
    left, top, right, bottom = strips.rectangle(3, (1, 1), *neuron.sides(state))
    ranks = context.features.strongest_channels("fire5", 9)
    x, y = left + 0.5 * (right - left), top + 0.9 * (bottom - top)
    assert neuron.position_at(context, state, x, y)["channel"] == ranks[7]


def test_a_move_stops_at_the_border(context):
    state = NeuronState("fire9", 0, 0, 12)
    assert neuron.moved(context.features, state, -1, 1) == {"row": 0, "column": 12}
    assert neuron.moved(context.features, state, 1, -1) == {"row": 1, "column": 11}


def test_another_layer_keeps_the_place_on_the_photograph(context):
    state = neuron.at_layer(context.features, NeuronState("fire5", 0, 13, 26), "fire9", 7)
    assert (state.channel, state.row, state.column) == (7, 6, 12)
    strongest = neuron.at_layer(context.features, NeuronState("fire5", 0), "fire9")
    assert strongest.row is None
    assert strongest.channel == context.features.strongest("fire9").channel


def test_pinned_pictures_share_one_scale(context):
    one, other = NeuronState("fire5", 195), NeuronState("fire5", 195, rule="gradient")
    own = [neuron.shared_scale(context, state) for state in (one, other)]
    assert own[0] != own[1]
    together = replace(one, pin=Pin(context, other))
    assert neuron.shared_scale(context, together) == max(own)
    picture, text = neuron.render(context, together)
    assert f"±{max(own):.3g}" in text
    side = neuron.sides(together)[0]
    height = picture.height // 2
    for start, state in ((0, one), (height, other)):
        projection = neuron.projection_of(context, state)
        left, top, right, bottom = strips.rectangle(3, projection.pixels.shape, side, side)
        shown = np.asarray(picture)[start + top : start + bottom, left:right]
        expected = strips.enlarged(projection.picture(max(own)), side, side)
        np.testing.assert_array_equal(shown, np.asarray(expected))


def test_a_scale_that_is_held_is_used(context):
    state = NeuronState("fire5", 195, scale=7.0)
    assert neuron.shared_scale(context, state) == 7.0
    assert "±7" not in neuron.render(context, replace(state, forward=True))[1]


def test_a_silent_neuron_has_an_empty_projection_and_says_so(context):
    maps = context.features["fire9"]
    row, column, channel = (int(i) for i in np.argwhere(maps == 0)[0])
    _, text = neuron.render(context, NeuronState("fire9", channel, row, column))
    assert "activation 0" in text
    assert "empty" in text


def test_where_no_switch_lies_between_the_text_says_so(context, recwarn):
    assert "the same for every photograph" in neuron.render(context, NeuronState("conv1", 4))[1]
    assert "the same for every" not in neuron.render(context, NeuronState("fire5", 4))[1]
    assert not recwarn.list


def test_the_steps_lead_from_the_neuron_to_its_projection(context):
    chosen = context.features.strongest("fire5")
    expected = zv.project(context.features, chosen, trace=True)
    state = StepState(chosen)
    stages = steps.stages(context, state)
    assert len(stages) == len(expected.trace) + 1
    np.testing.assert_array_equal(stages[-1].rgb, expected.pixels)
    assert stages[0].strongest.item() == pytest.approx(chosen.activation)
    sizes = {steps.render(context, replace(state, step=i))[0].size for i in range(len(stages))}
    assert len(sizes) == 1
    for i, one in enumerate(expected.trace, 1):
        text = steps.render(context, replace(state, step=i))[1]
        assert f"Step {i} of {len(expected.trace)}: {one.layer}, {one.title}" in text
        assert stages[i].total.sum() == pytest.approx(np.abs(one.values).sum(), rel=1e-4)


def test_every_kind_of_step_is_explained():
    from zv_helpers.models.rules import RULES

    titles = {rule.title for rule in RULES.values() if rule.layer_class is None}
    assert titles - set(steps.SAID) == set()


def test_the_relevance_explorer_shows_the_highest_scores(context):
    scores = zv.relevance_scores(context.features, None, "fire9")
    chosen, all_of_them = relevance.ranking(context, RelevanceState())
    np.testing.assert_allclose(all_of_them, scores)
    np.testing.assert_array_equal(chosen, np.argsort(-scores, kind="stable")[:6])
    lowest, _ = relevance.ranking(context, RelevanceState(against=True))
    assert scores[lowest[0]] == scores.min() < 0
    picture, text = relevance.render(context, RelevanceState())
    assert f"{chosen[0]} (+{scores[chosen[0]]:.3g})" in text
    assert picture.size == relevance.render(context, RelevanceState(against=True))[0].size


@pytest.mark.parametrize("method", ["relevance", "gradcam", "deconvnet"])
def test_the_heatmap_on_screen_is_that_of_heatmap(context, method):
    state = HeatState(281, None, method, smoothing=3.0, threshold=0.2)
    expected = zv.heatmap(context.features, 281, method=method, smoothing=3.0, threshold=0.2)
    np.testing.assert_array_equal(heats.heat_of(context, state), expected)
    _, text = heats.render(context, state)
    assert "281" in text
    assert method in text


def test_the_overlay_on_screen_is_that_of_overlay(context):
    state = OverlayState(HeatState(281), 0.3, "viridis", 0.6)
    heat = zv.heatmap(context.features, 281)
    expected = zv.overlay(context.features.image, heat, 0.3, "viridis", 0.6)
    np.testing.assert_array_equal(overlay.overlay_of(context, state), expected)


def test_an_overlay_is_saved_and_never_replaces_another(context, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    state = OverlayState(HeatState(281), 0.3)
    first, second = overlay.save(context, state, "mine"), overlay.save(context, state, "mine")
    assert (first.as_posix(), second.as_posix()) == ("results/mine.png", "results/mine_2.png")
    saved = np.asarray(Image.open(first))
    np.testing.assert_array_equal(saved, overlay.overlay_of(context, state))
    with pytest.raises(ValueError, match="without a folder"):
        overlay.save(context, state, "../mine")


@pytest.mark.parametrize("text", ["281", "tabby (281)", "tabby", "TABBY", " tabby "])
def test_a_class_is_found_by_name_or_number(cat, text):
    assert classes.parsed(cat, text) == 281


def test_a_class_that_is_not_there_is_named_with_what_is_near(cat):
    with pytest.raises(KeyError, match="tabby"):
        classes.parsed(cat, "tabbi")
    with pytest.raises(KeyError, match="classes have 'shark'"):
        classes.parsed(cat, "shark")
    with pytest.raises(IndexError):
        classes.parsed(cat, "1000")


# The networks without classes


def test_without_classes_every_explorer_explains_a_neuron(vgg_cat):
    context = Context(vgg_cat)
    target = vgg_cat.target()
    for render, state in (
        (heats.render, HeatState()),
        (relevance.render, RelevanceState()),
        (overlay.render, OverlayState(HeatState())),
    ):
        _, text = render(context, state)
        assert f"feature map {target.channel}" in text
    _, text = neuron.render(context, NeuronState("block4_conv2", 10))
    assert "block4_conv2" in text
    box = explorers.relevance_explorer(vgg_cat).classes.widget
    assert box.disabled


# The widgets


def test_the_sliders_draw_what_render_gives(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    shows(explorer, neuron.render, NeuronState("fire5", 195))
    image = explorer.picture
    explorer.slider.value = 17
    shows(explorer, neuron.render, NeuronState("fire5", 17))
    assert explorer.number.value == 17
    explorer.number.value = 18
    shows(explorer, neuron.render, NeuronState("fire5", 18))
    explorer.row.value = 4
    place = explorer.neuron
    assert (place.row, explorer.strongest.value) == (4, False)
    explorer.slider.value = 19
    shows(explorer, neuron.render, NeuronState("fire5", 19, 4, place.column))
    explorer.rule.value = "guided"
    shows(explorer, neuron.render, NeuronState("fire5", 19, 4, place.column, "guided"))
    assert explorer.picture is image


def test_the_other_order_goes_from_the_strongest_map_down(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 0)
    explorer.order.value = neuron.STRENGTH_ORDER
    assert explorer.neuron.channel == 0
    ranks = cat.strongest_channels("fire5")
    explorer.slider.value = 0 if explorer.slider.value else 1
    assert explorer.neuron.channel == ranks[explorer.slider.value]
    explorer.slider.value = 5
    assert explorer.number.value == ranks[5]


def test_a_layer_remembers_its_neuron(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 7)
    explorer.layer.name.value = "fire2"
    assert explorer.neuron == cat.strongest("fire2")
    assert explorer.slider.max == explorer.number.max == 127
    explorer.layer.slider.value = cat.layers.index("fire5")
    assert (explorer.layer.name.value, explorer.neuron.channel) == ("fire5", 7)
    assert explorer.slider.max == 255


def test_pin_and_hold(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    explorer.pin.value = True
    pinned = NeuronState("fire5", 195)
    explorer.rule.value = "gradient"
    state = NeuronState("fire5", 195, rule="gradient", pin=Pin(explorer.context, pinned))
    shows(explorer, neuron.render, state)
    explorer.pin.value = False
    shows(explorer, neuron.render, replace(state, pin=None))
    held = neuron.shared_scale(explorer.context, explorer.state)
    explorer.hold.value = True
    explorer.slider.value = 3
    assert explorer.state.scale == held
    explorer.hold.value = False
    assert explorer.state.scale is None


def test_clicks_and_keys_arrive(cat):
    explorer = explorers.neuron_explorer(cat, "fire9", 426)
    left, top, right, bottom = strips.rectangle(1, (13, 13))
    click = {"type": "click", "dataX": right - 3, "dataY": top + 3}
    explorer.event._handle_mouse_msg(explorer.event, click, None)
    assert (explorer.neuron.row, explorer.neuron.column) == (0, 12)
    key = {"type": "keydown", "key": "ArrowDown"}
    explorer.event._handle_mouse_msg(explorer.event, key, None)
    assert (explorer.neuron.row, explorer.neuron.column) == (1, 12)
    before = explorer.picture.value
    explorer.event._handle_mouse_msg(explorer.event, {"type": "keydown", "key": "a"}, None)
    assert explorer.picture.value == before


def test_another_photograph_keeps_layer_and_neuron(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    explorer.chooser.photograph.value = "chickens"
    assert (explorer.neuron.layer, explorer.neuron.channel) == ("fire5", 195)
    network = cat.network
    features = zv.extract_features(network, zv.load_image("chickens", network))
    assert explorer.neuron == features.strongest("fire5", 195)
    shows(explorer, neuron.render, NeuronState("fire5", 195))
    explorer.chooser.photograph.value = "tabby_cat"
    assert explorer.neuron == cat.strongest("fire5", 195)


def test_another_network_keeps_the_photograph(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    explorer.chooser.network.value = "vgg16-conv"
    features = explorer.context.features
    assert features.network.name == "vgg16-conv"
    np.testing.assert_array_equal(features.image.pixels, cat.image.pixels)
    assert explorer.layer.slider.max == len(features.layers) - 1
    assert explorer.layer.name.value == explorer.neuron.layer == features.last_convolution
    shows(explorer, neuron.render, explorer.state)
    explorer.chooser.network.value = "squeezenet"
    assert explorer.context.features.network is cat.network


def test_a_path_that_is_none_is_said_and_everything_stays(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    before = explorer.picture.value
    explorer.chooser.path.value = "no/such/picture.jpg"
    assert "no/such/picture.jpg" in complaint(explorer)
    assert explorer.picture.value == before
    assert explorer.chooser.photograph.value == "tabby_cat"
    explorer.slider.value = 20
    assert complaint(explorer) is None
    shows(explorer, neuron.render, NeuronState("fire5", 20))


def test_what_goes_wrong_in_drawing_is_said_and_the_last_state_returns(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    before = explorer.picture.value
    explorer.show(channel=9999)
    assert "9999" in complaint(explorer)
    assert explorer.picture.value == before
    assert explorer.state == NeuronState("fire5", 195)
    explorer.show(rule="no such rule")
    assert "no such rule" in complaint(explorer)
    explorer.slider.value = 20
    shows(explorer, neuron.render, NeuronState("fire5", 20))


def test_only_the_newest_state_is_drawn_while_one_is_drawing(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 0)
    started, go_on, drawings = threading.Event(), threading.Event(), []

    def slow(context, state):
        drawings.append(state.channel)
        started.set()
        assert go_on.wait(20)
        return neuron.render(context, state)

    explorer.render = slow
    drag = threading.Thread(target=lambda: explorer.show(channel=1))
    drag.start()
    assert started.wait(20)
    for channel in range(2, 30):
        explorer.show(channel=channel)
    go_on.set()
    drag.join(20)
    assert drawings == [1, 29]
    shows(explorer, neuron.render, NeuronState("fire5", 29))


def test_the_step_explorer_moves(cat):
    chosen = cat.strongest("fire5")
    explorer = explorers.step_explorer(cat, chosen)
    explorer.step.value = 5
    shows(explorer, steps.render, StepState(chosen, step=5))
    explorer.number.value = explorer.number.max
    explorer.rule.value = "guided"
    shows(explorer, steps.render, StepState(chosen, "guided", explorer.number.max))


def test_the_relevance_explorer_finds_a_class_by_name(cat):
    explorer = explorers.relevance_explorer(cat)
    top = [index for index, _, _ in cat.top_classes(5)]
    offered = explorer.classes.widget.options
    assert len(offered) == 1000
    assert [classes.parsed(cat, text) for text in offered[:5]] == top
    explorer.classes.widget.value = "tabby"
    explorer.layer.name.value = "fire8"
    shows(explorer, relevance.render, RelevanceState(281, "fire8"))
    explorer.classes.widget.value = "a class that is none"
    assert complaint(explorer)
    assert explorer.state == RelevanceState(281, "fire8")
    explorer.show_which.value = relevance.AGAINST
    shows(explorer, relevance.render, RelevanceState(281, "fire8", against=True))


def test_the_heatmap_explorer_moves(cat):
    explorer = explorers.heatmap_explorer(cat)
    explorer.method.value = "gradcam"
    explorer.smoothing.value = 4.0
    explorer.threshold.value = 0.25
    state = HeatState(None, None, "gradcam", 4.0, 0.25)
    shows(explorer, heats.render, state)
    explorer.pin.value = True
    explorer.classes.widget.value = "tabby (281)"
    pin = Pin(explorer.context, state)
    shows(explorer, heats.render, replace(state, class_index=281, pin=pin))
    explorer.method.value = "deconvnet"
    assert explorer.layer.slider.disabled


def test_the_overlay_explorer_moves_and_saves(cat, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    explorer = explorers.overlay_explorer(cat, 281)
    explorer.alpha.value = 0.25
    explorer.colormap.value = "viridis"
    explorer.line_on.value = True
    shows(explorer, overlay.render, OverlayState(HeatState(281), 0.25, "viridis", 0.5))
    explorer.button.click()
    path = tmp_path / "results" / "tabby_cat_squeezenet_overlay.png"
    assert path.relative_to(tmp_path).as_posix() in unescaped(explorer)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), explorer.pixels)
    explorer.name.value = "a/b"
    explorer.button.click()
    assert "without a folder" in complaint(explorer)


def test_an_empty_projection_has_no_scale_to_hold(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    row, column = np.argwhere(cat["fire5"][..., 195] == 0)[0]
    explorer.show(row=int(row), column=int(column))
    explorer.hold.value = True
    assert "no scale to hold" in complaint(explorer)
    assert not explorer.hold.value
    assert explorer.state.scale is None


# The chooser


def test_the_chooser_shows_what_the_network_sees(squeezenet):
    chooser = explorers.photograph_chooser(squeezenet)
    expected = zv.load_image("tabby_cat", squeezenet)
    np.testing.assert_array_equal(chooser.image.batch, expected.batch)
    assert chooser.name == "tabby_cat"
    assert all(note in chooser.text for note in expected.notes)
    chooser.photograph.value = "chickens"
    assert chooser.image.name == "chickens"
    chooser.fitted.value = "letterbox"
    expected = zv.load_image("chickens", squeezenet, "letterbox")
    np.testing.assert_array_equal(chooser.image.pixels, expected.pixels)


def test_a_small_photograph_is_said(squeezenet, recwarn):
    chooser = explorers.photograph_chooser(squeezenet, "angelfish")
    assert "fine details are not there" in chooser.text
    assert not recwarn.list


def test_every_explorer_has_thumbnails_to_click_on(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    row = explorer.chooser
    assert row.thumbnails is None
    row.open.value = True
    assert row.frame in row.box.children
    before = row.thumbnails.value
    names = choosing.names_to_choose()
    place = names.index("chickens")
    click = {
        "type": "click",
        "dataX": 4 + place % photographs.COLUMNS * choosing.PITCH + 10,
        "dataY": 4 + place // photographs.COLUMNS * choosing.PITCH + 10,
    }
    row.event._handle_mouse_msg(row.event, click, None)
    assert explorer.context.features.image.name == row.photograph.value == "chickens"
    assert (explorer.state.layer, explorer.state.channel) == ("fire5", 195)
    assert row.thumbnails.value != before
    row.open.value = False
    assert row.frame not in row.box.children


def test_the_step_explorer_keeps_its_unit_on_another_photograph_and_in_another_network(cat):
    explorer = explorers.step_explorer(cat, cat.strongest("fire5", 195))
    explorer.show(step=20)
    explorer.chooser.photograph.value = "owl"
    assert complaint(explorer) is None
    owl = explorer.context.features
    assert owl.image.name == "owl" and explorer.state.neuron == owl.strongest("fire5", 195)
    assert explorer.state.step == explorer.step.value == 20
    explorer.show(step=explorer.step.max)
    explorer.chooser.network.value = "vgg16-conv"
    assert complaint(explorer) is None
    seen = explorer.context.features
    assert explorer.state.neuron == seen.strongest(seen.neuron_layer)
    last = len(steps.stages(explorer.context, explorer.state)) - 1
    assert explorer.step.max == last and explorer.state.step <= last
    classes_of = explorers.step_explorer(cat)
    classes_of.chooser.photograph.value = "owl"
    assert classes_of.state.neuron == owl.class_neuron(cat.target().channel)


def test_a_click_chooses_the_photograph_under_it(squeezenet):
    chooser = explorers.photograph_chooser(squeezenet)
    names = choosing.names_to_choose()
    left, top = choosing.sheet_place()
    for place in (0, 12, 40):
        column, row = place % choosing.COLUMNS, place // choosing.COLUMNS
        x = left + 4 + column * choosing.PITCH + 10
        y = top + 4 + row * choosing.PITCH + 10
        click = {"type": "click", "dataX": x, "dataY": y}
        chooser.event._handle_mouse_msg(chooser.event, click, None)
        assert chooser.name == names[place]
    assert choosing.name_at(names, choosing.COLUMNS, -1, 1) is None


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
    for one, button in ((chooser, chooser.upload), (explorer, explorer.chooser.upload)):
        before = one.picture.value
        button.value = (upload(name, content),)
        assert said in complaint(one)
        assert one.picture.value == before
        assert button.value == ()
    assert list(own_photos.iterdir()) == []
    assert (chooser.name, explorer.neuron) == ("tabby_cat", cat.strongest("fire5", 195))
    chooser.photograph.value = "chickens"
    assert complaint(chooser) is None


def test_a_good_upload_is_kept_and_named(squeezenet, own_photos):
    chooser = explorers.photograph_chooser(squeezenet)
    content = a_jpeg()
    chooser.upload.value = (upload("my dog.jpg", content),)
    assert complaint(chooser) is None
    assert (own_photos / "my_dog.jpg").read_bytes() == content
    assert 'PHOTO = "my_dog"' in unescaped(chooser)
    assert chooser.photograph.value == chooser.name == "my_dog"
    again = zv.load_image(chooser.name, squeezenet)
    np.testing.assert_array_equal(chooser.image.pixels, again.pixels)
    chooser.upload.value = (upload("my dog.jpg", content),)
    chooser.upload.value = (upload("my dog.jpg", a_jpeg(colour=(0, 0, 200))),)
    names = sorted(path.name for path in own_photos.iterdir())
    assert names == ["my_dog.jpg", "my_dog_2.jpg"]
    chooser.upload.value = (upload("tabby_cat.jpg", content),)
    assert chooser.name == "my_photos/tabby_cat"
    assert chooser.image.pixels[0, 0, 0] > 150


def test_an_upload_may_not_leave_the_folder(squeezenet, own_photos):
    image, _ = read_upload("../../evil.jpg", a_jpeg(), squeezenet)
    assert [path.parent for path in own_photos.iterdir()] == [own_photos]
    assert not (own_photos.parent.parent / "evil.jpg").exists()


# Readers without a kernel


def test_the_display_bundle_has_a_small_static_picture(cat, squeezenet):
    made = [
        explorers.photograph_chooser(squeezenet),
        explorers.neuron_explorer(cat),
        explorers.neuron_explorer(cat, panels="forward"),
        explorers.step_explorer(cat),
        explorers.relevance_explorer(cat),
        explorers.heatmap_explorer(cat),
        explorers.overlay_explorer(cat),
    ]
    for explorer in made:
        data, metadata = explorer._repr_mimebundle_()
        assert "application/vnd.jupyter.widget-view+json" in data
        assert data["text/plain"] == explorer.text
        assert " ms" not in data["text/plain"]
        assert metadata["image/jpeg"]["alt"] == explorer.text
        assert len(data["image/jpeg"]) < 160_000
        assert explorer.static.startswith(b"\xff\xd8")
        Image.open(io.BytesIO(explorer.static)).load()


def test_every_control_has_a_label_and_a_tooltip(cat, squeezenet):
    import ipywidgets as widgets

    from zv_helpers.explorers.names import Names

    def inside(widget):
        for child in getattr(widget, "children", ()):
            yield child
            yield from inside(child)

    for explorer in (
        explorers.photograph_chooser(squeezenet),
        explorers.neuron_explorer(cat),
        explorers.step_explorer(cat),
        explorers.relevance_explorer(cat),
        explorers.heatmap_explorer(cat),
        explorers.overlay_explorer(cat),
    ):
        controls = [
            widget
            for widget in inside(explorer.root)
            if not isinstance(widget, (widgets.Box, widgets.HTML, widgets.Image, Names))
        ]
        assert len(controls) >= 3
        for widget in controls:
            assert widget.description
            assert widget.tooltip


def test_wrong_first_arguments_are_said_at_once(cat):
    with pytest.raises(KeyError, match="fire5"):
        explorers.neuron_explorer(cat, "fire55")
    with pytest.raises(IndexError, match="256"):
        explorers.neuron_explorer(cat, "fire5", 256)
    with pytest.raises(ValueError, match="panels"):
        explorers.neuron_explorer(cat, panels="some")


def test_a_sentence_for_every_exception():
    assert shell.sentence(ValueError("Expected this.")) == "Expected this."
    assert "RuntimeError" in shell.sentence(RuntimeError("boom"))
    assert "memory" in shell.sentence(MemoryError())
