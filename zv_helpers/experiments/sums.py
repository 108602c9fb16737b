"""What becomes of a projection when its neuron is twice as strong, and when another neuron joins
it: the deconvnet is positively homogeneous and not additive."""

import warnings
from dataclasses import replace

import numpy as np

from ..deconvnet import ProjectionWarning, project
from ..targets import Region


def when_scaled(features, neuron, factor=2.0, rule="deconvnet"):
    """Compare the projection of a neuron that is so many times as strong with as many times its
    projection.

    Args:
        features: `Features` of the photograph; neuron: a `Neuron`; factor: a number above 0.
        rule: "deconvnet", "guided" or "gradient".

    Returns the largest difference over the largest value, 0 where every number is multiplied too.
    Raises as `project` does.
    """
    stronger = replace(neuron, activation=factor * neuron.activation)
    once, more = _pictures(features, [neuron, stronger], rule)
    return apart(more, factor * once)


def when_added(features, neurons, rule="deconvnet"):
    """Compare the projection of several neurons, which start down together, with the sum of their
    projections.

    neurons: `Neuron`s of one feature map, with their own activations; rule: as for `when_scaled`.

    Returns the largest difference over the largest value, 0 where projections add. Raises a
    ValueError for neurons of several feature maps, or as `project` does.
    """
    maps = {(one.layer, one.channel) for one in neurons}
    if len(maps) != 1:
        raise ValueError(
            f"Expected neurons of one feature map, but got those of {len(maps)}: take positions of "
            "the same one."
        )
    ((layer, channel),) = maps
    mask = np.zeros(features[layer].shape[:2], bool)
    for one in neurons:
        mask[one.row, one.column] = True
    together, *alone = _pictures(features, [Region(layer, channel, mask), *neurons], rule)
    return apart(together, np.sum(alone, axis=0))


def _pictures(features, targets, rule):
    """Return the projections of some targets on the whole input, a list."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProjectionWarning)  # it says nothing about sums
        return [one.on_canvas() for one in project(features, targets, rule)]


def apart(one, other):
    """Say how far a picture is from another: the largest difference over the other's largest value,
    0 where both are the same; float arrays of one shape.

    >>> float(apart(np.array([1.0, -3.0]), np.array([2.0, -4.0])))
    0.25
    """
    peak = float(np.abs(other).max())
    largest = float(np.abs(one - other).max())
    return largest / peak if peak else largest
