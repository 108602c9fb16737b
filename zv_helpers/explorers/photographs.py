"""Choose a photograph: from those that ship, from your own, by upload, or by path."""

import functools
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..data import data_folder
from ..features import extract_features
from ..images import FITS, ImageError, InputImage, credit, load_image, photographs
from ..models import load_model
from . import drawing
from .drawing import ORANGE, Panel
from .shell import Explorer, labelled, quietly, row

SUFFIX = re.compile(r"[^\w.-]+")


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
        explorer.on(self.photograph, self._choose)
        explorer.on(self.path, lambda path: self._choose(path.strip()) if path.strip() else None)
        explorer.on(self.upload, self._uploaded)
        explorer.on(self.network, self._to_network)
        self.box = row(self.photograph, self.network, self.upload, self.path)

    def sync(self):
        """Set the widgets to what the explorer looks at."""
        if self.stale:
            self.stale, self.photograph.options = False, self._names()
        self.photograph.value = self.chosen
        self.network.value = self.explorer.context.features.network.name
        if self.upload.value:
            self.upload.value = ()

    def _names(self):
        return tuple(dict.fromkeys([*photographs(), *self.others]))

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
        "290px",
        placeholder="data/my_photos/rex.jpg",
        continuous_update=False,
    )


@dataclass(frozen=True)
class ChooserState:
    """What the chooser shows: an `InputImage`, what it was chosen by, and the page."""

    image: InputImage
    chosen: str
    page: int = 0


COLUMNS, ROWS, THUMB, SIDE = 11, 7, 54, 230


def names_to_choose():
    """List the photographs in the order of the thumbnails: your own first, then those that ship."""
    own = data_folder() / "my_photos"
    found = photographs()
    return [n for n in found if found[n].parent == own] + [
        n for n in found if found[n].parent != own
    ]


