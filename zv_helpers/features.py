"""Step 3, extract features: one forward pass that keeps every feature map, and what the switches
need."""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .cache import Cache
from .choose import target_of
from .images import InputImage
from .network import Network, as_array
from .network.caps import cap_of
from .network.network import class_scores
from .network.running import forward, onward, passing_by, pictures_at_once
from .network.tensorflow import as_tensor
from .network.weights import Weights
from .progress import Progress, watched
from .targets import ClassScore, Neuron, Target


@dataclass(frozen=True, eq=False)
class Features:
    """Every feature map of one forward pass. Made by `extract_features`.

    `features["fire9"]` is that layer's feature maps after its ReLU, float32 (h, w, channels),
    read-only.
    """

    network: Network
    image: InputImage
    values: dict = field(repr=False)
    weights: Weights = field(repr=False)  # of the network at that moment
    cache: Cache = field(repr=False, default_factory=Cache)  # what a reverse pass worked out

    def __repr__(self):
        size = f"{len(self.layers)} layers, {self.megabytes:.1f} MB"
        return f"Features of {self.image.name!r} in {self.network.name}: {size}"

    def __getstate__(self):
        return {"network": self.network, "image": self.image, "values": self.values}

    def __setstate__(self, state):
        for array in state["values"].values():
            array.setflags(write=False)
        self.__dict__.update(state, weights=state["network"].held[0], cache=Cache())

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers that were computed, in forward order."""
        known = self.network.graph.layer_values
        return tuple(name for name, number in known.items() if number in self.values)

    @property
    def megabytes(self) -> float:
        """How much memory the kept maps take, in MB."""
        return sum(value.nbytes for value in self.values.values()) / 1e6

    def __getitem__(self, layer: str) -> np.ndarray:
        """Return a layer's feature maps, float32 (h, w, channels); raises KeyError if there is no
        such layer, or the forward pass stopped before it."""
        number = self.network.layer_value(layer)
        if number not in self.values:
            raise KeyError(
                f"layer {layer!r} was not computed, because the forward pass stopped at "
                f"{self.layers[-1]!r}: call extract_features without upto"
            )
        return self.values[number][0]

    def value(self, number: int) -> np.ndarray:
        """Return a value (1, ...) by its number; if it was not kept, it is computed now."""
        return self.compute([number])[number]

    def compute(self, numbers: Iterable[int]) -> dict:
        """Return {number: value (1, ...)}, computing what was not kept in one forward pass."""
        missing = frozenset(numbers).difference(self.values)
        self.values.update(self.rerun_for(self.image.batch, missing, again=False))
        return self.values

    def rerun_for(
        self, batch: np.ndarray, numbers: Iterable[int], again: bool = True
    ) -> dict[int, np.ndarray]:
        """Run the forward pass for other inputs, as `rerun`, as often as it takes to compute all
        these values: {number: value (n, ...)}. One pass does, unless none lies above the rest."""
        found = dict[int, np.ndarray]()
        while missing := frozenset(numbers).difference(found):
            some = self.rerun(batch, max(missing), missing, again)
            found.update((n, some[n]) for n in missing.intersection(some))
        return found

    def rerun(
        self, batch: np.ndarray, number: int, kept: frozenset = frozenset(), again: bool = True
    ) -> dict[int, np.ndarray]:
        """Run the forward pass for other inputs, float32 (n, h, w, channels), up to a value:
        {number: value (n, ...)} of it and those to keep. again: more such passes will come. Raises
        a ValueError if the network was trained on since these features were extracted."""
        with self.network.lock:
            found, weights = forward(self.network, batch, number, kept, again)
        self._check(weights)
        return {n: as_array(tensor) for n, tensor in found.items()}

    def _check(self, weights):
        if weights is not self.weights:
            raise ValueError(
                f"{self.network.name!r} was trained on since the features of {self.image.name!r} "
                "were extracted: call extract_features again."
            )

    @functools.cached_property
    def logits(self) -> np.ndarray:
        """The class scores before softmax, float32 (classes,); (−z, z) where one number z tells two
        classes apart. Raises ValueError if the network ends in feature maps and has no classes."""
        number = ClassScore(0).number(self.network)
        if number not in self.values:
            what = "The forward pass stopped before the class scores"
            raise ValueError(f"{what}: call extract_features without upto.")
        return class_scores(self.values[number][0])

    @functools.cached_property
    def probabilities(self) -> np.ndarray:
        """The class probabilities, float32 (classes,) in [0, 1]."""
        return self.network.as_probabilities(self.logits)

    def top_classes(self, count: int = 5) -> list[tuple[int, str, float]]:
        """Return the most probable classes, best first: [(index, name, probability), ...]."""
        shares, name = self.probabilities, self.network.class_name
        best = np.argsort(-shares, kind="stable")[:count].tolist()
        return [(index, name(index), float(shares[index])) for index in best]

    def neuron(self, layer: str, channel: int, row: int, column: int) -> Neuron:
        """Return the neuron at a position of a feature map; raises KeyError if there is no such
        layer, IndexError if the feature map or the position lies outside it."""
        maps = self[layer]
        height, width, count = maps.shape
        asked = ("feature map", channel, count), ("row", row, height), ("column", column, width)
        for what, value, size in asked:
            if not 0 <= value < size:
                raise IndexError(
                    f"{layer} has {what}s 0 to {size - 1}, but {what} {value} was asked for"
                )
        return Neuron(layer, int(channel), int(row), int(column), float(maps[row, column, channel]))

    def strongest(self, layer: str, channel: int | None = None) -> Neuron:
        """Return the neuron with the largest activation in a layer, or in one of its feature maps;
        on a tie the first in row-major order. Behind a capped ReLU (ReLU6) it is the largest below
        the cap, where one is active: at the cap all are equal, and the gradient is zero."""
        if channel is not None:
            self.neuron(layer, channel, 0, 0)
        maps = self.below_cap(layer, channel)
        row, column, found = (int(i) for i in np.unravel_index(np.argmax(maps), maps.shape))
        return self.neuron(layer, found if channel is None else channel, row, column)

    def strongest_channels(self, layer: str, count: int | None = None) -> np.ndarray:
        """Return a layer's feature maps, int (count,), largest activation first (below the cap of a
        capped ReLU); ties in order."""
        peaks = self.below_cap(layer).max(axis=(0, 1))
        return np.argsort(-peaks, kind="stable")[:count]

    def cap(self, layer: str) -> float | None:
        """Return the cap of the ReLU that a layer's maps come from, 6 for ReLU6, or None."""
        return cap_of(self.network.graph, self.network.layer_value(layer))

    def count_at_cap(self, layer: str, channel: int) -> int:
        """Return how many neurons of a feature map lie at the cap of its ReLU."""
        cap = self.cap(layer)
        return 0 if cap is None else int(np.sum(self[layer][..., channel] >= cap))

    def below_cap(self, layer: str, channel: int | None = None) -> np.ndarray:
        """Return a layer's feature maps, or one of them, float32 (h, w, channels), with 0 for what
        lies at the cap of its ReLU; as they are where there is no cap, or nothing is active below
        it."""
        maps, cap = self[layer], self.cap(layer)
        maps = maps if channel is None else maps[..., [channel]]
        if cap is None:
            return maps
        below = np.where(maps < cap, maps, np.float32(0))
        return below if below.max() > 0 else maps

    def class_neuron(self, class_index: Any) -> ClassScore:
        """Return a class score as a target; raises IndexError if there is no such class."""
        target = ClassScore(int(class_index))
        target.check(self)
        return target

    def target(self, what: Any = None) -> Target:
        """Return the target that a class index, a class name or a `Target` means; for None the
        most probable class, or what stands for it (see `choose.default_target`)."""
        return target_of(self, what)

    def describe(self, target: Any) -> str:
        """Say in words which target this is; a class by its name and probability."""
        return self.target(target).describe(self)

    def receptive_field(self, target: Any) -> tuple[int, int, int, int] | None:
        """Return the box (top, left, bottom, right) of input pixels that a target sees."""
        return target.receptive_field(self)


