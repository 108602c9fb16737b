"""Step 4a, the reverse pass from a neuron to the pixels (Zeiler & Fergus 2014, §2)."""

from . import rules  # fills the table of reversals
from .mathematics import RULES, find_switches, rectify, transposed_filter, unpool
from .projection import Projection, ProjectionWarning, TraceStep, project, reverse_signal
from .rules import reverse_rule
from .switches import kept_positions, switches_of
from .verification import Verification, verify

__all__ = [
    "RULES",
    "Projection",
    "ProjectionWarning",
    "TraceStep",
    "Verification",
    "find_switches",
    "kept_positions",
    "project",
    "rectify",
    "reverse_rule",
    "reverse_signal",
    "rules",
    "switches_of",
    "transposed_filter",
    "unpool",
    "verify",
]
