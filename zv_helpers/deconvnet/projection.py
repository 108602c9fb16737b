"""`project`: from one neuron of the forward pass down to a picture of what excited it."""

import functools
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, overload

import numpy as np

from ..draw.signals import clear_scale, signal_picture
from ..features import Features
from ..network.graph import cautions
from ..targets import Target
from .engine import MOST_AT_ONCE, reverse, reverse_each
from .mathematics import known_rule
from .rules.table import reversal_of
from .signals import Signal

CAUTIONS = {
    "no switches": "no max-pool lies between the pixels and {layer}, so the deconvnet picture of "
    "a neuron there is the same for every photograph, up to its strength",
    "average pools": "between the pixels and {layer} lie average pools, which remember no "
    "position: the signal is spread evenly there",
    "at the cap": "this neuron of {layer} lies at the cap of its ReLU ({cap:g}), where the "
    "gradient is zero, so its picture is empty; features.strongest(layer, channel) chooses one "
    "below the cap",
}


class ProjectionWarning(UserWarning):
    """A projection is possible, but says less than it seems to."""


@dataclass(frozen=True, eq=False)
class TraceStep:
    """The signal after one operation of the reverse pass."""

    layer: str  # that was reversed
    title: str  # what happened, in a word: "unpool", "rectify", "filter", ...
    values: np.ndarray = field(repr=False)  # float (h, w, channels), in its window; at last RGB
    box: tuple  # (top, left, bottom, right), that window in positions of the layer's input
    pixels_box: tuple  # on the photograph: from the neuron's own spot to its receptive field


@dataclass(frozen=True, eq=False)
class Projection:
    """A neuron's activation mapped back to the pixels. Made by `project`.

    Attributes:
        neuron, rule: the target that was projected, and how.
        pixels: float32 RGB (h, w, 3), or (h, w, 1) of a grey network: the signal in its window;
            negative values belong to it.
        box: (top, left, bottom, right), that window in input pixels; size: (h, w) of the input.
        trace: the steps on the way down, if `project` was asked for them.
        notes: sentences on what weakens this picture.
    """

    neuron: Target
    rule: str
    pixels: np.ndarray = field(repr=False)
    box: tuple
    size: tuple
    trace: tuple = field(repr=False, default=())
    notes: tuple = field(repr=False, default=())

    def on_canvas(self) -> np.ndarray:
        """Lay the signal into the whole input: float32 (h, w, channels), zero outside the box."""
        canvas = np.zeros((*self.size, self.pixels.shape[2]), self.pixels.dtype)
        top, left, bottom, right = self.box
        canvas[top:bottom, left:right] = self.pixels
        return canvas

    @property
    def scale(self) -> float:
        """The absolute value that `picture` draws as black or white, see `clear_scale`."""
        return clear_scale(self.pixels)

    def picture(self, scale: float | None = None) -> np.ndarray:
        """Draw the window: uint8 RGB (h, w, 3), zero is mid-grey; see `signal_picture`."""
        return signal_picture(self.pixels, scale)


@overload
def project(features: Features, neuron: list, rule: str = ..., trace: bool = ...) -> list: ...
@overload
def project(features: Features, neuron: Any, rule: str = ..., trace: bool = ...) -> Projection: ...
def project(features: Features, neuron: Any, rule: str = "deconvnet", trace: bool = False) -> Any:
    """Map a neuron's activation back to the input pixels: the reverse pass from one neuron.

    The signal starts with the neuron's own activation (a class score: with 1) and is unpooled,
    rectified and filtered down, in a window that grows to the neuron's receptive field.

    Args:
        features: of a forward pass: its switches, and for the other rules its ReLUs, are used.
        neuron: a `Neuron` or another `Target`, a class index or a class name; or a list of them.
            One of another photograph will do: it then goes by this photograph's switches.
        rule: "deconvnet" (Zeiler & Fergus 2014, §2.1), "guided" (Springenberg et al. 2015) or
            "gradient".
        trace: keep the signal after every step, as `Projection.trace`.

    Returns a `Projection`, or a list of them for a list of neurons. A `ProjectionWarning` says so
    where the deconvnet picture does not depend on the photograph, average pools blur it, or the
    neuron lies at the cap of its ReLU, where the gradient is zero. Raises a ValueError for an
    unknown rule or, by its name, a layer on the way that cannot be reversed; a KeyError for a
    neuron in a layer that the network does not have.
    """
    known_rule(rule)
    network, several = features.network, isinstance(neuron, (list, tuple))
    targets = [_checked(features, one) for one in (neuron if several else [neuron])]
    together: dict[int, list[Target]] = {}
    for target in dict.fromkeys(targets):
        together.setdefault(target.number(network), []).append(target)
    notes = {one: _notes(features, one, rule) for one in dict.fromkeys(targets)}
    for note in dict.fromkeys(sum(notes.values(), ())):
        warnings.warn(f"Note that {note}.", ProjectionWarning, stacklevel=2)
    done: dict[Target, Projection] = {}
    each = _traced if trace else _in_batches
    with network.lock:
        for number, group in together.items():
            for target, projection in each(features, number, group, rule):
                done[target] = replace(projection, notes=notes[target])
    return [done[one] for one in targets] if several else done[targets[0]]


