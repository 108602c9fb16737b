"""The frame every explorer shares: one picture updated in place, and one line of text.

An explorer is a frozen state (what was chosen), three pure functions, and a table of controls:
`resolve(context, state)` works out the view, once for each move, `render(view, page)` draws it for
a `Page` and `caption(view)` says it in words. Where the whole takes long, `stages` gives views that
are at hand sooner. Widget callbacks run on another thread, and what they raise never reaches the
cell. So state changes are made under a lock, only the newest state is drawn, and every exception
becomes a sentence in the line.
"""

import base64
import html
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import ipywidgets as widgets

from ..draw.colours import VERMILION
from ..draw.page import NARROW, PAPER, WIDE
from ..draw.strips import jpeg, small_jpeg
from ..progress import Cancelled, watching
from .complaints import sentence
from .context import Context as Context
from .controls import LARGE, Control, hint, put, row
from .history import History
from .layout import Fold, grid, switches
from .picture import STEP, Picture
from .strip import LayerStrip
from .tools import Tools
from .versions import bundle

PROMPT = 0.3  # seconds; what takes longer says how far it is
SMALLEST = 280  # pixels
BETWEEN = 0.1  # seconds between two pictures of one state


class Explorer:
    """The shell of widgets: the picture, the line, and under them what is moved.

    Attributes:
        resolve, render, caption: the pure functions that a subclass names; code: the lines that
            make what a view shows; numbers: the table that is saved with it.
        kind, called: what a view's files are called: called(view)_kind.
        movers: the rows of `Control`s under the line, each a slider and what tells its value, if
            the slider does not; switches: the row of `Control`s under them, and of texts that stay.
        folded: rows of them that are folded away; in_fold: what these are, in words.
        lines: for how many of text there is room, so that nothing moves when the text changes.
        elsewhere: those that a subclass lays out itself.
        controls: {label: widget}; boxes: the folded rows as widgets; fold: the `Fold` over them.
        strip: the `LayerStrip` under the layer's slider.
        context, state: what was chosen last; view: what is shown; page: the `Page` it is drawn for.
        picture: the one `Picture`; line: the line of text, an `ipywidgets.HTML`; cancel: the
            button that ends what takes long.
        text: the line without its markup and without milliseconds.
        history: the steps that can be taken back; tools: the `Tools`.
    """

    resolve: Callable
    render: Callable
    caption: Callable
    code: Callable
    numbers: Callable
    kind: str
    called: Callable
    movers: tuple = ()
    switches: tuple = ()
    folded: tuple = ()
    elsewhere: tuple = ()
    in_fold, lines = "More", 2

    def __init__(self, context, state):
        self.context, self.state, self.page = context, state, PAPER
        self.view = next(iter(self.stages(context, state)))
        self._lock, self._drawing = threading.RLock(), threading.Lock()
        self._waiting, self._syncing, self.remark = False, False, ""
        self._stop, self._started = threading.Event(), 0.0
        folded = (*self.folded[:-1], (*(self.folded or ((),))[-1], LARGE))
        rows = *self.movers, self.switches, *folded, self.elsewhere
        self.table = [one for line in rows for one in line if isinstance(one, Control)]
        self.controls = {one.label: one.widget(self) for one in self.table}
        self.boxes = [row(*self._made(line)) for line in folded]
        body = widgets.VBox(self.boxes, layout=widgets.Layout(width="100%"))
        body.add_class("zv-folded")
        self.fold = Fold(self.in_fold, type(self).__name__, body)
        # ipywidgets' margin of 2 pixels would come on top of 100 %.
        self.picture = Picture(layout=widgets.Layout(margin="2px"))
        self.line = widgets.HTML(
            layout=widgets.Layout(width="auto", min_height=f"{1.3 * self.lines}em")
        )
        self.line.add_class("zv-line")
        self.cancel = widgets.Button(description="Cancel", tooltip="End what is being computed")
        self.cancel.layout = widgets.Layout(width="90px", flex="0 0 auto")
        self.cancel.on_click(lambda button: self._stop.set())
        self.said = widgets.HBox([self.line])  # and the button, while there is something to end
        self.line.layout.flex = "1 1 auto"
        self.history = History()
        self.tools = Tools(self)
        self.root = widgets.VBox(layout=widgets.Layout(width="100%"))
        self.root.add_class("zv-explorer")
        self.strip = LayerStrip()
        self.strip.on_click(lambda place: self.act(lambda: self._to_place(place)))
        movers = [[*self._made(line), *self._strip_of(line)] for line in self.movers]
        self.parts = (
            grid(movers),
            switches(self._made(self.switches), self.tools.row),
            self.fold,
            self.fold.body,
        )
        self.arrange(self.picture)
        if hasattr(self.view, "layers"):
            self.strip.show(self.view)
        self.picture.observe(lambda event: self._told(event["new"]), "page")
        drawn, self.text = self.render(self.view, PAPER), self.caption(self.view)
        self.picture.value, self.picture.alt = jpeg(drawn), self.text
        self.static, self._static_text = small_jpeg(drawn), self.text
        self._say(self.text)

    def _made(self, line):
        """Return a row's widgets."""
        return [hint(one) if isinstance(one, str) else self.controls[one.label] for one in line]

    def _strip_of(self, line):
        """Return the strip under a row, if it is the layers' row."""
        return [self.strip] if line[0].field == "layer" else []

    def _to_place(self, place):
        """Return the changed fields when a layer is clicked on."""
        view = self.now()
        off = getattr(view, "without_layer", False)
        return None if off else self.to_layer(view.layers[place])

    def arrange(self, picture, jobs=(), last=()):
        """Put the parts one below the other: the picture, the line, what is done beside, the
        controls, and what comes last."""
        self.root.children = (picture, self.said, *jobs, *self.parts, self.tools.lines, *last)

    def takes_long(self, state):
        """Say whether to work out a state takes seconds: then it is done beside, and the controls
        go on to answer."""
        return False

    def stages(self, context, state):
        """Yield the views of a state, each fuller than the one before, until one is `whole`. What
        is not at hand is worked out between them, as long as nothing newer is asked for."""
        yield self.resolve(context, state)

    def to_layer(self, layer):
        """Return the changed fields when a layer is chosen."""
        return {"layer": layer}

    def after_sync(self):
        """Do what is left to do once the controls are set to the view."""

    def on_click(self, position_at):
        """Have position_at(view, x, y, page) say what a click on the picture means: changed fields,
        or None."""
        self.picture.on_click(
            lambda x, y: self.act(lambda: position_at(self.now(), x, y, self.page))
        )

    def now(self):
        """Return the view of the newest state; most often it is shown already. While that is being
        worked out, the one that is shown."""
        if self._drawing.locked() or (
            self.view.state is self.state and self.view.context is self.context
        ):
            return self.view
        return next(iter(self.stages(self.context, self.state)))

    def found(self, view):
        """Return the sentences that were found of a view's picture by a test."""
        return ()

    def act(self, function, beside=True, by=None):
        """Run what a control does: it returns changed fields, or None. Errors go to the line.
        beside: what takes long may be done on another thread; by: see `History.note`."""
        with self._lock:
            if self._syncing:
                return
            try:
                self.remark, before = "", (self.context, self.state)
                changes = function()
                if changes is None:
                    return
                self.state = replace(self.state, **changes)
                self.history.note(before, (self.context, self.state), by)
                self.tools.count()
            except Exception as error:
                self._return_from(error)
                return
        self.draw(beside)
        self.history.rest()

    def back(self, times=1):
        """Take the last step back, or as many as there are."""
        with self._lock:
            then = now = self.context, self.state
            for _ in range(times):
                then = self.history.back(then) or then
            if then is now:
                return
            self.remark, (self.context, self.state) = "", then
        self.draw()

    def show(self, **changes):
        """Change the state from code, for instance explorer.show(layer="fire5"), and wait until it
        is drawn."""
        self.act(lambda: changes, beside=False)

    def draw(self, beside=True):
        """Draw the newest state. Whoever is drawing already draws it next, so nothing queues up."""
        self._waiting = True
        if beside and self.takes_long(self.state):
            threading.Thread(target=self._draw_waiting, name="zv-explorer").start()
        else:
            self._draw_waiting()

    def _draw_waiting(self):
        while self._waiting and self._drawing.acquire(blocking=False):
            try:
                while self._waiting:
                    self._waiting = False
                    self._draw_once()
            finally:
                if self.cancel in self.said.children:
                    self.said.children = (self.line,)
                self._drawing.release()

    def _draw_once(self):
        with self._lock:
            context, state = self.context, self.state
        self._stop.clear()
        self._started = started = time.perf_counter()
        painted = -BETWEEN
        try:
            with watching(self._tell):
                for view in self.stages(context, state):
                    whole = getattr(view, "whole", True)
                    if whole or time.perf_counter() - painted > BETWEEN:
                        self._put(view, started, whole)
                        painted = time.perf_counter()
                    if self._waiting:
                        return
        except Exception as error:
            with self._lock:
                if not (isinstance(error, Cancelled) and self._waiting):  # else the next is drawn
                    self._return_from(error)

    def _put(self, view, started, whole):
        """Put a view on the page."""
        encoded, text = self._encoded(view), self.caption(view)
        spent = 1000 * (time.perf_counter() - started)
        said = f"{text} {self.remark}".strip()
        with self.picture.hold_sync():
            self.picture.value, self.picture.alt = encoded, said
        self.text, self.view = text, view
        with self._lock:
            if self.state is view.state:
                self._sync()
        # Last, so that all else is in place for whoever reads it.
        self._say(said, f"{spent:.0f} ms" if whole else "")

    def _encoded(self, view):
        """Draw a view for the page as it is then: JPEG bytes."""
        while True:
            encoded = jpeg(self.render(view, page := self.page))
            if page is self.page:
                return encoded

    def _told(self, page):
        """Draw for a page of which the browser has told the width, in pixels, and the ground."""
        width = max(page["width"] // STEP * STEP, SMALLEST) if page["width"] < NARROW else WIDE
        self._turn_to(replace(self.page, width=width, dark=page["dark"]))

    def sized(self, large=True):
        """Turn to words that can be read from the last row, or back; returns the explorer."""
        self._turn_to(replace(self.page, large=large))
        return self

    def _turn_to(self, page):
        if page == self.page:
            return
        with self._lock:
            self.page = page
            (self.root.add_class if page.large else self.root.remove_class)("zv-large")
            put(self.controls["Large"], {"value": page.large})
            self.repaint()

    def repaint(self):
        """Draw what is shown once more, for another page."""
        self.picture.value = self._encoded(self.view)

    def _tell(self, done, count):
        """Say how far something is; end it if that is asked for, or if something newer is."""
        if self._stop.is_set() or self._waiting:
            raise Cancelled("Cancelled; the picture is the one from before.")
        spent = time.perf_counter() - self._started
        if spent < PROMPT or not done:
            return
        left = spent * (count - done) / done
        bar = f'<progress aria-label="working" value="{done}" max="{count}"></progress>'
        self._write("status", f"{bar} {done} of {count}, about {left:.0f} s to go")
        if self.cancel not in self.said.children:
            self.said.children = (self.line, self.cancel)

    def _return_from(self, error):
        """Go back to what is shown, and show an exception as one sentence."""
        self.context, self.state = self.view.context, self.view.state
        self.history.settle((self.context, self.state))
        self._sync()
        self._complain(error)

    def _complain(self, error):
        """Show an exception as one sentence."""
        style = f"; padding-left:8px; border-left:4px solid {VERMILION}"
        self._write("alert", f"<b>Not done:</b> {html.escape(sentence(error))}", style)

    def _sync(self):
        self._syncing = True
        try:
            for one in self.table:
                put(self.controls[one.label], one.shown(self.view))
            if hasattr(self.view, "layers"):
                self.strip.show(self.view)
            self.tools.sync()
            self.after_sync()
        finally:
            self._syncing = False

    def _say(self, text, aside=""):
        small = f' <span style="opacity:0.65">· {html.escape(aside)}</span>' if aside else ""
        self._write("status", html.escape(text) + small)

    def busy(self, text):
        """Say that something takes a while, with a moving bar."""
        bar = '<progress aria-label="working"></progress>'
        self._write("status", f"{bar} {html.escape(text)}")

    def _write(self, role, inside, style=""):
        self.line.value = f'<div role="{role}" style="line-height:1.3{style}">{inside}</div>'

    def _repr_mimebundle_(self, include=None, exclude=None, **how):
        """Show the widgets; without a kernel, the picture of the first state and its text."""
        data, metadata = bundle(self.root, self.picture)
        data["image/jpeg"] = base64.b64encode(self.static).decode("ascii")
        data["text/plain"] = self._static_text
        return data, metadata | {"image/jpeg": {"alt": self._static_text}}
