"""Resizing: rows and columns are mixed by a matrix each; back, by its transpose."""

import numpy as np

from ...network.receptive_fields import RESAMPLING
from .table import channels_last, refused, reverse_rule


def not_separable(operation):
    """Refuse a layer that does not mix rows and columns by a matrix each."""
    if operation.matrices is None:
        return refused(operation, "resizes in a way that has no reverse rule")
    return channels_last(operation)


@reverse_rule(*RESAMPLING, refuse=not_separable, title="resize")
def resample_back(signal, context):
    """Each value goes back to the positions it was mixed from, by their shares."""
    rows, columns = context.operation.matrices
    mixed = np.empty((len(signal), *context.size, signal.shape[3]), signal.dtype)
    starts = zip(context.outer.starts, context.place.starts, strict=True)
    for i, ((top, left), (row, column)) in enumerate(starts):
        down = _part(rows, (top, row), (signal.shape[1], context.size[0]), signal.dtype)
        across = _part(columns, (left, column), (signal.shape[2], context.size[1]), signal.dtype)
        lines = np.tensordot(down, signal[i], ((0,), (0,)))  # rows, columns out, maps
        mixed[i] = across.T @ lines
    return context.crop(mixed)


def _part(matrix, starts, size, dtype):
    """Cut a window out of a matrix, zero where it sticks out."""
    (top, left), (height, width) = starts, size
    part = np.zeros(size, dtype)
    first, last = max(left, 0), min(left + width, matrix.shape[1])
    part[:, first - left : last - left] = matrix[top : top + height, first:last]
    return part
