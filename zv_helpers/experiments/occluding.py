"""Occlusion sensitivity (Zeiler & Fergus 2014, §4.2; figure 7 in arXiv:1311.2901v3): hide one part
of a photograph after the other, and read a feature map and the class scores each time."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..choose import neuron_layer
from ..features import Features
from ..heatmaps import squares, under_squares
from ..network import Network
from ..network.network import class_scores
from ..progress import Progress
from ..targets import Target

Box = tuple[int, int, int, int]  # (top, left, bottom, right)


@dataclass(frozen=True, eq=False)
class OcclusionMaps:
    """What a network says of a photograph while a grey square hides one place after the other. Made
    by `occlusion_maps`.

    Attributes:
        target: whose value is read; layer, channel: the feature map whose activations are summed.
        size: the square's side in pixels.
        tops, lefts: int (rows,) and (columns,), where the squares begin, in pixels.
        activation: float32 (rows, columns), the sum over the feature map for each place.
        value: float32 (rows, columns), the target's value for each place: a class's probability, a
            neuron's activation.
        most_probable: int (rows, columns), the index of the most probable class for each place, or
            of the one that wins at most positions of a segmentation; None without classes.
        activation_before, value_before, most_probable_before: the same without a square.
    """

    target: Target
    layer: str
    channel: int
    size: int
    tops: np.ndarray = field(repr=False)
    lefts: np.ndarray = field(repr=False)
    activation: np.ndarray = field(repr=False)
    value: np.ndarray = field(repr=False)
    most_probable: np.ndarray | None = field(repr=False)
    activation_before: float
    value_before: float
    most_probable_before: int | None

    @property
    def boxes(self) -> np.ndarray:
        """Where each square lies: int (rows, columns, 4), (top, left, bottom, right) in pixels."""
        top, left = np.meshgrid(self.tops, self.lefts, indexing="ij")
        return np.stack([top, left, top + self.size, left + self.size], axis=-1)

    def lowest(self, values: np.ndarray) -> Box:
        """Return the box of the square under which values, (rows, columns), are lowest; on a tie
        the first, row by row."""
        top, left, bottom, right = self.boxes.reshape(-1, 4)[np.argmin(values)].tolist()
        return top, left, bottom, right


def occlusion_maps(
    features: Features,
    target: Any = None,
    layer: str | None = None,
    channel: int | None = None,
    size: int | None = None,
    stride: int | None = None,
    batch: int | None = None,
    progress: Progress = True,
) -> OcclusionMaps:
    """Slide a grey square over the photograph, and measure three things for each place.

    Args:
        target: the `Target` whose value is read, or a class index or name; by default
            `features.target()`, the most probable class.
        layer: whose feature map is summed; by default the last one that has not one map for each
            class. channel: the map; by default the one with the strongest neuron on the untouched
            photograph.
        size, stride: of the square, in pixels, see `heatmaps.squares`: every square lies whole on
            the photograph.
        batch, progress: as in `features.rerun_changed`; a function that raises `Cancelled` ends it.

    Returns `OcclusionMaps`. Raises a KeyError or IndexError for a layer, feature map or class that
    is not there, a ValueError for a square that does not fit.
    """
    network, target = features.network, features.target(target)
    layer = neuron_layer(features) if layer is None else layer
    channel = features.strongest(layer).channel if channel is None else channel
    features.neuron(layer, channel, 0, 0)  # says so if it is not there
    size, tops, lefts = squares(network.input_size, size, stride)
    of_layer, of_target, of_classes = network.layer_value(layer), target.number(network), None
    if network.class_count is not None:
        of_classes = network.graph.scores
    wanted = {of_layer, of_target, of_classes} - {None}

    def read(found):
        sums = found[of_layer][..., channel].sum(axis=(1, 2), dtype=np.float64)
        values = target.value(found[of_target], None, network.as_probabilities)
        winners = (
            np.zeros(len(sums)) if of_classes is None else _winners(network, found[of_classes])
        )
        return np.stack([sums, values, winners])

    parts = under_squares(features, (tops, lefts), size, wanted, batch, progress)
    grids = np.concatenate([read(found) for _, found in parts], axis=1)
    activation, value, winners = grids.reshape(3, len(tops), len(lefts))
    before = read(features.compute(wanted))[:, 0].tolist()
    return OcclusionMaps(
        target=target,
        layer=layer,
        channel=int(channel),
        size=size,
        tops=np.array(tops),
        lefts=np.array(lefts),
        activation=activation.astype(np.float32),
        value=value.astype(np.float32),
        most_probable=None if of_classes is None else winners.astype(int),
        activation_before=before[0],
        value_before=before[1],
        most_probable_before=None if of_classes is None else int(before[2]),
    )


def _winners(network: Network, outputs: np.ndarray) -> np.ndarray:
    """Return the most probable class of each of some outputs, (n, ...): int (n,); of a segmentation
    the one that wins at most positions."""
    if network.class_maps is None:
        return class_scores(outputs).argmax(axis=-1)
    count, best = outputs.shape[-1], outputs.argmax(axis=-1).reshape(len(outputs), -1)
    return np.array([np.bincount(one, minlength=count).argmax() for one in best])
