"""The neuron explorer: choose a layer and a neuron, and see what it sees while the slider moves."""

from dataclasses import dataclass, replace

import numpy as np

from .. import choose
from ..atlas import Atlas
from ..deconvnet import RULES, project
from ..features import Features
from ..images import photographs
from . import as_code, tables
from .at_hand import atlas_at_hand
from .complaints import quietly
from .controls import LAYER, PIN, Control
from .neuron_picture import caption, position_at, render
from .nine import nines
from .photographs import PHOTOGRAPH, FeatureExplorer
from .shell import Context

ANYWHERE = {"row": None, "column": None}  # the strongest position
NUMBER_ORDER, STRENGTH_ORDER = "by number", "strongest first"
ARROWS = {"ArrowUp": (-1, 0), "ArrowDown": (1, 0), "ArrowLeft": (0, -1), "ArrowRight": (0, 1)}


@dataclass(frozen=True)
class NeuronState:
    """What was chosen in the neuron explorer.

    Attributes:
        layer, channel: the feature map.
        row, column: the position in it; None for the position of its largest activation.
        rule: "deconvnet", "guided" or "gradient".
        scale: the signal that becomes black or white, held; None for each picture's own largest.
        forward: only the panels of the forward pass.
        by_strength: the slider goes through the feature maps from the strongest down.
        pin: a `NeuronView` to compare with, or None.
        atlas: the `Atlas` of which the feature map's row is shown below, or None.
    """

    layer: str
    channel: int
    row: int | None = None
    column: int | None = None
    rule: str = "deconvnet"
    scale: float | None = None
    forward: bool = False
    by_strength: bool = False
    pin: object = None
    atlas: object = None


@dataclass(frozen=True, eq=False)
class NeuronView:
    """A `NeuronState` worked out.

    Attributes:
        neuron: the `Neuron`; maps: its feature map, float32 (h, w); box: its receptive field.
        problem: why its layer cannot be reversed, or None.
        projection: its `Projection`; None in the forward pass, or where there is a problem.
        scale: of the projections: the one that is held, or the largest signal on show.
        layers, layer: all layers that can be chosen, and the one that is.
        nine: the feature map's `Nine`; None without an atlas, or if that has no such layer.
    """

    context: Context
    state: NeuronState
    neuron: object
    maps: np.ndarray
    box: tuple
    problem: str | None
    projection: object
    scale: float | None
    layers: tuple
    layer: str
    nine: object = None

    @property
    def whole(self):
        """Whether nothing is to come."""
        return self.nine is None or self.nine.whole


def resolve(context, state):
    """Work out a state: a `NeuronView`, with the whole row of the atlas where it is asked for."""
    *_, view = stages(context, state)
    return view


def stages(context, state):
    """Yield the views of a state: the neuron, and then the row of the atlas as it comes."""
    view, atlas = of_neuron(context, state), state.atlas
    if atlas is None or state.layer not in atlas.layers:
        yield view
        return
    for nine in nines(context, atlas, state.layer, state.channel, state.rule):
        yield replace(view, nine=nine)


def of_neuron(context, state):
    """Work out a state without the atlas. The projection is kept for a neuron and a rule."""
    features, network = context.features, context.features.network
    neuron = neuron_of(features, state)
    box = features.receptive_field(neuron) or (0, 0, *network.input_size)
    problem = network.problem(network.layer_value(state.layer))
    projection, scale = None, state.scale
    if not state.forward and not problem:
        projection = context.once(projected, neuron, state.rule)
    if state.forward:
        scale = None
    elif scale is None:
        shown = (projection, state.pin and state.pin.projection)
        scale = max((one.scale for one in shown if one is not None), default=0.0)
    maps = features[state.layer][..., state.channel]
    where = features.layers, state.layer
    return NeuronView(context, state, neuron, maps, box, problem, projection, scale, *where)


def neuron_of(features, state):
    """Return the `Neuron` a state means."""
    if state.row is None:
        return features.strongest(state.layer, state.channel)
    return features.neuron(state.layer, state.channel, state.row, state.column)


def projected(features, neuron, rule):
    """Return a neuron's projection."""
    return quietly(project, features, neuron, rule)


def moved(view, down, right):
    """Return the changed fields when the position moves, within the feature map."""
    height, width = view.maps.shape
    return {
        "row": int(np.clip(view.neuron.row + down, 0, height - 1)),
        "column": int(np.clip(view.neuron.column + right, 0, width - 1)),
    }


