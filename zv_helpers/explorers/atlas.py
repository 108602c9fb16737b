"""The atlas explorer: what a feature map looks for, in the photographs that excite it most."""

import os
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from .. import choose
from ..atlas import Atlas, build_atlas, load_atlas
from ..atlas.folders import is_begun
from ..atlas.picture import in_short
from ..atlas.shipped import find_atlas, shipped_photographs
from ..atlas.sources import list_photographs
from ..data import data_folder
from ..deconvnet import RULES
from ..deconvnet.mathematics import known_rule
from ..draw.strips import small_jpeg
from ..features import extract_features
from ..images import load_image
from ..network import Network, load_model
from . import as_code, tables
from .answering import ASK, Asking
from .at_hand import remember, shipped_atlas
from .atlas_picture import caption, place_at, render, skipped
from .atlas_view import LISTED, AtlasContext, AtlasState, fitted, labels_of, resolve, stages
from .complaints import quietly
from .controls import LAYER, Control, hint, row
from .job import Later
from .neuron import NeuronExplorer, NeuronState
from .nine import are_known
from .photographs import NETWORK, in_menu, loaded, of_ones_own
from .shell import Explorer

SHIPPED, MINE = "the photographs that ship", "data/my_photos"
TITLE = "<b>The neuron explorer</b>, opened from the atlas above."


def number(view):
    """Show the feature map's number."""
    return {"max": view.count - 1, "value": view.state.channel, "disabled": view.nine is None}


def neurons(view):
    """Show the framed neuron among all of them."""
    patches = view.nine.patches if view.nine else ()
    options = tuple(
        (f"{i + 1}: {one.name}, {in_short(one.neuron.activation)}", i)
        for i, one in enumerate(patches)
    )
    return {"options": options, "value": view.place if options else None}


# fmt: off
WHERE = (
    NETWORK,
    Control(None, "Dropdown", "Photographs", "Those that ship, your own, or a folder you named",
            300, lambda view: {"options": view.context.names, "value": view.context.chosen},
            lambda explorer, name: explorer.choose(name)),
    Control(None, "Text", "or a folder",
            "The path of a folder of photographs, or of an atlas; press Enter", 330, None,
            lambda explorer, path: explorer.to_folder(path.strip()) if path.strip() else None,
            {"placeholder": "holidays/2024"}),
)
MAP = (
    Control("channel", "IntSlider", "Feature map",
            "Which feature map of the layer; arrow keys move it by one", 300, number),
    Control("channel", "BoundedIntText", "number", "The feature map's number; type one", 90,
            number),
)
RULE = Control("rule", "Dropdown", "Rule", "How rectifications are reversed", 180,
               how={"options": RULES})
OPEN = (
    Control(None, "Button", "Build its atlas", "Look at all of the photographs, and find the "
            "strongest neurons of every feature map", 130,
            None, lambda explorer, _: explorer.build(explorer.context.chosen)),
    Control("place", "Dropdown", "Neuron", "Which of the strongest neurons is framed", 270,
            neurons),
    Control(None, "Button", "Open it below", "Open the framed neuron in the neuron explorer, "
            "as a click on a picture does", 120,
            lambda view: {"disabled": view.nine is None or not view.nine.neurons},
            lambda explorer, _: explorer.open(explorer.now().place)),
    Control(None, "ToggleButton", "Find maps by photograph",
            "Ask which maps answer to some photographs, and least to the others", 190, None,
            lambda explorer, on: explorer.asking.show(on)),
)
# fmt: on


