"""Does a picture depend on what the network has learnt? Its weights are made random, layer by layer
(Adebayo et al., *Sanity Checks for Saliency Maps*, NeurIPS 2018)."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..deconvnet import ProjectionWarning
from ..features import Features, extract_features
from ..images import InputImage
from ..network import Network
from ..network.copying import give_weights, untrained_copy
from ..network.graph import Graph
from ..progress import Progress, watched
from ..targets import Target
from .likeness import Likeness, likeness
from .pictures import picture_of, rule_of

STATISTICS = "Normalization"  # of the pixels: counted, not learnt
SAME = 1e-3  # of the largest score: so near must a copy's scores come


@dataclass(frozen=True, eq=False)
class Randomisation:
    """How like a picture stays while the weights are made random. Made by `randomisation`.

    Attributes:
        network: its name; target: what is explained; method, rule: of the picture.
        cascading: whether the layers above stay random, or each is random alone.
        layers: the names of the layers whose weights were made random, the top one first.
        likenesses: of the picture then to the one with all weights as they were, one a layer.
        picture: float32 (h, w) in [0, 1], or (h, w, channels) for a projection, with all weights as
            they were; pictures: float32 (layers, …), the same after each layer.
    """

    network: str
    target: Target
    method: str
    rule: str | None
    cascading: bool
    layers: tuple[str, ...]
    likenesses: tuple[Likeness, ...]
    picture: np.ndarray = field(repr=False)
    pictures: np.ndarray = field(repr=False)

    def __str__(self):
        widest = max(map(len, ("layer", *self.layers)))
        lines = [f"{'layer':{widest}}  rank correlation  of absolute values  structure"]
        for layer, like in zip(self.layers, self.likenesses, strict=True):
            numbers = f"{like.rank:16.2f}  {like.absolute_rank:18.2f}  {like.structure:9.2f}"
            lines.append(f"{layer:{widest}}  {numbers}")
        return "\n".join(lines)


def randomisation(
    network: Network,
    image: InputImage,
    target: Any = None,
    method: str = "relevance",
    rule: str | None = None,
    layer: str | None = None,
    cascading: bool = True,
    seed: int = 0,
    progress: Progress = True,
    **how: Any,
) -> Randomisation:
    """Measure how like a picture stays while a network's weights are made random.

    A picture that hardly changes does not show what the network has learnt. The other way round
    nothing follows: it may change and be wrong all the same. A heatmap that is coarse, or spread
    over the same object, keeps some likeness by its form alone; compare it with other methods.

    Args:
        network, image: as for `extract_features`; the network stays as it is, bit by bit.
        target: a class index, a class name or a `Target`; by default the most probable class, of
            the network as it is. A `Neuron` is projected from the activation that it has there.
        method: of `heatmap`, or "projection", the signal of `project`; rule, layer, how: as there.
        cascading, seed, progress: as in `randomised`.

    Returns a `Randomisation`. Quantus has no numbers to compare with: version 0.6 shuffles weights
    along the first axis of a kernel only, where a 1 × 1 kernel has one place; and Xplique 2.0 draws
    from [0, 1), so every weight becomes positive. Raises a ValueError as `picture_of`,
    `extract_features` and `randomised` do.
    """
    features = extract_features(network, image)
    target, about = features.target(target), (method, rule, layer)
    before = picture_of(features, target, *about, **how)
    layers, pictures, likenesses = [], [], []
    number = target.number(network)
    for name, other in randomised(features, number, cascading, seed, progress):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ProjectionWarning)  # it was given for the first one
            picture = picture_of(other, target, *about, **how)
        layers.append(name)
        pictures.append(picture)
        likenesses.append(likeness(before, picture))
    rows = tuple(layers), tuple(likenesses), before, np.stack(pictures)
    return Randomisation(network.name, target, method, rule_of(method, rule), cascading, *rows)


def randomised(
    features: Features,
    number: int | None = None,
    cascading: bool = True,
    seed: int = 0,
    progress: Progress = True,
) -> Iterator[tuple[str, Features]]:
    """Yield (layer, `Features` of the same photograph once that layer's weights are random), from
    the top down: to draw several pictures of each.

    A copy of the network is changed, whose layers all keep their names; hers is not touched. Random
    are the weights that the initialisers named in each layer draw, as before the first step of
    training (Adebayo et al. 2018, §3): see `untrained_copy`. A batch norm goes with the convolution
    that it follows, both at once. The statistics of a Normalization come from the data, and stay. A
    layer that is called twice is made random once, when the way down comes to it first.

    Args:
        features: with the weights as they are.
        number: of the value to begin below, by default the class scores, or what the network ends
            in: weights above a neuron do not count for it.
        cascading: leave the layers above random; otherwise each gets its weights back.
        seed: of the draws; progress: as for `watched`, a function that raises `Cancelled` ends it.

    Raises a ValueError for a network that was trained on since, or that cannot be copied.
    """
    network = features.network
    number = network.graph.scores if number is None else number
    copy = untrained_copy(network, seed)
    stages = weighted_layers(copy.graph, number)
    drawn = [[layer.get_weights() for layer in layers] for _, layers in stages]
    give_weights(network, copy)
    learnt = [[layer.get_weights() for layer in layers] for _, layers in stages]
    _check_copy(features, copy)
    for stage in watched(range(len(stages)), "making weights random", progress):
        name, layers = stages[stage]
        _set(layers, drawn[stage])
        yield name, extract_features(copy, features.image)
        if not cascading:
            _set(layers, learnt[stage])


def weighted_layers(graph: Graph, number: int) -> list[tuple[str, list]]:
    """List what is made random at once below a value, from the top down: [(layer name, its Keras
    layers)], a batch norm together with the layer whose maps it reads."""
    below = graph.below(number)
    names: dict[int, str] = {}
    for operation in below:  # of two calls, the first has the layer's plain name
        names.setdefault(id(operation.layer), operation.name)
    stages: dict[int, list] = {}
    for operation in reversed(below):
        if not _has_weights(operation):
            continue
        owner, source = operation, graph.producers.get(operation.inputs[0])
        if operation.kind == "BatchNormalization" and source and _has_weights(source):
            owner = source
        layers = stages.setdefault(id(owner.layer), [owner.layer])
        if all(operation.layer is not layer for layer in layers):
            layers.append(operation.layer)
    return [(names[key], layers) for key, layers in stages.items()]


def _has_weights(operation):
    return operation.kind != STATISTICS and bool(getattr(operation.layer, "weights", ()))


def _set(layers, weights):
    for layer, arrays in zip(layers, weights, strict=True):
        layer.set_weights(arrays)


def _check_copy(features, copy):
    """Refuse a copy that gives other scores: a layer was changed, and its configuration does not
    say so."""
    scores = copy.graph.scores
    theirs, ours = features.value(scores), extract_features(copy, features.image).value(scores)
    if not np.abs(ours - theirs).max() <= SAME * np.abs(theirs).max():
        raise ValueError(
            f"Expected a copy of {copy.name!r} to give its scores, but it gives others: put what "
            "its own layers need into their get_config, or extract the features again."
        )
