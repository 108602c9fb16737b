"""What was chosen in the atlas explorer, and the same worked out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import choose
from .answering import answers
from .nine import Nine, nines
from .shell import Context

LISTED = 1000  # photographs that can be chosen by name


@dataclass(frozen=True, eq=False)
class AtlasContext(Context):
    """The atlas an explorer looks at (None: there is none yet), its network, and what was computed
    from them last.

    Attributes:
        chosen: the words by which the photographs were chosen, among `names`.
        sources, labels: the photographs of the atlas, and what each is called.
    """

    network: Any = None
    sources: tuple = ()
    labels: tuple = ()

    @property
    def atlas(self):
        """The `Atlas`, or None."""
        return self.subject

    def called(self, photograph):
        """Return what a photograph of the atlas is called."""
        pairs = zip(self.sources, self.labels, strict=True)
        return next((label for one, label in pairs if one is photograph), str(photograph))


@dataclass(frozen=True)
class AtlasState:
    """What was chosen in the atlas explorer.

    Attributes:
        layer, channel: the feature map; rule: "deconvnet", "guided" or "gradient".
        place: of the framed neuron among the strongest, from 0.
        asked: the numbers of the photographs of which it is asked which maps answer to them.
    """

    layer: str
    channel: int
    rule: str = "deconvnet"
    place: int = 0
    asked: tuple = ()


@dataclass(frozen=True, eq=False)
class AtlasView:
    """An `AtlasState` worked out.

    Attributes:
        nine: its `Nine`, or None where there is no atlas.
        place: of the framed neuron, one that there is.
        layers, layer: all layers that can be chosen, and the one that is; count: its feature maps.
        answers: the `Answer`s to the photographs that are asked about.
    """

    context: AtlasContext
    state: AtlasState
    nine: Nine | None
    place: int
    layers: tuple
    layer: str
    count: int
    answers: tuple

    @property
    def whole(self):
        """Whether nothing is to come."""
        return self.nine is None or self.nine.whole

    @property
    def without_layer(self):
        """Whether there is no layer to choose."""
        return self.nine is None


def stages(context: AtlasContext, state: AtlasState) -> Iterator[AtlasView]:
    """Yield the views of a state: first the patches, then with one more projection each time."""
    atlas = context.atlas
    layers = layers_of(context)
    asked = context.once(answers, atlas, state.asked) if atlas and state.asked else ()
    count = context.network.layer(state.layer).channels
    if atlas is None:
        yield AtlasView(context, state, None, 0, layers, state.layer, count, asked)
        return
    for nine in nines(context, atlas, state.layer, state.channel, state.rule):
        place = max(min(state.place, len(nine.neurons) - 1), 0)
        yield AtlasView(context, state, nine, place, layers, state.layer, count, asked)


def resolve(context: AtlasContext, state: AtlasState) -> AtlasView:
    """Work out a state: an `AtlasView` with all its projections."""
    *_, view = stages(context, state)
    return view


def fitted(context: AtlasContext, state: AtlasState) -> AtlasState:
    """Return a state as it fits another atlas or network: what it does not have becomes a feature
    map worth seeing."""
    network, layers = context.network, layers_of(context)
    asked = replace(state, asked=())
    if state.layer in layers and state.channel < network.layer(state.layer).channels:
        return asked
    layer, channel = choose.worth_looking_up(network, context.atlas)
    return replace(asked, layer=layer, channel=channel)


def layers_of(context: AtlasContext) -> tuple[str, ...]:
    """Return the layers that can be chosen: those of the atlas, or of the network."""
    atlas = context.atlas
    return atlas.layers if atlas else tuple(one.name for one in context.network.layers)


def labels_of(sources: tuple) -> tuple[str, ...]:
    """Call photographs by the names of their files, or by their paths where a name comes twice."""
    names = [
        Path(one).stem if isinstance(one, str) else f"photograph {i}"
        for i, one in enumerate(sources)
    ]
    taken = {name for i, name in enumerate(names) if name in names[:i]}
    return tuple(
        str(one) if name in taken else name for name, one in zip(names, sources, strict=True)
    )
