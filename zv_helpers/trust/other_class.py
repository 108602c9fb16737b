"""Does a heatmap heed the question? The picture of a class beside those of two others."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..features import Features
from ..targets import ClassScore, Region, Target
from .likeness import Likeness, likeness
from .pictures import picture_of, rule_of


@dataclass(frozen=True, eq=False)
class OtherClass:
    """A heatmap of one class, and those of two others. Made by `other_class`.

    Attributes:
        target: what is explained; method, rule: of the pictures.
        second: of the other classes the most probable one; middle: the one in the middle of their
            order.
        picture, of_second, of_middle: float32 (h, w) in [0, 1], or (h, w, channels) for a
            projection.
        like_second, like_middle: how like the picture is to those.
    """

    target: Target
    method: str
    rule: str | None
    second: Target
    middle: Target
    picture: np.ndarray = field(repr=False)
    of_second: np.ndarray = field(repr=False)
    of_middle: np.ndarray = field(repr=False)
    like_second: Likeness
    like_middle: Likeness


def other_class(
    features: Features,
    target: Any = None,
    method: str = "relevance",
    rule: str | None = None,
    layer: str | None = None,
    **how: Any,
) -> OtherClass:
    """Compare the picture of a class with those of two other classes of the same photograph.

    The second class is often the target's neighbour, another breed of the same cat: a right heatmap
    points at the same place for both, so likeness to it convicts nobody. A class of middle rank has
    nothing to do with the photograph: a picture that stays the same for it shows the photograph,
    and not what was asked. On 19 photographs, SqueezeNet's relevance has rank correlations of 0.40
    to 0.97 with the second class, of -0.31 to 0.67 with the middle one; the deconvnet's magnitude
    0.99 or more with either. The random class of Xplique's `RandomLogitMetric` (Adebayo et al.
    2018) is a middle one on average; this one needs no draw.

    Args:
        features: of the photograph.
        target: a class, by index or name, or the `Region` of one in a network that names every
            position; None for the most probable class.
        method, rule, layer, how: as in `picture_of`.

    Where there is only one other class, as in a network with one score, it is the second and the
    middle one. Of a region, the other classes are asked for at the same positions. Returns an
    `OtherClass`; raises a ValueError for a target that is no class, and for a network with one
    class or none.
    """
    target = features.target(target)
    others = other_classes(features, target)
    second, middle = others[0], others[len(others) // 2]
    about = method, rule, layer
    classes = target, second, middle
    first, *rest = (picture_of(features, one, *about, **how) for one in classes)
    likes = (likeness(first, one) for one in rest)
    asked = target, method, rule_of(method, rule), second, middle
    return OtherClass(*asked, first, rest[0], rest[1], *likes)


def other_classes(features: Features, target: Target) -> list[Target]:
    """Return the other classes as targets, the most probable first; for a region, by their mean
    score over its positions. Raises a ValueError as `other_class` does."""
    index, count = target.class_index(features.network), features.network.class_count
    if index is None or (count or 0) < 2:
        came = f"{target} is none" if index is None else f"{features.network.name!r} has but one"
        raise ValueError(
            f"Expected a class to compare with other classes, but {came}: explain a class of a "
            "network that tells two or more apart."
        )
    if isinstance(target, Region):
        maps = features[target.layer]
        scores = maps[target.positions(maps.shape)].mean(axis=0)
    else:
        scores = features.logits
    order = [int(one) for one in np.argsort(-scores, kind="stable") if one != index]
    if isinstance(target, Region):
        return [replace(target, channel=one) for one in order]
    return [ClassScore(one) for one in order]


def has_others(features: Features, target: Target) -> bool:
    """Say whether the target is a class, and there is another."""
    network = features.network
    return target.class_index(network) is not None and (network.class_count or 0) > 1
