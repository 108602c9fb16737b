"""The figures of the lab: Zeiler & Fergus's figure 4, how soon layers settle, and a jump."""

import numpy as np

from ...draw.colours import COLOURS, ORANGE, PALE
from ..panels import frame, panels, picture, signal
from . import toys


def toy_curves():
    """Draw the toy map's strength in each of its pictures, and which is strongest; a Figure."""
    figure, ax = panels(width=4.6, height=2.0)
    strength_curves(ax, range(len(toys.PEAKS)), toys.PEAKS, toys.PICTURES)
    ax.set_xlabel("moment", fontsize=8)
    ax.set_xticks(range(len(toys.PEAKS)))
    return figure


def strength_curves(ax, places, peaks, names, rings=True):
    """Draw how strong a map is in some pictures, peaks (moments, pictures), on `ax`, and rings
    round the strongest of each moment; returns `ax`."""
    for curve, name, colour in zip(np.transpose(peaks), names, COLOURS[1:], strict=False):
        ax.plot(places, curve, "o-", color=colour, lw=1.3, ms=3, label=name)
    if rings:
        ax.plot(places, np.max(peaks, axis=1), "o", ms=9, mfc="none", mec="black")
    ax.set_title("the map's largest activation in a picture", fontsize=9)
    ax.legend(fontsize=8, frameon=False)
    ax.tick_params(labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def sheet(pixels, names, count=16):
    """Draw the first pictures, uint8 (n, h, w, 3), each with its name; returns a Figure."""
    columns = 8
    rows = -(-min(count, len(pixels)) // columns)
    figure, axes = panels(columns, rows, 1.05, 1.15, squeeze=False)
    for ax, one, name in zip(axes.flat, pixels, names, strict=False):
        picture(ax, one, name)
    return figure


def the_papers_figure(followed, chosen):
    """Draw the projections of some maps at every moment, a row a map: the patch that excites it
    most and its projection, as in the paper; returns a Figure.

    chosen: [(layer, map)].
    """
    moments = len(followed.moments)
    figure, axes = panels(moments, 2 * len(chosen), 0.92, 0.92, squeeze=False)
    for row, (layer, channel) in enumerate(chosen):
        one = followed.layers[layer]
        for i in range(moments):
            upper, lower = axes[2 * row, i], axes[2 * row + 1, i]
            projection = one.projections[i][channel]
            title = f"step {followed.moments[i]}" if row == 0 else ""
            if projection is None:
                for ax in (upper, lower):
                    picture(ax, np.full((4, 4, 3), 240, np.uint8), title if ax is upper else "")
                continue
            top, left, bottom, right = projection.box
            pixels = followed.images[one.pictures[i, channel]].pixels
            picture(upper, pixels[top:bottom, left:right], title)
            signal(lower, projection.pixels)
            if i and one.jumps[i - 1, channel]:
                upper.spines[:].set(color=ORANGE, linewidth=2.5)
        axes[2 * row, 0].set_ylabel(f"{layer}\nmap {channel}", fontsize=8)
    return figure


def settling(followed):
    """Draw how like its end each layer is at each moment, by its maps' correlation and by CKA, and
    the share of the way that is gone; returns a Figure."""
    figure, axes = panels(3, width=2.9, height=2.3)
    steps, places = followed.moments, range(len(followed.moments))
    parts = (
        ("correlation of the maps with their end", lambda one: one.correlation),
        ("the same, as a share of the way", lambda one: way(one.correlation)),
        ("CKA of the layer with its end", lambda one: one.alikeness),
    )
    for ax, (title, values) in zip(axes, parts, strict=True):
        for (name, one), colour in zip(followed.layers.items(), COLOURS, strict=False):
            ax.plot(places, values(one), "o-", ms=3, lw=1.3, color=colour, label=name)
        ax.set_xticks(places, steps)
        ax.axhline(1, color=PALE, lw=0.6, ls=":")
        ax.set_title(title, fontsize=9)
        ax.set_xlabel("step", fontsize=8)
        ax.tick_params(labelsize=7)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].legend(fontsize=7, frameon=False)
    return figure


def way(values):
    """Return which share of its way from its first to its last value a curve has gone.

    >>> way(np.array([0.5, 0.75, 1.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    values = np.asarray(values, float)
    return (values - values[0]) / (values[-1] - values[0] or 1.0)


def a_jump(followed, layer, channel, moment):
    """Draw a jump of a map's strongest picture: the picture before and after, and how strong the
    map was in both at every moment; returns a Figure."""
    one = followed.layers[layer]
    pair = [int(one.pictures[i, channel]) for i in (moment - 1, moment)]
    figure, axes = panels(3, width=2.2, height=2.2, width_ratios=(1, 1, 2))
    for ax, i, number in zip(axes, (moment - 1, moment), pair, strict=False):
        picture(ax, followed.images[number].pixels, f"step {followed.moments[i]}: picture {number}")
        frame(ax, one.projections[i][channel].box)
    peaks = one.peaks[:, :, channel]
    shares = peaks[:, pair] / np.maximum(peaks.max(axis=1, keepdims=True), 1e-9)
    names, places = [f"picture {number}" for number in pair], range(len(peaks))
    ax = strength_curves(axes[2], places, shares, names, rings=False)
    ax.set_title("activation, as a share of the map's largest", fontsize=9)
    ax.set_xticks(places, followed.moments)
    ax.set_xlabel("step", fontsize=8)
    return figure


def table(followed):
    """Return lines of text: for each layer the mean correlation of its maps with their end, at each
    moment."""
    head = "step".ljust(8) + "".join(f"{step:>7}" for step in followed.moments)
    rows = [
        name.ljust(8) + "".join(f"{value:7.2f}" for value in one.correlation)
        for name, one in followed.layers.items()
    ]
    return "\n".join([head, *rows])
