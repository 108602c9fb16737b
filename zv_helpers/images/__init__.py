"""Step 2: the input image. Pictures come in many forms; the network sees only one."""

import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image

from zv_helpers.images.errors import ImageError, SmallImageWarning
from zv_helpers.images.photographs import credit, photographs
from zv_helpers.images.reading import read_picture

__all__ = ["ImageError", "InputImage", "SmallImageWarning", "credit", "load_image", "photographs"]

FITS = ("crop", "letterbox", "stretch")
MID_GREY = (128, 128, 128)
SMALLEST_SIDE = 16
LARGEST_KEPT = 2048


@dataclass(frozen=True, eq=False, repr=False)
class InputImage:
    """A photograph as the network sees it, and where that comes from. The arrays are read-only.

    Boxes are (top, left, bottom, right); sizes are (h, w), but "width x height" in the notes.

    Attributes:
        name: the file's name without suffix, "array", or "picture" for one without a name.
        pixels: (h, w, 3) uint8 RGB, exactly what the network sees, of the network's input size.
        batch: (1, h, w, 3) float32, the pixels preprocessed: the network's input.
        original: (H, W, 3) uint8 RGB, the upright photograph; at most 2048 pixels a side.
        original_size: (H, W) of the upright photograph, before any reduction of `original`.
        fit: "crop", "letterbox" or "stretch".
        box: the part of the photograph that is used, in pixels of `original_size`.
        place: where that part lies in `pixels`: all of it, but for a letterbox.
        notes: tuple of str, everything that was done to the photograph, in order.
    """

    name: str
    pixels: np.ndarray
    batch: np.ndarray
    original: np.ndarray
    original_size: tuple
    fit: str
    box: tuple
    place: tuple
    notes: tuple

    def __repr__(self):
        return (
            f"InputImage({self.name!r}, photograph {_size(self.original_size)}, "
            f"fit={self.fit!r}, network sees {_size(self.pixels.shape)})"
        )


def load_image(source, network, fit="crop"):
    """Turn a photograph into what the network sees.

    Args:
        source: the name of a photograph ("tabby_cat"; see `photographs`), a path, bytes, a binary
            file object, a PIL image, or an array: (h, w), (h, w, 1), (h, w, 3), (h, w, 4) or
            (1, h, w, 3), RGB, uint8, uint16, or floats in [0, 1] or [0, 255].
        network: the Network whose `input_size` and `preprocess` are used.
        fit: "crop" takes the largest middle part of the network's proportions, "letterbox" the
            whole photograph between mid-grey bars, "stretch" the whole, distorted if need be.

    Returns:
        InputImage. A photograph already of the network's size passes through unresampled.

    Raises:
        ImageError: there is no such picture, or it cannot be used.
        DataError: a shipped photograph is missing or damaged.

    Warns:
        SmallImageWarning: the part that is used has fewer pixels than the network's input.
    """
    if fit not in FITS:
        raise ImageError(
            f"Expected fit to be 'crop', 'letterbox' or 'stretch', but got {fit!r}: "
            "choose one of the three."
        )
    if not (hasattr(network, "input_size") and hasattr(network, "preprocess")):
        raise ImageError(
            "Expected a network as second argument, but got a value of type "
            f"{type(network).__name__}: make one with load_model()."
        )
    picture, name, notes = read_picture(source)
    size, seen = (picture.height, picture.width), tuple(network.input_size)
    box, place = fit_boxes(size, seen, fit)
    _check_sides(name, size, seen, box, place, fit)
    pixels = _fitted(picture, seen, box, place)
    notes.append(_fit_note(size, seen, box, place, fit))
    used, shown = _sides(box), _sides(place)
    if used[0] < shown[0] or used[1] < shown[1]:
        part = "the photograph" if used == size else "the part of the photograph that is used"
        note = (
            f"{part} is {_size(used)} and the network sees {_size(shown)}: "
            "fine details are not there; use a larger one"
        )
        notes.append(note)
        warnings.warn(f"{name}: {note}.", SmallImageWarning, stacklevel=2)
    batch = np.array(network.preprocess(pixels[None].astype(np.float32)), dtype=np.float32)
    original = picture
    if max(size) > LARGEST_KEPT:
        original = picture.copy()
        original.thumbnail((LARGEST_KEPT, LARGEST_KEPT), Image.Resampling.BICUBIC)
    original = np.array(original)
    for array in (pixels, batch, original):
        array.setflags(write=False)
    return InputImage(name, pixels, batch, original, size, fit, box, place, tuple(notes))


