"""Examine a heatmap: hide what it calls hottest, and say what came of it."""

from typing import Any

import numpy as np

from ..features import Features
from ..heatmaps import heatmap
from ..progress import Progress
from .curves import compared
from .other_class import has_others, other_class
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
    **how: Any,
) -> Verdict:
    """Ask whether a heatmap's place counts: hide its hottest tenth, its coldest, and as much
    elsewhere, and compare what that costs. Of a class, ask for two others too (`other_class`).

    Args:
        target: a class index or name, or a `Target`; None for the most probable class.
        method, layer, rule: of the heatmap, as in `heatmap`.
        heat: float (h, w), a heatmap of another make that is examined instead; not for other
            classes.
        seed, progress: as in `compared`.
        how: as in `heatmap` (`smoothing`, `threshold`, and for occlusion `size` and `stride`).

    A heatmap that passes may still be wrong: a grey patch is itself something that the network has
    never seen, and a tenth is one size of many. `Verdict.deletion` has the other sizes.

    Returns a `Verdict`, whose `sentence` says what was measured. Raises what `heatmap` and
    `deletion` raise.
    """
    target, others = features.target(target), None
    how |= {"progress": progress} if method == "occlusion" else {}
    if heat is None and has_others(features, target):
        others = other_class(features, target, method, rule, layer, **how)
        heat = others.picture
    elif heat is None:
        heat = heatmap(features, target, layer, method, rule, **how)
    found = compared(features, target, heat, seed=seed, progress=progress)
    return Verdict(target, np.asarray(heat), found, others)
