"""Deletion and insertion (Petsiuk, Das and Saenko, *RISE*, BMVC 2018): hide a photograph's pixels
in the order of a heatmap, or show them in this order, and read the answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..features import Features, rerun_changed
from ..progress import Progress
from .hiding import baseline_picture, hidden
from .orders import checked_heat, pixel_order

MEASURES = ("deletion", "insertion")
Steps = int | Sequence[float]  # in how many equal steps, or at which fractions


@dataclass(frozen=True, eq=False)
class Curve:
    """What an answer becomes while more and more pixels are hidden, or shown.

    Attributes:
        fractions: float (n,) from 0 to 1, of the photograph's pixels; values: float (n,), the
            target's value at each, a class's probability or a neuron's activation.
        measure: "deletion" or "insertion"; baseline: behind what pixels are hidden; order, seed: in
            which order they are, see `orders.pixel_order`.
    """

    fractions: np.ndarray = field(repr=False)
    values: np.ndarray = field(repr=False)
    measure: str
    baseline: str
    order: str
    seed: int

    @property
    def area(self) -> float:
        """The area under the curve, by trapezoids: the mean value, in the values' unit."""
        return float(np.trapezoid(self.values, self.fractions))

    def at(self, fraction: float) -> float:
        """Return the value at a fraction from 0 to 1, on a straight line between two measured."""
        return float(np.interp(fraction, self.fractions, self.values))


