"""Invariance (Zeiler & Fergus 2014, §4, “Feature Invariance”; figure 5 in arXiv:1311.2901v3): move
photographs, and measure how far their features move."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..choose import three_layers
from ..features import Features, rerun_changed
from ..progress import Progress
from ..targets import Target
from .moves import Move, moved

# {kind of movement: the field of a `Move` that it changes}
KINDS = {"translation": "down", "scale": "scale", "rotation": "angle"}


@dataclass(frozen=True, eq=False)
class Distances:
    """How far feature vectors lie from those of the untouched photographs.

    Attributes:
        moved: float32 (layers, photographs, steps), the Euclidean distance between the vectors of
            the moved and of the untouched photograph, as in the paper.
        lengths: float32 (layers, photographs), the untouched vectors' own lengths.
        others: float32 (layers,), how far from an untouched photograph the others lie, over its
            length: the mean over all pairs; nan where there is one photograph only.
    """

    moved: np.ndarray
    lengths: np.ndarray
    others: np.ndarray

    @property
    def relative(self) -> np.ndarray:
        """The distances over the untouched vectors' lengths, so that layers can be compared:
        float32 (layers, photographs, steps); 0 for a layer that is silent."""
        lengths = self.lengths[..., None]
        return np.where(lengths > 0, self.moved / np.where(lengths > 0, lengths, 1), 0)


@dataclass(frozen=True, eq=False)
class Movement:
    """How far the features of some photographs move when the photographs do. Made by `movement`.

    Attributes:
        kind: one of `KINDS`; amounts: float (steps,), of the field of a `Move` that it changes.
        photographs: their names; targets: the `Target` of each, whose value is read.
        layers: the names of the layers that are looked at.
        whole: the `Distances` between vectors of all maps at all positions; pooled: between the
            means of the maps over their positions, which do not say where something is.
        values: float32 (photographs, steps), the targets' values: a class's probability, a neuron's
            activation.
    """

    kind: str
    amounts: np.ndarray
    photographs: tuple[str, ...]
    targets: tuple[Target, ...]
    layers: tuple[str, ...]
    whole: Distances = field(repr=False)
    pooled: Distances = field(repr=False)
    values: np.ndarray = field(repr=False)


def amounts_of(kind: str, size: tuple[int, int]) -> np.ndarray:
    """Return the amounts over which the paper's figure runs, float (steps,): whole pixels up to
    60 of 224 both ways, 1 to 1.8 times as large, or all the way round. size: (h, w) of the input.

    >>> amounts_of("translation", (224, 224)).tolist()[:4]
    [-60.0, -50.0, -40.0, -30.0]
    """
    if kind == "translation":
        return np.unique(np.round(np.linspace(-60, 60, 13) * size[0] / 224))
    return np.linspace(1, 1.8, 9) if kind == "scale" else np.linspace(0, 360, 19)


def movement(
    features: Sequence[Features],
    kind: str,
    amounts: Any = None,
    targets: Sequence | None = None,
    layers: Sequence[str] | None = None,
    fill: str = "grey",
    batch: int | None = None,
    progress: Progress = True,
) -> Movement:
    """Move photographs step by step, and measure how far their features move.

    Args:
        features: `Features` of the untouched photographs, all in one network.
        kind: "translation" (down and up), "scale" or "rotation".
        amounts: (steps,), see `Move`; by default those of the paper's figure, see `amounts_of`.
        targets: for each photograph a class index, a class name or a `Target`; by default
            `features.target()` of each, the most probable class.
        layers: by default a first, a middle and the last one (`choose.three_layers`). The paper has
            its layers 1 and 7.
        fill: what comes in from outside, see `moved`.
        batch, progress: as in `features.rerun_changed`; a function that raises `Cancelled` ends it.

    Returns a `Movement`. Raises a ValueError for an unknown kind or fill, or features of several
    networks; a KeyError or IndexError for a layer or class that is not there.
    """
    if kind not in KINDS:
        raise ValueError(f"Expected kind to be one of {', '.join(KINDS)}, but got {kind!r}.")
    network = _one_network(features)
    wanted = [None] * len(features) if targets is None else list(targets)
    chosen = [one.target(what) for one, what in zip(features, wanted, strict=True)]
    layers = tuple(
        dict.fromkeys(vars(three_layers(network)).values()) if layers is None else layers
    )
    amounts = (
        amounts_of(kind, network.input_size) if amounts is None else np.asarray(amounts, float)
    )
    of_layers = [network.layer_value(layer) for layer in layers]
    of_targets = [target.number(network) for target in chosen]
    changes = [
        (i, Move(**{KINDS[kind]: float(amount)}))
        for i in range(len(features))
        for amount in amounts
    ]

    def changed(change):
        return moved(features[change[0]].image.pixels, change[1], fill)

    whole = [[one[layer] for layer in layers] for one in features]
    pooled = [[maps.mean(axis=(0, 1)) for maps in one] for one in whole]
    rows = []
    numbers = {*of_layers, *of_targets}
    for some, found in rerun_changed(features[0], changes, changed, numbers, kind, batch, progress):
        for place, (i, _) in enumerate(some):
            maps = [found[number][place] for number in of_layers]
            means = [one.mean(axis=(0, 1)) for one in maps]
            outputs = found[of_targets[i]][place : place + 1]
            value = chosen[i].value(outputs, None, network.as_probabilities)
            rows.append([*_apart(maps, whole[i]), *_apart(means, pooled[i]), *value])
    shape = (-1, len(features), len(amounts))
    measured = np.array(rows, np.float32).T.reshape(shape)
    return Movement(
        kind=kind,
        amounts=amounts,
        photographs=tuple(one.image.name for one in features),
        targets=tuple(chosen),
        layers=layers,
        whole=_distances(whole, measured[: len(layers)]),
        pooled=_distances(pooled, measured[len(layers) : -1]),
        values=measured[-1],
    )


def relative_distance(features: Features, others: Features, layer: str) -> float:
    """Return how far the feature vector of a changed photograph, in `others`, lies from that of the
    untouched one, over its length; 0 where that is silent."""
    (length,) = _lengths([features[layer]])
    return _apart([features[layer]], [others[layer]])[0] / length if length > 0 else 0.0


def _one_network(features):
    """Return the network that the features are of."""
    networks = {id(one.network): one.network for one in features}
    if len(networks) != 1:
        names = ", ".join(sorted(network.name for network in networks.values())) or "none"
        raise ValueError(f"Expected features of some photographs in one network, but got {names}.")
    return features[0].network


def _distances(vectors, measured):
    """Return `Distances` of what was measured, (layers, photographs, steps), for the untouched
    vectors, a list of arrays (one a layer) for each photograph."""
    lengths = np.array([_lengths(one) for one in vectors], np.float32).T
    pairs = [(a, b) for a in vectors for b in vectors if a is not b]
    others = [np.divide(_apart(b, a), np.maximum(_lengths(a), 1e-30)) for a, b in pairs]
    mean = np.mean(others, axis=0) if pairs else np.full(len(lengths), np.nan)
    return Distances(measured, lengths, mean.astype(np.float32))


def _apart(some, others):
    """List the Euclidean distances between arrays and others of their shapes."""
    return _lengths(a - b for a, b in zip(some, others, strict=True))


def _lengths(vectors):
    return [math.sqrt(np.square(one).sum(dtype=np.float64)) for one in vectors]
