"""What was measured of a heatmap, in sentences that say no more than that."""

from dataclasses import dataclass, field

import numpy as np

from ..targets import Target
from .curves import Comparison
from .other_class import OtherClass

SHARE = 0.1  # of the pixels is hidden
MARGIN = 0.05  # of the value: what differs by less is called the same
LEAST = 0.1  # a probability below has too little to lose
# A rank correlation from which on two pictures are called the same. In docs/arbiter.md 19 of 20
# of the gradient's heatmaps lie below 0.84, and 19 of 20 of those by the deconvnet rule above 0.9.
ALIKE = 0.9


@dataclass(frozen=True, eq=False)
class Verdict:
    """What was measured of a heatmap. Made by `examine`.

    Attributes:
        target: what it explains; heat: float (h, w).
        deletion: what the value becomes as pixels are hidden, beside the same elsewhere.
        others: the same picture of the second most probable class and of one of middle rank, and
            how like they are; None where it was not asked for another class.
    """

    target: Target
    heat: np.ndarray = field(repr=False)
    deletion: Comparison = field(repr=False)
    others: OtherClass | None = field(default=None, repr=False)

    def __str__(self):
        return self.sentence

    @property
    def other(self) -> tuple[float, ...] | None:
        """The rank correlations with the pictures of the second class and of the middle one; one
        where there is only one other class."""
        others = self.others
        if others is None:
            return None
        ranks = others.like_second.rank, others.like_middle.rank
        return ranks[:1] if others.second == others.middle else ranks

    @property
    def value(self) -> float:
        """The target's value, a probability or an activation, before anything is hidden."""
        return float(self.deletion.hottest.values[0])

    @property
    def cost(self) -> float:
        """How far it falls when the hottest tenth is hidden; below 0 where it rises."""
        return self.value - self.deletion.hottest.at(SHARE)

    @property
    def coldest(self) -> float:
        """How far it falls when the coldest tenth is hidden."""
        return self.value - self.deletion.coldest.at(SHARE)

    @property
    def band(self) -> tuple[float, float]:
        """The lowest and the highest fall when the tenth is hidden elsewhere."""
        falls = [self.value - curve.at(SHARE) for curve in self.deletion.elsewhere]
        return min(falls), max(falls)

    @property
    def measured(self) -> dict[str, np.ndarray]:
        """All values under their names, float (n,) each: at each share of the photograph that is
        hidden, 0 to 1, the target's value."""
        found = self.deletion
        least, most = found.band
        return {
            "hidden": found.hottest.fractions,
            "hottest first": found.hottest.values,
            "coldest first": found.coldest.values,
            "elsewhere, lowest": least,
            "elsewhere, highest": most,
        }

    @property
    def counts(self) -> bool | None:
        """Whether the heatmap's place counts: hiding it costs more than any other place, and than
        the coldest. None where that cannot be tested: the heatmap is constant, or there is too
        little to lose."""
        if self._untested:
            return None
        margin = MARGIN * self.value
        return bool(self.cost > max(self.band[1], self.coldest) + margin)

    @property
    def heeds_the_class(self) -> bool | None:
        """Whether the picture changes with the class. None where no other was asked for. A class
        beside the target may have its evidence at the same place, so likeness to the second alone
        convicts nobody."""
        return None if self.other is None else min(self.other) < ALIKE

    @property
    def sentence(self) -> str:
        """The one to show first: what speaks against the heatmap, if anything does."""
        return self.sentences[0]

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that was measured, what weighs most first."""
        if self._untested:
            return (self._untested, *self._of_classes())
        against, others = self._of_classes(), ()
        if self.heeds_the_class is not False:
            against, others = (), against
        return (*against, self._of_place(), *self._of_coldest(), *others)

    @property
    def _untested(self):
        """Why hiding says nothing, or an empty string."""
        if np.ptp(self.heat) == 0:
            return (
                "This heatmap is the same everywhere: it points nowhere, so nothing can be tested."
            )
        least = LEAST if self.target.measure == "probability" else 0
        if self.value > least:
            return ""
        measure = f"The {self.target.measure} is {written(self.value)}"
        return f"{measure} to begin with: too little to lose, so hiding pixels tests nothing."

    def _of_place(self):
        low, high = self.band
        cost, value, least, most = map(written, (self.cost, self.value, low, high))
        begin = (
            f"Hiding its hottest tenth costs {cost} of {value}, a tenth elsewhere {least} to {most}"
        )
        if self.counts:
            return f"{begin}: the place counts."
        margin = MARGIN * self.value
        if self.cost < low - margin:
            return f"{begin}: other places count more."
        if self.cost > high + margin:  # yet the coldest costs as much, as the next sentence says
            return f"{begin}."
        return f"{begin}: that does not show that the place counts."

    def _of_coldest(self):
        costs = f"Hiding its coldest tenth costs {written(self.coldest)}"
        margin = MARGIN * self.value
        if self.coldest < self.cost - margin:
            return (f"{costs}.",)
        than = "more than" if self.coldest > self.cost + margin else "about as much as"
        return (f"{costs}, {than} the hottest: hot and cold are not told apart.",)

    def _of_classes(self):
        return () if self.other is None else (of_classes("This picture", self.other),)


def of_classes(what: str, ranks: tuple[float, ...], plural: bool = False) -> str:
    """Say whether something changes with the class, by its rank correlations with the same of the
    second class and of one of middle rank, or of the only other class."""
    names = ("the other class",) if len(ranks) == 1 else ("the second class", "one of middle rank")
    pairs = zip(map(written, ranks), names, strict=True)
    alike = "rank correlation " + ", ".join(f"{rank} with {name}" for rank, name in pairs)
    change, show = ("change", "they show") if plural else ("changes", "it shows")
    if min(ranks) < ALIKE:
        return f"{what} {change} with the class ({alike})."
    return f"{what} hardly {change} for another class ({alike}): {show} the photograph."


def written(value: float) -> str:
    """Write a value with two digits and a typographic minus.

    >>> [written(value) for value in (0.983, -0.121, -0.001, 34.567)]
    ['0.98', '−0.12', '0.00', '34.57']
    """
    digits = f"{value:.2f}"
    return ("0.00" if digits == "-0.00" else digits).replace("-", "−")
