"""The pointing game over many photographs: each way to draw a heatmap, beside the middle of the
picture; and the same with four photographs in one picture, where the middle is no answer."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ..deconvnet import RULES
from ..features import Features, extract_features
from ..heatmaps import heatmap
from ..images import MarkedBox, SmallImageWarning, load_image, marked_boxes, seen_box
from ..network import Network
from ..network.receptive_fields import Box
from ..progress import Progress, watched
from .pointing import hottest, in_input, pointing

Way = tuple[str, str | None]  # a method of `heatmap`, and the rule of its reverse pass
MIDDLE: Way = ("middle", None)  # the middle of the picture, which asks no network at all
OCCLUSION: Way = ("occlusion", None)
REVERSE_WAYS: tuple[Way, ...] = tuple(
    (method, rule) for method in ("relevance", "gradcam", "deconvnet") for rule in RULES
)
WAYS = (*REVERSE_WAYS, OCCLUSION)
TOLERANCE = 15  # pixels (Zhang et al. 2018)


@dataclass(frozen=True, eq=False)
class PointingGame:
    """What came of a pointing game.

    Attributes:
        network: its name; ways: of drawing a heatmap, `MIDDLE` first.
        boxes: what was pointed at; places: the same, (top, left, bottom, right) in pixels of the
            network's input.
        pictures: uint8 (boxes, h, w, channels), what the network saw.
        points: float (ways, boxes, 2): row and column of the hottest pixel (the mean, if there are
            several), NaN for a constant heatmap.
        hits: bool (ways, boxes): whether it lies in the box; near: within 15 pixels of it.
    """

    network: str
    ways: tuple[Way, ...]
    boxes: tuple[MarkedBox, ...]
    places: tuple[Box, ...]
    pictures: np.ndarray
    points: np.ndarray
    hits: np.ndarray
    near: np.ndarray

    @property
    def chance(self) -> float:
        """How often a pixel drawn at random hits: the boxes' mean share of the picture."""
        areas = [(bottom - top) * (right - left) for top, left, bottom, right in self.places]
        return float(np.mean(areas)) / (self.pictures.shape[1] * self.pictures.shape[2])

    def count(self, way: Way) -> int:
        """Return how many boxes a way hits; raises a ValueError for a way that did not play."""
        return int(self.hits[self.place(way)].sum())

    def place(self, way: Way) -> int:
        """Return where a way stands in `ways`; raises a ValueError for one that did not play."""
        if way not in self.ways:
            known = ", ".join(map(str, self.ways))
            raise ValueError(f"Expected a way that played, one of {known}, but got {way!r}.")
        return self.ways.index(way)

    def __str__(self):
        total = len(self.boxes)
        lines = [f"{'method':10} {'rule':10} {'in the box':>15} {f'within {TOLERANCE} pixels':>18}"]
        for (method, rule), hits, near in zip(self.ways, self.hits, self.near, strict=True):
            counts = [f"{one.sum()} of {total} {one.mean():5.0%}" for one in (hits, near)]
            lines.append(f"{method:10} {rule or '':10} {counts[0]:>15} {counts[1]:>18}")
        return "\n".join([*lines, f"a pixel at random {self.chance:19.0%}"])


def pointing_game(
    network: Network,
    ways: Sequence[Way] = WAYS,
    boxes: Sequence[MarkedBox] | None = None,
    progress: Progress = True,
) -> PointingGame:
    """Let each way to draw a heatmap point at the subject of many photographs, and count.

    Each is asked for the photograph's most probable class, right or wrong; in a network without
    classes, for its strongest neuron. Occlusion moves its square by its whole side here, a third of
    the usual places, and takes as long as all others together even so.

    Args:
        ways: (method, rule) of `heatmap` each; the middle of the picture always plays too.
        boxes: what to point at, by default the subjects of all photographs that have one.
        progress: True for a bar, False for none, or a function (see `progress.watched`).

    Raises a ValueError for an unknown method or a box that the network does not see.
    """
    boxes = marked_boxes(part="subject") if boxes is None else tuple(boxes)
    return _played(network, ways, boxes, _alone(network, boxes), progress)


