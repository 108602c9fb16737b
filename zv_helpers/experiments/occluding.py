"""Occlusion sensitivity (Zeiler & Fergus 2014, §4.2; figure 7 in arXiv:1311.2901v3): hide one part
of a photograph after the other, and read a feature map and the class scores each time."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..choose import neuron_layer
from ..features import Features
from ..heatmaps import occlude, squares, under_squares
from ..images import InputImage, with_pixels
from ..network import Network
from ..network.network import class_scores
from ..progress import Progress
from ..targets import Target

Box = tuple[int, int, int, int]  # (top, left, bottom, right)


def hidden_image(image: InputImage, top: int, left: int, size: int) -> InputImage:
    """Put the grey square on what the network sees of a photograph: an `InputImage` for
    `extract_features`, whose notes say where it lies. Its side may be 0."""
    where = f"rows {top}–{top + size - 1}, columns {left}–{left + size - 1} hidden"
    note = where if size else "nothing hidden"
    return with_pixels(image, occlude(image, top, left, size), note)


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

    def on_canvas(self, values: np.ndarray) -> np.ndarray:
        """Lay values for each place, (rows, columns), on the photograph: float (h, w), at each
        pixel that of the square whose middle is nearest; nan at the border, half a stride and more
        away from every middle."""
        rows, columns = (_nearest(starts, self.size) for starts in (self.tops, self.lefts))
        laid = np.asarray(values, float)[np.ix_(rows, columns)]
        laid[rows < 0] = np.nan
        laid[:, columns < 0] = np.nan
        return laid

    def shares(self, signal: np.ndarray) -> np.ndarray:
        """Return how much of a signal at the pixels, float (h, w, channels) of either sign, each
        square would hide: float (rows, columns), shares of the sum of its sizes; 0 for a signal
        that is zero."""
        sizes = np.abs(signal).sum(axis=2, dtype=np.float64)
        total = float(sizes.sum()) or 1.0
        places = self.boxes.reshape(-1, 4)
        found = [sizes[top:bottom, left:right].sum() for top, left, bottom, right in places]
        return np.reshape(found, self.value.shape) / total

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


def _nearest(starts, size):
    """Return, for each pixel along an axis, the number of the square with the nearest middle, the
    first of two; −1 for pixels outside."""
    middles, pixels = starts + size / 2, np.arange(starts[-1] + size) + 0.5
    nearest = np.abs(pixels[:, None] - middles).argmin(axis=1)
    steps = np.diff(middles) if len(middles) > 1 else np.array([size])
    outside = (pixels < middles[0] - steps[0] / 2) | (pixels > middles[-1] + steps[-1] / 2)
    return np.where(outside, -1, nearest)


def _winners(network: Network, outputs: np.ndarray) -> np.ndarray:
    """Return the most probable class of each of some outputs, (n, ...): int (n,); of a segmentation
    the one that wins at most positions."""
    if network.class_maps is None:
        return class_scores(outputs).argmax(axis=-1)
    count, best = outputs.shape[-1], outputs.argmax(axis=-1).reshape(len(outputs), -1)
    return np.array([np.bincount(one, minlength=count).argmax() for one in best])
