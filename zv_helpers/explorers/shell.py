"""The frame every explorer shares: one picture updated in place, and one line of text.

An explorer is a frozen state, a pure function `render(context, state)`, and a thin shell
of widgets. Widget callbacks run on another thread, and what they raise never reaches the cell. So
state changes are made under a lock, only the newest state is drawn, and every exception becomes a
sentence in the line.
"""

import base64
import contextlib
import html
import threading
import time
import warnings
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from ..draw.strips import jpeg, small_jpeg

DRAWN_AHEAD = 48


@dataclass(frozen=True, eq=False)
class Context:
    """The features an explorer looks at, and what was computed from them last."""

    features: object
    kept: OrderedDict = field(default_factory=OrderedDict, repr=False)

    def once(self, key, make):
        """Return make(), computed once for a key; the oldest results are forgotten."""
        with self.features.network.lock:
            if key not in self.kept:
                self.kept[key] = make()
                while len(self.kept) > DRAWN_AHEAD:
                    self.kept.popitem(last=False)
            self.kept.move_to_end(key)
            return self.kept[key]


@dataclass(frozen=True, eq=False)
class Pin:
    """A state that was pinned for comparison, with the context it belongs to."""

    context: Context
    state: object


def sentence(error):
    """Say in one sentence what went wrong."""
    from ..data import DataError
    from ..images import ImageError

    text = str(error.args[0]) if error.args else ""
    if isinstance(error, (ImageError, DataError, ValueError, KeyError, IndexError)) and text:
        return text
    if isinstance(error, MemoryError):
        return "There is not enough memory: close other notebooks, or choose a smaller network."
    came = f"{type(error).__name__}: {text or 'no message'}"
    return f"This did not work ({came}); choose something else."


class Explorer:
    """The shell of widgets. A subclass names its `render` and makes and sets its controls.

    Attributes:
        context, state: what is shown; render(context, state) gives the picture and the text.
        picture: the one `ipywidgets.Image`; line: the line of text, an `ipywidgets.HTML`.
        text: the line without its markup and without milliseconds.
    """

    def __init__(self, context, state):
        import ipywidgets as widgets

        from .names import Names

        self.context, self.state = context, state
        self._shown = (context, state)
        self._lock, self._drawing = threading.RLock(), threading.Lock()
        self._waiting, self._syncing, self.remark = False, False, ""
        self._inputs = []
        # ipywidgets gives both a margin of 2 pixels, which 100 % would push out of the cell.
        self.picture = widgets.Image(format="jpeg", layout=widgets.Layout(width="calc(100% - 4px)"))
        self.picture.add_class("zv-picture")
        self.line = widgets.HTML(layout=widgets.Layout(width="auto", min_height="2.6em"))
        drawn, self.text = self.render(context, state)
        self.picture.layout.max_width = f"{drawn.width}px"
        self.picture.value = jpeg(drawn)
        self.static, self._static_text = small_jpeg(drawn), self.text
        self.root = widgets.VBox(
            [
                *self.controls(),
                self.line,
                self.picture,
                Names(layout=widgets.Layout(display="none")),
            ],
            layout=widgets.Layout(width="100%"),
        )
        self.root.add_class("zv-explorer")
        self._say(self.text)
        with self._lock:
            self._sync()

    def render(self, context, state):
        """Return (PIL image, text) for a state; a pure function of the module."""
        raise NotImplementedError

    def controls(self):
        """Make the widgets above the picture and return them as a list."""
        raise NotImplementedError

    def sync(self):
        """Set the widgets to the state."""

    def on(self, widget, function, trait="value"):
        """When a widget changes, call function(new value) for the state's changed fields."""

        def changed(event):
            self.act(lambda: function(event["new"]))

        widget.observe(changed, names=trait)
        self._inputs.append(widget)

    def act(self, function):
        """Run what a control does: it returns changed fields, or None. Errors go to the line."""
        with self._lock:
            if self._syncing:
                return
            try:
                self.remark = ""
                changes = function()
                if changes is None:
                    return
                self.state = replace(self.state, **changes)
            except Exception as error:
                self.context, self.state = self._shown
                self._sync()
                self.complain(error)
                return
        self.draw()

    def show(self, **changes):
        """Change the state from code, for instance explorer.show(layer="fire5")."""
        self.act(lambda: changes)

    def draw(self):
        """Draw the newest state. Whoever is drawing already draws it next, so nothing queues up."""
        self._waiting = True
        while self._waiting and self._drawing.acquire(blocking=False):
            try:
                while self._waiting:
                    self._waiting = False
                    self._draw_once()
            finally:
                self._drawing.release()

    def _draw_once(self):
        with self._lock:
            context, state = self.context, self.state
        try:
            started = time.perf_counter()
            drawn, text = self.render(context, state)
            encoded = jpeg(drawn)
            spent = 1000 * (time.perf_counter() - started)
        except Exception as error:
            with self._lock:
                self.context, self.state = self._shown
                self._sync()
            self.complain(error)
            return
        width = f"{drawn.width}px"  # another only where something is pinned or unpinned
        if self.picture.layout.max_width != width:
            self.picture.layout.max_width = width
        self.picture.value = encoded
        self.text, self._shown = text, (context, state)
        with self._lock:
            if self.state is state:
                self._sync()
        # Last, so that all else is in place for whoever reads it.
        self._say(f"{text} {self.remark}".strip(), f"{spent:.0f} ms")

    def _sync(self):
        self._syncing = True
        try:
            # The page answers a value that does not fit with one that does. So a menu's options and
            # choice go in one message, while a slider gets its new end before its value.
            with contextlib.ExitStack() as together:
                for widget in self._inputs:
                    if hasattr(widget, "options"):
                        together.enter_context(widget.hold_sync())
                self.sync()
        finally:
            self._syncing = False

    def _say(self, text, aside=""):
        small = f' <span style="opacity:0.65">· {html.escape(aside)}</span>' if aside else ""
        self.line.value = (
            f'<div role="status" style="line-height:1.3">{html.escape(text)}{small}</div>'
        )

    def complain(self, error):
        """Show an exception as one sentence; the picture stays."""
        self.line.value = (
            '<div role="alert" style="line-height:1.3; padding-left:8px; '
            'border-left:4px solid #D55E00">'
            f"<b>Not done:</b> {html.escape(sentence(error))}</div>"
        )

    def busy(self, text):
        """Say that something takes a while, with a moving bar."""
        self.line.value = (
            '<div role="status" style="line-height:1.3"><progress aria-label="working"></progress> '
            f"{html.escape(text)}</div>"
        )

    def look(self, features):
        """Turn to other features, and keep as much of the state as fits them."""
        context = Context(features)
        self.state = self.fitting(context, self.state)
        self.context = context

    def to_pin(self, on):
        """Pin the present picture, or let the pinned one go."""
        return {"pin": Pin(self.context, replace(self.state, pin=None)) if on else None}

    def sync_pin(self):
        """Set the pin's button to the state."""
        pinned = self.state.pin is not None
        self.pin.value, self.pin.description = pinned, "Unpin" if pinned else "Pin for comparison"

    def fitting(self, context, state):
        """Return the state as it fits other features."""
        return state

    def _repr_mimebundle_(self, include=None, exclude=None, **how):
        """Show the widgets; without a kernel, the picture of the first state and its text."""
        bundle = self.root._repr_mimebundle_(include=include, exclude=exclude, **how) or {}
        data = dict(bundle[0] if isinstance(bundle, tuple) else bundle)
        data["image/jpeg"] = base64.b64encode(self.static).decode("ascii")
        data["text/plain"] = self._static_text
        return data, {"image/jpeg": {"alt": self._static_text}}


