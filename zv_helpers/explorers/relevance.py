"""The relevance explorer: which feature maps speak for a class, and what they look for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from .. import choose
from ..deconvnet import RULES, project
from ..draw import colours, strips
from ..draw.colours import ORANGE, map_colours
from ..draw.page import PAPER
from ..features import Features
from ..relevance import activation_times_gradient
from . import as_code, tables
from .classes import CLASS, NO_CLASSES
from .complaints import quietly
from .controls import LAYER, PIN, Control
from .heats import fitted
from .photographs import PHOTOGRAPH
from .shell import Context
from .testing import TEST_SCORES, TestedScores

FOR, AGAINST = "most for it", "most against it"
COUNT = 6
SIDE, PINNED = 132, 104  # pixels, of a panel
WIDER = 76  # the photograph's panel


@dataclass(frozen=True)
class RelevanceState:
    """What was chosen in the relevance explorer.

    Attributes:
        class_index: as in `relevance_scores`; None for the most probable class.
        layer: None for the default one; rule: the rule for S.
        against: show the feature maps with the lowest scores, not the highest.
        pin: a `RelevanceView` to compare with, or None.
    """

    class_index: Any = None
    layer: str | None = None
    rule: str = "gradient"
    against: bool = False
    pin: object = None


@dataclass(frozen=True, eq=False)
class RelevanceView:
    """A `RelevanceState` worked out.

    Attributes:
        target: what is explained; layers: all layers that can be used for it; layer: the chosen
            one.
        scores: the relevance scores, float32 (channels,); largest: the largest absolute score on
            show, with those that are pinned.
        neurons: of each feature map on show the neuron that counts most; projections: theirs.
    """

    context: Context
    state: RelevanceState
    target: object
    layers: tuple
    layer: str
    scores: np.ndarray
    largest: float
    neurons: tuple
    projections: list

    @property
    def chosen(self):
        """The feature maps on show, a list of int."""
        return [neuron.channel for neuron in self.neurons]


def resolve(context, state):
    """Work out a state: a `RelevanceView`. A · S and the projections are kept."""
    features = context.features
    target = features.target(state.class_index)
    layer = state.layer or choose.shared_layer(features, target)
    product = context.once(activation_times_gradient, target, layer, state.rule)
    scores = product.sum(axis=(0, 1))
    order = np.argsort(scores if state.against else -scores, kind="stable")[:COUNT]
    neurons = tuple(
        choose.counting_neuron(features, layer, channel, product, state.against)
        for channel in order
    )
    shown = [scores] if state.pin is None else [scores, state.pin.scores]
    largest = max(float(np.abs(one).max(initial=0)) for one in shown)
    layers = choose.layers_below(features, target)
    pictures = context.once(projected, neurons)
    return RelevanceView(context, state, target, layers, layer, scores, largest, neurons, pictures)


def projected(features, neurons):
    """Return the projections of neurons."""
    return quietly(project, features, list(neurons), "deconvnet")


def render(view, page=PAPER):
    """Draw a view, and the pinned one under it with the same scale for the scores. A PIL image."""
    pin = view.state.pin
    if pin is None:
        return draw_row(view, view.largest, SIDE, page=page)
    rows = [
        draw_row(one, view.largest, PINNED, prefix, page)
        for one, prefix in ((view, ""), (pin, "pinned: "))
    ]
    return strips.stacked(rows, page)  # two rows still fit on a screen


def draw_row(view, largest, side, prefix="", page=PAPER):
    """Draw the photograph over all scores; beside them, or on a narrow page below, feature maps
    over projections."""
    features, scores = view.context.features, view.scores
    maps, pictures = [], []
    for neuron, projection in zip(view.neurons, view.projections, strict=True):
        spot = (neuron.row, neuron.column, neuron.row + 1, neuron.column + 1)
        values = map_colours(features[view.layer][..., neuron.channel])
        score = f"score {signed(scores[neuron.channel])}"
        maps.append(strips.Panel(values, f"map {neuron.channel}", score, ((spot, ORANGE),)))
        place = f"at {neuron.row}, {neuron.column}"
        pictures.append(strips.Panel(projection.picture(), "projection", place))
    note = f"explained: {view.target.name(features.network)}"
    title = f"{prefix}{features.image.name}"
    pixels = features.image.pixels
    panel = strips.Panel(pixels, title, note, smooth=strips.is_fine(pixels))
    if page.narrow:
        half = page.side(strips.PANEL)
        photograph = strips.strip([panel], half, half, page)
        size = page.width - photograph.width, photograph.height
        above = strips.beside([photograph, all_scores(view, largest, *size, page)], page)
        return strips.stacked([above, threes(maps, pictures, page)], page)
    rows = [strips.strip(panels, side, side, page) for panels in (maps, pictures)]
    right = strips.stacked(rows, page)
    photograph = strips.strip([panel], side + WIDER, side, page)
    size = photograph.width, right.height - photograph.height
    left = strips.stacked([photograph, all_scores(view, largest, *size, page)], page)
    return strips.beside([left, right], page)


def threes(maps, pictures, page):
    """Draw panels over their pictures, three beside each other: a PIL image."""
    side = page.width // 3 - 2 * strips.MARGIN
    pairs = [
        strips.stacked([strips.strip([one], side, side, page) for one in pair], page)
        for pair in zip(maps, pictures, strict=True)
    ]
    rows = [strips.beside(pairs[i : i + 3], page) for i in range(0, len(pairs), 3)]
    return strips.stacked(rows, page)


def signed(score):
    """Write a score with its sign."""
    return f"{score:+.3g}".replace("-", "−")


def all_scores(view, largest, width, height, page=PAPER):
    """Draw the scores of all feature maps in order, the chosen ones in orange: a PIL image."""
    canvas, shades = Image.new("RGB", (width, height), page.shades.ground), page.shades
    draw, scores = ImageDraw.Draw(canvas), view.scores
    left, top = strips.MARGIN, strips.MARGIN
    title, note = f"{len(scores)} maps of {view.layer}", f"scores, ±{largest:.3g}"
    if not (page.narrow or page.large):
        title, note = f"all {title}", f"scores in order, ±{largest:.3g}"
    room, under = width - left, top + page.text(20)
    strips.words(draw, (left, top), title, page.title, shades.ink, room, True)
    strips.words(draw, (left, under), note, page.text(12), shades.pale, room)
    top, bottom, right = top + page.head, height - strips.MARGIN, width - strips.MARGIN
    middle = (top + bottom) // 2
    order, chosen = np.argsort(-scores, kind="stable"), view.chosen
    pitch = (right - left) / len(scores)
    for colour, wanted in ((colours.BLUE, False), (ORANGE, True)):
        for position, channel in enumerate(order):
            if (int(channel) in chosen) is not wanted:
                continue
            length = scores[channel] / largest * (bottom - top) / 2 if largest > 0 else 0
            x, y = left + position * pitch, middle - length
            wide = max(pitch - 1, 2 if wanted else 1)
            draw.rectangle((x, min(y, middle), x + wide, max(y, middle)), fill=colour)
    draw.line((left, middle, right, middle), fill=shades.pale)
    return canvas


def caption(view):
    """Say in words what a view shows, and what is pinned."""
    pin = view.state.pin
    text = caption_of_one(view) + (f" Pinned: {caption_of_one(pin)}" if pin else "")
    note = "The projections are of the framed positions, rule deconvnet, each at its own scale."
    return f"{text} {note}"


def caption_of_one(view):
    """Say in words what one row shows."""
    features, state, scores = view.context.features, view.state, view.scores
    best = ", ".join(f"{channel} ({signed(scores[channel])})" for channel in view.chosen)
    text = (
        f"{features.image.name}: {features.describe(view.target)}; "
        f"the feature maps of {view.layer} "
        f"{'most against' if state.against else 'most for'} it by relevance score, "
        f"rule {state.rule}: {best}. "
        f"{int((scores > 0).sum())} of {len(scores)} scores are positive."
    )
    return text if features.network.class_count else f"{text} {NO_CLASSES.capitalize()}."


# fmt: off
RULE = Control("rule", "Dropdown", "Rule", "The rule for the reverse signal S", 180,
               how={"options": RULES})
SHOW = Control("against", "Dropdown", "Show", "Which end of the order is shown", 200,
               lambda view: {"value": AGAINST if view.state.against else FOR},
               lambda explorer, value: {"against": value == AGAINST},
               {"options": (FOR, AGAINST)})
# fmt: on


class RelevanceExplorer(TestedScores):
    """The widgets of `relevance_explorer`."""

    movers = (LAYER,)
    switches = (CLASS, SHOW, PIN, TEST_SCORES)
    folded = (PHOTOGRAPH, (RULE,))
    in_fold = "Photograph, network and rule"
    resolve, render, caption = staticmethod(resolve), staticmethod(render), staticmethod(caption)
    kind, code = "relevance", staticmethod(as_code.relevance)
    numbers = staticmethod(tables.relevance)
    fitting = staticmethod(fitted)

    @property
    def scores(self):
        """The relevance scores that are shown, float32 (channels,)."""
        return self.view.scores


def relevance_explorer(
    features: Features,
    class_index: Any = None,
    layer: str | None = None,
    rule: str = "gradient",
    large: bool = False,
) -> RelevanceExplorer:
    """Explore relevance scores: class, layer and rule, and the feature maps that count most.

    Args:
        features: `Features` of a forward pass; the rest, as in `relevance_scores`, is shown first.
        large: words that can be read from the last row of a lecture hall.

    Returns the explorer; its `scores` are the relevance scores on show.
    """
    return RelevanceExplorer(features, RelevanceState(class_index, layer, rule)).sized(large)
