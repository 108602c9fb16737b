"""What the switches contribute: the same neurons, projected with two photographs' switches."""

import numpy as np

from ..deconvnet import project
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


def _alike(one, other):
    """Correlate two signals; 1 where they are the same, as where no signal goes down a branch."""
    return 1.0 if np.array_equal(one, other) else correlation(one, other)
