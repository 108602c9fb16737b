"""The figures of step 5: the two margins of A · S, the way to [0, 1], methods and colours."""

import numpy as np
from PIL import Image

from ..draw.colours import BLUE, VERMILION, coloured, lightness
from ..draw.panels import numbers, panels, picture
from ..features import LOGITS
from ..heatmaps import default_layer, finished, raw_map, resized

# Products A · S of three feature maps of 4 × 4; channel last.
TOY = np.stack(
    [
        [[0, 0, 0, 0], [0, 4, 2, 0], [0, 2, 1, 0], [0, 0, 0, 0]],
        [[0, 0, 0, 0], [0, 1, 3, 0], [0, 0, 2, 0], [0, 0, 0, 0]],
        [[-2, -1, 0, 0], [-1, -1, 0, 0], [0, 0, 0, 0], [0, 0, 0, -1]],
    ],
    axis=2,
)


def targets(features, count=2):
    """Return what to explain, as a list of `Neuron`s: the most probable classes, best first.

    Of a network without classes, the strongest neurons of the strongest maps of its last layer.
    """
    if features.network.logits is not None:
        return [features.class_neuron(index) for index, _, _ in features.top_classes(count)]
    layer = features.last_convolution
    channels = features.strongest_channels(layer, count)
    return [features.strongest(layer, int(channel)) for channel in channels]


def name_of(features, target):
    """Name a target in a few words, for a panel's title."""
    if target.layer == LOGITS:
        return features.network.class_name(target.channel)
    return f"{target.layer}, map {target.channel}"


def shared_layer(features, target):
    """Return the name of the last layer below a target where more than one feature map counts.

    A layer with one feature map for each class is passed over: there a class has only its own.
    """
    last = default_layer(features, target)
    if target.layer != LOGITS or features[last].shape[2] != len(features.logits):
        return last
    names = features.layers[: features.layers.index(last)]
    size = features[last].shape[:2]
    return [name for name in names if features[name].shape[:2] == size][-1]


def layers_of_each_size(features, target, count=4):
    """Return the last layers of each size of feature map below a target, at most `count` names."""
    last = shared_layer(features, target)
    by_size = {}
    for name in features.layers[: features.layers.index(last) + 1]:
        if "pool" not in features.network.layer(name).kind.lower():
            by_size[features[name].shape[:2]] = name
    return list(by_size.values())[-count:]


def toy_margins(product):
    """Draw small products A · S (h, w, channels), their scores and their sum; returns a Figure."""
    count = product.shape[2]
    figure, axes = panels(count + 1, width=2.2)
    scale = float(np.abs(product).max())
    for k in range(count):
        title = f"A · S of map {k}\nrelevance score {product[..., k].sum():g}".replace("-", "−")
        numbers(axes[k], product[..., k], title, scale)
    numbers(axes[-1], product.sum(axis=2), "sum over the maps:\nthe heatmap, unfinished", scale)
    return figure


def signed(ax, values, title="", unit=""):
    """Draw a signed map (h, w), zero white, with its colourbar, on `ax`; returns `ax`."""
    scale = float(np.abs(values).max()) or 1.0
    picture(ax, values, title, cmap="PuOr_r", vmin=-scale, vmax=scale)
    _bar(ax, unit)
    return ax


def margins(product, layer):
    """Draw the margins of A · S (h, w, channels), scores and map; returns a Figure."""
    figure, (left, right) = panels(2, width=3.4, height=2.6)
    scores = np.sort(product.sum(axis=(0, 1)))[::-1]
    shades = np.where(scores > 0, BLUE, VERMILION)
    left.bar(np.arange(len(scores)), scores, color=shades, width=1.0)
    left.axhline(0, color="0.3", lw=0.8)
    left.set_xlabel(f"feature maps of {layer}, in order of score", fontsize=9)
    left.set_title("sum over positions: relevance scores", fontsize=9)
    left.spines[["top", "right"]].set_visible(False)
    signed(right, product.sum(axis=2), "sum over feature maps", "share of the score")
    return figure


def toy_finishing(raw):
    """Draw a small map, its positive part, and that divided by its maximum; returns a Figure."""
    figure, axes = panels(3, width=2.2)
    scale = float(np.abs(raw).max()) or 1.0
    numbers(axes[0], raw, "as summed", scale)
    numbers(axes[1], np.maximum(raw, 0), "positive part", scale)
    numbers(axes[2], finished(raw, raw.shape).round(2), "divided by its maximum", 1)
    return figure