def extract_features(network: Network, image: InputImage, upto: str | None = None) -> Features:
    """Run one forward pass and keep every feature map.

    Args:
        network: a `Network`.
        image: an `InputImage` that was made for it, or for another of the same `network.spec`.
        upto: the name of the deepest layer you need; by default the whole network runs.

    Raises a ValueError if the image was made for a network that takes another input, a KeyError if
    `upto` is no layer of the network.
    """
    if not isinstance(image, InputImage):
        came = type(image).__name__
        raise ValueError(
            f"Expected an image made with load_image(source, network), but got {came}."
        )
    if image.spec != network.spec:
        raise ValueError(
            f"Expected an image made for {network.name} ({network.spec}), but {image.name!r} was "
            f"made for {image.spec}: load it again with load_image(source, network)."
        )
    graph = network.graph
    number = graph.scores if upto is None else network.layer_value(upto)
    with network.lock:
        tensors, weights = forward(network, image.batch, number, graph.kept)
    return Features(network, image, {n: as_array(t) for n, t in tensors.items()}, weights)


def extract_together(
    network: Network, images: list[InputImage], number: int, kept: frozenset[int]
) -> list[Features]:
    """Run one forward pass of several images, made for the network, up to a value, and keep that
    and some others: the Features of each. Together they take less time than one by one."""
    batch = np.concatenate([image.batch for image in images])
    with network.lock:
        tensors, weights = forward(network, batch, number, kept)
    arrays = {n: as_array(tensor) for n, tensor in tensors.items()}
    return [
        Features(network, image, {n: array[i : i + 1] for n, array in arrays.items()}, weights)
        for i, image in enumerate(images)
    ]


