"""The figures of the lab: moved photographs, and Zeiler & Fergus's invariance figure."""

import numpy as np

from ...draw.colours import COLOURS, PALE
from ...experiments.moves import moved
from ..panels import panels, picture
from . import toys

UNITS = {"translation": "pixels down", "scale": "times as large", "rotation": "degrees"}


def toy_curves(downs=(0, 1, 2, 3)):
    """Draw how far the toy's vectors move at its three layers, over their lengths; returns a
    Figure."""
    figure, axes = panels(len(toys.LAYERS), width=2.2, height=1.7, sharey=True)
    for ax, (name, layer) in zip(axes, toys.LAYERS.items(), strict=True):
        length = np.linalg.norm(layer(toys.TOY))
        ax.plot(downs, [toys.distance(toys.TOY, d, layer) / length for d in downs], "o-")
        labelled(ax, name, "rows down")
        ax.set_ylim(-0.1, 1.6)
    axes[0].set_ylabel("distance / length", fontsize=8)
    return figure


def labelled(ax, title, unit):
    """Give a panel with curves its title and its unit; returns `ax`."""
    ax.set_title(title, fontsize=9)
    ax.set_xlabel(unit, fontsize=8)
    ax.tick_params(labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def gallery(images, moves, fill="grey"):
    """Draw photographs, each moved in some ways, a row a way; returns a Figure."""
    figure, axes = panels(len(images), len(moves), 1.5, 1.5, squeeze=False)
    for number, (row, move) in enumerate(zip(axes, moves, strict=True)):
        for ax, image in zip(row, images, strict=True):
            picture(ax, moved(image.pixels, move, fill), "" if number else image.name)
        row[0].set_ylabel(str(move).replace(", ", ",\n"), fontsize=8)
    return figure


def the_papers_figure(movements, network):
    """Draw how far features move and what becomes of the class, a row a movement, a curve for each
    photograph, as in the paper; returns a Figure.

    movements: [Movement] of the same photographs and layers. The dashed line is how far other
    photographs lie.
    """
    first = movements[0]
    columns = len(first.layers) + 2
    figure, axes = panels(columns, len(movements), 2.2, 1.9, squeeze=False)
    for row, one in zip(axes, movements, strict=True):
        unit = UNITS[one.kind]
        shown = [*zip(one.layers, one.whole.relative, one.whole.others, strict=True)]
        last = f"{one.layers[-1]}, mean over positions"
        shown.append((last, one.pooled.relative[-1], one.pooled.others[-1]))
        for ax, (title, relative, other) in zip(row, shown, strict=False):
            distances(labelled(ax, title, unit), one.amounts, relative, other)
        curves(labelled(row[-1], one.targets[0].measure, unit), one.amounts, one.values)
        row[0].set_ylabel("distance / length", fontsize=8)
    top = 1.05 * max(ax.dataLim.y1 for ax in axes[:, :-1].flat)
    for ax in axes[:, :-1].flat:
        ax.set_ylim(0, top or 1)
    names = [
        f"{photograph}: {target.name(network)}"
        for photograph, target in zip(first.photographs, first.targets, strict=True)
    ]
    handles = axes[0, -1].lines
    figure.legend(handles, names, fontsize=8, loc="outside lower center", ncols=3, frameon=False)
    return figure


def distances(ax, amounts, relative, other=np.nan):
    """Draw the distances (photographs, steps) on `ax`, and the other photographs' as a dashed line;
    returns `ax`."""
    curves(ax, amounts, relative)
    if np.isfinite(other):
        ax.plot(amounts, np.full(len(amounts), other), color=PALE, lw=0.9, ls="--")
    return ax


def curves(ax, amounts, values, style="-", **how):
    """Draw a curve for each photograph, values (photographs, steps), on `ax`, from 0 up; returns
    `ax`."""
    for curve, colour in zip(values, COLOURS, strict=False):
        ax.plot(amounts, curve, style, color=colour, **{"lw": 1.3} | how)
    ax.set_ylim(0, 1.05 * max(ax.dataLim.y1, 1e-9))
    return ax


def step_by_step(one, network):
    """Draw a target's value over a movement in small steps, for the first photograph; returns a
    Figure."""
    figure, ax = panels(width=6.4, height=1.9)
    name = f"{one.photographs[0]}: {one.targets[0].name(network)}"
    curves(labelled(ax, name, UNITS[one.kind]), one.amounts, one.values, ".-")
    ax.set_ylabel(one.targets[0].measure, fontsize=8)
    return figure


def two_fills(grey, mirror):
    """Draw one movement with two fills, grey as lines and mirrored as dots: the first layer, the
    last layer's means, and the targets' values; returns a Figure."""
    figure, axes = panels(3, width=2.9, height=2.1)
    parts = (
        (grey.layers[0], grey.whole.relative[0], mirror.whole.relative[0]),
        (f"{grey.layers[-1]}, mean over positions", grey.pooled.relative[-1],
         mirror.pooled.relative[-1]),
        (grey.targets[0].measure, grey.values, mirror.values),
    )  # fmt: skip
    for ax, (title, lines, dots) in zip(axes, parts, strict=True):
        curves(labelled(ax, title, UNITS[grey.kind]), grey.amounts, lines)
        curves(ax, grey.amounts, dots, "o", ms=3)
    axes[0].set_ylabel("distance / length", fontsize=8)
    return figure


def means(one, amount):
    """Return lines of text: how far the features moved at one amount, the mean over the
    photographs, over their lengths, at each layer and between its means over positions."""
    at = int(np.argmin(np.abs(one.amounts - amount)))
    lines = [f"{one.kind} by {one.amounts[at]:g}"]
    for i, layer in enumerate(one.layers):
        whole, pooled = (part.relative[i, :, at].mean() for part in (one.whole, one.pooled))
        lines.append(f"  {layer:12} all positions {whole:.2f}   mean over positions {pooled:.2f}")
    return "\n".join(lines)
