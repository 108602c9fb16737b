"""Figures that stand still, for the notebooks. (What moves is in `explorers`.)

One module for each step, and `common` for what they share. A function that draws takes `ax` and
returns it.
"""

from .common import frame, numbers, panels, picture, show, signal

__all__ = ["frame", "numbers", "panels", "picture", "show", "signal"]
