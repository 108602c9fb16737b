"""Figures that stand still, for the notebooks. (What moves is in `explorers`.)

One module for each step, what they share is in `draw`. A function that draws takes `ax` and
returns it.
"""

from ..draw.panels import frame, numbers, panels, picture, show, signal

__all__ = ["frame", "numbers", "panels", "picture", "show", "signal"]
