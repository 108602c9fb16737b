"""Copy as code: the lines are run, and give what the explorer shows."""

import copy
from dataclasses import replace

import numpy as np
import odd_networks
import pytest
from independent import random_weights
from looking import EVERY, a_jpeg, complaint, upload
from PIL import Image

import zv_helpers as zv
from zv_helpers import choose, explorers
from zv_helpers.atlas.picture import figure
from zv_helpers.experiments.evolving import evolution
from zv_helpers.experiments.learning import small_network
from zv_helpers.experiments.moves import Move
from zv_helpers.experiments.occluding import hidden_image
from zv_helpers.experiments.strongest import images_of
from zv_helpers.explorers import as_code, heats, hiding, moves, neuron, overlay, relevance, steps
from zv_helpers.explorers.at_hand import shipped_atlas
from zv_helpers.explorers.heats import HeatState
from zv_helpers.explorers.hiding import HideState
from zv_helpers.explorers.moves import MoveState
from zv_helpers.explorers.neuron import NeuronState
from zv_helpers.explorers.overlay import OverlayState
from zv_helpers.explorers.relevance import RelevanceState
from zv_helpers.explorers.shell import Context
from zv_helpers.explorers.steps import StepState

SQUEEZENET = 'network = zv.load_model("squeezenet")'
CAT = 'features = zv.extract_features(network, zv.load_image("tabby_cat", network))'


@pytest.fixture
def run(squeezenet, lite0):
    """A function that runs lines, and returns what the last one gives, and all names. The networks
    that ship are not loaded again: that the lines do load them is tested once."""
    ready = {SQUEEZENET: squeezenet, 'network = zv.load_model("efficientnet-lite0")': lite0}

    def ran(code, **given):
        names, (*lines, last) = dict(given), code.splitlines()
        for line in lines:
            if line in ready:
                names["network"] = ready[line]
            else:
                exec(line, names)
        return eval(last, names), names

    return ran


def setup_and_last(code):
    """Check that lines begin with the usual set-up; returns the rest of them."""
    lines = code.splitlines()
    assert "import zv_helpers as zv" in lines and lines.index(CAT) == lines.index(SQUEEZENET) + 1
    return lines[lines.index(CAT) + 1 :]


def same(result, expected):
    np.testing.assert_array_equal(np.asarray(result), expected)


# The one line, of what is chosen by its name


@pytest.mark.parametrize(
    "state, line",
    [
        (NeuronState("fire5", 195), 'project(features, features.strongest("fire5", 195))'),
        (
            NeuronState("fire5", 195, 11, 3, "guided"),
            'project(features, features.neuron("fire5", 195, 11, 3), rule="guided")',
        ),
        (
            NeuronState("fire9", 3, rule="gradient", scale=12.5),
            'project(features, features.strongest("fire9", 3), rule="gradient")',
        ),
    ],
)
def test_a_projection(context, run, state, line):
    view = neuron.resolve(context, state)
    (last,) = setup_and_last(as_code.neuron(view))
    scale = "" if state.scale is None else "12.5"
    assert last == f"Image.fromarray(zv.{line}.picture({scale}))"
    result, _ = run(as_code.neuron(view))
    same(result, view.projection.picture(view.scale))


def test_a_position_that_is_the_strongest_is_named_so(context):
    strongest = context.features.strongest("fire5", 195)
    state = NeuronState("fire5", 195, strongest.row, strongest.column)
    code = as_code.neuron(neuron.resolve(context, state))
    assert 'features.strongest("fire5", 195)' in code


def test_the_forward_pass_gives_the_feature_map(context, run):
    view = neuron.resolve(context, NeuronState("fire5", 7, forward=True))
    code = as_code.neuron(view)
    assert setup_and_last(code) == ['features["fire5"][..., 7]'] and "PIL" not in code
    same(run(code)[0], view.maps)


