"""A toy network of two classes on a picture of 4 × 4, and the square that slides over it."""

import numpy as np

# The cat lies in the upper left quarter, the ball in the lower right one.
TOY = np.array([[3, 3, 0, 0], [3, 4, 0, 0], [0, 0, 1, 2], [0, 0, 2, 3]])
NAMES = ("cat", "ball")


def scores(picture):
    """Return the toy's two class scores: the sums over the cat's and over the ball's quarter.

    >>> scores(TOY)
    (13, 8)
    """
    return int(picture[:2, :2].sum()), int(picture[2:, 2:].sum())


def hidden(top, left, size=2):
    """Return the toy with a square of zeros on it: what is hidden counts nothing."""
    picture = TOY.copy()
    picture[top : top + size, left : left + size] = 0
    return picture


def slid(size=2):
    """Slide the square by one: (cat's scores, ball's scores, index of the winner), each (3, 3) for
    a square of 2.

    >>> cat, ball, winner = slid()
    >>> cat.tolist(), winner.tolist()
    ([[0, 6, 13], [6, 9, 13], [13, 13, 13]], [[1, 1, 0], [1, 0, 0], [0, 0, 0]])
    """
    count = len(TOY) - size + 1
    both = [scores(hidden(top, left, size)) for top in range(count) for left in range(count)]
    cat, ball = np.array(both).T.reshape(2, count, count)
    return cat, ball, np.argmax([cat, ball], axis=0)
