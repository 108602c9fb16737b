"""Step 3, extract features: one forward pass that keeps every feature map, and what the switches
need."""

import functools
from dataclasses import dataclass, field

import numpy as np

from .images import InputImage
from .models import Network, as_array, keras_and_tensorflow, rules
from .models.rules import rule_of

LOGITS = "logits"


@dataclass(frozen=True)
class Neuron:
    """One neuron: a position (row, column) in one feature map (channel) of a layer, and its
    activation.

    Row and column are feature-map coordinates. A class score has the layer "logits", the class
    index as its channel, and no row or column.
    """

    layer: str
    channel: int
    row: int | None
    column: int | None
    activation: float

    def __str__(self):
        if self.layer == LOGITS:
            return f"class score {self.channel} ({self.activation:.3g})"
        return (
            f"{self.layer}, feature map {self.channel}, row {self.row}, column {self.column} "
            f"(activation {self.activation:.3g})"
        )


@dataclass(frozen=True, eq=False)
class Features:
    """Every feature map of one forward pass. Made by `extract_features`.

    `features["fire9"]` is that layer's feature maps after its ReLU, float32 (h, w, channels),
    read-only.
    """

    network: Network
    image: InputImage
    values: dict = field(repr=False)
    found: dict = field(repr=False, default_factory=dict)  # what a reverse pass worked out, to keep

    def __repr__(self):
        return (
            f"Features of {self.image.name!r} in {self.network.name}: "
            f"{len(self.layers)} layers, {self.megabytes:.1f} MB"
        )

    @property
    def layers(self):
        """The names of the layers that were computed, in forward order."""
        return tuple(name for name, number in self.network.units.items() if number in self.values)

    @property
    def megabytes(self):
        """How much memory the kept maps take, in MB."""
        return sum(value.nbytes for value in self.values.values()) / 1e6

    def __getitem__(self, layer):
        """Return a layer's feature maps, float32 (h, w, channels) in forward order's own scale.

        Raises:
            KeyError: there is no such layer, or the forward pass stopped before it.
        """
        number = self.network.units.get(layer)
        if number is None:
            raise KeyError(self.network.unknown(layer))
        if number not in self.values:
            raise KeyError(
                f"layer {layer!r} was not computed, because the forward pass stopped at "
                f"{self.layers[-1]!r}: call extract_features without upto"
            )
        return self.values[number][0]

    @functools.cached_property
    def logits(self):
        """The class scores before softmax, float32 (classes,).

        Raises:
            ValueError: the network ends in feature maps and has no classes.
        """
        number = self.network.logits
        if number is None:
            raise ValueError(
                f"{self.network.name!r} ends in feature maps and has no class scores: "
                'explain a neuron instead, for instance features.target(), or load "squeezenet".'
            )
        if number not in self.values:
            raise ValueError(
                "The forward pass stopped before the class scores: "
                "call extract_features without upto."
            )
        return self.values[number][0]

    @functools.cached_property
    def probabilities(self):
        """The class probabilities, float32 (classes,) in [0, 1]."""
        return self.network.as_probabilities(self.logits)

    def top_classes(self, count=5):
        """Return the `count` most probable classes, best first: [(index, name, probability),
        ...]."""
        best = np.argsort(-self.probabilities, kind="stable")[:count]
        return [
            (int(i), self.network.class_name(int(i)), float(self.probabilities[i])) for i in best
        ]

    def neuron(self, layer, channel, row, column):
        """Return the neuron at a position of a feature map.

        Raises:
            KeyError: there is no such layer.
            IndexError: the feature map or the position lies outside the layer.
        """
        maps = self[layer]
        for what, value, size in zip(
            ("feature map", "row", "column"),
            (channel, row, column),
            (maps.shape[2], *maps.shape[:2]),
            strict=True,
        ):
            if not 0 <= value < size:
                raise IndexError(
                    f"{layer} has {what}s 0 to {size - 1}, but {what} {value} was asked for"
                )
        return Neuron(layer, int(channel), int(row), int(column), float(maps[row, column, channel]))

    def strongest(self, layer, channel=None):
        """Return the neuron with the largest activation in a layer, or in one of its feature maps.

        On a tie the first in row-major order.
        """
        maps = self[layer]
        if channel is None:
            row, column, channel = np.unravel_index(np.argmax(maps), maps.shape)
        else:
            self.neuron(layer, channel, 0, 0)
            row, column = np.unravel_index(np.argmax(maps[..., channel]), maps.shape[:2])
        return self.neuron(layer, channel, row, column)

    def strongest_channels(self, layer, count=None):
        """Return a layer's feature maps ordered by their largest activation, strongest first, int
        (count,)."""
        peaks = self[layer].max(axis=(0, 1))
        return np.argsort(-peaks, kind="stable")[:count]

    def class_neuron(self, class_index):
        """Return a class score as a neuron, to project it or to explain it.

        Raises:
            IndexError: there is no such class.
        """
        if not 0 <= class_index < len(self.logits):
            raise IndexError(
                f"{self.network.name} has classes 0 to {len(self.logits) - 1}, "
                f"but class {class_index} was asked for"
            )
        score = float(self.logits[class_index])
        return Neuron(LOGITS, int(class_index), None, None, score)

    def target(self, class_index=None):
        """Return the neuron to explain: a class score (by default the most probable one).

        A network without classes has none; there it is the strongest neuron of its last layer.
        """
        if self.network.logits is None:
            if class_index is not None:
                return self.class_neuron(class_index)
            return self.strongest(self.last_convolution)
        return self.class_neuron(
            int(np.argmax(self.logits)) if class_index is None else class_index
        )

    @property
    def last_convolution(self):
        """The name of the last layer with more than one position that is no pool."""
        wide = [
            layer.name
            for layer in self.network.layers
            if layer.name in self.layers and layer.height * layer.width > 1
        ]
        return next(
            (n for n in reversed(wide) if "pool" not in self.network.layer(n).kind.lower()),
            wide[-1],
        )

    @property
    def neuron_layer(self):
        """The name of the layer to begin looking at neurons: the last convolution, or the layer
        before it where the last has one map for each class."""
        names = self.layers[: self.layers.index(self.last_convolution) + 1]
        names = [n for n in names if "pool" not in self.network.layer(n).kind.lower()]
        last, number = self.network.layer(names[-1]), self.network.logits
        classes = number is not None and last.channels == self.network.shapes[number][0]
        return names[-2] if classes and len(names) > 1 else names[-1]

    def describe(self, neuron):
        """Say in words which neuron this is; a class score by its class name."""
        if neuron.layer != LOGITS:
            return str(neuron)
        share = self.probabilities[neuron.channel]
        return f"class {neuron.channel}, {self.network.class_name(neuron.channel)!r} ({share:.0%})"

    def receptive_field(self, neuron):
        """Return the box (top, left, bottom, right) of input pixels that a neuron sees."""
        if neuron.layer == LOGITS:
            return self.network.pixels_of(self.network.logits, (0, 0, 1, 1))
        number = self.network.units[neuron.layer]
        row, column = neuron.row, neuron.column
        return self.network.pixels_of(number, (row, column, row + 1, column + 1))

    def switches(self, pool):
        """Return the switches of a max-pool: where each window's maximum was.

        Returns:
            int (h, w, channels), row-major positions in the plane of the maps that were pooled.

        Raises:
            KeyError: `pool` is not the name of a max-pool.
        """
        from .deconvnet.mathematics import find_switches
        from .deconvnet.rules import pool_geometry

        for operation in self.network.operations:
            if operation.name == pool and operation.kind == "MaxPooling2D":
                size, strides, before, _ = pool_geometry(operation)
                maps = self.values[operation.inputs[0]][0]
                return find_switches(maps, size, strides, before, operation.output_shape[:2])
        pools = [o.name for o in self.network.operations if o.kind == "MaxPooling2D"]
        raise KeyError(f"{pool!r} is no max-pool of {self.network.name}: its pools are {pools}")


