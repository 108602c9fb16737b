"""Toy photographs, and a signal that goes down through a max-pool or through a stride."""

import numpy as np

from ...deconvnet.mathematics import find_switches, unpool

ONE = np.array([[9, 1, 0, 2], [3, 4, 8, 1], [0, 5, 2, 2], [6, 1, 3, 7]])
OTHER = np.array([[1, 2, 6, 0], [8, 0, 3, 4], [2, 1, 9, 5], [0, 7, 1, 3]])
THIRD = np.array([[2, 7, 1, 0], [5, 3, 4, 9], [8, 6, 0, 1], [1, 0, 5, 3]])
SIGNAL = np.array([[5, 1], [2, 4]])


def through_a_pool(photograph, signal=SIGNAL):
    """Take a signal (2, 2) down through a max-pool of 2 × 2 by a photograph's switches: (4, 4).

    >>> through_a_pool(ONE).tolist()
    [[5, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [2, 0, 0, 4]]
    """
    switches = find_switches(np.asarray(photograph)[..., None], 2)
    return unpool(np.asarray(signal)[..., None], switches, (4, 4))[..., 0]


def through_a_stride(photograph, signal=SIGNAL):
    """Take a signal (2, 2) down through a stride of 2, which reads the first of each four, whatever
    the photograph: (4, 4).

    >>> through_a_stride(ONE).tolist()
    [[5, 0, 1, 0], [0, 0, 0, 0], [2, 0, 4, 0], [0, 0, 0, 0]]
    """
    down = np.zeros((4, 4), np.asarray(signal).dtype)
    down[::2, ::2] = signal
    return down
