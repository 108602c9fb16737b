"""What a learner does with each explorer, and what it should show.

Each `move_…` is a generator. It first yields when the explorer was seen to show the state that it
starts with, then when it was seen to move, and at last when every control was moved.
"""

import re
from dataclasses import replace

import numpy as np
from checks import differ, shows
from PIL import Image

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.draw import strips
from zv_helpers.experiments import cheating
from zv_helpers.experiments.evolving import evolution
from zv_helpers.experiments.learning import kept_learning, small_network
from zv_helpers.experiments.moves import Move
from zv_helpers.experiments.road_signs import draw_signs
from zv_helpers.experiments.strongest import images_of
from zv_helpers.explorers import atlas as exploring
from zv_helpers.explorers import chooser as choosing
from zv_helpers.explorers import evolving, heats, hiding, moves, neuron, overlay, relevance, steps
from zv_helpers.explorers.atlas import AtlasState
from zv_helpers.explorers.chooser import ChooserState
from zv_helpers.explorers.neuron_picture import side_of
from zv_helpers.explorers.shell import Context
from zv_helpers.explorers.thumbnails import PITCH, names_to_choose

EXPLORERS = re.compile(r"explorers\.(\w+)\(")


def moves_of(explorer, context, source, folder):
    """Begin what is done with the explorer that a cell's source makes: a generator.

    context: what is explored, as in the notebook; folder: that of the notebook.
    """
    return MOVES[EXPLORERS.search(source)[1]](explorer, context, source, folder)


def move_neurons(explorer, context, source, folder):
    features = context.features
    state = neuron.NeuronState(
        explorer.value("combobox", "name"),
        int(explorer.value("spinbutton", "number")),
        forward="forward" in source,
    )

    def now(**changes):
        nonlocal state
        state = replace(state, **changes)
        return shows(explorer, neuron, context, state)

    first = now()
    yield
    explorer.choose("name", "fire5")
    state = replace(state, **neuron.at_layer(features, state, "fire5"))
    assert differ(now(), first)[0]
    yield
    explorer.press("Layer", "ArrowLeft")
    below = features.layers[features.layers.index("fire5") - 1]
    state = replace(state, **neuron.at_layer(features, state, below))
    now()
    explorer.choose("name", "fire5")
    explorer.wait_for_line("layer fire5,")
    explorer.type("spinbutton", "number", 17)
    before = now(layer="fire5", channel=17)
    explorer.press("Feature map", "ArrowRight", 3)
    assert differ(now(channel=20), before)[0]
    explorer.choose("Order", neuron.STRENGTH_ORDER)
    ordered = list(features.strongest_channels("fire5", features["fire5"].shape[2]))
    explorer.wait_for_slider("Feature map", ordered.index(20))
    explorer.press("Feature map", "Home")
    explorer.press("Feature map", "ArrowRight", 2)
    now(channel=int(features.strongest_channels("fire5", 3)[2]))
    explorer.click_picture(*middle_of_position(state, features, 4, 9))
    now(row=4, column=9)
    explorer.type("spinbutton", "Row", 7)
    now(row=7)
    explorer.control("checkbox", "Strongest position").check()
    now(row=None, column=None)
    if not state.forward:
        explorer.choose("Rule", "guided")
        now(rule="guided")
        explorer.control("checkbox", "Hold the scale").check()
        now(scale=neuron.resolve(context, state).scale)
    explorer.control("button", "Pin for comparison").click()
    now(pin=neuron.resolve(context, state))
    explorer.press("Feature map", "ArrowRight", 1)
    now(channel=int(features.strongest_channels("fire5", 4)[3]))
    explorer.control("button", "Unpin").click()
    now(pin=None)
    yield


def middle_of_position(state, features, row, column):
    """Where the middle of a position of the feature map lies in the picture: (x, y)."""
    height, width, _ = features[state.layer].shape
    side = side_of(neuron.resolve(Context(features), state))
    left, top, right, bottom = strips.rectangle(1, (height, width), side, side)
    return (
        left + (column + 0.5) * (right - left) / width,
        top + (row + 0.5) * (bottom - top) / height,
    )


