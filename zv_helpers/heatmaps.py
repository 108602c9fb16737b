"""Step 5, generate the heatmap: which regions of the photograph contribute most to a class."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from .choose import layer_below
from .deconvnet import project, reverse_signal
from .features import Features, rerun_changed
from .images import MID_GREY, InputImage
from .progress import Progress
from .relevance import activation_times_gradient

METHODS = ("relevance", "gradcam", "deconvnet", "occlusion")


def heatmap(
    features: Features,
    class_index: Any = None,
    layer: str | None = None,
    method: str = "relevance",
    rule: str | None = None,
    smoothing: float = 0.0,
    threshold: float = 0.0,
    **how: Any,
) -> np.ndarray:
    """Compute the heatmap of a class over the photograph.

    Args:
        class_index: the class, by index or name; a `Neuron` or another `Target` to explain that
            instead; None for the most probable class.
        layer: the layer whose feature maps are used, by default the last one; "deconvnet" and
            "occlusion" need none.
        method: "relevance", Σ_k A_ijk · S_ijk; "gradcam" (Selvaraju et al. 2017); "deconvnet", the
            magnitude of the class's projection; "occlusion" (Zeiler & Fergus 2014, §4.2), how far
            the class probability falls.
        rule: the rule for the reverse signal, by default "gradient" ("deconvnet" for the method of
            that name).
        smoothing: standard deviation in pixels of a Gaussian blur; threshold: what lies below
            becomes 0.
        how: for "occlusion": `size` and `stride` of the grey square in pixels, `progress`.

    Returns float32 (h, w) of the input's size, in [0, 1]: the positive part over its maximum; all
    zero if nothing speaks for the class. Raises a ValueError for an unknown method, a threshold
    outside [0, 1] or a negative smoothing.
    """
    if method not in METHODS:
        known = ", ".join(METHODS)
        raise ValueError(f"Expected the method to be one of {known}, but got {method!r}.")
    if not 0 <= threshold <= 1:
        raise ValueError(f"Expected a threshold from 0 to 1, but got {threshold}.")
    if smoothing < 0:
        raise ValueError(f"Expected a smoothing of 0 pixels or more, but got {smoothing}.")
    target = features.target(class_index)
    raw = raw_map(features, target, layer, method, rule, **how)
    return finished(raw, features.network.input_size, smoothing, threshold)


def raw_map(
    features: Features,
    target: Any,
    layer: str | None = None,
    method: str = "relevance",
    rule: str | None = None,
    **how: Any,
) -> np.ndarray:
    """Compute a heatmap before it is resized and scaled: float32 of either sign, of the layer's or
    the input's size."""
    if method == "deconvnet":
        signal = project(features, target, rule or "deconvnet").on_canvas()
        return np.sqrt((signal**2).sum(axis=2))
    if method == "occlusion":
        return occlusion(features, target, **how)[0]
    layer = layer or layer_below(features, target)
    if method == "relevance":
        return activation_times_gradient(features, target, layer, rule or "gradient").sum(axis=2)
    signal = reverse_signal(features, target, [layer], rule or "gradient")[layer]
    return features[layer] @ signal.mean(axis=(0, 1))


def finished(
    raw: np.ndarray, size: tuple[int, int], smoothing: float = 0.0, threshold: float = 0.0
) -> np.ndarray:
    """Turn a raw map into a heatmap: its positive part, resized, blurred, in [0, 1], cut at a
    threshold.

    Examples:
        >>> finished(np.array([[2.0, -1.0], [1.0, 0.0]]), (2, 2))
        array([[1. , 0. ],
               [0.5, 0. ]], dtype=float32)
    """
    heat = resized(np.maximum(raw, 0).astype(np.float32), size)
    if smoothing > 0:
        from scipy.ndimage import gaussian_filter

        heat = gaussian_filter(heat, smoothing, mode="nearest", truncate=3.0)
    peak = float(heat.max(initial=0.0))
    if not peak > 0:
        return np.zeros(size, np.float32)
    heat = np.clip(heat / np.float32(peak), 0, 1)
    return np.where(heat < threshold, np.float32(0), heat)


