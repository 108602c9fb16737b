"""The step explorer: from one neuron down to the pixels, one slider step for each operation."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from .. import choose
from ..deconvnet import RULES, TraceStep, project
from ..draw import colours, strips
from ..draw.colours import ORANGE, map_colours, signed_colours
from ..draw.page import PAPER
from ..draw.signals import signal_picture
from ..features import Features
from . import as_code, tables
from .complaints import quietly
from .controls import Control
from .photographs import PHOTOGRAPH, FeatureExplorer
from .shell import Context

SAID = {
    "unpool": "each value goes back to its switch, where the maximum was; all else is zero",
    "rectify": {
        "deconvnet": "negative values of the signal become zero",
        "guided": "negative values become zero, and all values where the forward ReLU gave zero",
        "gradient": "values become zero where the forward ReLU gave zero, whatever their sign",
    },
    "filter": "each value is spread over a window by the layer's own filters, flipped",
    "cut": "the layer had joined branches: this branch gets its slice of the signal",
    "copy": "the layer had added branches: each of them gets the whole signal",
    "share": "the layer had averaged branches: each of them gets its share of the signal",
    "spread": "the layer had averaged: each value is spread evenly over what was averaged",
    "scale": "the layer had multiplied each feature map: so is its signal",
    "crop": "the layer had added a border of zeros: it is cut off",
    "move": "the layer had put values elsewhere: each goes back to its place",
    "resize": "the layer had resized its maps: each value goes back to those it was mixed from",
    "pad": "the layer had cut a border off: nothing comes back there",
    "sum": "the layer had copied each value: the signals of the copies add",
    "reshape": "the same values in the shape they had before",
    "pass": "this layer changes nothing, and neither does its reverse",
}

SIDE = 240  # pixels, of a panel


@dataclass(frozen=True)
class StepState:
    """What was chosen in the step explorer: a neuron (or a class score), a rule, and the step (0 is
    the neuron itself)."""

    neuron: object
    rule: str = "deconvnet"
    step: int = 0


@dataclass(frozen=True, eq=False)
class Moment:
    """The signal after one step, made small: what is drawn of it, not all its values.

    Attributes:
        layer, title: what was reversed, and how.
        shape: (h, w, channels) of the signal; box, pixels_box: its window, as in `TraceStep`.
        channel: the feature map whose signal is strongest; strongest: float (h, w), its signal.
        total: float (h, w), the sum of the absolute values of all feature maps.
        nonzero, negative: the share of values that are not zero, and that are below zero.
        pixels: float (h, w, channels) at the pixels, otherwise None.
    """

    layer: str
    title: str
    shape: tuple
    box: tuple
    pixels_box: tuple
    channel: int
    strongest: np.ndarray
    total: np.ndarray
    nonzero: float
    negative: float
    pixels: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class StepView:
    """A `StepState` worked out: the `Moment` of every step, from the neuron (0) to the pixels."""

    context: Context
    state: StepState
    moments: tuple

    @property
    def moment(self):
        """The one that is shown."""
        return self.moments[self.state.step]

    @property
    def last(self):
        """The number of the last step."""
        return len(self.moments) - 1


def resolve(context, state):
    """Work out a state: a `StepView`. The reverse pass is kept for a neuron and a rule."""
    return StepView(context, state, context.once(moments, state.neuron, state.rule))


def moments(features, neuron, rule):
    """Return the `Moment` of every step of the reverse pass."""
    projection = quietly(project, features, neuron, rule, trace=True)
    found = [start(features, neuron)]
    for step in projection.trace:
        channel = int(np.abs(step.values).max(axis=(0, 1)).argmax())
        found.append(made_small(step, step.values, channel))
    return (*found[:-1], replace(found[-1], pixels=projection.pixels))


def made_small(step, values, channel):
    """Return the `Moment` of a `TraceStep`, whose signal is float (h, w, channels)."""
    return Moment(
        **{name: getattr(step, name) for name in ("layer", "title", "box", "pixels_box")},
        shape=values.shape,
        channel=channel,
        strongest=values[..., channel].copy(),
        total=np.abs(values).sum(axis=2),
        nonzero=float((values != 0).mean()),
        negative=float((values < 0).mean()),
    )


def start(features, target):
    """Return the `Moment` before the first step: everything is zero but for the target."""
    values, ones = (target.seed(features, own) for own in (True, False))
    box, size, layer = target.box(features), features.network.input_size, target.layer
    if layer is None:
        values, ones = values[None, None], ones[None, None]
        spot = target.receptive_field(features) or (0, 0, *size)
    else:
        shape = features[layer].shape
        spot = tuple(round(edge * size[i % 2] / shape[i % 2]) for i, edge in enumerate(box))
    step = TraceStep(layer or "the class scores", "start", values, box, spot)
    return made_small(step, values, int(ones.max(axis=(0, 1)).argmax()))


def render(view, page=PAPER):
    """Draw one step of the reverse pass: a PIL image of the same size at every step."""
    moment, image = view.moment, view.context.features.image
    top, left, bottom, right = box = moment.pixels_box
    window = f"{moment.box[2] - moment.box[0]} × {moment.box[3] - moment.box[1]}"
    seen, size = image.pixels[top:bottom, left:right], f"{bottom - top} × {right - left} pixels"
    if moment.pixels is None:
        values, total, name = (
            moment.strongest,
            moment.total,
            f"all {moment.shape[2]} {page.feature_map}s",
        )
        picture, title = signed_colours(values), f"strongest: {page.feature_map} {moment.channel}"
        title = f"strongest: {moment.channel}" if page.narrow else title
        note = "orange above zero, blue below"
    else:
        values, total = moment.pixels, np.abs(moment.pixels).sum(axis=2)
        name = "all three colours" if values.shape[2] == 3 else "without its sign"
        picture, title = signal_picture(values), "the projection"
        note = "the signal at the pixels"
    scale, fine = float(np.abs(values).max(initial=0)), strips.is_fine(image.pixels)
    framed = "framed: where the signal is"
    panels = [
        strips.Panel(image.pixels, image.name, framed, ((box, ORANGE),), fine),
        strips.Panel(seen, "the window on it", size, smooth=fine),
        strips.Panel(picture, title, f"{note}{';' if moment.pixels is None else ','} ±{scale:.3g}"),
        strips.Panel(map_colours(total, smallest=0.0), name, f"sum of sizes, {window} positions"),
    ]
    drawn = strips.strip(panels, page.side(SIDE), page.side(SIDE), page)
    way = progress(view.moments, view.state.step, drawn.width, page)
    return strips.stacked([drawn, way], page)


def progress(moments, step, width, page=PAPER):
    """Draw the way down as one line of marks, the present step in orange: a PIL image."""
    size, shades = page.text(12), page.shades
    height = 24 + page.text(20) * (2 if page.narrow else 1)
    canvas = Image.new("RGB", (width, height), shades.ground)
    draw = ImageDraw.Draw(canvas)
    pitch = (width - 2 * strips.MARGIN) / len(moments)
    for i, moment in enumerate(moments):
        left = strips.MARGIN + i * pitch
        unpooled = moment.title == "unpool"
        shade = ORANGE if i == step else colours.BLUE if unpooled else shades.grey
        top = 2 if i == step else 6 if unpooled else 10
        draw.rectangle((left, top, left + max(pitch - 2, 1), 20), fill=shade)
    marks = "" if page.narrow else "each mark is one operation; "
    said = ("the neuron", f"{marks}tall blue ones are unpoolings", "the pixels")
    for text, share in zip(said, (0, 0.5, 1), strict=True):
        room = max(width - 2 * strips.MARGIN - strips.font(size).getlength(text), 0)
        y = 24 + (page.text(18) if page.narrow and share == 0.5 else 0)
        at = strips.MARGIN + share * room, y
        strips.words(draw, at, text, size, shades.pale, width - 2 * strips.MARGIN)
    return canvas


def caption(view):
    """Say in words what happened at a step."""
    moment, state = view.moment, view.state
    step = f"Step {state.step} of {view.last}"
    if state.step == 0:
        what = view.context.features.describe(state.neuron)
        count, value = moment.strongest.size, moment.strongest.max()
        but = f"this one value, {value:.3g}" if count == 1 else f"these {count} values"
        return f"{step}: the start is {what}; everything is zero but {but}. Rule {state.rule}."
    said = SAID.get(moment.title, "the layer is undone")
    said = said[state.rule] if isinstance(said, dict) else said
    end = (
        " This is the projection: the pixels are not rectified."
        if moment.pixels is not None
        else ""
    )
    h, w, channels = moment.shape
    return (
        f"{step}: {moment.layer}, {moment.title}: {said}. "
        f"The signal is now {h} × {w} × {channels}; "
        f"{moment.nonzero:.0%} of its values are not zero, "
        f"{moment.negative:.0%} are negative.{end}"
    )


def number(view):
    """Show the step among all."""
    return {"max": view.last, "value": view.state.step}


# fmt: off
STEP = (
    Control("step", "IntSlider", "Step",
            "One operation of the reverse pass; arrow keys move it by one", 300, number),
    Control("step", "BoundedIntText", "Number", "The step's number; type one", 90, number),
)
RULE = (
    Control("rule", "Dropdown", "Rule", "How rectifications are reversed", 180,
            how={"options": RULES}),
)
# fmt: on


class StepExplorer(FeatureExplorer):
    """The widgets of `step_explorer`."""

    movers, switches, folded = (STEP,), RULE, (PHOTOGRAPH,)
    resolve, render, caption = staticmethod(resolve), staticmethod(render), staticmethod(caption)
    kind, code, numbers = "steps", staticmethod(as_code.steps), staticmethod(tables.steps)

    @staticmethod
    def fitting(context, state):
        """Return the state with the same neuron of other features, at a step that there is."""
        state = replace(state, neuron=choose.same_target(context.features, state.neuron))
        return replace(state, step=min(state.step, resolve(context, state).last))


def step_explorer(
    features: Features, neuron: Any = None, rule: str = "deconvnet", large: bool = False
) -> StepExplorer:
    """Explore the reverse pass step by step, from a neuron to the pixels.

    Args:
        features: `Features` of a forward pass.
        neuron: a `Neuron` of it or another `Target`, a class index or a class name; by default
            `features.target()`.
        rule: "deconvnet", "guided" or "gradient".
        large: words that can be read from the last row of a lecture hall.

    Returns the explorer. Raises a ValueError if the neuron's layer cannot be reversed, or for an
    unknown rule.
    """
    return StepExplorer(features, StepState(features.target(neuron), rule)).sized(large)
