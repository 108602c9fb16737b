"""The heatmap explorer: a class, a layer and a method, and where on the photograph they point."""

from dataclasses import dataclass, replace

import numpy as np

from ..draw import strips
from ..draw.colours import coloured
from ..draw.strips import Panel
from ..features import LOGITS
from ..heatmaps import METHODS, default_layer, finished, raw_map
from ..overlays import overlay
from .classes import NO_CLASSES, class_choice
from .photographs import PhotographRow
from .shell import Context, Explorer, LayerChoice, Pin, labelled, pin_button, quietly, row

WITHOUT_LAYER = ("deconvnet", "occlusion")


@dataclass(frozen=True)
class HeatState:
    """What the heatmap explorer shows.

    Attributes:
        class_index: None for the most probable class (without classes: the strongest neuron).
        layer: None for the default one; method: one of `heatmaps.METHODS`.
        smoothing: in pixels; threshold: what lies below becomes 0.
        pin: a `Pin` to compare with, or None.
    """

    class_index: int | None = None
    layer: str | None = None
    method: str = "relevance"
    smoothing: float = 0.0
    threshold: float = 0.0
    pin: Pin | None = None


def layer_of(features, state):
    """Return the layer whose maps are used, or None where the method needs none."""
    if state.method in WITHOUT_LAYER:
        return None
    return state.layer or default_layer(features, features.target(state.class_index))


def raw_of(context, state):
    """Return the unscaled map of a state, computed once for a class, layer and method."""
    features = context.features
    target = features.target(state.class_index)
    layer = layer_of(features, state)
    how = {}
    if state.method == "occlusion" and features.network.logits is None:
        how = {"size": 64, "stride": 40}  # a large network: fewer places, so that it takes seconds
    key = ("raw", target, layer, state.method)
    return context.once(key, lambda: quietly(raw_map, features, target, layer, state.method, **how))


def heat_of(context, state):
    """Return a state's heatmap, float32 (h, w) in [0, 1], as `heatmap` does."""
    size = context.features.network.input_size
    return finished(raw_of(context, state), size, state.smoothing, state.threshold)


def render(context, state):
    """Draw a state, and the pinned one under it: every heatmap runs from 0 to 1.

    Returns:
        (PIL image, text).
    """
    small = state.pin is not None
    rows, text = [draw_row(context, state, small=small)], describe(context, state)
    if state.pin is not None:
        rows.append(draw_row(state.pin.context, state.pin.state, "pinned: ", small))
        text += f" Pinned: {describe(state.pin.context, state.pin.state)}"
    return strips.stacked(rows), text


def draw_row(context, state, prefix="", small=False):
    """Draw one row: the photograph, the heatmap, the two laid over each other."""
    features, heat = context.features, heat_of(context, state)
    target = features.target(state.class_index)
    raw = raw_of(context, state)
    name = (
        features.network.class_name(target.channel)
        if target.layer == LOGITS
        else f"neuron of {target.layer}"
    )
    layer = layer_of(features, state)
    note = (
        f"{state.method}, {layer} ({raw.shape[0]} × {raw.shape[1]})"
        if layer
        else f"{state.method}, at the pixels"
    )
    side = 214 if small else 310  # two rows still fit on a screen
    first, _ = strips.strip(
        [
            Panel(
                features.image.pixels,
                f"{prefix}{features.image.name}",
                features.network.name,
                smooth=True,
            ),
            Panel(coloured(heat), name, note, smooth=True),
        ],
        side,
        side,
    )
    last, _ = strips.strip(
        [
            Panel(
                overlay(features.image, heat, 0.6),
                "laid over each other",
                "0.6 heatmap, 0.4 photograph",
                smooth=True,
            )
        ],
        side,
        side,
    )
    return strips.beside([first, strips.colourbar(side), last])


def describe(context, state):
    """Say in words what a state shows."""
    features, heat = context.features, heat_of(context, state)
    target = features.target(state.class_index)
    layer = layer_of(features, state)
    where = f" at layer {layer}" if layer else ""
    text = f"{features.image.name}: {features.describe(target)}; method {state.method}{where}"
    if state.smoothing:
        text += f", smoothed over {state.smoothing:g} pixels"
    if state.threshold:
        text += f", below {state.threshold:.2f} set to 0"
    if features.network.logits is None:
        text += f"; {NO_CLASSES}"
    peak = float(raw_of(context, state).max(initial=0))
    if not heat.any():
        return f"{text}. Nothing here speaks for it: the heatmap is zero everywhere."
    row_, column = np.unravel_index(np.argmax(heat), heat.shape)
    share = float((heat >= 0.5).mean())
    return (
        f"{text}. The strongest value (1.0 stands for {peak:.3g}) is at row {row_}, "
        f"column {column}; "
        f"{share:.0%} of the photograph reaches half of it."
    )


