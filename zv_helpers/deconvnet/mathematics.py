"""The mathematics of the deconvnet, each operation beside its reverse.

    forward                      reverse
    max-pool, find_switches      unpool
    ReLU                         rectify
    convolution                  transposed_filter

Pure functions of NumPy arrays; no argument is modified. (Zeiler & Fergus 2014, §2.1.)
"""

import numpy as np

RULES = ("deconvnet", "guided", "gradient")


def _pair(value):
    return tuple(int(v) for v in value) if np.ndim(value) else (int(value), int(value))


def taps(maps, pool_size, strides, outputs):
    """Yield the views of `maps` that a sliding window's positions see, in row-major order.

    maps: (..., h, w, channels), already padded if need be. Each view is (..., outputs, channels).
    """
    for i in range(pool_size[0]):
        for j in range(pool_size[1]):
            yield maps[
                ...,
                i : i + (outputs[0] - 1) * strides[0] + 1 : strides[0],
                j : j + (outputs[1] - 1) * strides[1] + 1 : strides[1],
                :,
            ]


def find_switches(maps, pool_size=2, strides=None, before=(0, 0), outputs=None):
    """Find where the maximum of each pooling window is: the switches.

    Args:
        maps: float (h, w, channels), the feature maps that are pooled.
        pool_size, strides: one number or (rows, columns); the strides are the pool size if not
            given.
        before: padding above and to the left, which is never chosen.
        outputs: (rows, columns) of the pooled maps; by default what a pool without padding gives.

    Returns:
        int (rows, columns, channels): row-major positions in the (h, w) plane; on a tie the first.

    Zeiler & Fergus 2014, §2.1 (Unpooling).

    Examples:
        >>> maps = np.array([[1, 5, 2, 2], [3, 4, 2, 2], [0, 0, 9, 8], [7, 0, 6, 5]])
        >>> find_switches(maps[..., None])[..., 0]
        array([[ 1,  2],
               [12, 10]])
    """
    size, strides = _pair(pool_size), _pair(pool_size if strides is None else strides)
    height, width, _ = maps.shape
    if outputs is None:
        outputs = tuple(
            (n - k) // s + 1 for n, k, s in zip(maps.shape, size, strides, strict=False)
        )
    best = largest_taps(maps, size, strides, before, outputs).astype(np.intp)
    rows = np.arange(outputs[0])[:, None, None] * strides[0] - before[0] + best // size[1]
    columns = np.arange(outputs[1])[None, :, None] * strides[1] - before[1] + best % size[1]
    return rows * width + columns


def largest_taps(maps, size, strides, before, outputs, rows_at_once=8):
    """Find which tap of each pooling window is its maximum: a switch as a position in its window.

    The arguments are those of `find_switches`. A few rows at a time stay in the processor's cache.

    Returns:
        unsigned int (rows, columns, channels), row-major positions in the window; on a tie the
        first.
    """
    padded = pad_to_taps(maps, size, strides, before, outputs)
    kind = np.min_scalar_type(size[0] * size[1])
    best = np.zeros((*outputs, maps.shape[2]), kind)
    for top in range(0, outputs[0], rows_at_once):
        rows = best[top : top + rows_at_once]
        views = taps(padded[top * strides[0] :], size, strides, (len(rows), outputs[1]))
        largest = next(views).copy()
        for tap, view in enumerate(views, 1):
            np.maximum(rows, (view > largest) * kind.type(tap), out=rows)
            np.maximum(largest, view, out=largest)
    return best


def pad_to_taps(maps, size, strides, before, outputs):
    """Pad (..., h, w, channels) with -inf so that every tap of every window exists."""
    height, width = maps.shape[-3:-1]
    after = [
        max((n - 1) * s + k - b - extent, 0)
        for n, s, k, b, extent in zip(outputs, strides, size, before, (height, width), strict=True)
    ]
    if not any(before) and not any(after):
        return maps
    edges = [(0, 0)] * (maps.ndim - 3) + [(before[0], after[0]), (before[1], after[1]), (0, 0)]
    return np.pad(maps, edges, constant_values=-np.inf)


