"""Step 5, generate the heatmap: which regions of the photograph contribute most to a class."""

import numpy as np
from PIL import Image, ImageDraw

from .deconvnet import project, reverse_signal
from .features import LOGITS, Features, forward
from .models import as_array
from .relevance import correlation, products, target_of

METHODS = ("relevance", "gradcam", "deconvnet", "occlusion")


def heatmap(
    features: Features,
    class_index=None,
    layer=None,
    method="relevance",
    rule=None,
    smoothing=0.0,
    threshold=0.0,
    **how,
):
    """Compute the heatmap of a class over the photograph.

    Args:
        features: `Features` of a forward pass.
        class_index: the class; a `Neuron` to explain that neuron instead; None for the most
            probable class.
        layer: the layer whose feature maps are used, by default the last one; "deconvnet" and
            "occlusion" need none.
        method: "relevance", Σ_k A_ijk · S_ijk; "gradcam" (Selvaraju et al. 2017); "deconvnet", the
            magnitude of the class's projection; "occlusion" (Zeiler & Fergus 2014, §4.2), how far
            the class probability falls.
        rule: the rule for the reverse signal, by default "gradient" ("deconvnet" for the method of
            that name).
        smoothing: standard deviation in pixels of a Gaussian blur; threshold: what lies below
            becomes 0.
        how: for "occlusion": `size` and `stride` of the grey square in pixels.

    Returns:
        float32 (h, w) of the input's size, in [0, 1]: the positive part, divided by its maximum.
        All zero if nothing speaks for the class.

    Raises:
        ValueError: an unknown method, a threshold outside [0, 1], or a network without classes and
            no neuron.
    """
    if method not in METHODS:
        raise ValueError(
            f"Expected the method to be one of {', '.join(METHODS)}, but got {method!r}."
        )
    if not 0 <= threshold <= 1:
        raise ValueError(f"Expected a threshold from 0 to 1, but got {threshold}.")
    if smoothing < 0:
        raise ValueError(f"Expected a smoothing of 0 pixels or more, but got {smoothing}.")
    target = target_of(features, class_index)
    raw = raw_map(features, target, layer, method, rule, **how)
    return finished(raw, features.network.input_size, smoothing, threshold)


def raw_map(features, target, layer=None, method="relevance", rule=None, **how):
    """Compute a heatmap before it is resized and scaled: float32 of either sign, of the layer's or
    the input's size."""
    if method == "deconvnet":
        signal = project(features, target, rule or "deconvnet").on_canvas()
        return np.sqrt((signal**2).sum(axis=2))
    if method == "occlusion":
        return falls(features, target, **how)[0]
    layer = layer or default_layer(features, target)
    if method == "relevance":
        return products(features, target, layer, rule or "gradient").sum(axis=2)
    signal = reverse_signal(features, target, [layer], rule or "gradient")[layer]
    return features[layer] @ signal.mean(axis=(0, 1))


def default_layer(features, target):
    """Return the last layer with feature maps below a target."""
    if target.layer == LOGITS:
        return features.last_convolution
    below = features.network.below(features.network.units[target.layer])
    outputs = {operation.output for operation in below}
    units = features.network.units
    names = [name for name in features.layers if units[name] in outputs and name != target.layer]
    return names[-1] if names else target.layer


def finished(raw, size, smoothing=0.0, threshold=0.0):
    """Turn a raw map into a heatmap: its positive part, resized, blurred, in [0, 1], cut at a
    threshold.

    Examples:
        >>> finished(np.array([[2.0, -1.0], [1.0, 0.0]]), (2, 2))
        array([[1. , 0. ],
               [0.5, 0. ]], dtype=float32)
        >>> finished(np.zeros((7, 7)), (2, 2))
        array([[0., 0.],
               [0., 0.]], dtype=float32)
    """
    heat = resized(np.maximum(raw, 0).astype(np.float32), size)
    if smoothing > 0:
        heat = blurred(heat, smoothing)
    peak = float(heat.max(initial=0.0))
    if not peak > 0:
        return np.zeros(size, np.float32)
    heat = np.clip(heat / np.float32(peak), 0, 1)
    return np.where(heat < threshold, np.float32(0), heat)


def resized(values, size):
    """Resize float32 (h, w) to (H, W), bilinear."""
    if values.shape == tuple(size):
        return values
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BILINEAR))


def blurred(values, deviation):
    """Blur float32 (h, w) with a Gaussian of that standard deviation in pixels, the border
    repeated."""
    reach = max(int(np.ceil(3 * deviation)), 1)
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    bell = (bell / bell.sum()).astype(np.float32)
    for axis in (0, 1):
        edges = [(0, 0), (0, 0)]
        edges[axis] = (reach, reach)
        padded = np.pad(values, edges, mode="edge")
        views = np.lib.stride_tricks.sliding_window_view(padded, len(bell), axis=axis)
        values = views @ bell
    return values


