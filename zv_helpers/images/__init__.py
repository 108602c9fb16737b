"""Step 2: the input image. Pictures come in many forms; the network sees only one."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from zv_helpers.draw.colours import in_rgb
from zv_helpers.images.boxes import MarkedBox, marked_boxes
from zv_helpers.images.opening import ImageError, SmallImageWarning, refused, shown
from zv_helpers.images.photographs import Origin, credit, origin_of, photographs
from zv_helpers.images.reading import FROM_GREY, Source, read_picture
from zv_helpers.network import InputSpec, Network

__all__ = [
    "ImageError",
    "InputImage",
    "MarkedBox",
    "SmallImageWarning",
    "credit",
    "load_image",
    "marked_boxes",
    "photographs",
]

FITS = ("crop", "letterbox", "stretch")
MID_GREY = 128
SMALLEST_SIDE, LARGEST_KEPT = 16, 2048  # pixels
Size = tuple[int, int]  # (h, w), but "width x height" in sentences
Box = tuple[int, int, int, int]  # (top, left, bottom, right)


@dataclass(frozen=True, eq=False, repr=False)
class InputImage:
    """A photograph as the network sees it, and where that comes from. The arrays are read-only.

    Attributes:
        name: the file's name without suffix, "array", or "picture" for one without a name.
        pixels: uint8 RGB (h, w, 3), or (h, w, 1) for a network that reads grey: exactly what the
            network sees, of its input size. `rgb` is the same, to be shown.
        batch: (1, h, w, channels) float32, the pixels preprocessed: the input of the network.
        original: (H, W, 3) uint8 RGB, the upright photograph; at most 2048 pixels a side.
        original_size: (H, W) before any such reduction; fit: "crop", "letterbox" or "stretch".
        box: (top, left, bottom, right) of the part that is used, in pixels of `original_size`.
        place: the box where it lies in `pixels`: all of them, but for a letterbox.
        notes: all that was done to the photograph, in order; spec: the `InputSpec` it is made for.
        origin: the file it was read from; None for an array or bytes, or where pixels changed.
    """

    name: str
    pixels: np.ndarray
    batch: np.ndarray
    original: np.ndarray
    original_size: Size
    fit: str
    box: Box
    place: Box
    notes: tuple[str, ...]
    spec: InputSpec
    origin: Origin | None = None

    @property
    def source(self) -> str | np.ndarray:
        """What `load_image` makes it from again: the name or path of its file as long as that was
        not changed, else `original`."""
        if self.origin is not None and self.origin.is_as_read:
            return self.origin.source
        return self.original

    @property
    def rgb(self) -> np.ndarray:
        """What the network sees, to be shown: uint8 RGB (h, w, 3); grey stays grey."""
        return in_rgb(self.pixels)

    def locate(self, box: MarkedBox | Box) -> Box | None:
        """Say where a box of the photograph lies in `pixels`, by the fit that made them.

        box: a `MarkedBox` of this photograph, or (top, left, bottom, right) in pixels of
            `original_size`, bottom and right not included.

        Returns (top, left, bottom, right), int, all pixels that cover a part of it; None where the
        fit has cut it off. Raises ImageError for a box of another photograph or outside this one.
        """
        if isinstance(box, MarkedBox):
            if box.photograph != self.name:
                came = f"this one is of {box.photograph!r}"
                advice = f"choose it with marked_boxes({self.name!r})"
                raise refused(f"a box of the photograph {self.name!r}", came, advice)
            box = box.corners
        (height, width), (top, left, bottom, right) = self.original_size, box
        if not (0 <= top < bottom <= height and 0 <= left < right <= width):
            inside = f"a box (top, left, bottom, right) within {height} rows and {width} columns"
            raise refused(inside, f"got {box}", "give it in pixels of the upright photograph")
        return seen_box(box, self.box, self.place)

    def __repr__(self):
        size, seen = _size(self.original_size), _size(self.spec.size)
        words = f"photograph {size}, fit={self.fit!r}, network sees {seen}"
        return f"InputImage({self.name!r}, {words})"


def load_image(source: Source, network: Network, fit: str = "crop") -> InputImage:
    """Turn a photograph into what the network sees; one of its size passes through unresampled.

    A network with one channel sees it in grey, 0.299 R + 0.587 G + 0.114 B. What is grey already
    keeps its values, so a digit that the network learnt can be given as the array that it was.

    Args:
        source: the name of a photograph ("tabby_cat"; see `photographs`), a path, bytes, a binary
            file object, a PIL image, or an array: (h, w), (h, w, 1), (h, w, 3), (h, w, 4) or
            (1, h, w, 3), RGB, uint8, uint16, or floats in [0, 1] or [0, 255].
        network: the Network whose `spec` says what its input looks like.
        fit: "crop" takes the largest middle part of the network's proportions, "letterbox" the
            whole photograph between mid-grey bars, "stretch" the whole, distorted if need be.

    Raises ImageError where there is no such picture or it cannot be used, DataError where a shipped
    one is missing or damaged; a SmallImageWarning says that less is used than the network sees.
    """
    if not (isinstance(fit, str) and fit in FITS):
        fits = "fit to be 'crop', 'letterbox' or 'stretch'"
        raise refused(fits, f"got {shown(fit)}", "choose one of the three")
    spec = getattr(network, "spec", None)
    if not isinstance(spec, InputSpec):
        came = f"got a value of type {type(network).__name__}"
        raise refused("a network as second argument", came, "make one with load_model()")
    origin = origin_of(source)  # looked for once; where it is not found, the reading says why
    found = source if origin is None else origin.path
    name, picture, pixels, size, box, place, notes = _seen(found, spec, fit)
    if _used_is_smaller(box, place):
        warnings.warn(f"{name}: {notes[-1]}.", SmallImageWarning, stacklevel=2)
    batch = spec.prepare(pixels[None])
    picture.thumbnail((LARGEST_KEPT, LARGEST_KEPT), Image.Resampling.BICUBIC)
    original = np.array(picture)
    for array in (pixels, batch, original):
        array.setflags(write=False)
    about = size, fit, box, place, tuple(notes), spec, origin
    return InputImage(name, pixels, batch, original, *about)


def with_pixels(image: InputImage, pixels: np.ndarray, note: str) -> InputImage:
    """Return a photograph with other pixels, uint8 (h, w, channels): what was done to them goes to
    its notes."""
    batch = image.spec.prepare(pixels[None])
    for array in (pixels, batch):
        array.setflags(write=False)
    notes = (*image.notes, note)
    return replace(image, pixels=pixels, batch=batch, notes=notes, origin=None)


def seen_pixels(source: Source, spec: InputSpec) -> np.ndarray:
    """Return the `pixels` of `load_image(source, network)` and nothing else: uint8 (h, w,
    channels), from any thread, without a warning; raises ImageError and DataError as it does."""
    return named_pixels(source, spec)[1]


def named_pixels(source: Source, spec: InputSpec) -> tuple[str, np.ndarray]:
    """Return the `name` of `load_image(source, network)`, and what `seen_pixels` does."""
    name, _, pixels, *_ = _seen(source, spec, "crop")
    return name, pixels


def _seen(source, spec, fit):
    """Read a photograph and cut out what is seen: (name, RGB picture, pixels, (H, W), box, place,
    notes)."""
    name, picture, size, notes = read_picture(source)
    seen = _grey(picture, notes) if spec.channels == 1 else picture
    box, place = fit_boxes(size, spec.size, fit)
    used, filled = _sides(box), _sides(place)
    # A network with an input smaller than this must still take pictures of its own size.
    smallest, left = min(SMALLEST_SIDE, *spec.size), min(used, filled, key=min)
    if min(left) < smallest:
        wanted = f"a photograph with at least {smallest} pixels a side to see"
        part = "" if left == size else f", of which {fit} leaves {_size(left)}"
        raise refused(wanted, f"{name!r} is {_size(size)}{part}", "use a larger or less narrow one")
    pixels = _fitted(seen, size, spec.size, box, place)
    notes.append(_fit_note(size, used, filled, spec.size, fit))
    if _used_is_smaller(box, place):
        part = "the photograph" if used == size else "the part of the photograph that is used"
        sizes = f"is {_size(used)} and the network sees {_size(filled)}"
        notes.append(f"{part} {sizes}: fine details are not there; use a larger one")
    return name, picture, pixels, size, box, place, notes


def _used_is_smaller(box, place):
    return any(used < filled for used, filled in zip(_sides(box), _sides(place), strict=True))


def fit_boxes(size: Size, seen: Size, fit: str) -> tuple[Box, Box]:
    """Work out which part of a photograph is used, and where in the network's input it is shown.

    size: (H, W) of the photograph; seen: (h, w) of the input; fit: "crop", "letterbox" or
    "stretch". Returns (box, place), each (top, left, bottom, right).

    >>> fit_boxes((213, 320), (224, 224), "crop")
    ((0, 53, 213, 266), (0, 0, 224, 224))
    >>> fit_boxes((213, 320), (224, 224), "letterbox")
    ((0, 0, 213, 320), (37, 0, 186, 224))
    """
    box = _middle(size, seen) if fit == "crop" else (0, 0, *size)
    place = _middle(seen, size) if fit == "letterbox" else (0, 0, *seen)
    return box, place


def seen_box(marked: Box, box: Box, place: Box) -> Box | None:
    """Work out where a box of a photograph is shown in the network's input.

    marked: (top, left, bottom, right) in pixels of the photograph; box, place: what `fit_boxes`
    returned. Returns (top, left, bottom, right) of all pixels that cover a part of it, None if
    nothing of it is used.

    >>> seen_box((0, 0, 100, 160), *fit_boxes((200, 300), (100, 100), "crop"))
    (0, 0, 50, 55)
    >>> seen_box((0, 0, 200, 50), *fit_boxes((200, 300), (100, 100), "crop")) is None
    True
    """
    top, bottom = _shown(marked[::2], box[::2], place[::2])
    left, right = _shown(marked[1::2], box[1::2], place[1::2])
    return (top, left, bottom, right) if top < bottom and left < right else None


def _shown(marked, used, filled):
    """Return the pixels (start, stop) of `filled` that cover a part of `marked`, of which `used` is
    seen. In whole numbers: no rounding error adds a row."""
    start, stop = max(marked[0], used[0]) - used[0], min(marked[1], used[1]) - used[0]
    extent, pixels = used[1] - used[0], filled[1] - filled[0]
    return filled[0] + start * pixels // extent, filled[0] - (-stop * pixels // extent)


def _middle(outer, proportions):
    scale = min(outer[0] / proportions[0], outer[1] / proportions[1])
    sides = zip(outer, proportions, strict=True)
    height, width = (min(most, max(1, round(side * scale))) for most, side in sides)
    top, left = (outer[0] - height) // 2, (outer[1] - width) // 2
    return top, left, top + height, left + width


def _grey(picture, notes):
    """Return an RGB picture as a PIL image of mode L, and see to it that the notes say so."""
    if FROM_GREY in notes:  # there and back: no value changes
        notes.remove(FROM_GREY)
    else:
        notes.append("from RGB to grey")
    return picture.convert("L")


def _sides(box):
    return box[2] - box[0], box[3] - box[1]


def _size(size):
    return f"{size[1]}x{size[0]}"


def _fitted(picture, size, seen, box, place):
    """Cut `box` of `size` out of a PIL image and show it at `place`: uint8 (h, w, channels)."""
    down, across = picture.height / size[0], picture.width / size[1]  # 1, or 1/2 of a large JPEG
    top, left, bottom, right = box
    part = picture.crop((left * across, top * down, right * across, bottom * down))
    # LANCZOS widens its filter when it shrinks, so fine patterns do not turn into false ones.
    part = part.resize(_sides(place)[::-1], Image.Resampling.LANCZOS, reducing_gap=3.0)
    canvas = np.full((*seen, len(picture.getbands())), MID_GREY, np.uint8)
    canvas[place[0] : place[2], place[1] : place[3]] = np.reshape(part, (*_sides(place), -1))
    return canvas


def _fit_note(size, used, filled, seen, fit):
    resized = "used unresampled" if used == filled else f"resized to {_size(filled)}"
    if used != size:
        return f"cropped {_size(size)} to the middle {_size(used)}, then {resized}"
    if filled != seen:
        return f"{_size(size)} {resized}, between mid-grey bars to fill {_size(seen)}"
    if used == filled:
        return f"already {_size(size)}, so {resized}"
    distorted = fit == "stretch" and size[0] * seen[1] != size[1] * seen[0]
    return f"{_size(size)} {resized}{', which distorts it' if distorted else ''}"
