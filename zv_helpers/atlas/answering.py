"""Which feature maps answer to some photographs of an atlas, and least to all the others."""

import contextlib
import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..data import DataError
from ..images.opening import shown
from ..images.photographs import find_photograph
from .best import Best
from .folders import Contents, Found


class Answer(NamedTuple):
    """A feature map, and how clearly it answers to the chosen photographs alone, in [0, 1]."""

    layer: str
    channel: int
    score: float


def answers(
    contents: Contents, found: Found, photographs: Any, layers: Iterable[str], count: int
) -> list[Answer]:
    """Return the `Answer`s of `Atlas.answering`, the highest score first, ties in the order of the
    layers and maps. A map that another layer hands on as it is, as a concatenation or a max-pool
    does, is named once, in the first."""
    if not isinstance(count, (int, np.integer)) or isinstance(count, bool) or count < 1:
        raise ValueError(f"Expected count to be 1 or more feature maps, but got {shown(count)}.")
    chosen = chosen_numbers(contents, found, photographs)
    best, scores = found.best, scores_of(found.best, chosen)
    named: dict[bytes, Answer] = {}
    for layer in layers:
        for channel, number in enumerate(found.of_layer[layer].tolist()):
            if scores[number] > 0:
                row = best.activations[number].tobytes() + best.photographs[number].tobytes()
                named.setdefault(row, Answer(layer, channel, float(scores[number])))
    return sorted(named.values(), key=lambda answer: -answer.score)[:count]


def scores_of(best: Best, chosen: frozenset[int]) -> np.ndarray:
    """Return each map's score, float32 (maps,) in [0, 1], see `Atlas.answering`. chosen: numbers of
    photographs, fewer than a map has neurons.

    >>> from .best import nothing_yet
    >>> best = nothing_yet(2, 3)
    >>> best.activations[:], best.photographs[:] = [[8, 4, 1], [8, 8, 1]], [[5, 6, 7], [6, 5, 7]]
    >>> scores_of(best, frozenset({5})), scores_of(best, frozenset({5, 6}))
    (array([0.6666667, 0.5      ], dtype=float32), array([0.84444445, 0.8888889 ], dtype=float32))
    """
    ours = np.isin(best.photographs, sorted(chosen))
    theirs = np.where(ours, np.maximum(best.activations, 0), 0)
    # One of the others is among the strongest, or there is none: those below are weaker than it.
    others = np.where(ours, 0, np.maximum(best.activations, 0)).max(axis=1, keepdims=True)
    shares = np.divide(theirs, theirs + others, where=theirs > 0, out=np.zeros_like(theirs))
    return (shares.sum(axis=1) / len(chosen)).astype(np.float32)


def chosen_numbers(contents: Contents, found: Found, photographs: Any) -> frozenset[int]:
    """Return where the chosen photographs stand in an atlas. Raises ValueError, one sentence, where
    one is not in it, could not be read or has a name that others have too, where there is none,
    and where there are too many."""
    one_alone = isinstance(photographs, (str, bytes, os.PathLike)) or not isinstance(
        photographs, Iterable
    )
    chosen: set[int] = set()
    for one in [photographs] if one_alone else photographs:
        numbers = _numbers_of(one, contents.photographs)
        for number in numbers:
            if number in found.skipped:
                raise ValueError(
                    f"Expected a photograph that the network has seen, but {shown(one)} could not "
                    f"be read when the atlas was built: {found.skipped[number]}"
                )
        chosen.update(numbers)
    most = min(contents.count, len(contents.photographs) - len(found.skipped)) - 1
    if not 1 <= len(chosen) <= most:
        raise ValueError(
            f"Expected 1 to {most} photographs of the atlas, fewer than the {contents.count} that "
            f"it knows of every map and not all of them, but got {len(chosen)}: choose "
            f"{'some' if not chosen else 'fewer, or build an atlas with a larger count'}."
        )
    return frozenset(chosen)


def _numbers_of(one, photographs):
    """Find a photograph: as the atlas has it, else by its name, with suffix or without; a path has
    to lead to the same file. What is no path is found as the same object."""
    if not isinstance(one, (str, os.PathLike)):
        numbers = [i for i, other in enumerate(photographs) if other is one]
        return numbers or _refuse(f"{shown(one)} is none of them")
    text = os.fsdecode(one)
    paths = {i: path for i, path in enumerate(photographs) if isinstance(path, str)}
    for way in (str, os.path.basename, lambda path: Path(path).stem):
        numbers = [i for i, path in paths.items() if way(path) == way(text)]
        if way is not str and os.path.dirname(text):
            numbers = [i for i in numbers if _same_file(text, paths[i])]
        different = list(dict.fromkeys(shown(paths[i]) for i in numbers))
        if len(different) > 1:
            _refuse(f"{shown(text)} may be {' or '.join(different[:3])}")
        if numbers:
            return numbers
    names = list(dict.fromkeys(Path(path).stem for path in paths.values()))
    close = ", ".join(difflib.get_close_matches(Path(text).stem, names, n=3))
    return _refuse(f"{shown(text)} is none of them{f' (close to it: {close})' if close else ''}")


def _same_file(one, other):
    with contextlib.suppress(OSError, ValueError, DataError):
        return os.path.samefile(find_photograph(one), find_photograph(other))
    return False


def _refuse(what):
    raise ValueError(
        f"Expected photographs of the atlas, but {what}: atlas.photographs lists them."
    )
