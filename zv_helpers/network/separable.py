"""What each output of a layer reads, where the layer only moves values about or mixes them along
rows and along columns: found by running Keras's own function on numbers that say where they come
from, and compared with what the layer does.
"""

from typing import Any

import numpy as np

from .tensorflow import as_array, keras_and_tensorflow
from .windows import Listed, Pair

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
    (*size, maps), (*target, maps_out) = operation.shapes[0], operation.output_shape
    if maps_out != maps or len(size) != 2 or len(target) != 2:
        return None
    layer, function = operation.layer, _function_of(operation)
    fit = _fit(layer, size, target)
    how = {
        "interpolation": getattr(layer, "interpolation", "bilinear"),
        "antialias": getattr(layer, "antialias", False),
    }
    rows, columns = (_line(size[axis], target[axis], fit[axis], how) for axis in (0, 1))
    # Whatever was made of the layer's arguments here: it must say what the layer itself does.
    picture = np.random.default_rng(0).standard_normal((1, *size, 1))
    plain = function(picture) - function(np.zeros_like(picture))
    mixed = rows @ picture[0, :, :, 0] @ columns.T
    known = mixed.shape == plain.shape[1:3] and np.allclose(mixed, plain[0, ..., 0], atol=1e-3)
    return (rows, columns) if known else None


def _fit(layer, size, target):
    """How the picture is cut (start, length) before it is resized, for rows and for columns, or
    padded, with a start below zero."""
    fits = []
    for axis in (0, 1):
        other = 1 - axis
        wanted = int(np.float32(size[other] * target[axis]) / np.float32(target[other]))
        if getattr(layer, "pad_to_aspect_ratio", False):
            edge = (max(size[axis], wanted) - size[axis]) // 2
            fits.append((-edge, size[axis] + 2 * edge))
        elif getattr(layer, "crop_to_aspect_ratio", type(layer).__name__ == "CenterCrop"):
            length = max(min(size[axis], wanted), 1)
            fits.append(((size[axis] - length) // 2, length))
        else:
            fits.append((0, size[axis]))
    return fits


def _line(size, target, part, how):
    """The matrix of one axis: what Keras's own resizing makes of one line at a time."""
    start, length = part
    keras, _ = keras_and_tensorflow()
    lines = np.eye(length, dtype=np.float32)[None, :, None]  # each line in a channel of its own
    resized = np.asarray(keras.ops.image.resize(lines, (target, 1), **how))[0, :, 0]
    matrix = np.zeros((target, size))
    first, last = max(start, 0), min(start + length, size)
    matrix[:, first:last] = resized[:, first - start : last - start]
    return matrix


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
    from .running import walk  # which reads graphs, whose operations ask this module

    keras, _ = keras_and_tensorflow()

    def function(values):
        tensor = keras.ops.convert_to_tensor(values.astype(np.float32))
        found = walk([(operation, ())], {operation.reads[0]: tensor})
        return np.asarray(as_array(found[operation.output]), np.float64)

    return function
