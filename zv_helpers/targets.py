"""What is explained: a class score, a neuron, or a region of a feature map.

The one place that knows where each sits in the network, how to seed its signal, how to read its
value and how to name it. All else asks the target and never asks what it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .network.network import Network, class_scores, sigmoid, softmax
from .network.receptive_fields import Box


class Target:
    """Something that can be explained; frozen, hashable, and can be pickled.

    Attributes:
        layer: the name of the layer it lies in; None for a class score.
        kinds: the kinds of value it has, among "score", "probability" and "activation".
        measure: the one a learner reads.
    """

    layer: str | None
    channel: int
    kinds: tuple[str, ...] = ("score", "activation")
    measure = "activation"

    def number(self, network: Network) -> int:
        """Return the number of the network's value that the target lies in."""
        return network.layer_value(self.layer or "")

    def check(self, features: Any) -> None:
        """Raise a KeyError, IndexError or ValueError, one sentence, if the target is not there."""

    def name(self, network: Network) -> str:
        """Name the target in a few words."""
        return f"{self.layer}, map {self.channel}"

    def class_index(self, network: Network) -> int | None:
        """Return the index of the class that the target lies in, or None."""
        return self.channel if self.layer == network.class_maps else None

    def describe(self, features: Any) -> str:
        """Say in words which target this is."""
        return str(self)

    def box(self, features: Any) -> Box:
        """Return (top, left, bottom, right), the positions of its value that the target covers."""
        raise NotImplementedError

    def seed(self, features: Any, own: bool = True) -> np.ndarray:
        """Return the signal to start from, in the target's box: (h, w, channels), or (classes,).

        own: start from the target's own activations (Zeiler & Fergus 2014, §2.1; a class score
        starts from 1). Otherwise so that the gradient rule gives the derivative of its value.
        """
        raise NotImplementedError

    def value(
        self, outputs: np.ndarray, kind: str | None = None, probabilities: Callable = softmax
    ) -> np.ndarray:
        """Read the target's value off a batch of outputs, float (n, ...): float (n,).

        kind: one of `kinds` (else a ValueError), by default `measure`. probabilities: how class
        scores become probabilities, `network.as_probabilities`.
        """
        kind = kind or self.measure
        if kind not in self.kinds:
            known = ", ".join(self.kinds)
            raise ValueError(f"Expected the value of {self} to be {known}, but got {kind!r}.")
        return self._read(probabilities(outputs) if kind == "probability" else np.asarray(outputs))

    def _read(self, outputs):
        raise NotImplementedError

    def of(self, features: Any, kind: str | None = None) -> float:
        """Return the target's value in features."""
        network = features.network
        outputs = features.value(self.number(network))
        return float(self.value(outputs, kind, network.as_probabilities)[0])

    def receptive_field(self, features: Any) -> Box | None:
        """Return the box (top, left, bottom, right) of input pixels that the target sees, or None
        where an operation has no known window."""
        return features.network.pixels_of(self.number(features.network), self.box(features))


@dataclass(frozen=True)
class ClassScore(Target):
    """The score of a class, before softmax. Where one output number z tells two classes apart,
    class 1 has the score z, class 0 the score −z, and its sigmoid is the probability."""

    index: int
    layer = None
    kinds = ("score", "probability")
    measure = "probability"

    def __str__(self):
        return f"class score {self.index}"

    def number(self, network: Network) -> int:
        if network.logits is None:
            raise ValueError(
                f"{network.name!r} ends in feature maps and has no class scores: "
                'explain a neuron instead, for instance features.target(), or load "squeezenet".'
            )
        return network.logits

    def check(self, features: Any) -> None:
        classes = len(features.logits)
        if not 0 <= self.index < classes:
            raise IndexError(
                f"{features.network.name} has classes 0 to {classes - 1}, "
                f"but class {self.index} was asked for"
            )

    def class_index(self, network: Network) -> int | None:
        return self.index

    def name(self, network: Network) -> str:
        return network.class_name(self.index)

    def describe(self, features: Any) -> str:
        share = features.probabilities[self.index]
        return f"class {self.index}, {self.name(features.network)!r} ({share:.0%})"

    def box(self, features: Any) -> Box:
        return 0, 0, 1, 1

    def seed(self, features: Any, own: bool = True) -> np.ndarray:
        if features.network.score_count == 1:
            return np.array([1 if self.index else -1], features.logits.dtype)
        return np.eye(1, len(features.logits), self.index, features.logits.dtype)[0]

    def value(
        self, outputs: np.ndarray, kind: str | None = None, probabilities: Callable = softmax
    ) -> np.ndarray:
        if np.shape(outputs)[-1] == 1 and probabilities is softmax:
            probabilities = sigmoid
        return super().value(class_scores(outputs), kind, probabilities)

    def _read(self, outputs):
        return outputs[:, self.index]


