"""What went wrong, in one sentence; and what needs no warning, because the line says it."""

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


def quietly(function, *arguments, **named):
    """Call a function without the workbook's warnings: the explorer's line says the same."""
    with warnings.catch_warnings():
        for kind in (SmallImageWarning, ProjectionWarning):
            warnings.simplefilter("ignore", kind)
        return function(*arguments, **named)
