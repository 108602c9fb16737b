"""The figures of the lab: where networks look, at one scale; the feature maps that speak for a
class, and what goes without them; tests beside each other."""

import numpy as np

from ...draw.colours import BLUE, ORANGE, VERMILION
from ...experiments.cheating import LAST, answers, features_of
from ...experiments.road_signs import CLASSES
from ...heatmaps import raw_map, resized
from ...overlays import overlay
from ..panels import panels, picture
from ..parts import bars


def heats(network, signs, name):
    """Compute what speaks for a class in each picture, in units of its score, before softmax:
    float32 (n, 64, 64), 0 or more, not scaled to any maximum."""
    seen = [features_of(network, signs, i) for i in range(len(signs))]
    maps = [np.maximum(raw_map(one, one.target(name), LAST), 0) for one in seen]
    return np.array([resized(one.astype(np.float32), signs.pixels.shape[1:3]) for one in maps])


def where_they_look(networks, signs, name, titles=None):
    """Draw the heatmap of one class, over the pictures, of several networks, a row each; all have
    one scale; returns a Figure.

    networks: {title: Network}; signs: `RoadSigns`, a column each; titles: one for each column.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    every = {title: heats(network, signs, name) for title, network in networks.items()}
    scale = max(float(one.max()) for one in every.values()) or 1.0
    count = len(signs)
    figure, axes = panels(count, 1 + len(networks), 1.2, 1.3, squeeze=False)
    for i, ax in enumerate(axes[0]):
        picture(ax, signs.pixels[i], titles[i] if titles else CLASSES[signs.labels[i]])
    for row, (title, network) in zip(axes[1:], networks.items(), strict=True):
        given = answers(network, signs)
        for i, ax in enumerate(row):
            image = features_of(network, signs, i).image
            picture(
                ax, overlay(image, every[title][i] / scale, alpha=0.6), f"“{CLASSES[given[i]]}”"
            )
        row[0].set_ylabel(title, fontsize=8)
    shades = ScalarMappable(Normalize(0, scale), "inferno")
    bar = figure.colorbar(shades, ax=list(axes[1:].ravel()), shrink=0.7, pad=0.03)
    bar.set_label(f"speaks for “{name}”", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure


def sheet(signs, titles=None, across=8):
    """Draw pictures side by side; returns a Figure. titles: one for each, by default its class."""
    down = -(-len(signs) // across)
    figure, axes = panels(min(across, len(signs)), down, 1.1, 1.25, squeeze=False)
    for i, ax in enumerate(axes.ravel()):
        if i < len(signs):
            picture(ax, signs.pixels[i], titles[i] if titles else CLASSES[signs.labels[i]])
        else:
            ax.set_axis_off()
    return figure


def who_speaks_for(scores, name):
    """Draw the mean relevance score of each feature map for a class; returns a Figure."""
    figure, ax = panels(width=4.6, height=2.7)
    order = np.argsort(-scores)
    colours = [VERMILION if i == order[0] else BLUE for i in order]
    title = f"which feature maps speak for “{name}”"
    bars(ax, [f"map {i}" for i in order], scores[order], title, "mean relevance score", colours)
    ax.tick_params(axis="y", labelsize=6)
    return figure


def without_each_map(shares, name):
    """Draw how many signs of one class, and of the others, are named rightly without each feature
    map; returns a Figure. shares: (maps, classes), of `right_without_each_map`."""
    label = CLASSES.index(name)
    figure, ax = panels(width=6.2, height=2.2)
    places = np.arange(len(shares))
    others = np.delete(shares, label, axis=1).mean(axis=1)
    ax.bar(places - 0.2, shares[:, label], 0.38, color=ORANGE, label=f"“{name}”")
    ax.bar(places + 0.2, others, 0.38, color=BLUE, label="the other three")
    ax.set_xticks(places, [str(i) for i in places], fontsize=7)
    ax.set_xlabel("feature map that is zeroed", fontsize=8)
    ax.set_ylabel("named rightly", fontsize=8)
    ax.set_ylim(0, 1.05)
    ax.tick_params(labelsize=7)
    ax.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return figure


def tested(network, several, count=4):
    """Draw the first pictures of several tests, a row each, with the network's answers; returns a
    Figure. several: {title: RoadSigns}."""
    figure, axes = panels(count, len(several), 1.35, 1.5, squeeze=False)
    for row, (title, signs) in zip(axes, several.items(), strict=True):
        few = signs.where(range(min(count, len(signs))))
        for ax, pixels, given in zip(row, few.pixels, answers(network, few), strict=False):
            picture(ax, pixels, f"“{CLASSES[given]}”")
        row[0].set_ylabel(title, fontsize=8)
    return figure


def table(rows, columns):
    """Write shares, 0 to 1, as a table in percent. rows: {title: [a share for each column]}."""
    wide = max(map(len, rows))
    text = [" " * wide + "".join(f"{column:>20}" for column in columns)]
    for title, shares in rows.items():
        text.append(f"{title:{wide}}" + "".join(f"{100 * one:18.0f} %" for one in shares))
    return "\n".join(text)


def colours_of(signs):
    """Return how much stronger red is than blue, on average over the whole pictures of each class:
    {class: ratio}."""
    means = signs.pixels.mean(axis=(1, 2))
    return {
        name: float(np.mean(means[signs.labels == i, 0] / means[signs.labels == i, 2]))
        for i, name in enumerate(CLASSES)
    }
