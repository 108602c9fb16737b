"""From a box of a layer's positions down to the pixels it sees, window by window."""

from collections.abc import Callable
from typing import Any

from .graph import Graph, Operation
from .separable import progression
from .windows import Enlarging, Pair, Sliding, Spreading, Whole, same_padding

Box = tuple[int, int, int, int]  # (top, left, bottom, right)
GLOBAL_POOLS = ("GlobalAveragePooling2D", "GlobalMaxPooling2D", "Max", "Mean")
RESAMPLING = ("Resize", "Resizing")
MOVING = tuple(
    "CropImages ExpandDims Flip GetItem Pad PadImages Repeat Split Stack Take Unstack".split()
)


def pair(value: Any) -> tuple:
    """Return (rows, columns) for one number or two."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def pool_geometry(operation: Operation) -> tuple[tuple, tuple, tuple]:
    """Return (pool size, strides, padding above and left) of a pool, each (rows, columns)."""
    size, strides = pair(operation.layer.pool_size), pair(operation.layer.strides)
    return size, strides, _before(operation, size, strides)


def _before(operation, extent, strides):
    sides = zip(operation.shapes[0][:2], extent, strides, strict=True)
    same = operation.layer.padding == "same"
    return tuple(same_padding(*side)[0] if same else 0 for side in sides)


def _convolution(operation):
    layer = operation.layer
    size, strides, dilation = map(pair, (layer.kernel_size, layer.strides, layer.dilation_rate))
    extent = tuple((k - 1) * d + 1 for k, d in zip(size, dilation, strict=True))
    return Sliding(extent, strides, _before(operation, extent, strides))


def transposed_geometry(operation: Operation) -> tuple[tuple, tuple, tuple]:
    """Return (kernel size, strides, padding above and left) of the convolution whose transpose a
    `Conv2DTranspose` is, each (rows, columns)."""
    size, strides = pair(operation.layer.kernel_size), pair(operation.layer.strides)
    sides = zip(operation.output_shape[:2], size, strides, strict=True)
    same = operation.layer.padding == "same"
    return size, strides, tuple(same_padding(*side)[0] if same else 0 for side in sides)


def moving_geometry(operation: Operation) -> tuple[tuple, tuple] | None:
    """Return (steps, shift) of a layer that moves values about, each (rows, columns): output p
    reads input p·step − shift. None if it does something else, or in another order."""
    if operation.picks is None:
        return None
    sides = zip(operation.picks[:2], operation.shapes[0][:2], strict=True)
    found = [one for one in (progression(*side) for side in sides) if one is not None]
    if len(found) < 2:
        return None
    steps, shifts = zip(*found, strict=True)
    return steps, shifts


def _moving(operation):
    geometry = moving_geometry(operation)
    return geometry and Sliding((1, 1), *geometry)


def _resampling(operation):
    return operation.lines


def _upsampling(operation):
    nearest = operation.layer.interpolation == "nearest"
    return Enlarging(pair(operation.layer.size)) if nearest else _resampling(operation)


def _whole(operation):
    shape = operation.shapes[0]
    return Whole(shape[:2] if len(shape) == 3 else (1, 1))


def _shift(sides, sign):
    """Return the window of a layer that pads (sign 1) or crops (sign -1) its `sides`."""
    return Sliding(before=tuple(sign * first for first, _ in sides))


def _pointwise(operation):
    return Sliding()


# By kind, or by class for a layer of your own: a function of the operation that returns its window
# arithmetic (a list of them where the inputs differ). `reverse_rule` adds to it.
WINDOWS: dict[str | type, Callable] = {
    "MaxPooling2D": lambda operation: Sliding(*pool_geometry(operation)),
    "AveragePooling2D": lambda operation: Sliding(*pool_geometry(operation)),
    **dict.fromkeys(("Conv2D", "DepthwiseConv2D", "SeparableConv2D"), _convolution),
    "Conv2DTranspose": lambda operation: Spreading(*transposed_geometry(operation)),
    **dict.fromkeys(GLOBAL_POOLS, _whole),
    **dict.fromkeys(("Flatten", "Reshape", "Squeeze"), _whole),
    **dict.fromkeys(MOVING, _moving),
    "CenterCrop": lambda operation: _moving(operation) or _resampling(operation),
    **dict.fromkeys(RESAMPLING, _resampling),
    "ZeroPadding2D": lambda operation: _shift(operation.layer.padding, 1),
    "Cropping2D": lambda operation: _shift(operation.layer.cropping, -1),
    "UpSampling2D": _upsampling,
}


def add_windows(kind: str | type, window: Callable | None = None) -> None:
    """Say how the windows of a kind of layer lie: point by point, if nothing else is known."""
    known = _pointwise if isinstance(kind, type) else WINDOWS.get(kind, _pointwise)
    WINDOWS[kind] = window or known


def windows_of(operation: Operation) -> list | None:
    """Return the window arithmetic of every input, or None for a kind that is not known."""
    # An activation works point by point, even one without a reverse.
    window = _pointwise if operation.kind == "Activation" else operation.entry(WINDOWS)
    if window is None:
        return None
    found = window(operation)
    return found if isinstance(found, list) else [found] * len(operation.inputs)


def windows_below(graph: Graph, number: int) -> list[tuple[Operation, Any]] | None:
    """List (operation, the window arithmetic of its inputs) from a value down to the pixels; None
    where an operation has no known window."""
    found = [(operation, windows_of(operation)) for operation in reversed(graph.below(number))]
    return None if any(arithmetic is None for _, arithmetic in found) else found


def interval_of(
    graph: Graph, route: list, number: int, ends: Pair, endless: bool, axis: int
) -> Pair:
    """Walk down a route of `windows_below` along one axis, from positions start ≤ p < stop of a
    value: see `Network.pixels_of`."""
    seen = {number: ends}
    for operation, arithmetic in route:
        outer = seen.pop(operation.output)
        for value, window in zip(operation.inputs, arithmetic, strict=True):
            start, stop = window.inputs(*outer, axis)
            size = graph.shapes[value]
            if not endless and len(size) == 3:  # of what lies outside, the nearest position is left
                start = min(max(start, 0), size[axis] - 1)
                stop = max(min(stop, size[axis]), start + 1)
            other = seen.get(value, (start, stop))
            seen[value] = min(start, other[0]), max(stop, other[1])
    return seen.get(0, (0, 0))