def kept_values(network):
    """Return the numbers of the values a forward pass keeps: all feature maps, and what the rules
    read."""
    kept = {0, *network.units.values()}
    if network.logits is not None:
        kept.add(network.logits)
    for operation in network.operations:
        rule, _ = rule_of(operation)
        if rule is not None and rule.keeps == "input":
            kept.update(operation.inputs)
        if rule is not None and rule.keeps == "output":
            kept.add(operation.output)
    return kept


def extract_features(network, image, upto=None):
    """Run one forward pass and keep every feature map.

    Args:
        network: a `Network`.
        image: an `InputImage` that was loaded for this network.
        upto: the name of the deepest layer you need; by default the whole network runs.

    Returns:
        `Features`.

    Raises:
        ValueError: the image was loaded for a network of another input size.
        KeyError: `upto` is no layer of the network.
    """
    expected, came = (1, *network.input_size, 3), tuple(np.shape(image.batch))
    if came != expected:
        raise ValueError(
            f"{network.name} takes an input of shape {expected}, but the image has {came}: "
            "load the image again with load_image(source, network)."
        )
    if upto is not None and upto not in network.units:
        raise KeyError(network.unknown(upto))
    target = network.logits if network.logits is not None else network.output
    if upto is not None:
        target = network.units[upto]
    with network.lock:
        tensors = forward(network, image.batch, target)
    return Features(network, image, {n: as_array(t) for n, t in tensors.items()})


