"""What all explorers but the chooser share: the folded row in which photograph and network are
chosen.

A photograph is one that ships, one of your own, an upload, or a path.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import ipywidgets as widgets

from ..draw.strips import jpeg
from ..features import extract_features
from ..images import load_image, photographs
from ..network import load_model, networks
from ..progress import watched, watching
from .complaints import quietly
from .controls import Control
from .job import Later
from .picture import Picture
from .shell import Context, Explorer
from .thumbnails import columns_on, name_at, names_to_choose, sheet
from .uploads import kept_upload, read_upload

COLUMNS = 18  # of thumbnails, as many as fit beside each other
SHEET = "Thumbnails of all photographs, which the menu beside them lists by name"


# fmt: off
UPLOAD = Control(None, "FileUpload", "Upload",
                 "A photograph of your own, up to 90 MB; it is kept in data/my_photos", 120,
                 lambda view: {"value": ()},
                 lambda explorer, files: explorer.upload(files[0]) if files else None,
                 {"accept": "image/*,.heic,.heif", "multiple": False})
PATH = Control(None, "Text", "or a path", "The path of a picture on this machine; press Enter", 190,
               None, lambda explorer, path: explorer.choose(path.strip()) if path.strip() else None,
               {"placeholder": "data/my_photos/rex.jpg"})
NETWORK = Control(None, "Dropdown", "Network", "A network that ships, or one of data/my_networks",
                  220, lambda view: {"options": view.context.networks,
                                     "value": view.context.seen_by},
                  lambda explorer, name: explorer.to_network(name))
PHOTOGRAPH = (
    Control(None, "Dropdown", "Photograph", "A photograph that ships, or one of data/my_photos",
            270, lambda view: {"options": view.context.names, "value": view.context.chosen},
            lambda explorer, name: explorer.choose(name)),
    Control(None, "ToggleButton", "Thumbnails", "Show all photographs, and choose by a click",
            110, None, lambda explorer, on: explorer.show_thumbnails(on)),
    NETWORK,
    UPLOAD,
    PATH,
)
# fmt: on


def in_menu(known, network):
    """Return a network's name in the menu, and all names in it; known: {name: Network}."""
    seen_by = next(name for name, one in known.items() if one is network)
    return seen_by, tuple(dict.fromkeys((next(iter(known)), *networks(), seen_by)))


def loaded(known, name, tell):
    """Return the network of that name, one that is known or one that is loaded now; tell: the
    `Teller` of who waits for it."""
    if name in known:
        return known[name]
    tell.part("loading")
    return load_model(name)


def of_ones_own(network):
    """Say what a network of one's own takes: wrong answers often come from there."""
    return f"{network.name} takes {network.spec}." if network.recipe is None else ""


@dataclass(frozen=True, eq=False)
class Looked:
    """What was worked out of a photograph and a network before an explorer turns to them.

    Attributes:
        context: a `Context` of the features, in which what will be shown is at hand.
        before, after: the explorer's state, as it was and as it fits them.
    """

    context: Context
    before: object
    after: object


