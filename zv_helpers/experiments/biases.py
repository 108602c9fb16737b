"""Where the biases of a network are in a projection: in what the forward pass leaves behind, and
nowhere in the reverse pass."""

from dataclasses import replace

import numpy as np

from ..cache import Cache
from ..network.copying import give_weights, untrained_copy

# What a layer adds to its maps, or takes from them, whatever they are.
ADDED = ("bias", "beta", "moving_mean")


def without_biases(network):
    """Return a copy of a network that adds nothing: each bias is zero, and of each batch norm its
    mean and its β. What multiplies stays as it was, and so does the network itself.

    Raises a ValueError for a network that cannot be copied.
    """
    copy = untrained_copy(network)
    give_weights(network, copy)
    for operation in copy.graph.operations:
        for name in ADDED:
            variable = getattr(operation.layer, name, None)
            if hasattr(variable, "assign"):
                variable.assign(np.zeros(variable.shape))
    return copy


def on_the_way_of(features, others):
    """Return the `Features` of another network's forward pass with the maps of this one, so that a
    projection goes down through the other network's weights by this one's switches and ReLUs.

    features, others: `Features` of one photograph in a network and in a copy of it.
    """
    return replace(others, values=dict(features.values), cache=Cache())
