"""Correspondence (Zeiler & Fergus 2014, §4.3; table 1 and figure 8 in arXiv:1311.2901v3): hide the
same part in several photographs, and see how alike their features change."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..choose import three_layers
from ..features import Features, rerun_changed
from ..heatmaps import occlude
from ..network import Network
from ..progress import Progress
from ..targets import ClassScore
from .signs import hamming, signs_of_change, unrelated

ROUNDING = 1e-5  # of the largest component: a smaller change is none
KINDS = ("whole", "pooled")
SCORES = "class scores"  # in place of a layer's name


@dataclass(frozen=True, eq=False)
class Alike:
    """How alike photographs change when one part of each is hidden. Parts at random places have
    several draws, others one.

    Attributes:
        signs: int8 (draws, photographs, components), see `signs.signs_of_change`.
        apart: float (draws, pairs), the Hamming distance of each pair of photographs, 0 to 1.
        by_chance: float (draws, pairs), what it would be for `signs.unrelated` changes.
    """

    signs: np.ndarray = field(repr=False)
    apart: np.ndarray = field(repr=False)
    by_chance: np.ndarray = field(repr=False)

    @property
    def delta(self) -> float:
        """Δ of §4.3: the mean of `apart`. The paper's formula is a sum, its table says mean."""
        return float(self.apart.mean())

    @property
    def deviation(self) -> float:
        """The standard deviation of `apart`, over all draws and pairs."""
        return float(self.apart.std())

    @property
    def changed(self) -> float:
        """The share of components that changed at all, 0 to 1, over all draws and photographs."""
        return float((self.signs != 0).mean())

    def across(self, other: "Alike") -> float:
        """Return Δ between this part of one photograph and another part of another photograph."""
        pairs = itertools.permutations(range(self.signs.shape[1]), 2)
        here, there = self.signs[0], other.signs[0]
        return float(np.mean([hamming(here[i], there[j]) for i, j in pairs]))


def alike(signs: np.ndarray) -> Alike:
    """Compare each two of the photographs: int8 (draws, photographs, components)."""
    pairs = list(itertools.combinations(range(signs.shape[1]), 2))
    apart, by_chance = (
        np.array([[measure(draw[i], draw[j]) for i, j in pairs] for draw in signs])
        for measure in (hamming, unrelated)
    )
    return Alike(signs, apart, by_chance)


@dataclass(frozen=True, eq=False)
class Correspondence:
    """What came of hiding parts. Made by `correspondence`.

    Attributes:
        photographs, layers, parts: their names; a layer may be `SCORES`.
        size: the grey square's side in pixels.
        whole: {(layer, part): `Alike`} of the feature vectors as they are.
        pooled: the same of each feature map's mean over its positions, which does not say where
            something changed. Class scores have no positions: they are in both as they are.
    """

    photographs: tuple[str, ...]
    layers: tuple[str, ...]
    parts: tuple[str, ...]
    size: int
    whole: dict[tuple[str, str], Alike] = field(repr=False)
    pooled: dict[tuple[str, str], Alike] = field(repr=False)

    def joined(self, other: "Correspondence") -> "Correspondence":
        """Return this with the parts of another one added; raises a ValueError unless both are of
        the same photographs, layers and size."""
        for name in ("photographs", "layers", "size"):
            here, there = getattr(self, name), getattr(other, name)
            if here != there:
                raise ValueError(f"Expected the same {name}, {here}, but got {there}.")
        whole, pooled = {**self.whole, **other.whole}, {**self.pooled, **other.pooled}
        parts = tuple(dict.fromkeys((*self.parts, *other.parts)))
        return replace(self, parts=parts, whole=whole, pooled=pooled)

    def table(self, pooled: bool = False) -> str:
        """Write Δ and its deviation for each part (a row) and layer (a column)."""
        found = self.pooled if pooled else self.whole
        rows = [["", *self.layers]]
        for part in self.parts:
            cells = [found[layer, part] for layer in self.layers]
            rows.append([part, *(f"{one.delta:.3f} ± {one.deviation:.3f}" for one in cells)])
        return "\n".join(
            f"{first:12}" + "".join(f"{one:>16}" for one in others) for first, *others in rows
        )