@dataclass(frozen=True)
class Neuron(Target):
    """One neuron: a position (row, column) in one feature map (channel) of a layer, in feature-map
    coordinates, and its activation."""

    layer: str
    channel: int
    row: int
    column: int
    activation: float

    def __str__(self):
        return (
            f"{self.layer}, feature map {self.channel}, row {self.row}, column {self.column} "
            f"(activation {self.activation:.3g})"
        )

    def check(self, features: Any) -> None:
        features.neuron(self.layer, self.channel, self.row, self.column)

    def box(self, features: Any) -> Box:
        return self.row, self.column, self.row + 1, self.column + 1

    def seed(self, features: Any, own: bool = True) -> np.ndarray:
        maps = features[self.layer]
        seed = np.zeros((1, 1, maps.shape[2]), maps.dtype)
        seed[..., self.channel] = self.activation if own else 1
        return seed

    def _read(self, outputs):
        return outputs[:, self.row, self.column, self.channel]


@dataclass(frozen=True)
class Region(Target):
    """The mean of a feature map over a part of it. In the layer of a segmentation-like output, a
    class where the picture shows it.

    Attributes:
        layer, channel: the feature map.
        part: (top, left, bottom, right) in feature-map coordinates; or a mask, bool (h, w), kept as
            nested tuples; None for the whole map.
    """

    layer: str
    channel: int
    part: Any = None
    kinds = ("score", "probability", "activation")

    def __post_init__(self):
        part = self.part
        if np.ndim(part) == 2:
            part = map(tuple, np.asarray(part, bool).tolist())
        object.__setattr__(self, "part", None if part is None else tuple(part))

    def __str__(self):
        where = "the whole map"
        if np.ndim(self.part) == 2:
            where = f"{np.count_nonzero(self.part)} positions"
        elif self.part is not None:
            top, left, bottom, right = self.part
            where = f"rows {top}–{bottom - 1}, columns {left}–{right - 1}"
        return f"{self.layer}, feature map {self.channel}, {where}"

    def positions(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return the mask of its positions, bool (h, w), for feature maps of that shape."""
        if np.ndim(self.part) == 2:
            return np.array(self.part, bool)
        mask = np.zeros(shape[:2], bool)
        top, left, bottom, right = self.part or (0, 0, *shape[:2])
        mask[top:bottom, left:right] = True
        return mask

    def check(self, features: Any) -> None:
        maps = features[self.layer]
        features.neuron(self.layer, self.channel, 0, 0)
        mask = self.positions(maps.shape)
        if mask.shape != maps.shape[:2] or not mask.any():
            raise IndexError(
                f"Expected a region of {self.layer}'s {maps.shape[0]} × {maps.shape[1]} positions, "
                f"but got {self}: choose some of its rows and columns."
            )

    def name(self, network: Network) -> str:
        is_class = self.layer == network.class_maps
        return network.class_name(self.channel) if is_class else super().name(network)

    def describe(self, features: Any) -> str:
        if self.layer != features.network.class_maps:
            return str(self)
        share = self.of(features, "probability")
        return f"class {self.channel}, {self.name(features.network)!r} ({share:.0%} where it lies)"

    def box(self, features: Any) -> Box:
        rows, columns = np.nonzero(self.positions(features[self.layer].shape))
        return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1

    def seed(self, features: Any, own: bool = True) -> np.ndarray:
        maps, seed = features[self.layer], np.zeros_like(features[self.layer])
        mask = self.positions(maps.shape)
        seed[mask, self.channel] = maps[mask, self.channel] if own else 1 / mask.sum()
        top, left, bottom, right = self.box(features)
        return seed[top:bottom, left:right]

    def _read(self, outputs):
        return outputs[:, self.positions(outputs.shape[1:]), self.channel].mean(axis=1)


def class_target(features: Any, index: int) -> Target:
    """Return the target that a class index means: its score; or, in a segmentation-like output, the
    positions at which it wins (the whole map where it wins nowhere)."""
    layer = features.network.class_maps
    if layer is None:
        return ClassScore(index)
    maps = features[layer]
    wins = maps.argmax(axis=-1) == index if maps.shape[2] > 1 else maps[..., 0] > 0
    return Region(layer, index, wins if wins.any() else None)


def resolved(features: Any, what: Any) -> Target:
    """Return the target that `what` means: a class index, a class name, or a `Target` as it is.

    Raises an IndexError or KeyError for a class, layer or position that is not there, a ValueError
    where there are no classes at all, or for something that is no target.
    """
    if isinstance(what, str):
        what = features.network.class_index(what)
    if isinstance(what, (int, np.integer)) and not isinstance(what, bool):
        what = class_target(features, int(what))
    if not isinstance(what, Target):
        raise ValueError(
            "Expected a class index, a class name or a target such as "
            f"features.strongest(layer), but got {type(what).__name__}."
        )
    what.check(features)
    return what
