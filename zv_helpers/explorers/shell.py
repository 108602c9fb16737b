"""The frame every explorer shares: one picture updated in place, and one line of text.

An explorer is a frozen state (what was chosen), three pure functions, and a table of controls:
`resolve(context, state)` works out the view, once for each move, `render(view, page)` draws it for
a `Page` and `caption(view)` says it in words. Where the whole takes long, `stages` gives views that
are at hand sooner. Widget callbacks run on another thread, and what they raise never reaches the
cell. So state changes are made under a lock, only the newest state is drawn, and every exception
becomes a sentence in the line.
"""

import base64
from collections.abc import Callable
from dataclasses import replace

import ipywidgets as widgets

from ..draw.page import NARROW, PAPER, WIDE
from ..draw.strips import jpeg, small_jpeg
from .context import Context as Context
from .controls import LARGE, Control, hint, put, row
from .drawing import Drawn
from .job import Job, Later
from .layout import Fold, grid, switches
from .picture import STEP, Picture
from .strip import LayerStrip
from .tools import Tools
from .versions import bundle

SMALLEST = 280  # pixels


class Explorer(Drawn):
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
        strip: the `LayerStrip` under the layer's slider; tools: the `Tools`.
        choosing: the `Job` beside, in which a choice that takes long is worked out.
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
        super().__init__(context, state)
        self.view = next(iter(self.stages(context, state)))
        self._syncing, self._chosen = False, None
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
        self.line.layout.min_height = f"{1.3 * self.lines}em"
        self.tools = Tools(self)
        self.choosing = self.job(self._not_chosen, "End it; all stays as it is")
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

    def job(self, refused, tip):
        """Return a `Job` beside this explorer; refused(error): what is done where it fails."""
        return Job(refused, self._drawing.locked, self.tools.lines.speak, tip)

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
        controls, and what comes last. What is chosen is most often chosen in the fold, and what
        becomes of it is said right above it."""
        moved, folded = self.parts[:2], self.parts[2:]
        above = picture, self.said, *jobs, *moved, self.choosing.row
        self.root.children = (*above, *folded, self.tools.lines, *last)

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
        """Run what a control does: it returns changed fields, None, or a `Later`. Errors go to the
        line. beside: what takes long may be done on another thread; by: see `History.note`."""
        with self._lock:
            if self._syncing:
                return
            try:
                self.remark, before = "", (self.context, self.state)
                changes = function()
                if changes is None:
                    return
                if not isinstance(changes, Later):
                    self.state = replace(self.state, **changes)
                    self.history.note(before, (self.context, self.state), by)
                    self.tools.count()
            except Exception as error:
                self._return_from(error)
                return
        if isinstance(changes, Later):
            self._begin(changes, by)
            return
        self.draw(beside)
        self.history.rest()

    def _begin(self, later, by):
        """Work out beside what was chosen, which ends what was chosen before. Until it is on show
        its control, named by, keeps what was chosen; all others go on to answer."""
        with self._lock:
            self._end_choice(then=(later, by))
            self._forget_complaint()

        def then(found):
            with self._lock:
                if self._chosen and self._chosen[0] is later:
                    self._chosen = None
            self.act(lambda: later.then(found), by=by)

        self.choosing.start(later.what, later.unit, later.work, then, self.patience)

    @property
    def being_chosen(self):
        """The name of the control by which something was chosen that is being worked out, or
        None."""
        return self._chosen and self._chosen[1]

    def _end_choice(self, then=None):
        """End what is being worked out of a choice; returns whether there was something. then:
        what is worked out next, and the name of its control."""
        ended, self._chosen = self.choosing.stop(), then
        if ended:
            self._restore()
        return ended

    def _restore(self):
        """Set the controls to what is shown; what is newer sets them once it is drawn."""
        if self.view.state is self.state:
            self._sync()

    def _not_chosen(self, error):
        """Say that a choice came to nothing: all stays as it was."""
        with self._drawing, self._lock:  # else what is drawn now would say something else at once
            if not self.choosing.busy:
                self._chosen = None
            self._restore()
            self._complain(error)
        self._draw_waiting()

    def back(self, times=1):
        """Take the last step back, or as many as there are. What is being worked out of a choice
        is the last one."""
        with self._lock:
            times -= self._end_choice()
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

    def _sync(self):
        self._syncing = True
        try:
            for one in self.table:
                if one.label != self.being_chosen:
                    put(self.controls[one.label], one.shown(self.view))
            if hasattr(self.view, "layers"):
                self.strip.show(self.view)
            self.tools.sync()
            self.after_sync()
        finally:
            self._syncing = False

    def _repr_mimebundle_(self, include=None, exclude=None, **how):
        """Show the widgets; without a kernel, the picture of the first state and its text."""
        data, metadata = bundle(self.root, self.picture)
        data["image/jpeg"] = base64.b64encode(self.static).decode("ascii")
        data["text/plain"] = self._static_text
        return data, metadata | {"image/jpeg": {"alt": self._static_text}}
