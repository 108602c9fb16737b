"""A small network for road signs, and ways to find out what it answers to: how often it is right in
each class, without one of its feature maps, with the sign covered, and where its heat lies. The
task is that of Gu et al. 2017, the trap that of Geirhos et al. 2020, "Shortcut learning"."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..features import extract_features
from ..heatmaps import heatmap
from ..images import MID_GREY, load_image
from ..network import Network, keras_and_tensorflow, load_model
from ..network.running import forward, onward
from ..network.tensorflow import as_array
from ..progress import Progress, counted, watched
from ..relevance import relevance_scores
from .road_signs import CLASSES, SIZE, RoadSigns, label_of

MAPS = (16, 32, 32, 16)  # of its four convolutions
LAST = f"conv{len(MAPS)}"
WAY = "tf"  # how pixels go in
AT_ONCE = 200  # pictures


def sign_network(weights: Any = None, seed: int = 0) -> Network:
    """Make a network for road signs: four convolutions with max-pools between them, the strongest
    neuron of each of the last 16 feature maps, and one dense layer; 20 000 weights.

    weights: the arrays of `keras_model.get_weights()`, by default random ones, drawn by `seed`.
    """
    keras, _ = keras_and_tensorflow()
    layers = [keras.Input((SIZE, SIZE, 3))]
    drawn = [keras.initializers.GlorotUniform(seed=100 * seed + i) for i in range(len(MAPS) + 1)]
    for place, maps in enumerate(MAPS, 1):
        how = {"padding": "same", "activation": "relu", "name": f"conv{place}"}
        how |= {"kernel_initializer": drawn[place]}
        layers.append(keras.layers.Conv2D(maps, 5 if place == 1 else 3, **how))
        if place < len(MAPS):
            layers.append(keras.layers.MaxPooling2D(2, name=f"pool{place}"))
    layers.append(keras.layers.GlobalMaxPooling2D(name="strongest"))
    how = {"activation": "softmax", "name": "classes", "kernel_initializer": drawn[0]}
    layers.append(keras.layers.Dense(len(CLASSES), **how))
    model = keras.Sequential(layers, name="road_signs")
    if weights is not None:
        model.set_weights(weights)
    return as_network(model)


def as_network(model: Any) -> Network:
    """Load a Keras model for road signs as a `Network`, with its preprocessing and class names."""
    return load_model(model, preprocess=WAY, class_names=list(CLASSES))


def copy_of(network: Network) -> Network:
    """Return a network for road signs with the same weights, to change it."""
    keras, _ = keras_and_tensorflow()
    model = keras.models.clone_model(network.keras_model)
    model.set_weights(network.keras_model.get_weights())
    return as_network(model)


def trained_on(
    signs: RoadSigns,
    start: Network | None = None,
    epochs: int = 4,
    rate: float = 1e-3,
    seed: int = 0,
    progress: Progress = True,
) -> tuple[Network, np.ndarray]:
    """Train a network for road signs.

    Args:
        signs: what to train on.
        start: the network to train on, which stays as it is; by default a new one, by `seed`.
        epochs: how often it sees each sign; rate: the learning rate, which falls to zero.
        seed: of the first weights and of the order of the signs.
        progress: as for `watched`; it counts batches.

    Returns (the `Network`, the loss of each batch, float64 (batches,)).
    """
    keras, _ = keras_and_tensorflow()
    network = sign_network(seed=seed) if start is None else copy_of(start)
    model, inputs, losses = network.keras_model, network.spec.prepare(signs.pixels), []
    rng, size = np.random.default_rng(seed), 32
    batches = epochs * (len(signs) // size)
    falling = keras.optimizers.schedules.CosineDecay(rate, batches)
    model.compile(keras.optimizers.Adam(falling), "sparse_categorical_crossentropy")
    with counted(batches, "training", progress, " batches") as more:
        for _ in range(epochs):
            order = rng.permutation(len(signs))
            for first in range(0, len(signs) - size + 1, size):
                some = order[first : first + size]
                losses.append(float(model.train_on_batch(inputs[some], signs.labels[some])))
                more(1)
    return network, np.array(losses)


def answers(network: Network, signs: RoadSigns) -> np.ndarray:
    """Return the class that a network gives each sign: int64 (n,), its place in `CLASSES`."""
    found = [_values(network, part)[network.graph.scores] for part in _parts(signs)]
    return np.concatenate(found).argmax(axis=1) if found else np.zeros(0, np.int64)


def _parts(signs):
    """Cut the pixels into parts that go through the network together."""
    return [signs.pixels[i : i + AT_ONCE] for i in range(0, len(signs), AT_ONCE)]


def _values(network, pixels, kept=frozenset()):
    """Return {number: value (n, ...)} of the class scores and those to keep."""
    with network.lock:
        found, _ = forward(network, network.spec.prepare(pixels), network.graph.scores, kept)
    return {number: as_array(tensor) for number, tensor in found.items()}


def share_right(network: Network, signs: RoadSigns) -> float:
    """Return the network's accuracy, the share of signs that it names rightly: 0 to 1."""
    return float((answers(network, signs) == signs.labels).mean())


