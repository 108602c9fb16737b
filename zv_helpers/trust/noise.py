"""Does a picture stay while the answer stays? Noise that changes the photograph a little."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..features import Features, extract_together
from ..images import with_pixels
from ..network.running import pictures_at_once
from ..progress import Progress, watched
from ..targets import Target
from .likeness import Likeness, likeness
from .pictures import picture_of, rule_of

KINDS = ("uniform", "normal")
TOGETHER = 4  # noisy photographs whose feature maps are held at once


@dataclass(frozen=True, eq=False)
class NoiseSensitivity:
    """What noise does to a picture while the answer stays. Made by `noise_sensitivity`.

    Attributes:
        target: what is explained; method, rule: of the picture.
        count: how many noisy copies were looked at; kept: int (n,), which of them have the same
            answer, and were compared.
        picture: float32 (h, w) in [0, 1], or (h, w, channels), of the photograph as it is;
            pictures: float32 (n, …), of the copies.
        likenesses: of these to the untouched one.
        distances: float64 (n,), how far each is away, see `distances`.
    """

    target: Target
    method: str
    rule: str | None
    count: int
    kept: np.ndarray
    picture: np.ndarray = field(repr=False)
    pictures: np.ndarray = field(repr=False)
    likenesses: tuple[Likeness, ...] = field(repr=False)
    distances: np.ndarray

    @property
    def largest(self) -> float:
        """The largest distance: max-sensitivity (Yeh et al. 2019, definition 2.2), relative."""
        return float(self.distances.max())

    @property
    def mean(self) -> float:
        """The mean distance."""
        return float(self.distances.mean())


def noise_sensitivity(
    features: Features,
    target: Any = None,
    method: str = "relevance",
    rule: str | None = None,
    layer: str | None = None,
    count: int = 10,
    amplitude: float = 4,
    kind: str = "uniform",
    tolerance: float = 0.1,
    seed: int = 0,
    progress: Progress = True,
    **how: Any,
) -> NoiseSensitivity:
    """Measure how far a picture changes under noise that leaves the answer as it is.

    Only copies of the photograph that get the same answer are compared: their most probable class
    is the same, and the target's value (a probability or an activation) has changed by no more than
    `tolerance`. Where the answer changes, the picture should.

    Args:
        features: of the photograph as it is.
        target: a class index, a class name or a `Target`; by default the most probable class.
        method, rule, layer, how: as in `picture_of`.
        count: of noisy copies.
        amplitude: of the noise, in steps of 0 to 255: the largest change of a pixel if its kind is
            "uniform", the standard deviation if it is "normal". Pixels are rounded and stay in 0 to
            255, in every channel by itself; a letterbox's bars get noise too.
        tolerance: how far the value may move, as a share of what it is.
        seed: of the noise; progress: as for `watched`.

    Returns a `NoiseSensitivity`. For the same copies its largest distance is what Quantus measures
    as `MaxSensitivity`, its mean as `AvgSensitivity`; but Quantus takes all copies, whatever is
    answered (or gives NaN as soon as one is another class), and adds its noise to the network's
    input, not rounded. Yeh et al. (*On the (In)fidelity and Sensitivity of Explanations*, NeurIPS
    2019) take the largest over a whole ball, and do not divide by the picture's length. Raises a
    ValueError for a kind, an amplitude or a count that makes no noise, and if no copy gets the same
    answer.
    """
    target = features.target(target)
    about = target, method, rule, layer
    picture, kept, pictures = picture_of(features, *about, **how), [], []
    drawn = count, amplitude, kind, tolerance, seed, progress
    for place, other in noisy_copies(features, target, *drawn):
        kept.append(place)
        pictures.append(picture_of(other, *about, **how))
    if not kept:
        raise ValueError(
            f"Expected noise that leaves the answer as it is, but it changes in all {count} "
            "copies: take a smaller amplitude or a larger tolerance."
        )
    stacked, likes = np.stack(pictures), tuple(likeness(picture, one) for one in pictures)
    far = distances(picture, stacked)
    rule, places = rule_of(method, rule), np.array(kept)
    return NoiseSensitivity(target, method, rule, count, places, picture, stacked, likes, far)


def noisy_copies(
    features: Features,
    target: Any = None,
    count: int = 10,
    amplitude: float = 4,
    kind: str = "uniform",
    tolerance: float = 0.1,
    seed: int = 0,
    progress: Progress = True,
) -> Iterator[tuple[int, Features]]:
    """Yield the noisy copies of a photograph that get the same answer, (which of `count` it is, its
    `Features`): to draw several pictures of each. All arguments, and what is raised for them, are
    as in `noise_sensitivity`; where no copy gets the same answer, none comes."""
    _check(count, amplitude, kind)
    target, network = features.target(target), features.network
    noise, pixels = np.random.default_rng(seed), features.image.pixels
    number = max(network.graph.scores, target.number(network))
    together = pictures_at_once(network.graph, number, most=TOGETHER)
    for first in watched(range(0, count, together), "noise", progress):
        images = [
            with_pixels(features.image, noisy(pixels, noise, amplitude, kind), "noise")
            for _ in range(min(together, count - first))
        ]
        others = extract_together(network, images, number, network.graph.kept)
        for place, other in enumerate(others, first):
            if same_answer(features, other, target, tolerance):
                yield place, other


def noisy(
    pixels: np.ndarray, noise: np.random.Generator, amplitude: float, kind: str = "uniform"
) -> np.ndarray:
    """Add noise to pixels, uint8 (h, w, channels), as in `noise_sensitivity`: uint8, as many.

    >>> noisy(np.full((1, 4, 1), 250, np.uint8), np.random.default_rng(0), 10).ravel()
    array([253, 245, 241, 240], dtype=uint8)
    """
    draw = (
        noise.uniform(-1, 1, pixels.shape) if kind == "uniform" else noise.normal(size=pixels.shape)
    )
    return np.clip(np.rint(pixels + amplitude * draw), 0, 255).astype(np.uint8)


def same_answer(features: Features, other: Features, target: Target, tolerance: float) -> bool:
    """Say whether features of a changed photograph have the same most probable class, where there
    are classes, and a target's value within `tolerance` times what it was."""
    network = features.network
    classes = [one.target().class_index(network) for one in (features, other)]
    before, after = (target.of(one) for one in (features, other))
    return classes[0] == classes[1] and abs(after - before) <= tolerance * abs(before)