def at_layer(features, state, layer, channel=None):
    """Return the changed fields at another layer; a chosen position stays put on the photograph."""
    height, width, channels = features[layer].shape
    if channel is None or not 0 <= channel < channels:
        channel = int(features.strongest_channels(layer, 1)[0])
    row, column = state.row, state.column
    if row is not None:
        old = features[state.layer].shape
        row, column = int((row + 0.5) * height / old[0]), int((column + 0.5) * width / old[1])
    return {"layer": layer, "channel": channel, "row": row, "column": column}


def fitted(context, state):
    """Return a state as it fits other features: what they do not have becomes the strongest."""
    features, layer = context.features, state.layer
    if state.atlas is not None and not state.atlas.is_of(features.network):
        state = replace(state, atlas=atlas_at_hand(features.network, layer))
    if layer in features.layers and state.channel < features[layer].shape[2]:
        height, width, _ = features[layer].shape
        if state.row is None or state.row < height and state.column < width:
            return state
    layer = layer if layer in features.layers else choose.last_layer(features)
    channel = int(features.strongest_channels(layer, 1)[0])
    return replace(state, layer=layer, channel=channel, **ANYWHERE)


def ranking(features, layer):
    """Return a layer's feature maps, strongest first, a list of int."""
    return features.strongest_channels(layer).tolist()


def rank(view):
    """Show the feature map's place in the order of the slider."""
    place = channel = view.state.channel
    if view.state.by_strength:
        place = view.context.once(ranking, view.layer).index(channel)
    return {"max": number(view)["max"], "value": place}


def to_rank(explorer, place):
    """Return the changed field when the slider goes to a place in its order."""
    state = explorer.state
    by_rank = state.by_strength and explorer.context.once(ranking, state.layer)
    return {"channel": by_rank[place] if by_rank else place}


def number(view):
    """Show the feature map's number."""
    last = view.context.features[view.layer].shape[2] - 1
    return {"max": last, "value": view.state.channel}


def to_keys(explorer, on):
    """Let the picture take the arrow keys, or not."""
    explorer.picture.watched = list(ARROWS) if on else []


def to_atlas(explorer, on):
    """Return the changed field when the atlas's row is asked for; raises ValueError, one sentence,
    if no atlas is at hand."""
    return {"atlas": explorer.atlas() if on else None}


def to_hold(explorer, on):
    """Return the changed field when the scale is held, or let go."""
    scale = explorer.now().scale if on else None
    if on and not scale:
        raise ValueError(
            "The projection is empty here, so there is no scale to hold: "
            "go to a position where the neuron is active."
        )
    return {"scale": scale}


# fmt: off
FEATURE_MAP = (
    Control("channel", "IntSlider", "Feature map",
            "Which feature map of the layer; arrow keys move it by one", 300, rank, to_rank),
    Control("channel", "BoundedIntText", "number", "The feature map's number; type one", 90,
            number),
)
STRONGEST = Control("row", "Checkbox", "Strongest position",
                    "Go to each feature map's largest activation", 170,
                    lambda view: {"value": view.state.row is None},
                    lambda explorer, on: ANYWHERE if on else moved(explorer.now(), 0, 0))
POSITION = (
    Control("by_strength", "Dropdown", "Order",
            "The order of the slider: by number, or by largest activation", 185,
            lambda view: {"value": STRENGTH_ORDER if view.state.by_strength else NUMBER_ORDER},
            lambda explorer, order: {"by_strength": order == STRENGTH_ORDER},
            {"options": (NUMBER_ORDER, STRENGTH_ORDER)}),
    Control("row", "BoundedIntText", "Row", "The position's row; up and down keys move it", 120,
            lambda view: {"max": view.maps.shape[0] - 1, "value": view.neuron.row},
            lambda explorer, value: {**moved(explorer.now(), 0, 0), "row": value}),
    Control("column", "BoundedIntText", "Column",
            "The position's column; up and down keys move it", 140,
            lambda view: {"max": view.maps.shape[1] - 1, "value": view.neuron.column},
            lambda explorer, value: {**moved(explorer.now(), 0, 0), "column": value}),
    Control(None, "Checkbox", "Arrow keys over the picture",
            "While the pointer is on the picture, the arrow keys move the position", 215,
            write=to_keys),
)
PROJECTION = (
    Control("rule", "Dropdown", "Rule", "How rectifications are reversed", 180,
            how={"options": RULES}),
    Control("scale", "Checkbox", "Hold the scale",
            "Keep the present scale, so that pictures can be compared", 135,
            lambda view: {"value": view.state.scale is not None}, to_hold),
)
ATLAS = Control("atlas", "ToggleButton", "Atlas of this map",
                "Show the photographs that excite this feature map most, and their projections",
                150, lambda view: {"value": view.state.atlas is not None}, to_atlas)