def fit_boxes(size, seen, fit):
    """Work out which part of a photograph is used, and where in the network's input it is shown.

    Args:
        size: (H, W) of the photograph.
        seen: (h, w) of the network's input.
        fit: "crop", "letterbox" or "stretch".

    Returns:
        (box, place): each (top, left, bottom, right), in the photograph and in the input.

    >>> fit_boxes((213, 320), (224, 224), "crop")
    ((0, 53, 213, 266), (0, 0, 224, 224))
    >>> fit_boxes((213, 320), (224, 224), "letterbox")
    ((0, 0, 213, 320), (37, 0, 186, 224))
    """
    whole, everything = (0, 0, *size), (0, 0, *seen)
    if fit == "crop":
        return _middle(size, seen), everything
    if fit == "letterbox":
        return whole, _middle(seen, size)
    return whole, everything


def _middle(outer, proportions):
    """Return the box of the largest middle part of `outer` (h, w) with the given proportions."""
    scale = min(outer[0] / proportions[0], outer[1] / proportions[1])
    height, width = (
        min(most, max(1, round(side * scale)))
        for side, most in zip(proportions, outer, strict=True)
    )
    top, left = (outer[0] - height) // 2, (outer[1] - width) // 2
    return top, left, top + height, left + width


def _sides(box):
    """Return (height, width) of a box."""
    return box[2] - box[0], box[3] - box[1]


def _size(size):
    """Write (h, w) the way photographs are measured, width first."""
    return f"{size[1]}x{size[0]}"


def _check_sides(name, size, seen, box, place, fit):
    """Refuse a photograph of which too little is left to see."""
    # A network with an input smaller than this must still take pictures of its own size.
    smallest = min(SMALLEST_SIDE, *seen)
    used = _sides(box) if min(_sides(box)) <= min(_sides(place)) else _sides(place)
    if min(used) < smallest:
        left = "" if used == size else f", of which {fit} leaves {_size(used)}"
        raise ImageError(
            f"Expected a photograph with at least {smallest} pixels a side to see, but {name!r} is "
            f"{_size(size)}{left}: use a larger or less narrow one."
        )


def _fitted(picture, seen, box, place):
    """Cut `box` out of a PIL image and show it at `place`: (h, w, 3) uint8."""
    top, left, bottom, right = box
    part = picture.crop((left, top, right, bottom))
    height, width = _sides(place)
    if part.size != (width, height):
        # LANCZOS widens its filter when it shrinks, so fine patterns do not turn into false ones.
        part = part.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if (height, width) != seen:
        canvas = Image.new("RGB", (seen[1], seen[0]), MID_GREY)
        canvas.paste(part, (place[1], place[0]))
        part = canvas
    return np.array(part)


def _fit_note(size, seen, box, place, fit):
    """Say how the photograph was fitted, in words."""
    used, shown = _sides(box), _sides(place)
    resized = "used unresampled" if used == shown else f"resized to {_size(shown)}"
    if used != size:
        return f"cropped {_size(size)} to the middle {_size(used)}, then {resized}"
    if shown != seen:
        return f"{_size(size)} {resized}, between mid-grey bars to fill {_size(seen)}"
    if used == shown:
        return f"already {_size(size)}, so {resized}"
    distorted = fit == "stretch" and size[0] * seen[1] != size[1] * seen[0]
    return f"{_size(size)} {resized}{', which distorts it' if distorted else ''}"
