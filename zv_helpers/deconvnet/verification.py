"""`verify`: is the reverse pass right for this network? Its pictures beside those of TensorFlow's
automatic differentiation, layer by layer."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from ..cache import Cache
from ..features import extract_features
from ..images import InputImage, load_image, photographs
from ..network import Network, as_array, keras_and_tensorflow
from ..network.graph import RECTIFIERS
from ..network.network import Table
from ..network.running import walk, with_releases
from ..progress import Progress, watched
from ..targets import Target
from .mathematics import RULES, known_rule
from .projection import ProjectionWarning, project

PHOTOGRAPH = "tabby_cat"
FAR_BELOW = -1e4  # where a ReLU that leaks shows its slope; half precision has this number too
SCORE, MAPS = "class score", "maps"
SAME = "as above"
TINY = 1e-30  # below it, a signal is none


@dataclass(frozen=True)
class Check:
    """One row of a `Verification`: a layer's name (or "class score"), the target that was
    projected, and either `differences`, or the `sentence` that refuses the layer. Differences are
    {rule: the largest over the largest value of automatic differentiation; nan where both are zero
    everywhere}, and under "maps" that of the feature maps themselves."""

    layer: str
    target: Target | None = None
    differences: dict[str, float] | None = None
    sentence: str | None = None

    @property
    def worst(self) -> float:
        """The largest difference; nan where there is none."""
        return _largest((self.differences or {}).values())


@dataclass(frozen=True)
class Verification:
    """What `verify` found: a table to show at the end of a cell, and its `rows` for a program."""

    rules: tuple[str, ...]
    rows: tuple[Check, ...]

    @property
    def refused(self) -> tuple[Check, ...]:
        """The rows whose signal cannot get down to the pixels."""
        return tuple(row for row in self.rows if row.sentence)

    @property
    def worst(self) -> float:
        """The largest difference of all; nan where nothing could be compared."""
        return _largest(row.worst for row in self.rows)

    @property
    def text(self) -> str:
        """What came out, in one or two sentences."""
        compared = [row for row in self.rows if not np.isnan(row.worst)]
        told = []
        if compared:
            most = max(compared, key=lambda row: row.worst)
            told.append(
                f"{len(compared)} of {len(self.rows)} rows compared with automatic "
                f"differentiation; the largest difference is {_cell(most.worst)} of the largest "
                f"value, in {most.layer!r}."
            )
        if self.refused:
            first = self.refused[0]
            told.append(
                f"{len(self.refused)} of {len(self.rows)} rows are refused, the first of them "
                f"{first.layer!r}: {first.sentence}."
            )
        return " ".join(told) or "There was nothing to compare."

    def __repr__(self):
        columns, rows, last = (MAPS, *self.rules), [], None
        for row in self.rows:
            found, why = row.differences or {}, row.sentence or ""
            cells = [_cell(found[one]) if one in found else "refused" for one in columns]
            rows.append((row.layer, *cells, SAME if why and why == last else why))
            last = row.sentence
        shown = slice(None) if self.refused else slice(-1)
        header = ("layer", *columns, "why not")[shown]
        table = Table(header, tuple(row[shown] for row in rows))
        return f"{table}\n\n{self.text}"


def verify(
    network: Network,
    image: InputImage | None = None,
    rules: Iterable[str] = RULES,
    progress: Progress = True,
) -> Verification:
    """Compare the reverse pass with TensorFlow's automatic differentiation, layer by layer.

    The network's operations run forward under a gradient tape, each ReLU exchanged for one whose
    gradient is the rule's (the rule "gradient" needs none). From the strongest neuron of each layer
    and from the most probable class the tape's gradient, which starts as `project` does, is
    compared with `project` on the whole picture; "maps" compares the feature maps themselves with
    those of `extract_features`. In float32 a right reverse pass differs by about 1e-6 of the
    largest value, in deep networks by 1e-5; a wrong one by 0.01 and more.

    What this proves: each reverse rule, and the walk that joins them, is the transpose of what the
    layer computes there. What it does not: that the network was read rightly (`load_model` compares
    that with the model itself), or that a picture says why the network decides as it does. Switches
    and signs are those of the tape's own forward pass, so near ties tell nothing here. In half
    precision both round as they go, and differ by some 0.01. A rule of your own that is meant to
    differ from the gradient does so here.

    Args:
        network: from `load_model`.
        image: an `InputImage` made for it; by default a photograph of a cat.
        rules: some of "deconvnet", "guided" and "gradient".
        progress: True for a bar, False for none, or a function (see `progress.watched`).

    It takes a backward pass for each layer and rule (SqueezeNet: seconds; ResNet-50: a minute), in
    about the memory of one training step for one photograph, and can be interrupted. Returns a
    `Verification`, whose rows are in forward order, the class score last. Raises a ValueError for
    an unknown rule, or an image made for another network.
    """
    rules = tuple(dict.fromkeys(rules))
    for rule in rules:
        known_rule(rule)
    if image is None:
        image = load_image(photographs()[PHOTOGRAPH], network)
    features, numbers = extract_features(network, image), _values(network)
    problems = {name: network.problem(number) for name, number in numbers.items()}
    good = {name: number for name, number in numbers.items() if problems[name] is None}
    found = {name: Check(name, sentence=problems[name]) for name in numbers}
    answer, steps = None, [(rule, name) for rule in rules for name in good]
    for rule, name in watched(steps, "verify", progress):
        if answer is None or answer.rule != rule:
            answer = None  # before the next, for each holds a whole forward pass
            answer = _Answer(features, rule, max(good.values()))
        found[name] = answer.checked(found[name], good[name])
    return Verification(rules, tuple(found.values()))


def _values(network):
    """Return {layer or "class score": number of its value}, in forward order."""
    numbers = dict(network.graph.layer_values)
    if network.class_count is not None and network.class_maps is None:
        numbers[SCORE] = network.graph.scores
    return numbers


class _Answer:
    """What automatic differentiation says of one photograph, by one rule."""

    def __init__(self, features, rule, deepest):
        keras, tf = keras_and_tensorflow()
        network, self.pixels = features.network, keras.ops.convert_to_tensor(features.image.batch)
        steps = [one for one in network.graph.operations if one.output <= deepest]
        plan = with_releases(_exchanged(steps, rule), frozenset(features.values) | {deepest})
        with network.lock, tf.GradientTape(persistent=True) as self.tape:
            self.tape.watch(self.pixels)
            self.tensors = walk(plan, {0: self.pixels})
        values = {number: as_array(one) for number, one in self.tensors.items()}
        self.rule, self.whole = rule, features
        self.features = replace(features, values=values, cache=Cache())

    def checked(self, check, number):
        """Return the row with what this rule gives for one value."""
        mine = self.features
        target = mine.target() if check.layer == SCORE else mine.strongest(check.layer)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ProjectionWarning)
            ours = project(mine, target, self.rule).on_canvas()
        maps = _difference(self.whole.values[number], mine.values[number])
        differences = {MAPS: maps} | (check.differences or {})
        differences[self.rule] = _difference(ours, self.signal(target, number))
        return replace(check, target=target, differences=differences)

    def signal(self, target, number):
        """Return the gradient at the pixels, float RGB (h, w, 3), from where a target starts."""
        start = np.zeros_like(self.features.values[number])
        seed, (top, left, bottom, right) = target.seed(self.features), target.box(self.features)
        place = start[0] if seed.ndim == 1 else start[0, top:bottom, left:right]
        place[...] = seed
        signal = self.tape.gradient(
            self.tensors[number], self.pixels, output_gradients=start, unconnected_gradients="zero"
        )
        found = as_array(signal)[0]
        return self.features.network.spec.in_rgb(found)


def _exchanged(operations, rule):
    """List the operations that compute something, each ReLU with the rule's gradient."""
    apart = {one.output: one.layer for one in operations if one.compute is None}
    steps = [one for one in operations if one.compute is not None]
    if rule == "gradient":
        return steps
    return [
        replace(one, compute=_with_rule(one, apart.get(one.inputs[0]), rule))
        if one.kind in RECTIFIERS
        else one
        for one in steps
    ]


