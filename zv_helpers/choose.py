"""The only place that decides which layer, feature map or neuron is worth showing.

It takes `Features`, a `Network`, an `Atlas` or an `Evolution` and asks them; it measures nothing
and runs nothing.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .network import Layer, Network
from .network.caps import cap_of
from .targets import ClassScore, Neuron, Target, class_target, resolved

# Feature maps of the shipped weights whose nine patches have something in common that has a name.
OF_VGG = ("block4_conv3", 309)
KNOWN = {
    "squeezenet": ("fire5", 241),
    "efficientnet-lite0": ("block4_0_expand_relu", 269),
    "vgg16-conv": OF_VGG,
    "vgg16": OF_VGG,
}


@dataclass(frozen=True)
class Choice:
    """Three layers of a network to look at, by name: `lowest`, the last with no max-pool below it
    that sees at most a quarter of each side (without one, the first); `middle`, the last before the
    maps shrink to the deep layer's size, one without a capped ReLU if there is one of that size;
    `deep`, the last with feature maps, unless those are the classes themselves."""

    lowest: str
    middle: str
    deep: str


def target_of(features: Any, what: Any = None) -> Target:
    """Return what is to be explained: a class index, a class name or a `Target`; None for
    `default_target`. Raises as `targets.resolved` does."""
    return default_target(features) if what is None else resolved(features, what)


def default_target(features: Any) -> Target:
    """Return what a picture shows most, the first of `strongest_targets`."""
    return strongest_targets(features, 1)[0]


def strongest_targets(features: Any, count: int = 2) -> list[Target]:
    """Return what a picture shows most, best first: its most probable classes, or those that win at
    most positions; of a network without classes, the strongest neurons of its last layer's
    strongest maps."""
    network = features.network
    if network.class_maps is not None:
        maps = features[network.class_maps]
        wins = np.bincount(maps.argmax(axis=-1).ravel(), minlength=maps.shape[2])
        return [class_target(features, int(index)) for index in _best(wins, count)]
    if network.class_count is not None:
        return [ClassScore(int(index)) for index in _best(features.logits, count)]
    layer = last_layer(features)
    return [features.strongest(layer, one) for one in features.strongest_channels(layer, count)]


def same_target(features: Any, target: Target) -> Target:
    """Return the same class, or the strongest neuron of the same feature map, in other features; of
    a network that has none, its own default target, or its own strongest neuron."""
    network, layer = features.network, target.layer
    index = target.class_index(network)
    if index is not None:
        return target_of(features, index if index < (network.class_count or 0) else None)
    if layer in features.layers and target.channel < features[layer].shape[2]:
        return features.strongest(layer, target.channel)
    return features.strongest(neuron_layer(features))


def is_pool(layer: Layer) -> bool:
    """Whether a `Layer` is a pool."""
    return "pool" in layer.kind.lower()


def is_of_classes(network: Network, layer: Layer) -> bool:
    """Whether a `Layer` has one feature map for each class."""
    return layer.channels == network.score_count


def last_layer(features: Any) -> str:
    """Return the last layer with more than one position that is no pool."""
    return _wide(_computed(features))[-1].name


def neuron_layer(features: Any) -> str:
    """Return the layer to begin looking at neurons: the last one, or the one before it where the
    last has one map for each class."""
    return _body(features.network, _computed(features))[-1].name


def layers_below(features: Any, target: Target) -> tuple[str, ...]:
    """Return the layers whose feature maps a target is computed from, in forward order."""
    network = features.network
    below = {one.output for one in network.graph.below(target.number(network))}
    values = network.graph.layer_values
    return tuple(n for n in features.layers if values[n] in below and n != target.layer)


def layer_below(features: Any, target: Target) -> str:
    """Return the last layer below a target; for a class score, the last that is no pool."""
    if target.layer is None:
        return last_layer(features)
    names = layers_below(features, target)
    return names[-1] if names else target.layer


def shared_layer(features: Any, target: Target) -> str:
    """Return the last layer below a target where more than one feature map counts.

    A layer with one feature map for each class is passed over: there a class has only its own.
    """
    return neuron_layer(features) if target.layer is None else layer_below(features, target)


def layers_of_each_size(features: Any, target: Target, count: int = 4) -> list[str]:
    """Return the last layers of each size of feature map below a target, at most `count` names."""
    network, last, by_size = features.network, shared_layer(features, target), {}
    for name in features.layers[: features.layers.index(last) + 1]:
        if not is_pool(network.layer(name)):
            by_size[features[name].shape[:2]] = name
    return list(by_size.values())[-count:]


def three_layers(network: Network) -> Choice:
    """Return three layers worth looking at; they suit any network."""
    body = _body(network, network.layers)
    deep = body[-1]
    larger = [layer for layer in body if layer.height >= 1.5 * deep.height] or body
    alike = [layer for layer in larger if layer.height == larger[-1].height]
    free = [one for one in alike if cap_of(network.graph, network.layer_value(one.name)) is None]
    seeing = _seeing(network, [layer for layer in body if layer.switches == 0], 1 / 4)
    return Choice((seeing or body)[-1 if seeing else 0].name, (free or alike)[-1].name, deep.name)


def growing_layers(network: Network, count: int = 6) -> tuple[str, ...]:
    """Return at most `count` layers whose receptive fields grow."""
    found = _growing(network)
    steps = np.linspace(0, len(found) - 1, min(count, len(found)))
    return tuple(found[round(float(step))].name for step in steps)


def layer_seeing_half(network: Network) -> str:
    """Return the last layer whose neurons see at most half of each side of the picture; without
    one, the first."""
    seeing = _seeing(network, _growing(network), 1 / 2)
    return seeing[-1].name if seeing else network.layers[0].name


def before_pools(network: Network) -> tuple[str, ...]:
    """Return the last layer before each max-pool, and the network's last one; without max-pools,
    the last layer of each size of feature map, or the last four where all are of one size.

    A last layer with one map for each class (SqueezeNet's conv10) is passed over.
    """
    body = _body(network, network.layers)
    names = {number: name for name, number in network.graph.layer_values.items()}
    read = [one.inputs[0] for one in network.graph.operations if one.kind == "MaxPooling2D"]
    before = [names[number] for number in read if number in names]
    if not before:
        sizes = {(layer.height, layer.width): layer.name for layer in body}
        before = list(sizes.values()) if len(sizes) > 1 else [layer.name for layer in body[-4:]]
    return tuple(dict.fromkeys([*before, body[-1].name]))


def max_pools(network: Network) -> tuple[str, ...]:
    """Return the names of a network's max-pools, in forward order."""
    return tuple(one.name for one in network.graph.operations if one.kind == "MaxPooling2D")


def pool_to_show(features: Any) -> str:
    """Return the deepest max-pool with at least ten rows, whose switches can be told apart; raises
    a ValueError if the network has no max-pool."""
    pools = [name for name in max_pools(features.network) if name in features.layers]
    if not pools:
        raise ValueError(
            f"Expected a network with a max-pool, but {features.network.name} has none: "
            'it keeps no switches; load "squeezenet" to see some.'
        )
    return next((name for name in reversed(pools) if len(features[name]) >= 10), pools[0])


def worth_seeing(features: Any) -> tuple[str, int]:
    """Return (layer, feature map) to look at: a known one, else the strongest halfway up."""
    if features.network.name in KNOWN:
        return KNOWN[features.network.name]
    names = before_pools(features.network)
    layer = names[len(names) // 2]
    return layer, features.strongest(layer).channel


def worth_looking_up(network: Network, atlas: Any, layer: str | None = None) -> tuple[str, int]:
    """Return (layer, feature map) of an atlas to look at first, as in `worth_seeing`: a known one,
    else the strongest halfway up, or in a layer the strongest. Without an atlas (None) the feature
    map is 0. Raises KeyError if the network or the atlas has no such layer."""
    known, number = KNOWN.get(network.name, ("", 0))
    layers = [one.name for one in network.layers] if atlas is None else list(atlas.layers)
    if layer is None:
        names = [name for name in before_pools(network) if name in layers] or layers
        layer = known if known in layers else names[len(names) // 2]
    if layer == known and number < network.layer(layer).channels:
        return layer, number
    network.layer(layer)
    return layer, 0 if atlas is None else strongest_map(atlas, layer)


def strongest_map(atlas: Any, layer: str) -> int:
    """Return the feature map of a layer with the largest activation in an atlas."""
    return int(atlas[layer].activations[:, 0].argmax())


def shared_map(first: Any, second: Any, layer: str) -> int:
    """Return the feature map that answers to both of two photographs: the largest weaker peak."""
    peaks = [features.below_cap(layer).max(axis=(0, 1)) for features in (first, second)]
    return int(np.minimum(*peaks).argmax())


def learnt_map(followed: Any, layer: str) -> int:
    """Return the feature map of a layer that is strongest in the end, in an `Evolution`."""
    return int(followed.layers[layer].peaks[-1].max(axis=0).argmax())


def learnt_maps(followed: Any) -> list[tuple[str, int]]:
    """Return a feature map of each layer that is followed while a network learns: [(layer, map)],
    the one that is strongest in the end."""
    return [(layer, learnt_map(followed, layer)) for layer in followed.layers]


def middle_neurons(features: Any, layer: str, count: int = 8) -> list:
    """Return the strongest neurons at a layer's middle position."""
    maps = features.below_cap(layer)
    row, column = maps.shape[0] // 2, maps.shape[1] // 2
    channels = np.argsort(-maps[row, column], kind="stable")[:count]
    return [features.neuron(layer, channel, row, column) for channel in channels]


def common_neurons(several: Any, layer: str, count: int = 8) -> list:
    """Return the neurons at a layer's middle position that several photographs have in common: the
    strongest, each by the photograph on which it is weakest. As neurons of the first."""
    least, (row, column) = _least(several, layer)
    channels = np.argsort(-least, kind="stable")[:count]
    return [several[0].neuron(layer, channel, row, column) for channel in channels]


def last_in_common(several: Any, count: int = 1) -> str:
    """Return the last layer in whose middle so many neurons are active, below the cap of their
    ReLU, on each of several photographs; the last of all if there is none."""
    layers = several[0].layers
    active = (one for one in layers[::-1] if np.sum(_least(several, one)[0] > 0) >= count)
    return next(active, layers[-1])


def _least(several, layer):
    """Return the smallest activation of each map in the middle of a layer, (channels,), over some
    photographs, and where that is."""
    row, column = (size // 2 for size in several[0][layer].shape[:2])
    return np.min([one.below_cap(layer)[row, column] for one in several], axis=0), (row, column)


def inner_neuron(features: Any, layer: str, channel: int) -> Neuron:
    """Return a feature map's strongest neuron whose receptive field no border of the picture cuts.

    Where every one is cut, the strongest of all.
    """
    whole = features.network.layer(layer).receptive_field
    maps = features.below_cap(layer, channel)[..., 0]
    for at in np.argsort(-maps, axis=None, kind="stable"):
        neuron = features.neuron(layer, channel, *np.unravel_index(at, maps.shape))
        box = features.receptive_field(neuron)
        if box and (box[2] - box[0], box[3] - box[1]) == whole:
            return neuron
    return features.strongest(layer, channel)


def neighbour(features: Any, neuron: Neuron) -> Neuron:
    """Return the strongest of the neurons round a neuron in its feature map."""
    maps = features[neuron.layer][..., neuron.channel]
    rows, columns = (slice(max(at - 1, 0), at + 2) for at in (neuron.row, neuron.column))
    near = np.full(maps.shape, -np.inf)
    near[rows, columns] = maps[rows, columns]
    near[neuron.row, neuron.column] = -np.inf
    at = np.unravel_index(near.argmax(), near.shape)
    return features.neuron(neuron.layer, neuron.channel, *at)


def counting_neuron(
    features: Any, layer: str, channel: int, product: np.ndarray, against: bool = False
) -> Neuron:
    """Return the neuron of a feature map that adds most to its relevance score; of those below the
    cap of its ReLU, where one of them adds to it: at the cap no signal goes further down.

    product: A · S, float (h, w, channels); against: the neuron that takes most from the score.
    """
    part, cap = -product[..., channel] if against else product[..., channel], features.cap(layer)
    below = part if cap is None else np.where(features[layer][..., channel] < cap, part, 0)
    part = below if below.max() > 0 else part
    return features.neuron(layer, channel, *np.unravel_index(part.argmax(), part.shape))


def _computed(features):
    names = set(features.layers)
    return [layer for layer in features.network.layers if layer.name in names]


def _wide(layers):
    """List the layers with more than one position that are no pools, where there are any."""
    wide = [layer for layer in layers if layer.height * layer.width > 1] or layers
    return [layer for layer in wide if not is_pool(layer)] or wide


def _body(network, layers):
    """List those of them that are not the classes, where there are any."""
    wide = _wide(layers)
    return [one for one in wide if not is_of_classes(network, one)] or wide[:-1] or wide


def _growing(network):
    """List the layers that see more than all before them, in forward order."""
    found, largest = [], 0
    for layer in network.layers:
        if layer.receptive_field and layer.receptive_field[0] > largest:
            found.append(layer)
            largest = layer.receptive_field[0]
    return found


def _seeing(network, layers, share):
    """List those of some layers whose receptive field takes at most a share of each side."""
    height, width = (share * side for side in network.input_size)
    fields = [(layer, layer.receptive_field or (np.inf, np.inf)) for layer in layers]
    return [layer for layer, field in fields if field[0] <= height and field[1] <= width]


def _best(values, count):
    return np.argsort(-values, kind="stable")[:count]
