"""What the tests of pictures share: a network that only preprocesses, and made pictures."""

import io
import re
from dataclasses import dataclass

import numpy as np
import pytest

from zv_helpers.images import ImageError, load_image
from zv_helpers.network.spec import InputSpec

MEAN = np.array([103.939, 116.779, 123.68], np.float32)


@dataclass(frozen=True)
class CaffeNetwork:
    """The one attribute that load_image uses, with the preprocessing of VGG-16."""

    size: tuple = (224, 224)

    @property
    def spec(self):
        return InputSpec(self.size, preprocess="caffe")


NETWORK = CaffeNetwork()
QUADRANTS = np.array([[[250, 10, 10], [10, 250, 10]], [[10, 10, 250], [240, 240, 20]]], np.uint8)


def quadrants(height=240, width=320):
    """A picture whose four corners differ in colour, so that any turn or mirror image shows."""
    return np.kron(QUADRANTS, np.ones((height // 2, width // 2, 1), np.uint8))


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def sentence(error):
    """The message of an error, which is one sentence on one line."""
    message = str(error)
    assert message.startswith("Expected ") and message.endswith("."), message
    assert message.isprintable() and not re.search(r"[.!?]\s", message), message
    return message


def refusal(source, *words, network=NETWORK, fit="crop"):
    """The message of the ImageError, which is one sentence and has every word in it."""
    with pytest.raises(ImageError) as caught:
        load_image(source, network, fit)
    message = sentence(caught.value)
    for word in words:
        assert word in message, message
    return message
