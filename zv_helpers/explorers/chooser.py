"""The photograph chooser: the photograph, what the network sees of it, and all thumbnails."""

from dataclasses import dataclass, replace
from typing import Any

from PIL import Image, ImageDraw

from ..draw import colours, strips
from ..draw.colours import ORANGE
from ..draw.page import PAPER
from ..images import FITS, ImageError, InputImage, credit, load_image
from ..network import Network
from . import as_code, tables
from .complaints import quietly
from .controls import Control
from .job import Later
from .photographs import PATH, UPLOAD
from .shell import Context, Explorer
from .thumbnails import PITCH, columns_on, name_at, names_to_choose, sheet
from .uploads import kept_upload, read_upload

COLUMNS, ROWS, SIDE = 11, 7, 216
A_PAGE = COLUMNS * ROWS
RGB = (("red", (213, 60, 40)), ("green", (0, 140, 90)), ("blue", colours.BLUE))
CHANNELS = {1: (("grey", (128, 128, 128)),), 3: RGB}


@dataclass(frozen=True)
class ChooserState:
    """What was chosen: an `InputImage`, the name or path it was chosen by, and the page."""

    image: InputImage
    chosen: str
    page: int = 0


@dataclass(frozen=True, eq=False)
class ChooserView:
    """A `ChooserState`, and all names in the order of the thumbnails."""

    context: object
    state: ChooserState
    names: list

    @property
    def pages(self):
        """How many pages of thumbnails there are."""
        return max(-(-len(self.names) // A_PAGE), 1)

    @property
    def on_page(self):
        """The names on the present page."""
        return self.names[self.state.page * A_PAGE :][:A_PAGE]


def resolve(context, state):
    """Work out a state: a `ChooserView`. A chooser's context has the network as its subject; only
    `code` asks it."""
    return ChooserView(context, state, names_to_choose())


def page_of(name, page=0):
    """Return the page of thumbnails a photograph is on; `page` if it is on none."""
    names = names_to_choose()
    return names.index(name) // A_PAGE if name in names else page


def sheet_at(view, page=PAPER):
    """Return where the thumbnails lie: (left, top) in pixels, and how many are in a row."""
    side, channels = page.side(SIDE), view.state.image.pixels.shape[2]
    below = 2 * strips.MARGIN + page.head + side  # the two panels
    if page.narrow:
        return (0, below + channels * page.text(26) + page.head + 16), columns_on(page)
    left = 2 * strips.MARGIN + 2 * side + strips.GAP + 10
    return (left, strips.MARGIN + page.head - 4), COLUMNS


def render(view, page=PAPER):
    """Draw the photograph, what the network sees of it, and the thumbnails: a PIL image."""
    image = view.state.image
    height, width = image.original_size
    box = tuple(edge * image.original.shape[0] / height for edge in image.box)
    h, w, channels = image.pixels.shape
    kind = "grey" if channels == 1 else "RGB"
    fine, seen = strips.is_fine(image.original), strips.is_fine(image.pixels)
    used = f"{width} × {height} pixels; framed: used"
    who = "the network sees" if page.narrow or page.large else "what the network sees"
    panels = [
        strips.Panel(image.original, image.name, used, ((box, ORANGE),), smooth=fine),
        strips.Panel(image.pixels, who, f"{w} × {h} pixels, {kind}", (), seen),
    ]
    side, ((left, top), columns) = page.side(SIDE), sheet_at(view, page)
    thumbnails = sheet(view.on_page, view.state.chosen, columns, page)
    strip, shades = strips.strip(panels, side, side, page), page.shades
    size = left + thumbnails.width, top + -(-A_PAGE // columns) * PITCH + 8
    canvas = Image.new("RGB", (max(size[0], strip.width), size[1]), shades.ground)
    canvas.paste(strip, (0, 0))
    canvas.paste(thumbnails, (left, top))
    draw, head = ImageDraw.Draw(canvas), top + 4 - page.head
    count = f"{len(view.names)} photographs, page {view.state.page + 1} of {view.pages}"
    note = count if page.narrow else f"{count}; your own come first"
    title, room = "click a photograph", thumbnails.width - 8
    strips.words(draw, (left + 4, head), title, page.title, shades.ink, room, True)
    at = left + 4, head + page.text(20)
    strips.words(draw, at, note, page.text(12), shades.pale, room)
    for i, (name, colour) in enumerate(CHANNELS[channels]):
        values, y = image.pixels[..., i], strip.height + 8 + page.text(26) * i
        line = f"{name}: {values.min()} to {values.max()}, mean {values.mean():.0f}"
        side, top = page.text(12), y + page.text(2)
        draw.rectangle((strips.MARGIN, top, strips.MARGIN + side, top + side), fill=colour)
        strips.words(draw, (strips.MARGIN + side + 8, y), line, page.text(14), shades.ink)
    return canvas


def caption(view):
    """Say in words what was chosen, and everything that was done to it."""
    image = view.state.image
    try:
        who = f" Photograph: {credit(view.state.chosen)}."
    except (ImageError, OSError):
        who = ""
    return f"{image.name}: {'; '.join(image.notes)}.{who}"


def photograph(view):
    """Show the photograph's name among all names."""
    chosen = view.state.chosen
    return {"options": tuple(dict.fromkeys([*view.names, chosen])), "value": chosen}


# fmt: off
CHOICES = (
    Control(None, "Dropdown", "Photograph", "A photograph that ships, or one of data/my_photos",
            290, photograph, lambda explorer, name: explorer.choose(name)),
    Control(None, "Dropdown", "Fit",
            "crop: the middle; letterbox: all of it between grey bars; stretch: distorted", 160,
            lambda view: {"value": view.state.image.fit},
            lambda explorer, fit: explorer.to_fit(fit), {"options": FITS}),
    Control("page", "BoundedIntText", "Page", "The page of thumbnails", 120,
            lambda view: {"max": view.pages, "value": view.state.page + 1},
            lambda explorer, page: {"page": page - 1}, {"min": 1}),
)
# fmt: on


class PhotographChooser(Explorer):
    """The widgets of `photograph_chooser`."""

    switches, folded = CHOICES, ((UPLOAD, PATH),)
    in_fold = "Upload, or a path"
    resolve, render, caption = staticmethod(resolve), staticmethod(render), staticmethod(caption)
    kind, code = "photograph", staticmethod(as_code.photograph)
    numbers = staticmethod(tables.photograph)

    def __init__(self, network, state):
        self.network = network
        super().__init__(Context(network), state)
        self.picture.on_click(lambda x, y: self.act(lambda: self._clicked(x, y)))

    @property
    def image(self):
        """The `InputImage` that is chosen."""
        return self.state.image

    @property
    def name(self):
        """The name or path by which it was chosen."""
        return self.state.chosen

    @staticmethod
    def called(view):
        return view.state.image.name

    def choose(self, name):
        """Turn to a photograph, by its name or its path."""
        if name == self.name and self._end_choice():
            return {}  # it is on show still
        fit = self.image.fit
        return self._read(name, lambda: quietly(load_image, name, self.network, fit))

    def upload(self, file):
        """Turn to a photograph that was uploaded; then it is kept."""
        content, fit = file.content, self.image.fit

        def then(image):
            image, note = kept_upload(image, file.name, content)
            self.remark = f"{file.name}: {note}."
            return self._turn(image, image.name)

        def read():
            return read_upload(file.name, content, self.network, fit)

        return self._read(file.name, read, then)

    def to_fit(self, fit):
        """Fit the photograph to the network's input in another way."""
        name, image = self.name, self.image
        if fit == image.fit and self._end_choice():
            return {}

        def read():
            return replace(quietly(load_image, image.source, self.network, fit), name=image.name)

        return self._read(name, read, lambda image: {"image": image})

    def _read(self, name, read, then=None):
        """Return what reading a photograph is: a `Later`; then(image): what is done with it."""

        def work(tell):
            tell.part("reading")
            return read()

        return Later(f"Photograph {name}", work, then or (lambda image: self._turn(image, name)))

    def _turn(self, image, name):
        return {"image": image, "chosen": name, "page": page_of(name, self.state.page)}

    def _clicked(self, x, y):
        view = self.now()
        (left, top), columns = sheet_at(view, self.page)
        name = name_at(view.on_page, columns, x - left, y - top)
        return self.choose(name) if name else None


def photograph_chooser(
    network: Network, source: Any = "tabby_cat", fit: str = "crop", large: bool = False
) -> PhotographChooser:
    """Choose a photograph, and see what the network sees of it.

    Args:
        network: the `Network` it is for.
        source, fit: what is shown first, as in `load_image`; or an `InputImage`.
        large: words that can be read from the last row of a lecture hall.

    Returns the chooser; its `image` is the `InputImage` for the next cell, its `name` a PHOTO.
    Raises an ImageError or DataError if the first photograph cannot be used.
    """
    image = source
    if not isinstance(source, InputImage):
        image = quietly(load_image, source, network, fit)
    chosen = source if isinstance(source, str) else image.name
    return PhotographChooser(network, ChooserState(image, chosen, page_of(chosen))).sized(large)
