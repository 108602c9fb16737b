"""The relevance explorer: which feature maps speak for a class, and what they look for."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ..deconvnet import RULES, project
from ..draw import colours, strips
from ..draw.colours import ORANGE, map_colours
from ..draw.strips import Panel
from ..features import LOGITS
from ..relevance import products
from .classes import NO_CLASSES, class_choice
from .heats import body_layer, fitted, layers_for
from .photographs import PhotographRow
from .shell import Context, Explorer, LayerChoice, Pin, labelled, pin_button, quietly, row

FOR, AGAINST = "most for it", "most against it"
COUNT = 6


@dataclass(frozen=True)
class RelevanceState:
    """What the relevance explorer shows.

    Attributes:
        class_index: None for the most probable class (without classes: the strongest neuron).
        layer: None for the default one; rule: the rule for S.
        against: show the feature maps with the lowest scores, not the highest.
        pin: a `Pin` to compare with, or None.
    """

    class_index: int | None = None
    layer: str | None = None
    rule: str = "gradient"
    against: bool = False
    pin: Pin | None = None


def layer_of(features, state):
    """Return the layer whose feature maps are scored."""
    return state.layer or body_layer(features, features.target(state.class_index))


def products_of(context, state):
    """Return A · S of a state, float32 (h, w, channels), computed once."""
    features = context.features
    target, layer = features.target(state.class_index), layer_of(features, state)
    return context.once(
        ("products", target, layer, state.rule),
        lambda: products(features, target, layer, state.rule),
    )


def ranking(context, state, count=COUNT):
    """Return the feature maps on show, int (count,), and all scores, float32 (channels,)."""
    scores = products_of(context, state).sum(axis=(0, 1))
    order = np.argsort(scores if state.against else -scores, kind="stable")
    return order[:count], scores


def render(context, state):
    """Draw a state, and the pinned one under it with the same scale for the scores.

    Returns:
        (PIL image, text).
    """
    shown = [(context, state)] + ([(state.pin.context, state.pin.state)] if state.pin else [])
    largest = max(float(np.abs(ranking(*one)[1]).max(initial=0)) for one in shown)
    side = 140 if state.pin is None else 104  # two rows still fit on a screen
    rows, text = [draw_row(context, state, largest, side=side)], describe(context, state)
    if state.pin is not None:
        rows.append(draw_row(state.pin.context, state.pin.state, largest, "pinned: ", side))
        text += f" Pinned: {describe(state.pin.context, state.pin.state)}"
    text += " The projections are of the framed positions, rule deconvnet, each at its own scale."
    return strips.stacked(rows), text


def draw_row(context, state, largest, prefix="", side=140):
    """Draw the photograph over all scores; beside them feature maps over projections."""
    features, layer = context.features, layer_of(context.features, state)
    chosen, scores = ranking(context, state)
    neurons = [_where_it_counts(context, state, int(channel)) for channel in chosen]
    key = ("projections", tuple(neurons))
    shown = context.once(key, lambda: quietly(project, features, neurons, "deconvnet"))
    maps, pictures = [], []
    for neuron, projection in zip(neurons, shown, strict=True):
        spot = (neuron.row, neuron.column, neuron.row + 1, neuron.column + 1)
        values = features[layer][..., neuron.channel]
        score = f"score {scores[neuron.channel]:+.3g}".replace("-", "−")
        maps.append(Panel(map_colours(values), f"map {neuron.channel}", score, ((spot, ORANGE),)))
        pictures.append(
            Panel(projection.picture(), "projection", f"at {neuron.row}, {neuron.column}")
        )
    right = strips.stacked(
        [strips.strip(maps, side, side)[0], strips.strip(pictures, side, side)[0]]
    )
    target = features.target(state.class_index)
    name = (
        features.network.class_name(target.channel) if target.layer == LOGITS else str(target.layer)
    )
    photograph, _ = strips.strip(
        [
            Panel(
                features.image.pixels,
                f"{prefix}{features.image.name}",
                f"explained: {name}",
                smooth=True,
            )
        ],
        side + 40,
        side,
    )
    bars = all_scores(
        scores, chosen, largest, layer, photograph.width, right.height - photograph.height
    )
    return strips.beside([strips.stacked([photograph, bars]), right])


def _where_it_counts(context, state, channel):
    """Return the neuron of a feature map that adds most to its score (or takes most from it)."""
    part = products_of(context, state)[..., channel]
    at = np.argmin(part) if state.against else np.argmax(part)
    place = np.unravel_index(at, part.shape)
    return context.features.neuron(
        layer_of(context.features, state), channel, *(int(i) for i in place)
    )


def all_scores(scores, chosen, largest, layer, width, height):
    """Draw the scores of all feature maps in order, the chosen ones in orange."""
    canvas = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(canvas)
    left, top = strips.MARGIN, strips.MARGIN
    strips.words(
        draw, (left, top), f"all {len(scores)} maps of {layer}", 14, colours.INK, width - left, True
    )
    strips.words(
        draw, (left, top + 20), f"scores in order, ±{largest:.3g}", 12, colours.PALE, width - left
    )
    top, bottom, right = top + strips.HEAD, height - strips.MARGIN, width - strips.MARGIN
    middle = (top + bottom) // 2
    order = np.argsort(-scores, kind="stable")
    marked = {int(i) for i in chosen}
    pitch = (right - left) / len(scores)
    for colour, wanted in ((colours.BLUE, False), (ORANGE, True)):
        for position, channel in enumerate(order):
            if (int(channel) in marked) is not wanted:
                continue
            length = scores[channel] / largest * (bottom - top) / 2 if largest > 0 else 0
            x, y = left + position * pitch, middle - length
            wide = max(pitch - 1, 2 if wanted else 1)
            draw.rectangle((x, min(y, middle), x + wide, max(y, middle)), fill=colour)
    draw.line((left, middle, right, middle), fill=(120, 120, 120))
    return canvas


def describe(context, state):
    """Say in words what a state shows."""
    features, layer = context.features, layer_of(context.features, state)
    chosen, scores = ranking(context, state)
    target = features.target(state.class_index)
    best = ", ".join(f"{channel} ({scores[channel]:+.3g})".replace("-", "−") for channel in chosen)
    text = (
        f"{features.image.name}: {features.describe(target)}; the feature maps of {layer} "
        f"{'most against' if state.against else 'most for'} it by relevance score, "
        f"rule {state.rule}: {best}. "
        f"{int((scores > 0).sum())} of {len(scores)} scores are positive."
    )
    if features.network.logits is None:
        text += f" {NO_CLASSES.capitalize()}."
    return text


class RelevanceExplorer(Explorer):
    """The widgets of `relevance_explorer`."""

    def __init__(self, features, class_index=None, layer=None, rule="gradient"):
        super().__init__(Context(features), RelevanceState(class_index, layer, rule))

    render = staticmethod(render)

    @property
    def scores(self):
        """The relevance scores that are shown, float32 (channels,)."""
        return ranking(self.context, self.state)[1]

    def controls(self):
        features, state = self.context.features, self.state
        self.chooser = PhotographRow(self)
        self.classes = class_choice(self)
        layers = layers_for(features, state.class_index)
        self.layer = LayerChoice(self, layers, layers[-1])
        self.rule = labelled(
            "Dropdown", "Rule", "The rule for the reverse signal S", "180px", options=RULES
        )
        self.show_which = labelled(
            "Dropdown", "Show", "Which end of the order is shown", "200px", options=[FOR, AGAINST]
        )
        self.pin = pin_button()
        self.layer.on(lambda value: {"layer": value})
        self.on(self.rule, lambda value: {"rule": value})
        self.on(self.show_which, lambda value: {"against": value == AGAINST})
        self.on(self.pin, self.to_pin)
        return [
            self.chooser.box,
            row(self.classes.widget, *self.layer.widgets, self.rule, self.show_which, self.pin),
        ]

    def sync(self):
        features, state = self.context.features, self.state
        self.classes.sync(state.class_index)
        layers = layers_for(features, state.class_index)
        self.layer.sync(layers, layer_of(features, state))
        self.rule.value = state.rule
        self.show_which.value = AGAINST if state.against else FOR
        self.sync_pin()
        self.chooser.sync()

    fitting = staticmethod(fitted)


def relevance_explorer(features, class_index=None, layer=None, rule="gradient"):
    """Explore relevance scores: class, layer and rule, and the feature maps that count most.

    Args:
        features: `Features` of a forward pass; the rest, as in `relevance_scores`, is shown first.

    Returns:
        the explorer; its `scores` are the relevance scores on show.
    """
    return RelevanceExplorer(features, class_index, layer, rule)