def move_steps(explorer, context, source, folder):
    # The notebook chose the neuron; the explorer's text says which one it is.
    found = re.search(
        r"start is (\S+), feature map (\d+), row (\d+), column (\d+)", explorer.line.inner_text()
    )
    place = (int(number) for number in found.groups()[1:])
    state = steps.StepState(context.features.neuron(found[1], *place))
    first = shows(explorer, steps, context, state)
    yield
    explorer.press("Step", "ArrowRight", 4)
    assert differ(shows(explorer, steps, context, replace(state, step=4)), first)[0]
    yield
    last = steps.resolve(context, state).last
    explorer.type("spinbutton", "Number", last)
    shows(explorer, steps, context, replace(state, step=last))
    explorer.choose("Rule", "guided")
    shows(explorer, steps, context, replace(state, rule="guided", step=last))
    yield


def move_relevance(explorer, context, source, folder):
    state = relevance.RelevanceState()
    first = shows(explorer, relevance, context, state)
    yield
    explorer.choose("name", "fire8")
    assert differ(shows(explorer, relevance, context, replace(state, layer="fire8")), first)[0]
    yield
    explorer.press("Layer", "ArrowRight")
    names = relevance.resolve(context, state).layers
    state = replace(state, layer=names[names.index("fire8") + 1])
    shows(explorer, relevance, context, state)
    explorer.type("combobox", "Class", "goldfish")
    state = replace(state, class_index=1)
    shows(explorer, relevance, context, state)
    explorer.choose("Rule", "deconvnet")
    state = replace(state, rule="deconvnet")
    shows(explorer, relevance, context, state)
    explorer.choose("Show", relevance.AGAINST)
    shows(explorer, relevance, context, replace(state, against=True))
    yield


def move_heatmaps(explorer, context, source, folder):
    state = heats.HeatState()

    def now(**changes):
        nonlocal state
        state = replace(state, **changes)
        return shows(explorer, heats, context, state)

    first = now()
    yield
    explorer.type("combobox", "Class", "tabby")
    assert differ(now(class_index=281), first)[0]
    yield
    explorer.choose("Method", "gradcam")
    now(method="gradcam")
    explorer.choose("name", "fire5")
    now(layer="fire5")
    explorer.press("Layer", "ArrowRight")
    names = heats.resolve(context, state).layers
    now(layer=names[names.index("fire5") + 1])
    explorer.press("Smoothing", "ArrowRight", 6)
    now(smoothing=3.0)
    explorer.press("Threshold", "ArrowRight", 20)
    now(threshold=0.2)
    explorer.control("button", "Pin for comparison").click()
    now(pin=heats.resolve(context, state))
    explorer.choose("Method", "deconvnet")
    now(method="deconvnet")
    yield


def move_overlays(explorer, context, source, folder):
    state = overlay.OverlayState()

    def now(**changes):
        nonlocal state
        state = replace(state, **changes)
        return shows(explorer, overlay, context, state)

    first = now()
    yield
    explorer.press("Alpha", "ArrowRight", 5)
    assert differ(now(alpha=0.75), first)[0]
    yield
    explorer.choose("Colormap", "viridis")
    now(colormap="viridis")
    explorer.control("checkbox", "Line").check()
    now(contour=0.5)
    explorer.press("Line at", "ArrowLeft", 2)
    now(contour=0.4)
    explorer.type("combobox", "Class", "tabby")
    now(class_index=281)
    explorer.choose("Heatmap", "gradcam")
    now(method="gradcam")
    explorer.type("textbox", "File name", "from the browser")
    explorer.control("button", "Save as PNG").click()
    explorer.wait_for_line("Written: results/from_the_browser.png")
    written = Image.open(folder / "results" / "from_the_browser.png")
    expected = overlay.resolve(context, state).pixels
    np.testing.assert_allclose(np.asarray(written).astype(int), expected, atol=3)
    yield


def move_chooser(explorer, context, source, folder):
    network, known = context.features.network, names_to_choose()

    def now(name, fit="crop"):
        image = zv.load_image(name, network, fit)
        state = ChooserState(image, name, choosing.page_of(name))
        return shows(explorer, choosing, None, state)

    first = now(context.features.image.name)
    yield
    explorer.choose("Photograph", "chickens")
    assert differ(now("chickens"), first)[0]
    yield
    explorer.choose("Fit", "letterbox")
    now("chickens", "letterbox")
    explorer.choose("Fit", "crop")
    chosen = ChooserState(context.features.image, "chickens")
    (left, top), _ = choosing.sheet_at(choosing.resolve(None, chosen))
    place = known.index("german_shepherd")
    row, column = divmod(place, choosing.COLUMNS)
    explorer.click_picture(left + 30 + column * PITCH, top + 30 + row * PITCH)
    now("german_shepherd")
    explorer.type("textbox", "or a path", str(zv.photographs()["owl"]))
    explorer.wait_for_line("owl")
    shown = explorer.pixels()
    explorer.choose("Photograph", "tabby_cat")
    assert differ(shown, now("tabby_cat"))[0]
    yield


