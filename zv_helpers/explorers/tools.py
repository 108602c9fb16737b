"""The tools of every explorer: take back a step, copy as code, save."""

from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
from traitlets import Int, Unicode

from .controls import row
from .job import Later
from .saving import captioned, stem_of, write


class Lines(anywidget.AnyWidget):
    """Lines of code to read and to copy; what happens in the page is in tools.js.

    Traits:
        value: the lines; none are shown while it is empty.
        asked: how often the page was asked to copy them.
        spoken: words for those who hear the page; nobody sees them.
        undone: how often Ctrl+Z was pressed so far, while the focus was in the explorer and not in
            a text. The page waits while the kernel is busy and then sends all of them at once.
    """

    _esm = Path(__file__).with_name("tools.js")
    value = Unicode().tag(sync=True)
    asked = Int().tag(sync=True)
    spoken = Unicode().tag(sync=True)
    undone = Int().tag(sync=True)

    def speak(self, words):
        """Say words to those who hear the page."""
        self.spoken = words

    def on_undo(self, function):
        """Call function(how often) when Ctrl+Z was pressed."""
        self.observe(lambda event: function(event["new"] - event["old"]), "undone")


class Tools:
    """The tools of one explorer.

    Attributes:
        row: the buttons, a Box; back, copy, save: each of them.
        lines: the `Lines`, which belong under the picture. They also hear Ctrl+Z, so they have
            their place on the page even while they are empty.
    """

    def __init__(self, explorer: Any) -> None:
        self.explorer = explorer
        self.back = _button("Button", "Back", "Take the last step back (Ctrl+Z)", 70)
        tip = "Show the lines of code that make this, and copy them; press again to hide them"
        self.copy = _button("ToggleButton", "Copy as code", tip, 120)
        tip = "Write this picture with its text, and its numbers, into the folder results"
        self.save = _button("Button", "Save", tip, 70)
        self.row, self.lines = row(self.back, self.copy, self.save), Lines()
        self.row.layout.width = "auto"
        self.lines.layout = widgets.Layout(width="auto", margin="0 2px")
        self.back.on_click(lambda button: explorer.back())
        self.lines.on_undo(explorer.back)
        self.copy.observe(lambda event: explorer.act(self._turned), "value")
        self.save.on_click(lambda button: explorer.act(self._saved))
        self.sync()

    def sync(self) -> None:
        """Say whether there is a step to take back, and show the lines for what is on show."""
        self.count()
        self.lines.value = self._written() if self.copy.value else ""

    def count(self) -> None:
        """Say whether there is a step to take back."""
        self.back.disabled = not self.explorer.history

    def _written(self):
        try:
            return self.explorer.code(self.explorer.view)
        except Exception as error:  # the picture is there, whatever is wrong with the lines
            return f"# It cannot be written as code ({error})."

    def _turned(self):
        self.sync()
        self.lines.asked += int(self.copy.value)

    def _saved(self):
        explorer = self.explorer
        view = explorer.now()
        if getattr(view, "whole", True):
            return self._written_of(view)

        def work(tell):  # an atlas is saved with all its projections
            tell.part("working out all of the picture")
            return explorer.resolve(view.context, view.state)

        return Later("Save", work, self._written_of)

    def _written_of(self, view):
        """Write a view into the folder `results`, and say so."""
        explorer = self.explorer
        text, found = explorer.caption(view), explorer.found(view)
        stem = stem_of("", f"{explorer.called(view)}_{explorer.kind}")
        picture = captioned(explorer.render(view), (text,))
        paths = write(stem, picture, " ".join((text, *found)), explorer.numbers(view))
        written, numbers = (path.as_posix() for path in paths)
        explorer.remark = f"Written: {written}, and its numbers: {numbers}."
        return {}


def _button(kind, label, tip, width):
    layout = widgets.Layout(width=f"{width}px", margin="2px 4px 2px 0")
    return getattr(widgets, kind)(description=label, tooltip=tip, layout=layout)
