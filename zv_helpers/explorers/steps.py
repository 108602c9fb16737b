"""The step explorer: from one neuron down to the pixels, one slider step for each operation."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from ..deconvnet import RULES, project
from ..draw import colours, strips
from ..draw.colours import ORANGE, map_colours, signed_colours
from ..draw.signals import signal_picture
from ..draw.strips import Panel
from ..features import LOGITS, Neuron
from .photographs import PhotographRow
from .shell import Context, Explorer, labelled, quietly, row, set_within

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
    "pad": "the layer had cut a border off: nothing comes back there",
    "sum": "the layer had copied each value: the signals of the copies add",
    "reshape": "the same values in the shape they had before",
    "pass": "this layer changes nothing, and neither does its reverse",
}


@dataclass(frozen=True)
class StepState:
    """What the step explorer shows: a neuron, a rule, and the step (0 is the neuron itself)."""

    neuron: Neuron
    rule: str = "deconvnet"
    step: int = 0


@dataclass(frozen=True, eq=False)
class Stage:
    """The signal after one step, made small: what is drawn of it, not all its values.

    Attributes:
        layer, title: what was reversed, and how.
        shape: (h, w, channels) of the signal; box, pixels_box: its window, as in `TraceStep`.
        channel: the feature map whose signal is strongest; strongest: float (h, w), its signal.
        total: float (h, w), the sum of the absolute values of all feature maps.
        nonzero, negative: the share of values that are not zero, and that are below zero.
        rgb: float (h, w, 3) at the pixels, otherwise None.
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
    rgb: np.ndarray | None = None


def stages(context, state):
    """Return the `Stage` of every step, from the neuron (0) to the pixels, computed once."""
    return context.once(
        (state.neuron, state.rule, "stages"), lambda: _stages(context.features, state)
    )


