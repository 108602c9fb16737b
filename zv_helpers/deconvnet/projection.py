"""`project`: from one neuron of the forward pass down to a picture of what excited it."""

import warnings
from dataclasses import dataclass, field, replace

import numpy as np

from ..draw.signals import clear_scale, signal_picture
from ..features import LOGITS, Features, Neuron
from ..models.network import cautions
from ..models.rules import rule_of
from .engine import MOST_AT_ONCE, Signal, reverse, reverse_each
from .mathematics import RULES

CAUTIONS = {
    "no switches": "no max-pool lies between the pixels and {layer}, so the deconvnet picture of "
    "a neuron there is the same for every photograph, up to its strength",
    "average pools": "{layer} lies above average pools, which remember no position: the signal is "
    "spread evenly there",
}


class ProjectionWarning(UserWarning):
    """A projection is possible, but says less than it seems to."""


@dataclass(frozen=True, eq=False)
class TraceStep:
    """The signal after one operation of the reverse pass.

    Attributes:
        layer: the layer that was reversed; title: what happened, in a word ("unpool", "rectify",
            "filter", ...).
        values: float (h, w, channels), the signal in its window.
        box: (top, left, bottom, right), that window in positions of the layer's input.
        pixels_box: the place of that window on the photograph, (top, left, bottom, right) in input
            pixels: it grows from the neuron's own spot to its receptive field.
    """

    layer: str
    title: str
    values: np.ndarray = field(repr=False)
    box: tuple
    pixels_box: tuple


@dataclass(frozen=True, eq=False)
class Projection:
    """A neuron's activation mapped back to the pixels. Made by `project`.

    Attributes:
        neuron, rule: what was projected, and how.
        pixels: float32 RGB (h, w, 3), the signal in the neuron's window; negative values belong to
            it.
        box: (top, left, bottom, right), that window in input pixels.
        size: (h, w) of the whole input.
        trace: the steps on the way down, if `project` was asked for them.
        notes: sentences on what weakens this picture.
    """

    neuron: Neuron
    rule: str
    pixels: np.ndarray = field(repr=False)
    box: tuple
    size: tuple
    trace: tuple = field(repr=False, default=())
    notes: tuple = field(repr=False, default=())

    def on_canvas(self):
        """Lay the signal into the whole input: float32 RGB (h, w, 3), zero outside the box."""
        canvas = np.zeros((*self.size, 3), self.pixels.dtype)
        top, left, bottom, right = self.box
        canvas[top:bottom, left:right] = self.pixels
        return canvas

    @property
    def scale(self):
        """The absolute value that `picture` draws as black or white, see `clear_scale`."""
        return clear_scale(self.pixels)

    def picture(self, scale=None):
        """Draw the window: uint8 RGB (h, w, 3), zero is mid-grey; see `signal_picture`."""
        return signal_picture(self.pixels, scale)


def project(features: Features, neuron, rule="deconvnet", trace=False):
    """Map a neuron's activation back to the input pixels: the reverse pass from one neuron.

    The signal starts at the neuron with its own activation (at a class score with 1) and is
    unpooled, rectified and filtered down to the pixels, in a window that grows to the neuron's
    receptive field.

    Args:
        features: `Features` of a forward pass: its switches, and for the other rules its ReLUs, are
            used.
        neuron: a `Neuron`, or a list of them. One of another photograph in the same network will do
            as well: the signal then takes the way of this photograph's switches.
        rule: "deconvnet" (Zeiler & Fergus 2014, §2.1), "guided" (Springenberg et al. 2015) or
            "gradient".
        trace: keep the signal after every step, as `Projection.trace`.

    Returns:
        `Projection`, or a list of them for a list of neurons. A `ProjectionWarning` says so where
        the deconvnet picture does not depend on the photograph, or average pools blur it.

    Raises:
        ValueError: an unknown rule, or a layer on the way that cannot be reversed; the message
            names it.
        KeyError: the neuron's layer is not one of the network's.
    """
    if rule not in RULES:
        raise ValueError(f"Expected the rule to be one of {', '.join(RULES)}, but got {rule!r}.")
    neurons = [neuron] if isinstance(neuron, Neuron) else list(neuron)
    for one in neurons:
        _check(features, one)
    notes = _notes(features, neurons, rule)
    for note in dict.fromkeys(sum(notes.values(), ())):
        warnings.warn(f"Note that {note}.", ProjectionWarning, stacklevel=2)
    with features.network.lock:
        if trace:
            done = {one: _traced(features, one, rule) for one in neurons}
        else:
            done = {}
            for layer in {one.layer: None for one in neurons}:
                together = [one for one in dict.fromkeys(neurons) if one.layer == layer]
                done.update(_in_batches(features, together, rule))
    done = {one: replace(shown, notes=notes[one.layer]) for one, shown in done.items()}
    return done[neuron] if isinstance(neuron, Neuron) else [done[one] for one in neurons]


def _notes(features, neurons, rule):
    """{layer: sentences on what weakens its pictures} for the layers of these neurons."""
    notes = {}
    for layer in {one.layer: None for one in neurons}:
        key = ("cautions", layer)
        if key not in features.network.prepared:
            below = features.network.below(_number(features, layer))
            features.network.prepared[key] = cautions(below)
        found = features.network.prepared[key] if rule == "deconvnet" else ()
        notes[layer] = tuple(CAUTIONS[word].format(layer=layer) for word in found)
    return notes


