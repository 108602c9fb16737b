"""The one picture of an explorer, and a sheet of thumbnails: it can be clicked on."""

from pathlib import Path

import anywidget
from traitlets import Bytes, Dict, Int, List, Unicode

from ..draw.page import NARROW

STEP = 40  # pixels; for a narrow page of a few pixels more nothing is drawn again


class Picture(anywidget.AnyWidget):
    """A JPEG that is replaced in place; what happens in the page is in picture.js.

    Traits:
        value: the JPEG's bytes; alt: its text alternative; kind: its class in the page.
        reveal: how often the page was asked to scroll to where the picture can be seen.
        clicked: the last click, {x, y} in the picture's own pixels; `count` tells two apart.
        watched: the names of the keys that are taken while the pointer is over the picture.
        page: what the browser tells of the page, {width, dark}: of an explorer, in pixels, and
            whether its ground is dark. It does so when the width, of an explorer that is less than
            `narrow` pixels wide, changes by a `step`.
        pressed: {key: how often it was pressed so far}. While the kernel is busy, the page waits
            and then sends all presses in one message, so that no key waits in a queue.
    """

    _esm = Path(__file__).with_name("picture.js")
    _css = Path(__file__).with_name("explorer.css")  # of all parts of an explorer
    value = Bytes().tag(sync=True)
    alt = Unicode().tag(sync=True)
    kind = Unicode("zv-picture").tag(sync=True)
    reveal = Int().tag(sync=True)
    clicked = Dict().tag(sync=True)
    watched = List(Unicode()).tag(sync=True)
    pressed = Dict().tag(sync=True)
    page = Dict().tag(sync=True)
    narrow, step = Int(NARROW).tag(sync=True), Int(STEP).tag(sync=True)

    def on_click(self, function):
        """Call function(x, y) for a click on the picture."""
        self.observe(lambda event: function(event["new"]["x"], event["new"]["y"]), "clicked")

    def on_keys(self, function):
        """Call function({key: how often}) for keys that were pressed."""

        def pressed(event):
            before = event["old"] or {}
            function({key: count - before.get(key, 0) for key, count in event["new"].items()})

        self.observe(pressed, "pressed")