def move_hiding(explorer, context, source, folder):
    features = context.features
    here = {"explorers": explorers, "features": features, "LAST": cheating.LAST, "guilty": 1}
    state = eval(source[EXPLORERS.search(source).start() :], here).state
    layer = "fire5" if "fire5" in features.layers else "conv3"

    def now(**changes):
        nonlocal state
        state = replace(state, **changes)
        return shows(explorer, hiding, context, state)

    first = now()
    yield
    explorer.press("Top", "ArrowRight", 5)
    assert differ(now(top=state.top + 5), first)[0]
    yield
    explorer.press("Left", "Home")
    now(left=0)
    left, top, right, bottom = strips.rectangle(0, features.network.input_size)
    x, y = (left + right) / 2 + 20, top + 75
    place = hiding.position_at(hiding.resolve(context, state), x, y)
    explorer.click_picture(x, y)
    now(**place)
    explorer.choose("name", layer)
    now(layer=layer, channel=None)
    explorer.type("spinbutton", "Feature map", 17)
    now(channel=17)
    explorer.press("Size", "Home")
    half = state.size // 2
    now(size=0, top=state.top + half, left=state.left + half)
    yield


def move_moving(explorer, context, source, folder):
    state = moves.MoveState()

    def now(**changes):
        nonlocal state
        state = replace(state, **changes)
        return shows(explorer, moves, context, state)

    first = now()
    yield
    explorer.press("Turn", "ArrowRight", 9)
    assert differ(now(move=Move(angle=9)), first)[0]
    yield
    explorer.type("spinbutton", "degrees", -77)
    now(move=Move(angle=-77))
    explorer.press("Enlarge", "ArrowRight", 4)
    now(move=Move(0, 1.2, -77))
    explorer.press("Shift down", "ArrowLeft", 9)
    now(move=Move(-9, 1.2, -77))
    explorer.choose("Outside", "mirror")
    now(fill="mirror")
    explorer.choose("name", "fire5")
    now(layer="fire5")
    explorer.type("spinbutton", "Feature map", 17)
    now(channel=17)
    yield


def move_atlas(explorer, context, source, folder):
    """Turn to another map; all else is in test_atlas_browser.py."""
    context = explorers.atlas_explorer(context.features.network).context
    for layer in ("fire4", "fire5"):
        explorer.choose("name", layer)
        explorer.wait_for_line(f"squeezenet, {layer}, feature map")
    explorer.type("spinbutton", "number", 241)
    shows(explorer, exploring, context, AtlasState("fire5", 241))
    yield


def move_time(explorer, context, source, folder):
    context = Context(followed_signs())
    state = explorers.evolution_explorer(context.subject).state

    def now(**changes):
        nonlocal state
        state = replace(state, **changes)
        return shows(explorer, evolving, context, state)

    first = now()
    yield
    explorer.press("Time", "ArrowLeft", 3)
    assert differ(now(moment=4), first)[0]
    yield
    explorer.press("Time", "Home")
    now(moment=0)
    explorer.choose("name", "conv1")
    now(layer="conv1")
    explorer.type("spinbutton", "number", 11)
    before = now(channel=11)
    explorer.press("Feature map", "ArrowRight", 2)
    assert differ(now(channel=13), before)[0]
    yield


def followed_signs():
    """What the lab follows, with the network that ships."""
    learnt, model = kept_learning("watch_a_network_learn"), small_network()
    model.set_weights(learnt.weights[-1])
    network = zv.load_model(model)
    images = images_of(network, draw_signs(160, seed=2, progress=False).pixels)
    return evolution(network, learnt.weights, images, learnt.moments.tolist(), progress=False)


MOVES = {
    "evolution_explorer": move_time,
    "atlas_explorer": move_atlas,
    "neuron_explorer": move_neurons,
    "step_explorer": move_steps,
    "relevance_explorer": move_relevance,
    "heatmap_explorer": move_heatmaps,
    "overlay_explorer": move_overlays,
    "photograph_chooser": move_chooser,
    "hide_explorer": move_hiding,
    "move_explorer": move_moving,
}