def quietly(function, *arguments, **named):
    """Call a function without the workbook's warnings: the explorer's line says the same."""
    from ..deconvnet import ProjectionWarning
    from ..images import SmallImageWarning

    with warnings.catch_warnings():
        for kind in (SmallImageWarning, ProjectionWarning):
            warnings.simplefilter("ignore", kind)
        return function(*arguments, **named)


class LayerChoice:
    """A slider through the layers, and beside it the layer's name, which can be chosen as well."""

    def __init__(self, explorer, layers, layer):
        self.explorer, self.layers = explorer, layers
        self.slider = labelled(
            "IntSlider",
            "Layer",
            "Move through the layers, from the pixels up; arrow keys move it by one",
            "215px",
            min=0,
            max=len(layers) - 1,
            value=layers.index(layer),
            readout=False,
        )
        self.name = labelled(
            "Dropdown", "name", "The layer's name", "190px", options=layers, value=layer
        )
        self.widgets = (self.slider, self.name)

    def on(self, function):
        """Call function(layer's name) when one of the two changes."""
        self.explorer.on(self.slider, lambda index: function(self.layers[index]))
        self.explorer.on(self.name, function)

    def sync(self, layers, layer, disabled=False):
        """Set both to a layer."""
        if self.layers != layers:
            self.layers, self.name.options = layers, layers
        self.name.value = layer
        set_within(self.slider, layers.index(layer), len(layers) - 1)
        self.slider.disabled = self.name.disabled = disabled


def set_within(control, value, most):
    """Set a slider or a box and its end; a value above the old end would be cut."""
    control.max = max(most, control.value)
    control.value = value
    control.max = most


def tick(description, tooltip, width, value=False):
    """Make a checkbox."""
    return labelled("Checkbox", description, tooltip, width, value=value, indent=False)


def pin_button():
    """Make the button that keeps a picture for comparison."""
    tooltip = "Keep this picture below, and compare others with it"
    return labelled("ToggleButton", "Pin for comparison", tooltip, "165px")


def row(*children):
    """Lay widgets side by side; they wrap where the page is narrow or enlarged."""
    import ipywidgets as widgets

    layout = widgets.Layout(flex_flow="row wrap", width="100%", align_items="center")
    return widgets.Box(list(children), layout=layout)


def labelled(kind, description, tooltip, width="300px", label="initial", **how):
    """Make a widget with a visible label and a tooltip."""
    import ipywidgets as widgets

    return getattr(widgets, kind)(
        description=description,
        tooltip=tooltip,
        style={"description_width": label},
        layout=widgets.Layout(width=width, margin="2px 14px 2px 0"),
        **how,
    )
