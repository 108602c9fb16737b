"""What a network takes as its input: `InputSpec`. It travels with every image made for it."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

TORCH_MEAN, TORCH_STD = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], np.float32)

WAYS = {
    "caffe": "RGB becomes BGR, then the ImageNet mean (103.939, 116.779, 123.68) is subtracted",
    "tf": "RGB in [0, 255] is scaled to [-1, 1]",
    "torch": "RGB is scaled to [0, 1], then normalised by the ImageNet mean and standard deviation",
    "none": "the pixels go in as they are, RGB in [0, 255]",
}
# The same in numbers: (order of the colours, unit, mean, standard deviation).
NUMBERS: dict[str, tuple[int, Any, Any, Any]] = {
    "caffe": (-1, 1, np.array([103.939, 116.779, 123.68], np.float32), 1),
    "tf": (1, 127.5, 1, 1),
    "torch": (1, 255, TORCH_MEAN, TORCH_STD),
    "none": (1, 1, 0, 1),
}


@dataclass(frozen=True)
class InputSpec:
    """How pixels become a network's input. `size` is (h, w) in pixels; `channels` is 3 for RGB;
    `preprocess` is "caffe", "tf", "torch", "none", or a function from float32 (n, h, w, channels)
    in [0, 255] to the input, importable by name if it is to be pickled. Raises ValueError for an
    unknown one."""

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
        return WAYS[self._name] if isinstance(self.preprocess, str) else f"{self._name}(pixels)"

    def prepare(self, pixels: np.ndarray) -> np.ndarray:
        """Turn pixels (n, h, w, channels) in [0, 255] into the network's input, float32."""
        pixels = np.array(pixels, np.float32)  # a copy: Keras's own functions change their argument
        if callable(self.preprocess):
            return np.asarray(self.preprocess(pixels), np.float32)
        order, unit, mean, deviation = NUMBERS[self.preprocess]
        return (pixels[..., ::order] / unit - mean) / deviation

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
        black, red = (self.prepare(np.array([[[[value, 0, 0]]]])) for value in (0, 255))
        moved = np.abs(red - black)[0, 0, 0]
        return bool(moved[2] > moved[0])
