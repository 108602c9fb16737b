"""The strongest neuron of every feature map over some pictures, and its projection, with the
weights that a network has now."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..choose import is_of_classes, is_pool
from ..deconvnet import Projection, ProjectionWarning, project
from ..features import extract_features
from ..images import InputImage, SmallImageWarning, load_image
from ..network import Network
from ..network.running import forward, pictures_at_once
from ..network.tensorflow import as_array


@dataclass(frozen=True, eq=False)
class Strongest:
    """What each feature map of a layer answers to most.

    Attributes:
        peaks: float32 (pictures, maps), each map's largest activation in each picture.
        rows, columns: int (pictures, maps), where; on a tie the first in row-major order.
    """

    peaks: np.ndarray = field(repr=False)
    rows: np.ndarray = field(repr=False)
    columns: np.ndarray = field(repr=False)

    @property
    def pictures(self) -> np.ndarray:
        """The picture in which each map is strongest, int (maps,); on a tie the first."""
        return self.peaks.argmax(axis=0)


def layers_to_follow(network: Network) -> tuple[str, ...]:
    """Return the layers whose maps can be projected, in forward order, without the pools, and
    without a last one that has a map for each class."""
    found = [one for one in network.layers if one.reverse.startswith("yes") and not is_pool(one)]
    if len(found) > 1 and is_of_classes(network, found[-1]):
        found.pop()
    return tuple(one.name for one in found)


def images_of(network: Network, pictures: Iterable) -> list[InputImage]:
    """Return pictures, each anything that `load_image` takes, as the network sees them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallImageWarning)
        return [load_image(one, network) for one in pictures]


def maps_of(
    network: Network, images: Sequence[InputImage], layers: Sequence[str]
) -> Iterator[tuple[slice, dict[str, np.ndarray]]]:
    """Yield (which of the images, {layer: their feature maps, float32 (n, h, w, maps)}), some
    images at a time, until all were seen."""
    numbers = {layer: network.layer_value(layer) for layer in layers}
    deepest = max(numbers.values())
    at_once = pictures_at_once(network.graph, deepest)
    for start in range(0, len(images), at_once):
        some = slice(start, start + at_once)
        batch = np.concatenate([image.batch for image in images[some]])
        with network.lock:
            found, _ = forward(network, batch, deepest, frozenset(numbers.values()))
        yield some, {layer: as_array(found[number]) for layer, number in numbers.items()}


def strongest_of(maps: np.ndarray) -> Strongest:
    """Find the strongest neurons in maps, float32 (pictures, h, w, maps)."""
    pictures, _, width, count = maps.shape
    flat = maps.reshape(pictures, -1, count)
    places = flat.argmax(axis=1)
    peaks = np.take_along_axis(flat, places[:, None], axis=1)[:, 0]
    return Strongest(peaks, *np.divmod(places, width))


def projections_of(
    network: Network,
    images: Sequence[InputImage],
    found: dict[str, Strongest],
    rule: str = "deconvnet",
) -> dict[str, list[Projection | None]]:
    """Project the strongest neuron of every map down to the pixels, each with the forward pass of
    its own picture.

    found: {layer: `Strongest`} over the same images, with the weights of now. Returns {layer: a
    `Projection` for each map, None for one that is active nowhere}.
    """
    wanted: dict[int, list] = {}
    for layer, one in found.items():
        for channel, picture in enumerate(one.pictures):
            if one.peaks[picture, channel] > 0:
                spot = one.rows[picture, channel], one.columns[picture, channel]
                wanted.setdefault(int(picture), []).append((layer, channel, *map(int, spot)))
    done: dict[str, list[Projection | None]] = {
        layer: [None] * one.peaks.shape[1] for layer, one in found.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProjectionWarning)
        for picture, places in wanted.items():
            features = extract_features(network, images[picture])
            neurons = [features.neuron(*place) for place in places]
            for neuron, one in zip(neurons, project(features, neurons, rule), strict=True):
                done[neuron.layer][neuron.channel] = one
    return done
