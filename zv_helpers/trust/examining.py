"""Examine a heatmap: hide what it calls hottest, and say what came of it."""

from typing import Any

import numpy as np

from ..features import Features
from ..heatmaps import heatmap
from ..progress import Progress
from .curves import compared
from .verdict import Verdict


def examine(
    features: Features,
    target: Any = None,
    method: str = "relevance",
    layer: str | None = None,
    rule: str | None = None,
    heat: np.ndarray | None = None,
    seed: int = 0,
    progress: Progress = True,
) -> Verdict:
    """Ask whether a heatmap's place counts: hide its hottest tenth, its coldest, and as much
    elsewhere, and compare what that costs.

    Args:
        target: a class index or name, or a `Target`; None for the most probable class.
        method, layer, rule: of the heatmap, as in `heatmap`.
        heat: float (h, w), a heatmap of another make that is examined instead.
        seed, progress: as in `compared`.

    A heatmap that passes may still be wrong: a grey patch is itself something that the network has
    never seen, and a tenth is one size of many. `Verdict.deletion` has the other sizes.

    Returns a `Verdict`, whose `sentence` says what was measured. Raises what `heatmap` and
    `deletion` raise.
    """
    target = features.target(target)
    if heat is None:
        how: dict[str, Any] = {"progress": progress} if method == "occlusion" else {}
        heat = heatmap(features, target, layer, method, rule, **how)
    found = compared(features, target, heat, seed=seed, progress=progress)
    return Verdict(target, np.asarray(heat), found)
