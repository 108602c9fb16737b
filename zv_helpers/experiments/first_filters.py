"""Dead first filters and aliasing (Zeiler & Fergus 2014, §4.1; figure 6 in arXiv:1311.2901v3): why
they gave AlexNet's first convolution smaller filters and a smaller stride."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from ..deconvnet import Projection
from ..images import InputImage
from ..network import Network
from ..network.weights import first_filters
from .strongest import Strongest, layers_to_follow, maps_of, projections_of, strongest_of

SHARE = 0.1  # of the strongest map's activity; a map below it is called dead


@dataclass(frozen=True, eq=False)
class FirstLayers:
    """What a network's first two layers make of some pictures. Made by `first_layers`.

    Attributes:
        network: its name; layers: the names of the first two.
        limit: cycles a pixel, the finest wave that the first layer's maps can hold.
        activity: float32 (maps,), how active each map of the first layer is: the root of the mean
            square over all pictures and positions.
        passed: the share, 0 to 1, of what the first filters let through that is finer than the
            limit, and so comes out as something else; NaN where they do not read the pixels.
        images: the pictures, as the network sees them; strongest: of the second layer's maps.
        projections: of the strongest neuron of each map of the second layer; None for a map that is
            active in no picture.
    """

    network: str
    layers: tuple[str, ...]
    limit: float
    activity: np.ndarray = field(repr=False)
    passed: float
    images: list[InputImage] = field(repr=False)
    strongest: Strongest = field(repr=False)
    projections: list[Projection | None] = field(repr=False)

    @property
    def dead(self) -> np.ndarray:
        """Which of the first layer's maps are dead, bool (maps,)."""
        return dead(self.activity)

    @property
    def fine(self) -> np.ndarray:
        """The share of each projection's energy that is finer than the first layer's maps can hold:
        float (maps,), NaN where there is no projection."""
        return self.finer(self.limit)

    def finer(self, limit: float) -> np.ndarray:
        """Return the share of each projection's energy that is finer than a limit of one's own."""
        shares = [fine_share(p.pixels, limit) if p else np.nan for p in self.projections]
        return np.array(shares)


def first_layers(network: Network, images: Sequence[InputImage]) -> FirstLayers:
    """Look at a network's first two layers of feature maps, without pools.

    network: any that loads; images: what it looks at. Raises a ValueError for a network with fewer
    than two such layers that can be projected, or without images.
    """
    images, layers = list(images), layers_to_follow(network)[:2]
    if len(layers) < 2 or not images:
        raise ValueError(
            "Expected a network with two layers or more that can be projected, and one image or "
            f"more, but {network.name} has {len(layers)}, and there are {len(images)} images."
        )
    squares, found = [], []
    for _, maps in maps_of(network, images, layers):
        squares.append(np.square(maps[layers[0]], dtype=np.float64).mean(axis=(1, 2)))
        found.append(vars(strongest_of(maps[layers[1]])).values())
    second = Strongest(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    limit = limit_of(network, layers[0])
    return FirstLayers(
        network.name,
        layers,
        limit,
        np.sqrt(np.concatenate(squares).mean(axis=0)).astype(np.float32),
        passed_share(network, images, limit),
        images,
        second,
        projections_of(network, images, {layers[1]: second})[layers[1]],
    )


def dead(activity: ArrayLike, share: float = SHARE) -> np.ndarray:
    """Return which maps are dead, bool (maps,): those that are at most `share` times as active as
    the most active one. activity: float (maps,), see `FirstLayers`.

    >>> dead([0.5, 0.04, 0.0, 0.06]).tolist()
    [False, True, True, False]
    """
    activity = np.asarray(activity, np.float32)
    return activity <= share * activity.max(initial=0)


def limit_of(network: Network, layer: str) -> float:
    """Return the finest wave, in cycles a pixel, that a layer's maps can hold: one cycle on two of
    its positions (the Nyquist frequency); the lower one where rows and columns differ."""
    middles = network.middles(network.layer_value(layer))
    return float(min(0.5 / (one[1] - one[0]) if len(one) > 1 else 0.5 for one in middles))


def fine_share(signal: np.ndarray, limit: float) -> float:
    """Return the share, 0 to 1, of a signal's energy in waves that are finer than `limit` along
    its rows or its columns; NaN for a signal that is zero.

    signal: float (h, w, channels); limit: cycles a pixel, up to 0.5.

    >>> stripes = np.ones((8, 1, 1)) * np.tile([1.0, -1.0], 4)[:, None]
    >>> fine_share(stripes, 0.25), fine_share(np.ones((8, 8, 1)), 0.25)
    (1.0, 0.0)
    """
    energy = np.abs(np.fft.fft2(signal, axes=(0, 1))) ** 2
    return _share(energy.sum(axis=2), limit)


def _share(energy, limit):
    """The share of energy, float (h, w) in the order of `fft2`, that is finer than a limit."""
    rows, columns = (np.abs(np.fft.fftfreq(count)) > limit + 1e-9 for count in energy.shape)
    whole = energy.sum()
    return float(energy[rows[:, None] | columns].sum() / whole) if whole > 0 else float("nan")


def passed_share(network: Network, images: Iterable[InputImage], limit: float) -> float:
    """Return the share, 0 to 1, of what the first filters let through of pictures that is finer
    than `limit`: where the filters move in strides, such waves come out as coarser ones (aliasing).
    Mean colours do not count. NaN where the first convolution does not read the pixels."""
    try:
        filters = first_filters(network)
    except ValueError:
        return float("nan")
    energy, (height, width) = np.zeros(network.input_size), network.input_size
    through = np.fft.fft2(filters, (height, width), axes=(1, 2)).conj()
    for image in images:
        pixels = network.spec.in_rgb(image.batch[0])
        waves = np.fft.fft2(pixels - pixels.mean(axis=(0, 1)), axes=(0, 1))
        energy += (np.abs(np.einsum("fhwc,hwc->fhw", through, waves)) ** 2).sum(axis=0)
    return _share(energy, limit)
