"""Figures of step 4: the way down, projections beside their patches, and relevance scores."""

from dataclasses import dataclass

import numpy as np

from ..deconvnet import RULES, project
from ..draw.colours import BLUE, COLOURS, ORANGE, SKY, signed_colormap
from ..draw.panels import frame, numbers, panels, picture, signal
from ..draw.signals import clear_scale
from ..models.network import Table
from ..relevance import correlation, rank_correlation


@dataclass(frozen=True)
class Choice:
    """Three layers of a network that step 4 looks at.

    Attributes:
        lowest: the last layer with no max-pool below it (without one, the first layer).
        middle: the last layer before the maps shrink to the deep layer's size: well below the end.
        deep: the last layer with feature maps, unless those are the classes themselves.
    """

    lowest: str
    middle: str
    deep: str


def choose_layers(network):
    """Choose three layers worth looking at, as a `Choice`; they suit any network."""
    classes = len(network.class_names or ())
    wide = [
        layer
        for layer in network.layers
        if layer.height * layer.width > 1
        and layer.channels != classes
        and "pool" not in layer.kind.lower()
    ]
    deep = wide[-1]
    larger = [layer for layer in wide if layer.height >= 1.5 * deep.height] or wide
    bare = [layer for layer in wide if layer.switches == 0] or wide[:1]
    return Choice(bare[-1].name, larger[-1].name, deep.name)


def inner_neuron(features, layer, channel):
    """Return a feature map's strongest neuron whose receptive field no border of the picture cuts.

    Where every one is cut, the strongest of all.
    """
    expected = features.network.layer(layer).receptive_field
    maps = features[layer][..., channel]
    for at in np.argsort(-maps, axis=None, kind="stable"):
        row, column = np.unravel_index(at, maps.shape)
        neuron = features.neuron(layer, channel, row, column)
        top, left, bottom, right = features.receptive_field(neuron)
        if (bottom - top, right - left) == tuple(expected):
            return neuron
    return features.strongest(layer, channel)


def toys(**arrays):
    """Show small arrays in a row, under their names (underscores for spaces); returns the Figure.

    Args:
        arrays: name=(h, w) array, or name=(array, bool (h, w) of squares to frame). One colour
            scale serves all.
    """
    pairs = [value if isinstance(value, tuple) else (value, None) for value in arrays.values()]
    scale = max(float(np.abs(values).max(initial=0)) for values, _ in pairs)
    shapes = [np.shape(values) for values, _ in pairs]
    cell = 0.5  # inches
    size = {
        "width": cell * np.mean([w for _, w in shapes]),
        "height": cell * max(h for h, _ in shapes),
    }
    ratios = [w for _, w in shapes]
    figure, axes = panels(len(pairs), **size, width_ratios=ratios)
    for ax, name, (values, marked) in zip(np.atleast_1d(axes), arrays, pairs, strict=True):
        numbers(ax, values, name.replace("_", " "), scale=scale, marked=marked)
    return figure


def patch_of(features, box):
    """Cut the patch of the photograph that a box of input pixels covers: uint8 RGB (h, w, 3)."""
    top, left, bottom, right = box
    return features.image.pixels[top:bottom, left:right]