def correspondence(
    features: Sequence[Features],
    places: Mapping[str, ArrayLike],
    size: int,
    layers: Sequence[str] | None = None,
    batch: int | None = None,
    progress: Progress = True,
) -> Correspondence:
    """Hide parts of several photographs, one at a time, and measure how alike the features change.

    Args:
        features: `Features` of two or more untouched photographs, all in one network.
        places: {part: where the grey square's corner (top, left) goes in each photograph}, int
            (photographs, 2), or (draws, photographs, 2), in pixels; see the module `corners`.
        size: the square's side in pixels.
        layers: by default a middle and the last one (`choose.three_layers`) and, where there are
            any, the class scores, `SCORES`. The paper has its layers 5 and 7.
        batch, progress: as in `features.rerun_changed`; a function that raises `Cancelled` ends it.

    Returns a `Correspondence`. Raises a ValueError for a single photograph, photographs in several
    networks, corners of another shape or class scores that are not there; a KeyError for a layer
    that is not.
    """
    network = _one_network(features)
    layers = _layers(network) if layers is None else tuple(layers)
    numbers = {layer: _number(network, layer) for layer in layers}
    corners = {part: _draws(part, given, len(features)) for part, given in places.items()}
    changes = [
        (part, draw, i)
        for part, draws in corners.items()
        for draw in range(len(draws))
        for i in range(len(features))
    ]

    def covered(change):
        part, draw, i = change
        return occlude(features[i].image, *corners[part][draw, i].tolist(), size)

    untouched = [
        {layer: _vectors(one.value(number)[0]) for layer, number in numbers.items()}
        for one in features
    ]
    signs: dict[Any, list] = {}  # {(kind, layer, part): one vector after the other}
    wanted, what = numbers.values(), "hiding parts"
    for some, found in rerun_changed(features[0], changes, covered, wanted, what, batch, progress):
        for place, (part, _, i) in enumerate(some):
            for layer, number in numbers.items():
                both = zip(untouched[i][layer], _vectors(found[number][place]), strict=True)
                for kind, (before, after) in zip(KINDS, both, strict=True):
                    least = ROUNDING * float(np.abs(before).max())
                    one = signs_of_change(before, after, least)
                    signs.setdefault((kind, layer, part), []).append(one)
    compared = {
        key: alike(np.reshape(rows, (len(corners[key[2]]), len(features), -1)))
        for key, rows in signs.items()
    }
    whole, pooled = (
        {key[1:]: one for key, one in compared.items() if key[0] == kind} for kind in KINDS
    )
    names = tuple(one.image.name for one in features)
    return Correspondence(names, layers, tuple(corners), size, whole, pooled)


def _vectors(values):
    """Return (a value, its mean over positions), float (h, w, channels) and (channels,)."""
    return values, values.mean(axis=(0, 1)) if values.ndim == 3 else values


def _one_network(features):
    networks = {id(one.network) for one in features}
    if len(features) < 2 or len(networks) > 1:
        came = f"{len(features)} in {len(networks)}"
        raise ValueError(f"Expected two or more photographs in one network, but got {came}.")
    return features[0].network


def _layers(network: Network) -> tuple[str, ...]:
    chosen = three_layers(network)
    has_scores = network.class_count is not None and network.class_maps is None
    return tuple(dict.fromkeys((chosen.middle, chosen.deep, *[SCORES] * has_scores)))


def _number(network: Network, layer: str) -> int:
    if layer != SCORES or layer in network.graph.layer_values:
        return network.layer_value(layer)
    return ClassScore(0).number(network)


def _draws(part, corners, count):
    """Return corners as int (draws, photographs, 2)."""
    given = np.array(corners)
    if given.ndim not in (2, 3) or given.shape[-2:] != (count, 2) or not given.size:
        shape = f"({count}, 2), or (draws, {count}, 2)"
        raise ValueError(
            f"Expected the corners of {part!r} to be of shape {shape}, but got {given.shape}."
        )
    return given.reshape(-1, count, 2).astype(int)
