"""The neuron explorer: choose a layer and a neuron, and see what it sees while the slider moves."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from ..deconvnet import RULES, project
from ..draw import strips
from ..draw.colours import ORANGE, map_colours, rgb
from ..draw.signals import signal_picture
from ..draw.strips import Panel
from .heats import body_layer
from .photographs import PhotographRow
from .shell import (
    Context,
    Explorer,
    LayerChoice,
    Pin,
    labelled,
    pin_button,
    quietly,
    row,
    set_within,
    tick,
)

NUMBER_ORDER, STRENGTH_ORDER = "by number", "strongest first"


@dataclass(frozen=True)
class NeuronState:
    """What the neuron explorer shows.

    Attributes:
        layer, channel: the feature map.
        row, column: the position in it; None for the position of its largest activation.
        rule: "deconvnet", "guided" or "gradient".
        scale: the signal that becomes black or white, held; None for each picture's own largest.
        forward: only the panels of the forward pass.
        pin: a `Pin` to compare with, or None.
    """

    layer: str
    channel: int
    row: int | None = None
    column: int | None = None
    rule: str = "deconvnet"
    scale: float | None = None
    forward: bool = False
    pin: Pin | None = None


def neuron_of(features, state):
    """Return the `Neuron` a state means."""
    if state.row is None:
        return features.strongest(state.layer, state.channel)
    return features.neuron(state.layer, state.channel, state.row, state.column)


def projection_of(context, state):
    """Return the neuron's `Projection`, or None where its layer cannot be reversed."""
    features = context.features
    if features.network.problem(features.network.units[state.layer]):
        return None
    neuron = neuron_of(features, state)
    return context.once(
        (neuron, state.rule), lambda: quietly(project, features, neuron, state.rule)
    )


def render(context, state):
    """Draw a state, and the pinned one under it at the same scale.

    Returns:
        (PIL image, text): the picture's size depends only on `forward` and on being pinned.
    """
    scale = shared_scale(context, state)
    rows, text = [draw_row(context, state, scale)], describe(context, state)
    if state.pin is not None:
        pinned = replace(state.pin.state, forward=state.forward, pin=state.pin)  # of the same size
        rows.append(draw_row(state.pin.context, pinned, scale, "pinned: "))
        text += f" Pinned: {briefly(state.pin.context, pinned)}."
        if scale:
            text += f" Both pictures have the same scale, ±{scale:.3g}."
    return strips.stacked(rows), text


def shared_scale(context, state):
    """Return the scale of the projections: the one that is held, or the largest signal on show."""
    if state.forward:
        return None
    if state.scale is not None:
        return state.scale
    shown = [projection_of(context, state)]
    if state.pin is not None:
        shown.append(projection_of(state.pin.context, state.pin.state))
    return max((one.scale for one in shown if one is not None), default=0.0)


def draw_row(context, state, scale, prefix=""):
    """Draw one row of panels: a PIL image."""
    features = context.features
    neuron = neuron_of(features, state)
    maps = features[state.layer][..., state.channel]
    box = features.receptive_field(neuron) or (0, 0, *features.network.input_size)
    pixels = features.image.pixels
    seen = pixels[box[0] : box[2], box[1] : box[3]]
    spot = (neuron.row, neuron.column, neuron.row + 1, neuron.column + 1)
    size = f"{box[2] - box[0]} × {box[3] - box[1]} pixels"
    panels = [
        Panel(
            context.once("photograph", lambda: Image.fromarray(pixels).copy()),
            f"{prefix}{features.image.name}",
            f"framed: {size}",
            ((box, ORANGE),),
            smooth=True,
        ),
        Panel(
            map_colours(maps),
            f"feature map {state.channel}",
            f"{state.layer}, max {maps.max():.3g}, {maps.shape[0]} × {maps.shape[1]}",
            ((spot, ORANGE),),
        ),
        Panel(seen, "what it sees", "framed, enlarged", smooth=True),
    ]
    if state.forward:
        panels.append(strongest_maps(context, state))
        return strips.strip(panels, *sides(state))[0]
    return strips.strip(panels + projection_panels(context, state, scale), *sides(state))[0]


def sides(state):
    """Return the (width, height) of a state's panels; two rows of them still fit on a screen."""
    side = 266 if state.forward else strips.PANEL
    return (side, side) if state.pin is None else (side - 52, side - 52)


def projection_panels(context, state, scale):
    """Return the two panels of the projection: its window enlarged, and in its place."""
    projection = projection_of(context, state)
    if projection is None:
        return [Panel(None, "projection", "this layer cannot be reversed"), Panel(None)]
    note = f"{state.rule}, ±{scale:.3g}"
    return [
        Panel(projection.picture(scale), "its projection", note),
        Panel(
            in_place(context.features.image.pixels, projection, scale),
            "in its place",
            "photograph faded",
            smooth=True,
        ),
    ]


