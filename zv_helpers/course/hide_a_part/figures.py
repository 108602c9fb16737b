"""The figures of the lab: Zeiler & Fergus's occlusion figure, panel by panel, and squares of
several sizes."""

import numpy as np

from ...deconvnet import project
from ...draw.colours import BLUE, COLOURS, EMPTY, ORANGE, PALE, VERMILION, rgb
from ...draw.signals import signal_picture
from ...heatmaps import occlude
from ...relevance import correlation
from ..panels import colourbar, frame, panels, picture
from ..parts import rounded

SHADES = "viridis"


def slid(ax, maps, values, title="", unit="", **how):
    """Draw values for each place of the square, (rows, columns), where its middle is on the
    photograph, on `ax`; returns `ax`."""
    from matplotlib import colormaps

    shades = colormaps[SHADES].with_extremes(bad=EMPTY)
    return colourbar(picture(ax, maps.on_canvas(values), title, cmap=shades, **how), unit)


def activation(ax, maps):
    """Draw the summed activation of the strongest map for each place of the square."""
    top = max(maps.activation_before, float(maps.activation.max()))
    title = f"{maps.layer}, map {maps.channel}:\n{rounded(maps.activation_before)} without a square"
    return slid(ax, maps, maps.activation, title, "sum of activations", vmin=0, vmax=top or 1)


def value(ax, maps, network):
    """Draw the target's value for each place of the square; a probability from 0 to 1."""
    measure = maps.target.measure
    top = max(maps.value_before, float(maps.value.max()))
    top = 1 if measure == "probability" else top or 1
    title = f"{maps.target.name(network)}:\n{rounded(maps.value_before)} without a square"
    return slid(ax, maps, maps.value, title, measure, vmin=0, vmax=top)


