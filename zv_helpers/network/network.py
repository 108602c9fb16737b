"""A network as the workbook sees it: its layers, their receptive fields, what can be reversed."""

import difflib
import functools
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..cache import Cache
from .graph import Graph, cautions, refusal
from .reading import activation_name
from .receptive_fields import Box, interval_of, windows_below
from .spec import InputSpec
from .weights import Weights, values_of, variables_of


@dataclass(frozen=True)
class Layer:
    """One layer whose feature maps can be looked at, a row of the model table. `receptive_field` is
    its size (h, w) in input pixels where no border cuts it (None: unknown); `switches` counts the
    max-pools below it; `reverse` is "yes", "yes (no switches)" where a neuron's picture is the same
    for every photograph, or says why it cannot be reversed."""

    name: str
    kind: str
    channels: int
    height: int
    width: int
    receptive_field: tuple[int, int] | None
    switches: int
    reverse: str


@dataclass(frozen=True, eq=False)
class Network:
    """A convolutional network whose every operation is known by name, made by `load_model`. `spec`
    says what its input looks like; `class_names` are in class order; `recipe` holds the arguments
    of `load_model` that make it again (None: your own model), `loaded` the weights that a name gave
    it. It can be pickled (see `loading`).
    Train its `keras_model` on as you like: each forward pass sees the weights of that moment."""

    name: str
    keras_model: Any = field(repr=False)
    spec: InputSpec
    class_names: tuple[str, ...] | None = field(repr=False)
    graph: Graph = field(repr=False)
    recipe: dict | None = field(repr=False, default=None)
    lock: Any = field(repr=False, default_factory=threading.RLock)
    cache: Cache = field(repr=False, default_factory=Cache)
    held: list[Weights] = field(repr=False, default_factory=lambda: [Weights()])
    loaded: Weights | None = field(repr=False, default=None)

    def __repr__(self):
        h, w = self.input_size
        classes = f"{len(self.class_names)} classes" if self.class_names else "no class names"
        return f"Network {self.name!r}: {h} × {w} pixels, {len(self.layers)} layers, {classes}"

    def __reduce__(self):
        from .loading import taken_apart

        return taken_apart(self)

    @property
    def input_size(self) -> tuple[int, int]:
        """(h, w) of the picture it takes, in pixels."""
        return self.spec.size

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers whose feature maps can be looked at, in forward order."""
        return tuple(self.cache.once(_layers, owner=self).values())

    @functools.cached_property
    def logits(self) -> int | None:
        """The number of the value that holds the class scores: any vector that the network ends in,
        before a softmax or sigmoid. None where it ends in feature maps."""
        number = self.graph.scores
        return number if len(self.graph.shapes[number]) == 1 else None

    @functools.cached_property
    def class_maps(self) -> str | None:
        """The last layer, one feature map for each class, of a network that names every position of
        the picture (segmentation), or None."""
        number, shape = self.graph.scores, self.graph.shapes[self.graph.scores]
        named = number != self.graph.output or shape[-1:] == (len(self.class_names or ()),)
        layers = {value: name for name, value in self.graph.layer_values.items()}
        return layers.get(number) if named else None

    @property
    def score_count(self) -> int | None:
        """How many numbers hold the class scores, or None for a body without classes: one for each
        class, but a single one where it tells two classes apart."""
        without = self.logits is None and self.class_maps is None
        return None if without else self.graph.shapes[self.graph.scores][-1]

    @property
    def class_count(self) -> int | None:
        """How many classes it tells apart, or None for a body without classes."""
        count = self.score_count
        return 2 if count == 1 and self.logits is not None else count

    def as_probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Turn class scores (..., classes) into probabilities, float32 in [0, 1]: by the sigmoid
        that the network ends in or that one score for two classes means, or else by softmax."""
        final = self.graph.producers[self.graph.output]
        named = final.kind == "Classifier" and "sigmoid" in activation_name(final.layer).lower()
        squashed = sigmoid if named or self.score_count == 1 else softmax
        return squashed(logits).astype(np.float32)

    def weights_in(self, variables: Iterable, tensors: Iterable) -> Weights:
        """Return the `Weights` that a forward pass read, from its variables and what they held: the
        same as before, unless the network was trained on since."""
        if not self.held[0].agree(variables, tensors):
            self.held[0] = Weights()
            self.held[0].agree(variables, tensors)
        return self.held[0]

    @property
    def is_as_loaded(self) -> bool:
        """Whether its weights are those that a name gave it: it was not trained on since. False for
        a model that was handed over."""
        if self.loaded is None:
            return False
        variables = variables_of(self.graph.operations)
        with self.lock:
            return self.loaded.equal(variables, values_of(variables))

    def problem(self, number: int) -> str | None:
        """Say why the signal cannot be taken from a value down to the pixels, or return None."""
        return self.cache.once(_problem, self.graph, number)

    def pixels_of(self, number: int, box: Box, endless: bool = False) -> Box | None:
        """Find the pixels that a box (top, left, bottom, right) of a value's positions sees: such a
        box in input pixels, cut where the picture ends, or, if `endless`, as if no map had borders;
        None where an operation has no known window."""
        if self.cache.once(windows_below, self.graph, number) is None:
            return None
        ends = (box[0], box[2]), (box[1], box[3])
        about = [(number, *pair, axis, endless) for axis, pair in enumerate(ends)]
        (top, bottom), (left, right) = (self.cache.once(_seen, *one, owner=self) for one in about)
        return top, left, bottom, right

    def receptive_field_size(self, number: int) -> tuple[int, int] | None:
        """Return the size (h, w) of one position's receptive field without borders, or None."""
        far = 2**40  # in the middle of an endless picture
        box = self.pixels_of(number, (far, far, far + 1, far + 1), endless=True)
        if box is None:
            return None
        size = box[2] - box[0], box[3] - box[1]
        return self.input_size if max(size) > far // 2 else size  # a branch may read all of it

    def middles(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the middles, in pixels, of the receptive fields of a value's rows, float (h,), and
        columns, float (w,), as if the picture had no borders, and spread evenly where an operation
        has no known window."""
        boxes = [self.pixels_of(number, (i, i, i + 1, i + 1), endless=True) for i in (0, 1)]
        found = []
        for axis, count in enumerate(self.graph.shapes[number][:2]):
            even = self.input_size[axis] / count
            seen = [(box[axis] + box[axis + 2]) / 2 for box in boxes if box]
            start, end = seen or (even / 2, 1.5 * even)
            found.append(start + (end - start) * np.arange(count))
        return found[0], found[1]

    def layer_value(self, name: str) -> int:
        """Return the number of the value that holds a layer's feature maps; raises KeyError, which
        lists the nearest names, if there is no such layer."""
        values = self.graph.layer_values
        if name in values:
            return values[name]
        what = f"{self.name} has no layer {name!r}"
        if any(operation.name == name for operation in self.graph.operations):
            what = f"layer {name!r} of {self.name} keeps no feature maps to look at"
        if not values:
            raise KeyError(f"{what}, nor any other with feature maps")
        near = _near(name, values, 0.4) or f"{next(iter(values))}, {next(reversed(values))}"
        raise KeyError(f"{what}: try {near}, or see network.summary()")

    def layer(self, name: str) -> Layer:
        """Return the `Layer` of that name; raises KeyError like `layer_value`."""
        self.layer_value(name)
        return self.cache.once(_layers, owner=self)[name]

    def class_name(self, index: int) -> str:
        """Return the name of a class, or "class 281" where the names are not known."""
        return self.class_names[index] if self.class_names else f"class {index}"

    def class_index(self, name: str) -> int:
        """Return the index of the class with that name, in capital or small letters; raises
        KeyError, which lists the nearest names, if there is none."""
        names = self.class_names or ()
        if name in names:
            return names.index(name)
        small = [one.lower() for one in names]
        if small.count(str(name).lower()) == 1:
            return small.index(str(name).lower())
        near = _near(name, names, 0.5)
        raise KeyError(f"{self.name} knows no class named {name!r}" + (near and f": try {near}"))

    def summary(self) -> "Table":
        """Return the table of layers, to show at the end of a cell. Why a layer cannot be reversed
        stands under it."""
        header = ("layer", "kind", "feature maps", "size", "receptive field", "switches", "reverse")
        rows, reasons = [], dict[str, str]()
        for one in self.layers:
            reverse = one.reverse
            if not reverse.startswith("yes"):
                reverse = reasons.setdefault(reverse, f"no ({len(reasons) + 1})")
            seen = "{} × {}".format(*one.receptive_field) if one.receptive_field else "?"
            maps, size, pools = str(one.channels), f"{one.height} × {one.width}", str(one.switches)
            rows.append((one.name, one.kind, maps, size, seen, pools, reverse))
        notes = (f"{number.removeprefix('no ')} {text}" for text, number in reasons.items())
        return Table(header, tuple(rows), tuple(notes))


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return softmax over the last axis, float64."""
    powers = np.exp(np.asarray(scores, np.float64) - np.max(scores, axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def sigmoid(scores: np.ndarray) -> np.ndarray:
    """Return the sigmoid of each score, float64."""
    from scipy.special import expit

    return expit(np.asarray(scores, np.float64))


def class_scores(outputs: np.ndarray) -> np.ndarray:
    """Return a score for each class, (..., classes): one output number z is two classes, (−z, z).

    >>> class_scores(np.array([[3.0], [-1.0]]))
    array([[-3.,  3.],
           [ 1., -1.]])
    """
    outputs = np.asarray(outputs)
    return outputs if outputs.shape[-1] != 1 else np.concatenate([-outputs, outputs], axis=-1)


def _near(name, names, cutoff):
    """List the nearest names with commas between them: "" if none is near."""
    return ", ".join(difflib.get_close_matches(str(name), names, n=3, cutoff=cutoff))


def _problem(graph, number):
    return refusal(reversed(graph.below(number)))


def _layers(network):
    return {name: _layer(network, name, n) for name, n in network.graph.layer_values.items()}


def _layer(network, name, number):
    graph = network.graph
    below, final = graph.below(number), graph.producers[number]
    kind = final.kind
    if kind in ("Rectifier", "Activation"):
        source = graph.producers.get(final.inputs[0])
        while source is not None and source.kind in ("BatchNormalization", "ZeroPadding2D"):
            source = graph.producers.get(source.inputs[0])
        kind = final.rectifier.name if kind == "Rectifier" else activation_name(final.layer)
        kind = kind if source is None else f"{source.kind} + {kind}"
    height, width, channels = graph.shapes[number]
    seen, weak = network.receptive_field_size(number), ", ".join(cautions(below))
    switches = sum(operation.kind == "MaxPooling2D" for operation in below)
    reverse = network.problem(number) or (f"yes ({weak})" if weak else "yes")
    return Layer(name, kind, channels, height, width, seen, switches, reverse)


@dataclass(frozen=True)
class Table:
    """Rows of text that print in columns, and notes under them."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def __repr__(self):
        rows = [self.header, *self.rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        rows.insert(1, tuple("─" * width for width in widths))
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join([*lines, *self.notes])


def _seen(network, number, start, stop, axis, endless):
    route = network.cache.once(windows_below, network.graph, number)
    return interval_of(network.graph, route, number, (start, stop), endless, axis)