def forward(network, batch, target, keep=True):
    """Compute values of a network for a batch of inputs.

    Args:
        batch: float32 (n, h, w, 3), preprocessed.
        target: the number of the deepest value that is wanted.
        keep: keep all feature maps; otherwise only the target.

    Returns:
        {value number: tensor}.
    """
    keras, _ = keras_and_tensorflow()
    key = ("forward", target, keep, rules.registrations)
    if key not in network.prepared:
        steps = [operation for operation in network.below(target) if operation.compute is not None]
        kept = kept_values(network) if keep else set()
        network.prepared[key] = _with_releases(steps, kept | {target})
    return _run(network.prepared[key], {0: keras.ops.convert_to_tensor(batch)})


def resume(features, layer, maps, target=None):
    """Run the forward pass on from a layer whose feature maps were changed.

    Args:
        features: `Features` of the unchanged forward pass.
        layer: the name of the layer that was changed.
        maps: float32 (n, h, w, channels), n changed versions of `features[layer]`.
        target: the number of the value that is wanted; by default the class scores, before softmax.

    Returns:
        float32 (n, ...): the wanted value for each version.
    """
    keras, _ = keras_and_tensorflow()
    network, start = features.network, features.network.units[layer]
    target = network.logits if target is None else target
    changed, steps = {start}, []
    for operation in network.below(target):
        if operation.compute is not None and changed.intersection(operation.reads):
            changed.add(operation.output)
            steps.append(operation)
    beside = {n for operation in steps for n in operation.reads} - changed
    with network.lock:
        values = {start: keras.ops.convert_to_tensor(maps)}
        for number in beside:  # branches that pass the changed layer by
            value = features.values.get(number)
            if value is None:
                value = forward(network, features.image.batch, number, keep=False)[number]
            values[number] = keras.ops.repeat(value, len(maps), axis=0)
        return as_array(_run(_with_releases(steps, {target}), values)[target])


def _run(plan, values):
    for operation, done in plan:
        values[operation.output] = operation.compute(*(values[n] for n in operation.reads))
        for number in done:
            del values[number]
    return values


def _with_releases(steps, kept):
    """List (operation, the values nobody needs after it): memory holds only what is kept."""
    last = {}
    for position, operation in enumerate(steps):
        for number in (*operation.reads, operation.output):
            last[number] = position
    releases = [[] for _ in steps]
    for number, position in last.items():
        if number not in kept:
            releases[position].append(number)
    return list(zip(steps, releases, strict=True))
