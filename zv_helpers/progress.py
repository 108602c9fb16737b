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


@contextlib.contextmanager
def counted(
    count: int, what: str, progress: Progress = True, unit: str = "it", done: int = 0
) -> Iterator[Callable[[int], Any]]:
    """Give a function to call with how many more of `count` are done, and say how far that is.

    Args:
        what: is done, in a few words; unit: what is counted; done: how many are done before.
        progress: as for `watched`; a function is called at the beginning and after each step.

    >>> with counted(5, "reading", lambda done, count: print(done, "of", count)) as more:
    ...     more(3)
    0 of 5
    3 of 5
    """
    progress = _resolved(progress)
    if progress is True:
        from tqdm.auto import tqdm

        bar = tqdm(total=count, desc=what, unit=unit, initial=done, delay=SILENT_FOR, leave=False)
        with bar:
            yield bar.update
        return
    tell = progress or (lambda done, count: None)

    def more(step):
        nonlocal done
        done += step
        tell(done, count)

    more(0)
    yield more


def _resolved(progress):
    """Return what `True` stands for now: a bar (True), none (False) or a function."""
    if progress is True:
        progress = _watcher.get()
    if progress is True and os.environ.get("TQDM_DISABLE"):  # in notebooks tqdm does not heed it
        return False
    return progress


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
    progress = _resolved(progress)
    if progress is True:
        from tqdm.auto import tqdm

        yield from tqdm(items, desc=what, delay=SILENT_FOR, leave=False)
        return
    tell = progress or (lambda done, count: None)
    for done, item in enumerate(items):
        tell(done, len(items))
        yield item
    tell(len(items), len(items))
