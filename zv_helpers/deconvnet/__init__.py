"""Step 4a, the reverse pass: `project` takes a neuron's activation back to the pixels (Zeiler &
Fergus 2014, §2)."""

from . import rules  # fills the table of reverse rules
from .mathematics import RULES, find_switches, rectify, transposed_filter, unpool
from .projection import Projection, ProjectionWarning, TraceStep, project, reverse_signal

__all__ = [
    "RULES",
    "Projection",
    "ProjectionWarning",
    "TraceStep",
    "find_switches",
    "project",
    "rectify",
    "reverse_signal",
    "rules",
    "transposed_filter",
    "unpool",
]
