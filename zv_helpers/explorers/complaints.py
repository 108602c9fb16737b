"""What went wrong, in one sentence; and what needs no warning, because the line says it."""

import contextlib
import threading
import warnings

from ..data import DataError
from ..deconvnet import ProjectionWarning
from ..images import ImageError, SmallImageWarning
from ..progress import Cancelled


def sentence(error):
    """Say in one sentence what went wrong."""
    text = str(error.args[0]) if error.args else ""
    if (
        isinstance(error, (Cancelled, ImageError, DataError, ValueError, KeyError, IndexError))
        and text
    ):
        return text
    if isinstance(error, MemoryError):
        return "There is not enough memory: close other notebooks, or choose a smaller network."
    came = f"{type(error).__name__}: {text or 'no message'}"
    return f"This did not work ({came}); choose something else."


class Quiet:
    """`with QUIET:` nothing gives the workbook's warnings: the explorer's line says the same.

    `warnings.catch_warnings` alone gives back what it found: of two threads that begin one after
    the other and end in the same order, the second would give back the first one's silence, and
    there it would stay. Here the last to end gives back what the first found.
    """

    def __init__(self):
        self._lock, self._inside, self._found = threading.Lock(), 0, contextlib.ExitStack()

    def __enter__(self):
        with self._lock:
            if not self._inside:
                self._found.enter_context(warnings.catch_warnings())
                for kind in (SmallImageWarning, ProjectionWarning):
                    warnings.simplefilter("ignore", kind)
            self._inside += 1

    def __exit__(self, *about):
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._found.close()


QUIET = Quiet()


def quietly(function, *arguments, **named):
    """Call a function without the workbook's warnings."""
    with QUIET:
        return function(*arguments, **named)