class FeatureExplorer(Explorer):
    """An explorer that looks at features. Choosing a photograph runs the forward pass.

    A subclass names the pure function fitting(context, state): the state as it fits other features.
    """

    fitting: Callable
    in_fold = "Photograph, network and more"

    def __init__(self, features, state, chosen=None):
        self.networks = {features.network.name: features.network}
        chosen = chosen or features.image.name
        self.others = {chosen: features.image}
        self.sheet = self.frame = self.framed = None
        super().__init__(self._context(features, chosen, photographs()), state)

    def _context(self, features, chosen, known):
        seen_by, names = in_menu(self.networks, features.network)
        return Context(
            features, chosen, seen_by, tuple(dict.fromkeys((*known, *self.others))), names
        )

    @staticmethod
    def called(view):
        features = view.context.features
        return f"{features.image.name}_{features.network.name}"

    def choose(self, name):
        """Turn to a photograph, by its name or its path."""
        if name == self.context.chosen and self._end_choice():
            return {}  # it is on show still
        network = self.context.features.network

        def work(tell):
            tell.part("reading")
            return self._look(tell, network, self._load(name, network))

        return Later(f"Photograph {name}", work, lambda looked: self._turn(name, looked))

    def upload(self, file):
        """Turn to a photograph that was uploaded; then it is kept."""
        network, content = self.context.features.network, file.content

        def work(tell):
            tell.part("reading")
            return self._look(tell, network, read_upload(file.name, content, network))

        def then(looked):
            features = looked.context.features
            image, note = kept_upload(features.image, file.name, content)
            context = replace(looked.context, subject=replace(features, image=image))
            return self._turn(image.name, replace(looked, context=context), note)

        return Later(f"Photograph {file.name}", work, then)

    def to_network(self, name):
        """Turn to another network, with the same photograph."""
        if name == self.context.seen_by and self._end_choice():
            return {}
        chosen, known = self.context.chosen, dict(self.networks)

        def work(tell):
            network = loaded(known, name, tell)
            tell.part(f"reading {chosen}")
            return self._look(tell, network, self._load(chosen, network))

        def then(looked):
            network = self.networks[name] = looked.context.network
            self._turn(chosen, looked)
            self.remark = f"{self.remark} {of_ones_own(network)}".strip()
            return {}

        return Later(f"Network {name}", work, then)

    def _load(self, name, network):
        fit = self.context.features.image.fit
        known = self.others.get(name)
        if known is None:
            return quietly(load_image, name, network, fit)
        if known.spec == network.spec:
            return known
        return replace(quietly(load_image, known.source, network, fit), name=known.name)

    def _look(self, tell, network, image):
        """Extract features, and work out what will be shown of them: `Looked`."""
        tell.part("extracting features")
        context, before = Context(extract_features(network, image)), self.state
        tell.part("working out the picture")
        with watching(tell):
            after = self.fitting(context, before)
            next(iter(self.stages(context, after)))
        return Looked(context, before, after)

    def _turn(self, name, looked, *notes):
        """Turn to what was looked at; name: the photograph's in the menu."""
        features, state, known = looked.context.features, self.state, photographs()
        same = state is looked.before  # as most often; else a slider was moved meanwhile
        state = looked.after if same else self.fitting(looked.context, state)
        if name not in known:
            self.others[name] = features.image
        self.context = replace(self._context(features, name, known), kept=looked.context.kept)
        self.state, notes = state, (*features.image.notes, *notes)
        self.remark = f"{features.image.name}: {'; '.join(notes)}." if notes else ""
        return {}

    def show_thumbnails(self, on):
        """Show a sheet of all photographs under the row, or hide it."""
        names = names_to_choose() if on else ()

        def work(tell):  # each is made once, and kept
            for name in watched(names, "drawing thumbnails", tell):
                sheet([name], (), 1)

        def then(_):
            self.framed = None  # the folder may have changed since they were last shown
            rest = [one for one in self.boxes[0].children if one is not self.frame]
            self.boxes[0].children = (*rest, self._framed_sheet()) if on else rest
            return {}

        return Later("Thumbnails", work, then, "photographs") if on else then(None)

    def _framed_sheet(self):
        """Return the sheet in its frame, made when it is first asked for."""
        if self.sheet is None:
            self.sheet = Picture(kind="zv-thumbnails", alt=SHEET)
            self.sheet.on_click(lambda x, y: self.act(lambda: self._clicked(x, y)))
            how = {"display": "block", "max_height": "306px", "width": "100%", "overflow": "auto"}
            self.frame = widgets.Box([self.sheet], layout=widgets.Layout(**how))
        return self.frame

    def after_sync(self):
        shown = self.frame in self.boxes[0].children
        if self.being_chosen != "Thumbnails":
            self.controls["Thumbnails"].value = shown
        if shown and self.framed != self.view.context.chosen:
            self.sheet_names, self.framed = names_to_choose(), self.view.context.chosen
            drawn = sheet(self.sheet_names, self.framed, self._columns(), self.page)
            self.sheet.value = jpeg(drawn)

    def _columns(self):
        return min(COLUMNS, columns_on(self.page))

    def repaint(self):
        """Draw what is shown once more, and the thumbnails."""
        super().repaint()
        self.framed = None
        self.after_sync()

    def _clicked(self, x, y):
        name = name_at(self.sheet_names, self._columns(), x, y)
        return self.choose(name) if name else None
