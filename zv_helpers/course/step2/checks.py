"""Checks for the exercises of step 2. Each returns one sentence."""

import warnings

import numpy as np
from PIL import Image

from ...features import extract_features
from ...images import SmallImageWarning, load_image
from ..answers import exercise, number, numbers, refused

MEAN = (103.939, 116.779, 123.68)


@exercise("answer_1 = (cat.batch[0] + mean)[..., ::-1]")
def check_round_trip(image, answer):
    """Check a picture made from `image.batch` alone by the learner.

    image: an `InputImage` whose network reads BGR minus the ImageNet mean.
    answer: (h, w, 3), or None.
    """
    picture = numbers(answer, f"a picture of shape {image.pixels.shape}")
    if picture.shape == image.batch.shape:
        return "Nearly: the first axis, of length 1, is still there; take picture number 0."
    if picture.shape != image.pixels.shape:
        return f"Expected a picture of shape {image.pixels.shape}, but {picture.shape} came."

    def is_near(other):
        return float(np.abs(picture - other).max()) < 1.01

    pixels, mean = image.pixels.astype(float), np.asarray(MEAN)
    if is_near(pixels):
        return "Right: it is the picture you started from."
    if is_near(pixels[..., ::-1]):
        return "Not quite: red and blue are still exchanged."
    if is_near(pixels[::-1, :, ::-1]):
        return "Not quite: upside down; [::-1] reverses the rows, [..., ::-1] the colours."
    if is_near(pixels - mean[::-1]):
        return "Not quite: the order is right, but the mean is still missing; add it first."
    if is_near(pixels + mean - mean[::-1]):
        return "Not quite: you added the mean after the order was reversed; add it first."
    return "Not yet: undo the last step first: add the mean, then reverse the channels."


@exercise("answer_2 = 56")
def check_smallest_side(
    network, answer, photograph="chickens", name="hen", sides=(224, 112, 56, 28)
):
    """Check how far a photograph can be shrunk before a network names it otherwise.

    The network is asked anew. Args:
        network: a `Network` with class names; answer: one of `sides`, or None.
        photograph, name: the photograph's name and its class; sides: pixels a side, largest first.
    """
    expected = f"one of {', '.join(map(str, sides))}"
    chosen = number(answer, expected)
    if chosen not in sides:
        raise refused(answer, expected)
    said = {side: _top_class(network, photograph, side) for side in sides}
    if said[chosen] != name:
        return f"Not quite: at {chosen:g} pixels it says {said[chosen]!r}, so you went too far."
    further = [side for side in sides if side < chosen and said[side] == name]
    if further:
        return f"At {chosen:g} pixels it still says {name!r}, but you can shrink it further."
    return f"Right: at {chosen:g} pixels it still says {name!r}, and below that no more."


def _top_class(network, photograph, side):
    """Shrink what a network sees of a photograph to `side` pixels, and return its first class."""
    small = Image.fromarray(load_image(photograph, network).rgb).resize((side, side))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallImageWarning)
        image = load_image(small, network)
    return extract_features(network, image).top_classes(1)[0][1]
