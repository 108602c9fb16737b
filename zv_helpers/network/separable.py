"""What each output of a layer reads, where the layer only moves values about or mixes them along
rows and along columns: found by running the layer's own function on numbers that say where they
come from. So no formula of Keras's is written a second time.
"""

import math
from typing import Any

import numpy as np

from .windows import Listed, Pair

AT_ONCE = 8_000_000  # values of one probe
Picks = tuple[np.ndarray, np.ndarray, np.ndarray]


def picks_of(operation: Any) -> Picks | None:
    """Return the number of the row, the column and the channel that each output row, column and
    channel reads, three int arrays in which -1 stands for a constant; None where the layer does
    something else than move values about."""
    shape, function = operation.shapes[0], _function_of(operation)
    if len(operation.reads) != 1 or len(shape) != 3 or len(operation.output_shape) != 3:
        return None
    constant, found, probes = function(np.zeros((1, *shape))), [], []
    for axis, size in enumerate(shape):
        numbers = _along(axis, np.arange(1, size + 1))
        probes.append((function(np.broadcast_to(numbers, (1, *shape))) - constant)[0])
        others = tuple(one for one in range(3) if one != axis)
        found.append(probes[-1].max(axis=others, initial=0))
    rows, columns, channels = (_along(axis, one > 0) for axis, one in enumerate(found))
    inside = (rows & columns & channels)[0]
    for axis, (one, probe) in enumerate(zip(found, probes, strict=True)):
        if not np.array_equal(probe, _along(axis, one)[0] * inside):
            return None
    rows, columns, channels = (one.astype(int) - 1 for one in found)
    return rows, columns, channels


def _along(axis, numbers):
    """Lay numbers along one axis of (1, h, w, channels)."""
    return np.reshape(numbers, [1, *(-1 if one == axis else 1 for one in range(3))])


def progression(picked: np.ndarray, size: int) -> Pair | None:
    """Return (step, before) if output p reads input p·step − before, and nothing where that lies
    outside 0 … size; None for another order.

    >>> progression(np.array([-1, 0, 1, 2]), 3), progression(np.array([1, 3]), 5)
    ((1, 1), (2, -1))
    """
    inside = np.flatnonzero(picked >= 0)
    if not len(inside):
        return None
    first = inside[0]
    step = int(picked[inside[1]] - picked[first]) if len(inside) > 1 else 1
    before = int(first) * step - int(picked[first])
    expected = np.arange(len(picked)) * step - before
    expected[(expected < 0) | (expected >= size)] = -1
    return (step, before) if step > 0 and np.array_equal(expected, picked) else None


def matrices_of(operation: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the matrices (rows out, rows in) and (columns out, columns in) by which a layer mixes
    rows and columns, each feature map for itself; None where that is not all it does."""
    (height, width, maps), function = operation.shapes[0], _function_of(operation)
    (rows_out, columns_out, maps_out) = operation.output_shape
    if maps_out != maps:
        return None
    layer = operation.layer
    # Only then does the width decide which rows are read.
    ratio = any(getattr(layer, f"{how}_to_aspect_ratio", False) for how in ("crop", "pad"))
    whole = ratio or type(layer).__name__ == "CenterCrop"
    rows = _responses(function, (height, width if whole else 1), 0)
    columns = _responses(function, (height if whole else 1, width), 1)
    if whole:
        full = function(np.ones((1, height, width, 1))) - function(np.zeros((1, height, width, 1)))
        rows = rows / full[0, rows_out // 2, columns_out // 2, 0]
    picture = np.random.default_rng(0).standard_normal((1, height, width, 1))
    plain = function(picture) - function(np.zeros_like(picture))
    mixed = rows @ picture[0, :, :, 0] @ columns.T
    known = mixed.shape == plain.shape[1:3] and np.allclose(mixed, plain[0, ..., 0], atol=1e-3)
    return (rows, columns) if known else None


def _responses(function, size, axis):
    """What the layer makes of one line of ones at a time: (lines out, lines in)."""
    count = size[axis]
    found, constant = [], function(np.zeros((1, *size, 1)))
    for start in range(0, count, step := max(AT_ONCE // math.prod(size), 1)):
        lines = np.eye(count)[start : start + step]
        lines = lines[:, :, None, None] if axis == 0 else lines[:, None, :, None]
        came = function(np.broadcast_to(lines, (len(lines), *size, 1))) - constant
        middle = came.shape[2 - axis] // 2
        found.append(came[:, :, middle, 0] if axis == 0 else came[:, middle, :, 0])
    return np.concatenate(found).T


def listed(matrices: tuple[np.ndarray, np.ndarray]) -> Listed:
    """Return the window arithmetic of a pair of `matrices_of`."""
    firsts, stops = zip(*map(_ends, matrices), strict=True)
    rows, columns = (matrix.shape[1] for matrix in matrices)
    return Listed(firsts, stops, (rows, columns))


def _ends(matrix):
    read = matrix != 0
    first, stop = read.argmax(axis=1), read.shape[1] - read[:, ::-1].argmax(axis=1)
    empty = ~read.any(axis=1)  # an output of padding: it needs some place
    nearest = np.arange(len(read)) * read.shape[1] // len(read)
    first, stop = np.where(empty, nearest, first), np.where(empty, nearest + 1, stop)
    return tuple(first.tolist()), tuple(stop.tolist())


def _function_of(operation):
    """The operation as a function of arrays, in inference."""
    from .running import walk
    from .tensorflow import as_array, keras_and_tensorflow

    keras, _ = keras_and_tensorflow()

    def function(values):
        tensor = keras.ops.convert_to_tensor(values.astype(np.float32))
        found = walk([(operation, ())], {operation.reads[0]: tensor})
        return np.asarray(as_array(found[operation.output]), np.float64)

    return function
