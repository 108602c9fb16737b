"""The figures of step 4: projections beside their patches and beside edges, and relevance scores.
(`trace` follows one projection on its way down.)"""

import numpy as np

from ...atlas import patch
from ...deconvnet import RULES, project
from ...draw.colours import BLUE, ORANGE, SKY
from ...relevance import rank_correlation
from ..panels import frame, panels, picture, signal
from ..parts import bars, rounded, signed


def enlarged(features, projection):
    """Show a projection enlarged, its patch of the photograph, and where; returns the Figure."""
    figure, axes = panels(3)
    top, left, bottom, right = projection.box
    picture(axes[0], projection.picture(), f"projection, {projection.rule}")
    picture(
        axes[1],
        patch(features.image, projection.box),
        f"its receptive field, {bottom - top} × {right - left} pixels",
    )
    picture(axes[2], features.image.pixels, "the photograph")
    frame(axes[2], projection.box)
    return figure


def rules_side_by_side(features, neurons, rules=RULES):
    """Show each neuron's patch and its projection by each rule, a row a neuron; returns the Figure.

    neurons: one `Neuron` or a list of them. Each picture has its own scale.
    """
    neurons = neurons if isinstance(neurons, (list, tuple)) else [neurons]
    figure, axes = panels(1 + len(rules), rows=len(neurons), width=1.8, squeeze=False)
    for row, neuron in zip(axes, neurons, strict=True):
        name = neuron.name(features.network)
        picture(row[0], patch(features.image, features.receptive_field(neuron)), name)
        for ax, rule in zip(row[1:], rules, strict=True):
            picture(ax, project(features, neuron, rule).picture(), rule)
    return figure


def beside_edges(steep, difference, signals):
    """Show two edge detectors' pictures and signals in a row, each at its own scale; returns the
    Figure.

    Args:
        steep: float (h, w), never negative, as Sobel's filter gives it: black is 0.
        difference: float (h, w), of either sign, drawn as the signals are: mid-grey is 0.
        signals: {title: float (h, w)}, added up over the colours.
    """
    signed = {"difference of Gaussians": difference, **signals}
    figure, axes = panels(1 + len(signed), width=1.9)
    picture(axes[0], steep, "Sobel", cmap="gray", vmin=0)
    for ax, (title, values) in zip(axes[1:], signed.items(), strict=True):
        signal(ax, values[..., None], title)
    return figure


def scatter(ax, scores, effects, title=""):
    """Plot each map's true effect over its score, with the rank correlation; returns `ax`."""
    ax.axhline(0, color="0.7", lw=0.8)
    ax.axvline(0, color="0.7", lw=0.8)
    ax.scatter(scores, effects, s=14, color=BLUE, alpha=0.6, lw=0)
    ax.set_title(f"{title}\nrank correlation {rank_correlation(scores, effects):.2f}", fontsize=9)
    ax.set_xlabel("relevance score R", fontsize=8)
    ax.tick_params(labelsize=7)
    return ax


def scatters(scores, effects):
    """Plot true effects over the scores of several rules, a panel each; returns the Figure.

    scores: {rule: (maps,)}; effects: (maps,), in the order of the scores.
    """
    figure, axes = panels(len(scores), width=2.5, sharey=True)
    for ax, (rule, values) in zip(np.atleast_1d(axes), scores.items(), strict=True):
        scatter(ax, values, effects, rule)
    np.atleast_1d(axes)[0].set_ylabel("the score falls by (map zeroed)", fontsize=8)
    return figure


def margins(features, product, count=8):
    """Show the two margins of A·S: a score for each feature map, and a number for each position.

    product: float (h, w, channels). Returns the Figure.
    """
    figure, axes = panels(3, width=2.7)
    scores, places = product.sum(axis=(0, 1)), product.sum(axis=2)
    best = np.argsort(-np.abs(scores), kind="stable")[:count]
    best = best[np.argsort(-scores[best], kind="stable")]
    colours = [ORANGE if score >= 0 else SKY for score in scores[best]]
    title = f"the {len(best)} scores largest in size"
    bars(axes[0], [f"map {k}" for k in best], scores[best], title, "relevance score", colours)
    h, w = places.shape
    signed(axes[1], places, f"sums over the maps, {h} × {w}")
    picture(axes[2], features.image.pixels, "the photograph")
    return figure


def pairs(rows, scale=None):
    """Show patches of photographs and projections: `rows` lists (title, Features, Projection).

    scale: held for all projections; by default each has its own. Returns the Figure.
    """
    figure, axes = panels(len(rows), rows=2, width=1.6)
    for column, (title, features, projection) in enumerate(rows):
        picture(axes[0, column], patch(features.image, projection.box), title)
        picture(axes[1, column], projection.picture(scale))
    axes[0, 0].set_ylabel("photograph", fontsize=9)
    axes[1, 0].set_ylabel("projection", fontsize=9)
    return figure


def sentence_on(features, target):
    """Say what is explained, and why it is no class where the network has none."""
    if features.network.class_count is None:
        return (
            f"{features.network.name} has no class scores: its strongest neuron is explained "
            f"instead, {target.layer}, feature map {target.channel}, row {target.row}, "
            f"column {target.column}."
        )
    return f"Explained: the score of {features.describe(target)}."


def neuron_line(neuron):
    """Name a neuron in one line, its activation rounded."""
    return (
        f"{neuron.layer}, feature map {neuron.channel}, row {neuron.row}, column {neuron.column}, "
        f"activation {rounded(neuron.activation)}"
    )
