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
        self,
        photographs: np.ndarray,
        maps: np.ndarray,
        activations: np.ndarray,
        positions: np.ndarray,
    ) -> None:
        """Let neurons of other photographs in, one a photograph and map; four arrays (n,)."""
        enters = activations >= self.floor[maps]
        found = tuple(array[enters] for array in (activations, photographs, positions))
        maps = maps[enters]
        order = np.lexsort((found[1], -found[0], maps))
        maps, starts, counts = np.unique(maps[order], return_index=True, return_counts=True)
        places = np.arange(len(order)) - np.repeat(starts, counts)
        rows = np.repeat(np.arange(len(maps)), counts)
        some = places < self.activations.shape[1]
        table = nothing_yet(len(maps), self.activations.shape[1])
        for array, values in zip(table.arrays, found, strict=True):
            array[rows[some], places[some]] = values[order[some]]
        _merge(self, maps, table)


def nothing_yet(maps: int, count: int) -> Best:
    """Return a `Best` of that many maps with no neuron in it.

    >>> best = nothing_yet(1, 2)
    >>> best.insert(*np.array([[4, 5, 6], [0, 0, 0], [1, 3, 1], [7, 8, 9]]))
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
        enters = (other.activations[:, 0] >= whole.floor) & (other.photographs[:, 0] >= 0)
        maps = np.flatnonzero(enters)  # most stay as they are
        _merge(whole, maps, Best(*(array[maps] for array in other.arrays)))
    return whole


def _merge(whole, maps, table):
    """Let a `Best` of some maps into that of all."""
    both = zip(whole.arrays, table.arrays, strict=True)
    arrays = [np.concatenate([mine[maps], its], axis=1) for mine, its in both]
    order = np.lexsort((arrays[1], -arrays[0]), axis=1)[:, : whole.activations.shape[1]]
    for mine, array in zip(whole.arrays, arrays, strict=True):
        mine[maps] = np.take_along_axis(array, order, axis=1)
