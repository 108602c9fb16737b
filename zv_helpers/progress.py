"""Signs of life for what takes seconds: a bar, or a function of your own that may also cancel."""

import contextlib
import contextvars
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Progress = bool | Callable[[int, int], Any]
SILENT_FOR = 3  # seconds; a bar for less would only flicker
_watcher: contextvars.ContextVar = contextvars.ContextVar("watcher", default=True)


class Cancelled(Exception):
    """Whoever watches a computation wants no more of it."""


@contextlib.contextmanager
def watching(progress: Progress) -> Iterator[None]:
    """Let `progress` be what `True` means to everything that is computed inside: the way in which
    an explorer watches what it asked for."""
    before = _watcher.set(progress)
    try:
        yield
    finally:
        _watcher.reset(before)


def watched(items: Sequence, what: str, progress: Progress = True) -> Iterator:
    """Yield the items one after the other and say how far that is.

    Args:
        what: is done, in a few words.
        progress: True for a bar (tqdm) in the notebook or terminal, once it takes longer than some
            seconds; False for none; or a function that is called with (items done, items in all)
            before each item and at the end. If it raises `Cancelled`, that ends it.

    >>> list(watched("ab", "reading", lambda done, count: print(done, "of", count)))
    0 of 2
    1 of 2
    2 of 2
    ['a', 'b']
    """
    if progress is True:
        progress = _watcher.get()
    if progress is True and os.environ.get("TQDM_DISABLE"):  # in notebooks tqdm does not heed it
        progress = False
    if progress is True:
        from tqdm.auto import tqdm

        yield from tqdm(items, desc=what, delay=SILENT_FOR, leave=False)
        return
    tell = progress or (lambda done, count: None)
    for done, item in enumerate(items):
        tell(done, len(items))
        yield item
    tell(len(items), len(items))