def pages():
    """Return how many pages of thumbnails there are."""
    return max(-(-len(names_to_choose()) // (COLUMNS * ROWS)), 1)


@functools.lru_cache(maxsize=1024)
def thumbnail(path, modified):
    """Return a square thumbnail of a file as a PIL image; grey with a ? where it cannot be read."""
    try:
        with Image.open(path) as picture:
            picture.draft("RGB", (THUMB * 2, THUMB * 2))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            return ImageOps.fit(upright, (THUMB, THUMB), Image.Resampling.BICUBIC)
    except Exception:  # whatever is wrong with it is said when it is chosen
        square = Image.new("RGB", (THUMB, THUMB), (225, 225, 225))
        drawing.words(drawing.ImageDraw.Draw(square), (22, 14), "?", 22, drawing.PALE)
        return square


def sheet(chosen, page):
    """Draw a page of thumbnails, the chosen one framed."""
    pitch = THUMB + 4
    canvas = Image.new("RGB", (COLUMNS * pitch + 8, ROWS * pitch + 8), "white")
    draw = drawing.ImageDraw.Draw(canvas)
    known = photographs()
    for i, name in enumerate(names_to_choose()[page * COLUMNS * ROWS :][: COLUMNS * ROWS]):
        left, top = 4 + (i % COLUMNS) * pitch, 4 + (i // COLUMNS) * pitch
        canvas.paste(thumbnail(known[name], known[name].stat().st_mtime_ns), (left, top))
        if name == chosen:
            drawing.frame(draw, (left, top, left + THUMB, top + THUMB))
    return canvas


def sheet_place():
    """Return where the sheet begins in the chooser's picture: (left, top)."""
    return 2 * drawing.MARGIN + 2 * SIDE + drawing.GAP + 10, drawing.MARGIN + drawing.HEAD - 4


def name_at(page, x, y):
    """Return the name of the photograph whose thumbnail was clicked, or None."""
    left, top = sheet_place()
    column, row_ = (x - left - 4) // (THUMB + 4), (y - top - 4) // (THUMB + 4)
    if not (0 <= column < COLUMNS and 0 <= row_ < ROWS):
        return None
    names = names_to_choose()[page * COLUMNS * ROWS :][: COLUMNS * ROWS]
    place = int(row_ * COLUMNS + column)
    return names[place] if place < len(names) else None


def render_chooser(context, state):
    """Draw the photograph, what the network sees of it, and the thumbnails.

    Args:
        context: not used; a chooser has no features. state: `ChooserState`.

    Returns:
        (PIL image, text).
    """
    image = state.image
    height, width = image.original_size
    scale = image.original.shape[0] / height
    box = tuple(edge * scale for edge in image.box)
    h, w = image.pixels.shape[:2]
    left, _ = drawing.strip(
        [
            Panel(
                image.original,
                image.name,
                f"{width} × {height} pixels; framed: used",
                ((box, ORANGE),),
                smooth=True,
            ),
            Panel(image.pixels, "what the network sees", f"{w} × {h} pixels, RGB", smooth=True),
        ],
        SIDE,
        SIDE,
    )
    thumbnails = sheet(state.chosen, state.page)
    start, top = sheet_place()
    canvas = Image.new("RGB", (start + thumbnails.width, top + thumbnails.height), "white")
    canvas.paste(left, (0, 0))
    canvas.paste(thumbnails, (start, top))
    draw = drawing.ImageDraw.Draw(canvas)
    drawing.words(draw, (start + 4, drawing.MARGIN), "click a photograph", 14, bold=True)
    count = f"{len(names_to_choose())} photographs, page {state.page + 1} of {pages()}"
    count += "; your own come first"
    drawing.words(draw, (start + 4, drawing.MARGIN + 20), count, 12, drawing.PALE)
    for i, (values, colour) in enumerate(
        zip(np.moveaxis(image.pixels, 2, 0), COLOURS, strict=True)
    ):
        name, rgb = colour
        line = f"{name}: {values.min()} to {values.max()}, mean {values.mean():.0f}"
        y = top + SIDE + 24 + 26 * i
        draw.rectangle((drawing.MARGIN, y + 2, drawing.MARGIN + 12, y + 14), fill=rgb)
        drawing.words(draw, (drawing.MARGIN + 20, y), line, 14, drawing.INK)
    return canvas, describe_image(image, state.chosen)


COLOURS = (("red", (213, 60, 40)), ("green", (0, 140, 90)), ("blue", drawing.BLUE))


def describe_image(image, chosen):
    """Say in words what was chosen, and everything that was done to it."""
    notes = "; ".join(image.notes)
    try:
        who = f" Photograph: {credit(chosen)}."
    except (ImageError, OSError):
        who = ""
    return f"{image.name}: {notes}.{who}"


class PhotographChooser(Explorer):
    """The widgets of `photograph_chooser`."""

    def __init__(self, network, source="tabby_cat", fit="crop"):
        self.network, self.fit = network, fit
        image = (
            source if isinstance(source, InputImage) else quietly(load_image, source, network, fit)
        )
        chosen = source if isinstance(source, str) else image.name
        super().__init__(None, ChooserState(image, chosen, page_of(chosen)))

    render = staticmethod(render_chooser)

    @property
    def image(self):
        """The `InputImage` that is chosen."""
        return self.state.image

    @property
    def name(self):
        """The name or path by which it was chosen."""
        return self.state.chosen

    def controls(self):
        from ipyevents import Event

        self.photograph = labelled(
            "Dropdown",
            "Photograph",
            "A photograph that ships, or one of data/my_photos",
            "290px",
            options=self._names(),
            value=self.state.chosen,
        )
        self.upload, self.path = upload_button(), path_box()
        self.fitted = labelled(
            "Dropdown",
            "Fit",
            "crop: the middle; letterbox: all of it between grey bars; stretch: distorted",
            "160px",
            options=FITS,
            value=self.fit,
        )
        self.paging = labelled(
            "BoundedIntText", "Page", "The page of thumbnails", "120px", min=1, max=pages()
        )
        self.event = Event(source=self.picture, watched_events=["click"])
        self.event.on_dom_event(lambda event: self.act(lambda: self._clicked(event)))
        self.on(self.photograph, self._choose)
        self.on(self.path, lambda path: self._choose(path.strip()) if path.strip() else None)
        self.on(self.upload, self._uploaded)
        self.on(self.fitted, self._to_fit)
        self.on(self.paging, lambda page: {"page": page - 1})
        return [row(self.photograph, self.upload, self.path, self.fitted, self.paging)]

    def sync(self):
        names = self._names()
        if self.photograph.options != names:
            self.photograph.options = names
        self.photograph.value = self.state.chosen
        self.fitted.value = self.fit
        self.paging.max = pages()
        self.paging.value = self.state.page + 1
        if self.upload.value:
            self.upload.value = ()

    def _names(self):
        return tuple(dict.fromkeys([*names_to_choose(), self.state.chosen]))

    def _choose(self, name):
        image = quietly(load_image, name, self.network, self.fit)
        return {"image": image, "chosen": name, "page": page_of(name, self.state.page)}

    def _uploaded(self, files):
        if not files:
            return None
        self.busy(f"Reading {files[0].name} …")
        image, note = read_upload(files[0].name, files[0].content, self.network, self.fit)
        self.remark = f"{files[0].name}: {note}."
        return {"image": image, "chosen": image.name, "page": page_of(image.name, self.state.page)}

    def _to_fit(self, fit):
        known = photographs()
        chosen = self.state.chosen
        image = quietly(
            load_image, chosen if chosen in known else self.image.original, self.network, fit
        )
        self.fit = fit
        return {"image": replace(image, name=self.image.name)}

    def _clicked(self, event):
        name = name_at(self.state.page, event.get("dataX", -1), event.get("dataY", -1))
        return self._choose(name) if name else None


def page_of(name, page=0):
    """Return the page of thumbnails a photograph is on; `page` if it is on none."""
    names = names_to_choose()
    return names.index(name) // (COLUMNS * ROWS) if name in names else page


def photograph_chooser(network, source="tabby_cat", fit="crop"):
    """Choose a photograph, and see what the network sees of it.

    Args:
        network: the `Network` it is for.
        source, fit: what is shown first, as in `load_image`; or an `InputImage`.

    Returns:
        the chooser; its `image` is the `InputImage` for the next cell, its `name` a PHOTO.

    Raises:
        ImageError, DataError: the first photograph cannot be used.
    """
    return PhotographChooser(network, source, fit)
