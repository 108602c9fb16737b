"""Which maps answer to these photographs? The part of the atlas explorer that asks."""

from dataclasses import dataclass

import ipywidgets as widgets

from ..draw.strips import jpeg
from .controls import Control, row
from .picture import Picture
from .thumbnails import name_at, sheet

COLUMNS = 6  # of thumbnails
MOST = 200  # photographs of which thumbnails are drawn
MAPS = 20  # that are listed
SHEET = "Thumbnails of the photographs of the atlas, which the list beside them has by name"
HOW = (
    "<b>Which maps answer to these photographs?</b> Click some, or choose them in the list (Ctrl, "
    "or Shift and the arrow keys); then choose a map. Its score is 1 where no other photograph "
    "excites it, ½ where another does so as much."
)


def answers(subject, atlas, asked):
    """Return the maps that answer to photographs by their numbers: a tuple of `Answer`s."""
    return tuple(atlas.answering([atlas.photographs[i] for i in asked], count=MAPS))


def photographs(view):
    """Show which photographs of the atlas are chosen."""
    options = tuple((name, i) for i, name in enumerate(view.context.labels))
    return {"options": options, "value": view.state.asked}


def found(view):
    """Show the maps that answer, and whether one of them is on show."""
    options = tuple(
        (f"{one.layer}, map {one.channel}: {one.score:.2f}", (one.layer, one.channel))
        for one in view.answers
    )
    here = view.state.layer, view.state.channel
    return {"options": options, "value": here if here in dict(options).values() else None}


def to_map(explorer, chosen):
    """Return the changed fields when a map is chosen."""
    return dict(zip(("layer", "channel"), chosen, strict=True)) if chosen else None


# fmt: off
ASK = (
    Control("asked", "SelectMultiple", "These photographs",
            "Choose one or some: hold Ctrl, or Shift and an arrow key", 330, photographs,
            lambda explorer, chosen: {"asked": tuple(chosen)}, {"rows": 6}),
    Control("channel", "Select", "Maps", "Choose one, and the sliders go to it", 330, found,
            to_map, {"rows": 6}),
)
# fmt: on


@dataclass
class Asking:
    """The widgets of the question: `box`, shown or not, and a sheet of thumbnails to click on."""

    explorer: object
    controls: list

    def __post_init__(self):
        self.sheet = Picture(kind="zv-thumbnails", alt=SHEET)
        self.sheet.on_click(lambda x, y: self.explorer.act(lambda: self._clicked(x, y)))
        how = {"display": "block", "max_height": "190px", "overflow": "auto", "flex": "0 1 364px"}
        self.thumbnails = widgets.Box([self.sheet], layout=widgets.Layout(**how))
        self.said = widgets.HTML()
        parts = [paragraph(HOW), row(self.thumbnails, *self.controls), self.said]
        self.box = widgets.VBox(parts, layout=widgets.Layout(width="100%"))
        self.drawn = None
        self.show(False)

    def show(self, on):
        """Show the question, or hide it."""
        self.box.layout.display = "flex" if on else "none"
        return {}

    def sync(self, view):
        """Frame the chosen photographs, and say how many maps answer to them."""
        self.said.value = paragraph(said(view)).value
        atlas, asked, page = view.context.atlas, view.state.asked, self.explorer.page
        if self.box.layout.display == "none" or self.drawn == (atlas, asked, page):
            return
        names = view.context.sources
        few = len(names) <= MOST and all(isinstance(one, str) for one in names)
        self.thumbnails.layout.display = "block" if few else "none"
        if few:
            chosen = {names[i] for i in asked}
            self.sheet.value = jpeg(sheet(names, chosen, COLUMNS, page))
        self.drawn = atlas, asked, page

    def _clicked(self, x, y):
        view = self.explorer.now()
        numbers = range(len(view.context.sources))
        number = name_at(numbers, COLUMNS, x, y)
        if number is None:
            return None
        asked = view.state.asked
        others = tuple(one for one in asked if one != number)
        return {"asked": others if number in asked else (*asked, number)}


def paragraph(text):
    """Make some lines of text that stay."""
    return widgets.HTML(f'<div style="line-height:1.3">{text}</div>')


def said(view):
    """Say how many maps answer."""
    if not view.state.asked:
        return ""
    if not view.answers:
        return "No map answers to any of them."
    many = len(view.answers)
    return "1 map answers to them." if many == 1 else f"{many} maps, the clearest first."
