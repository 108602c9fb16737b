"""What takes so long that the explorer is used meanwhile: done on a thread of its own, with a line
that says how far it is, and a button that ends it."""

import html
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from ..progress import Cancelled
from .complaints import QUIET

OFTEN = 0.2  # seconds between two lines
SHORT = 0.02  # seconds until it is asked again whether something else comes first


@dataclass(frozen=True, eq=False)
class Later:
    """What a control asks for, and what may take long.

    Attributes:
        what: was chosen, in a few words.
        work: is called with a `Teller` on another thread. It changes nothing that can be seen, so
            that it can be ended.
        then: is called with what came of it, and returns the state's changed fields.
        unit: what is counted, where there is something to count.
    """

    what: str
    work: Callable[["Teller"], Any]
    then: Callable[[Any], dict | None]
    unit: str = "parts"


class Job:
    """One thing at a time; a newer one ends the one before.

    Attributes:
        row: the widgets, empty while nothing is done; line: the text; button: ends it.
        refused: is called with the exception when it fails, or is ended by the button.
        urgent: says whether something else is to be done first; the job waits between its steps.
        speak: is called with each part's words for those who hear the page, and "" in the end.
    """

    def __init__(self, refused: Callable, urgent: Callable, speak: Callable, tip: str) -> None:
        self.refused, self.urgent, self.speak, self._words = refused, urgent, speak, ""
        self.line = widgets.HTML(layout=widgets.Layout(flex="1 1 auto", width="auto"))
        self.button = widgets.Button(description="Cancel", tooltip=tip)
        self.button.add_class("zv-cancel")
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

    def start(
        self, what: str, unit: str, work: Callable, then: Callable, patience: float = 0.0
    ) -> None:
        """Begin work(tell) on another thread, and call then(result) there.

        what, unit: is done, and is counted, for the line; patience: the seconds that it is waited
        for, without a line. `tell`: a `Teller`.
        """
        self.stop()
        with self._lock:
            stop = self._stop = threading.Event()
            self._words = f"{what}: getting ready …"
            self.line.value = _line(self._words)
            if not patience:
                self._show(self.line, self.button)
        about = stop, work, then, Teller(self, stop, what, unit)
        thread = threading.Thread(target=self._run, args=about, name="zv-explorer", daemon=True)
        thread.start()
        if patience:
            thread.join(patience)
            with self._lock:
                if not stop.is_set():
                    self._show(self.line, self.button)

    def stop(self) -> bool:
        """End what is being done, without a word; returns whether there was something."""
        with self._lock:
            was_busy = self.busy
            self._stop.set()
            self._show()
        return was_busy

    def _show(self, *parts):
        if parts or self.row.children:
            self.speak(self._words if parts else "")
        self.row.children = parts
        self.row.layout.display = None if parts else "none"  # an empty one would take room

    def _cancelled(self):
        if self.stop():
            self.refused(Cancelled("Cancelled; everything is as it was before."))

    def _run(self, stop, work, then, tell):
        try:
            with QUIET:
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

    def say(self, stop: threading.Event, text: str, bar: str = "") -> None:
        """Write the line of what is ended by `stop`, if that is still being done."""
        with self._lock:
            if stop.is_set():
                return
            self.line.value = _line(text, bar)
            if not bar:
                self._words = text
                if self.row.children:
                    self.speak(text)


class Teller:
    """Is told how far a job is: `tell(done, count)`, or `tell.part(words)` where a part begins in
    which there may be nothing to count. Both raise `Cancelled` once nobody wants it any more.
    """

    def __init__(self, job: Job, stop: threading.Event, what: str, unit: str) -> None:
        self._job, self._stop, self._what, self._unit = job, stop, what, unit
        self._begin(f"{what}:")

    def _begin(self, head):
        self._head, self._began, self._said = head, time.perf_counter(), 0.0
        # (seconds, done) once the first of them are done: what comes before is slow
        self._first: tuple[float, int] | None = None

    def __call__(self, done: int, count: int) -> None:
        now = time.perf_counter() - self._began
        self._wait()
        if done and self._first is None:
            self._first = now, done
        if now - self._said < OFTEN and done < count:
            return
        self._said = now
        pace = _pace(now, done, count, self._first)
        text = f"{self._head} {done} of {count} {self._unit}{pace}"
        self._job.say(self._stop, text, f'value="{done}" max="{count}"')

    def part(self, words: str) -> None:
        """Say which part of it begins."""
        self._wait()
        self._begin(f"{self._what}: {words},")
        self._job.say(self._stop, f"{self._what}: {words} …")

    def _wait(self):
        """Wait while something else comes first; raise `Cancelled` once it is ended."""
        while self._job.urgent() and not self._stop.wait(SHORT):
            pass
        if self._stop.is_set():
            raise Cancelled("Cancelled.")


def _pace(now, done, count, first):
    """Say how many are done a second, and how long the rest will take."""
    if first is None or done <= first[1] or now <= first[0]:
        return ""
    rate = (done - first[1]) / (now - first[0])
    return f", {rate:.3g} a second, about {(count - done) / rate:.0f} s to go"


def _line(text, bar=""):
    bar = f'<progress aria-label="{html.escape(text)}" {bar}></progress>'
    return f'<div style="line-height:1.3">{bar} {html.escape(text)}</div>'
