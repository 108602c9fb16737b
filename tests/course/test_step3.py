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
        ([4, 2, 8, 14], "as [[…, …], […, …]], but got an array of shape (4,)"),
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


def test_a_pil_image_is_shown_as_it_is():
    picture = Image.new("RGB", (30, 20), "red")
    shown = Image.open(io.BytesIO(base64.b64decode(encoded(picture))))
    assert shown.format == "JPEG" and shown.size == (30, 20)
    assert np.asarray(shown)[10, 15].tolist() == pytest.approx([255, 0, 0], abs=3)


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
