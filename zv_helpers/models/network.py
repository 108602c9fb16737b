"""A network as the workbook sees it: its layers, their receptive fields, and what can be
reversed."""

import difflib
import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from . import rules
from .graph import activation_name
from .rules import known_windows, rule_of


@dataclass(frozen=True)
class Layer:
    """One layer whose feature maps can be looked at: one row of the model table.

    `receptive_field` is its size (h, w) in input pixels where no border cuts it (None: unknown);
    `switches` counts the max-pools between the pixels and this layer; `reverse` is "yes", "yes (no
    switches)" where the deconvnet picture of a neuron is the same for every photograph, or says why
    the layer cannot be reversed.
    """

    name: str
    kind: str
    channels: int
    height: int
    width: int
    receptive_field: tuple
    switches: int
    reverse: str


@dataclass(frozen=True, eq=False)
class Network:
    """A convolutional network whose every operation is known by name. Made by `load_model`.

    Attributes:
        name: the network's name.
        keras_model: the `keras.Model`.
        input_size: (h, w) of the picture it takes, in pixels.
        class_names: a tuple of names in class order, or None.
        preprocess_text: in one sentence, what happens to the pixels before the first layer.

    The network reads its weights once. After you train `keras_model` further, call `load_model`
    again.
    """

    name: str
    keras_model: object = field(repr=False)
    input_size: tuple
    class_names: tuple | None = field(repr=False)
    preprocess: Callable = field(repr=False)
    postprocess: Callable = field(repr=False)
    preprocess_text: str = field(repr=False)
    operations: tuple = field(repr=False)
    output: int = field(repr=False)
    shapes: dict = field(repr=False)
    lock: object = field(repr=False, default_factory=threading.RLock)
    prepared: dict = field(repr=False, default_factory=dict)

    def __repr__(self):
        h, w = self.input_size
        classes = f"{len(self.class_names)} classes" if self.class_names else "no class names"
        return f"Network {self.name!r}: {h} × {w} pixels, {len(self.layers)} layers, {classes}"

    @functools.cached_property
    def producers(self):
        """{value number: the operation that computes it}."""
        return {operation.output: operation for operation in self.operations}

    @functools.cached_property
    def units(self):
        """{layer name: value number} of every layer whose feature maps can be looked at.

        A convolution, its batch norm and its ReLU are one unit, named after the last of them.
        """
        readers = {}
        for operation in self.operations:
            for number in operation.inputs:
                readers.setdefault(number, []).append(operation)
        inside = ("BatchNormalization", "Rectifier", "Activation")
        no_maps = ("Rescaling", "Normalization", "ZeroPadding2D", "Dropout", "SpatialDropout2D")
        units = {}
        for operation in self.operations:
            followers = readers.get(operation.output, [])
            within = len(followers) == 1 and followers[0].kind in inside
            within = within and operation.kind not in ("MaxPooling2D", "Add", "Concatenate")
            within = within or len(followers) == 1 and followers[0].kind == "Rectifier"
            plain = operation.kind in no_maps
            if len(operation.output_shape) == 3 and not within and not plain:
                units[operation.name] = operation.output
        return units

    @property
    def layers(self):
        """The layers whose feature maps can be looked at, a tuple of `Layer` in forward order."""
        key = ("layers", rules.registrations)
        if key not in self.prepared:
            self.prepared[key] = tuple(self._layer(*unit) for unit in self.units.items())
        return self.prepared[key]

    @functools.cached_property
    def logits(self):
        """The number of the value that holds the class scores, or None for a body without
        classes."""
        final = self.producers.get(self.output)
        if final is None or len(final.output_shape) != 1:
            return None
        if final.kind == "Classifier":
            return final.inputs[0]
        return self.output if final.kind in ("Dense", "Identity") or self.class_names else None

    def as_probabilities(self, logits):
        """Turn class scores (..., classes) into probabilities, by softmax or by what the network
        ends in."""
        logits = np.asarray(logits, np.float64)
        final = self.producers[self.output]
        if final.kind == "Classifier" and "sigmoid" in activation_name(final.layer).lower():
            return (1 / (1 + np.exp(-logits))).astype(np.float32)
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)

    @functools.cached_property
    def flips_channels(self):
        """Whether the network reads its pixels as BGR: found by showing it a red picture."""
        black = np.zeros((1, 1, 1, 3), np.float32)
        red = black.copy()
        red[..., 0] = 255
        moved = np.abs(np.asarray(self.preprocess(red)) - np.asarray(self.preprocess(black)))
        return bool(moved[0, 0, 0, 2] > moved[0, 0, 0, 0])

    def _layer(self, name, number):
        below = self.below(number)
        final = self.producers[number]
        kind = final.kind
        if kind in ("Rectifier", "Activation"):
            source = self.producers.get(final.inputs[0])
            while source is not None and source.kind in ("BatchNormalization", "ZeroPadding2D"):
                source = self.producers.get(source.inputs[0])
            kind = final.rectifier.name if kind == "Rectifier" else activation_name(final.layer)
            kind = kind if source is None else f"{source.kind} + {kind}"
        height, width, channels = self.shapes[number]
        return Layer(
            name=name,
            kind=kind,
            channels=channels,
            height=height,
            width=width,
            receptive_field=self.receptive_field_size(number),
            switches=sum(operation.kind == "MaxPooling2D" for operation in below),
            reverse=self.problem(number) or _caution(below),
        )

    def below(self, number):
        """List the operations between the pixels and a value, in forward order."""
        wanted, found = {number}, []
        for operation in reversed(self.operations):
            if operation.output in wanted:
                wanted.update(operation.inputs)
                found.append(operation)
        return found[::-1]

    def problem(self, number):
        """Say why the signal cannot be taken from a value down to the pixels, or return None."""
        key = ("problem", number, rules.registrations)
        if key not in self.prepared:
            problems = (rule_of(operation)[1] for operation in reversed(self.below(number)))
            self.prepared[key] = next(filter(None, problems), None)
        return self.prepared[key]

    def pixels_of(self, number, box, endless=False):
        """Find the pixels that a box of a value's positions sees.

        Args:
            number: the value; box: (top, left, bottom, right) in its positions.
            endless: take all maps to have no borders; otherwise the box is cut where the picture
                ends.

        Returns:
            (top, left, bottom, right) in input pixels, or None where an operation has no known
            window.
        """
        windows = {number: ((box[0], box[2]), (box[1], box[3]))}
        for operation, arithmetic in self._windows_below(number):
            outer = windows.pop(operation.output)
            if arithmetic is None:
                return None
            for value, window in zip(operation.inputs, arithmetic, strict=True):
                here = tuple(window.inputs(*outer[axis], axis) for axis in (0, 1))
                size = self.shapes[value]
                if not endless and len(size) == 3:
                    here = tuple(_within(a, b, n) for (a, b), n in zip(here, size[:2], strict=True))
                if value in windows:
                    here = tuple(
                        (min(a, c), max(b, d))
                        for (a, b), (c, d) in zip(here, windows[value], strict=True)
                    )
                windows[value] = here
        (top, bottom), (left, right) = windows.get(0, ((0, 0), (0, 0)))
        return top, left, bottom, right

    def _windows_below(self, number):
        """List (operation, the window arithmetic of its inputs) from a value down to the pixels."""
        key = ("windows", number, rules.registrations)
        if key not in self.prepared:
            below = reversed(self.below(number))
            self.prepared[key] = [(operation, known_windows(operation)) for operation in below]
        return self.prepared[key]

    def receptive_field_size(self, number):
        """Return the size (h, w) of the receptive field of one position where no border cuts it, or
        None."""
        key = ("field", number, rules.registrations)
        if key not in self.prepared:
            far = 2**40  # in the middle of an endless picture
            box = self.pixels_of(number, (far, far, far + 1, far + 1), endless=True)
            size = box and (box[2] - box[0], box[3] - box[1])
            if size and max(size) > far // 2:  # some branch reads the whole picture
                size = self.input_size
            self.prepared[key] = size
        return self.prepared[key]

    def layer(self, name):
        """Return the `Layer` of that name.

        Raises:
            KeyError: there is none; the message lists the nearest names.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(self.unknown(name))

    def unknown(self, name):
        """Say that there is no such layer, and which names are near."""
        names = list(self.units)
        near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.4)
        inner = any(operation.name == name for operation in self.operations)
        what = (
            f"layer {name!r} of {self.name} keeps no feature maps to look at"
            if inner
            else f"{self.name} has no layer {name!r}"
        )
        return f"{what}: try {', '.join(near or (names[0], names[-1]))}, or see network.summary()"

    def class_name(self, index):
        """Return the name of a class, or "class 281" where the names are not known."""
        return self.class_names[index] if self.class_names else f"class {index}"

    def class_index(self, name):
        """Return the index of the class with that name.

        Raises:
            KeyError: there is none; the message lists the nearest names.
        """
        names = self.class_names or ()
        if name in names:
            return names.index(name)
        near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
        hint = f": try {', '.join(near)}" if near else ""
        raise KeyError(f"{self.name} knows no class named {name!r}{hint}")

    def summary(self):
        """Return the table of layers, to show at the end of a cell."""
        return Table(
            ("layer", "kind", "feature maps", "size", "receptive field", "switches", "reverse"),
            tuple(
                (
                    layer.name,
                    layer.kind,
                    str(layer.channels),
                    f"{layer.height} × {layer.width}",
                    "?"
                    if layer.receptive_field is None
                    else "{} × {}".format(*layer.receptive_field),
                    str(layer.switches),
                    layer.reverse,
                )
                for layer in self.layers
            ),
        )


def _within(start, stop, extent):
    """Cut an interval at the borders; of one that lies outside, the nearest position is left."""
    start = min(max(start, 0), extent - 1)
    return start, max(min(stop, extent), start + 1)


def _caution(below):
    """The last column of the model table for layers that can be reversed."""
    return f"yes ({', '.join(cautions(below))})" if cautions(below) else "yes"


def cautions(below):
    """Say in a word or two what weakens a deconvnet picture through these operations: a list."""
    kinds = {operation.kind for operation in below}
    found = []
    if not kinds & {"MaxPooling2D", "GlobalMaxPooling2D"}:
        found.append("no switches")
    if "AveragePooling2D" in kinds:
        found.append("average pools")
    return found


@dataclass(frozen=True)
class Table:
    """Rows of text that print in columns."""

    header: tuple
    rows: tuple

    def __repr__(self):
        rows = [self.header, *self.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(len(self.header))]
        lines = [
            "  ".join(c.ljust(n) for c, n in zip(r, widths, strict=True)).rstrip() for r in rows
        ]
        lines.insert(1, "  ".join("─" * n for n in widths))
        return "\n".join(lines)
