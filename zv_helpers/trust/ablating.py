"""Do relevance scores agree with what really happens when a feature map is removed?"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..features import Features
from ..progress import Progress
from ..relevance import ablation, rank_correlation, relevance_scores
from ..targets import Target


@dataclass(frozen=True, eq=False)
class AblationAgreement:
    """Relevance scores beside the effect of zeroing each map. Made by `ablation_agreement`.

    Attributes:
        target: what is explained; layer, rule: of the scores.
        channels: int (n,), the feature maps that were compared.
        scores: float32 (n,), their relevance scores; effects: float32 (n,), how far the target's
            score falls without each.
        rank: Spearman's rank correlation of the two, in [-1, 1]; 0 where one of them is constant.
    """

    target: Target
    layer: str
    rule: str
    channels: np.ndarray = field(repr=False)
    scores: np.ndarray = field(repr=False)
    effects: np.ndarray = field(repr=False)
    rank: float

    def __str__(self):
        count = len(self.channels)
        return (
            f"{self.layer}, rule {self.rule}: rank correlation {self.rank:.2f} of the relevance "
            f"scores of {count} feature maps with the effect of zeroing each"
        )


def ablation_agreement(
    features: Features,
    target: Any,
    layer: str,
    rule: str = "gradient",
    channels: Any = None,
    batch: int | None = None,
    progress: Progress = True,
) -> AblationAgreement:
    """Compare relevance scores with the true effect of zeroing each feature map, by their order.

    Maps that are silent on this photograph have score and effect 0 and count as equals: they raise
    the agreement a little, for any rule. Name `channels` to leave them out.

    Args:
        features, target, layer, rule: as in `relevance_scores`.
        channels: which feature maps to compare, two or more; by default all of the layer.
        batch, progress: as in `ablation`.

    Returns an `AblationAgreement`. Raises a ValueError for fewer than two maps, an IndexError for
    one that the layer does not have, and otherwise what `relevance_scores` raises.
    """
    target, count = features.target(target), features[layer].shape[2]
    chosen = np.arange(count) if channels is None else np.asarray(channels, int).ravel()
    if len(chosen) < 2:
        raise ValueError(
            f"Expected two feature maps or more to compare, but got {len(chosen)}: an order takes "
            "two."
        )
    if chosen.min() < 0 or chosen.max() >= count:
        raise IndexError(
            f"{layer} has feature maps 0 to {count - 1}, but {chosen.tolist()} were asked for"
        )
    scores = relevance_scores(features, target, layer, rule)[chosen]
    effects = ablation(features, target, layer, chosen, batch, progress)
    rank = rank_correlation(scores, effects)
    return AblationAgreement(target, layer, rule, chosen, scores, effects, rank)
