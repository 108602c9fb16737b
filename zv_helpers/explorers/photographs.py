"""What all explorers but the chooser share: the folded row in which photograph and network are
chosen.

A photograph is one that ships, one of your own, an upload, or a path.
"""

from collections.abc import Callable
from dataclasses import replace

import ipywidgets as widgets

from ..draw.strips import jpeg
from ..features import extract_features
from ..images import load_image, photographs
from ..network import load_model, networks
from .complaints import quietly
from .controls import Control
from .picture import Picture
from .shell import Context, Explorer
from .thumbnails import columns_on, name_at, names_to_choose, sheet
from .uploads import read_upload

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


def loaded(explorer, name):
    """Return the network of that name, loaded once for an explorer."""
    if name not in explorer.networks:
        explorer.busy(f"Loading the network {name} …")
        explorer.networks[name] = load_model(name)
    return explorer.networks[name]


def of_ones_own(network):
    """Say what a network of one's own takes: wrong answers often come from there."""
    return f"{network.name} takes {network.spec}." if network.recipe is None else ""


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
        return self._seen(name, self.context.features.network)

    def upload(self, file):
        """Turn to a photograph that was uploaded."""
        seen_by = self.context.features.network
        self.busy(f"{seen_by.name} is looking at {file.name} …")
        image, note = read_upload(file.name, file.content, seen_by)
        return self._turn(image.name, seen_by, image, (*image.notes, note))

    def to_network(self, name):
        """Turn to another network, with the same photograph."""
        network = loaded(self, name)
        self._seen(self.context.chosen, network)
        self.remark = f"{self.remark} {of_ones_own(network)}".strip()
        return {}

    def _seen(self, name, network):
        self.busy(f"{network.name} is looking at {name} …")
        image = self._load(name, network)
        return self._turn(name, network, image, image.notes)

    def _load(self, name, network):
        fit = self.context.features.image.fit
        known = self.others.get(name)
        if known is None:
            return quietly(load_image, name, network, fit)
        if known.spec == network.spec:
            return known
        return replace(quietly(load_image, known.original, network, fit), name=known.name)

    def _turn(self, name, network, image, notes):
        known = photographs()
        if name not in known:
            self.others[name] = image
        context = self._context(extract_features(network, image), name, known)
        self.state = self.fitting(context, self.state)
        self.context = context
        self.remark = f"{image.name}: {'; '.join(notes)}." if notes else ""
        return {}

    def show_thumbnails(self, on):
        """Show a sheet of all photographs under the row, or hide it."""
        if self.sheet is None:
            self.sheet = Picture(kind="zv-thumbnails", alt=SHEET)
            self.sheet.on_click(lambda x, y: self.act(lambda: self._clicked(x, y)))
            how = {"display": "block", "max_height": "306px", "width": "100%", "overflow": "auto"}
            self.frame = widgets.Box([self.sheet], layout=widgets.Layout(**how))
        self.framed = None  # the folder may have changed since they were last shown
        rest = [one for one in self.boxes[0].children if one is not self.frame]
        self.boxes[0].children = (*rest, self.frame) if on else rest
        return {}

    def after_sync(self):
        if self.controls["Thumbnails"].value and self.framed != self.view.context.chosen:
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