HEATS = [
    (HeatState(), "zv.heatmap(features, {top})"),
    (
        HeatState("tabby", "fire5", "gradcam", 3.0, 0.2),
        'zv.heatmap(features, 281, layer="fire5", method="gradcam", smoothing=3.0, threshold=0.2)',
    ),
    (HeatState(281, "fire5", "deconvnet"), 'zv.heatmap(features, 281, method="deconvnet")'),
    (
        HeatState(zv.Region("fire9", 12, (2, 3, 6, 5))),
        'zv.heatmap(features, zv.Region("fire9", 12, (2, 3, 6, 5)))',
    ),
]


@pytest.mark.parametrize("state, line", HEATS)
def test_a_heatmap(context, run, state, line):
    line = line.format(top=context.features.top_classes(1)[0][0])
    view = heats.resolve(context, state)
    code = as_code.heat(view)
    assert setup_and_last(code)[0] == f"heat = {line}"
    result, names = run(code)
    same(names["heat"], view.heat)
    same(result, zv.overlay(context.features.image, view.heat))
    other = overlay.resolve(context, OverlayState(**vars(state), alpha=0.3, colormap="viridis"))
    (last,) = setup_and_last(as_code.overlay(other))
    laid = f'zv.overlay(features.image, {line}, alpha=0.3, colormap="viridis")'
    assert last == f"Image.fromarray({laid})"
    same(run(as_code.overlay(other))[0], other.pixels)


def test_the_default_layer_is_left_out(context):
    layer = choose.layer_below(context.features, context.features.target(281))
    view = heats.resolve(context, HeatState(281, layer))
    assert "heat = zv.heatmap(features, 281)" in as_code.heat(view)


def test_a_neuron_and_a_part_of_any_form_are_explained(context, shepherd, run):
    cat = context.features
    mask = np.zeros((13, 13), bool)
    mask[[3, 4, 9], [5, 5, 12]] = True
    for target, said in (
        (cat.strongest("fire5", 20), 'features.strongest("fire5", 20)'),
        (cat.neuron("fire5", 20, 1, 2), 'features.neuron("fire5", 20, 1, 2)'),
        (shepherd.neuron("fire5", 20, 8, 9), 'zv.Neuron("fire5", 20, 8, 9, '),
        (zv.Region("fire9", 12), 'zv.Region("fire9", 12)'),
        (zv.Region("fire9", 12, mask), 'zv.Region("fire9", 12, mask)'),
    ):
        view = heats.resolve(context, HeatState(target))
        code = as_code.heat(view)
        assert said in code and ("import numpy" in code) is (said[-5:] == "mask)")
        same(run(code)[1]["heat"], view.heat)
    seen = shepherd.neuron("fire5", 20, 8, 9)  # its activation is the seed of the deconvnet
    view = steps.resolve(context, StepState(seen, step=4))
    same(run(as_code.steps(view))[0], view.moment.strongest)


class Doubled(zv.ClassScore):
    """A target of one's own."""

    def value(self, *about):
        return 2 * super().value(*about)


def test_a_target_of_ones_own_is_as_given(context, run):
    view = heats.resolve(context, HeatState(Doubled(281)))
    code = as_code.heat(view)
    assert "# target: class score 281, as it was given to the explorer" in code
    assert "heat = zv.heatmap(features, target)" in code
    same(run(code, target=Doubled(281))[1]["heat"], view.heat)


@pytest.mark.parametrize("against", [False, True])
def test_relevance_scores(context, run, against):
    view = relevance.resolve(context, RelevanceState(281, "fire8", "guided", against))
    code = as_code.relevance(view)
    line = 'scores = zv.relevance_scores(features, 281, "fire8", rule="guided")'
    assert setup_and_last(code)[0] == line
    result, names = run(code)
    same(names["scores"], view.scores)
    assert result == {channel: float(view.scores[channel]) for channel in view.chosen}
    assert list(result) == view.chosen


