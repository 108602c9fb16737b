"""Every check of this room, asked of one photograph about several ways to draw its heatmap at once:
they share what the network has to look at. The numbers of one photograph, no means over many."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..choose import before_pools, layers_below, three_layers
from ..deconvnet import RULES
from ..features import Features
from ..images import MarkedBox
from ..network import Network
from ..relevance import ablation, rank_correlation, relevance_scores
from .curves import curves_of
from .game import OCCLUSION, Way, heat_of
from .likeness import likeness
from .noise import distances, noisy_copies
from .other_class import other_classes
from .pointing import pointing
from .randomising import randomised, weighted_layers

FRACTIONS = (0.05, 0.1, 0.25, 0.5)  # of the pixels, hidden; none and all besides
PLACES = 3  # elsewhere, to which a heatmap is moved
COPIES = 3  # with noise
DEPTHS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the way from the top layer down to the first one
MAPS = 32  # of a layer, zeroed one by one; evenly chosen where it has more

Asked = tuple[Way, str | None]  # a way to draw a heatmap, and its layer; None for the last one
Heats = Mapping[Asked, np.ndarray]
Numbers = dict[Asked, dict[str, float]]


def ways_of(network: Network) -> tuple[Asked, ...]:
    """List the ways worth asking about: relevance and Grad-CAM at the last layer; the same by each
    rule at a lower one, the middle of `choose.three_layers`; the deconvnet's magnitude by each
    rule; and occlusion. At the last layer the rules agree: no ReLU lies between it and the target
    in the networks that ship."""
    lower = three_layers(network).middle
    coarse = "relevance", "gradcam"
    asked: list[Asked] = [((method, "gradient"), None) for method in coarse]
    asked += [((method, rule), lower) for method in coarse for rule in RULES]
    asked += [(("deconvnet", rule), None) for rule in RULES]
    return (*asked, (OCCLUSION, None))


def heats_of(features: Features, target: Any, asked: Sequence[Asked]) -> dict[Asked, np.ndarray]:
    """Draw the heatmap of each way, float32 (h, w) in [0, 1], see `game.heat_of`."""
    return {one: heat_of(features, target, *one) for one in asked}


def by_hiding(features: Features, target: Any, heats: Heats) -> Numbers:
    """Hide pixels behind grey, the hottest first, the coldest first and, for the heatmap moved to
    three other places, the hottest first.

    Returns for each way the target's value "before" anything is hidden, with everything "hidden",
    and after each of `FRACTIONS` of the pixels, for instance "hottest 0.1", "coldest 0.1" and
    "elsewhere 0.1", the mean over the places. What `insertion` measures is in it: the coldest
    first, backwards.
    """
    orders = [("hottest", 0), ("coldest", 0), *(("elsewhere", seed) for seed in range(PLACES))]
    asked = [(heat, *order) for heat in heats.values() for order in orders]
    curves = curves_of(features, target, asked, steps=FRACTIONS, progress=False)
    rows, numbers = np.array([curve.values for curve in curves]), Numbers()
    for way, (hottest, coldest, *moved) in zip(
        heats, rows.reshape(len(heats), len(orders), -1), strict=True
    ):
        numbers[way] = {"before": float(hottest[0]), "hidden": float(hottest[-1])}
        of_order = {"hottest": hottest, "coldest": coldest, "elsewhere": np.mean(moved, axis=0)}
        for order, values in of_order.items():
            inner = zip(FRACTIONS, values[1:-1], strict=True)
            numbers[way] |= {f"{order} {fraction}": float(value) for fraction, value in inner}
    return numbers


def by_pointing(features: Features, target: Any, heats: Heats, box: MarkedBox) -> Numbers:
    """Say whether each heatmap's hottest pixel lies in the box, "pointing": 1 or 0."""
    return {
        way: {"pointing": float(pointing(features, target, heat, box))}
        for way, heat in heats.items()
    }


def by_other_class(features: Features, target: Any, heats: Heats) -> Numbers:
    """Compare each heatmap with those of two other classes, by rank correlation: the "second" most
    probable one and the "middle" one of their order. Raises what `other_class` raises."""
    others = other_classes(features, features.target(target))
    chosen = {"second": others[0], "middle": others[len(others) // 2]}
    return {
        way: {
            name: likeness(heat, heat_of(features, other, *way)).rank
            for name, other in chosen.items()
        }
        for way, heat in heats.items()
    }


def by_random_weights(features: Features, target: Any, heats: Heats) -> Numbers:
    """Compare each heatmap with that of a network whose weights are random from the top down, by
    rank correlation: "random 0" with the top layer alone, "random 1" with all; between, at each of
    `DEPTHS` of the layers' number."""
    target = features.target(target)
    number = target.number(features.network)
    last = len(weighted_layers(features.network.graph, number)) - 1
    stages = {f"random {depth:g}": round(depth * last) for depth in DEPTHS}
    numbers: Numbers = {way: {} for way in heats}
    for stage, (_, other) in enumerate(randomised(features, number, progress=False)):
        names = [name for name, one in stages.items() if one == stage]
        for way, heat in heats.items() if names else ():
            like = likeness(heat, heat_of(other, target, *way))
            numbers[way] |= dict.fromkeys(names, like.rank)
    return numbers


def by_noise(features: Features, target: Any, heats: Heats) -> Numbers:
    """Compare each heatmap with those of three noisy copies, as far as these get the same answer
    (`noisy_copies`): the mean rank correlation, "noise", and the mean distance, "moved". Without
    such a copy a way has no numbers."""
    target = features.target(target)
    copies = [other for _, other in noisy_copies(features, target, count=COPIES, progress=False)]
    numbers: Numbers = {way: {} for way in heats}
    for way, heat in heats.items() if copies else ():
        pictures = [heat_of(other, target, *way) for other in copies]
        ranks = [likeness(heat, picture).rank for picture in pictures]
        moved = distances(heat, np.stack(pictures))
        numbers[way] = {"noise": float(np.mean(ranks)), "moved": float(moved.mean())}
    return numbers


def by_ablation(features: Features, target: Any) -> dict[str, dict[str, float]]:
    """Compare the relevance scores of each rule with the effect of zeroing each feature map, by
    rank correlation: {layer: {rule: number}}, for the last layer before each max-pool, or of each
    size (`choose.before_pools`), below the target. At most 32 maps of a layer are zeroed. Each is
    `ablation_agreement(…).rank`; here the maps are zeroed once for all rules."""
    target = features.target(target)
    below, found = layers_below(features, target), dict[str, dict[str, float]]()
    for layer in before_pools(features.network):
        if layer not in below:
            continue
        count = features[layer].shape[2]
        channels = np.unique(np.linspace(0, count - 1, min(count, MAPS)).astype(int))
        effects = ablation(features, target, layer, channels, progress=False)
        scores = {rule: relevance_scores(features, target, layer, rule)[channels] for rule in RULES}
        found[layer] = {rule: rank_correlation(one, effects) for rule, one in scores.items()}
    return found