def _with_rule(operation, layer, rule):
    """Return the forward step of a ReLU with the rule's gradient. layer: the one that computes it
    inside itself, or None."""
    if layer is None:
        return _rectifier(operation.compute, rule)

    def compute(value):
        kept = layer.activation
        layer.activation = _rectifier(kept, rule)
        try:
            return operation.compute(value)
        finally:
            layer.activation = kept

    return compute


def _rectifier(forward: Callable, rule: str) -> Callable:
    """Return a ReLU that computes the same and has the rule's gradient. How much of a negative
    signal it lets through is asked of itself, far below zero."""
    _, tf = keras_and_tensorflow()

    def derivative(x, signal):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = forward(x)
        return tape.gradient(y, x, output_gradients=signal)

    @tf.custom_gradient
    def rectifier(x):
        def gradient(signal, variables=()):
            leak = derivative(tf.fill(tf.shape(x), tf.cast(FAR_BELOW, x.dtype)), signal)
            signal = tf.where(signal > 0, signal, leak)
            signal = signal if rule == "deconvnet" else derivative(x, signal)
            return (signal, [None] * len(variables)) if variables else signal

        return forward(x), gradient

    return rectifier


def _difference(ours, theirs):
    """The largest difference over the largest value; nan where both are zero everywhere."""
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    largest = np.abs(theirs).max()
    if largest < TINY:
        return float("nan") if np.abs(ours).max() < TINY else float("inf")
    return float(np.abs(ours - theirs).max() / largest)


def _largest(differences):
    return max((one for one in differences if not np.isnan(one)), default=float("nan"))


def _cell(difference):
    if np.isnan(difference):
        return "no signal"
    return f"{difference:.0e}" if difference else "0"
