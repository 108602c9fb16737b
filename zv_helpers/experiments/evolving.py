"""Feature evolution (Zeiler & Fergus 2014, §4; figure 4 in arXiv:1311.2901v3): what the feature
maps of a network answer to while it learns, and how soon they are what they will be."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..deconvnet import Projection
from ..images import InputImage
from ..network import Network
from ..progress import Progress, watched
from .strongest import layers_to_follow, maps_of, projections_of, strongest_of


@dataclass(frozen=True, eq=False)
class LayerEvolution:
    """What the feature maps of one layer answer to, moment after moment.

    Attributes:
        peaks: float32 (moments, pictures, maps), each map's largest activation in each picture.
        projections: for each moment, a `Projection` of each map's strongest neuron, or None where
            the map is active in no picture.
        correlations: float32 (moments, maps), of each map with itself at the last moment, over all
            pictures and positions; NaN for a map that is constant there.
        alikeness: float32 (moments,), linear CKA with the layer at the last moment, 0 to 1.
    """

    peaks: np.ndarray = field(repr=False)
    projections: list[list[Projection | None]] = field(repr=False)
    correlations: np.ndarray = field(repr=False)
    alikeness: np.ndarray = field(repr=False)

    @property
    def pictures(self) -> np.ndarray:
        """The picture in which each map is strongest, int (moments, maps)."""
        return self.peaks.argmax(axis=1)

    @property
    def correlation(self) -> np.ndarray:
        """The mean correlation of the maps with themselves at the last moment: (moments,)."""
        return np.nanmean(self.correlations, axis=1)

    @property
    def jumps(self) -> np.ndarray:
        """Whether each map's strongest picture is another one than at the moment before: bool
        (moments − 1, maps). A map that is active in no picture has none to jump from or to."""
        active = self.peaks.max(axis=1) > 0
        return (np.diff(self.pictures, axis=0) != 0) & active[1:] & active[:-1]


@dataclass(frozen=True, eq=False)
class Evolution:
    """The feature maps of a network while it learns. Made by `evolution`.

    Attributes:
        network: its name; images: the pictures, as it sees them.
        moments: what each moment is called, as they were given.
        layers: {name: `LayerEvolution`}, in forward order.
    """

    network: str
    images: list[InputImage] = field(repr=False)
    moments: tuple
    layers: dict[str, LayerEvolution] = field(repr=False)


def evolution(
    network: Network,
    weights: Sequence[Sequence[np.ndarray]],
    images: Sequence[InputImage],
    moments: Sequence | None = None,
    layers: Sequence[str] | None = None,
    progress: Progress = True,
) -> Evolution:
    """Look at a network's feature maps with the weights of several moments.

    Args:
        network: any that loads; its weights are afterwards what they were before.
        weights: for each moment the arrays that `model.set_weights` takes, the last moment last.
        images: what it looks at; moments: what each moment is called, by default 0, 1, 2 …
        layers: by default all that can be projected, see `layers_to_follow`.
        progress: as for `watched`; a function that raises `Cancelled` ends it.

    Returns an `Evolution`. Raises a ValueError for no moments or no images, or weights of another
    model, and a KeyError for a layer that is not there.
    """
    images, layers = list(images), tuple(layers or layers_to_follow(network))
    if not len(weights) or not images:
        raise ValueError(
            "Expected one moment or more and one image or more, but got "
            f"{len(weights)} and {len(images)}."
        )
    names = tuple(range(len(weights)) if moments is None else moments)
    found: dict[str, list] = {layer: [] for layer in layers}
    final: dict[str, np.ndarray] = {}
    # From the last moment back: all others are compared with it.
    order = list(reversed(range(len(weights))))
    with weights_of(network.keras_model):
        for i in watched(order, "looking back", progress):
            network.keras_model.set_weights(weights[i])
            maps = _whole(network, images, layers)
            final = final or maps
            strongest = {layer: strongest_of(maps[layer]) for layer in layers}
            pictures = projections_of(network, images, strongest)
            for layer in layers:
                alike = like_itself(maps[layer], final[layer]), cka(maps[layer], final[layer])
                found[layer].append((strongest[layer], pictures[layer], *alike))
    return Evolution(
        network.name,
        images,
        names,
        {layer: _layer(reversed(moments)) for layer, moments in found.items()},
    )


@contextmanager
def weights_of(model: Any) -> Iterator[None]:
    """Give a Keras model its weights back, whatever it got inside."""
    before = model.get_weights()
    try:
        yield
    finally:
        model.set_weights(before)


def _whole(network, images, layers):
    """Return {layer: maps, float32 (images, h, w, maps)}."""
    parts = [maps for _, maps in maps_of(network, images, layers)]
    return {layer: np.concatenate([one[layer] for one in parts]) for layer in layers}


def _layer(moments):
    strongest, projections, correlations, alikeness = zip(*moments, strict=True)
    peaks = np.stack([one.peaks for one in strongest])
    return LayerEvolution(
        peaks, list(projections), np.stack(correlations), np.array(alikeness, np.float32)
    )


def like_itself(maps: np.ndarray, final: np.ndarray) -> np.ndarray:
    """Correlate each feature map with its final form, over all pictures and positions: float32
    (maps,), −1 to 1. 0 for one that is constant; NaN where the final one is.

    maps, final: float32 (pictures, h, w, maps).

    >>> maps = np.arange(8.0).reshape(2, 2, 2, 1)
    >>> np.round(like_itself(2 * maps + 1, maps), 3).tolist()
    [1.0]
    """
    one, other = (array.reshape(-1, array.shape[-1]) for array in (maps, final))
    one, other = (array - array.mean(axis=0, dtype=np.float64) for array in (one, other))
    squares, others = (np.einsum("ij,ij->j", array, array) for array in (one, other))
    length = np.sqrt(squares * others)
    found = np.einsum("ij,ij->j", one, other) / np.where(length > 0, length, 1)
    return np.where(others > 0, found, np.nan).astype(np.float32)


def cka(maps: np.ndarray, final: np.ndarray) -> float:
    """Compare two layers as a whole, whatever the order of their maps: linear centred kernel
    alignment over the pictures (Kornblith et al. 2019), 0 to 1. It says whether the same pictures
    are near each other in both; 0 where one of them is the same for all pictures.

    maps, final: float (pictures, …), each picture's features in any form.

    >>> maps = np.array([[1.0, 0], [0, 1], [2, 2]])
    >>> round(cka(maps, -3 * maps[:, ::-1]), 6)
    1.0
    """
    one, other = (_near(array) for array in (maps, final))
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return float((one * other).sum() / lengths) if lengths > 0 else 0.0


def _near(features):
    """How near each two of the pictures are in features: the products of their vectors, less the
    pictures' mean vector, float64 (pictures, pictures)."""
    rows = features.reshape(len(features), -1)
    products = (rows @ rows.T).astype(np.float64)
    products -= products.mean(axis=0)
    return products - products.mean(axis=1, keepdims=True)


def settled(values: np.ndarray, share: float = 0.5) -> int:
    """Return the first moment from which on a curve has gone that share of its way, or more, from
    its first value to its last: a place in it.

    values: float (moments,).

    >>> settled(np.array([0.2, 0.3, 0.7, 0.5, 0.9, 1.0]))
    4
    """
    reached = np.asarray(values) >= values[0] + share * (values[-1] - values[0])
    before = np.flatnonzero(~reached)
    return int(before[-1] + 1) if len(before) else 0


def latest_jump(layer: LayerEvolution) -> tuple[int, int]:
    """Return where a strongest picture changed last: (the moment after the jump, the map); of maps
    that jump there, the one that is strongest in the end. Raises a ValueError without a jump."""
    moments, maps = np.nonzero(layer.jumps)
    if not len(moments):
        raise ValueError("Expected a map whose strongest picture changes, but none does.")
    last = maps[moments == moments.max()]
    best = last[np.argmax(layer.peaks[-1].max(axis=0)[last])]
    return int(moments.max() + 1), int(best)
