"""The explorers of a class: relevance scores, heatmaps and overlays."""

from dataclasses import replace

import numpy as np
import pytest
from looking import captioned, complaint, pictured, shows, unescaped
from PIL import Image

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.explorers import classes, heats, neuron, overlay, relevance
from zv_helpers.explorers.heats import HeatState
from zv_helpers.explorers.neuron import NeuronState
from zv_helpers.explorers.overlay import OverlayState
from zv_helpers.explorers.relevance import RelevanceState
from zv_helpers.explorers.shell import Context


def test_the_relevance_explorer_shows_the_highest_scores(context):
    scores = zv.relevance_scores(context.features, None, "fire9")
    view = relevance.resolve(context, RelevanceState())
    np.testing.assert_allclose(view.scores, scores)
    np.testing.assert_array_equal(view.chosen, np.argsort(-scores, kind="stable")[:6])
    other = relevance.resolve(context, RelevanceState(against=True))
    assert scores[other.chosen[0]] == scores.min() < 0
    assert f"{view.chosen[0]} (+{scores[view.chosen[0]]:.3g})" in relevance.caption(view)
    assert relevance.render(view).size == relevance.render(other).size


@pytest.mark.parametrize("method", ["relevance", "gradcam", "deconvnet"])
def test_the_heatmap_on_screen_is_that_of_heatmap(context, method):
    view = heats.resolve(context, HeatState(281, None, method, smoothing=3.0, threshold=0.2))
    expected = zv.heatmap(context.features, 281, method=method, smoothing=3.0, threshold=0.2)
    np.testing.assert_array_equal(view.heat, expected)
    assert "281" in heats.caption(view)
    assert method in heats.caption(view)


def test_the_overlay_on_screen_is_that_of_overlay(context):
    state = OverlayState(281, alpha=0.3, colormap="viridis", contour=0.6)
    heat = zv.heatmap(context.features, 281)
    expected = zv.overlay(context.features.image, heat, 0.3, "viridis", 0.6)
    np.testing.assert_array_equal(overlay.resolve(context, state).pixels, expected)