def finishing(raw, size):
    """Draw a real map on its way to [0, 1]; returns a Figure."""
    figure, axes = panels(4, width=2.5)
    positive = np.maximum(raw, 0)
    signed(axes[0], raw, "as summed")
    signed(axes[1], positive, "positive part")
    signed(axes[2], resized(positive, size), f"resized to {size[1]} × {size[0]}")
    heat(axes[3], finished(raw, size), "divided by its maximum")
    _bar(axes[3])
    return figure


def heat(ax, values, title="", colormap="inferno"):
    """Draw a heatmap (h, w) on the fixed scale from 0 to 1 on `ax`; returns `ax`."""
    return picture(ax, values, title, cmap=colormap, vmin=0, vmax=1)


def _bar(ax, unit=""):
    """Put a colourbar beside the picture on `ax`."""
    bar = ax.figure.colorbar(ax.images[0], ax=ax, shrink=0.8, pad=0.03)
    bar.ax.tick_params(labelsize=7)
    bar.set_label(unit, fontsize=8)


def row(image, heats, colormap="inferno"):
    """Draw a photograph and heatmaps {title: (h, w)} with one colourbar; returns a Figure."""
    figure, axes = panels(len(heats) + 1, width=2.1, height=2.2)
    picture(axes[0], image.pixels, "what the network sees")
    for ax, (title, values) in zip(axes[1:], heats.items(), strict=True):
        heat(ax, values, title, colormap)
    bar = figure.colorbar(axes[-1].images[0], ax=list(axes), shrink=0.75, pad=0.01)
    bar.ax.tick_params(labelsize=7)
    bar.set_label("heat", fontsize=8)
    return figure


def resizing(raw, image):
    """Draw a map as blocks and as a bilinear picture, and a cut through both; returns a Figure."""
    size = image.pixels.shape[:2]
    positive = np.maximum(raw, 0).astype(np.float32)
    peak = float(positive.max()) or 1.0
    nearest = Image.fromarray(positive / peak).resize(size[::-1], Image.Resampling.NEAREST)
    blocks, smooth = np.asarray(nearest), resized(positive / peak, size)
    figure, axes = panels(3, width=2.5, width_ratios=(1, 1, 1.3))
    heat(axes[0], blocks, f"{raw.shape[1]} × {raw.shape[0]} blocks")
    heat(axes[1], smooth, f"bilinear, {size[1]} × {size[0]} pixels")
    middle = int(np.argmax(blocks.max(axis=1)) + size[0] / raw.shape[0] / 2)
    middle = min(middle, size[0] - 1)
    for ax in axes[:2]:
        ax.axhline(middle, color="white", lw=0.8, ls=":")
    axes[2].plot(blocks[middle], color=VERMILION, lw=1, label="blocks")
    axes[2].plot(smooth[middle], color=BLUE, lw=1.4, label="bilinear")
    axes[2].set_title("along the dotted line", fontsize=9)
    axes[2].set_xlabel("column in pixels", fontsize=8)
    axes[2].set_ylabel("heat", fontsize=8)
    axes[2].tick_params(labelsize=7)
    axes[2].legend(fontsize=7)
    return figure


def colormaps(values, names=("inferno", "viridis", "jet")):
    """Draw a heatmap in several colormaps, and the lightness of each; returns a Figure."""
    figure, axes = panels(len(names), 2, width=2.3, height=2.0, height_ratios=(2, 1.2))
    ramp = np.linspace(0, 1, 256)
    for column, name in enumerate(names):
        heat(axes[0, column], values, name, name)
        ax = axes[1, column]
        curve = lightness(coloured(ramp, name))
        ax.scatter(ramp, curve, c=coloured(ramp, name) / 255, s=6)
        ax.set_ylim(0, 100)
        ax.set_xlabel("heat", fontsize=8)
        ax.tick_params(labelsize=7)
    axes[1, 0].set_ylabel("lightness L*", fontsize=8)
    return figure


def peaks(features, indices, layer=None):
    """Return the largest value of each class's map before the division: {name: float}."""
    return {
        features.network.class_name(index): float(
            raw_map(features, features.class_neuron(index), layer).max()
        )
        for index in indices
    }
