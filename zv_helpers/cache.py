"""What is worked out once and kept: one `Cache` for each network, one for each photograph."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

R = TypeVar("R")
_edition = 0


def forget_everything() -> None:
    """Empty every cache at its next use: a layer is reversed by other code than before."""
    global _edition
    _edition += 1


class Cache:
    """Results, by the function that worked them out and what it was asked about. A function counts
    as itself, never as its name: one that is written again in a cell is asked anew. One made at
    each call, such as a lambda in a rule, counts by its code and closure."""

    def __init__(self) -> None:
        self._kept: dict[tuple, Any] = {}
        self._edition = _edition

    def __len__(self) -> int:
        return len(self._kept)

    def once(self, function: Callable[..., R], *about: Hashable, owner: Any = None) -> R:
        """Return `function(*about)`, or `function(owner, *about)`, computed once. The owner of the
        cache is not kept in it: so features are gone as soon as nobody holds them."""
        owners = () if owner is None else (owner,)
        if self._edition != _edition:
            self._kept, self._edition = {}, _edition
        try:
            key = (_identity(function), about)
            if key in self._kept:
                return self._kept[key]
        except (TypeError, ValueError):  # it closes over something that has no hash, or nothing yet
            return function(*owners, *about)
        # Not under a lock: two threads may both compute it, but neither waits for the other.
        return self._kept.setdefault(key, function(*owners, *about))

    def knows(self, function: Callable, *about: Hashable) -> bool:
        """Say whether `function(*about)` was computed and is kept."""
        return self._edition == _edition and (_identity(function), about) in self._kept


def _identity(function):
    code = getattr(function, "__code__", None)
    if code is None or "<locals>" not in function.__qualname__:
        return function
    return code, function.__defaults__, tuple(c.cell_contents for c in function.__closure__ or ())
