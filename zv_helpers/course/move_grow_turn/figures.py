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
    for row, move in zip(axes, moves, strict=True):
        for ax, image in zip(row, images, strict=True):
            picture(ax, moved(image.pixels, move, fill), image.name if row is axes[0] else "")
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
        for ax, layer, curves, other in zip(
            row, one.layers, one.whole.relative, one.whole.others, strict=False
        ):
            distances(labelled(ax, layer, unit), one.amounts, curves, other)
        last = f"{one.layers[-1]}, mean over positions"
        curves, other = one.pooled.relative[-1], one.pooled.others[-1]
        distances(labelled(row[-2], last, unit), one.amounts, curves, other)
        labelled(row[-1], one.targets[0].measure, unit)
        _curves(row[-1], one.amounts, one.values)
        row[-1].set_ylim(0, 1.02 if one.targets[0].measure == "probability" else None)
        row[0].set_ylabel("distance / length", fontsize=8)
    names = [_named(*pair, network) for pair in zip(first.photographs, first.targets, strict=True)]
    handles = axes[0, -1].lines
    figure.legend(handles, names, fontsize=8, loc="outside lower center", ncols=3, frameon=False)
    return figure


def distances(ax, amounts, curves, other=np.nan):
    """Draw the distances (photographs, steps) on `ax`, and the other photographs' as a dashed line;
    returns `ax`."""
    _curves(ax, amounts, curves)
    if np.isfinite(other):
        ax.axhline(other, color=PALE, lw=0.9, ls="--")
    ax.set_ylim(0, 1.08 * max(float(curves.max()), np.nan_to_num(other)) or 1)
    return ax


def _curves(ax, amounts, curves):
    for curve, colour in zip(curves, COLOURS, strict=False):
        ax.plot(amounts, curve, color=colour, lw=1.3)


def _named(photograph, target, network):
    return f"{photograph}: {target.name(network)}"


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
        labelled(ax, title, UNITS[grey.kind])
        _curves(ax, grey.amounts, lines)
        for curve, colour in zip(dots, COLOURS, strict=False):
            ax.plot(grey.amounts, curve, "o", color=colour, ms=3)
        ax.set_ylim(0, None)
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