@pytest.mark.parametrize("target", [None, "neuron"])
def test_every_kind_of_step(context, run, target):
    cat = context.features
    target = cat.target() if target is None else cat.neuron("fire3", 5, 20, 21)
    last = steps.resolve(context, StepState(target)).last
    for step in (0, 1, last // 2, last):
        view = steps.resolve(context, StepState(target, "guided", step))
        code, moment = as_code.steps(view), view.moment
        result, _ = run(code)
        if step == 0:
            values = np.atleast_3d(result) if target.layer else result[None, None]
            same(values[..., moment.channel], moment.strongest)
        elif step == last:
            same(result, zv.signal_picture(moment.pixels))
        else:
            same(result, moment.strongest)
        assert ("trace=True" in code) is (0 < step < last)


@pytest.mark.parametrize(
    "module, write, state, line",
    [
        (hiding, as_code.hiding, HideState(40, 50, 56), "hidden_image(features.image, 40, 50, 56)"),
        (
            moves,
            as_code.moves,
            MoveState(Move(10, 1.25, -35), "mirror", "fire5", 241),
            'moved_image(features.image, Move(down=10, scale=1.25, angle=-35), fill="mirror")',
        ),
    ],
)
def test_a_changed_photograph(context, run, module, write, state, line):
    view = module.resolve(context, state)
    code = write(view)
    assert line in code
    same(run(code)[0], view.seen.projection.picture())


def test_a_photograph_that_is_not_moved_has_no_arguments(context):
    assert "moved_image(features.image, Move())" in as_code.moves(
        moves.resolve(context, MoveState())
    )


@pytest.fixture(scope="module")
def nine(squeezenet):
    explorer = explorers.atlas_explorer(squeezenet, layer="fire2", channel=3, rule="guided")
    explorer.show()
    return explorer.view


def test_the_atlas_that_ships(nine, run):
    code = as_code.atlas(nine)
    assert code.splitlines()[-2:] == [
        'atlas = zv.load_atlas("squeezenet", network)',
        'atlas.picture("fire2", 3, rule="guided")',
    ]
    title, shown = "squeezenet, fire2, feature map 3", nine.nine
    same(run(code)[0], figure(title, shown.patches, shown.projections, 9))


def test_an_atlas_that_was_given_or_built(nine, squeezenet, tmp_path, own_photos):
    shown, context = nine.nine, nine.context
    few = replace(shown, neurons=shown.neurons[:3])
    paths = replace(context, chosen="3 of your own")
    shorter = copy.copy(shown.atlas)
    shorter.count = 3
    code = as_code.atlas(replace(nine, nine=replace(few, atlas=shorter), context=paths))
    assert "zv.build_atlas(network, shipped_photographs(), count=3)" in code
    given = as_code.atlas(replace(nine, nine=few, context=paths))
    assert "zv.build_atlas(network, shipped_photographs())" in given
    assert "import shipped_photographs" in given
    empty = as_code.atlas(replace(nine, nine=None))
    assert "zv.build_atlas(network, shipped_photographs())" in empty
    for name in ("a", "b"):
        (own_photos / f"{name}.jpg").write_bytes(a_jpeg())
    atlas = zv.build_atlas(squeezenet, own_photos, layers=["conv1"], out=tmp_path / "kept")
    explorer = explorers.atlas_explorer(squeezenet, atlas)
    assert "# atlas: over 2 photographs, as the explorer has it" in explorer.code(explorer.view)
    for place, line in (
        (tmp_path / "kept", f'zv.load_atlas("{tmp_path / "kept"}", network)'),
        (own_photos, f'zv.build_atlas(network, "{own_photos}")'),
    ):
        chosen = replace(explorer.view.context, chosen=str(place))
        assert line in as_code.atlas(replace(explorer.view, context=chosen))


def test_the_row_of_the_atlas_comes_after_the_neuron(context, run):
    shipped = shipped_atlas(context.features.network)
    state = NeuronState("fire2", 3, rule="guided", atlas=shipped)
    view = neuron.resolve(context, state)
    result, _ = run(as_code.neuron(view))
    title = "squeezenet, fire2, feature map 3"
    same(result, figure(title, view.nine.patches, view.nine.projections, 9))
    assert 'features.strongest("fire2", 3)' in as_code.neuron(view)


@pytest.fixture(scope="module")
def followed():
    model = small_network((32, 32), 3, kernel=3, stride=1, maps=(3, 4, 5, 4, 3))
    network, weights = zv.load_model(model), []
    for seed in range(2):
        weights.append(random_weights(model, seed=seed).get_weights())
    weights.append([0 * one for one in weights[0]])
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    return evolution(network, weights, images_of(network, pixels), progress=False)


def test_a_map_while_the_network_learns(followed, run):
    projections = followed.layers["conv3"].projections[1]
    channel = next(i for i, one in enumerate(projections) if one is not None)
    explorer = explorers.evolution_explorer(followed, "conv3", channel, 1)
    code = explorer.code(explorer.view)
    assert "# evolution: as it was given to the explorer" in code
    same(run(code, evolution=followed)[0], projections[channel].picture())
    explorer.controls["Time"].value = 2
    same(run(explorer.code(explorer.view), evolution=followed)[0], explorer.view.curve)


# What names can load, and what they cannot


def test_the_lines_need_nothing_else():
    network = zv.load_model("squeezenet", input_size=(64, 80))
    features = zv.extract_features(network, zv.load_image("owl", network, fit="stretch"))
    view = heats.resolve(Context(features, "owl"), HeatState(method="gradcam"))
    *lines, last = as_code.heat(view).splitlines()
    names = {}
    exec("\n".join(lines), names)
    same(names["heat"], view.heat)
    assert names["network"] is not network and names["network"].input_size == (64, 80)
    assert eval(last, names).size == (80, 64)
    assert 'zv.load_image("owl", network, fit="stretch")' in "\n".join(lines)


@pytest.mark.parametrize("fit", ["crop", "letterbox"])
def test_a_path_of_ones_own(cat, run, own_photos, tmp_path, fit):
    path = tmp_path / 'a "large" photo.jpg'
    path.write_bytes(a_jpeg((400, 260), (40, 160, 90)))
    image = zv.load_image("tabby_cat", cat.network, fit)
    explorer = explorers.heatmap_explorer(zv.extract_features(cat.network, image))
    assert ('fit="letterbox"' in explorer.code(explorer.view)) is (fit == "letterbox")
    same(run(explorer.code(explorer.view))[1]["heat"], explorer.heat)
    explorer.controls["or a path"].value = str(path)
    assert complaint(explorer) is None
    code = explorer.code(explorer.view)
    assert repr(str(path)) in code and ('fit="letterbox"' in code) is (fit == "letterbox")
    same(run(code)[1]["heat"], explorer.heat)
    path.write_bytes(a_jpeg((400, 260), (160, 40, 90)))
    for change in (lambda: None, path.unlink):
        change()
        code = explorer.code(explorer.view)
        assert "# features: of " in code and "load_image" not in code


def test_an_upload_and_a_path_of_one_that_ships_by_their_names(cat, run, own_photos):
    explorer = explorers.heatmap_explorer(cat)
    explorer.controls["Upload"].value = (upload("my dog.jpg", a_jpeg((400, 260))),)
    code = explorer.code(explorer.view)
    assert 'zv.load_image("my_dog", network)' in code
    same(run(code)[1]["heat"], explorer.heat)
    explorer.controls["Network"].value = "vgg16-conv"
    assert 'zv.load_image("my_dog", network)' in explorer.code(explorer.view)
    explorer.controls["or a path"].value = str(zv.photographs()["owl"])
    assert 'zv.load_image("owl", network)' in explorer.code(explorer.view)


def test_a_photograph_for_another_network_is_as_given(squeezenet, lite0):
    chooser = explorers.photograph_chooser(squeezenet, zv.load_image("owl", lite0))
    assert "as the chooser has it" in chooser.code(chooser.view)


def test_a_changed_photograph_of_a_known_name_is_as_given(cat, run):
    features = zv.extract_features(cat.network, hidden_image(cat.image, 0, 0, 90))
    view = heats.resolve(Context(features, "tabby_cat"), HeatState(281))
    code = as_code.heat(view)
    assert '# features: of "tabby_cat" in "squeezenet", as the explorer has them' in code
    assert "load_" not in code
    same(run(code, features=features)[1]["heat"], view.heat)


@pytest.mark.parametrize("make", EVERY)
def test_networks_and_pictures_that_are_objects(odd, run, make):
    explorer = getattr(explorers, make)(odd.features)
    code = explorer.code(explorer.view)
    assert '# features: of "array" in ' in code and "zv.load_" not in code
    result, names = run(code, features=odd.features)
    view = explorer.view
    if make in ("heatmap_explorer", "overlay_explorer"):
        same(names.get("heat", result), getattr(view, "pixels", view.heat))
    elif make == "relevance_explorer":
        same(names["scores"], view.scores)
    elif make in ("hide_explorer", "move_explorer"):
        same(result, view.seen.projection.picture())
    elif make == "neuron_explorer":
        same(result, view.projection.picture())
    else:
        assert np.abs(result).max() > 0


def test_the_square_of_an_occlusion_without_classes(run):
    odd = odd_networks.made("no classes")
    explorer = explorers.heatmap_explorer(odd.features, method="occlusion")
    code = explorer.code(explorer.view)
    assert 'method="occlusion", size=5, stride=3)' in code
    same(run(code, features=odd.features)[1]["heat"], explorer.heat)
    explorer.controls["Method"].value = "gradcam"
    assert "size=" not in explorer.code(explorer.view)


def test_a_network_of_ones_own_with_a_photograph_that_ships(oblong, run):
    features = zv.extract_features(oblong.network, zv.load_image("owl", oblong.network))
    explorer = explorers.heatmap_explorer(features)
    code = explorer.code(explorer.view)
    assert f'# network: "{oblong.network.name}", as it was given to the explorer' in code
    same(run(code, network=oblong.network)[1]["heat"], explorer.heat)


def test_a_network_that_was_chosen_by_its_name(cat, own_networks):
    from digits import untrained

    untrained().save(own_networks / "mine.keras")
    explorer = explorers.heatmap_explorer(cat)
    explorer.controls["Network"].value = "mine"
    lines = explorer.code(explorer.view).splitlines()
    assert 'network = zv.load_model("mine")' in lines
    names = {}
    exec("\n".join(lines), names)
    same(names["heat"], explorer.heat)


def test_a_network_that_was_trained_on_is_no_longer_what_its_name_loads(own_networks):
    from digits import untrained

    untrained().save(own_networks / "mine.keras")
    for name in ("squeezenet", "mine"):
        given = zv.load_model("squeezenet", input_size=32)
        explorer = explorers.heatmap_explorer(
            zv.extract_features(given, zv.load_image("owl", given))
        )
        if name == "mine":
            explorer.controls["Network"].value = "mine"
        network = explorer.context.features.network
        loads = f'network = zv.load_model("{name}"'
        assert loads in explorer.code(explorer.view)
        layer = next(one for one in network.keras_model.layers[::-1] if one.weights)
        layer.set_weights([2 * one for one in layer.get_weights()])
        code = explorer.code(explorer.view)
        assert f'# network: "{name}", trained on since it was loaded' in code
        assert "load_model" not in code


def test_a_layer_that_cannot_be_reversed_gives_its_map(run, keras):
    pixels = keras.Input((32, 32, 3))
    maps = keras.layers.Conv2D(4, 3, activation="relu", name="maps")(
        keras.layers.UnitNormalization()(pixels)
    )
    network = zv.load_model(keras.Model(pixels, maps), preprocess="tf")
    features = zv.extract_features(network, zv.load_image("owl", network))
    for make in (explorers.neuron_explorer, explorers.hide_explorer):
        explorer = make(features, layer="maps", channel=2)
        view = explorer.view
        assert (view if make is explorers.neuron_explorer else view.seen).problem
        expected = getattr(view, "maps", None)
        expected = view.seen.maps if expected is None else expected
        same(run(explorer.code(view), network=network)[0], expected)


# What is pinned


def pinned(explorer, run, name):
    result, names = run(explorer.code(explorer.view), explorer=explorer)
    return names["pinned"], names.get(name, result), explorer.state.pin, explorer.view


def test_what_is_pinned_comes_first(cat, lite0, run):
    explorer = explorers.heatmap_explorer(cat, 281)
    explorer.networks[lite0.name] = lite0
    explorer.controls["Pin for comparison"].value = True
    explorer.controls["Smoothing"].value = 4.0
    code = explorer.code(explorer.view)
    assert code.count("features = ") == 1
    first, second, pin, view = pinned(explorer, run, "heat")
    same(first, pin.heat), same(second, view.heat)
    explorer.controls["Photograph"].value = "owl"
    first, second, pin, view = pinned(explorer, run, "heat")
    same(first, pin.heat), same(second, view.heat)
    explorer.controls["Photograph"].value = "tabby_cat"
    explorer.controls["Network"].value = lite0.name
    assert explorer.code(explorer.view).count("features = ") == 2  # of the same photograph
    first, second, pin, view = pinned(explorer, run, "heat")
    same(first, pin.heat), same(second, view.heat)


def test_a_pinned_neuron_has_the_same_scale(cat, run):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    explorer.controls["Pin for comparison"].value = True
    explorer.show(channel=20, rule="guided")
    first, second, pin, view = pinned(explorer, run, "")
    assert pin.projection.scale != view.projection.scale
    same(first, pin.projection.picture(view.scale))
    same(second, view.projection.picture(view.scale))


def test_pinned_scores(cat, run):
    explorer = explorers.relevance_explorer(cat, 281)
    explorer.controls["Pin for comparison"].value = True
    explorer.show(class_index=1)
    first, second, pin, view = pinned(explorer, run, "scores")
    same(first, pin.scores), same(second, view.scores)


def test_what_is_pinned_never_stands_for_what_is_on_show(cat, run):
    """No name loads the second photograph."""
    explorer = explorers.heatmap_explorer(cat, 281)
    explorer.controls["Pin for comparison"].value = True
    noise = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
    explorer.others["noise"] = replace(zv.load_image(noise, cat.network), name="noise")
    explorer.act(lambda: explorer.choose("noise"))
    first, second, pin, view = pinned(explorer, run, "heat")
    same(first, pin.heat), same(second, view.heat)
    assert "features = explorer.context.features" in explorer.code(view)


# The chooser


def test_the_chooser(squeezenet, run, own_photos):
    chooser = explorers.photograph_chooser(squeezenet)
    for fit in ("crop", "letterbox"):
        chooser.controls["Fit"].value = fit
        code = chooser.code(chooser.view)
        assert code.splitlines()[-3] == SQUEEZENET
        same(run(code)[0], chooser.image.rgb)
    colours = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    other = explorers.photograph_chooser(squeezenet, Image.fromarray(colours))
    code = other.code(other.view)
    assert "as the chooser has it" in code and "load_" not in code
    same(run(code, image=other.image)[0], other.image.rgb)


# The button


def test_the_lines_are_shown_and_follow_until_it_is_pressed_again(cat):
    explorer = explorers.heatmap_explorer(cat, 281)
    button, lines = explorer.tools.copy, explorer.tools.lines
    assert lines.value == "" and lines in explorer.root.children
    button.value = True
    assert lines.value == explorer.code(explorer.view) and lines.asked == 1
    explorer.controls["Smoothing"].value = 4.0
    assert "smoothing=4.0" in lines.value and lines.asked == 1
    explorer.controls["Class"].value = "no such class"
    assert "smoothing=4.0" in lines.value
    button.value = False
    assert lines.value == "" and lines.asked == 1
    explorer.controls["Smoothing"].value = 2.0
    assert lines.value == ""
    assert len(explorer.history) == 1  # the button itself is no step


def test_what_cannot_be_written_is_said_in_the_lines(cat):
    explorer = explorers.heatmap_explorer(cat, 281)

    def broken(view):
        raise OSError("the disk is gone")

    explorer.code = broken
    explorer.tools.copy.value = True
    assert explorer.tools.lines.value.startswith("# It cannot be written")
    explorer.controls["Smoothing"].value = 4.0
    assert complaint(explorer) is None and explorer.state.smoothing == 4.0
