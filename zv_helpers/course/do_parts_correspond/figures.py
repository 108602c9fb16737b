"""The figures of the lab: what is hidden, Δ for each part, and the paper's table."""

import numpy as np

from ...draw.colours import BLUE, GREY, VERMILION
from ...experiments.corresponding import alike
from ...heatmaps import occlude
from ..panels import frame, numbers, panels, picture
from .toys import signs

# Table 1 of the paper: {part: ((Δ, deviation) at layer 5, at layer 7)}.
PAPER = {
    "right eye": ((0.067, 0.007), (0.069, 0.015)),
    "left eye": ((0.069, 0.007), (0.068, 0.013)),
    "nose": ((0.079, 0.017), (0.069, 0.011)),
    "random": ((0.107, 0.017), (0.073, 0.014)),
}


def the_papers_table():
    """Write the paper's table 1, in the form of `Correspondence.table`."""
    lines = [" " * 12 + f"{'layer 5':>16}{'layer 7':>16}"]
    for part, cells in PAPER.items():
        lines.append(
            f"{part:12}" + "".join(f"{f'{mean:.3f} ± {spread:.3f}':>16}" for mean, spread in cells)
        )
    return "\n".join(lines)


def toy(changes):
    """Draw toy changes {name: (animals, components)} by their signs, with Δ; returns a Figure."""
    figure, axes = panels(len(changes), width=3.0, height=1.7)
    for ax, (name, one) in zip(np.atleast_1d(axes), changes.items(), strict=True):
        found = signs(one)
        numbers(ax, found, f"{name}: Δ = {alike(found[None]).delta:.2f}", scale=1.5)
        ax.set_yticks(range(len(found)), ("cat", "dog", "owl")[: len(found)], fontsize=8)
        ax.set_xlabel("neurons", fontsize=8)
    return figure


def hidden(features, places, size, draw=0):
    """Draw each photograph (a column) with each part (a row) hidden; returns a Figure.

    Args:
        features: of the photographs; size: of the square in pixels.
        places: {part: corners} as for `correspondence`; draw: which one of several.
    """
    figure, axes = panels(len(features), len(places), 1.25, 1.25, squeeze=False)
    for row, (part, corners) in zip(axes, places.items(), strict=True):
        chosen = np.reshape(corners, (-1, len(features), 2))
        chosen = chosen[min(draw, len(chosen) - 1)]
        for ax, one, (top, left) in zip(row, features, chosen.tolist(), strict=True):
            picture(ax, occlude(one.image, top, left, size), interpolation="antialiased")
            frame(ax, (top, left, top + size, left + size))
        row[0].set_ylabel(part, fontsize=8)
    for ax, one in zip(axes[0], features, strict=True):
        ax.set_title(one.image.name.replace("_", " "), fontsize=8)
    return figure


def deltas(found, layers, pooled=False, paper=True):
    """Draw Δ for each part, with its deviation, and each draw of random places as a small dot; a
    panel for each layer, and the paper's two first. Returns a Figure.

    Args:
        found: a `Correspondence`; layers: some of its layers.
        pooled: of each map's mean over its positions, and not of the whole vectors.
    """
    alikes = found.pooled if pooled else found.whole
    figure, axes = panels(2 * paper + len(layers), width=2.1, height=1.9, squeeze=False)
    for i, ax in enumerate(axes[0, : 2 * paper]):
        rows = {part: cells[i] for part, cells in PAPER.items()}
        spreads(ax, rows, {}, found.parts, f"paper, layer {(5, 7)[i]}")
    for ax, layer in zip(axes[0, 2 * paper :], layers, strict=True):
        ours = {part: alikes[layer, part] for part in found.parts}
        rows = {part: (one.delta, one.deviation) for part, one in ours.items()}
        draws = {part: one.apart.mean(axis=1) for part, one in ours.items() if len(one.apart) > 1}
        spreads(ax, rows, draws, found.parts, layer)
    for ax in axes[0, 1:]:
        ax.set_yticklabels([])
    return figure


def spreads(ax, rows, draws, parts, title):
    """Draw {part: (mean, deviation)} as dots with bars, and {part: means of single draws} as small
    dots, in the order of `parts`; returns `ax`."""
    for place, part in enumerate(parts):
        if part not in rows:
            continue
        mean, spread = rows[part]
        colour = VERMILION if part in draws or part == "random" else BLUE
        ax.errorbar(mean, place, xerr=spread, fmt="o", ms=5, color=colour, capsize=3, lw=1.2)
        if part in draws:
            ax.plot(draws[part], np.full(len(draws[part]), place + 0.3), ".", ms=3, color=GREY)
    ax.set_yticks(range(len(parts)), parts, fontsize=8)
    ax.set_ylim(len(parts) - 0.4, -0.6)
    ax.set_title(title, fontsize=9)
    ax.set_xlabel("Δ: lower is more alike", fontsize=8)
    ax.tick_params(axis="x", labelsize=7)
    ax.margins(x=0.15)
    return ax