def occlude(image, network, top, left, size, colour=(128, 128, 128)):
    """Return the photograph's pixels with a grey square on it: uint8 (h, w, 3)."""
    pixels = image.pixels.copy()
    pixels[max(top, 0) : top + size, max(left, 0) : left + size] = colour
    return pixels


def falls(features, target, size=None, stride=None, batch=16):
    """Slide a grey square over the photograph and measure how far the class probability falls.

    Zeiler & Fergus 2014, §4.2, do not give their square's size. For a neuron instead of a class it
    is that neuron's activation that falls.

    Args:
        features: `Features` of the whole photograph.
        target: the `Neuron` to explain.
        size, stride: of the square, in pixels; by default a quarter and an eighth of the shorter
            side.
        batch: how many occluded photographs go through the network at once.

    Returns:
        (float32 (h, w): each pixel's mean fall over all squares that covered it,
        float32 (rows, columns): the probability for each place of the square).
    """
    network, image = features.network, features.image
    height, width = network.input_size
    size = min(height, width) // 4 if size is None else int(size)
    stride = max(min(height, width) // 8 if stride is None else int(stride), 1)
    if not 1 <= size <= min(height, width):
        raise ValueError(f"Expected a square of 1 to {min(height, width)} pixels, but got {size}.")
    tops = _places(height, size, stride)
    lefts = _places(width, size, stride)
    places = [(top, left) for top in tops for left in lefts]
    number = network.logits if target.layer == LOGITS else network.units[target.layer]
    values = []
    for first in range(0, len(places), batch):
        some = [occlude(image, network, *place, size) for place in places[first : first + batch]]
        inputs = np.concatenate([network.preprocess(one[None].astype(np.float32)) for one in some])
        with network.lock:
            out = as_array(forward(network, inputs, number, keep=False)[number])
        values += [_value_of(network, target, one) for one in out]
    before = (
        float(features.probabilities[target.channel])
        if target.layer == LOGITS
        else target.activation
    )
    total, count = np.zeros((height, width)), np.zeros((height, width))
    for (top, left), value in zip(places, values, strict=True):
        total[top : top + size, left : left + size] += before - value
        count[top : top + size, left : left + size] += 1
    grid = np.array(values, np.float32).reshape(len(tops), len(lefts))
    return (total / np.maximum(count, 1)).astype(np.float32), grid


def _places(extent, size, stride):
    """Return where squares begin so that they reach from border to border."""
    places = list(range(0, extent - size + 1, stride))
    return places if places[-1] == extent - size else [*places, extent - size]


def _value_of(network, target, out):
    if target.layer != LOGITS:
        return float(out[target.row, target.column, target.channel])
    return float(network.as_probabilities(out)[target.channel])


def likeness(first, second):
    """Return the correlation of two heatmaps over all pixels, in [-1, 1], to two digits.

    Where one of them is constant, 0.

    >>> a = np.eye(2)
    >>> likeness(a, a), likeness(a, 1 - a), likeness(a, np.ones((2, 2)))
    (1.0, -1.0, 0.0)
    """
    return round(correlation(first, second, least=1e-12), 2) + 0.0  # adding 0 turns −0 into 0


def box_of(heat, threshold=0.5):
    """Return the box round the hottest place and all that is connected with it at a threshold.

    Args:
        heat: float (h, w) in [0, 1].
        threshold: how hot a pixel must be to belong to it, above 0.

    Returns:
        (top, left, bottom, right) in pixels, bottom and right not included.
        None if nothing is so hot.

    >>> box_of(np.array([[0, 0, 0, 0.7], [0.6, 1, 0, 0], [0, 0.2, 0, 0]]), 0.5)
    (1, 0, 2, 2)
    >>> box_of(np.zeros((3, 3))) is None
    True
    """
    heat = np.asarray(heat)
    if not 0 < threshold <= 1:
        raise ValueError(f"Expected a threshold above 0 and up to 1, but got {threshold}.")
    if heat.max() < threshold:
        return None
    # A copy, since Pillow may share memory that it cannot fill.
    hot = Image.fromarray((heat >= threshold).astype(np.uint8)).copy()
    row, column = np.unravel_index(np.argmax(heat), heat.shape)
    ImageDraw.floodfill(hot, (int(column), int(row)), 2)
    rows, columns = np.nonzero(np.asarray(hot) == 2)
    return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1


def hidden(pixels, heat, share, hottest=True):
    """Paint the hottest (or coldest) share of the pixels grey; uint8 (h, w, 3).

    >>> hidden(np.zeros((1, 4, 3), np.uint8), np.array([[0.1, 0.9, 0.2, 0.3]]), 0.25)[0, :, 0]
    array([  0, 128,   0,   0], dtype=uint8)
    """
    order = np.argsort(-np.asarray(heat).ravel(), kind="stable")
    count = round(share * order.size)
    chosen = order[:count] if hottest else order[order.size - count :]
    covered = np.array(pixels).reshape(-1, 3)
    covered[chosen] = 128
    return covered.reshape(np.shape(pixels))