def test_an_overlay_is_saved_and_never_replaces_another(context, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    view = overlay.resolve(context, OverlayState(281, alpha=0.3))
    first, second = overlay.save(view, "mine"), overlay.save(view, "mine")
    assert (first.as_posix(), second.as_posix()) == ("results/mine.png", "results/mine_2.png")
    np.testing.assert_array_equal(np.asarray(Image.open(first)), view.pixels)
    with pytest.raises(ValueError, match="without a folder"):
        overlay.save(view, "../mine")


@pytest.mark.parametrize(
    ("module", "state", "pinned"),
    [
        (heats, HeatState(smoothing=3.0), HeatState(281)),
        (relevance, RelevanceState(), RelevanceState(against=True)),
        (overlay, OverlayState(contour=0.5), None),
    ],
)
def test_drawing_is_the_same_again(context, module, state, pinned):
    view = module.resolve(context, state)
    if pinned is not None:
        view = module.resolve(context, replace(state, pin=module.resolve(context, pinned)))
        assert "Pinned: " in module.caption(view)
    assert module.render(view).tobytes() == module.render(view).tobytes()
    assert module.caption(view) == module.caption(view)


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
    for module, state in (
        (heats, HeatState()),
        (relevance, RelevanceState()),
        (overlay, OverlayState()),
    ):
        assert f"feature map {target.channel}" in captioned(module, context, state)
        pictured(module, context, state)
    text = captioned(neuron, context, NeuronState("block4_conv2", 10))
    assert "block4_conv2" in text
    box = explorers.relevance_explorer(vgg_cat).controls["Class"]
    assert box.disabled
    assert box.value == "no classes"


@pytest.mark.parametrize("named", [True, False])
def test_a_network_that_names_every_position_can_be_explored(keras, named):
    layers = keras.layers
    pixels = keras.Input((64, 64, 3))
    maps = layers.Conv2D(8, 3, activation="relu", padding="same")(layers.MaxPooling2D()(pixels))
    model = keras.Model(pixels, layers.Conv2D(5, 1, activation="softmax", name="logits")(maps))
    names = tuple("abcde") if named else None
    network = zv.load_model(model, preprocess="tf", class_names=names)
    features = zv.extract_features(network, zv.load_image("tabby_cat", network))
    for make in (
        explorers.relevance_explorer,
        explorers.heatmap_explorer,
        explorers.overlay_explorer,
        explorers.step_explorer,
    ):
        explorer = make(features)
        assert "class" in explorer.text
        if "Class" in explorer.controls:
            box = explorer.controls["Class"]
            assert len(box.options) == 5 and box.value in box.options
            box.value = "3"
            assert box.value == f"{network.class_name(3)} (3)"
            assert explorer.state.class_index == 3
            box.value = "77"
            assert "0 to 4" in complaint(explorer)
        if named:
            explorer.controls["Network"].value = "squeezenet"
            assert complaint(explorer) is None


def test_any_target_can_be_explained_at_first(cat):
    chosen = cat.strongest("fire5", 195)
    for make in (
        explorers.relevance_explorer,
        explorers.heatmap_explorer,
        explorers.overlay_explorer,
        explorers.step_explorer,
    ):
        explorer = make(cat, chosen)
        assert str(chosen) in explorer.text
        if "Class" in explorer.controls:
            assert explorer.controls["Class"].value == chosen.name(cat.network)
            explorer.controls["Class"].value = "281"
            assert explorer.state.class_index == 281
        explorer = make(cat, "tabby")
        assert "class 281, 'tabby'" in explorer.text
        explorer.controls["Photograph"].value = "owl"
        assert complaint(explorer) is None
        assert "class 281, 'tabby'" in explorer.text


# The widgets


def test_the_relevance_explorer_finds_a_class_by_name(cat):
    explorer = explorers.relevance_explorer(cat)
    controls = explorer.controls
    top = [index for index, _, _ in cat.top_classes(5)]
    offered = controls["Class"].options
    assert len(offered) == 1000
    assert [classes.parsed(cat, text) for text in offered[:5]] == top
    controls["Class"].value = "tabby"
    controls["name"].value = "fire8"
    shows(explorer, relevance, RelevanceState(281, "fire8"))
    np.testing.assert_allclose(explorer.scores, zv.relevance_scores(cat, 281, "fire8"))
    controls["Class"].value = "a class that is none"
    assert complaint(explorer)
    assert explorer.state == RelevanceState(281, "fire8")
    assert controls["Class"].value == "tabby (281)"
    controls["Show"].value = relevance.AGAINST
    shows(explorer, relevance, RelevanceState(281, "fire8", against=True))
    controls["Pin for comparison"].value = True
    pin = relevance.resolve(explorer.context, RelevanceState(281, "fire8", against=True))
    controls["Rule"].value = "guided"
    shows(explorer, relevance, RelevanceState(281, "fire8", "guided", True, pin))


def test_the_heatmap_explorer_moves(cat):
    explorer = explorers.heatmap_explorer(cat)
    controls = explorer.controls
    controls["Method"].value = "gradcam"
    controls["Smoothing"].value = 4.0
    controls["Threshold"].value = 0.25
    state = HeatState(None, None, "gradcam", 4.0, 0.25)
    shows(explorer, heats, state)
    controls["Pin for comparison"].value = True
    controls["Class"].value = "tabby (281)"
    pin = heats.resolve(explorer.context, state)
    shows(explorer, heats, replace(state, class_index=281, pin=pin))
    controls["Layer"].value = cat.layers.index("fire8")
    assert (explorer.state.layer, controls["name"].value) == ("fire8", "fire8")
    controls["Method"].value = "deconvnet"
    assert controls["Layer"].disabled and controls["name"].disabled
    controls["Method"].value = "relevance"
    assert not controls["Layer"].disabled
    assert explorer.heat.max() == 1


def test_one_move_computes_the_unscaled_map_and_the_products_once(cat, monkeypatch):
    for make, module, name in (
        (explorers.heatmap_explorer, heats, "raw_map"),
        (explorers.overlay_explorer, heats, "raw_map"),
        (explorers.relevance_explorer, relevance, "project"),
    ):
        explorer, asked, function = make(cat), [], getattr(module, name)

        def counted(*arguments, asked=asked, function=function):
            asked.append(arguments)
            return function(*arguments)

        monkeypatch.setattr(module, name, counted)
        explorer.controls["Class"].value = "goldfish"
        assert complaint(explorer) is None
        assert len(asked) == 1
        explorer.show(class_index=None)  # seen before
        assert len(asked) == 1


def test_the_overlay_explorer_moves_and_saves(cat, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    explorer = explorers.overlay_explorer(cat, 281)
    controls = explorer.controls
    controls["Alpha"].value = 0.25
    controls["Colormap"].value = "viridis"
    controls["Line"].value = True
    shows(explorer, overlay, OverlayState(281, alpha=0.25, colormap="viridis", contour=0.5))
    controls["Save as PNG"].click()
    path = tmp_path / "results" / "tabby_cat_squeezenet_overlay.png"
    assert path.relative_to(tmp_path).as_posix() in unescaped(explorer)
    np.testing.assert_array_equal(np.asarray(Image.open(path)), explorer.pixels)
    controls["File name"].value = "a/b"
    controls["Save as PNG"].click()
    assert "without a folder" in complaint(explorer)
    controls["Line at"].value = 0.7
    controls["Heatmap"].value = "gradcam"
    controls["Class"].value = "goldfish"
    state = OverlayState(1, method="gradcam", alpha=0.25, colormap="viridis", contour=0.7)
    shows(explorer, overlay, state)
    controls["Line"].value = False
    shows(explorer, overlay, replace(state, contour=None))
    assert controls["Line at"].value == 0.7


def test_a_colormap_that_is_none_of_ours_stands_in_the_menu(cat):
    menu = explorers.overlay_explorer(cat, colormap="hot").controls["Colormap"]
    assert menu.value == "hot" and "hot" in menu.options
    menu.value = "viridis"
    assert menu.value == "viridis"