def _checked(features, what):
    """Return the target that is meant, once it is known that its signal gets down to the pixels."""
    target = features.target(what)
    problem = features.network.problem(target.number(features.network))
    if problem:
        where = target.layer or "the class score"
        raise ValueError(f"{where!r} cannot be projected: {problem}.")
    return target


def _notes(features, target, rule):
    """Say what weakens the picture of a target: a tuple of sentences."""
    network, where = features.network, target.layer or "the class scores"
    if rule == "deconvnet":
        words = network.cache.once(_cautions, network.graph, target.number(network))
        return tuple(CAUTIONS[word].format(layer=where) for word in words)
    if target.layer is None or not _lies_at_the_cap(features, target):
        return ()
    return (CAUTIONS["at the cap"].format(layer=where, cap=features.cap(where)),)


def _lies_at_the_cap(features, target):
    """Whether all that a target covers has the largest value that its layer's ReLU lets through."""
    cap = features.cap(target.layer)
    top, left, bottom, right = target.box(features)
    maps = features[target.layer][top:bottom, left:right]
    covered = target.seed(features, own=False) != 0
    return cap is not None and bool((maps[covered] >= cap).all())


def _cautions(graph, number):
    return cautions(graph.below(number))


def seeds(features: Features, targets: list[Target], own: bool = True) -> Signal:
    """Return the Signal to start from: the seeds of targets of one value and one size."""
    values = np.stack([target.seed(features, own) for target in targets])
    return Signal(values, tuple(target.box(features)[:2] for target in targets))


def _in_batches(features, number, targets, rule):
    """Yield (target, Projection) for targets of one value, those of one window size together."""
    groups = {}
    for one in targets:
        top, left, bottom, right = box = one.receptive_field(features)
        start = one.box(features)
        size = (start[2] - start[0], start[3] - start[1], bottom - top, right - left)
        groups.setdefault(size, []).append((one, box))
    for group in groups.values():
        for first in range(0, len(group), MOST_AT_ONCE):
            some = group[first : first + MOST_AT_ONCE]
            start = seeds(features, [one for one, _ in some])
            found = reverse_each(features, number, start, rule)
            for (one, box), (signal, i) in zip(some, found, strict=True):
                yield one, _projection(features, one, rule, signal, box, i)


def _traced(features, number, targets, rule):
    """Yield (target, Projection with its trace), one at a time."""
    for one in targets:
        steps: list[TraceStep] = []
        watch = functools.partial(_watch, features.network, steps)
        found = reverse(features, number, seeds(features, [one]), rule, watch=watch).get(0)
        box = found and found.box()
        yield one, _projection(features, one, rule, found, box, trace=tuple(steps))


def _watch(network, steps, operation, signals):
    title, pixels = reversal_of(operation)[0].title, network.input_size
    for value, signal in signals.items():
        flat = signal.values.ndim != 4
        values = signal.values.reshape(1, 1, -1) if flat else signal.values[0]
        values = network.spec.in_rgb(values) if value == 0 else values
        box = (0, 0, 1, 1) if flat else signal.box()
        height, width = (1, 1) if flat else network.graph.shapes[value][:2]
        scales = (pixels[0] / height, pixels[1] / width) * 2
        pixels_box = tuple(round(edge * scale) for edge, scale in zip(box, scales, strict=True))
        steps.append(TraceStep(operation.name, title, values, box, pixels_box))


def _projection(features, target, rule, found, box, i=0, trace=()):
    spec = features.network.spec
    if found is None:  # nothing between the pixels and this neuron depends on the pixels
        nothing = np.zeros((1, 1, spec.channels), np.float32)
        return Projection(target, rule, nothing, (0, 0, 1, 1), spec.size, trace)
    (top, left, bottom, right), (row, column) = box, found.starts[i]
    pixels = found.values[i, top - row : bottom - row, left - column : right - column]
    pixels = np.ascontiguousarray(spec.in_rgb(pixels))
    return Projection(target, rule, pixels, box, spec.size, trace)


def reverse_signal(
    features: Features, target: Any, layers: Iterable[str], rule: str = "gradient"
) -> dict[str, np.ndarray]:
    """Take a target's signal down to layers in between: S at each of them.

    The start is 1 at a neuron, so with the gradient rule S is the derivative of its activation.

    Args:
        features: of a forward pass; layers: names of layers below the target.
        target: the `Target` to start from, or a class index or name.
        rule: "gradient", "guided" or "deconvnet".

    Returns {layer: float32 (h, w, channels)}, as its feature maps; zero where no signal arrives.
    Raises a ValueError for an unknown rule or an irreversible layer, a KeyError for an unknown one.
    """
    known_rule(rule)
    network, target = features.network, features.target(target)
    numbers = {layer: network.layer_value(layer) for layer in layers}
    whole = {layer: np.zeros_like(features[layer]) for layer in layers}
    lowest, number = min(numbers.values()), target.number(network)
    for operation in network.graph.below(number)[::-1]:
        problem = reversal_of(operation)[1]
        if operation.output > lowest and problem:
            raise ValueError(f"The signal does not reach the layers you asked for: {problem}.")
    start = seeds(features, [target], own=False)
    with network.lock:
        found = reverse(features, number, start, rule, stops=tuple(numbers.values()))
    for layer, at in numbers.items():
        if at in found:
            top, left, bottom, right = found[at].box()
            whole[layer][top:bottom, left:right] = found[at].values[0]
    return whole
