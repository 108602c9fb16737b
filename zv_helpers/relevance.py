"""Step 4b, calculate relevance scores: one number for each feature map of a layer, for a class."""

import numpy as np

from .deconvnet import reverse_signal
from .features import LOGITS, Features, Neuron, resume


def target_of(features, class_index):
    """Return what is to be explained: a `Neuron` as it is, the class score of an index, the top
    class for None."""
    if isinstance(class_index, Neuron):
        return class_index
    return features.target(class_index)


def relevance_scores(features: Features, class_index, layer, rule="gradient"):
    """Score how much each feature map of a layer contributes to a class: R_k = Σ_ij A_ijk · S_ijk.

    A are the layer's feature maps and S is the class score's reverse signal at that layer.

    Args:
        features: `Features` of a forward pass.
        class_index: the class; a `Neuron` to explain that neuron instead; None for the most
            probable class.
        layer: the layer whose feature maps are scored.
        rule: the rule for S. With "gradient" the score agrees best with what happens when a map is
            removed.

    Returns:
        float32 (channels,): positive scores speak for the class, negative ones against it.

    Raises:
        KeyError, IndexError: no such layer or class. ValueError: no classes, or a layer without a
            rule.
    """
    return products(features, class_index, layer, rule).sum(axis=(0, 1))


def products(features, class_index, layer, rule="gradient"):
    """Return A · S, float32 (h, w, channels): its margins are the relevance scores and the
    heatmap."""
    target = target_of(features, class_index)
    return features[layer] * reverse_signal(features, target, [layer], rule)[layer]


def true_effects(features, class_index, layer, channels=None, batch=32):
    """Measure what each feature map really does: zero it, run the network on, and see how far the
    score falls.

    Args:
        features, class_index, layer: as in `relevance_scores`.
        channels: which feature maps to remove, by default all.
        batch: how many are removed, one each, in one forward pass.

    Returns:
        float32 (len(channels),): the class score (before softmax) with the map minus the score
        without it.
    """
    target = target_of(features, class_index)
    maps = features[layer]
    channels = np.arange(maps.shape[2]) if channels is None else np.asarray(channels)
    number = None if target.layer == LOGITS else features.network.units[target.layer]
    falls = []
    for first in range(0, len(channels), batch):
        some = channels[first : first + batch]
        changed = np.repeat(maps[None], len(some), axis=0)
        changed[np.arange(len(some)), :, :, some] = 0
        after = resume(features, layer, changed, number)
        if target.layer == LOGITS:
            after = after[:, target.channel]
        else:
            after = after[:, target.row, target.column, target.channel]
        falls.append(target.activation - after)
    return np.concatenate(falls).astype(np.float32)


def correlation(first, second, least=0.0):
    """Return the correlation of two arrays of one shape, in [-1, 1]; 0 where one is constant.

    least: a spread (the product of both lengths) up to which an array counts as constant.
    """
    a, b = (np.asarray(values, float).ravel() for values in (first, second))
    a, b = a - a.mean(), b - b.mean()
    spread = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / spread) if spread > least else 0.0


def rank_correlation(first, second):
    """Compare two orders: Spearman's rank correlation in [-1, 1], ties sharing their mean rank.

    Returns 0 where one of the two is constant, since it then orders nothing.

    Examples:
        >>> rank_correlation([1, 2, 3, 4], [10, 20, 30, 1000])
        1.0
        >>> rank_correlation([1, 2, 3, 4], [4, 3, 2, 1])
        -1.0
    """
    a, b = (_ranks(np.asarray(values, float)) for values in (first, second))
    return round(correlation(a, b), 12)


def _ranks(values):
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends - 1) / 2)[inverse]
