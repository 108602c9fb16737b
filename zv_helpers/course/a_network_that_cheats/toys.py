"""Four signs, two rules: both are always right in training."""

import numpy as np

# A row each: is it an octagon, does it wear a sticker?
TRAINING = np.array([[1, 1], [1, 1], [0, 0], [0, 0]])
LABELS = np.array([1, 1, 0, 0])  # 1: a stop sign
NEW = np.array([[1, 1], [1, 0], [0, 1], [0, 0]])


def by_shape(signs):
    """Call what has eight corners a stop sign: int (n,), 1 for stop.

    >>> by_shape(TRAINING).tolist()
    [1, 1, 0, 0]
    """
    return np.asarray(signs)[:, 0]


def by_sticker(signs):
    """Call what wears a sticker a stop sign: int (n,), 1 for stop.

    >>> by_sticker(NEW).tolist()
    [1, 0, 1, 0]
    """
    return np.asarray(signs)[:, 1]


def rows(signs, labels=None):
    """Return the toy's panels for `toy_row`: what the signs are, what the two rules say and, if
    given, the truth."""
    signs = np.asarray(signs)
    panels = {
        "octagon, sticker": signs,
        "shape says": by_shape(signs)[:, None],
        "sticker says": by_sticker(signs)[:, None],
    }
    return panels | ({} if labels is None else {"stop sign?": np.asarray(labels)[:, None]})
