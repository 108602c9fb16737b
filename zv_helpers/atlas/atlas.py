"""`Atlas`: which neurons of every feature map answer most strongly to many photographs."""

import functools
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..deconvnet import Projection, ProjectionWarning
from ..images import named_pixels
from ..images.opening import shown
from ..network import Network, load_model
from ..network.digest import digest_of
from ..targets import Neuron
from .answering import Answer, answers
from .folders import (
    AtlasError,
    Contents,
    Found,
    begin,
    check_paths,
    keep,
    read_contents,
    read_found,
)
from .patches import Patch, patch_of
from .remembered import Remembered
from .shipped import find_atlas

SEEN = 128  # photographs whose pixels are kept, so that patches come at once
NAMELESS = "array", "picture"  # what `load_image` calls a source without a name


@dataclass(frozen=True, eq=False)
class LayerAtlas:
    """A layer's part of an atlas: for each feature map its strongest neurons, strongest first.

    Attributes:
        activations: float32 (maps, count); photographs: int32 (maps, count), where they stand in
            `Atlas.photographs`; rows, columns: int32 (maps, count), positions in the feature map.
            All are −1 where there are fewer neurons than `count`.
    """

    activations: np.ndarray = field(repr=False)
    photographs: np.ndarray = field(repr=False)
    rows: np.ndarray = field(repr=False)
    columns: np.ndarray = field(repr=False)


class Atlas:
    """The strongest neurons of every feature map over many photographs, one a photograph. Made by
    `build_atlas` and `load_atlas`. `atlas[layer]` is a `LayerAtlas`.

    Attributes:
        photographs: the paths, or what else was given, in order.
        layers: the names of its layers; count: of neurons for each feature map.
    """

    def __init__(self, contents: Contents, found: Found, network: Network | None) -> None:
        self._contents, self._found = contents, found
        self.photographs: tuple = contents.photographs
        self.layers: tuple[str, ...] = tuple(contents.layers)
        self.count: int = contents.count
        if network is not None:
            self.__dict__["network"] = network
        self._seen = functools.lru_cache(maxsize=SEEN)(self._look_at)

    def __repr__(self):
        maps = sum(shape[2] for shape in self._contents.layers.values())
        skipped = f", {len(self.skipped)} skipped" if self.skipped else ""
        return (
            f"Atlas of {self._contents.name!r} over {len(self.photographs)} photographs{skipped}: "
            f"{len(self.layers)} layers, {maps} feature maps, {self.count} neurons each"
        )

    @functools.cached_property
    def network(self) -> Network:
        """The network that it is of. Raises ValueError if it was loaded from a folder without it
        and is none of those that `load_model` knows by name, or is another by now."""
        if self._contents.recipe is None:
            raise AtlasError(
                f"Expected the network {self._contents.name!r} to draw with, but an atlas in a "
                "folder holds none: give it to load_atlas(folder, network)."
            )
        return _checked(self._contents, load_model(**self._contents.recipe))

    @property
    def skipped(self) -> list[tuple[Any, str]]:
        """The photographs that cannot be read, in order: [(photograph, why), ...]."""
        found = sorted(self._found.skipped.items())
        return [(self.photographs[number], why) for number, why in found]

    def __reduce__(self):
        return Atlas, (self._contents, self._found, self.__dict__.get("network"))

    def __getitem__(self, layer: str) -> LayerAtlas:
        """Return a layer's part; raises KeyError if the atlas has no such layer."""
        self._known(layer)
        maps, best = self._found.of_layer[layer], self._found.best
        numbers, places = best.photographs[maps], best.positions[maps]
        width, none = self._contents.layers[layer][1], numbers < 0
        parts = best.activations[maps], numbers, places // width, places % width
        arrays = [np.where(none, np.array(-1, part.dtype), part) for part in parts]
        for array in arrays:
            array.setflags(write=False)
        return LayerAtlas(*arrays)

    def _known(self, layer):
        if layer not in self._contents.layers:
            names = ", ".join(self.layers[:8]) + (" …" if len(self.layers) > 8 else "")
            raise KeyError(f"this atlas of {self._contents.name} has no layer {layer!r}: {names}")

    def neurons(self, layer: str, channel: int) -> list[tuple[Any, Neuron]]:
        """Return a feature map's strongest neurons: [(photograph, Neuron), ...], strongest first;
        raises KeyError or IndexError if there is no such layer or feature map."""
        part = self[layer]
        if not 0 <= channel < len(part.rows):
            last = len(part.rows) - 1
            raise IndexError(f"{layer} has feature maps 0 to {last}, but {channel} was asked for")
        rows = zip(*(a[channel].tolist() for a in vars(part).values()), strict=True)
        return [
            (self.photographs[number], Neuron(layer, int(channel), row, column, activation))
            for activation, number, row, column in rows
            if number >= 0
        ]

    def is_of(self, network: Network) -> bool:
        """Say whether it is of a network: the same graph and weights, whatever its name."""
        return digest_of(network) == self._contents.digest

    def patches(self, layer: str, channel: int) -> list[Patch]:
        """Return what a feature map's strongest neurons see, strongest first. No network is run."""
        neurons = self.neurons(layer, channel)
        numbers = self[layer].photographs[channel].tolist()
        found = []
        for number, (_, neuron) in zip(numbers, neurons, strict=False):
            name, pixels = self._seen(number)
            found.append(patch_of(self.network, self._called(number, name), pixels, neuron))
        return found

    def projection(
        self, layer: str, channel: int, place: int, rule: str = "deconvnet"
    ) -> Projection:
        """Return one of the `projections`, that of the strongest neuron for place 0; raises
        IndexError if there are fewer neurons."""
        count = len(self.neurons(layer, channel))
        if not 0 <= place < count:
            raise IndexError(
                f"this atlas has {count} neurons of {layer}, feature map {channel}, but number "
                f"{place} was asked for"
            )
        return self._projected(layer, channel, rule, slice(place, place + 1))[0][1]

    def projections(self, layer: str, channel: int, rule: str = "deconvnet") -> list[Projection]:
        """Return the projections of a feature map's strongest neurons, strongest first, each of its
        own photograph; see `project`."""
        return [projection for _, projection in self._projected(layer, channel, rule)]

    def picture(self, layer: str, channel: int, rule: str = "deconvnet") -> Image.Image:
        """Draw a feature map's strongest neurons as in Zeiler & Fergus 2014, figure 2: their
        projections, and beside them the patches of the photographs, with names and activations,
        all at one scale. What a border of the photograph cuts off is hatched."""
        from .picture import figure

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ProjectionWarning)  # the figure says it
            found = self._projected(layer, channel, rule)
        numbers = self[layer].photographs[channel].tolist()
        patches = [
            patch_of(self.network, self._called(number, image.name), image.pixels, one.neuron)
            for number, (image, one) in zip(numbers, found, strict=False)
        ]
        title = f"{self._contents.name}, {layer}, feature map {channel}"
        return figure(title, patches, [one for _, one in found], self.count)

    def _called(self, number, name):
        """Name a photograph; one without a name by its place in `photographs`."""
        is_file = isinstance(self.photographs[number], str)
        return f"{name} {number}" if name in NAMELESS and not is_file else name

    def _projected(self, layer, channel, rule, places=slice(None)):
        neurons = self.neurons(layer, channel)
        numbers = self[layer].photographs[channel, : len(neurons)].tolist()
        asked = [(number, *one) for number, one in zip(numbers, neurons, strict=True)]
        return self._remembered.projected(asked[places], layer, rule)

    @functools.cached_property
    def _remembered(self):
        return Remembered(self.network)

    def answering(
        self, photographs: Any, layer: str | None = None, count: int = 12
    ) -> list[Answer]:
        """Find the feature maps that answer to the chosen photographs, and least to the others:
        [(layer, channel, score), ...], the highest score first.

        The score is the mean, over the chosen photographs, of a / (a + others), where `a` is the
        photograph's largest activation in the map, and `others` the largest in any photograph that
        was not chosen. So it is in (0, 1], and a map's own scale plays no part: 1 where nothing but
        the chosen photographs excites the map, ½ where they and the strongest of the others do so
        alike. A chosen photograph that is not among the map's strongest counts as 0. Maps that
        none of them excites are left out.

        Args:
            photographs: one or some, as the atlas has them or by the name of the file; fewer than
                the atlas's count.
            layer: the name of the layer to look in; by default all. A map that another layer hands
                on as it is, as a concatenation or a max-pool does, is then named once.
            count: of maps to return, at most.

        Raises ValueError, one sentence, for a photograph that is not in the atlas or could not be
        read, for none and for too many; KeyError for an unknown layer.
        """
        if layer is not None:
            self._known(layer)
        layers = self.layers if layer is None else (layer,)
        return answers(self._contents, self._found, photographs, layers, count)

    def save(self, folder: str | os.PathLike) -> None:
        """Write it into a folder, for `load_atlas`. Raises ValueError if a photograph has no path,
        OSError if the folder cannot be written."""
        check_paths(self.photographs)
        begin(Path(folder), self._contents)
        keep(Path(folder), self._found, small=True)

    def _look_at(self, number):
        return named_pixels(self.photographs[number], self.network.spec)


