"""The arbiter's figures: docs/arbiter/*.jpg."""

import arbiter_numbers as numbers
import numpy as np

from zv_helpers.course import panels
from zv_helpers.draw.colours import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, SKY, VERMILION
from zv_helpers.trust.every_check import DEPTHS

SHOWN = {  # six ways, and how their lines look
    "relevance gradient": (BLUE, "-"),
    "relevance gradient, lower": (SKY, "-"),
    "occlusion": (GREEN, "-"),
    "deconvnet deconvnet": (VERMILION, "--"),
    "deconvnet guided": (ORANGE, "--"),
    "deconvnet gradient": (PURPLE, "--"),
}


def draw(found):
    """Draw and save both figures."""
    numbers.FOLDER.mkdir(parents=True, exist_ok=True)
    for name, figure in {"deletion": deletion(found), "random": random_weights(found)}.items():
        how = {"quality": 80, "subsampling": 0}
        figure.savefig(numbers.FOLDER / f"{name}.jpg", dpi=96, pil_kwargs=how)


def deletion(found):
    """The mean value while the hottest pixels are hidden, and its band, a panel a network."""
    figure, axes = panels(len(found), width=3.4, height=3.4)
    for ax, (network, ways) in zip(axes, found.items(), strict=True):
        moved = np.mean([numbers.curve(ways[way], "elsewhere") for way in SHOWN], axis=0)
        line(ax, np.multiply(100, numbers.SHARES), moved, "the same, elsewhere", INK, ":")
        for way, look in SHOWN.items():
            values = numbers.curve(ways[way], "hottest")
            line(ax, np.multiply(100, numbers.SHARES), values, way, *look)
        is_class = np.all(ways["occlusion"]["scale"] == 1)
        ylabel = "probability" if is_class else "activation, share of the untouched one"
        finish(ax, f"{network}, {len(moved)} photographs", "hottest pixels hidden, %", ylabel)
    legend(figure, axes[0])
    return figure


def random_weights(found):
    """The mean likeness to the heatmap with learnt weights, by depth, a panel a network."""
    figure, axes = panels(len(found), width=3.4, height=3.4)
    for ax, (network, ways) in zip(axes, found.items(), strict=True):
        for way, look in SHOWN.items():
            values = np.stack([ways[way][name] for name in numbers.RANDOM], axis=1)
            line(ax, np.multiply(100, DEPTHS), values, way, *look)
        count = int(np.isfinite(values[:, -1]).sum())
        title = f"{network}, {count} photographs"
        finish(ax, title, "random layers, from the top one down to all, %", "rank correlation")
        ax.axhline(0, color=GREY, lw=0.8, zorder=0)
    legend(figure, axes[0])
    return figure


def line(ax, x, values, label, colour, style):
    """Draw the mean over photographs of values (photographs, n), and its bootstrap interval."""
    means, lows, highs, _ = np.transpose([numbers.mean(column) for column in values.T])
    ax.plot(x, means, style, color=colour, label=label, lw=1.6)
    ax.fill_between(x, lows, highs, color=colour, alpha=0.15, lw=0)


def finish(ax, title, xlabel, ylabel):
    ax.set_title(title, fontsize=9)
    ax.set_xlabel(xlabel, fontsize=8)
    ax.set_ylabel(ylabel, fontsize=8)
    ax.tick_params(labelsize=8)


def legend(figure, ax):
    handles, labels = ax.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
