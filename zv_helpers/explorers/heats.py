"""The heatmap explorer: a class, a layer and a method, and where on the photograph they point."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import choose
from ..draw import strips
from ..draw.colours import coloured
from ..draw.page import PAPER
from ..features import Features
from ..heatmaps import METHODS, finished, raw_map
from ..overlays import overlay
from . import as_code, tables
from .classes import CLASS, NO_CLASSES
from .complaints import quietly
from .controls import LAYER, PIN, Control
from .photographs import PHOTOGRAPH
from .shell import Context
from .testing import TEST, TestedExplorer

WITHOUT_LAYER = ("deconvnet", "occlusion")
SIDE, PINNED = 288, 200  # pixels, of a panel


@dataclass(frozen=True)
class HeatState:
    """What was chosen in the heatmap explorer.

    Attributes:
        class_index: as in `heatmap`; None for the most probable class.
        layer: None for the default one; method: one of `heatmaps.METHODS`.
        smoothing: in pixels; threshold: what lies below becomes 0.
        pin: a `HeatView` to compare with, or None.
    """

    class_index: Any = None
    layer: str | None = None
    method: str = "relevance"
    smoothing: float = 0.0
    threshold: float = 0.0
    pin: object = None


@dataclass(frozen=True, eq=False)
class HeatView:
    """A `HeatState` worked out.

    Attributes:
        target: what is explained; layers: all layers that can be used for it; layer: the one that
            is chosen; without_layer: whether the method needs none.
        raw: the unscaled map, float32 of the layer's or the input's size.
        heat: float32 (h, w) in [0, 1], as `heatmap` gives it.
    """

    context: Context
    state: HeatState
    target: object
    layers: tuple
    layer: str
    raw: np.ndarray
    heat: np.ndarray
    without_layer: bool

    @property
    def squares(self):
        """The arguments of `heatmap` for the square of an occlusion."""
        return squares_of(self.context.features) if self.state.method == "occlusion" else {}


def resolve(context, state):
    """Work out a state: a `HeatView`. The unscaled map is kept for a class, layer and method."""
    features = context.features
    target = features.target(state.class_index)
    layer = state.layer or choose.layer_below(features, target)
    unused = state.method in WITHOUT_LAYER
    raw = context.once(raw_of, target, None if unused else layer, state.method)
    size = features.network.input_size
    heat = finished(raw, size, state.smoothing, state.threshold)
    layers = choose.layers_below(features, target)
    return HeatView(context, state, target, layers, layer, raw, heat, unused)


def raw_of(features, target, layer, method):
    """Return the unscaled map."""
    how = squares_of(features) if method == "occlusion" else {}
    return quietly(raw_map, features, target, layer, method, **how)


def squares_of(features):
    """Return the `size` and `stride` of the square that hides, where they are not the default."""
    if features.network.class_count is not None:
        return {}
    side = min(features.network.input_size)
    # A large network: fewer places than by default, so that it takes seconds.
    return {"size": side * 2 // 7, "stride": max(side * 5 // 28, 1)}


def fitted(context, state):
    """Return a state with a class and a layer (of heatmaps or relevance scores) as it fits other
    features: what they do not have becomes the default."""
    features, index = context.features, state.class_index
    index = index if isinstance(index, (int, np.integer, str)) else None  # a neuron was another's
    try:
        target = features.target(index)
    except (IndexError, KeyError, ValueError):
        index, target = None, features.target()
    layers = choose.layers_below(features, target)
    return replace(state, class_index=index, layer=state.layer if state.layer in layers else None)


def render(view, page=PAPER):
    """Draw a view, and the pinned one under it: every heatmap runs from 0 to 1. A PIL image."""
    pin = view.state.pin
    if pin is None:
        return draw_row(view, SIDE, page=page)
    rows = draw_row(view, PINNED, page=page), draw_row(pin, PINNED, "pinned: ", page)
    return strips.stacked(rows, page)  # fits on a screen


def draw_row(view, side, prefix="", page=PAPER):
    """Draw one row: the photograph, the heatmap, the two laid over each other."""
    features, method = view.context.features, view.state.method
    name = view.target.name(features.network)
    size = " × ".join(str(extent) for extent in view.raw.shape)
    note = f"{method}, {'at the pixels' if view.without_layer else f'{view.layer} ({size})'}"
    laid = overlay(features.image, view.heat, 0.6)
    title, fine = f"{prefix}{features.image.name}", strips.is_fine(features.image.pixels)
    first = [
        strips.Panel(features.image.pixels, title, features.network.name, smooth=fine),
        strips.Panel(coloured(view.heat), name, note, smooth=fine),
    ]
    last = [strips.Panel(laid, "laid over each other", "0.6 heatmap, 0.4 photograph", smooth=fine)]
    return laid_out(first, last, (side, side), "inferno", page)


def laid_out(first, last, sides, colormap, page):
    """Put two panels, a colourbar and a last panel side by side; on a narrow page the last one and
    the colourbar below: a PIL image. sides: in pixels, of the first ones and of the last."""
    side, whole = sides
    if page.narrow:
        side, whole = page.side(strips.PANEL), page.width - 2 * strips.MARGIN - strips.BAR
    parts, last = strips.strip(first, side, side, page), strips.strip(last, whole, whole, page)
    bar = strips.colourbar(whole if page.narrow else side, colormap, page=page)
    if page.narrow:
        return strips.stacked([parts, strips.beside([last, bar], page)], page)
    return strips.beside([parts, bar, last], page)


def caption(view):
    """Say in words what a view shows, and what is pinned."""
    pin = view.state.pin
    return caption_of_one(view) + (f" Pinned: {caption_of_one(pin)}" if pin else "")


def caption_of_one(view):
    """Say in words what one row shows."""
    features, state = view.context.features, view.state
    where = "" if view.without_layer else f" at layer {view.layer}"
    text = f"{features.image.name}: {features.describe(view.target)}; method {state.method}{where}"
    if state.smoothing:
        text += f", smoothed over {state.smoothing:g} pixels"
    if state.threshold:
        text += f", below {state.threshold:.2f} set to 0"
    if features.network.class_count is None:
        text += f"; {NO_CLASSES}"
    if not view.heat.any():
        return f"{text}. Nothing here speaks for it: the heatmap is zero everywhere."
    row, column = np.unravel_index(np.argmax(view.heat), view.heat.shape)
    return (
        f"{text}. The strongest value (1.0 stands for {float(view.raw.max(initial=0)):.3g}) "
        f"is at row {row}, column {column}; "
        f"{float((view.heat >= 0.5).mean()):.0%} of the photograph reaches half of it."
    )


def takes_long(explorer, state):
    """Say whether to work out a state takes seconds."""
    if state.method != "occlusion":
        return False
    try:
        target = explorer.context.features.target(state.class_index)
    except (LookupError, ValueError):  # said when it is worked out
        return False
    return not explorer.context.knows(raw_of, target, None, state.method)


def to_method(explorer, method):
    """Return the changed field when a method is chosen."""
    if method == "occlusion":
        explorer.busy("Sliding the grey square over the photograph …")
    return {"method": method}


# fmt: off
METHOD = Control("method", "Dropdown", "Method", "How the heatmap is computed", 200,
                 write=to_method, how={"options": METHODS})
SMOOTHING = Control("smoothing", "FloatSlider", "Smoothing",
                    "Standard deviation of the blur, in pixels", 330,
                    how={"min": 0, "max": 20, "step": 0.5, "readout_format": ".1f"})
THRESHOLD = Control("threshold", "FloatSlider", "Threshold", "What lies below becomes 0", 330,
                    how={"min": 0, "max": 1, "step": 0.01, "readout_format": ".2f"})
# fmt: on


class HeatmapExplorer(TestedExplorer):
    """The widgets of `heatmap_explorer`."""

    movers = (LAYER, (SMOOTHING,), (THRESHOLD,))
    switches, folded = (CLASS, METHOD, PIN, TEST), (PHOTOGRAPH,)
    takes_long = takes_long
    resolve, render, caption = staticmethod(resolve), staticmethod(render), staticmethod(caption)
    kind, code, numbers = "heatmap", staticmethod(as_code.heat), staticmethod(tables.heat)
    fitting = staticmethod(fitted)

    @property
    def heat(self):
        """The heatmap that is shown, float32 (h, w) in [0, 1]."""
        return self.view.heat


def heatmap_explorer(
    features: Features,
    class_index: Any = None,
    method: str = "relevance",
    layer: str | None = None,
    smoothing: float = 0.0,
    threshold: float = 0.0,
    large: bool = False,
) -> HeatmapExplorer:
    """Explore heatmaps: class, layer, method, smoothing and threshold.

    Args:
        features: `Features` of a forward pass; the rest, as in `heatmap`, is shown first.
        large: words that can be read from the last row of a lecture hall.

    Returns the explorer; its `heat` is the heatmap on show.
    """
    state = HeatState(class_index, layer, method, smoothing, threshold)
    return HeatmapExplorer(features, state).sized(large)