class AtlasExplorer(Explorer):
    """The widgets of `atlas_explorer`.

    Attributes:
        opened: the `NeuronExplorer` below, or None; building: what is built beside.
    """

    movers, switches = (LAYER, MAP), OPEN
    folded, elsewhere = (WHERE, (RULE,)), ASK
    in_fold = "Network, photographs and rule"
    resolve, render, caption = staticmethod(resolve), staticmethod(render), staticmethod(caption)
    stages = staticmethod(stages)
    kind, code, numbers = "atlas", staticmethod(as_code.atlas), staticmethod(tables.atlas)

    def __init__(self, network, atlas, state, chosen):
        self.networks, self.visited = {network.name: network}, {}
        self.sources = {SHIPPED: None, MINE: os.path.join(data_folder(), "my_photos")}
        self.atlases = {(network, chosen): atlas} if atlas else {}
        self.opened = None
        super().__init__(self._context(network, atlas, chosen), state)
        self.building = self.job(self._not_chosen, "End the building of this atlas")
        self.asking = Asking(self, self._made(ASK))
        self.unread = widgets.HTML(layout=widgets.Layout(width="auto"))
        self.below = widgets.VBox(layout=widgets.Layout(width="100%", display="none"))
        how = {"flex_flow": "row wrap", "width": "100%", "align_items": "flex-start"}
        shown = widgets.Box([self.picture, self.asking.box], layout=widgets.Layout(**how))
        self.arrange(shown, [self.building.row], [self.unread, self.below])
        self.picture.on_click(lambda x, y: self.act(lambda: self._clicked(x, y)))
        self.after_sync()

    @property
    def atlas(self) -> Atlas | None:
        """The atlas that is shown; its `save(folder)` keeps one that was built here."""
        return self.context.atlas

    def takes_long(self, state):
        """Say whether projections are to come: then they are made on another thread."""
        atlas = self.context.atlas
        if atlas is None or state.layer not in atlas.layers:
            return False
        return not are_known(self.context, atlas, state.layer, state.channel, state.rule)

    @staticmethod
    def called(view):
        return view.context.network.name

    def to_layer(self, layer):
        """Return the changed fields at another layer, which remembers its feature map."""
        self.visited[self.state.layer] = self.state.channel
        network, channel = self.context.network, self.visited.get(layer)
        if channel is None or channel >= network.layer(layer).channels:
            _, channel = choose.worth_looking_up(network, self.context.atlas, layer)
        return {"layer": layer, "channel": channel}

    # Which atlas

    def to_network(self, name):
        """Turn to another network, and to its atlas over the same photographs, if there is one."""
        if name == self.context.seen_by and self._end_choice():
            return {}  # it is on show still
        chosen, known = self.context.chosen, dict(self.networks)

        def work(tell):
            network = loaded(known, name, tell)
            tell.part("opening its atlas")
            for over in (chosen, SHIPPED):
                if (atlas := self._built_before(network, over)) is not None:
                    return network, atlas, over
            return network, None, SHIPPED

        def then(found):
            ended = self.building.stop()
            self.networks[name] = found[0]
            self._turn(*found)
            said = of_ones_own(found[0]), "What was being built is cancelled." if ended else ""
            self.remark = " ".join(filter(None, said))
            return {}

        return Later(f"Network {name}", work, then)

    def choose(self, chosen):
        """Turn to the atlas over some photographs, or build it."""
        atlas = self._built_before(self.context.network, chosen)
        if atlas is None:
            return self.build(chosen)
        self._end_choice(), self.building.stop()
        return self._turn(self.context.network, atlas, chosen)

    def to_folder(self, path):
        """Open the atlas in a folder, or build one over the photographs in it."""
        place, network = find_atlas(path), self.context.network
        if not (Path(place).is_dir() and is_begun(place)):
            return self.build(path, path)

        def work(tell):
            tell.part("opening")
            return load_atlas(path, network)

        def then(atlas):
            self.building.stop()
            return self._keep(network, path, path, atlas)

        return Later(f"Atlas {path}", work, then)

    def build(self, chosen, source=None):
        """Build an atlas beside; the explorer turns to it when it is done."""
        network = self.context.network
        source = source or self.sources[chosen] or shipped_photographs()

        def work(tell):
            return quietly(build_atlas, network, source, progress=tell)

        def then(atlas):
            self.act(lambda: self._keep(network, chosen, source, atlas))

        what = f"Atlas of {network.name} over {chosen}"
        self._end_choice()
        self._sync()  # the menu still shows what is on show, and no error of before
        self._say(self.text)
        self.building.start(what, "photographs", work, then)

    def _keep(self, network, chosen, source, atlas):
        self.sources.setdefault(chosen, source)
        self.atlases[network, chosen] = atlas
        return self._turn(network, atlas, chosen)

    def _built_before(self, network, chosen):
        """Return the atlas over some photographs, if they are still the same, or None."""
        atlas, source = self.atlases.get((network, chosen)), self.sources.get(chosen)
        if atlas is None:
            return shipped_atlas(network) if chosen == SHIPPED else None
        if chosen == MINE and atlas.photographs != list_photographs(source):
            return None
        return atlas

    def _turn(self, network, atlas, chosen):
        context = self._context(network, atlas, chosen)
        self.state = fitted(context, self.state)
        self.context = context
        return {}

    def _context(self, network, atlas, chosen):
        if atlas is not None:
            remember(network, atlas)
        seen_by, names = in_menu(self.networks, network)
        sources = atlas.photographs[:LISTED] if atlas else ()
        over = tuple(dict.fromkeys((*self.sources, chosen)))
        about = {"network": network, "sources": sources, "labels": labels_of(sources)}
        return AtlasContext(atlas, chosen, seen_by, over, names, **about)

    # One neuron of it

    def open(self, place):
        """Open one of the neurons in the neuron explorer, below."""
        view, network = self.now(), self.context.network
        photograph, neuron = view.nine.neurons[place]
        name, rule = view.context.called(photograph), view.state.rule

        def work(tell):
            tell.part("reading")
            image = quietly(load_image, photograph, network)
            tell.part("extracting features")
            return extract_features(network, image)

        def then(features):
            self._show_below(features, name, neuron, rule)
            here = (neuron.layer, neuron.channel) == (self.state.layer, self.state.channel)
            return {"place": place} if here else {}

        return Later(f"Photograph {name}", work, then)

    def _show_below(self, features, name, neuron, rule):
        if self.opened is None:
            at = neuron.layer, neuron.channel, neuron.row, neuron.column
            self.opened = NeuronExplorer(features, NeuronState(*at, rule), chosen=name)
            self.opened.networks = self.networks
        else:
            self.opened.visit(features, name, neuron, rule)
        close = widgets.Button(description="Close", tooltip="Close the neuron explorer below")
        close.on_click(lambda button: self.close())
        self.below.children = row(hint(TITLE), close), self.opened.root
        self.below.layout.display = None
        self.opened.picture.reveal += 1
        self.remark = "It is open below."

    def close(self):
        """Close the neuron explorer below."""
        self.below.children, self.below.layout.display = (), "none"

    def _clicked(self, x, y):
        place = place_at(self.now(), x, y, self.page)
        return None if place is None else self.open(place)

    def after_sync(self):
        missing = self.view.context.atlas is None
        self.controls["Build its atlas"].layout.display = None if missing else "none"
        self.asking.sync(self.view)
        self.unread.value = skipped(self.view)
        self.unread.layout.display = None if self.unread.value else "none"

    def repaint(self):
        """Draw what is shown once more, and the thumbnails."""
        super().repaint()
        self.asking.sync(self.view)

    def _repr_mimebundle_(self, include=None, exclude=None, **how):
        """Show the widgets; without a kernel, the picture with all its projections."""
        if not self.view.whole:
            self.show()
            self.static, self._static_text = small_jpeg(self.render(self.view)), self.text
        return super()._repr_mimebundle_(include=include, exclude=exclude, **how)