def _stages(features, state):
    neuron = state.neuron
    projection = quietly(project, features, neuron, state.rule, trace=True)
    seed = np.ones((1, 1), np.float32) * (1 if neuron.layer == LOGITS else neuron.activation)
    whole = features.receptive_field(neuron) or (0, 0, *features.network.input_size)
    place = (0, 0) if neuron.layer == LOGITS else (neuron.row, neuron.column)
    spot, count = (0, 0, *features.network.input_size), 1
    if neuron.layer != LOGITS:
        height, width, count = features[neuron.layer].shape
        size = features.network.input_size
        spot = tuple(
            round((place[axis % 2] + axis // 2) * size[axis % 2] / (height, width)[axis % 2])
            for axis in range(4)
        )
    box = (*place, place[0] + 1, place[1] + 1)
    spot = spot if neuron.layer != LOGITS else whole
    found = [
        Stage(
            neuron.layer,
            "start",
            (1, 1, count),
            box,
            spot,
            neuron.channel,
            seed,
            np.abs(seed),
            1 / count,
            0.0,
        )
    ]
    for number, step in enumerate(projection.trace, 1):
        last = number == len(projection.trace)
        strength = np.abs(step.values)
        channel = int(np.argmax(strength.max(axis=(0, 1))))
        found.append(
            Stage(
                step.layer,
                step.title,
                step.values.shape,
                step.box,
                step.pixels_box,
                channel,
                step.values[..., channel].copy(),
                strength.sum(axis=2),
                float((step.values != 0).mean()),
                float((step.values < 0).mean()),
                projection.pixels if last else None,
            )
        )
    return tuple(found)


def render(context, state):
    """Draw one step of the reverse pass.

    Returns:
        (PIL image, text): the picture has the same size at every step.
    """
    steps = stages(context, state)
    stage = steps[state.step]
    image = context.features.image
    h, w, channels = stage.shape
    window = f"{stage.box[2] - stage.box[0]} × {stage.box[3] - stage.box[1]}"
    top, left, bottom, right = stage.pixels_box
    panels = [
        Panel(
            image.pixels,
            image.name,
            "framed: where the signal is",
            ((stage.pixels_box, ORANGE),),
            True,
        ),
        Panel(
            image.pixels[top:bottom, left:right],
            "the window on it",
            f"{bottom - top} × {right - left} pixels",
            smooth=True,
        ),
    ]
    if stage.rgb is not None:
        scale = float(np.abs(stage.rgb).max(initial=0))
        panels.append(
            Panel(
                signal_picture(stage.rgb),
                "the projection",
                f"the signal at the pixels, ±{scale:.3g}",
            )
        )
        total = np.abs(stage.rgb).sum(axis=2)
    else:
        scale = float(np.abs(stage.strongest).max(initial=0))
        panels.append(
            Panel(
                signed_colours(stage.strongest),
                f"strongest: feature map {stage.channel}",
                f"orange above zero, blue below; ±{scale:.3g}",
            )
        )
        total = stage.total
    name = "all three colours" if stage.rgb is not None else f"all {channels} feature maps"
    panels.append(
        Panel(map_colours(total, smallest=0.0), name, f"sum of sizes, {window} positions")
    )
    picture = strips.strip(panels, 240, 240)[0]
    return strips.stacked([picture, progress(steps, state.step, picture.width)]), describe(
        context, state
    )


def progress(steps, step, width):
    """Draw the way down as one line of marks, the present step in orange: a PIL image."""
    canvas = Image.new("RGB", (width, 44), "white")
    draw = ImageDraw.Draw(canvas)
    pitch = (width - 2 * strips.MARGIN) / len(steps)
    for i, stage in enumerate(steps):
        left = strips.MARGIN + i * pitch
        unpooled = stage.title == "unpool"
        shade = ORANGE if i == step else colours.BLUE if unpooled else (205, 205, 205)
        top = 2 if i == step else 6 if unpooled else 10
        draw.rectangle((left, top, left + max(pitch - 2, 1), 20), fill=shade)
    strips.words(draw, (strips.MARGIN, 24), "the neuron", 12, colours.PALE)
    last = "the pixels"
    end = width - strips.MARGIN - strips.font(12).getlength(last)
    strips.words(draw, (end, 24), last, 12, colours.PALE)
    middle = "each mark is one operation; tall blue ones are unpoolings"
    strips.words(
        draw, ((width - strips.font(12).getlength(middle)) / 2, 24), middle, 12, colours.PALE
    )
    return canvas


def describe(context, state):
    """Say in words what happened at a step."""
    steps = stages(context, state)
    stage = steps[state.step]
    what = context.features.describe(state.neuron)
    if state.step == 0:
        value = 1.0 if state.neuron.layer == LOGITS else state.neuron.activation
        return (
            f"Step 0 of {len(steps) - 1}: the start is {what}; "
            f"everything is zero but this one value, {value:.3g}. Rule {state.rule}."
        )
    said = SAID.get(stage.title, "the layer is undone")
    said = said[state.rule] if isinstance(said, dict) else said
    end = " This is the projection: the pixels are not rectified." if stage.rgb is not None else ""
    h, w, channels = stage.shape
    return (
        f"Step {state.step} of {len(steps) - 1}: {stage.layer}, {stage.title}: {said}. "
        f"The signal is now {h} × {w} × {channels}; "
        f"{stage.nonzero:.0%} of its values are not zero, "
        f"{stage.negative:.0%} are negative.{end}"
    )


def same_unit(features, neuron):
    """Return the same class, or the strongest neuron of the same feature map, in other features; of
    a network that has none, its own strongest neuron."""
    if neuron.layer == LOGITS:
        classes = 0 if features.network.logits is None else len(features.logits)
        return features.target(neuron.channel if neuron.channel < classes else None)
    if neuron.layer in features.layers and neuron.channel < features[neuron.layer].shape[2]:
        return features.strongest(neuron.layer, neuron.channel)
    return features.strongest(features.neuron_layer)


class StepExplorer(Explorer):
    """The widgets of `step_explorer`."""

    def __init__(self, features, neuron=None, rule="deconvnet"):
        neuron = features.target() if neuron is None else neuron
        super().__init__(Context(features), StepState(neuron, rule))

    render = staticmethod(render)

    def controls(self):
        self.chooser = PhotographRow(self)
        last = len(stages(self.context, self.state)) - 1
        self.step = labelled(
            "IntSlider",
            "Step",
            "One operation of the reverse pass; arrow keys move it by one",
            "620px",
            min=0,
            max=last,
            value=0,
            readout=False,
        )
        self.number = labelled(
            "BoundedIntText", "Number", "The step's number; type one", "140px", min=0, max=last
        )
        self.rule = labelled(
            "Dropdown",
            "Rule",
            "How rectifications are reversed",
            "180px",
            options=RULES,
            value=self.state.rule,
        )
        self.on(self.step, lambda value: {"step": value})
        self.on(self.number, lambda value: {"step": value})
        self.on(self.rule, lambda value: {"rule": value})
        return [self.chooser.box, row(self.step, self.number, self.rule)]

    def sync(self):
        last = len(stages(self.context, self.state)) - 1
        for control in (self.step, self.number):
            set_within(control, self.state.step, last)
        self.rule.value = self.state.rule
        self.chooser.sync()

    def fitting(self, context, state):
        state = replace(state, neuron=same_unit(context.features, state.neuron))
        return replace(state, step=min(state.step, len(stages(context, state)) - 1))


def step_explorer(features, neuron=None, rule="deconvnet"):
    """Explore the reverse pass step by step, from a neuron to the pixels.

    Args:
        features: `Features` of a forward pass.
        neuron: a `Neuron` of it, by default `features.target()`.
        rule: "deconvnet", "guided" or "gradient".

    Returns:
        the explorer.

    Raises:
        ValueError: the neuron's layer cannot be reversed, or an unknown rule.
    """
    return StepExplorer(features, neuron, rule)