def distances(picture: ArrayLike, pictures: ArrayLike) -> np.ndarray:
    """Return how far pictures are from one, ‖Φ(x + δ) − Φ(x)‖ / ‖Φ(x)‖, as Quantus has it.

    picture: float, of any shape; pictures: float (n, …). Returns float64 (n,), 0 or more. From an
    empty picture, all zero, every other that is not empty is 1 away.

    >>> distances([3.0, 4.0], [[3.0, 4.0], [3.0, 9.0], [0.0, 0.0]])
    array([0., 1., 1.])
    >>> distances([0.0, 0.0], [[0.0, 0.0], [0.0, 0.1]])
    array([0., 1.])
    """
    one = np.asarray(picture, np.float64).ravel()
    several = np.asarray(pictures, np.float64).reshape(-1, one.size)
    far, length = np.linalg.norm(several - one, axis=1), np.linalg.norm(one)
    return far / length if length > 0 else (far > 0).astype(np.float64)


def _check(count, amplitude, kind):
    if kind not in KINDS:
        raise ValueError(f"Expected noise to be one of {', '.join(KINDS)}, but got {kind!r}.")
    if not amplitude > 0 or count < 1:
        raise ValueError(
            "Expected an amplitude above 0 and one copy or more, but got "
            f"{amplitude} and {count}: choose some noise."
        )
