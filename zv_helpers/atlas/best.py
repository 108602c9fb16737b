"""The strongest neurons of every feature map, one a photograph: how one more photograph goes in,
and how two such tables become one."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Best:
    """The strongest neurons of every map, strongest first, ties in the order of the photographs.

    Attributes:
        activations: float32 (maps, count), −inf where there are fewer.
        photographs: int32 (maps, count), their numbers, −1 where there are fewer.
        positions: int32 (maps, count), row · width + column, −1 where there are fewer.
    """

    activations: np.ndarray
    photographs: np.ndarray
    positions: np.ndarray

    @property
    def floor(self) -> np.ndarray:
        """float32 (maps,): an activation must be larger to come in."""
        return self.activations[:, -1]

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The three arrays."""
        return self.activations, self.photographs, self.positions

    def insert(
        self, photograph: int, maps: np.ndarray, activations: np.ndarray, positions: np.ndarray
    ) -> None:
        """Let the neurons of one photograph in, which comes after all that are in.

        maps: int (n,), each once; activations, positions: (n,), of one neuron in each.
        """
        enters = activations > self.floor[maps]
        maps, new = maps[enters], (activations[enters], photograph, positions[enters])
        places, count = np.arange(self.activations.shape[1]), len(maps)
        at = (self.activations[maps] >= new[0][:, None]).sum(axis=1, keepdims=True)
        for array, value in zip(self.arrays, new, strict=True):
            rows = array[maps]
            moved = np.concatenate([rows[:, :1], rows[:, :-1]], axis=1)
            value = np.broadcast_to(np.asarray(value, array.dtype), count)[:, None]
            array[maps] = np.where(places < at, rows, np.where(places == at, value, moved))


def nothing_yet(maps: int, count: int) -> Best:
    """Return a `Best` of that many maps with no neuron in it.

    >>> best = nothing_yet(1, 2)
    >>> best.insert(4, np.array([0]), np.array([1.0]), np.array([7]))
    >>> best.insert(5, np.array([0]), np.array([3.0]), np.array([8]))
    >>> best.insert(6, np.array([0]), np.array([1.0]), np.array([9]))
    >>> best.photographs.tolist(), best.positions.tolist()
    ([[5, 4]], [[8, 7]])
    """
    return Best(
        np.full((maps, count), -np.inf, np.float32),
        np.full((maps, count), -1, np.int32),
        np.full((maps, count), -1, np.int32),
    )


def merged(tables: Iterable[Best]) -> Best:
    """Make one `Best` of several, of different photographs, in any order."""
    first, *others = tables
    whole = Best(*(array.copy() for array in first.arrays))
    for other in others:
        _merge(whole, other)
    return whole


def _merge(whole, other):
    """Let what is in one `Best` into another; most maps stay as they are."""
    count = whole.activations.shape[1]
    maps = np.flatnonzero((other.activations[:, 0] >= whole.floor) & (other.photographs[:, 0] >= 0))
    both = zip(whole.arrays, other.arrays, strict=True)
    arrays = [np.concatenate([mine[maps], its[maps]], axis=1) for mine, its in both]
    order = np.lexsort((arrays[1], -arrays[0]), axis=1)[:, :count]
    for mine, array in zip(whole.arrays, arrays, strict=True):
        mine[maps] = np.take_along_axis(array, order, axis=1)
