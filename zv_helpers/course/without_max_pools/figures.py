"""The figures of the lab: one neuron with several photographs' forward passes, how alike its
pictures are at every layer, and where on the way down two of them part."""

import warnings

import numpy as np

from ...choose import is_of_classes
from ...deconvnet import RULES, ProjectionWarning, project
from ...draw.colours import BLUE, GREEN, GREY, VERMILION
from ...draw.signals import signal_picture
from ...experiments.switches import likeness, likeness_of_neurons, way_down
from ..panels import panels, picture, signal

COLOURS = {"deconvnet": VERMILION, "guided": BLUE, "gradient": GREEN}


def one_neuron(rows, rule="deconvnet"):
    """Draw one neuron's projections with the forward passes of several photographs, a row for each
    network; returns a Figure.

    rows: [([Features of each photograph], Neuron of the first)]. A row has one scale.
    """
    columns = len(rows[0][0])
    figure, axes = panels(columns, len(rows), 1.9, 1.95, squeeze=False)
    for row, (several, neuron) in zip(axes, rows, strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ProjectionWarning)
            pictures = [project(features, neuron, rule) for features in several]
        scale = max(one.scale for one in pictures)
        for i, (ax, features, one) in enumerate(zip(row, several, pictures, strict=True)):
            title = f"by {features.image.name}"
            if i:
                title += f"\n{likeness([several[0], features], [neuron], rule):.2f} like the first"
            picture(ax, signal_picture(one.pixels, scale), title)
        where = f"{several[0].network.name}\n{neuron.layer}\nmap {neuron.channel}"
        row[0].set_ylabel(where, fontsize=8)
    return figure


def neurons_by_rule(features, neurons):
    """Draw some neurons' projections in one photograph, a row for each rule and a column for each
    neuron, each at its own scale; returns a Figure."""
    network = features.network
    figure, axes = panels(len(neurons), len(RULES), 1.7, 1.7, squeeze=False)
    for row, rule in zip(axes, RULES, strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ProjectionWarning)
            drawn = project(features, neurons, rule)
        for ax, one in zip(row, drawn, strict=True):
            picture(ax, signal_picture(one.pixels, one.scale))
        alike = likeness_of_neurons(features, neurons, rule)
        row[0].set_ylabel(f"{rule}\n{alike:.2f} alike", fontsize=8)
    classes = is_of_classes(network, network.layer(neurons[0].layer))
    for ax, neuron in zip(axes[0], neurons, strict=True):
        name = network.class_name(neuron.channel)[:18] if classes else ""
        ax.set_title(f"map {neuron.channel}\n{name}", fontsize=9)
    return figure


def by_depth(networks):
    """Draw how alike the pictures of one neuron are, layer by layer, a panel for each network and a
    line for each rule; grey lines are max-pools. Returns a Figure.

    networks: {`Network`: {rule: {layer: likeness}}}.
    """
    figure, axes = panels(len(networks), width=3.6, height=2.5, sharey=True, squeeze=False)
    for ax, (network, rules) in zip(axes[0], networks.items(), strict=True):
        for rule, found in rules.items():
            ax.plot(list(found.values()), ".-", color=COLOURS[rule], label=rule, lw=1.8)
        layers = list(next(iter(rules.values())))
        pools = np.diff([0, *(network.layer(layer).switches for layer in layers)])
        for place in np.flatnonzero(pools > 0):
            ax.axvline(place - 0.5, color=GREY, lw=1, zorder=0)
        ax.set_title(network.name, fontsize=9)
        ends = [0, len(layers) - 1]
        ax.set_xticks(ends, [layers[end] for end in ends])
        for label, side in zip(ax.get_xticklabels(), ("left", "right"), strict=True):
            label.set_horizontalalignment(side)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=7)
        ax.set_ylim(-0.05, 1.05)
    axes[0, 0].set_ylabel("likeness of the pictures", fontsize=8)
    axes[0, 0].legend(fontsize=7, frameon=False, loc="upper right")
    return figure


def two_ways_down(cases):
    """Show projections with the switches of two photographs, and where on the way down they part.

    Args:
        cases: {title: (first Features, second Features, Neuron of the first)}, at most three.

    Returns Figure: one column a case; the two projections, and under them the correlation of the
    two signals after each step, unpooling marked.
    """
    figure, axes = panels(len(cases), 3, width=2.4, height=2.1)
    for column, (title, (first, second, neuron)) in enumerate(cases.items()):
        pair, same = way_down(first, second, neuron)
        for ax, one, features in zip(axes[:, column], pair, (first, second), strict=False):
            name = features.image.name
            signal(ax, one.pixels, f"{title}\n{name}" if features is first else name)
        pools = [i for i, step in enumerate(pair[0].trace) if step.title == "unpool"]
        ax = axes[2, column]
        ax.plot(range(1, len(same) + 1), same, ".-", color=BLUE, lw=1, ms=4)
        ax.plot([i + 1 for i in pools], [same[i] for i in pools], "v", color=VERMILION, ms=7)
        ax.set_ylim(-0.05, 1.1)
        ax.set_xlabel("steps down to the pixels (▾ unpool)", fontsize=8)
        ax.tick_params(labelsize=8)
        ax.spines[["top", "right"]].set_visible(False)
    axes[2, 0].set_ylabel("correlation", fontsize=8)
    return figure
