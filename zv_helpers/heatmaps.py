"""Step 5, generate the heatmap: which regions of the photograph contribute most to a class."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from .choose import layer_below
from .deconvnet import project, reverse_signal
from .features import Features
from .images import InputImage
from .network.running import pictures_at_once
from .progress import Progress, watched
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
    """Return the photograph's pixels with a grey square on it: uint8 (h, w, channels)."""
    pixels = image.pixels.copy()
    pixels[max(top, 0) : top + size, max(left, 0) : left + size] = 128
    return pixels


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
        size, stride: of the square, in pixels; by default a quarter and an eighth of the shorter
            side (Zeiler & Fergus 2014, §4.2, do not give theirs). A ValueError if it does not fit.
        batch: how many occluded photographs go through the network at once; by default at most 8,
            and no more than memory holds.
        progress: True for a bar, False for none, or a function (see `progress.watched`).

    Returns (float32 (h, w): each pixel's mean fall over all squares that covered it, float32 (rows,
    columns): the value for each place of the square).
    """
    network, image, target = features.network, features.image, features.target(target)
    height, width = network.input_size
    size = min(height, width) // 4 if size is None else int(size)
    stride = max(min(height, width) // 8 if stride is None else int(stride), 1)
    if not 1 <= size <= min(height, width):
        raise ValueError(f"Expected a square of 1 to {min(height, width)} pixels, but got {size}.")
    tops, lefts = _places(height, size, stride), _places(width, size, stride)
    places = [(top, left) for top in tops for left in lefts]
    number, values = target.number(network), []
    batch = batch or pictures_at_once(network.graph, number, most=8)
    again = len(places) > 2 * batch
    for first in watched(range(0, len(places), batch), "occlusion", progress):
        some = [occlude(image, *place, size) for place in places[first : first + batch]]
        out = features.rerun(network.spec.prepare(np.stack(some)), number, again=again)[number]
        values += target.value(out, None, network.as_probabilities).tolist()
    before = target.of(features)
    total, count = np.zeros((height, width)), np.zeros((height, width))
    for (top, left), value in zip(places, values, strict=True):
        total[top : top + size, left : left + size] += before - value
        count[top : top + size, left : left + size] += 1
    grid = np.array(values, np.float32).reshape(len(tops), len(lefts))
    return (total / np.maximum(count, 1)).astype(np.float32), grid


def coldest_place(
    grid: np.ndarray, size: int, stride: int, extent: tuple[int, int]
) -> tuple[int, int]:
    """Return the square's corner (top, left) where the value was lowest in the grid of `occlusion`;
    extent: (h, w) of the photograph."""
    place = np.unravel_index(np.argmin(grid), grid.shape)
    top, left = (min(int(i) * stride, side - size) for i, side in zip(place, extent, strict=True))
    return top, left


def _places(extent, size, stride):
    """Return where squares begin so that they reach from border to border."""
    return sorted({*range(0, extent - size, stride), extent - size})


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


def delete(pixels: ArrayLike, heat: ArrayLike, share: float, hottest: bool = True) -> np.ndarray:
    """Paint the hottest (or coldest) share of the pixels grey: deletion; uint8 (h, w, channels).

    >>> delete(np.zeros((1, 4, 3), np.uint8), np.array([[0.1, 0.9, 0.2, 0.3]]), 0.25)[0, :, 0]
    array([  0, 128,   0,   0], dtype=uint8)
    """
    order = np.argsort(-np.asarray(heat).ravel(), kind="stable")
    count = round(share * order.size)
    chosen = order[:count] if hottest else order[order.size - count :]
    covered = np.array(pixels).reshape(order.size, -1)
    covered[chosen] = 128
    return covered.reshape(np.shape(pixels))
