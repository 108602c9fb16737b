"""The checks of step 3 accept what is right; the figures of step 3 draw what they say."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

import zv_helpers as zv
from zv_helpers import choose, course
from zv_helpers.course.panels import encoded
from zv_helpers.course.step3 import checks, figures, toys


def test_nothing_answered_yet(cat):
    for sentence in (checks.check_switches(None), checks.check_neuron(cat, "fire3", None)):
        assert sentence.startswith("Not answered yet")


def test_switches_solution():
    solution = zv.find_switches(toys.TOY[..., None])
    assert checks.check_switches(solution).startswith("Right")
    assert checks.check_switches([[4, 2], [8, 14]]).startswith("Right")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ([[8, 6], [0, 5]], "maxima themselves"),
        ([[5, 3], [9, 15]], "counted from 1"),
        ([[4, 7], [8, 14]], "window 2"),
        ([[4, 2], [13, 14]], "window 3"),
        ([[2, 2], [8, 14]], "window 1"),
        ([[4, 2], [8, 2]], "window 4"),
        ([4, 2, 8, 14], "2 × 2 windows"),
    ],
)
def test_switches_wrong(answer, hint):
    sentence = checks.check_switches(answer)
    assert hint in sentence and "Right" not in sentence


def test_neuron_solution_in_both_networks(cat, vgg_cat):
    for features in (cat, vgg_cat):
        layer, _ = choose.worth_seeing(features)
        answers = (
            checks.check_neuron(features, layer, features.strongest(layer, channel))
            for channel in range(features[layer].shape[2])
        )
        assert any(sentence.startswith("Right") for sentence in answers)


def test_neuron_wrong(cat):
    def check(answer):
        return checks.check_neuron(cat, "fire3", answer)

    assert "got int" in check(5)
    assert "of fire5" in check(cat.strongest("fire5"))
    best = cat.strongest("fire3", 70)
    assert "row 22" in check(cat.neuron("fire3", 70, best.row - 1, best.column))
    assert "does not hold" in check(best)


@pytest.fixture(scope="module")
def eyes(squeezenet):
    """An atlas that ranks all photographs by what map 241 of fire5, of eyes, makes of them."""
    names = sorted(zv.photographs())
    return zv.build_atlas(squeezenet, names, ["fire5"], count=len(names), progress=False)


def test_four_photographs_to_predict_lie_far_apart_and_were_not_shown(eyes):
    places = {name: place for place, (name, _) in enumerate(eyes.neurons("fire5", 241))}
    four = checks.to_predict(eyes, "fire5", 241)
    assert four == sorted(four) and sorted(places[one] for one in four) == [18, 37, 55, 74]
    everything = checks.to_predict(eyes, "fire5", 241, shown=74)  # too few are left
    assert len(everything) == 4 and everything != four


def test_a_prediction_is_graded_by_what_the_network_does(eyes, squeezenet):
    four = checks.to_predict(eyes, "fire5", 241)
    activations = {}
    for name in four:
        features = zv.extract_features(squeezenet, zv.load_image(name, squeezenet), "fire5")
        activations[name] = features["fire5"][..., 241].max()
    best = max(activations, key=activations.get)
    for name in four:
        sentence = checks.check_prediction(eyes, "fire5", 241, four, name)
        assert sentence.startswith("Right" if name == best else "Not quite")
        assert f"{activations[name]:.0f}" in sentence and f"{activations[best]:.0f}" in sentence
        assert (best in sentence) == (name == best)  # a wrong answer is no way to the right one
    for odd in ("tabby_cat", 3, [best], ["espresso"]):
        assert "Expected one of the names" in checks.check_prediction(eyes, "fire5", 241, four, odd)


def test_a_pil_image_is_shown_as_it_is():
    picture = Image.new("RGB", (30, 20), "red")
    shown = Image.open(io.BytesIO(base64.b64decode(encoded(picture))))
    assert shown.format == "JPEG" and shown.size == (30, 20)
    assert np.asarray(shown)[10, 15].tolist() == pytest.approx([255, 0, 0], abs=3)


def test_four_photographs_are_drawn_in_their_order(squeezenet):
    figure = figures.photographs(squeezenet, ["espresso", "wrench"])
    assert [ax.get_title() for ax in figure.axes] == ["espresso", "wrench"]
    expected = zv.load_image("wrench", squeezenet).pixels
    np.testing.assert_array_equal(figure.axes[1].images[0].get_array(), expected)


def test_a_network_that_ships_gets_its_atlas_and_another_one_now(squeezenet):
    shipped = course.atlas_of(squeezenet, "fire5")
    assert len(shipped.layers) == 37 and shipped.network is squeezenet
    other = zv.load_model("squeezenet")
    kernel = other.keras_model.get_layer("conv1").weights[0]
    kernel.assign(kernel * 2)
    other = zv.load_model(other.keras_model, preprocess="tf")
    built = course.atlas_of(other, "conv1")
    assert built.layers == ("conv1",) and len(built.photographs) == 75


def test_a_dead_map_is_black(cat):
    figure, ax = course.panels()
    figures.feature_map(ax, np.zeros((4, 4), np.float32))
    assert ax.images[0].get_clim() == (0, 1)
