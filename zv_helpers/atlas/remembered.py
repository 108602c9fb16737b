"""Projecting neurons of several photographs: their forward passes go together, and what projecting
takes of the photographs that came last is kept, so that the next map of a layer is quicker."""

import math
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from ..deconvnet import Projection, project
from ..deconvnet.needs import needed, reduced, reduced_bytes
from ..features import Features, extract_together
from ..images import InputImage, SmallImageWarning, load_image
from ..network import Network
from ..network.running import memory_of
from ..targets import Neuron
from .sources import cut

AT_ONCE = 9  # photographs that go through together, if there is memory
TOGETHER = 200_000_000  # bytes, for their maps
MOST = 200_000_000  # bytes, for what is kept
Asked = tuple[Any, Any, Neuron]  # what stands for the photograph, a source for `load_image`, neuron


def images_of(network: Network, sources: Iterable) -> list[InputImage]:
    """Load photographs for a network; that one is small was no reason to leave it out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallImageWarning)
        return [load_image(source, network) for source in sources]


class Remembered:
    """What projecting takes of the photographs that were projected last."""

    def __init__(self, network: Network) -> None:
        self.network = network
        # {(photograph, values): (features, bytes)}, what was used last at the end
        self._kept: dict[tuple, tuple[Features, int]] = {}

    def projected(
        self, neurons: list[Asked], layer: str, rule: str
    ) -> list[tuple[InputImage, Projection]]:
        """Project neurons of a layer, each of its own photograph; in their order."""
        found = dict[int, tuple[InputImage, Projection]]()
        with self.network.lock:
            for i, features in self._features(neurons, self.network.layer_value(layer), rule):
                found[i] = features.image, project(features, neurons[i][2], rule)
        return [found[i] for i in range(len(neurons))]

    def _features(
        self, neurons: list[Asked], number: int, rule: str
    ) -> Iterator[tuple[int, Features]]:
        """Yield (place, its Features): those that are kept, then the others."""
        network, reads = self.network, needed(self.network, number, rule)
        size, missing = reduced_bytes(network, number, rule), []
        for i, (one, *_) in enumerate(neurons):
            if (one, reads) in self._kept:
                yield i, self._keep((one, reads), *self._kept[one, reads])
            else:
                missing.append(i)
        for some in _evenly(missing, self._at_once(number, reads)):
            images = images_of(network, [neurons[i][1] for i in some])
            for i, features in zip(
                some, extract_together(network, images, number, reads), strict=True
            ):
                if size * len(neurons) <= MOST:  # else the next map would find none of them
                    slim = reduced(features, number, rule)
                    features = self._keep((neurons[i][0], reads), slim, size)
                yield i, features

    def _at_once(self, number, reads):
        shapes = self.network.graph.shapes
        each = memory_of(self.network.graph, number) + sum(4 * math.prod(shapes[n]) for n in reads)
        return max(1, min(AT_ONCE, TOGETHER // each))

    def _keep(self, key, features, size):
        """Keep features as those that were used last, and let go of those that were used first."""
        self._kept.pop(key, None)
        self._kept[key] = features, size
        total = sum(size for _, size in self._kept.values())
        while total > MOST:
            _, size = self._kept.pop(next(iter(self._kept)))
            total -= size
        return features


def _evenly(things, most):
    """Cut a list into parts of nearly one size, none larger than `most`."""
    parts = math.ceil(len(things) / most)
    return cut(things, math.ceil(len(things) / parts)) if things else []
