"""What the photograph contributes to a projection: the same neurons, projected with the forward
passes of several photographs (Springenberg et al. 2015, §3.4, on networks without max-pools)."""

import itertools
import warnings

import numpy as np

from ..choose import common_neurons
from ..deconvnet import ProjectionWarning, project
from ..progress import watched
from ..relevance import correlation


def coarse(pixels, block=4):
    """Average a signal's absolute values over blocks of pixels and colours: where it is strong.

    pixels: float (h, w, channels), continued with zeros to whole blocks. Returns (rows, columns).
    """
    edges = [(0, -side % block) for side in pixels.shape[:2]]
    whole = np.pad(np.abs(pixels), (*edges, (0, 0)))
    rows, columns = (side // block for side in whole.shape[:2])
    return whole.reshape(rows, block, columns, block, -1).mean(axis=(1, 3, 4))


def agreement(first, second, neurons):
    """Compare projections of the same neurons with the switches of two photographs.

    first, second: `Features` of both in one network; neurons: `Neuron`s of the first. They start
    with their strength there in both passes, so that one that is silent on the second photograph
    gives a picture too. Returns the median correlations (by pixels, by blocks of 4 × 4 pixels).
    """
    pairs = list(zip(project(first, neurons), project(second, neurons), strict=True))
    fine = [correlation(a.pixels, b.pixels) for a, b in pairs]
    rough = [correlation(coarse(a.pixels), coarse(b.pixels)) for a, b in pairs]
    return float(np.median(fine)), float(np.median(rough))


def way_down(first, second, neuron):
    """Project a `Neuron` of the first of two `Features` with the switches of both; returns (the two
    traced projections, [the correlation of the two signals after each step])."""
    pair = [project(features, neuron, trace=True) for features in (first, second)]
    steps = zip(*(one.trace for one in pair), strict=True)
    return pair, [_alike(a.values, b.values) for a, b in steps]


def _mean(pairs):
    """The mean correlation of pairs of pictures; NaN where every pair is empty."""
    found = [_alike(a, b) for a, b in pairs if a.any() or b.any()]
    return float(np.mean(found)) if found else float("nan")


def _alike(one, other):
    """Correlate two signals; 1 where they are the same, as where no signal goes down a branch."""
    return 1.0 if np.array_equal(one, other) else correlation(one, other)


def likeness(several, neurons, rule="deconvnet"):
    """Compare the projections of the same neurons with the forward passes of several photographs.

    Args:
        several: `Features` of two photographs or more in one network; neurons: `Neuron`s of one of
            them. They start with their strength there in every pass.
        rule: "deconvnet", "guided" or "gradient".

    Returns the mean correlation of two pictures of one neuron, over all pairs and neurons: 1 where
    the photograph makes no difference. An empty picture is like no other; two empty ones are left
    out, and NaN comes back where all are. Raises a ValueError for fewer than two photographs or no
    neuron, or as `project` does.
    """
    several, neurons = list(several), list(neurons)
    if len(several) < 2 or not neurons:
        raise ValueError(
            "Expected features of two photographs or more and one neuron or more, but got "
            f"{len(several)} and {len(neurons)}."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProjectionWarning)  # it is what is measured here
        pictures = [[one.pixels for one in project(f, neurons, rule)] for f in several]
    pairs = itertools.combinations(pictures, 2)
    return _mean((a, b) for one, other in pairs for a, b in zip(one, other, strict=True))


def likeness_of_neurons(features, neurons, rule="deconvnet"):
    """Compare the projections of neurons at one place of a layer with each other, one photograph's
    forward pass for all: a picture that is the same for all of them shows the photograph, and
    nothing of the neuron.

    Args:
        features: of the photograph; neurons: two `Neuron`s or more of one row, column and layer.
        rule: "deconvnet", "guided" or "gradient".

    Returns the mean correlation of two pictures, over all pairs; empty ones count as in `likeness`.
    Raises a ValueError for fewer than two neurons or different places.
    """
    places = {(one.layer, one.row, one.column) for one in neurons}
    if len(neurons) < 2 or len(places) > 1:
        raise ValueError(
            "Expected two neurons or more of one row, column and layer, but got "
            f"{len(neurons)} at {len(places)} places."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProjectionWarning)
        pictures = [one.pixels for one in project(features, list(neurons), rule)]
    return _mean(itertools.combinations(pictures, 2))


def likeness_by_layer(several, rule="deconvnet", count=3, layers=None, progress=True):
    """Measure at which layers a picture depends on the photograph: the `likeness` of projections of
    neurons in the middle of each layer, those that all the photographs excite most.

    Args:
        several: `Features` of two photographs or more in one network.
        count: of neurons a layer; layers: their names, by default all that can be projected.
        progress: as for `watched`.

    Returns {layer: likeness}, in forward order.
    """
    first, network = several[0], several[0].network
    if layers is None:
        names = first.layers
        layers = [one for one in names if network.problem(network.layer_value(one)) is None]
    return {
        layer: likeness(several, common_neurons(several, layer, count), rule)
        for layer in watched(list(layers), f"{rule}, each layer", progress)
    }
