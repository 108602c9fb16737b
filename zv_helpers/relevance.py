"""Step 4b, calculate relevance scores: one number for each feature map of a layer, for a class."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .deconvnet import reverse_signal
from .features import Features, resume
from .network.running import pictures_at_once
from .progress import Progress, watched


def relevance_scores(
    features: Features, class_index: Any, layer: str, rule: str = "gradient"
) -> np.ndarray:
    """Score how much each feature map of a layer contributes to a class: R_k = Σ_ij A_ijk · S_ijk.

    A are the layer's feature maps and S is the class score's reverse signal at that layer.

    Args:
        class_index: the class, by index or name; a `Neuron` or another `Target` to explain that
            instead; None for the most probable class.
        layer: the layer whose feature maps are scored.
        rule: the rule for S. With "gradient" the score agrees best with what happens when a map is
            removed.

    Returns float32 (channels,): positive scores speak for the class, negative ones against it.
    Raises a KeyError or IndexError for a layer or class that is not there, a ValueError for a layer
    that cannot be reversed.
    """
    return activation_times_gradient(features, class_index, layer, rule).sum(axis=(0, 1))


def activation_times_gradient(
    features: Features, class_index: Any, layer: str, rule: str = "gradient"
) -> np.ndarray:
    """Return A · S, float32 (h, w, channels): its margins are the relevance scores and the
    heatmap."""
    return features[layer] * reverse_signal(features, class_index, [layer], rule)[layer]


def ablation(
    features: Features,
    class_index: Any,
    layer: str,
    channels: Any = None,
    batch: int | None = None,
    progress: Progress = True,
) -> np.ndarray:
    """Measure what each feature map really does: zero it, run the network on, and see how far the
    score falls.

    Args:
        features, class_index, layer: as in `relevance_scores`.
        channels: which feature maps to remove, by default all.
        batch: how many are removed, one each, in one forward pass; by default at most 32, and no
            more than memory holds.
        progress: True for a bar, False for none, or a function (see `progress.watched`).

    Returns float32 (len(channels),): the target's score (of a class, before softmax) with the map
    minus the score without it.
    """
    target, maps = features.target(class_index), features[layer]
    channels = np.arange(maps.shape[2]) if channels is None else np.asarray(channels)
    graph, number = features.network.graph, target.number(features.network)
    whole, falls = target.of(features, "score"), []
    batch = batch or pictures_at_once(graph, number, graph.layer_values[layer])
    again = len(channels) > 2 * batch
    for first in watched(range(0, len(channels), batch), "ablation", progress):
        some = channels[first : first + batch]
        changed = np.repeat(maps[None], len(some), axis=0)
        changed[np.arange(len(some)), :, :, some] = 0
        falls.append(whole - target.value(resume(features, layer, changed, number, again), "score"))
    return np.concatenate(falls).astype(np.float32)


def correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Return the correlation of two arrays of one shape, in [-1, 1]; 0 where one is constant.

    Examples:
        >>> a = np.eye(2)
        >>> [round(correlation(a, b), 6) for b in (a, 1 - a, np.ones((2, 2)))]
        [1.0, -1.0, 0.0]
    """
    a, b = (np.asarray(values, float).ravel() for values in (first, second))
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def rank_correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Compare two orders: Spearman's rank correlation in [-1, 1], ties sharing their mean rank; 0
    where one of the two is constant, since it then orders nothing.

    Examples:
        >>> rank_correlation([1, 2, 3, 4], [10, 20, 30, 1000])
        1.0
    """
    from scipy.stats import rankdata

    return round(correlation(rankdata(first), rankdata(second)), 12)
