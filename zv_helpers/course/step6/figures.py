"""The figures of step 6: galleries of overlays, boxes, the occlusion experiment, and what hiding
costs."""

import numpy as np

from ...draw.colours import BLUE, GREY, ORANGE, PALE, SKY, VERMILION
from ...heatmaps import box_of, coldest_place, occlude
from ...overlays import overlay
from ...trust import other_class
from ...trust.verdict import SHARE
from ..panels import colourbar, frame, panels, picture
from ..parts import signed, without_empty


def gallery(pictures, columns=4, width=2.3):
    """Show pictures {title: uint8 RGB (h, w, 3)} in rows of `columns`; returns a Figure."""
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    figure, axes = panels(columns, rows, width=width, height=width + 0.15)
    axes = np.atleast_1d(axes).ravel()
    for ax, (title, pixels) in zip(axes, pictures.items(), strict=False):
        picture(ax, pixels, title)
    without_empty(axes)
    return figure


def boxes(image, heat, thresholds):
    """Draw the box of each threshold on the overlay, one panel each; returns a Figure."""
    figure, axes = panels(len(thresholds), width=2.5, height=2.6)
    for ax, threshold in zip(np.atleast_1d(axes), thresholds, strict=True):
        picture(ax, overlay(image, heat, 0.4, contour=threshold), f"threshold {threshold:g}")
        box = box_of(heat, threshold)
        if box is not None:
            frame(ax, box, colour=SKY)
    return figure


def worst_square(features, target, fall, grid, size, stride):
    """Draw the square's worst place, the value for each place, and the falls; returns a Figure."""
    top, left = coldest_place(grid, size, stride, features.network.input_size)
    figure, axes = panels(3, width=2.7, height=2.5)
    measure, whole = target.measure, target.of(features)
    pixels = occlude(features.image, top, left, size)
    picture(axes[0], pixels, f"where the {measure} falls most")
    frame(axes[0], (top, left, top + size, left + size), colour=ORANGE)
    scale = {"vmin": 0, "vmax": max(whole, float(grid.max()))}
    colourbar(picture(axes[1], grid, f"{measure} for each place", cmap="viridis", **scale))
    signed(axes[2], fall, "mean fall at each pixel")
    return figure


def trials(features, verdicts):
    """Draw what was measured of a heatmap, a row for each method: the heatmap on the photograph;
    the same for a class of middle rank, if the target is a class; and what is left of the value as
    pixels are hidden, all at one scale. Returns a Figure.

    features: that were examined; verdicts: {method: `trust.Verdict`, of its default heatmap}.
    """
    has_classes = all(one.heeds_the_class is not None for one in verdicts.values())
    widths = (1, 1, 1.5) if has_classes else (1, 1.5)
    figure, axes = panels(
        len(widths), len(verdicts), height=2.5, width_ratios=widths, squeeze=False
    )
    for row, (method, verdict) in zip(axes, verdicts.items(), strict=True):
        heats = {verdict.target.name(features.network): verdict.heat}
        if has_classes:
            other = other_class(features, verdict.target, method)
            name = other.middle.name(features.network)
            alike = f"rank correlation {other.like_middle.rank:.2f}".replace("-", "−")
            heats[f"{name}\n{alike}"] = other.of_middle
        for ax, (title, heat) in zip(row[:-1], heats.items(), strict=True):
            picture(ax, overlay(features.image, heat, 0.6), title)
        row[0].set_ylabel(method, fontsize=9)
        left_of(row[-1], verdict.deletion, verdict.target.measure)
        row[-1].sharey(axes[0, -1])
    lines = axes[0, -1].get_legend_handles_labels()
    figure.legend(*lines, loc="outside lower center", ncols=4 if has_classes else 2, fontsize=8)
    return figure


def left_of(ax, comparison, measure):
    """Draw what is left of a value as more and more pixels are hidden, beside the same elsewhere; a
    dotted line marks a tenth; returns `ax`.

    comparison: from `trust.compared`; measure: what the value is, "probability" or "activation".
    """
    shares = 100 * comparison.hottest.fractions
    places = f"as much elsewhere ({len(comparison.elsewhere)} places)"
    ax.fill_between(shares, *comparison.band, color=GREY, label=places)
    ax.plot(shares, comparison.random.values, color=PALE, ls=":", label="single pixels at random")
    ax.plot(shares, comparison.coldest.values, color=BLUE, ls="--", label="the coldest first")
    ax.plot(shares, comparison.hottest.values, color=VERMILION, label="the hottest first")
    ax.axvline(100 * SHARE, color="0.3", ls=":", lw=1)
    ax.set_title(f"{measure} left", fontsize=9)
    ax.set_xlabel("% of the photograph hidden", fontsize=8)
    ax.tick_params(labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