def winners(maps):
    """List the most probable classes under the square and how often each is: [(index, places)],
    most often first."""
    found, counts = np.unique(maps.most_probable, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [(int(found[i]), int(counts[i])) for i in order]


def palette(several):
    """Give the classes that win most often in some `OcclusionMaps` a colour each: {index:
    colour}."""
    total: dict[int, int] = {}
    for maps in several:
        for index, count in winners(maps) if maps.most_probable is not None else ():
            total[index] = total.get(index, 0) + count
    order = sorted(total, key=lambda index: (-total[index], index))
    return dict(zip(order, COLOURS, strict=False))


def most_probable(ax, maps, network, colours=None):
    """Draw the most probable class for each place of the square, a colour each, with a legend; only
    the most frequent have one of their own. Nothing for a network without classes."""
    from matplotlib.patches import Patch

    if maps.most_probable is None:
        ax.set_axis_off()
        return ax
    colours = palette([maps]) if colours is None else colours
    drawn = np.tile(np.array(rgb(EMPTY), np.uint8), (*maps.on_canvas(maps.value).shape, 1))
    counts, others = winners(maps), 0
    handles = []
    for index, count in counts:
        drawn[maps.on_canvas(maps.most_probable == index) == 1] = rgb(colours.get(index, PALE))
        if index in colours:
            handles.append(Patch(color=colours[index], label=_label(network, index, count)))
        else:
            others += count
    if others:
        handles.append(Patch(color=PALE, label=f"others ({others})"))
    picture(ax, drawn, f"most probable class\nin {maps.value.size} places")
    how = {"fontsize": 6.5, "frameon": False, "loc": "upper left", "bbox_to_anchor": (1, 1)}
    ax.legend(handles=handles, handlelength=1, **how)
    return ax


def _label(network, index, count):
    name = network.class_name(index)
    return f"{name if len(name) < 20 else name[:18] + '…'} ({count})"


def projection(ax, features, maps):
    """Draw the projection of the strongest map's strongest neuron in its place; returns `ax`."""
    found = project(features, features.strongest(maps.layer, maps.channel))
    picture(ax, signal_picture(found.on_canvas(), found.scale), "its projection,\ndeconvnet")
    return frame(ax, found.box) if _framed(found) else ax


def _framed(found):
    """Say whether a projection's window is worth framing: not all of the photograph."""
    top, left, bottom, right = found.box
    return (bottom - top) * (right - left) < 0.95 * found.size[0] * found.size[1]


def photograph(ax, features, maps):
    """Draw the photograph under the square that lowers the target most; returns `ax`."""
    top, left, bottom, right = box = maps.lowest(maps.value)
    pixels = occlude(features.image, top, left, maps.size)
    lowest = rounded(float(maps.value.min()))
    picture(ax, pixels, f"{features.image.name}:\n{maps.target.measure} {lowest} like this")
    return frame(ax, box, colour=ORANGE)


def before_and_under(image, hidden):
    """Draw an `InputImage` as it is and with a part of it hidden; returns a Figure."""
    figure, axes = panels(2, width=2.2, height=2.2)
    for ax, one, title in zip(axes, (image, hidden), (image.name, "a part hidden"), strict=True):
        picture(ax, one.rgb, title)
    return figure


def the_papers_figure(examples):
    """Draw the five panels of the paper's figure for some photographs, a row each; returns a
    Figure.

    examples: [(Features, OcclusionMaps)].
    """
    figure, axes = panels(5, len(examples), 2.35, 2.2, squeeze=False)
    for row, (features, maps) in zip(axes, examples, strict=True):
        photograph(row[0], features, maps)
        activation(row[1], maps)
        projection(row[2], features, maps)
        value(row[3], maps, features.network)
        most_probable(row[4], maps, features.network)
        for letter, ax in zip("abcde", row, strict=True):
            ax.set_title(f"({letter}) {ax.get_title()}", fontsize=9)
    return figure


def sizes(features, several):
    """Draw squares of several sizes: where each costs most, the target's value, and the most
    probable class, a row a size; returns a Figure.

    several: [OcclusionMaps]. One class has one colour in all of them.
    """
    figure, axes = panels(3, len(several), 2.5, 2.2, squeeze=False, width_ratios=(1, 1.2, 1))
    colours = palette(several)
    for row, maps in zip(axes, several, strict=True):
        photograph(row[0], features, maps).set_ylabel(f"{maps.size} × {maps.size} pixels")
        value(row[1], maps, features.network)
        most_probable(row[2], maps, features.network, colours)
    return figure


def in_words(maps, network):
    """Say in one line how far the target's value falls, and how often another class wins."""
    lowest = rounded(float(maps.value.min()))
    name = maps.target.name(network)
    text = f"{name}: {maps.target.measure} {rounded(maps.value_before)}, at worst {lowest}"
    if maps.most_probable is None:
        return text
    changed = int((maps.most_probable != maps.most_probable_before).sum())
    return f"{text}; another class wins in {changed} of {maps.value.size} places"


def shares_and_activation(maps, shares):
    """Draw how much of a projection each square hides, what is left of the map's activation, and
    one over the other; returns a Figure."""
    figure, axes = panels(3, width=3.0, height=2.4, width_ratios=(1, 1, 1.1))
    slid(axes[0], maps, shares, "share of the projection\nunder the square", "share", vmin=0)
    activation(axes[1], maps)
    axes[2].scatter(shares, maps.activation, s=14, color=BLUE, alpha=0.6, lw=0)
    axes[2].axhline(maps.activation_before, color=VERMILION, lw=1, ls="--")
    alike = correlation(shares, maps.activation)
    axes[2].set_title(f"a dot for each place\ncorrelation {alike:.2f}", fontsize=9)
    axes[2].set_xlabel("share of the projection that is hidden", fontsize=8)
    axes[2].set_ylabel("activation that is left", fontsize=8)
    axes[2].set_ylim(0, None)
    axes[2].tick_params(labelsize=7)
    return figure


def picture_of_map(atlas, layer, channel):
    """Draw what a map's strongest neurons in many photographs see, and their projections; returns a
    Figure."""
    drawn = np.asarray(atlas.picture(layer, channel))
    height, width = drawn.shape[:2]
    figure, ax = panels(width=width / 96, height=height / 96)
    picture(ax, drawn)
    ax.set_frame_on(False)
    return figure