def resume(
    features: Features, layer: str, maps: np.ndarray, number: int, again: bool = False
) -> np.ndarray:
    """Run the forward pass on from a layer, with n changed versions of its feature maps, float32
    (n, h, w, channels), the rest as it was. again: more such passes will come. Returns float32
    (n, ...): the value of that number for each version. Raises a ValueError if the network was
    trained on since."""
    network, start = features.network, features.network.layer_value(layer)
    beside = network.cache.once(passing_by, network.graph, start, number)
    values = features.compute(beside)
    with network.lock:
        passing = {n: as_tensor(values[n]) for n in sorted(beside)}
        found, weights = onward(network, start, maps, number, passing, again)
    features._check(weights)
    return as_array(found)


def rerun_changed(
    features: Features,
    changes: Sequence,
    changed: Callable[[Any], np.ndarray],
    numbers: Iterable[int],
    what: str,
    batch: int | None = None,
    progress: Progress = True,
) -> Iterator[tuple[Sequence, dict[int, np.ndarray]]]:
    """Show the network changed photographs, some at once, and read some of its values.

    Args:
        changes: what to do to the photograph, one change a time; changed: turns one of them into
            the pixels to look at, uint8 (h, w, channels).
        numbers: of the values to read; what: is done, in a few words, for the bar.
        batch: how many go through the network at once; by default at most 8, and no more than
            memory holds.
        progress: True for a bar, False for none, or a function (see `progress.watched`).

    Yields (some of the changes, {number: value (n, ...)} for these). Raises a ValueError if the
    network was trained on since the features were extracted.
    """
    network, numbers = features.network, frozenset(numbers)
    batch = batch or pictures_at_once(network.graph, max(numbers), most=8)
    again = len(changes) > 2 * batch
    for first in watched(range(0, len(changes), batch), what, progress):
        some = changes[first : first + batch]
        inputs = network.spec.prepare(np.stack([changed(one) for one in some]))
        yield some, features.rerun_for(inputs, numbers, again)