def body_layer(features, target):
    """Return the last layer below a target that is not one feature map for each class."""
    layer = default_layer(features, target)
    if target.layer != LOGITS or features[layer].shape[2] != len(features.logits):
        return layer
    names = features.layers[: features.layers.index(layer)]
    return names[-1] if names else layer


def layers_for(features, class_index):
    """Return the layers that can be used for a class (or the neuron that stands for it)."""
    target = features.target(class_index)
    if target.layer == LOGITS:
        return features.layers
    below = features.network.below(features.network.units[target.layer])
    outputs = {operation.output for operation in below}
    return tuple(
        n for n in features.layers if features.network.units[n] in outputs and n != target.layer
    )


def fitted(context, state):
    """Return a state with a class and a layer (of heatmaps or relevance scores) as it fits other
    features: what they do not have becomes the default."""
    features, index = context.features, state.class_index
    if features.network.logits is None or index is not None and index >= len(features.logits):
        index = None
    layer = state.layer if state.layer in layers_for(features, index) else None
    return replace(state, class_index=index, layer=layer)


class HeatmapExplorer(Explorer):
    """The widgets of `heatmap_explorer`."""

    def __init__(self, features, class_index=None, **how):
        super().__init__(Context(features), HeatState(class_index, **how))

    render = staticmethod(render)

    @property
    def heat(self):
        """The heatmap that is shown, float32 (h, w) in [0, 1]."""
        return heat_of(self.context, self.state)

    def controls(self):
        self.chooser = PhotographRow(self)
        self.classes = class_choice(self)
        layers = layers_for(self.context.features, self.state.class_index)
        self.layer = LayerChoice(self, layers, layers[-1])
        self.method = labelled(
            "Dropdown", "Method", "How the heatmap is computed", "200px", options=METHODS
        )
        self.smoothing = labelled(
            "FloatSlider",
            "Smoothing",
            "Standard deviation of the blur, in pixels",
            "330px",
            min=0,
            max=20,
            step=0.5,
            readout_format=".1f",
        )
        self.threshold = labelled(
            "FloatSlider",
            "Threshold",
            "What lies below becomes 0",
            "330px",
            min=0,
            max=1,
            step=0.01,
            readout_format=".2f",
        )
        self.pin = pin_button()
        self.layer.on(lambda value: {"layer": value})
        self.on(self.method, self._to_method)
        self.on(self.smoothing, lambda value: {"smoothing": value})
        self.on(self.threshold, lambda value: {"threshold": value})
        self.on(self.pin, self.to_pin)
        return [
            self.chooser.box,
            row(self.classes.widget, self.method, *self.layer.widgets),
            row(self.smoothing, self.threshold, self.pin),
        ]

    def sync(self):
        state = self.state
        self.classes.sync(state.class_index)
        layers = layers_for(self.context.features, state.class_index)
        target = self.context.features.target(state.class_index)
        layer = state.layer or default_layer(self.context.features, target)
        self.layer.sync(layers, layer, state.method in WITHOUT_LAYER)
        self.method.value = state.method
        self.smoothing.value, self.threshold.value = state.smoothing, state.threshold
        self.sync_pin()
        self.chooser.sync()

    fitting = staticmethod(fitted)

    def _to_method(self, method):
        if method == "occlusion":
            self.busy("Sliding the grey square over the photograph …")
        return {"method": method}


def heatmap_explorer(
    features, class_index=None, method="relevance", layer=None, smoothing=0.0, threshold=0.0
):
    """Explore heatmaps: class, layer, method, smoothing and threshold.

    Args:
        features: `Features` of a forward pass; the rest, as in `heatmap`, is shown first.

    Returns:
        the explorer; its `heat` is the heatmap on show.
    """
    return HeatmapExplorer(
        features, class_index, method=method, layer=layer, smoothing=smoothing, threshold=threshold
    )
