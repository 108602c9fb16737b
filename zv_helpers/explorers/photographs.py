"""The row in which each explorer chooses its photograph and its network.

A photograph is one that ships, one of your own, an upload, or a path.
"""

import io
import re
from dataclasses import replace
from pathlib import Path

from ..data import data_folder
from ..draw.strips import jpeg
from ..features import extract_features
from ..images import ImageError, load_image, photographs
from ..models import load_model
from .shell import labelled, quietly, row
from .thumbnails import name_at, names_to_choose, sheet

SUFFIX = re.compile(r"[^\w.-]+")
COLUMNS = 18  # of thumbnails, as many as fit beside each other


def read_upload(name, content, network, fit="crop"):
    """Load an uploaded photograph and keep it in data/my_photos, for every notebook.

    Args:
        name: the file's name on the learner's machine; content: its bytes.

    Returns:
        (InputImage, note): the note says where it was kept, or why it was not.

    Raises:
        ImageError: it is no photograph that can be used; then nothing is kept.
    """
    file = io.BytesIO(bytes(content))
    file.name = name
    try:
        image = quietly(load_image, file, network, fit)
    except ImageError as error:
        stem = Path(name).stem
        raise ImageError(str(error).replace(f"the file object {stem!r}", repr(name))) from None
    try:
        path = free_path(data_folder() / "my_photos", SUFFIX.sub("_", name).lstrip("._"), content)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        return image, f"it could not be kept in data/my_photos ({error.strerror})"
    known = next(key for key, place in photographs().items() if place == path)
    return replace(
        image, name=known
    ), f'kept as data/my_photos/{path.name}: PHOTO = "{known}" uses it in any notebook'


def free_path(folder, name, content):
    """Return a Path that no other file has taken; the same content keeps its name."""
    stem, dot, suffix = name.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem else (name or "photograph", "")
    for number in range(1, 1000):
        path = folder / (f"{stem}{suffix}" if number == 1 else f"{stem}_{number}{suffix}")
        if not path.exists() or path.read_bytes() == content:
            return path
    raise OSError(17, "too many files of that name")


class PhotographRow:
    """The widgets with which an explorer changes its photograph or its network.

    `box` is the row of widgets. Choosing runs the forward pass, and the explorer turns to it.
    """

    def __init__(self, explorer):
        features = explorer.context.features
        self.explorer, self.chosen, self.stale = explorer, features.image.name, False
        self.networks = {features.network.name: features.network}
        self.others = {self.chosen: features.image}
        self.photograph = labelled(
            "Dropdown",
            "Photograph",
            "A photograph that ships, or one of data/my_photos",
            "270px",
            options=self._names(),
            value=self.chosen,
        )
        self.upload = upload_button()
        self.path = path_box()
        self.network = labelled(
            "Dropdown",
            "Network",
            "The network that looks at the photograph",
            "220px",
            options=list(dict.fromkeys([features.network.name, "squeezenet", "vgg16-conv"])),
            value=features.network.name,
        )
        self.open = labelled(
            "ToggleButton", "Thumbnails", "Show all photographs, and choose by a click", "110px"
        )
        explorer.on(self.open, self._show_thumbnails)
        explorer.on(self.photograph, self._choose)
        explorer.on(self.path, lambda path: self._choose(path.strip()) if path.strip() else None)
        explorer.on(self.upload, self._uploaded)
        explorer.on(self.network, self._to_network)
        self.thumbnails = self.event = self.framed = None
        self.controls = (self.photograph, self.open, self.network, self.upload, self.path)
        self.box = row(*self.controls)

    def sync(self):
        """Set the widgets to what the explorer looks at."""
        if self.open.value and self.framed != self.chosen:
            self.names, self.framed = names_to_choose(), self.chosen
            self.thumbnails.value = jpeg(sheet(self.names, self.framed, COLUMNS))
        if self.stale:
            self.stale, self.photograph.options = False, self._names()
        self.photograph.value = self.chosen
        self.network.value = self.explorer.context.features.network.name
        if self.upload.value:
            self.upload.value = ()

    def _names(self):
        return tuple(dict.fromkeys([*photographs(), *self.others]))

    def _show_thumbnails(self, on):
        if self.thumbnails is None:
            self._make_thumbnails()
        self.framed = None  # the folder may have changed since they were last shown
        self.box.children = (*self.controls, self.frame) if on else self.controls
        return {}

    def _make_thumbnails(self):
        import ipywidgets as widgets
        from ipyevents import Event

        self.thumbnails = widgets.Image(format="jpeg")
        self.thumbnails.add_class("zv-thumbnails")
        layout = widgets.Layout(display="block", max_height="306px", width="100%", overflow="auto")
        self.frame = widgets.Box([self.thumbnails], layout=layout)
        self.event = Event(source=self.thumbnails, watched_events=["click"])
        self.event.on_dom_event(lambda event: self.explorer.act(lambda: self._clicked(event)))

    def _clicked(self, event):
        place = event.get("dataX", -1), event.get("dataY", -1)
        name = name_at(self.names, COLUMNS, *place)
        return self._choose(name) if name else None

    def _load(self, name, network):
        fit = self.explorer.context.features.image.fit
        known = self.others.get(name)
        if known is None:
            return quietly(load_image, name, network, fit)
        if (
            known.batch.shape[1:3] == network.input_size
            and network is self.explorer.context.features.network
        ):
            return known
        return replace(quietly(load_image, known.original, network, fit), name=known.name)

    def _choose(self, name):
        network = self.explorer.context.features.network
        self.explorer.busy(f"{network.name} is looking at {name} …")
        image = self._load(name, network)
        if name not in photographs():
            self.others[name] = image
        return self._seen(name, network, image, image.notes)

    def _uploaded(self, files):
        if not files:
            return None
        network = self.explorer.context.features.network
        self.explorer.busy(f"{network.name} is looking at {files[0].name} …")
        image, note = read_upload(files[0].name, files[0].content, network)
        name = image.name
        if name not in photographs():
            self.others[name] = image
        return self._seen(name, network, image, (*image.notes, note))

    def _to_network(self, name):
        if name not in self.networks:
            self.explorer.busy(f"Loading the network {name} …")
            self.networks[name] = load_model(name)
        network = self.networks[name]
        self.explorer.busy(f"{name} is looking at {self.chosen} …")
        image = self._load(self.chosen, network)
        return self._seen(self.chosen, network, image, image.notes)

    def _seen(self, name, network, image, notes):
        self.explorer.look(extract_features(network, image))
        self.chosen, self.stale = name, True
        self.explorer.remark = f"{image.name}: {'; '.join(notes)}." if notes else ""
        return {}


def upload_button():
    """Make the button that uploads a photograph."""
    import ipywidgets as widgets

    return widgets.FileUpload(
        description="Upload",
        tooltip="A photograph of your own, up to 90 MB; it is kept in data/my_photos",
        accept="image/*,.heic,.heif",
        multiple=False,
        layout=widgets.Layout(width="120px", margin="2px 14px 2px 0"),
    )


def path_box():
    """Make the box for a picture's path."""
    return labelled(
        "Text",
        "or a path",
        "The path of a picture on this machine; press Enter",
        "250px",
        placeholder="data/my_photos/rex.jpg",
        continuous_update=False,
    )
