"""Toy changes ε, before − after, of animals of which one part is hidden."""

import numpy as np

from ...experiments.corresponding import alike
from ...experiments.signs import signs_of_change

# Six neurons (columns) of a cat, a dog and an owl (rows).
EYE = np.array([[2, 0, -1, 0, 0, 3], [1, 0, -2, 0, 0, 4], [3, 0, 0, 0, -1, 1]])
ANYWHERE = np.array([[0, 1, 0, 0, -2, 0], [1, 0, -1, 0, 0, 0], [0, 0, 0, -3, 1, 0]])
# Two feature maps (rows) of four positions, of a cat and of an owl.
CAT_MAPS = np.array([[2, 0, 0, 0], [0, -1, 0, 0]])
OWL_MAPS = np.array([[0, 0, 2, 0], [0, 0, 0, -1]])


def signs(changes):
    """Return the signs of changes (animals, …): int8 (animals, components).

    >>> signs(EYE).tolist()[2]
    [1, 0, 0, 0, -1, 1]
    """
    return np.array([signs_of_change(one, np.zeros_like(one)) for one in changes])


def delta(changes):
    """Return Δ of changes (animals, …): the mean Hamming distance of two animals' signs.

    >>> round(delta(EYE), 2), round(delta(ANYWHERE), 2)
    (0.22, 0.61)
    >>> delta([CAT_MAPS, OWL_MAPS])
    0.5
    """
    return alike(signs(changes)[None]).delta


def over_positions(maps):
    """Return the mean over positions of some maps (animals, maps, positions): (animals, maps).

    >>> over_positions([CAT_MAPS, OWL_MAPS]).tolist()
    [[0.5, -0.25], [0.5, -0.25]]
    """
    return np.mean(maps, axis=2)
