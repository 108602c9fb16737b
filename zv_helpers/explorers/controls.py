"""The controls of an explorer as a table: what each of them changes, and what it shows."""

import contextlib
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import ipywidgets as widgets

from .strip import facts, words
from .versions import new_widget, tooltip_of

OF_A_KIND = {
    "Checkbox": {"indent": False},
    "IntSlider": {"readout": False},
    "Text": {"continuous_update": False},
    "Combobox": {"continuous_update": False, "ensure_option": False},
}


@dataclass(frozen=True, eq=False)
class Control:
    """One control: a row of an explorer's table.

    Attributes:
        field: the field of the state that it sets and shows; None for none.
        kind: the name of the widget's class; label, tip: its visible name and its tooltip.
        width: in pixels.
        read: from a view to the traits that the widget shows; by default the field as its value.
        write: from (explorer, value) to the state's changed fields, or to None where nothing
            changed; by default the field.
        how: the widget's other traits.
    """

    field: str | None
    kind: str
    label: str
    tip: str
    width: int
    read: Callable | None = None
    write: Callable | None = None
    how: dict = dataclasses.field(default_factory=dict)

    def shown(self, view):
        """Return the traits that the widget shows for a view."""
        if self.read is not None:
            return self.read(view)
        return {"value": getattr(view.state, self.field)} if self.field else {}

    def changes(self, explorer, value):
        """Return the state's changed fields when the widget gets a value, or None."""
        if self.write is not None:
            return self.write(explorer, value)
        return {self.field: value} if self.field else None

    def widget(self, explorer):
        """Make the widget, as it is at the explorer's view, and have it set the state."""
        traits = {"description": self.label}
        traits |= OF_A_KIND.get(self.kind, {}) | self.how | self.shown(explorer.view)
        if self.kind not in ("Button", "FileUpload"):
            traits["style"] = {"description_width": "initial"}
        layout = widgets.Layout(width=f"{self.width}px", margin="2px 14px 2px 0")
        made = new_widget(self.kind, traits.pop("tooltip", self.tip), layout=layout, **traits)

        def changed(value):
            explorer.act(lambda: self.changes(explorer, value), by=self.label)

        if self.kind == "Button":
            made.on_click(changed)
        else:
            made.observe(lambda event: changed(event["new"]), names="value")
        return made


def put(widget, traits):
    """Set a widget's traits, as far as they changed.

    The page answers a value that does not fit with one that does. So a menu's options and choice go
    in one message, and a slider gets a higher end before its value, a lower one after it.
    """
    if "max" in traits and traits["max"] < widget.max:
        traits = dict(reversed(traits.items()))
    with widget.hold_sync() if "options" in traits else contextlib.nullcontext():
        for name, value in traits.items():
            name = tooltip_of(widget) if name == "tooltip" else name
            if getattr(widget, name) != value:
                setattr(widget, name, value)


def row(*children):
    """Lay widgets side by side; they wrap where the page is narrow or enlarged."""
    layout = widgets.Layout(flex_flow="row wrap", width="100%", align_items="center")
    return widgets.Box(children, layout=layout)


def hint(text):
    """Make a line of text that stays."""
    return widgets.HTML(f'<span style="opacity:0.8">{text}</span>')


def layer_name(view):
    """Show a view's layer by its name, among its layers."""
    off = getattr(view, "without_layer", False)
    here = words(view, view.layers.index(view.layer), facts(view.context.network))
    return {"options": view.layers, "value": view.layer, "disabled": off, "tooltip": here}


def layer_number(view):
    """Show a view's layer by its place among its layers."""
    last, place = len(view.layers) - 1, view.layers.index(view.layer)
    return {"max": last, "value": place, "disabled": layer_name(view)["disabled"]}


def pinned(view):
    """Show whether something is pinned."""
    on = view.state.pin is not None
    return {"value": on, "description": "Unpin" if on else "Pin for comparison"}


def to_pin(explorer, on):
    """Pin what is shown now, or let the pinned view go."""
    state = dataclasses.replace(explorer.state, pin=None)
    return {"pin": explorer.resolve(explorer.context, state) if on else None}


# fmt: off
LAYER = (
    Control("layer", "IntSlider", "Layer",
            "Move through the layers, from the pixels up; arrow keys move it by one", 300,
            layer_number, lambda explorer, i: explorer.to_layer(explorer.now().layers[i])),
    Control("layer", "Dropdown", "name", "The layer's name", 190,
            layer_name, lambda explorer, layer: explorer.to_layer(layer)),
)
LARGE = Control(None, "Checkbox", "Large", "Words that can be read from the last row", 90,
                write=lambda explorer, on: explorer.sized(on) and None)
PIN = Control("pin", "ToggleButton", "Pin for comparison",
              "Keep this picture below, and compare others with it", 150, pinned, to_pin)
# fmt: on