# fmt: on
CLICK = "Click photograph or map to move it"


class NeuronExplorer(FeatureExplorer):
    """The widgets of `neuron_explorer`."""

    resolve, render, caption = staticmethod(resolve), staticmethod(render), staticmethod(caption)
    kind, code, numbers = "neuron", staticmethod(as_code.neuron), staticmethod(tables.neuron)
    fitting = staticmethod(fitted)
    movers = (LAYER, FEATURE_MAP)
    in_fold = "Photograph, network, position, order, rule and scale"

    def __init__(self, features, state, atlas=None, chosen=None):
        self._visited, self._given = {}, atlas
        click = "Click the photograph or a map to go there." if state.forward else f"{CLICK}."
        self.switches = (STRONGEST, PIN, ATLAS, click)
        self.folded = (PHOTOGRAPH, POSITION if state.forward else (*POSITION, *PROJECTION))
        super().__init__(features, state, chosen)
        self.on_click(position_at)
        self.picture.on_keys(self._press)

    @property
    def neuron(self):
        """The `Neuron` that is shown."""
        return self.view.neuron

    def stages(self, context, state):
        """Yield the views of a state; with an atlas the neuron comes first."""
        if state.atlas is None:
            yield self.resolve(context, state)
        else:
            yield from stages(context, state)

    def takes_long(self, state):
        """Say whether projections of the atlas are to come."""
        return state.atlas is not None

    def atlas(self):
        """Return the atlas of the network on show that is at hand."""
        network = self.context.features.network
        found = atlas_at_hand(network, self.state.layer, self._given)
        if found is None:
            raise ValueError(
                f"Expected an atlas of {network.name!r}, but none is at hand: open "
                "explorers.atlas_explorer(network) and build one there."
            )
        return found

    def visit(self, features, chosen, neuron, rule):
        """Turn to a neuron of other features; chosen: the photograph's name in the menu."""

        def turned():
            self.networks[features.network.name] = features.network
            self.others[chosen] = features.image
            self.context = self._context(features, chosen, photographs())
            place = {"row": neuron.row, "column": neuron.column}
            return {"layer": neuron.layer, "channel": neuron.channel, **place, "rule": rule}

        self.act(turned)

    def to_layer(self, layer):
        """Return the changed fields at another layer, which remembers its feature map."""
        self._visited[self.state.layer] = self.state.channel
        return at_layer(self.context.features, self.state, layer, self._visited.get(layer))

    def _press(self, pressed):
        steps = [np.multiply(ARROWS[key], count) for key, count in pressed.items()]
        self.act(lambda: moved(self.now(), *np.sum(steps, axis=0)), by="keys")


def neuron_explorer(
    features: Features,
    layer: str | None = None,
    channel: int | None = None,
    panels: str = "all",
    atlas: Atlas | None = None,
    large: bool = False,
) -> NeuronExplorer:
    """Explore the neurons of a network: their feature map, what they see, and their projection.

    Args:
        features: `Features` of a forward pass.
        layer, channel: what is shown first; by default the last layer that does not hold
            one feature map for each class, and its strongest feature map.
        panels: "all", or "forward" for the forward pass alone.
        atlas: an `Atlas` of the network, for the button that shows a feature map's row of it; by
            default the one that an explorer showed last, or that ships.
        large: words that can be read from the last row of a lecture hall.

    Returns the explorer; its `neuron` is the `Neuron` on show. Raises a KeyError or IndexError for
    a layer or feature map that is not there, a ValueError for unknown panels.
    """
    if panels not in ("all", "forward"):
        raise ValueError(f'Expected panels to be "all" or "forward", but got {panels!r}.')
    layer = choose.neuron_layer(features) if layer is None else layer
    channel = features.strongest(layer).channel if channel is None else int(channel)
    state = NeuronState(layer, channel, forward=panels == "forward")
    return NeuronExplorer(features, state, atlas).sized(large)
