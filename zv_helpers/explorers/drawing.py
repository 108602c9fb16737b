"""How an explorer's newest state comes onto its page: worked out, drawn, and said in its line.

What takes longer than a moment goes on beside, on another thread, so that the controls still
answer; then the line says so, and a button ends it.
"""

import html
import threading
import time
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from ..draw.colours import VERMILION
from ..draw.page import PAPER
from ..draw.strips import jpeg
from ..progress import Cancelled, watching
from .complaints import QUIET, sentence
from .history import History
from .picture import Picture

PROMPT = 0.3  # seconds; what takes longer says how far it is
BETWEEN = 0.1  # seconds between two pictures of one state


class Drawn:
    """The part of an explorer that draws: only its newest state, one at a time.

    Attributes:
        context, state: what was chosen last; view: what is shown; page: the `Page` it is drawn for.
        picture: the one `Picture`; line: the line of text, an `ipywidgets.HTML`; cancel: the
            button that ends what takes long; said: both in a row, or the line alone.
        text: the line without its markup and without milliseconds; remark: what comes after it.
        history: the steps that can be taken back.
        patience: the seconds that whoever changes something waits for it.
    """

    render: Callable
    caption: Callable
    stages: Callable
    takes_long: Callable
    _sync: Callable
    view: Any
    picture: Picture
    patience = PROMPT

    def __init__(self, context, state):
        self.context, self.state, self.page = context, state, PAPER
        self.text = self.remark = ""
        self.history = History()
        self._lock, self._drawing = threading.RLock(), threading.Lock()
        self._stop, self._started, self._waiting = threading.Event(), 0.0, False
        self._working = False  # on what is not on the page yet, so that the line may say so
        self.line = widgets.HTML(layout=widgets.Layout(width="auto", flex="1 1 auto"))
        self.line.add_class("zv-line")
        self.cancel = widgets.Button(description="Cancel", tooltip="End what is being computed")
        self.cancel.add_class("zv-cancel")
        self.cancel.layout = widgets.Layout(width="90px", flex="0 0 auto")
        self.cancel.on_click(lambda button: self._stop.set())
        self.said = widgets.HBox([self.line])  # and the button, while there is something to end

    def draw(self, beside=True):
        """Draw the newest state. Whoever is drawing already draws it next, so nothing queues up.
        beside: not to wait for what takes long."""
        self._waiting = True
        if not beside:
            self._draw_waiting()
            return
        known = self.takes_long(self.state)
        thread = threading.Thread(target=self._draw_waiting, name="zv-explorer")
        thread.start()
        if known:
            threading.Thread(target=self._await, args=(thread,), daemon=True).start()
        else:
            self._await(thread, "Working out the picture …")

    def _await(self, thread, text=""):
        """Wait for a picture; if it takes long, offer to end it."""
        thread.join(self.patience)
        if thread.is_alive():
            self._offer(text)

    def _draw_waiting(self):
        while self._waiting and self._drawing.acquire(blocking=False):
            try:
                while self._waiting:
                    self._waiting = False
                    self._draw_once()
            finally:
                with self._lock:
                    self.said.children = (self.line,)
                    self._drawing.release()

    def _draw_once(self):
        with self._lock:
            context, state, before = self.context, self.state, self.view
            self._working = True
        self._stop.clear()
        self._started = started = time.perf_counter()
        painted = -BETWEEN
        try:
            with QUIET, watching(self._tell):
                for view in self.stages(context, state):
                    self._check()
                    whole = getattr(view, "whole", True)
                    if whole or time.perf_counter() - painted > BETWEEN:
                        self._put(view, started, whole)
                        painted = time.perf_counter()
                    if self._waiting:
                        return
                    if not whole and painted - started > PROMPT:
                        self._offer()
        except Exception as error:
            with self._lock:
                self._working, ended = False, isinstance(error, Cancelled)
                if ended and not self._stop.is_set():
                    return  # something newer is drawn next
                self._waiting = self._waiting and not ended
                if self.view is not before:
                    self._paint(before)
                self._return_from(error)

    def _check(self):
        """End what is being computed, if that is asked for."""
        if self._stop.is_set():
            raise Cancelled("Cancelled; the picture is the one from before.")

    def _tell(self, done, count):
        """Say how far something is; end it if that is asked for, or if something newer is."""
        self._check()
        if self._waiting:
            raise Cancelled("Something newer was asked for.")
        spent = time.perf_counter() - self._started
        if spent < PROMPT or not done:
            return
        left = spent * (count - done) / done
        bar = f'<progress aria-label="working" value="{done}" max="{count}"></progress>'
        self._write("status", f"{bar} {done} of {count}, about {left:.0f} s to go")
        self._offer()

    def _offer(self, text=""):
        """Offer the button that ends what is being drawn; text: what the line says then."""
        with self._lock:
            if self._working and self.cancel not in self.said.children:
                if text:
                    self.busy(text)
                self.said.children = (self.line, self.cancel)

    def _put(self, view, started, whole):
        """Put a view and its text on the page."""
        said = self._paint(view, self.remark)
        spent = 1000 * (time.perf_counter() - started)
        with self._lock:
            self._working = not whole
            if self.state is view.state:
                self._sync()
        # Last, so that all else is in place for whoever reads it.
        self._say(said, f"{spent:.0f} ms" if whole else "")

    def _paint(self, view, remark=""):
        """Put a view's picture on the page; returns its text, with the remark."""
        encoded, text = self._encoded(view), self.caption(view)
        said = f"{text} {remark}".strip()
        with self.picture.hold_sync():
            self.picture.value, self.picture.alt = encoded, said
        self.text, self.view = text, view
        return said

    def _encoded(self, view):
        """Draw a view for the page as it is then: JPEG bytes."""
        while True:
            encoded = jpeg(self.render(view, page := self.page))
            if page is self.page:
                return encoded

    def repaint(self):
        """Draw what is shown once more, for another page."""
        self.picture.value = self._encoded(self.view)

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

    def _forget_complaint(self):
        """Say what is shown, if the line is about what was not done."""
        if 'role="alert"' in self.line.value:
            self._say(self.text)

    def _say(self, text, aside=""):
        small = f' <span style="opacity:0.65">· {html.escape(aside)}</span>' if aside else ""
        self._write("status", html.escape(text) + small)

    def busy(self, text):
        """Say that something takes a while, with a moving bar."""
        bar = '<progress aria-label="working"></progress>'
        self._write("status", f"{bar} {html.escape(text)}")

    def _write(self, role, inside, style=""):
        self.line.value = f'<div role="{role}" style="line-height:1.3{style}">{inside}</div>'