def pointing_game_of_four(
    network: Network,
    ways: Sequence[Way] = REVERSE_WAYS,
    boxes: Sequence[MarkedBox] | None = None,
    progress: Progress = True,
) -> PointingGame:
    """Play the pointing game with four photographs in one picture, each asked for in turn.

    Each fills a quarter, so the middle belongs to none, and a heatmap that does not heed the
    question wins one of four at most. Asked for is what the network calls the photograph when it
    sees it alone; where it calls two of the four the same, no heatmap can win both.

    Args:
        ways, boxes, progress: as in `pointing_game`. Of n boxes, a multiple of four, those that are
            n / 4 apart share a picture, and stand beside each other in what is returned.

    Raises a ValueError for another number of boxes, a network without classes, an unknown method.
    """
    boxes = marked_boxes(part="subject") if boxes is None else tuple(boxes)
    if network.class_count is None:
        raise ValueError(
            f"{network.name!r} has no classes to ask for: play with a network that has, "
            'for instance "squeezenet".'
        )
    if not boxes or len(boxes) % 4:
        raise ValueError(f"Expected four boxes for each picture, but got {len(boxes)} in all.")
    pictures = len(boxes) // 4
    order = tuple(boxes[i + k * pictures] for i in range(pictures) for k in range(4))
    return _played(network, ways, order, _in_fours(network, order), progress)


def _alone(network, boxes):
    """Yield for each box (features of its photograph, what is asked for, where it is seen)."""
    for box in boxes:
        features = extract_features(network, load_image(box.photograph, network))
        yield features, features.target(), in_input(features, box)


def _in_fours(network, boxes):
    """Put each four into one picture and ask for one after the other."""
    whole = (0, 0, *network.input_size)
    height, width = (side // 2 for side in network.input_size)
    for first in range(0, len(boxes), 4):
        canvas, asked = np.zeros((*network.input_size, 3), np.uint8), []
        throws = _alone(network, boxes[first : first + 4])
        for corner, (features, target, place) in enumerate(throws):
            top, left = corner // 2 * height, corner % 2 * width
            quarter = top, left, top + height, left + width
            small = Image.fromarray(features.image.rgb).resize(
                (width, height), Image.Resampling.BICUBIC
            )
            canvas[top : top + height, left : left + width] = small
            asked.append((target, seen_box(place, whole, quarter)))
        together = extract_features(network, load_image(canvas, network))
        for target, place in asked:
            yield together, target, place


def _played(network, ways, boxes, throws, progress):
    """Let every way throw at each box, and gather what comes of it."""
    ways, found = (MIDDLE, *ways), []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _, (features, target, place) in zip(
            watched(boxes, "pointing game", progress), throws, strict=True
        ):
            heats = [heat_of(features, target, way) for way in ways]
            hits, near = (
                [pointing(features, target, heat, place, reach) for heat in heats]
                for reach in (0, TOLERANCE)
            )
            found.append(
                (place, features.image.pixels, [_point(heat) for heat in heats], hits, near)
            )
    _warn_once(caught)
    places, pictures, *columns = zip(*found, strict=True)
    points, hits, near = (np.stack(column, axis=1) for column in columns)
    return PointingGame(network.name, ways, boxes, places, np.stack(pictures), points, hits, near)


def _warn_once(caught):
    """Give each warning once, and not how small the photographs are: that changes no answer."""
    others = [one for one in caught if not issubclass(one.category, SmallImageWarning)]
    for message, category in {str(one.message): one.category for one in others}.items():
        warnings.warn(message, category, stacklevel=4)


def heat_of(features: Features, target: Any, way: Way, layer: str | None = None) -> np.ndarray:
    """Return the heatmap that a way draws, float32 (h, w) in [0, 1], as it plays here: occlusion
    with a square that moves by its whole side. layer: as in `heatmap`, which raises what this
    raises."""
    if way == MIDDLE:
        return middle(features.network.input_size)
    (method, rule), how = way, dict[str, Any]()
    if way == OCCLUSION:
        side = min(features.network.input_size) // 4
        how = {"size": side, "stride": side, "batch": 4, "progress": False}  # small: it is compiled
    return heatmap(features, target, layer, method, rule, **how)


def middle(size: tuple[int, int]) -> np.ndarray:
    """Return a heatmap that always points at the middle: float (h, w), falling with the distance.

    >>> middle((1, 4)).tolist()
    [[0.0, 1.0, 1.0, 0.0]]
    """
    rows, columns = (np.abs(np.arange(side) - (side - 1) / 2) for side in size)
    distance = np.hypot(rows[:, None], columns[None])
    return distance.max() - distance


def _point(heat):
    places = np.array(hottest(heat), float)
    return places.mean(axis=1) if places.size else np.full(2, np.nan)
