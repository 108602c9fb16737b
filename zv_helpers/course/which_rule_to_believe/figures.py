"""The figure of the lab on which rule to believe: the feature maps that score highest."""

import numpy as np

from ...atlas import patch
from ...deconvnet import project
from ..panels import panels, picture


def top_maps(features, layer, scores, count=5, rule="deconvnet"):
    """Show the feature maps with the highest scores: projections and patches; returns the Figure.

    scores: (channels,). Each map is shown by its strongest neuron.
    """
    best = np.argsort(-scores, kind="stable")[:count]
    neurons = [features.strongest(layer, channel) for channel in best]
    figure, axes = panels(count, rows=2, width=1.6)
    projections = project(features, neurons, rule)
    for column, (channel, shown) in enumerate(zip(best, projections, strict=True)):
        title = f"map {channel}: R = {scores[channel]:.2g}"
        picture(axes[0, column], shown.picture(), title)
        picture(axes[1, column], patch(features.image, shown.box))
    axes[0, 0].set_ylabel("projection", fontsize=9)
    axes[1, 0].set_ylabel("photograph", fontsize=9)
    return figure
