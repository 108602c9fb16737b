"""The figures of step 3: class scores, feature maps, the strongest neurons, and switches."""

import numpy as np

from ..draw.colours import BLUE, COLOURS, GREEN, SKY
from ..draw.panels import frame, numbers, panels, picture
from ..features import extract_features
from ..images import load_image

SHADES = "magma"

# Feature maps of the shipped weights whose nine patches have something in common that has a name.
WORTH_SEEING = {
    "squeezenet": ("fire5", 241),
    "vgg16-conv": ("block4_conv3", 309),
    "vgg16": ("block4_conv3", 309),
}


def bars(ax, names, values, title="", unit="", colour=BLUE):
    """Draw named values as horizontal bars, the first on top, on `ax`; returns `ax`."""
    places = np.arange(len(names))
    ax.barh(places, values, color=colour)
    ax.set_yticks(places, names, fontsize=9)
    ax.invert_yaxis()
    ax.axvline(0, color="0.3", lw=0.8)
    ax.set_xlabel(unit, fontsize=9)
    ax.set_title(title, fontsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def class_bars(features, count=5):
    """Draw the most probable classes as bars; returns a Figure.

    Of a network without classes, the strongest feature maps of its last layer.
    """
    figure, ax = panels(width=5.4, height=2.1)
    if features.network.logits is None:
        layer = features.last_convolution
        best = features.strongest_channels(layer, count)
        peaks = features[layer].max(axis=(0, 1))[best]
        names, title = [f"feature map {c}" for c in best], f"No classes: strongest maps of {layer}"
        bars(ax, names, peaks, title, "largest activation", GREEN)
        return figure
    top = features.top_classes(count)
    bars(ax, [name for _, name, _ in top], [p for *_, p in top], features.image.name, "probability")
    ax.set_xlim(0, 1)
    return figure


def score_bars(names, logits, probabilities):
    """Draw logits beside the probabilities that softmax makes of them; returns a Figure."""
    figure, (left, right) = panels(2, width=3.0, height=1.5)
    bars(left, names, logits, "class scores (logits)", "logit", GREEN)
    bars(right, names, probabilities, "after softmax", "probability")
    right.set_xlim(0, 1)
    return figure


def toy(*arrays):
    """Draw small arrays with their numbers side by side; returns a Figure.

    arrays: (title, values (h, w)) or (title, values, marked bool (h, w)).
    """
    figure, axes = panels(len(arrays), width=2.1, squeeze=False)
    for ax, (title, values, *marked) in zip(axes[0], arrays, strict=True):
        numbers(ax, values, title, marked=marked[0] if marked else None)
    return figure


def marked_positions(switches, size):
    """Mark the positions that switches name: bool (H, W). switches: int, row-major in (H, W)."""
    marked = np.zeros(size, bool)
    marked.flat[np.asarray(switches).ravel()] = True
    return marked


def max_pools(network):
    """Return the names of a network's max-pools, in forward order."""
    return tuple(o.name for o in network.operations if o.kind == "MaxPooling2D")


def stages(network):
    """Return the names of the last layer before each max-pool, and of the network's last one.

    A last layer with one map for each class (SqueezeNet's conv10) is passed over.
    """
    names = {number: name for name, number in network.units.items()}
    before = [names.get(pooled_value(network, pool)) for pool in max_pools(network)]
    wide = [layer.name for layer in network.layers if layer.height * layer.width > 1]
    classes = len(network.class_names or ())
    last = [n for n in wide if not _is_pool_or_classes(network.layer(n), classes)][-1]
    return tuple(dict.fromkeys([name for name in before if name] + [last]))


def _is_pool_or_classes(layer, classes):
    return "Pooling" in layer.kind or layer.channels == classes


def worth_seeing(features):
    """Return (layer, feature map) to look at: a known one, else the strongest halfway up."""
    if features.network.name in WORTH_SEEING:
        return WORTH_SEEING[features.network.name]
    names = stages(features.network)
    layer = names[len(names) // 2]
    return layer, features.strongest(layer).channel


def feature_map(ax, values, title=""):
    """Show a feature map, float (h, w), from zero (black) to its maximum; returns `ax`."""
    top = float(values.max(initial=0)) or 1.0
    return picture(ax, values, title, cmap=SHADES, vmin=0, vmax=top)


def strongest_maps(features, layers, count=6):
    """Draw the strongest feature maps of some layers, one row a layer; returns a Figure.

    Each map is scaled to its own maximum.
    """
    figure, axes = panels(count, len(layers), width=1.1, height=1.25, squeeze=False)
    for row, layer in zip(axes, layers, strict=True):
        for ax, channel in zip(row, features.strongest_channels(layer, count), strict=False):
            feature_map(ax, features[layer][..., channel], f"map {channel}")
        height, width, maps = features[layer].shape
        row[0].set_ylabel(f"{layer}\n{maps} maps\n{height} × {width}", fontsize=8)
    _hide_empty(axes)
    return figure


def every_layer(features, columns=9):
    """Draw the strongest feature map of every layer, in forward order; returns a Figure."""
    rows = -(-len(features.layers) // columns)
    figure, axes = panels(columns, rows, width=1.0, height=1.2, squeeze=False)
    for ax, layer in zip(axes.flat, features.layers, strict=False):
        channel = features.strongest_channels(layer, 1)[0]
        feature_map(ax, features[layer][..., channel])
        ax.set_title(f"{layer}\nmap {channel}", fontsize=6)
    _hide_empty(axes)
    return figure


def _hide_empty(axes):
    for ax in axes.flat:
        if not ax.has_data():
            ax.set_axis_off()


def share_of_zeros(maps):
    """Return the share of activations that are exactly zero, in [0, 1]."""
    return float(np.mean(maps == 0))


def patch(features, neuron):
    """Cut out the part of the photograph in a neuron's receptive field: uint8 (h, w, 3)."""
    top, left, bottom, right = features.receptive_field(neuron)
    return features.image.pixels[top:bottom, left:right]


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
        frame(axes[0], features.receptive_field(neuron), colour=colour)
        ax = picture(figure.add_subplot(grid[i]), patch(features, neuron), f"map {channel}")
        ax.spines[:].set(color=colour, linewidth=2.5)
    return figure


def one_neuron(features, neuron):
    """Draw one neuron in its feature map, its receptive field, and the patch; returns a Figure."""
    figure, (left, middle, right) = panels(3, width=2.2, height=2.4)
    values = features[neuron.layer][..., neuron.channel]
    feature_map(left, values, f"{neuron.layer}, feature map {neuron.channel}")
    frame(left, (neuron.row, neuron.column, neuron.row + 1, neuron.column + 1))
    picture(middle, features.image.pixels, "its receptive field")
    frame(middle, features.receptive_field(neuron))
    picture(right, patch(features, neuron), "the patch in it, enlarged")
    return figure


def strongest_patches(network, names, layer, channel, count=9):
    """Find the photographs in which a feature map answers most strongly.

    Args:
        names: photographs, as `load_image` takes them.
        layer, channel: the feature map.
        count: how many to keep, strongest first; one neuron a photograph.

    Returns:
        [(name, Neuron, patch uint8 (h, w, 3)), ...]. (Zeiler & Fergus 2014, §4 and figure 2.)
    """
    found = []
    for name in names:
        features = extract_features(network, load_image(name, network), upto=layer)
        neuron = features.strongest(layer, channel)
        found.append((features.image.name, neuron, patch(features, neuron).copy()))
    return sorted(found, key=lambda one: -one[1].activation)[:count]


def patch_row(found, title=""):
    """Draw what `strongest_patches` found, strongest first; returns a Figure."""
    figure, axes = panels(len(found), width=1.0, height=1.3, squeeze=False)
    for ax, (name, neuron, pixels) in zip(axes[0], found, strict=True):
        picture(ax, pixels)
        first, _, rest = name.partition("_")
        ax.set_title(f"{first}\n{rest.replace('_', ' ')}", fontsize=7)
        ax.set_xlabel(f"{neuron.activation:.0f}", fontsize=7)
    figure.suptitle(title, fontsize=9)
    return figure


def pool_to_show(features):
    """Return the deepest max-pool with at least ten rows, whose switches can be told apart."""
    pools = [n for n in max_pools(features.network) if n in features.layers]
    if not pools:
        raise ValueError(
            f"Expected a network with a max-pool, but {features.network.name} has none: "
            'it keeps no switches; load "squeezenet" to see some.'
        )
    return next((n for n in reversed(pools) if len(features[n]) >= 10), pools[0])


def pooled_value(network, pool):
    """Return the number of the value that a max-pool reads."""
    return next(o.inputs[0] for o in network.operations if o.name == pool)


def kept_positions(features, pool, channel):
    """Return the positions of a feature map that a max-pool kept: rows, columns, each int (n,).

    Windows in which nothing was active are left out: their switch is a first place among zeros.
    """
    maps = features.values[pooled_value(features.network, pool)][0]
    switches = features.switches(pool)[..., channel][features[pool][..., channel] > 0]
    return np.unravel_index(np.unique(switches), maps.shape[:2])


def switches_kept(features, pool, channel):
    """Draw a feature map with its switches, the pooled map, the photograph; returns a Figure."""
    number = pooled_value(features.network, pool)
    values = features.values[number][0][..., channel]
    rows, columns = kept_positions(features, pool, channel)
    y, x = middles_in_pixels(features.network, number, rows, columns)
    figure, (left, middle, right) = panels(3, width=2.4, height=2.6)
    feature_map(left, values, f"feature map {channel} and its switches")
    feature_map(middle, features[pool][..., channel], f"after {pool}")
    picture(right, features.image.pixels, "the same, in the photograph")
    left.scatter(columns, rows, s=7, color=SKY, linewidths=0)
    right.scatter(x, y, s=9, color=SKY, edgecolors="black", linewidths=0.4)
    return figure


def middles_in_pixels(network, number, rows, columns):
    """Return the middles (y, x), each float (n,), of the receptive fields of positions."""
    first = network.pixels_of(number, (0, 0, 1, 1), endless=True)
    second = network.pixels_of(number, (1, 1, 2, 2), endless=True)
    return tuple(
        (first[axis] + first[axis + 2] - 1) / 2 + np.asarray(n) * (second[axis] - first[axis])
        for axis, n in enumerate((rows, columns))
    )
