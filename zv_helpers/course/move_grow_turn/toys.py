"""A toy picture of 4 × 4 that is shifted down, and three layers that look at it."""

import numpy as np

TOY = np.zeros((4, 4), int)
TOY[0, 1] = 3
# For the exercise: one column.
COLUMN = np.array([[0], [3], [4], [0]])


def shifted(picture, down):
    """Shift a picture down, zeros come in from above.

    >>> shifted(COLUMN, 1).ravel().tolist()
    [0, 0, 3, 4]
    """
    moved = np.zeros_like(picture)
    moved[down:] = picture[: len(picture) - down]
    return moved


def max_pooled(picture):
    """Return the largest of each window of two rows and up to two columns.

    >>> max_pooled(TOY).tolist(), max_pooled(COLUMN).tolist()
    ([[3, 0], [0, 0]], [[3], [4]])
    """
    rows, columns = picture.shape
    return picture.reshape(rows // 2, 2, -1, min(columns, 2)).max(axis=(1, 3))


LAYERS = {
    "the pixels": lambda picture: picture,
    "after a max-pool": max_pooled,
    "mean over positions": lambda picture: np.atleast_1d(picture.mean()),
}


def distance(picture, down, layer):
    """Return how far a layer's vector moves when the picture is shifted down.

    >>> [round(float(distance(TOY, down, max_pooled)), 2) for down in (0, 1, 2)]
    [0.0, 0.0, 4.24]
    """
    return np.linalg.norm(layer(shifted(picture, down)) - layer(picture))
