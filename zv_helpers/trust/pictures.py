"""The pictures that the checks of this room look at: every heatmap, and the signed projection."""

from typing import Any

import numpy as np

from .. import heatmaps
from ..deconvnet import project
from ..features import Features
from ..heatmaps import heatmap

PROJECTION = "projection"
METHODS = (*heatmaps.METHODS, PROJECTION)


def rule_of(method: str, rule: str | None = None) -> str | None:
    """Return the rule that a method goes by: the one that is asked for, or its default; None for
    occlusion, which has no reverse pass.

    >>> rule_of("gradcam"), rule_of("deconvnet"), rule_of("projection", "guided")
    ('gradient', 'deconvnet', 'guided')
    """
    if method == "occlusion":
        return None
    return rule or ("deconvnet" if method in ("deconvnet", PROJECTION) else "gradient")


def picture_of(
    features: Features,
    target: Any,
    method: str = "relevance",
    rule: str | None = None,
    layer: str | None = None,
    **how: Any,
) -> np.ndarray:
    """Return what a method draws of a target: a heatmap, float32 (h, w) in [0, 1], as `heatmap`
    does; for the method "projection" the signal of `project` on the whole canvas, float32 (h, w,
    channels), of either sign. Raises a ValueError as these two do."""
    if method not in METHODS:
        known = ", ".join(METHODS)
        raise ValueError(f"Expected the method to be one of {known}, but got {method!r}.")
    rule = rule_of(method, rule)
    if method == PROJECTION:
        return project(features, target, rule or "deconvnet").on_canvas()
    if method == "occlusion":
        how = {"progress": False, **how}
    return heatmap(features, target, layer, method, rule, **how)
