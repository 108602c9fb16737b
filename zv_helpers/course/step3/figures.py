"""The figures of step 3: class scores, feature maps, the strongest neurons, and switches."""

from ...atlas import patch
from ...choose import strongest_targets
from ...deconvnet import kept_positions
from ...draw.colours import BLUE, COLOURS, GREEN, SKY
from ..panels import frame, panels, picture
from ..parts import bars, without_empty

SHADES = "magma"


def class_bars(features, count=5):
    """Draw the most probable classes as bars; returns a Figure.

    Of a network without classes, the strongest feature maps of its last layer.
    """
    figure, ax = panels(width=5.4, height=2.1)
    targets = strongest_targets(features, count)
    names = [target.name(features.network) for target in targets]
    values, measure = [target.of(features) for target in targets], targets[0].measure
    colour = BLUE if measure == "probability" else GREEN
    bars(ax, names, values, features.image.name, measure, colour)
    ax.set_xlim(0, 1 if measure == "probability" else None)
    return figure


def score_bars(names, logits, probabilities):
    """Draw logits beside the probabilities that softmax makes of them; returns a Figure."""
    figure, (left, right) = panels(2, width=3.0, height=1.5)
    bars(left, names, logits, "class scores (logits)", "logit", GREEN)
    bars(right, names, probabilities, "after softmax", "probability")
    right.set_xlim(0, 1)
    return figure


def feature_map(ax, values, title=""):
    """Show a feature map, float (h, w), from zero (black) to its maximum; returns `ax`."""
    top = float(values.max(initial=0)) or 1.0
    return picture(ax, values, title, cmap=SHADES, vmin=0, vmax=top)


def fitting(name, size, letters=16):
    """Return the font size at which a layer's name fits where `letters` do at `size` points."""
    return min(size, size * letters / len(name))


def strongest_maps(features, layers, count=6):
    """Draw the strongest feature maps of some layers, one row a layer; returns a Figure.

    Each map is scaled to its own maximum.
    """
    figure, axes = panels(count, len(layers), width=1.1, height=1.25, squeeze=False)
    for row, layer in zip(axes, layers, strict=True):
        for ax, channel in zip(row, features.strongest_channels(layer, count), strict=False):
            feature_map(ax, features[layer][..., channel], f"map {channel}")
        height, width, maps = features[layer].shape
        size = fitting(layer, 8)
        row[0].set_ylabel(f"{layer}\n{maps} maps\n{height} × {width}", fontsize=size)
    without_empty(axes)
    return figure


def every_layer(features, columns=9):
    """Draw the strongest feature map of every layer, in forward order; returns a Figure."""
    columns = min(columns, len(features.layers))
    rows = -(-len(features.layers) // columns)
    figure, axes = panels(columns, rows, width=1.0, height=1.2, squeeze=False)
    for ax, layer in zip(axes.flat, features.layers, strict=False):
        channel = features.strongest_channels(layer, 1)[0]
        feature_map(ax, features[layer][..., channel])
        ax.set_title(f"{layer}\nmap {channel}", fontsize=fitting(layer, 6))
    without_empty(axes)
    return figure


def strongest_neurons(features, layer, count=6):
    """Draw the photograph with receptive fields framed, and the patch in each; returns a Figure.

    The neurons are the strongest of the `count` strongest feature maps of the layer.
    """
    figure, axes = panels(2, width=2.9, height=2.6, width_ratios=[1, 1.5])
    axes[1].set_axis_off()
    picture(axes[0], features.image.pixels, f"{layer}: receptive fields")
    grid = axes[1].get_subplotspec().subgridspec(2, -(-count // 2))
    for i, channel in enumerate(features.strongest_channels(layer, count)):
        neuron, colour = features.strongest(layer, channel), COLOURS[i % len(COLOURS)]
        box = features.receptive_field(neuron)
        frame(axes[0], box, colour=colour)
        ax = picture(figure.add_subplot(grid[i]), patch(features.image, box), f"map {channel}")
        ax.spines[:].set(color=colour, linewidth=2.5)
    return figure


def one_neuron(features, neuron):
    """Draw one neuron in its feature map, its receptive field, and the patch; returns a Figure."""
    figure, (left, middle, right) = panels(3, width=2.2, height=2.4)
    values = features[neuron.layer][..., neuron.channel]
    feature_map(left, values, f"{neuron.layer}\nfeature map {neuron.channel}")
    frame(left, (neuron.row, neuron.column, neuron.row + 1, neuron.column + 1))
    box = features.receptive_field(neuron)
    frame(picture(middle, features.image.pixels, "its receptive field"), box)
    picture(right, patch(features.image, box), "the patch in it, enlarged")
    return figure


def switches_kept(features, pool, channel):
    """Draw a feature map with its switches, the pooled map, the photograph; returns a Figure."""
    network = features.network
    number = next(one.inputs[0] for one in network.graph.operations if one.name == pool)
    values = features.value(number)[0][..., channel]
    rows, columns = kept_positions(features, pool, channel)
    y, x = network.middles(number)
    figure, (left, middle, right) = panels(3, width=2.4, height=2.6)
    feature_map(left, values, f"feature map {channel} and its switches")
    feature_map(middle, features[pool][..., channel], f"after {pool}")
    picture(right, features.image.pixels, "the same, in the photograph")
    left.scatter(columns, rows, s=7, color=SKY, linewidths=0)
    right.scatter(
        x[columns] - 0.5, y[rows] - 0.5, s=9, color=SKY, edgecolors="black", linewidths=0.4
    )
    return figure