def _check(features, neuron):
    if not isinstance(neuron, Neuron):
        raise ValueError(
            "Expected a Neuron, such as features.strongest(layer), but got "
            f"{type(neuron).__name__}."
        )
    number = _number(features, neuron.layer)
    problem = features.network.problem(number)
    if problem:
        raise ValueError(f"{neuron.layer!r} cannot be projected: {problem}.")
    if neuron.layer == LOGITS:
        features.class_neuron(neuron.channel)
    else:
        features.neuron(neuron.layer, neuron.channel, neuron.row, neuron.column)


def _number(features, layer):
    if layer == LOGITS:
        features.class_neuron(0)  # raises if there are no classes
        return features.network.logits
    features[layer]
    return features.network.units[layer]


def seed(features, neurons):
    """Return the Signal to start from: zero but for each neuron's own activation (1 for a class
    score)."""
    number = _number(features, neurons[0].layer)
    channels = features.network.shapes[number][-1]
    kind = features.values[number].dtype
    if neurons[0].layer == LOGITS:
        values = np.zeros((len(neurons), channels), kind)
        values[np.arange(len(neurons)), [one.channel for one in neurons]] = 1
        return Signal(values, ((0, 0),) * len(neurons))
    values = np.zeros((len(neurons), 1, 1, channels), kind)
    for i, one in enumerate(neurons):
        values[i, 0, 0, one.channel] = one.activation
    return Signal(values, tuple((one.row, one.column) for one in neurons))


def _in_batches(features, neurons, rule):
    """Project neurons of one layer: {neuron: Projection}, those of one window size together."""
    number = _number(features, neurons[0].layer)
    groups, done = {}, {}
    for one in neurons:
        top, left, bottom, right = box = features.receptive_field(one)
        groups.setdefault((bottom - top, right - left), []).append((one, box))
    for group in groups.values():
        for first in range(0, len(group), MOST_AT_ONCE):
            some = group[first : first + MOST_AT_ONCE]
            start = seed(features, [one for one, _ in some])
            found = reverse_each(features, number, start, rule)
            for (one, box), at in zip(some, found, strict=True):
                done[one] = _projection(features, one, rule, *at, box=box)
    return done


def _projection(features, neuron, rule, found, i=0, trace=(), box=None):
    size = features.network.input_size
    if found is None:  # nothing between the pixels and this neuron depends on the pixels
        return Projection(neuron, rule, np.zeros((1, 1, 3), np.float32), (0, 0, 1, 1), size, trace)
    top, left, bottom, right = box = found.box() if box is None else box
    row, column = found.starts[i]
    pixels = found.values[i, top - row : bottom - row, left - column : right - column]
    pixels = pixels[..., ::-1] if features.network.flips_channels else pixels
    return Projection(neuron, rule, np.ascontiguousarray(pixels), box, size, trace)


def _traced(features, neuron, rule):
    network, steps = features.network, []
    number = _number(features, neuron.layer)

    def watch(operation, signals):
        title = rule_of(operation)[0].title
        for value, signal in signals.items():
            if signal.values.ndim != 4:
                values, box = signal.values.reshape(1, 1, -1), (0, 0, 1, 1)
                pixels_box = (0, 0, *network.input_size)
            else:
                values, box = signal.values[0], signal.box()
                pixels_box = _on_the_photograph(box, network.shapes[value], network.input_size)
            steps.append(TraceStep(operation.name, title, values, box, pixels_box))

    start = seed(features, [neuron])
    found = reverse(features, number, start, rule, watch=watch).get(0)
    return _projection(features, neuron, rule, found, trace=tuple(steps))


def _on_the_photograph(box, shape, size):
    """Stretch a box of a layer's positions to the pixels those positions lie over."""
    scale = (size[0] / shape[0], size[1] / shape[1])
    return tuple(round(edge * scale[axis % 2]) for axis, edge in enumerate(box))


def reverse_signal(features, neuron, layers, rule="gradient"):
    """Take a neuron's signal down to layers in between: S at each of them.

    The start is 1 at the neuron, so with the gradient rule S is the derivative of its activation.

    Args:
        features: `Features` of a forward pass.
        neuron: the `Neuron` to start from, most often `features.target()`.
        layers: names of layers below it.
        rule: "gradient", "guided" or "deconvnet".

    Returns:
        {layer: float32 (h, w, channels)}, of the shape of the feature maps; zero where no signal
        arrives.

    Raises:
        ValueError: an unknown rule, or a layer that cannot be reversed.
        KeyError: an unknown layer.
    """
    if rule not in RULES:
        raise ValueError(f"Expected the rule to be one of {', '.join(RULES)}, but got {rule!r}.")
    network = features.network
    numbers = {layer: _number(features, layer) for layer in layers}
    number = _number(features, neuron.layer)
    start = seed(features, [neuron])
    if neuron.layer != LOGITS:
        values = np.zeros_like(start.values)
        values[..., neuron.channel] = 1
        start = Signal(values, start.starts)
    lowest = min(numbers.values())
    for operation in network.below(number)[::-1]:
        problem = rule_of(operation)[1]
        if operation.output > lowest and problem:
            raise ValueError(f"The signal does not reach the layers you asked for: {problem}.")
    with network.lock:
        found = reverse(features, number, start, rule, stops=tuple(numbers.values()))
    whole = {}
    for layer, at in numbers.items():
        shape = network.shapes[at]
        whole[layer] = np.zeros(shape, features.values[at].dtype)
        if at in found:
            top, left, bottom, right = found[at].box()
            whole[layer][top:bottom, left:right] = found[at].values[0]
    return whole
