"""The mathematics of the deconvnet, each operation beside its reverse.

    forward                      reverse
    max-pool, find_switches      unpool
    ReLU                         rectify
    convolution                  transposed_filter

Pure functions of NumPy arrays; no argument is modified. (Zeiler & Fergus 2014, §2.1.)
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

RULES = ("deconvnet", "guided", "gradient")
ROWS_AT_ONCE = 8  # of pooled maps: so few stay in the processor's cache
Maps = np.ndarray  # (..., h, w, channels)
Pair = Any  # (rows, columns); in the functions a learner calls, one number for both will do


def _pair(value):
    return tuple(int(v) for v in value) if np.ndim(value) else (int(value), int(value))


def known_rule(rule: str) -> None:
    """Raise a ValueError unless `rule` is one of `RULES`."""
    if rule not in RULES:
        raise ValueError(f"Expected the rule to be one of {', '.join(RULES)}, but got {rule!r}.")


def taps(maps: Maps, size: Pair, strides: Pair, outputs: Pair, dilation: Pair = (1, 1)) -> Iterator:
    """Yield the views of the maps that the positions of a sliding window see, in row-major order,
    each (..., outputs, channels)."""
    height, width = ((n - 1) * step + 1 for n, step in zip(outputs, strides, strict=True))
    for i in range(0, size[0] * dilation[0], dilation[0]):
        for j in range(0, size[1] * dilation[1], dilation[1]):
            yield maps[..., i : i + height : strides[0], j : j + width : strides[1], :]


def reach(size: Pair, strides: Pair, outputs: Pair, dilation: Pair = (1, 1)) -> list[int]:
    """Return the (rows, columns) that a sliding window sees in all."""
    sides = zip(size, strides, outputs, dilation, strict=True)
    return [(n - 1) * step + (k - 1) * apart + 1 for k, step, n, apart in sides]


def find_switches(
    maps: Maps, pool_size: Pair = 2, strides: Any = None, before: Pair = (0, 0), outputs: Any = None
) -> np.ndarray:
    """Find where the maximum of each pooling window is: the switches (Zeiler & Fergus 2014, §2.1).

    Args:
        maps: float (h, w, channels), the feature maps that are pooled.
        pool_size, strides: one number or (rows, columns); by default the strides are the pool size.
        before: padding above and to the left, which is never chosen.
        outputs: (rows, columns) of the pooled maps; by default what a pool without padding gives.

    Returns int (rows, columns, channels): row-major positions in the (h, w) plane, on a tie the
    first.

    Examples:
        >>> maps = np.array([[1, 5, 2, 2], [3, 4, 2, 2], [0, 0, 9, 8], [7, 0, 6, 5]])
        >>> find_switches(maps[..., None])[..., 0]
        array([[ 1,  2],
               [12, 10]])
    """
    size, strides = _pair(pool_size), _pair(pool_size if strides is None else strides)
    height, width, _ = maps.shape
    if outputs is None:
        outputs = (height - size[0]) // strides[0] + 1, (width - size[1]) // strides[1] + 1
    best = largest_taps(maps, size, strides, before, outputs).astype(np.intp)
    rows = np.arange(outputs[0])[:, None, None] * strides[0] - before[0] + best // size[1]
    columns = np.arange(outputs[1])[None, :, None] * strides[1] - before[1] + best % size[1]
    return rows * width + columns


def largest_taps(maps: Maps, size: Pair, strides: Pair, before: Pair, outputs: Pair) -> np.ndarray:
    """Find the switches, see `find_switches`, as row-major positions in their own windows: unsigned
    int (rows, columns, channels)."""
    sides = zip(reach(size, strides, outputs), before, maps.shape[:2], strict=True)
    after = [max(seen - padding - extent, 0) for seen, padding, extent in sides]
    if any(before) or any(after):  # every tap of every window must exist
        edges = (*zip(before, after, strict=True), (0, 0))
        maps = np.pad(maps, edges, constant_values=-np.inf)
    kind = np.min_scalar_type(size[0] * size[1])
    best = np.zeros((*outputs, maps.shape[2]), kind)
    for top in range(0, outputs[0], ROWS_AT_ONCE):
        rows = best[top : top + ROWS_AT_ONCE]
        views = taps(maps[top * strides[0] :], size, strides, (len(rows), outputs[1]))
        largest = next(views).copy()
        for tap, view in enumerate(views, 1):
            np.maximum(rows, (view > largest) * kind.type(tap), out=rows)
            np.maximum(largest, view, out=largest)
    return best


def unpool(pooled: Maps, switches: np.ndarray, size: Pair) -> Maps:
    """Unpooling (Zeiler & Fergus 2014, §2.1): put each pooled value back at its switch.

    Args:
        pooled: float (h, w, channels), of either sign.
        switches: int (h, w, channels), row-major positions in the (H, W) plane.
        size: (H, W) of the maps before the pool.

    Returns float (H, W, channels), zero elsewhere; where windows share a switch the values add.
    Raises a ValueError if the shapes differ, or a switch lies outside the plane.

    Examples:
        >>> pooled = np.array([[5., -2.], [7., 9.]])[..., None]
        >>> switches = np.array([[1, 2], [12, 10]])[..., None]
        >>> unpool(pooled, switches, (4, 4))[..., 0]
        array([[ 0.,  5., -2.,  0.],
               [ 0.,  0.,  0.,  0.],
               [ 0.,  0.,  9.,  0.],
               [ 7.,  0.,  0.,  0.]])
    """
    pooled, switches = np.asarray(pooled), np.asarray(switches)
    if pooled.shape != switches.shape or pooled.ndim != 3:
        raise ValueError(f"switches {switches.shape} do not match feature maps {pooled.shape}")
    (height, width), channels = size, pooled.shape[2]
    if switches.size and not 0 <= switches.min() <= switches.max() < height * width:
        plane = f"a plane of {height} × {width} positions"
        raise ValueError(f"switches from {switches.min()} to {switches.max()} do not fit {plane}")
    signal = np.zeros(height * width * channels, pooled.dtype)
    np.add.at(signal, (switches * channels + np.arange(channels)).ravel(), pooled.ravel())
    return signal.reshape(height, width, channels)


def rectify(
    signal: Maps, maps: Any, rule: str = RULES[0], slope: Any = 0.0, cap: float | None = None
) -> Maps:
    """Rectification (Zeiler & Fergus 2014, §2.1): pass the signal back through a ReLU.

    Args:
        signal: float (..., h, w, channels) at the ReLU's output, of either sign.
        maps: the feature maps after it (or before it: only their sign is read), of the same shape;
            the deconvnet rule does not read them.
        rule: "deconvnet" keeps what is positive in the signal; "gradient" keeps what was active in
            the forward pass; "guided" asks for both (Springenberg et al. 2015, §3.4).
        slope, cap: of a ReLU that leaks below zero (one number, or an array of the signal's shape),
            or is capped above (ReLU6: cap=6). With a slope below zero, `maps` are those before it.

    Returns float, the shape of the signal. Raises a ValueError if the shapes differ, or for an
    unknown rule.

    Examples:
        >>> signal = np.array([3., -2., 4., -1.])
        >>> maps = np.array([1., 5., 0., 0.])
        >>> for rule in RULES:
        ...     print(rule, rectify(signal, maps, rule))
        deconvnet [3. 0. 4. 0.]
        guided [3. 0. 0. 0.]
        gradient [ 3. -2.  0.  0.]
    """
    known_rule(rule)
    leaks = bool(np.any(slope))
    if rule != "gradient":
        positive = np.maximum(signal, 0)
        signal = positive + slope * np.minimum(signal, 0) if leaks else positive
    if rule == "deconvnet":
        return signal
    came, expected = np.shape(maps), np.shape(signal)
    if came != expected:
        raise ValueError(f"feature maps {came} do not match the signal {expected}")
    active = maps > 0 if cap is None else (maps > 0) & (maps < cap)
    passed = np.where(active, signal, signal.dtype.type(0))
    return (
        np.where(maps <= 0, signal * np.asarray(slope, signal.dtype), passed) if leaks else passed
    )


def transposed_filter(signal: Maps, kernel: Maps, strides: Pair = 1, dilation: Pair = 1) -> Maps:
    """Filtering (Zeiler & Fergus 2014, §2.1): pass the signal back through the same filters.

    Each value of the signal paints its filter, times that value, at the place the filter read from;
    where they overlap they add. So the filters are flipped and transposed; the bias plays no part.

    Args:
        signal: float (h, w, maps out).
        kernel: float (rows, columns, maps in, maps out), as Keras keeps it.
        strides, dilation: of the convolution, one number or (rows, columns).

    Returns float (H, W, maps in): all positions the filters reach, H = (h − 1)·stride + (rows −
    1)·dilation + 1. Cut off the padding to get back to the size before the convolution. Raises a
    ValueError if the number of feature maps differs.

    Examples:
        >>> signal = np.array([[1., 0.], [0., -2.]])[..., None]
        >>> kernel = np.array([[1., 2.], [3., 4.]])[..., None, None]
        >>> transposed_filter(signal, kernel)[..., 0]
        array([[ 1.,  2.,  0.],
               [ 3.,  2., -4.],
               [ 0., -6., -8.]])
    """
    signal, kernel = np.asarray(signal), np.asarray(kernel)
    if signal.ndim != 3 or kernel.ndim != 4 or signal.shape[2] != kernel.shape[3]:
        came = f"a signal {signal.shape} does not match filters {kernel.shape}"
        shapes = "(h, w, maps out) and (rows, columns, maps in, maps out) with the same maps out"
        raise ValueError(f"{came}: expected {shapes}")
    size, sliding = kernel.shape[:2], (_pair(strides), signal.shape[:2], _pair(dilation))
    picture = np.zeros((*reach(size, *sliding), kernel.shape[2]), np.result_type(signal, kernel))
    places = taps(picture, size, *sliding)
    for place, filters in zip(places, kernel.reshape(-1, *kernel.shape[2:]), strict=True):
        place += signal @ filters.T
    return picture
