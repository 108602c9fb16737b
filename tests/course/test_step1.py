"""The checks of step 1 accept what is right and say what is wrong."""

import keras
import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.course.step1 import checks, figures

LAYERS = keras.layers


def chain(*layers):
    return keras.Sequential([keras.Input((64, 64, 3)), *layers])


def convolution(maps=4, size=3, activation="relu"):
    return LAYERS.Conv2D(maps, size, activation=activation)


def test_receptive_field_is_what_a_network_has():
    model = chain(convolution(size=5), LAYERS.MaxPooling2D(3, 2), convolution(), convolution())
    side = zv.load_model(model).layers[-1].receptive_field[0]
    assert checks.check_receptive_field(side).startswith("Right")


@pytest.mark.parametrize(
    "answer, said", [(11, "two"), (7, "to come"), (19, "stays two"), (5, "Not 5")]
)
def test_wrong_receptive_fields_are_told_apart(answer, said):
    sentence = checks.check_receptive_field(answer)
    assert sentence.startswith("Not") and said in sentence


def test_the_receptive_field_is_one_number():
    for useless in ([15, 15], "15", np.ones(2)):
        assert checks.check_receptive_field(useless).startswith("Expected one number")
    assert checks.check_receptive_field(np.int64(15)).startswith("Right")


def test_nothing_answered_yet():
    for sentence in (checks.check_receptive_field(None), checks.check_model(None)):
        assert sentence.startswith("Not answered yet")


def test_the_solution_of_the_model_exercise_is_right():
    model = chain(
        convolution(8, 5),
        LAYERS.MaxPooling2D(2),
        convolution(16),
        LAYERS.MaxPooling2D(2),
        convolution(16),
    )
    sentence = checks.check_model(model)
    assert sentence.startswith("Right") and "20 × 20" in sentence


@pytest.mark.parametrize(
    "layers, said",
    [
        ((convolution(8, 5), LAYERS.MaxPooling2D(2), convolution()), "10 × 10"),
        ((convolution(8, 21),), "no max-pool"),
        ((convolution(8, 21), LAYERS.MaxPooling2D(2), convolution(activation="swish")), "swish"),
        ((LAYERS.Flatten(), LAYERS.Dense(2)), "Conv2D first"),
    ],
)
def test_models_that_fall_short_are_told_why(layers, said):
    sentence = checks.check_model(chain(*layers))
    assert not sentence.startswith("Right") and said in sentence


def test_what_is_no_model_is_refused_in_a_sentence():
    assert "got [1, 2]: begin with keras.Sequential" in checks.check_model([1, 2])


def test_every_filter_of_a_mosaic_is_there_and_a_zero_filter_is_grey():
    filters = np.zeros((3, 2, 2, 3), np.float32)
    filters[1] = 1
    sheet = figures.mosaic(filters, columns=2, zoom=1, gap=1)
    assert sheet.shape == (7, 7, 3)
    assert (sheet[1:3, 1:3] == 128).all() and (sheet[1:3, 4:6] == 255).all()
    assert (sheet[4:6, 1:3] == 128).all() and (sheet[4:6, 4:6] == 255).all()


def test_the_centre_field_has_the_size_of_the_table(squeezenet):
    top, left, bottom, right = figures.centre_field(squeezenet, "pool3")
    assert (bottom - top, right - left) == squeezenet.layer("pool3").receptive_field