def enlarged(features, projection):
    """Show a projection enlarged, its patch of the photograph, and where; returns the Figure."""
    figure, axes = panels(3)
    top, left, bottom, right = projection.box
    picture(axes[0], projection.picture(), f"projection, {projection.rule}")
    picture(
        axes[1],
        patch_of(features, projection.box),
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
    figure, axes = panels(1 + len(rules), rows=len(neurons), width=1.9, squeeze=False)
    for row, neuron in zip(axes, neurons, strict=True):
        name = "whole photograph" if neuron.row is None else f"{neuron.layer}, map {neuron.channel}"
        picture(row[0], patch_of(features, features.receptive_field(neuron)), name)
        for ax, rule in zip(row[1:], rules, strict=True):
            picture(ax, project(features, neuron, rule).picture(), rule)
    return figure


def stages(projection):
    """List the steps of a traced projection that count: those at which its window grew, every
    unpooling, and the last. Returns a `Table`."""
    rows, largest = [], 0
    for step in projection.trace:
        (top, left, bottom, right), (h, w) = step.pixels_box, step.values.shape[:2]
        area = (bottom - top) * (right - left)
        if area > largest or step.title == "unpool" or step is projection.trace[-1]:
            largest = max(area, largest)
            where = f"rows {top}–{bottom - 1}, columns {left}–{right - 1}"
            rows.append((step.layer, step.title, f"{h} × {w}", where))
    return Table(("layer reversed", "step", "window", "lies on the pixels"), tuple(rows))


def window_growing(features, projection):
    """Draw a traced projection's windows: at its start, after each unpooling, and in the pixels.

    Beside it the signal it ends in, laid into the whole input. Returns the Figure.
    """
    trace = projection.trace
    chosen = [trace[0], *(s for s in trace if s.title == "unpool"), trace[-1]]
    figure, axes = panels(2, width=3.0)
    picture(axes[0], features.image.pixels, "the window growing on the photograph")
    for number, step in enumerate(chosen):
        frame(axes[0], step.pixels_box, colour=COLOURS[number % len(COLOURS)])
        h, w = step.values.shape[:2]
        name = "pixels" if step is trace[-1] else f"{step.layer}: {step.title}"
        axes[0].plot([], [], lw=3, color=COLOURS[number % len(COLOURS)], label=f"{h} × {w}  {name}")
    legend = axes[0].legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.02), fontsize=7, frameon=False
    )
    legend.set_in_layout(True)
    signal(axes[1], projection.on_canvas(), "the signal in the pixels", projection.scale)
    return figure


def around_last_unpooling(projection):
    """Choose the steps of a traced projection around its last unpooling: at most five `TraceStep`s.

    The step before it, the unpooling, what follows, and the pixels last.
    """
    at = max((i for i, step in enumerate(projection.trace) if step.title == "unpool"), default=1)
    steps = list(projection.trace[max(at - 1, 0) :])
    return steps if len(steps) <= 5 else [*steps[:4], steps[-1]]


def steps_on_the_way(steps, reach=28):
    """Show the signal after each of some steps of the reverse pass, close up; returns the Figure.

    Of a signal with many feature maps one is shown, the same as long as it is there and at the same
    scale: that with the most of both signs. Blue is negative, white zero, red positive. The last
    step's signal is RGB, zero is mid-grey.

    steps: `TraceStep`s; reach: how many pixels are shown to each side of the strongest place.
    """
    figure, axes = panels(len(steps), width=1.75)
    channel, channels, centre, scale = None, None, None, None
    for ax, step in zip(np.atleast_1d(axes), steps, strict=True):
        n = step.values.shape[2]
        title = f"{step.layer}\n{step.title}, negative {share_below(step.values):.0%}"
        if n != channels and n != 3:
            channels, scale = n, None
            positive, negative = (np.maximum(s * step.values, 0).sum(axis=(0, 1)) for s in (1, -1))
            channel = int(np.minimum(positive, negative).argmax())
        if centre is None:
            centre = strongest_pixel(step, channel)
        values = close_up(step, centre, reach)
        if n == 3:
            signal(ax, values, title)
        else:
            values = values[..., channel]
            scale = scale or clear_scale(values) or 1.0
            picture(ax, values, title, cmap=signed_colormap(), vmin=-scale, vmax=scale)
    return figure


def strongest_pixel(step, channel):
    """Find the pixel (row, column) over which a step's signal is strongest in one feature map."""
    h, w = step.values.shape[:2]
    top, left, bottom, right = step.pixels_box
    sizes = np.abs(step.values if channel is None else step.values[..., [channel]]).sum(axis=2)
    row, column = np.unravel_index(np.argmax(sizes), (h, w))
    return top + (row + 0.5) * (bottom - top) / h, left + (column + 0.5) * (right - left) / w


def close_up(step, centre, reach):
    """Cut what lies within `reach` pixels of a place on the photograph out of a step's signal."""
    h, w = step.values.shape[:2]
    top, left, bottom, right = step.pixels_box
    rows, columns = ((bottom - top) / h, (right - left) / w)
    first = (
        max(round((centre[0] - reach - top) / rows), 0),
        max(round((centre[1] - reach - left) / columns), 0),
    )
    last = round((centre[0] + reach - top) / rows), round((centre[1] + reach - left) / columns)
    return step.values[first[0] : max(last[0], first[0] + 1), first[1] : max(last[1], first[1] + 1)]


