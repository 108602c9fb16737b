"""The checks of step 2 accept what is right and say what is wrong."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.course.step2 import checks
from zv_helpers.course.step2.figures import taken_for

MEAN = np.array([103.939, 116.779, 123.68])


@pytest.fixture(scope="module")
def image(squeezenet):
    return zv.load_image("tabby_cat", squeezenet)


def test_nothing_answered_yet(squeezenet, image):
    for sentence in (
        checks.check_round_trip(image, None),
        checks.check_smallest_side(squeezenet, None),
    ):
        assert sentence.startswith("Not answered yet")


def test_the_solution_of_the_round_trip_is_right(image):
    assert checks.check_round_trip(image, (image.batch[0] + MEAN)[..., ::-1]).startswith("Right")


def test_wrong_round_trips_are_told_apart(image):
    batch = image.batch[0]
    for answer, said in (
        ((image.batch + MEAN)[..., ::-1], "first axis"),
        (batch + MEAN, "still exchanged"),
        (batch[..., ::-1], "mean is still missing"),
        (batch[..., ::-1] + MEAN, "add it first"),
        ((batch + MEAN)[::-1], "upside down"),
        (batch, "Not yet"),
        (batch[:10], "Expected a picture of shape (224, 224, 3)"),
    ):
        sentence = checks.check_round_trip(image, answer)
        assert said in sentence and not sentence.startswith("Right")


@pytest.mark.parametrize(
    "answer, said",
    [
        (56, "Right"),
        (112, "shrink it further"),
        (224, "shrink it further"),
        (28, "too far"),
        (64, "Expected one of"),
        ("hen", "Expected one of"),
    ],
)
def test_smallest_side(squeezenet, answer, said):
    assert said in checks.check_smallest_side(squeezenet, answer)


def test_an_input_in_the_wrong_order_is_taken_for_exchanged_colours(squeezenet, image):
    wrong = image.pixels[None].astype(np.float32) - np.float32(MEAN)
    exchanged = image.pixels[..., ::-1]
    assert np.abs(taken_for(squeezenet, wrong).astype(int) - exchanged).max() <= 1
    assert np.array_equal(taken_for(squeezenet, image.batch), image.pixels)
