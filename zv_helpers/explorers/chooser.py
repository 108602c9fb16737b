"""The photograph chooser: the photograph, what the network sees of it, and all thumbnails."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from ..draw import colours, strips
from ..draw.colours import ORANGE
from ..draw.strips import Panel
from ..images import FITS, ImageError, InputImage, credit, load_image, photographs
from .photographs import path_box, read_upload, upload_button
from .shell import Explorer, labelled, quietly, row
from .thumbnails import PITCH, name_at, names_to_choose, sheet

COLUMNS, ROWS, SIDE = 11, 7, 230


@dataclass(frozen=True)
class ChooserState:
    """What the chooser shows: an `InputImage`, what it was chosen by, and the page."""

    image: InputImage
    chosen: str
    page: int = 0


def pages():
    """Return how many pages of thumbnails there are."""
    return max(-(-len(names_to_choose()) // (COLUMNS * ROWS)), 1)


def names_on(page):
    """List the photographs on a page of thumbnails."""
    return names_to_choose()[page * COLUMNS * ROWS :][: COLUMNS * ROWS]


def page_of(name, page=0):
    """Return the page of thumbnails a photograph is on; `page` if it is on none."""
    names = names_to_choose()
    return names.index(name) // (COLUMNS * ROWS) if name in names else page


def sheet_place():
    """Return where the sheet begins in the chooser's picture: (left, top)."""
    return 2 * strips.MARGIN + 2 * SIDE + strips.GAP + 10, strips.MARGIN + strips.HEAD - 4


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
    left, _ = strips.strip(
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
    thumbnails = sheet(names_on(state.page), state.chosen, COLUMNS)
    start, top = sheet_place()
    size = start + thumbnails.width, top + ROWS * PITCH + 8
    canvas = Image.new("RGB", size, "white")
    canvas.paste(left, (0, 0))
    canvas.paste(thumbnails, (start, top))
    draw = ImageDraw.Draw(canvas)
    strips.words(draw, (start + 4, strips.MARGIN), "click a photograph", 14, bold=True)
    count = f"{len(names_to_choose())} photographs, page {state.page + 1} of {pages()}"
    count += "; your own come first"
    strips.words(draw, (start + 4, strips.MARGIN + 20), count, 12, colours.PALE)
    for i, (values, colour) in enumerate(
        zip(np.moveaxis(image.pixels, 2, 0), COLOURS, strict=True)
    ):
        name, rgb = colour
        line = f"{name}: {values.min()} to {values.max()}, mean {values.mean():.0f}"
        y = top + SIDE + 24 + 26 * i
        draw.rectangle((strips.MARGIN, y + 2, strips.MARGIN + 12, y + 14), fill=rgb)
        strips.words(draw, (strips.MARGIN + 20, y), line, 14, colours.INK)
    return canvas, describe_image(image, state.chosen)


COLOURS = (("red", (213, 60, 40)), ("green", (0, 140, 90)), ("blue", colours.BLUE))


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
        left, top = sheet_place()
        x, y = event.get("dataX", -1) - left, event.get("dataY", -1) - top
        name = name_at(names_on(self.state.page), COLUMNS, x, y)
        return self._choose(name) if name else None


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
