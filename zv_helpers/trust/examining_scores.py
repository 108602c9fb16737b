"""Examine relevance scores: remove feature maps, and say whether what happens has their order."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..features import Features
from ..progress import Progress
from ..relevance import rank_correlation, relevance_scores
from .ablating import AblationAgreement, ablation_agreement
from .other_class import has_others, other_classes
from .verdict import ALIKE, of_classes, written

MOST = 64  # feature maps that are removed
SIMILAR = 0.5  # a rank correlation from which on two orders are called similar


@dataclass(frozen=True, eq=False)
class ScoreVerdict:
    """What was measured of relevance scores. Made by `examine_scores`.

    Attributes:
        agreement: the scores of the maps that were removed, beside what that did.
        active: how many feature maps of the layer are not zero everywhere; the removed ones are
            some of them.
        other: the rank correlations of the active maps' scores with those of the second most
            probable class and of one of middle rank; one where there is only one other class, and
            None where there is none.
    """

    agreement: AblationAgreement
    active: int
    other: tuple[float, ...] | None = field(default=None, repr=False)

    def __str__(self):
        return self.sentence

    @property
    def measure(self) -> str:
        """What falls when a map is removed: a class's score before softmax, or an activation."""
        return "activation" if self.agreement.target.measure == "activation" else "score"

    @property
    def outlier(self) -> int:
        """The place, among `agreement.channels`, of the map whose score is farthest from its effect
        when each of the two is divided by its largest absolute value."""
        scores, effects = map(_scaled, (self.agreement.scores, self.agreement.effects))
        return int(np.argmax(np.abs(scores - effects)))

    @property
    def heeds_the_class(self) -> bool | None:
        """Whether the scores change with the class. None where there is no other."""
        return None if self.other is None else min(self.other) < ALIKE

    @property
    def sentence(self) -> str:
        """The one to show first: what speaks against the scores, if anything does."""
        return self.sentences[0]

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that was measured, what weighs most first."""
        others = () if self.other is None else (of_classes("These scores", self.other, True),)
        if self.heeds_the_class is False:
            return (*others, *self._of_order())
        return (*self._of_order(), *others)

    def _of_order(self):
        found = self.agreement
        for values, alike in ((found.scores, "These scores are"), (found.effects, "Zeroing costs")):
            if np.ptp(values) == 0:
                return (f"{alike} the same for every map: there is no order to compare.",)
        count, at = len(found.channels), self.outlier
        over = f"all {count} active ones"
        if count < self.active:
            over = f"{count} drawn from {self.active} active ones"
        come = "come in nearly" if found.rank >= ALIKE else "come roughly in"
        come = come if found.rank >= SIMILAR else "do not come in"
        return (
            f"By relevance, the feature maps of {found.layer} {come} the order in which zeroing "
            f"each lowers the {self.measure} (rank correlation {written(found.rank)} over {over}).",
            f"Farthest off is map {found.channels[at]}: relevance {written(found.scores[at])}, and "
            f"zeroing it costs {written(found.effects[at])}.",
        )


def examine_scores(
    features: Features,
    target: Any,
    layer: str,
    rule: str = "gradient",
    most: int = MOST,
    seed: int = 0,
    progress: Progress = True,
) -> ScoreVerdict:
    """Ask whether relevance scores have the order of what feature maps do: zero some of them, one
    at a time, and see how far the target's score falls. Of a class, ask for two others too.

    Args:
        features, target, layer, rule: as in `relevance_scores`.
        most: how many feature maps are removed; of more active ones as many are drawn, with `seed`.
            A silent one has score and effect 0 whatever the rule, so it is left out.
        progress: as in `ablation`.

    What is removed is one map at a time: of two that do the same, neither seems to count. Returns a
    `ScoreVerdict`, whose `sentence` says what was measured. Raises what `ablation_agreement`
    raises, a ValueError also where fewer than two maps are active.
    """
    target = features.target(target)
    active = np.flatnonzero(features[layer].any(axis=(0, 1)))
    drawn = np.random.default_rng(seed).permutation(active)[:most]
    asked = features, target, layer, rule
    found = ablation_agreement(*asked, np.sort(drawn), progress=progress)
    other = _other_ranks(*asked, active) if has_others(features, target) else None
    return ScoreVerdict(found, len(active), other)


def _other_ranks(features, target, layer, rule, active):
    others = other_classes(features, target)
    asked = dict.fromkeys((others[0], others[len(others) // 2]))  # once, if there is only one
    first, *rest = (relevance_scores(features, o, layer, rule)[active] for o in (target, *asked))
    return tuple(rank_correlation(first, one) for one in rest)


def _scaled(values):
    largest = np.abs(values).max()
    return values / largest if largest > 0 else values