def in_place(pixels, projection, scale):
    """Lay a projection over the faded, grey photograph: uint8 (h, w, 3).

    pixels: uint8 (h, w, 3), the photograph. scale: as in `signal_picture`.
    """
    grey = pixels.astype(np.float32).mean(axis=2, keepdims=True)
    faded = np.broadcast_to(150 + 0.3 * (grey - 128), pixels.shape)
    signal = signal_picture(projection.on_canvas(), scale).astype(np.float32) - 128
    shown = np.clip(faded + 1.2 * signal, 0, 255).astype(np.uint8)
    top, left, bottom, right = projection.box
    if (bottom - top) * (right - left) < 0.9 * pixels.shape[0] * pixels.shape[1]:
        edge = np.zeros(pixels.shape[:2], bool)
        edge[top:bottom, left:right] = True
        edge[top + 1 : bottom - 1, left + 1 : right - 1] = False
        shown[edge] = rgb(ORANGE)
    return shown


def strongest_maps(context, state):
    """Return a panel with the nine feature maps of the layer that have the largest activations."""
    features = context.features

    def montage():
        maps = features[state.layer]
        channels = features.strongest_channels(state.layer, 9)
        largest, cell = float(maps.max()), 88
        canvas = Image.new("RGB", (3 * cell + 2, 3 * cell + 2), "white")
        draw = ImageDraw.Draw(canvas)
        for i, channel in enumerate(channels):
            left, top = (i % 3) * (cell + 1), (i // 3) * (cell + 1)
            one = map_colours(maps[..., channel], largest, min(float(maps.min()), 0.0))
            canvas.paste(strips.enlarged(one, cell, cell), (left, top))
            draw.rectangle((left, top, left + 34, top + 14), fill="black")
            strips.words(draw, (left + 2, top), str(channel), 12, "white")
        return canvas

    note = "one scale; the number is the feature map's"
    picture = context.once(("strongest", state.layer), montage)
    return Panel(picture, f"strongest maps of {state.layer}", note)


def briefly(context, state):
    """Say in a few words which neuron a state shows."""
    features, neuron = context.features, neuron_of(context.features, state)
    rule = "" if state.forward else f", rule {state.rule}"
    return f"{features.image.name} in {features.network.name}, {neuron}{rule}"


def describe(context, state):
    """Say in words what a state shows, without milliseconds: the same on every machine."""
    features = context.features
    neuron = neuron_of(features, state)
    top, left, bottom, right = features.receptive_field(neuron) or (
        0,
        0,
        *features.network.input_size,
    )
    where = "the strongest position, " if state.row is None else ""
    text = (
        f"{features.image.name} in {features.network.name}: layer {state.layer}, "
        f"feature map {state.channel}, {where}row {neuron.row}, column {neuron.column}; "
        f"activation {neuron.activation:.3g}; "
        f"receptive field {bottom - top} × {right - left} pixels "
        f"(rows {top}–{bottom - 1}, columns {left}–{right - 1})"
    )
    problem = features.network.problem(features.network.units[state.layer])
    if state.forward:
        return text + "."
    if problem:
        return f"{text}. There is no projection: {problem}."
    quiet = (
        " The neuron is silent here, so its projection is empty." if neuron.activation == 0 else ""
    )
    notes = "".join(f" Note that {note}." for note in projection_of(context, state).notes)
    return f"{text}; rule {state.rule}.{quiet}{notes}"


def position_at(context, state, x, y):
    """Find what a click means: the state's changed fields, or None.

    x, y: pixels of the picture. On the feature map it is a position; on the photograph the
    position whose receptive field has its middle nearest; among the strongest maps that map.
    """
    features = context.features
    height, width, _ = features[state.layer].shape
    shapes = (features.network.input_size, (height, width))
    for index, shape in enumerate(shapes):
        left, top, right, bottom = strips.rectangle(index, shape, *sides(state))
        if left <= x < right and top <= y < bottom:
            down, across = (y - top) / (bottom - top), (x - left) / (right - left)
            if index == 1:
                return {"row": int(down * height), "column": int(across * width)}
            rows, columns = middles(context, state.layer)
            pixel = down * shape[0], across * shape[1]
            return {
                "row": int(np.argmin(np.abs(rows - pixel[0]))),
                "column": int(np.argmin(np.abs(columns - pixel[1]))),
            }
    left, top, right, bottom = strips.rectangle(3, (1, 1), *sides(state))
    if state.forward and left <= x < right and top <= y < bottom:
        rank = 3 * int(3 * (y - top) / (bottom - top)) + int(3 * (x - left) / (right - left))
        channels = features.strongest_channels(state.layer, 9)
        if rank < len(channels):
            return {"channel": int(channels[rank]), "row": None, "column": None}
    return None


def middles(context, layer):
    """Return the middles of the receptive fields of rows and columns, float (h,) and (w,)."""
    network = context.features.network
    number = network.units[layer]
    height, width, _ = network.shapes[number]

    def find():
        ends = [network.pixels_of(number, (i, i, i + 1, i + 1), endless=True) for i in (0, 1)]
        if None in ends:  # no known window: spread evenly
            size = network.input_size
            return tuple(
                (np.arange(n) + 0.5) * s / n for n, s in zip((height, width), size, strict=True)
            )
        first = [(ends[0][a] + ends[0][a + 2]) / 2 for a in (0, 1)]
        step = [(ends[1][a] + ends[1][a + 2]) / 2 - first[a] for a in (0, 1)]
        return first[0] + step[0] * np.arange(height), first[1] + step[1] * np.arange(width)

    return context.once(("middles", layer), find)


def moved(features, state, down, right):
    """Return the changed fields when the position moves, within the feature map."""
    neuron = neuron_of(features, state)
    height, width, _ = features[state.layer].shape
    return {
        "row": int(np.clip(neuron.row + down, 0, height - 1)),
        "column": int(np.clip(neuron.column + right, 0, width - 1)),
    }


def at_layer(features, state, layer, channel=None):
    """Return the state at another layer; a chosen position stays put on the photograph."""
    height, width, channels = features[layer].shape
    if channel is None or not 0 <= channel < channels:
        channel = int(features.strongest_channels(layer, 1)[0])
    place = {"row": None, "column": None}
    if state.row is not None:
        old = features.network.shapes[features.network.units[state.layer]]
        place = {
            "row": int((state.row + 0.5) * height / old[0]),
            "column": int((state.column + 0.5) * width / old[1]),
        }
    return replace(state, layer=layer, channel=channel, **place)


class NeuronExplorer(Explorer):
    """The widgets of `neuron_explorer`."""

    def __init__(self, features, layer=None, channel=None, panels="all"):
        if panels not in ("all", "forward"):
            raise ValueError(f'Expected panels to be "all" or "forward", but got {panels!r}.')
        if layer is None and features.network.logits is None:
            layer = features.last_convolution
        elif layer is None:
            layer = body_layer(features, features.target())
        if channel is None:
            channel = features.strongest(layer).channel
        state = NeuronState(layer, int(channel), forward=panels == "forward")
        neuron_of(features, state)  # says at once what is wrong with layer or channel
        self._visited = {}
        self._order = NUMBER_ORDER
        super().__init__(Context(features), state)

    render = staticmethod(render)

    @property
    def neuron(self):
        """The `Neuron` that is shown."""
        return neuron_of(self.context.features, self.state)

    def controls(self):
        import ipywidgets as widgets
        from ipyevents import Event

        features, state = self.context.features, self.state
        self.layer = LayerChoice(self, features.layers, state.layer)
        self.slider = labelled(
            "IntSlider",
            "Feature map",
            "Which feature map of the layer; arrow keys move it by one",
            "310px",
            min=0,
            max=features[state.layer].shape[2] - 1,
            value=state.channel,
            readout=False,
        )
        self.number = labelled(
            "BoundedIntText",
            "number",
            "The feature map's number; type one",
            "125px",
            min=0,
            max=features[state.layer].shape[2] - 1,
            value=state.channel,
        )
        self.order = labelled(
            "Dropdown",
            "Order",
            "The order of the slider: by number, or by largest activation",
            "185px",
            options=[NUMBER_ORDER, STRENGTH_ORDER],
        )
        self.strongest = tick(
            "Strongest position", "Go to each feature map's largest activation", "170px", True
        )
        self.row = labelled(
            "BoundedIntText", "Row", "The position's row; up and down keys move it", "120px"
        )
        self.column = labelled(
            "BoundedIntText", "Column", "The position's column; up and down keys move it", "140px"
        )
        self.keys = tick(
            "Arrow keys over the picture",
            "While the pointer is on the picture, the arrow keys move the position",
            "215px",
        )
        self.rule = labelled(
            "Dropdown", "Rule", "How rectifications are reversed", "180px", options=RULES
        )
        self.hold = tick(
            "Hold the scale", "Keep the present scale, so that pictures can be compared", "135px"
        )
        self.pin = pin_button()
        self.event = Event(source=self.picture, watched_events=["click"])
        self.event.on_dom_event(lambda event: self.act(lambda: self._pointed(event)))
        self.chooser = PhotographRow(self)
        self.layer.on(self._to_layer)
        self.on(self.slider, lambda value: {"channel": self._channel_at(value), **self._follow()})
        self.on(self.number, lambda value: {"channel": value, **self._follow()})
        self.on(self.order, self._to_order)
        self.on(self.strongest, self._to_strongest)
        self.on(
            self.row, lambda value: {**moved(self.context.features, self.state, 0, 0), "row": value}
        )
        self.on(
            self.column,
            lambda value: {**moved(self.context.features, self.state, 0, 0), "column": value},
        )
        self.on(self.keys, self._to_keys)
        self.on(self.rule, lambda value: {"rule": value})
        self.on(self.hold, self._to_hold)
        self.on(self.pin, self.to_pin)
        last = [self.pin] if state.forward else [self.rule, self.hold, self.pin]
        where = "the photograph or the feature map to move the position"
        if state.forward:
            where += ", or one of the strongest maps to choose it"
        hint = widgets.HTML(f'<span style="opacity:0.8">Click {where}.</span>')
        return [
            self.chooser.box,
            row(*self.layer.widgets, self.slider, self.number, self.order),
            row(self.strongest, self.row, self.column, self.keys),
            row(*last, hint),
        ]

    def sync(self):
        features, state = self.context.features, self.state
        self.layer.sync(features.layers, state.layer)
        height, width, channels = features[state.layer].shape
        neuron = self.neuron
        for box, most, value in (
            (self.number, channels - 1, state.channel),
            (self.slider, channels - 1, self._rank_of(state.channel)),
            (self.row, height - 1, neuron.row),
            (self.column, width - 1, neuron.column),
        ):
            set_within(box, value, most)
        self.strongest.value = state.row is None
        self.rule.value = state.rule
        self.hold.value = state.scale is not None
        self.sync_pin()
        self.chooser.sync()

    def fitting(self, context, state):
        features = context.features
        if state.layer in features.layers and state.channel < features[state.layer].shape[2]:
            height, width, _ = features[state.layer].shape
            if state.row is None or state.row < height and state.column < width:
                return state
        layer = state.layer if state.layer in features.layers else features.last_convolution
        channel = int(features.strongest_channels(layer, 1)[0])
        return replace(state, layer=layer, channel=channel, row=None, column=None)

    def _ranking(self):
        return self.context.features.strongest_channels(self.state.layer)

    def _channel_at(self, value):
        return int(value if self._order == NUMBER_ORDER else self._ranking()[value])

    def _rank_of(self, channel):
        if self._order == NUMBER_ORDER:
            return channel
        return int(np.flatnonzero(self._ranking() == channel)[0])

    def _follow(self):
        return {} if self.state.row is not None else {"row": None, "column": None}

    def _to_layer(self, layer):
        features, state = self.context.features, self.state
        self._visited[state.layer] = state.channel
        new = at_layer(features, state, layer, self._visited.get(layer))
        return {"layer": layer, "channel": new.channel, "row": new.row, "column": new.column}

    def _to_order(self, order):
        self._order = order
        return {}

    def _to_strongest(self, on):
        if on:
            return {"row": None, "column": None}
        return moved(self.context.features, self.state, 0, 0)

    def _to_hold(self, on):
        if not on:
            return {"scale": None}
        scale = shared_scale(self.context, self.state)
        if not scale:
            raise ValueError(
                "The projection is empty here, so there is no scale to hold: "
                "go to a position where the neuron is active."
            )
        return {"scale": scale}

    def _to_keys(self, on):
        self.event.watched_events = ["click", "keydown"] if on else ["click"]

    def _pointed(self, event):
        if event["type"] == "click":
            return position_at(
                self.context, self.state, event.get("dataX", -1), event.get("dataY", -1)
            )
        steps = {
            "ArrowUp": (-1, 0),
            "ArrowDown": (1, 0),
            "ArrowLeft": (0, -1),
            "ArrowRight": (0, 1),
        }
        step = steps.get(event.get("key"))
        return step and moved(self.context.features, self.state, *step)


def neuron_explorer(features, layer=None, channel=None, panels="all"):
    """Explore the neurons of a network: their feature map, what they see, and their projection.

    Args:
        features: `Features` of a forward pass.
        layer, channel: what is shown first; by default the last layer that does not hold
            one feature map for each class, and its strongest feature map.
        panels: "all", or "forward" for the forward pass alone.

    Returns:
        the explorer; its `neuron` is the `Neuron` on show.

    Raises:
        KeyError, IndexError: no such layer or feature map. ValueError: unknown panels.
    """
    return NeuronExplorer(features, layer, channel, panels)