def resized(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize float32 (h, w) to (H, W), bilinear."""
    if values.shape == tuple(size):
        return values
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BILINEAR))


def occlude(image: InputImage, top: int, left: int, size: int) -> np.ndarray:
    """Return the photograph's pixels with a grey square on it, as far as it lies on the photograph:
    uint8 (h, w, channels)."""
    pixels = image.pixels.copy()
    (first, last), (start, stop) = ((max(at, 0), max(at + size, 0)) for at in (top, left))
    pixels[first:last, start:stop] = MID_GREY
    return pixels


def squares(
    extent: tuple[int, int], size: int | None = None, stride: int | None = None
) -> tuple[int, list[int], list[int]]:
    """Work out where a square goes that slides over a photograph: (size, tops, lefts) in pixels.

    All squares lie on the photograph, the last of a row and of a column at its border, even where
    that is less than a stride away. So the border is covered too, but less often than the middle.

    Args:
        extent: (h, w) of the photograph.
        size, stride: of the square, in pixels; by default a quarter and an eighth of the shorter
            side (Zeiler & Fergus 2014, §4.2, do not give theirs). A ValueError if it does not fit.

    >>> squares((20, 26), 8, 6)
    (8, [0, 6, 12], [0, 6, 12, 18])
    >>> squares((20, 26), 8, 7)
    (8, [0, 7, 12], [0, 7, 14, 18])
    """
    shorter = min(extent)
    size = shorter // 4 if size is None else int(size)
    stride = max(shorter // 8 if stride is None else int(stride), 1)
    if not 1 <= size <= shorter:
        raise ValueError(f"Expected a square of 1 to {shorter} pixels, but got {size}.")
    tops, lefts = (sorted({*range(0, side - size, stride), side - size}) for side in extent)
    return size, tops, lefts


def occlusion(
    features: Features,
    target: Any,
    size: int | None = None,
    stride: int | None = None,
    batch: int | None = None,
    progress: Progress = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Slide a grey square over the photograph and measure how far the target's value falls: a
    class's probability, or a neuron's activation.

    Args:
        target: the `Target` to explain, or a class index or name.
        size, stride: of the square, in pixels, see `squares`.
        batch, progress: as in `features.rerun_changed`.

    Returns (float32 (h, w): each pixel's mean fall over all squares that covered it, float32 (rows,
    columns): the value for each place of the square).
    """
    network, target = features.network, features.target(target)
    size, tops, lefts = squares(network.input_size, size, stride)
    number, values = target.number(network), list[float]()
    for _, found in under_squares(features, (tops, lefts), size, [number], batch, progress):
        values += target.value(found[number], None, network.as_probabilities).tolist()
    before = target.of(features)
    total, count = np.zeros(network.input_size), np.zeros(network.input_size)
    places = itertools.product(tops, lefts)
    for (top, left), value in zip(places, values, strict=True):
        total[top : top + size, left : left + size] += before - value
        count[top : top + size, left : left + size] += 1
    grid = np.array(values, np.float32).reshape(len(tops), len(lefts))
    return (total / np.maximum(count, 1)).astype(np.float32), grid


def under_squares(
    features: Features,
    edges: tuple[list[int], list[int]],
    size: int,
    numbers: Iterable[int],
    batch: int | None = None,
    progress: Progress = True,
) -> Iterator[tuple[Sequence, dict[int, np.ndarray]]]:
    """Put the grey square on every place, (tops, lefts), row by row, and read some of the network's
    values: what `features.rerun_changed` yields, the changes being (top, left)."""
    places = list(itertools.product(*edges))

    def covered(place):
        return occlude(features.image, *place, size)

    return rerun_changed(features, places, covered, numbers, "occlusion", batch, progress)


def coldest_place(
    grid: np.ndarray, size: int, stride: int, extent: tuple[int, int]
) -> tuple[int, int]:
    """Return the square's corner (top, left) where the value was lowest in the grid of `occlusion`;
    extent: (h, w) of the photograph."""
    place = np.unravel_index(np.argmin(grid), grid.shape)
    top, left = (min(int(i) * stride, side - size) for i, side in zip(place, extent, strict=True))
    return top, left


def box_of(heat: ArrayLike, threshold: float = 0.5) -> tuple[int, int, int, int] | None:
    """Return the box round the hottest place and all that is connected with it at a threshold.

    heat: float (h, w) in [0, 1]; threshold: how hot a pixel must be to belong to it, above 0.
    Returns (top, left, bottom, right) in pixels, bottom and right not included, or None if nothing
    is so hot.

    >>> box_of(np.array([[0, 0, 0, 0.7], [0.6, 1, 0, 0], [0, 0.2, 0, 0]]), 0.5)
    (1, 0, 2, 2)
    >>> box_of(np.zeros((3, 3))) is None
    True
    """
    from scipy.ndimage import find_objects, label

    heat = np.asarray(heat)
    if not 0 < threshold <= 1:
        raise ValueError(f"Expected a threshold above 0 and up to 1, but got {threshold}.")
    if heat.max() < threshold:
        return None
    regions, _ = label(heat >= threshold)
    rows, columns = find_objects(regions)[regions.flat[np.argmax(heat)] - 1]
    return rows.start, columns.start, rows.stop, columns.stop
