"""The course: for each notebook a folder with its figures, its toys, and the checks of its
exercises.

Notebook 4 says `from zv_helpers.course.step4 import checks, figures, toys`. `parts` holds what
figures of several steps are made of, `panels` draws and shows them, `answers` is what every check
does with an answer, `solved` keeps which were right, `stand_in` lends max-pools or an atlas to a
network that has none.
"""

from .live import LiveLosses, losses_curve
from .panels import frame, numbers, panels, picture, show, signal
from .solved import progress
from .stand_in import atlas_of, with_max_pools

__all__ = [
    "LiveLosses",
    "atlas_of",
    "frame",
    "losses_curve",
    "numbers",
    "panels",
    "picture",
    "progress",
    "show",
    "signal",
    "with_max_pools",
]