def load_atlas(folder: str | os.PathLike, network: Network | None = None) -> Atlas:
    """Load an atlas that `build_atlas(…, out=folder)` or `Atlas.save` wrote, or one that ships.

    Args:
        folder: its path; or the name of a network that ships ("squeezenet", "efficientnet-lite0",
            "vgg16-conv"): an atlas of its layers over the photographs that ship.
        network: the one that it is of, to draw with; one that `load_model` knows by name is loaded
            when it is needed.

    Raises ValueError, one sentence, where there is no atlas, it is damaged, unfinished or of
    another version, or the network is another; DataError where it ships and is damaged.
    """
    path = find_atlas(folder)
    contents = read_contents(path)
    found = read_found(path, contents)
    done = 0 if found is None else int(found.done.sum())
    if found is None or done < contents.chunks:
        raise AtlasError(
            f"Expected a finished atlas, but that in {shown(str(path))} has {done} of "
            f"{contents.chunks} parts: call build_atlas with out={str(path)!r} again."
        )
    return Atlas(contents, found, None if network is None else _checked(contents, network))


def _checked(contents, network):
    """Return the network if it is the one that an atlas is of."""
    if digest_of(network) != contents.digest:
        raise AtlasError(
            f"Expected the network {contents.name!r} that the atlas was built with, but "
            f"{network.name!r} has another graph or other weights: build the atlas again with it."
        )
    return network