def share_named(network: Network, signs: RoadSigns, name: str) -> float:
    """Return the share of signs, 0 to 1, that the network gives one class, right or wrong."""
    return float((answers(network, signs) == label_of(name)).mean())


def right_by_class(network: Network, signs: RoadSigns) -> dict[str, float]:
    """Return {class: the share of its signs that the network names rightly}, for those there
    are."""
    return _by_class(answers(network, signs), signs.labels)


def _by_class(given, labels):
    right = given == labels
    return {
        name: float(right[labels == label].mean())
        for label, name in enumerate(CLASSES)
        if (labels == label).any()
    }


def without_map(network: Network, layer: str, channel: int) -> Network:
    """Return a copy of a network in which one feature map of a convolution is zero everywhere, as
    its filter and its bias are.

    Raises a KeyError for a layer that is not there, a ValueError for one that is no convolution, an
    IndexError for a map that it does not have.
    """
    network.layer_value(layer)  # refuses a name that is none, and says which there are
    copy = copy_of(network)
    convolution = copy.keras_model.get_layer(layer)
    if len(convolution.get_weights()) != 2:
        raise ValueError(f"Expected a convolution, such as {LAST!r}, but got {layer!r}.")
    kernel, bias = convolution.get_weights()
    if not 0 <= channel < bias.size:
        raise IndexError(
            f"{layer!r} has feature maps 0 to {bias.size - 1}, but {channel} was asked for."
        )
    kernel[..., channel], bias[channel] = 0, 0
    convolution.set_weights([kernel, bias])
    return copy


def right_without_each_map(
    network: Network, signs: RoadSigns, layer: str = LAST, progress: Progress = True
) -> np.ndarray:
    """Zero each feature map of a layer in turn (ablation), and count how often the network is still
    right.

    Returns float64 (maps, classes): the share of each class's signs that it names rightly; NaN for
    a class without signs. Raises a KeyError for a layer that is not there.
    """
    start, scores = network.layer_value(layer), network.graph.scores
    maps = [_values(network, part, frozenset({start}))[start] for part in _parts(signs)]
    shares = np.full((maps[0].shape[3], len(CLASSES)), np.nan)
    for channel in watched(range(len(shares)), "ablation", progress):
        given = [_scores_without(network, part, start, scores, channel) for part in maps]
        by_class = _by_class(np.concatenate(given).argmax(axis=1), signs.labels)
        for name, share in by_class.items():
            shares[channel, CLASSES.index(name)] = share
    return shares


def _scores_without(network, maps, start, scores, channel):
    """Zero a feature map, float32 (n, h, w, channels), and run on to the class scores (n, 4)."""
    left = maps.copy()
    left[..., channel] = 0
    with network.lock:
        return as_array(onward(network, start, left, scores, {}, again=True)[0])


def mean_relevance(
    network: Network, signs: RoadSigns, name: str, layer: str = LAST, progress: Progress = True
) -> np.ndarray:
    """Return the relevance scores of a layer's feature maps for a class, float (maps,), their mean
    over the signs."""
    places = watched(range(len(signs)), "relevance scores", progress)
    scores = [relevance_scores(features_of(network, signs, i), name, layer) for i in places]
    return np.mean(scores, axis=0)


def covered(signs: RoadSigns) -> RoadSigns:
    """Return the same pictures with a grey square over each sign: only what is round it is left."""
    pixels = signs.pixels.copy()
    for picture, (top, left, bottom, right) in zip(pixels, signs.boxes, strict=True):
        picture[top:bottom, left:right] = MID_GREY
    return replace(signs, pixels=pixels)


def features_of(network: Network, signs: RoadSigns, place: int) -> Any:
    """Return the `Features` of one of the signs."""
    return extract_features(network, load_image(signs.pixels[place], network))


def heat_under(
    network: Network, signs: RoadSigns, name: str, under: np.ndarray, progress: Progress = True
) -> np.ndarray:
    """Return which share of each picture's heatmap, of one class, lies under a part of it: float64
    (n,), 0 to 1; 0 where there is no heat.

    name: the class; under: bool (n, 64, 64), that part.
    """
    shares = np.zeros(len(signs))
    for i in watched(range(len(signs)), "heatmaps", progress):
        heat = heatmap(features_of(network, signs, i), name)
        shares[i] = heat[under[i]].sum() / max(heat.sum(), 1e-9)
    return shares


def heat_on_signs(
    network: Network, signs: RoadSigns, name: str, progress: Progress = True
) -> np.ndarray:
    """Return which share of each picture's heatmap, of one class, lies in the sign's box, as
    `heat_under` does."""
    under = np.zeros((len(signs), SIZE, SIZE), bool)
    for part, (top, left, bottom, right) in zip(under, signs.boxes, strict=True):
        part[top:bottom, left:right] = True
    return heat_under(network, signs, name, under, progress)
