"""What a network takes as its input: `InputSpec`. It travels with every image made for it."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .sentences import first_line

TORCH_MEAN, TORCH_STD = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], np.float32)

WAYS = {
    "caffe": "RGB becomes BGR, then the ImageNet mean (103.939, 116.779, 123.68) is subtracted",
    "tf": "RGB in [0, 255] is scaled to [-1, 1]",
    "torch": "RGB is scaled to [0, 1], then normalised by the ImageNet mean and standard deviation",
    "0-1": "RGB in [0, 255] is scaled to [0, 1]",
    "none": "the pixels go in as they are, RGB in [0, 255]",
}
# The same in numbers: (order of the colours, unit, mean, standard deviation).
NUMBERS: dict[str, tuple[int, Any, Any, Any]] = {
    "caffe": (-1, 1, np.array([103.939, 116.779, 123.68], np.float32), 1),
    "tf": (1, 127.5, 1, 1),
    "torch": (1, 255, TORCH_MEAN, TORCH_STD),
    "0-1": (1, 255, 0, 1),
    "none": (1, 1, 0, 1),
}
COLOURED = ("caffe", "torch")  # these treat each of the three colours in its own way


@dataclass(frozen=True)
class InputSpec:
    """How pixels become a network's input. `size` is (h, w) in pixels; `channels` is 3 for RGB,
    1 for grey; `preprocess` is "caffe", "tf", "torch", "0-1", "none", or a function from float32
    (n, h, w, channels) in [0, 255] to the input, importable by name if it is to be pickled. Raises
    ValueError for an unknown one, or one for colours where the input is grey."""

    size: tuple[int, int]
    channels: int = 3
    preprocess: str | Callable = "none"

    def __post_init__(self):
        known = isinstance(self.preprocess, str) and self.preprocess in WAYS
        if not known and not callable(self.preprocess):
            raise ValueError(
                f"Expected preprocess to be one of {', '.join(WAYS)} or a function of the pixels, "
                f"but got {self.preprocess!r}."
            )
        if self.channels == 1 and self.preprocess in COLOURED:
            ways = ", ".join(way for way in WAYS if way not in COLOURED)
            raise ValueError(
                f"Expected a preprocessing for grey pictures ({ways} or a function), but "
                f"{self.preprocess!r} is one for colours: choose another."
            )

    def __str__(self):
        colours = {1: "grey", 3: "RGB"}.get(self.channels, f"{self.channels} channels")
        return f"{self.size[0]} × {self.size[1]} pixels in {colours}, preprocessing {self._name!r}"

    @property
    def _name(self):
        name = getattr(self.preprocess, "__name__", type(self.preprocess).__name__)
        return self.preprocess if isinstance(self.preprocess, str) else name

    @property
    def text(self) -> str:
        """In one sentence, what happens to the pixels before the first layer."""
        if not isinstance(self.preprocess, str):
            return f"{self._name}(pixels)"
        return WAYS[self.preprocess].replace("RGB", "grey" if self.channels == 1 else "RGB")

    def prepare(self, pixels: np.ndarray) -> np.ndarray:
        """Turn pixels (n, h, w, channels) in [0, 255] into the network's input, float32. Raises
        ValueError where a preprocessing function fails or gives something of another shape."""
        pixels = np.array(pixels, np.float32)  # a copy: Keras's own functions change their argument
        if callable(self.preprocess):
            return self._through(self.preprocess, pixels)
        order, unit, mean, deviation = NUMBERS[self.preprocess]
        return (pixels[..., ::order] / unit - mean) / deviation

    @property
    def numbers(self) -> tuple[int, np.ndarray] | None:
        """What a named preprocessing does, for others to do the same: the order of the colours, 1
        or −1, and float32 (3, channels), the units to divide by, the means to subtract and the
        deviations to divide by then. None for a function."""
        if callable(self.preprocess):
            return None
        order, *numbers = NUMBERS[self.preprocess]
        return order, np.stack([np.broadcast_to(np.float32(n), self.channels) for n in numbers])

    def _through(self, function, pixels):
        wanted = pixels.shape
        try:
            found = np.asarray(function(pixels), np.float32)
            came = f"gives shape {found.shape}"
        except Exception as error:  # a function of the learner's may raise anything
            found, came = None, f"fails or gives no array ({first_line(error)})"
        if found is None or found.shape != wanted:
            raise ValueError(
                f"Expected the preprocessing {self._name!r} to turn pixels of shape {wanted} into "
                f"an array of that shape, but it {came}: let it return the prepared pixels."
            )
        return found

    def restore(self, batch: np.ndarray) -> np.ndarray:
        """Turn an input back into pixels, float32 in [0, 255]: the way back from `prepare`. Raises
        ValueError where the preprocessing is a function, whose way back is not known."""
        if callable(self.preprocess):
            raise ValueError(
                f"Expected a preprocessing with a known way back ({', '.join(WAYS)}), but "
                f"{self._name!r} is a function: keep the pixels, image.pixels, instead."
            )
        order, unit, mean, deviation = NUMBERS[self.preprocess]
        return ((np.asarray(batch, np.float32) * deviation + mean) * unit)[..., ::order]

    @functools.cached_property
    def reads_bgr(self) -> bool:
        """Whether the network reads its pixels as BGR: found by showing it a red one."""
        if self.channels != 3:
            return False
        black = np.zeros((1, *self.size, 3), np.float32)
        red = black + np.array([255, 0, 0], np.float32)
        moved = np.abs(self.prepare(red) - self.prepare(black)).mean(axis=(0, 1, 2))
        return bool(moved[2] > moved[0])

    def in_rgb(self, values: np.ndarray) -> np.ndarray:
        """Return values in the order of RGB (a view); values: (..., channels), in the order in
        which the network reads its input's channels.

        >>> InputSpec((8, 8), preprocess="caffe").in_rgb(np.array([0, 1, 2]))
        array([2, 1, 0])
        """
        return values[..., ::-1] if self.reads_bgr else values
