"""What a row of the corpus is: a network, how it is loaded, and what should become of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from independent import double_precision, random_weights

import zv_helpers as zv

keras, tf = zv.network.keras_and_tensorflow()


@dataclass(frozen=True)
class Entry:
    """One network of the corpus.

    Attributes:
        name, what: for a person who looks for hers; part: the heading it stands under.
        make: builds it, with weights.
        refused: the pattern of the sentence that should refuse it, or None.
        how: `load_model`'s arguments.
        twin: builds the same network, same weights, for the independent answer, where the tape
            cannot go through the network itself.
        tolerance: the largest difference allowed, over the largest value.
    """

    name: str
    part: str
    what: str
    make: Callable[[], Any]
    refused: str | None = None
    how: dict = field(default_factory=dict)
    twin: Callable[[], Any] | None = None
    tolerance: float = 1e-5


ENTRIES: dict[str, Entry] = {}


def network(name, part, what, refused=None, double=True, weights=True, **more):
    """Put a function that builds a `keras.Model` into the corpus.

    double: build it in float64, so that no rounding decides a switch or a sign. weights: fill it
    with random weights of both signs, and batch-norm statistics that are not trivial.
    """

    def enter(build):
        def make():
            if not double:
                return filled(build())
            with double_precision():
                return filled(build())

        def filled(model):
            return random_weights(model) if weights else model

        assert name not in ENTRIES, name
        ENTRIES[name] = Entry(name, part, what, make, refused, **more)
        return build

    return enter
