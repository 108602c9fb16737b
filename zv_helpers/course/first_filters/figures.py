"""The figures of the lab: a wave in strides, first filters, and the second layer's projections."""

import numpy as np

from ...draw.colours import BLUE, GREY, PALE, VERMILION
from ...draw.signals import clear_scale
from ...experiments.first_filters import SHARE
from ...network.weights import first_filters
from ..panels import panels, picture, signal
from . import toys


def toy_waves(periods=(12, 3), stride=4):
    """Draw waves, and what is left of them in strides; returns a Figure."""
    figure, axes = panels(len(periods), width=3.4, height=1.7)
    fine = np.linspace(0, toys.PIXELS[-1], 400)
    for ax, period in zip(np.atleast_1d(axes), periods, strict=True):
        ax.plot(fine, np.cos(2 * np.pi * fine / period), color=GREY, lw=1)
        ax.plot(toys.PIXELS, toys.wave(period), ".", color=PALE, ms=4)
        places = toys.seen(toys.PIXELS, stride)
        ax.plot(places, toys.seen(toys.wave(period), stride), "o-", color=VERMILION, lw=1.5)
        ax.set_title(f"a wave of {period} pixels, looked at in strides of {stride}", fontsize=9)
        ax.set_xlabel("pixel", fontsize=8)
        ax.set_yticks([])
        ax.tick_params(labelsize=7)
        ax.spines[["top", "right", "left"]].set_visible(False)
    return figure


def filters(network, looked, columns=16):
    """Draw the first convolution's filters as pictures, the most active map's first, each at its
    own scale, and frame the dead ones in red; returns a Figure.

    looked: the `FirstLayers` of the network. Raises ValueError where they are no pictures.
    """
    pictures, order = first_filters(network), np.argsort(-looked.activity)
    rows = -(-len(order) // columns)
    figure, axes = panels(columns, rows, 0.55, 0.55, squeeze=False)
    for ax, number in zip(axes.flat, order, strict=False):
        signal(ax, pictures[number], "", float(np.abs(pictures[number]).max()) or None)
        if looked.dead[number]:
            ax.spines[:].set(color=VERMILION, linewidth=2.5)
    for ax in list(axes.flat)[len(order) :]:
        ax.set_axis_off()
    return figure


def activities(several):
    """Draw how active the first layer's maps are, over the most active one's, from the most active
    down, and the limit below which a map is dead; returns a Figure.

    several: {title: `FirstLayers`}.
    """
    figure, axes = panels(len(several), width=3.4, height=1.7, squeeze=False, sharey=True)
    for ax, (title, looked) in zip(axes[0], several.items(), strict=True):
        shares = np.sort(looked.activity)[::-1] / (looked.activity.max() or 1)
        ax.bar(range(len(shares)), shares, color=np.where(shares > SHARE, BLUE, VERMILION))
        ax.axhline(SHARE, color="0.3", lw=0.8, ls=":")
        ax.set_title(title, fontsize=9)
        ax.set_xlabel("maps of the first layer", fontsize=8)
        ax.tick_params(labelsize=7)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel("activity / largest", fontsize=8)
    return figure


def second_layer(looked, count=10):
    """Draw what the strongest neurons of the second layer see, and their projections under it, the
    strongest map's first; returns a Figure. looked: a `FirstLayers`."""
    peaks = looked.strongest.peaks.max(axis=0)
    order = [i for i in np.argsort(-peaks) if looked.projections[i] is not None][:count]
    figure, axes = panels(max(len(order), 1), 2, 0.95, 0.95, squeeze=False)
    for (upper, lower), number in zip(axes.T, order, strict=False):
        projection = looked.projections[number]
        top, left, bottom, right = projection.box
        pixels = looked.images[looked.strongest.pictures[number]].pixels
        picture(upper, pixels[top:bottom, left:right], f"map {number}")
        signal(lower, projection.pixels, "", clear_scale(projection.pixels))
    return figure


def counts(several):
    """Return lines of text: what was counted and measured in some networks.

    several: {title: `FirstLayers`}.
    """
    lines = []
    for title, one in several.items():
        lines.append(f"{title}: {one.layers[0]}, {one.layers[1]}")
        lines.append(f"  dead first maps          {one.dead.sum()} of {len(one.dead)}")
        lines.append(f"  finest wave it can hold  {1 / one.limit:g} pixels")
        lines.append(f"  finer, let through       {one.passed:.1%}")
        lines.append(f"  finer, in projections    {np.nanmean(one.fine):.1%}")
    return "\n".join(lines)
