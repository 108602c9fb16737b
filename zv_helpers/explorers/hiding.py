"""The hide explorer: put a grey square anywhere on a photograph, and see what is left."""

from dataclasses import dataclass, replace

from ..draw import strips
from ..draw.page import PAPER
from ..experiments.occluding import hidden_image
from ..features import Features
from . import as_code, changed, tables
from .changed import FEATURE_MAP, SIDE, Seen
from .controls import LAYER, Control
from .photographs import PHOTOGRAPH, FeatureExplorer
from .shell import Context


@dataclass(frozen=True)
class HideState:
    """What was chosen in the hide explorer.

    Attributes:
        top, left: the square's corner in pixels; size: its side, 0 for no square.
        layer, channel: the feature map; None for the last layer, and for the map that is strongest
            on the untouched photograph.
    """

    top: int
    left: int
    size: int
    layer: str | None = None
    channel: int | None = None


@dataclass(frozen=True, eq=False)
class HideView:
    """A `HideState` worked out: what the network makes of the photograph under the square. layers,
    layer: all layers that can be chosen, and the one that is."""

    context: Context
    state: HideState
    seen: Seen
    layers: tuple
    layer: str


def resolve(context, state):
    """Work out a state: a `HideView`."""
    layer, channel = changed.layer_and_map(context.features, state)
    how = hidden_image, (state.top, state.left, state.size)
    seen = context.once(changed.look, *how, layer, channel)
    return HideView(context, state, seen, context.features.layers, layer)


render, caption = changed.render, changed.caption


def inside(size_of_photograph, state):
    """Return a state whose square lies whole on a photograph of (h, w) pixels."""
    height, width = size_of_photograph
    size = min(state.size, height, width)
    top, left = (
        min(max(at, 0), side - size) for at, side in ((state.top, height), (state.left, width))
    )
    return replace(state, top=top, left=left, size=size)


def fitted(context, state):
    """Return a state as it fits other features."""
    fields = changed.fitting_map(context.features, state)
    return inside(context.features.network.input_size, replace(state, **fields))


def position_at(view, x, y, page=PAPER):
    """Find what a click on the photograph means: the square moves its middle there. Returns the
    state's changed fields, or None elsewhere."""
    shape = view.seen.pixels.shape[:2]
    side = page.side(SIDE)
    left, top, right, bottom = strips.rectangle(0, shape, side, side, page)
    if not (left <= x < right and top <= y < bottom):
        return None
    row = int((y - top) / (bottom - top) * shape[0])
    column = int((x - left) / (right - left) * shape[1])
    half = view.state.size // 2
    at = inside(shape, replace(view.state, top=row - half, left=column - half))
    return {"top": at.top, "left": at.left}


def edge(name, axis):
    """Return how a control shows where the square begins along an axis."""

    def read(view):
        last = view.context.features.network.input_size[axis] - view.state.size
        return {"max": last, "value": getattr(view.state, name)}

    return read


def to_size(explorer, size):
    """Return the changed fields when the size changes: the square grows about its middle."""
    state = explorer.state
    shift = (state.size - size) // 2
    grown = replace(state, size=size, top=state.top + shift, left=state.left + shift)
    now = inside(explorer.context.features.network.input_size, grown)
    return {"top": now.top, "left": now.left, "size": now.size}


# fmt: off
SQUARE = (
    Control("size", "IntSlider", "Size", "The square's side in pixels, 0 for none", 280,
            lambda view: {"max": min(view.context.features.network.input_size),
                          "value": view.state.size}, to_size, {"readout": True}),
    Control("top", "IntSlider", "Top", "Where the square begins from above", 280,
            edge("top", 0), how={"readout": True}),
    Control("left", "IntSlider", "Left", "Where the square begins from the left", 280,
            edge("left", 1), how={"readout": True}),
)
# fmt: on


class HideExplorer(FeatureExplorer):
    """The widgets of `hide_explorer`."""

    movers = (*((one,) for one in SQUARE), LAYER)
    switches = (FEATURE_MAP, "Click the photograph to move the square there.")
    folded, lines = (PHOTOGRAPH,), 3
    resolve, render, caption = staticmethod(resolve), staticmethod(render), staticmethod(caption)
    kind, code, numbers = "hidden", staticmethod(as_code.hiding), staticmethod(tables.changed)
    fitting = staticmethod(fitted)

    def __init__(self, features, state):
        super().__init__(features, state)
        self.on_click(position_at)

    def to_layer(self, layer):
        return {"layer": layer, "channel": None}


def hide_explorer(
    features: Features,
    size: int | None = None,
    top: int | None = None,
    left: int | None = None,
    layer: str | None = None,
    channel: int | None = None,
    large: bool = False,
) -> HideExplorer:
    """Explore what a network makes of a photograph with a grey square on it.

    Args:
        features: `Features` of the untouched photograph.
        size: of the square, in pixels, by default a quarter of the shorter side; top, left: where
            it begins, by default in the middle. It is moved until it lies whole on the photograph.
        layer, channel: the feature map whose sum is read; by default of the last layer that has not
            one map for each class, the strongest on the untouched photograph.
        large: words that can be read from the last row of a lecture hall.

    Returns the explorer; its `view.seen` is what the network makes of the photograph on show.
    Raises a KeyError or IndexError for a layer or feature map that is not there.
    """
    height, width = features.network.input_size
    size = min(height, width) // 4 if size is None else int(size)
    top = (height - size) // 2 if top is None else int(top)
    left = (width - size) // 2 if left is None else int(left)
    state = HideState(top, left, size, layer, channel)
    return HideExplorer(features, inside((height, width), state)).sized(large)
