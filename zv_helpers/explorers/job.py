"""What takes so long that the explorer is used meanwhile: done on a thread of its own, with a line
that says how far it is, and a button that ends it."""

import html
import threading
import time
from collections.abc import Callable

import ipywidgets as widgets

from ..progress import Cancelled

OFTEN = 0.2  # seconds between two lines
SHORT = 0.02  # seconds until it is asked again whether something else comes first


class Job:
    """One thing at a time; a newer one ends the one before.

    Attributes:
        row: the widgets, empty while nothing is done; line: the text; button: ends it.
        refused: is called with the exception when it fails, or is ended by the button.
        urgent: says whether something else is to be done first; the job waits between its steps.
    """

    def __init__(self, refused: Callable, urgent: Callable, tip: str) -> None:
        self.refused, self.urgent = refused, urgent
        self.line = widgets.HTML(layout=widgets.Layout(flex="1 1 auto", width="auto"))
        self.button = widgets.Button(description="Cancel", tooltip=tip)
        self.button.layout = widgets.Layout(width="90px", flex="0 0 auto")
        self.button.on_click(lambda button: self._cancelled())
        self.row = widgets.HBox()
        self.row.layout = widgets.Layout(width="100%", align_items="center", display="none")
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._stop.set()

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return not self._stop.is_set()

    def start(self, what: str, unit: str, work: Callable, then: Callable) -> None:
        """Begin work(tell) on another thread, and call then(result). `tell` takes (done, count) and
        raises `Cancelled` once nobody wants it any more. what, unit: of what, for the line."""
        self.stop()
        with self._lock:
            stop = self._stop = threading.Event()
            self.line.value = _line(f"{what}: getting ready …")
            self._show(self.line, self.button)
        about = stop, work, then, self._teller(stop, what, unit)
        threading.Thread(target=self._run, args=about, name="zv-explorer", daemon=True).start()

    def stop(self) -> bool:
        """End what is being done, without a word; returns whether there was something."""
        with self._lock:
            was_busy = self.busy
            self._stop.set()
            self._show()
        return was_busy

    def _show(self, *parts):
        self.row.children = parts
        self.row.layout.display = None if parts else "none"  # an empty one would take room

    def _cancelled(self):
        if self.stop():
            self.refused(Cancelled("Cancelled; everything is as it was before."))

    def _run(self, stop, work, then, tell):
        try:
            result, error = work(tell), None
        except Exception as came:
            result, error = None, came
        with self._lock:
            if stop.is_set():  # whoever ended it has said so
                return
            stop.set()
            self._show()
        if error is None:
            then(result)
        else:
            self.refused(error)

    def _teller(self, stop, what, unit):
        """Return a function that is told how far it is."""
        began, said = time.perf_counter(), 0.0
        first = None  # (seconds, done) once the first of them are done: what comes before is slow

        def tell(done, count):
            nonlocal said, first
            now = time.perf_counter() - began
            while self.urgent() and not stop.wait(SHORT):
                pass
            if stop.is_set():
                raise Cancelled("Cancelled.")
            if done and first is None:
                first = now, done
            if now - said < OFTEN and done < count:
                return
            said = now
            text = f"{what}: {done} of {count} {unit}{_pace(now, done, count, first)}"
            with self._lock:
                if not stop.is_set():
                    self.line.value = _line(text, f'value="{done}" max="{count}"')

        return tell


def _pace(now, done, count, first):
    """Say how many are done a second, and how long the rest will take."""
    if first is None or done <= first[1] or now <= first[0]:
        return ""
    rate = (done - first[1]) / (now - first[0])
    return f", {rate:.3g} a second, about {(count - done) / rate:.0f} s to go"


def _line(text, bar=""):
    bar = f'<progress aria-label="{html.escape(text)}" {bar}></progress>'
    return f'<div style="line-height:1.3">{bar} {html.escape(text)}</div>'
