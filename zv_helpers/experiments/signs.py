"""How alike two changes are, by their signs alone (Zeiler & Fergus 2014, §4.3)."""

import numpy as np
from numpy.typing import ArrayLike


def signs_of_change(before: ArrayLike, after: ArrayLike, least: float = 0.0) -> np.ndarray:
    """Return the sign of each component's change, ε = before − after: int8 (components,), 1 where
    it fell, −1 where it rose, 0 where it changed by no more than `least`.

    before, after: float arrays of one shape; else a ValueError.

    >>> signs_of_change([3, 0, 1, 2], [1, 0, 4, 1.9], least=0.2).tolist()
    [1, 0, -1, 0]
    """
    change = np.subtract(before, after, dtype=np.float32).ravel()
    return np.sign(change).astype(np.int8) * (np.abs(change) > least)


def hamming(signs: ArrayLike, others: ArrayLike) -> float:
    """Return in what share of their components two vectors of signs differ, 0 to 1: the Hamming
    distance over the number of components.

    >>> hamming([1, 0, -1, 1], [1, 0, 0, -1])
    0.5
    """
    return float(np.mean(np.not_equal(signs, others)))


def unrelated(signs: ArrayLike, others: ArrayLike) -> float:
    """Return the Hamming distance, 0 to 1, that two vectors would have on average if each kept its
    signs but had them at random components.

    >>> unrelated([1, 0, 0, 0], [0, 0, 0, 1])
    0.375
    >>> unrelated([1, -1], [1, -1])
    0.5
    """
    same = [np.mean(np.equal(signs, sign)) * np.mean(np.equal(others, sign)) for sign in (-1, 0, 1)]
    return 1 - float(sum(same))
