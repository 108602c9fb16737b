"""Colours, signals and pictures: what the course's figures and the explorers share.

`colours` holds the palette, `signals` the picture of a signed signal, `panels` what stands still
(matplotlib), `strips` what moves (Pillow).
"""

from .colours import coloured
from .panels import frame, numbers, panels, picture, show, signal
from .signals import clear_scale, signal_picture

__all__ = [
    "clear_scale",
    "coloured",
    "frame",
    "numbers",
    "panels",
    "picture",
    "show",
    "signal",
    "signal_picture",
]
