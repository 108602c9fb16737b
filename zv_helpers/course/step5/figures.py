"""The figures of step 5: the two margins of A · S, the way to [0, 1], methods and colours."""

import numpy as np
from PIL import Image

from ...draw.colours import BLUE, VERMILION, coloured, lightness
from ...heatmaps import finished, resized
from ..panels import colourbar, numbers, panels, picture
from ..parts import signed


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


def margins(product, layer):
    """Draw the margins of A · S (h, w, channels), scores and map; returns a Figure."""
    figure, (left, right) = panels(2, width=3.4, height=2.6)
    scores = np.sort(product.sum(axis=(0, 1)))[::-1]
    shades = np.where(scores > 0, VERMILION, BLUE)
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
    colourbar(axes[3])
    return figure


def heat(ax, values, title="", colormap="inferno"):
    """Draw a heatmap (h, w) on the fixed scale from 0 to 1 on `ax`; returns `ax`."""
    return picture(ax, values, title, cmap=colormap, vmin=0, vmax=1)


def row(image, heats, colormap="inferno"):
    """Draw a photograph and heatmaps {title: (h, w)} with one colourbar; returns a Figure."""
    figure, axes = panels(len(heats) + 1, width=2.1, height=2.2)
    picture(axes[0], image.pixels, "what the network sees")
    for ax, (title, values) in zip(axes[1:], heats.items(), strict=True):
        heat(ax, values, title, colormap)
    colourbar(axes[-1], "heat", list(axes), shrink=0.75, pad=0.01)
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
