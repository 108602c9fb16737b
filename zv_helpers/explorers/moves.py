"""The move explorer: turn, enlarge and shift a photograph, and the projection follows."""

from dataclasses import dataclass, replace

from ..experiments.moves import FILLS, Move, moved_image
from ..features import Features
from . import as_code, changed, tables
from .changed import FEATURE_MAP, Seen
from .controls import LAYER, Control
from .photographs import PHOTOGRAPH, FeatureExplorer
from .shell import Context

SCALES = 0.5, 3.0  # times; a step of 0.05 from the first must reach 1


@dataclass(frozen=True)
class MoveState:
    """What was chosen in the move explorer.

    Attributes:
        move: how the photograph is moved; fill: what comes in from outside, see `moved`.
        layer, channel: the feature map; None for the last layer, and for the map that is strongest
            on the untouched photograph.
    """

    move: Move = Move()
    fill: str = "grey"
    layer: str | None = None
    channel: int | None = None


@dataclass(frozen=True, eq=False)
class MoveView:
    """A `MoveState` worked out: what the network makes of the moved photograph. layers, layer: all
    layers that can be chosen, and the one that is."""

    context: Context
    state: MoveState
    seen: Seen
    layers: tuple
    layer: str


def resolve(context, state):
    """Work out a state: a `MoveView`."""
    layer, channel = changed.layer_and_map(context.features, state)
    how = moved_image, (state.move, state.fill)
    seen = context.once(changed.look, *how, layer, channel)
    return MoveView(context, state, seen, context.features.layers, layer)


render, caption = changed.render, changed.caption


def fitted(context, state):
    """Return a state as it fits other features."""
    height = context.features.network.input_size[0]
    down = min(max(state.move.down, -height), height)
    fields = changed.fitting_map(context.features, state)
    return replace(state, move=replace(state.move, down=down), **fields)


def shown(name, whole=True):
    """Return how a control shows one field of the move."""

    def read(view):
        value = getattr(view.state.move, name)
        return {"value": round(value) if whole else value}

    return read


def to_move(name):
    """Return how a control changes one field of the move."""

    def write(explorer, value):
        return {"move": replace(explorer.state.move, **{name: float(value)})}

    return write


def shift(view):
    """Show the shift, up to the photograph's height both ways."""
    height = view.context.features.network.input_size[0]
    return {"min": -height, "max": height, "value": round(view.state.move.down)}


# fmt: off
TURN = (
    Control("move", "IntSlider", "Turn",
            "Degrees anticlockwise; arrow keys turn it by one", 300,
            shown("angle"), to_move("angle"), {"min": -180, "max": 180}),
    Control("move", "BoundedIntText", "degrees", "Degrees anticlockwise; type them", 90,
            shown("angle"), to_move("angle"), {"min": -180, "max": 180}),
)
REST = (
    Control("move", "FloatSlider", "Enlarge", "How many times as large", 330,
            shown("scale", False), to_move("scale"),
            {"min": SCALES[0], "max": SCALES[1], "step": 0.05, "readout_format": ".2f"}),
    Control("move", "IntSlider", "Shift down",
            "Pixels down, up where negative; arrow keys move it by one", 330,
            shift, to_move("down"), {"readout": True}),
)
OUTSIDE = Control("fill", "Dropdown", "Outside", "What comes in from outside the photograph", 190,
                  how={"options": FILLS})
# fmt: on


class MoveExplorer(FeatureExplorer):
    """The widgets of `move_explorer`."""

    movers = (TURN, *((one,) for one in REST), LAYER)
    switches, folded = (FEATURE_MAP, OUTSIDE), (PHOTOGRAPH,)
    lines = 3
    resolve, render, caption = staticmethod(resolve), staticmethod(render), staticmethod(caption)
    kind, code, numbers = "moved", staticmethod(as_code.moves), staticmethod(tables.changed)
    fitting = staticmethod(fitted)

    def to_layer(self, layer):
        return {"layer": layer, "channel": None}


def move_explorer(
    features: Features,
    move: Move | None = None,
    layer: str | None = None,
    channel: int | None = None,
    fill: str = "grey",
    large: bool = False,
) -> MoveExplorer:
    """Explore what a network makes of a photograph that is turned, enlarged and shifted.

    Args:
        features: `Features` of the untouched photograph.
        move, fill: how it is moved first, by default not at all, see `experiments.moves.moved`.
        layer, channel: the feature map whose strongest neuron is followed; by default of the last
            layer that has not one map for each class, the strongest on the untouched photograph.
        large: words that can be read from the last row of a lecture hall.

    Returns the explorer; its `view.seen` is what the network makes of the photograph on show.
    Raises a KeyError or IndexError for a layer or feature map that is not there.
    """
    return MoveExplorer(features, MoveState(move or Move(), fill, layer, channel)).sized(large)
