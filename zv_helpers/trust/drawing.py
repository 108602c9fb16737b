"""The picture of a verdict: what was hidden, what that cost, and the same picture for others."""

from dataclasses import replace

import numpy as np
from PIL import Image

from ..draw import strips
from ..draw.colours import BLUE, VERMILION, coloured
from ..draw.page import PAPER, Page
from ..draw.plots import Plot
from ..features import Features
from .examining_scores import ScoreVerdict
from .hiding import baseline_picture, hidden
from .orders import pixel_order
from .verdict import SHARE, Verdict, written

WIDTH = 600  # pixels; as wide as the page, where that is narrow
HEIGHT = 250  # of a plot


def draw_verdict(features: Features, verdict: Verdict, page: Page = PAPER) -> Image.Image:
    """Draw a verdict: the deletion curve with the band of what is hidden elsewhere, the photograph
    without the hottest tenth, and the heatmap beside those of other classes, all from 0 to 1. Where
    nothing could be tested the sentence stands in the curve's place. Returns a PIL image."""
    if verdict.counts is None:
        plot = strips.paragraph([verdict.sentence], 15, width_on(page), page, empty=True)
    else:
        plot = curves(features, verdict, page)
    return strips.stacked([plot, pictures(features, verdict, page)], page)


def width_on(page: Page) -> int:
    """Return the width of a verdict's picture. The page enlarges it where words are large."""
    return page.width if page.narrow else WIDTH


def describe_verdict(features: Features, verdict: Verdict) -> str:
    """Say the numbers in the picture of `draw_verdict` in words."""
    network, parts = features.network, []
    if verdict.counts is not None:
        what = f"{verdict.target.measure} of {verdict.target.name(network)}"
        parts.append(f"Curves of the {what}, as more and more of the photograph is hidden")
        for name, values in verdict.measured.items():
            written_as = "{:.0%}".format if name == "hidden" else written
            parts.append(f"{name}: {', '.join(map(written_as, values))}")
    if (others := verdict.others) is not None:
        for target, like in _other_pictures(others):
            parts.append(
                f"the heatmap of {target.name(network)}: rank correlation {written(like[1].rank)}"
            )
    return "; ".join(parts) + ("." if parts else "")


def describe_scores(features: Features, verdict: ScoreVerdict) -> str:
    """Say the numbers in the picture of `draw_scores` in words, of the ten largest scores."""
    found = verdict.agreement
    largest = np.argsort(-np.abs(found.scores), kind="stable")[:10]
    listed = "; ".join(
        f"map {found.channels[i]} {written(found.scores[i])} and {written(found.effects[i])}"
        for i in largest
    )
    name = found.target.name(features.network)
    return (
        f"{len(found.channels)} feature maps of {found.layer} as dots, rule {found.rule}: across "
        f"their relevance for {name}, upward what zeroing each costs. The largest: {listed}."
    )


def curves(features, verdict, page=PAPER):
    """Draw what the value becomes as more and more is hidden: a PIL image."""
    values = verdict.measured
    xs, hottest, coldest, least, most = values.values()
    every = np.concatenate([hottest, coldest, least, most, [0]])
    highest = 1 if verdict.target.measure == "probability" else every.max()
    names = "share of the photograph that is hidden", f"{verdict.target.measure} of "
    names = names[0], names[1] + verdict.target.name(features.network)
    key = (
        ("hottest first", VERMILION, "line"),
        ("coldest first", BLUE, "dashes"),
        ("as much elsewhere", page.shades.grey, "area"),
    )
    size, ends = (width_on(page), HEIGHT), (every.min(), highest)
    plot = Plot(size, (0, 1), ends, names, True, page, key)
    plot.area(xs, least, most, page.shades.grey)
    plot.mark(SHARE, "a tenth")
    plot.line(xs, coldest, BLUE, dash=8)
    plot.line(xs, hottest, VERMILION, 3)
    plot.dot(SHARE, np.interp(SHARE, xs, hottest), VERMILION)
    return plot.finished()


def pictures(features, verdict, page=PAPER):
    """Draw the photograph without the hottest tenth, the heatmap, and those of other classes: a PIL
    image."""
    image, network, others = features.image, features.network, verdict.others
    fine = strips.is_fine(image.pixels)
    own = "this heatmap", verdict.target.name(network)
    panels = [strips.Panel(coloured(_light(verdict.heat)), *own, smooth=fine)]
    if verdict.counts is not None:
        note = f"{verdict.target.measure} {written(verdict.value - verdict.cost)}"
        seen = without(image, verdict)
        panels.insert(0, strips.Panel(seen, "a tenth hidden", note, smooth=fine))
    if others is not None:
        for target, (heat, like) in _other_pictures(others):
            note = f"rank correlation {written(like.rank)}"
            panels.append(strips.Panel(coloured(heat), target.name(network), note, smooth=fine))
    side = page.side((WIDTH - 2 * strips.MARGIN + strips.GAP) // 4 - strips.GAP)
    return strips.strip(panels, side, side, replace(page, large=False))


def without(image, verdict):
    """Return the photograph without the hottest tenth, as it was shown to the network: uint8 (h, w,
    channels)."""
    curve = verdict.deletion.hottest
    order = pixel_order(verdict.heat, "hottest", curve.seed, image.place)
    return hidden(image.pixels, order, SHARE, baseline_picture(image, curve.baseline))


def _other_pictures(others):
    """Return (target, (heatmap, likeness)) for each of the other classes, one or two."""
    found = {others.second: (others.of_second, others.like_second)}
    found.setdefault(others.middle, (others.of_middle, others.like_middle))
    return found.items()


def _light(heat):
    """Scale a heatmap of any make to [0, 1]."""
    low, high = float(heat.min()), float(heat.max())
    if 0 <= low and high <= 1:
        return heat
    return (heat - low) / (high - low) if high > low else np.zeros_like(heat)


def draw_scores(features: Features, verdict: ScoreVerdict, page: Page = PAPER) -> Image.Image:
    """Draw relevance scores beside what zeroing each map costs, the map named that is farthest off.
    The line is where the two have the same share of their largest. Returns a PIL image."""
    found = verdict.agreement
    scores, effects = (np.asarray(one, float) for one in (found.scores, found.effects))
    name = found.target.name(features.network)
    names = (
        f"relevance of each feature map of {found.layer}, rule {found.rule}",
        f"how far the {verdict.measure} of {name} falls without it",
    )
    (x, y) = (float(np.abs(one).max()) or 1.0 for one in (scores, effects))
    at = verdict.outlier
    off = f"map {found.channels[at]}, farthest off", VERMILION, "dot"
    key = off, ("the same share of the largest", page.shades.pale, "line")
    size, ends = (width_on(page), HEIGHT + 80), (_ends(scores), _ends(effects))
    plot = Plot(size, *ends, names, page=page, key=key)
    share = max(plot.across[0] / x, plot.up[0] / y), min(plot.across[1] / x, plot.up[1] / y)
    plot.line([x * one for one in share], [y * one for one in share], page.shades.pale, 1)
    for one in zip(scores, effects, strict=True):
        plot.dot(*one, BLUE, 3.5)
    plot.dot(scores[at], effects[at], VERMILION, 5)
    return plot.finished()


def _ends(values):
    """Return the ends of an axis: zero and all values, with some room."""
    room = 0.06 * np.abs(values).max()
    return min(values.min(), 0) - room, max(values.max(), 0) + room
