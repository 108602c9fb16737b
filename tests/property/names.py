"""Where the library keeps what the property tests test, and how many examples they try."""

import os

from hypothesis import HealthCheck, Phase, settings

from zv_helpers.deconvnet import RULES
from zv_helpers.deconvnet.signals import Signal, fitted, joined, moved, place, windows
from zv_helpers.images import fit_boxes
from zv_helpers.network import keras_and_tensorflow
from zv_helpers.network.windows import Enlarging, Listed, Sliding, Spreading, Whole, same_padding

__all__ = [
    "RULES",
    "Enlarging",
    "Signal",
    "Listed",
    "Sliding",
    "Spreading",
    "Whole",
    "examples",
    "fit_boxes",
    "fitted",
    "joined",
    "keras",
    "moved",
    "place",
    "same_padding",
    "tf",
    "windows",
]
keras, tf = keras_and_tensorflow()
# `make fuzz` sets it: so many examples for each property, and other ones in each run.
EXAMPLES = int(os.environ.get("ZV_EXAMPLES", "0"))


def examples(count):
    """How a property is tested: with `count` examples, the same ones in every run, or as `make
    fuzz` wants it."""
    how = {"database": None, "derandomize": True, "max_examples": count}
    how["phases"] = [Phase.explicit, Phase.generate]  # to shrink an example takes minutes
    if EXAMPLES:
        how = {"max_examples": max(EXAMPLES, count), "print_blob": True}
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(deadline=None, suppress_health_check=slow, **how)