def unpool(pooled, switches, size):
    """Put each pooled value back at its switch, zero elsewhere; where windows share a switch the
    values add.

    Args:
        pooled: float (h, w, channels), of either sign.
        switches: int (h, w, channels), row-major positions in the (H, W) plane.
        size: (H, W) of the maps before the pool.

    Returns:
        float (H, W, channels).

    Raises:
        ValueError: the shapes differ, or a switch lies outside the plane.

    Zeiler & Fergus 2014, §2.1 (Unpooling).

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
    height, width = size
    if switches.size and not 0 <= switches.min() <= switches.max() < height * width:
        raise ValueError(
            f"switches from {switches.min()} to {switches.max()} do not fit a plane of "
            f"{height} × {width} positions"
        )
    channels = pooled.shape[2]
    signal = np.zeros(height * width * channels, pooled.dtype)
    np.add.at(signal, (switches * channels + np.arange(channels)).ravel(), pooled.ravel())
    return signal.reshape(height, width, channels)


def rectify(signal, maps, rule="deconvnet", slope=0.0, cap=None):
    """Pass the signal back through a ReLU.

    Args:
        signal: float (..., h, w, channels) at the ReLU's output, of either sign.
        maps: the feature maps after that ReLU, of the same shape; the deconvnet rule does not read
            them.
        rule: "deconvnet" keeps what is positive in the signal; "gradient" keeps what was active in
            the forward pass; "guided" asks for both.
        slope, cap: of a ReLU that leaks below zero, or is capped above (ReLU6: cap=6).

    Returns:
        float, the shape of the signal.

    Raises:
        ValueError: the shapes differ, or an unknown rule.

    Zeiler & Fergus 2014, §2.1 (Rectification); Springenberg et al. 2015, §3.4 (guided).

    Examples:
        >>> signal = np.array([3., -2., 4., -1.])
        >>> maps = np.array([1., 5., 0., 0.])
        >>> for rule in RULES:
        ...     print(rule, rectify(signal, maps, rule))
        deconvnet [3. 0. 4. 0.]
        guided [3. 0. 0. 0.]
        gradient [ 3. -2.  0.  0.]
    """
    if rule not in RULES:
        raise ValueError(f"Expected the rule to be one of {', '.join(RULES)}, but got {rule!r}.")
    if rule != "gradient":
        signal = (
            np.maximum(signal, 0) + slope * np.minimum(signal, 0)
            if slope
            else np.maximum(signal, 0)
        )
    if rule == "deconvnet":
        return signal
    if np.shape(maps) != np.shape(signal):
        raise ValueError(
            f"feature maps {np.shape(maps)} do not match the signal {np.shape(signal)}"
        )
    active = maps > 0
    if cap is not None:
        active &= maps < cap
    passed = np.where(active, signal, signal.dtype.type(0))
    return np.where(maps <= 0, signal * signal.dtype.type(slope), passed) if slope else passed


def transposed_filter(signal, kernel, strides=1, dilation=1):
    """Pass the signal back through a convolution: the same filters, flipped and transposed.

    Each value of the signal paints its filter, times that value, at the place the filter read from;
    where paintings overlap they add. The bias plays no part.

    Args:
        signal: float (h, w, maps out).
        kernel: float (rows, columns, maps in, maps out), as Keras keeps it.
        strides, dilation: of the convolution, one number or (rows, columns).

    Returns:
        float (H, W, maps in): all positions the filters reach, H = (h − 1)·stride + (rows −
        1)·dilation + 1. Cut off the padding to get back to the size before the convolution.

    Raises:
        ValueError: the number of feature maps differs.

    Zeiler & Fergus 2014, §2.1 (Filtering).

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
        raise ValueError(
            f"a signal {signal.shape} does not match filters {kernel.shape}: expected (h, w, maps "
            "out) and "
            "(rows, columns, maps in, maps out) with the same maps out"
        )
    strides, dilation = _pair(strides), _pair(dilation)
    (h, w, _), (rows, columns, maps_in, _) = signal.shape, kernel.shape
    height = (h - 1) * strides[0] + (rows - 1) * dilation[0] + 1
    width = (w - 1) * strides[1] + (columns - 1) * dilation[1] + 1
    picture = np.zeros((height, width, maps_in), np.result_type(signal, kernel))
    for i in range(rows):
        for j in range(columns):
            top, left = i * dilation[0], j * dilation[1]
            picture[
                top : top + (h - 1) * strides[0] + 1 : strides[0],
                left : left + (w - 1) * strides[1] + 1 : strides[1],
            ] += signal @ kernel[i, j].T
    return picture