def share_below(values):
    """Return which share of the values lies below zero.

    Examples:
        >>> share_below(np.array([-1.0, 0.0, 2.0, 3.0]))
        0.25
    """
    return float(np.mean(np.asarray(values) < 0))


def bars(ax, channels, scores, unit="relevance score"):
    """Draw a bar for each feature map's score, best at the top; returns `ax`."""
    places = np.arange(len(channels))[::-1]
    colours = [ORANGE if score >= 0 else SKY for score in scores]
    ax.barh(places, scores, color=colours, edgecolor="0.3", lw=0.6)
    ax.set_yticks(places, [f"map {channel}" for channel in channels], fontsize=8)
    ax.axvline(0, color="0.3", lw=0.8)
    ax.set_xlabel(unit, fontsize=8)
    ax.tick_params(axis="x", labelsize=8)
    return ax


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
        picture(axes[1, column], patch_of(features, shown.box))
    axes[0, 0].set_ylabel("projection", fontsize=9)
    axes[1, 0].set_ylabel("photograph", fontsize=9)
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
    figure, axes = panels(len(scores), width=2.7, sharey=True)
    for ax, (rule, values) in zip(np.atleast_1d(axes), scores.items(), strict=True):
        scatter(ax, values, effects, rule)
    np.atleast_1d(axes)[0].set_ylabel("the score falls by (map zeroed)", fontsize=8)
    return figure


def correlations(scores, effects):
    """Return {rule: rank correlation with the true effects}, rounded to two decimals."""
    return {rule: round(rank_correlation(values, effects), 2) for rule, values in scores.items()}


def margins(features, product, count=8):
    """Show the two margins of A·S: a score for each feature map, and a number for each position.

    product: float (h, w, channels). Returns the Figure.
    """
    figure, axes = panels(3, width=2.7)
    scores, places = product.sum(axis=(0, 1)), product.sum(axis=2)
    best = np.argsort(-np.abs(scores), kind="stable")[:count]
    best = best[np.argsort(-scores[best], kind="stable")]
    bars(axes[0], best, scores[best])
    axes[0].set_title(f"the {len(best)} scores largest in size", fontsize=9)
    scale = float(np.abs(places).max()) or 1.0
    h, w = places.shape
    title = f"sums over the maps, {h} × {w}"
    picture(axes[1], places, title, cmap=signed_colormap(), vmin=-scale, vmax=scale)
    figure.colorbar(axes[1].images[0], ax=axes[1], shrink=0.75).ax.tick_params(labelsize=7)
    picture(axes[2], features.image.pixels, "the photograph")
    return figure


def pairs(rows, scale=None):
    """Show patches of photographs and projections: `rows` lists (title, Features, Projection).

    scale: held for all projections; by default each has its own. Returns the Figure.
    """
    figure, axes = panels(len(rows), rows=2, width=1.9)
    for column, (title, features, projection) in enumerate(rows):
        picture(axes[0, column], patch_of(features, projection.box), title)
        picture(axes[1, column], projection.picture(scale))
    axes[0, 0].set_ylabel("photograph", fontsize=9)
    axes[1, 0].set_ylabel("projection", fontsize=9)
    return figure


def sentence_on(features, target):
    """Say what is explained, and why it is no class where the network has none."""
    if features.network.logits is None:
        return (
            f"{features.network.name} has no class scores: its strongest neuron is explained "
            f"instead, {target.layer}, feature map {target.channel}, row {target.row}, "
            f"column {target.column}."
        )
    return f"Explained: the score of {features.describe(target)}."


def same_size_correlation(first, second):
    """Return the correlation of two signals of one shape, to one decimal; 0 if one is constant."""
    return round(correlation(first, second), 1) + 0.0  # adding 0 turns −0 into 0


def neuron_line(neuron):
    """Name a neuron in one line, its activation rounded."""
    return (
        f"{neuron.layer}, feature map {neuron.channel}, row {neuron.row}, column {neuron.column}, "
        f"activation {neuron.activation:.0f}"
    )


def shared_map(first, second, layer):
    """Choose the feature map that answers to both of two photographs: the largest weaker peak."""
    peaks = [features[layer].max(axis=(0, 1)) for features in (first, second)]
    return int(np.minimum(*peaks).argmax())