@dataclass(frozen=True)
class Comparison:
    """A heatmap's curve, and others beside it. Made by `compared`.

    Attributes:
        hottest: the heatmap's own; coldest: the same backwards; random: pixel by pixel.
        elsewhere: the heatmap moved to other places, some curves.
    """

    hottest: Curve
    coldest: Curve
    random: Curve
    elsewhere: tuple[Curve, ...]

    @property
    def band(self) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and the highest value elsewhere at each fraction: float (n,) twice."""
        values = np.stack([curve.values for curve in self.elsewhere])
        return values.min(axis=0), values.max(axis=0)


def deletion(
    features: Features,
    target: Any,
    heat: ArrayLike,
    baseline: str = "grey",
    order: str = "hottest",
    steps: Steps = 10,
    seed: int = 0,
    batch: int | None = None,
    progress: Progress = True,
) -> Curve:
    """Hide more and more of a photograph, the hottest pixels first, and read the target's value.

    A heatmap that shows what counts makes it fall at once: a small area. But what is half hidden is
    itself something that the network has never seen, so look at `compared` before you believe it.

    Args:
        target: a class index or name, or a `Target`; None for the most probable class.
        heat: float (h, w) of the input's size, of any scale; only the order of its values counts.
        baseline: "grey", "blurred" or "mean", see `hiding.baseline_picture`.
        order: "hottest" first, "coldest" first, "random" or "elsewhere", see `orders.pixel_order`;
            seed: of what is drawn for it.
        steps: in how many steps, of equally many pixels as far as these can be divided; or at which
            fractions the value is read, from 0 to 1, rounded to whole pixels; 0 and 1 always are.
        batch, progress: as in `features.rerun_changed`; a function that raises `Cancelled` ends it.

    The bars beside a photograph that was loaded with `fit="letterbox"` do not count: they are never
    hidden, whatever the heatmap says there, and the fractions are of the photograph's own pixels.

    Values and area are those of Xplique 2.0's `Deletion` with as many steps, except that it leaves
    equally hot pixels as NumPy's sorting does, reads its baseline in preprocessed values, and knows
    no bars. The values are also those of Quantus 0.6's `PixelFlipping` after every third of its
    steps: to it the three channels of a pixel are three features. It leaves out the untouched
    photograph, and its area is a sum over steps, not a mean.

    Returns a `Curve`. Raises a ValueError for a heatmap of another size or with NaN, an unknown
    baseline or order, or no step; a KeyError or IndexError for a target that is not there.
    """
    about = "deletion", baseline, steps, batch, progress
    return curves_of(features, target, [(heat, order, seed)], *about)[0]


def insertion(
    features: Features,
    target: Any,
    heat: ArrayLike,
    baseline: str = "grey",
    order: str = "hottest",
    steps: Steps = 10,
    seed: int = 0,
    batch: int | None = None,
    progress: Progress = True,
) -> Curve:
    """Begin with the baseline and show more and more of the photograph, the hottest pixels first: a
    good heatmap has a large area. All else is as in `deletion`.

    Pixels shown in one order are pixels hidden in the opposite one, so for the same baseline this
    curve with the hottest first is that of `deletion` with the coldest first, backwards. Petsiuk et
    al. begin with a blurred photograph. The values are those of Xplique 2.0's `Insertion`.
    """
    about = "insertion", baseline, steps, batch, progress
    return curves_of(features, target, [(heat, order, seed)], *about)[0]


def compared(
    features: Features,
    target: Any,
    heat: ArrayLike,
    measure: str = "deletion",
    baseline: str = "grey",
    elsewhere: int = 5,
    steps: Steps = 10,
    seed: int = 0,
    batch: int | None = None,
    progress: Progress = True,
) -> Comparison:
    """Draw a heatmap's curve and, in the same passes, those that it must be better than.

    Args:
        measure: "deletion" or "insertion".
        elsewhere: to how many other places the heatmap is moved, with the seeds `seed`, `seed` + 1
            and so on; at least 1.
        target, heat, baseline, steps, batch, progress: as in `deletion`.

    Returns a `Comparison`. Raises what `deletion` raises, and a ValueError for another measure.
    """
    if elsewhere < 1:
        raise ValueError(f"Expected at least 1 place elsewhere, but got {elsewhere}.")
    asked = [(heat, order, seed) for order in ("hottest", "coldest", "random")]
    asked += [(heat, "elsewhere", seed + i) for i in range(elsewhere)]
    about = measure, baseline, steps, batch, progress
    hottest, coldest, at_random, *moved = curves_of(features, target, asked, *about)
    return Comparison(hottest, coldest, at_random, tuple(moved))


def curves_of(
    features: Features,
    target: Any,
    asked: Sequence[tuple[ArrayLike, str, int]],
    measure: str = "deletion",
    baseline: str = "grey",
    steps: Steps = 10,
    batch: int | None = None,
    progress: Progress = True,
) -> list[Curve]:
    """Draw several curves of one target in the same passes, for instance of several heatmaps. All
    begin and end with the same two pictures, which are looked at once.

    Args:
        asked: (heat, order, seed) of each curve, one or more, as in `deletion`.
        target, measure, baseline, steps, batch, progress: as in `compared`.

    Returns a `Curve` for each. Raises what `compared` raises.
    """
    if measure not in MEASURES:
        known = " or ".join(MEASURES)
        raise ValueError(f"Expected the measure to be {known}, but got {measure!r}.")
    network, image, target = features.network, features.image, features.target(target)
    orders = [
        pixel_order(checked_heat(heat, network.input_size), order, seed, image.place)
        for heat, order, seed in asked
    ]
    pictures = image.pixels, baseline_picture(image, baseline)
    start, end = pictures if measure == "deletion" else pictures[::-1]
    top, left, bottom, right = image.place
    shares = _shares((bottom - top) * (right - left), steps)
    changes = [(0, 0.0), (0, 1.0)]
    changes += [(way, share) for way in range(len(orders)) for share in shares[1:-1]]

    def changed(change):
        way, share = change
        return hidden(start, orders[way], share, end)

    number, found = target.number(network), list[float]()
    for _, some in rerun_changed(features, changes, changed, [number], measure, batch, progress):
        found += target.value(some[number], None, network.as_probabilities).tolist()
    first, last, *between = found
    rows = np.reshape(between, (len(orders), len(shares) - 2))
    values = [np.array([first, *row, last]) for row in rows]
    for array in (shares, *values):
        array.setflags(write=False)
    return [
        Curve(shares, row, measure, baseline, order, seed)
        for row, (_, order, seed) in zip(values, asked, strict=True)
    ]


def _shares(count, steps):
    """Return the fractions, of that many pixels, at which to look: whole pixels, from 0 to 1."""
    if np.ndim(steps) == 0:
        if steps < 1:
            raise ValueError(f"Expected at least 1 step, but got {steps}.")
        return np.unique(np.rint(np.linspace(0, count, steps + 1))) / count
    fractions = np.array([0, *steps, 1], float)
    if not ((fractions >= 0) & (fractions <= 1)).all():
        came = ", ".join(f"{one:g}" for one in steps)
        raise ValueError(f"Expected fractions from 0 to 1, but got {came}.")
    return np.unique(np.rint(count * fractions)) / count
