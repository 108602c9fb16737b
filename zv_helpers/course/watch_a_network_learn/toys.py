"""A toy feature map that learns, and three pictures that it looks at."""

import numpy as np

PICTURES = ("a stop sign", "a wheel", "the sun")
# The map's largest activation in each picture (columns) at four moments (rows).
PEAKS = np.array([[1, 0, 3], [2, 3, 4], [4, 5, 4], [7, 6, 4]])
# For the exercise: the same for another map.
OTHER_PEAKS = np.array([[2, 1, 0], [3, 2, 2], [3, 4, 4], [3, 5, 6]])


def strongest(peaks):
    """Return the picture in which the map is strongest, at each moment; on a tie the first.

    >>> [PICTURES[i] for i in strongest(PEAKS)]
    ['the sun', 'the sun', 'a wheel', 'a stop sign']
    """
    return np.argmax(peaks, axis=1)


def jumps(peaks):
    """Return whether the strongest picture is another one than at the moment before.

    >>> jumps(PEAKS).tolist()
    [False, True, True]
    """
    return np.diff(strongest(peaks)) != 0