def atlas_explorer(
    network: Any = None,
    atlas: Any = None,
    layer: str | None = None,
    channel: int | None = None,
    rule: str = "deconvnet",
    large: bool = False,
) -> AtlasExplorer:
    """Explore what feature maps look for: the patches of many photographs that excite each most,
    their projections, and which maps answer to some photographs (Zeiler & Fergus 2014, figure 2).

    Args:
        network: a `Network` or what `load_model` takes; by default the atlas's, else the one that
            `load_model()` chooses.
        atlas: an `Atlas` of it, or the folder of one; by default the one that ships. Without one
            the explorer offers to build it.
        layer, channel: what is shown first; by default a map worth seeing, and in a layer the
            strongest.
        rule: "deconvnet", "guided" or "gradient".
        large: words that can be read from the last row of a lecture hall.

    Returns the explorer; its `atlas` is the `Atlas` on show. Raises a ValueError if the atlas is of
    another network or the rule is unknown, a KeyError or IndexError for a layer or feature map that
    is not there.
    """
    if isinstance(atlas, (str, os.PathLike)):
        atlas = load_atlas(atlas, network if isinstance(network, Network) else None)
    if network is None and atlas is not None:
        network = atlas.network
    elif not isinstance(network, Network):
        network = load_model(network)
    known_rule(rule)
    ships = atlas is None or sorted(map(str, atlas.photographs)) == shipped_photographs()
    chosen = SHIPPED if ships else f"{len(atlas.photographs)} of your own"
    if atlas is None:
        atlas = shipped_atlas(network)
    elif not atlas.is_of(network):
        raise ValueError(
            f"Expected an atlas of {network.name!r}, but got one of another network or other "
            "weights: build it again with build_atlas(network, photographs)."
        )
    first = choose.worth_looking_up(network, atlas, layer)
    layer, channel = first[0], first[1] if channel is None else channel
    return AtlasExplorer(network, atlas, AtlasState(layer, channel, rule), chosen).sized(large)
