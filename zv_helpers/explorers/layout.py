"""Where the parts of an explorer stand: the sliders one moves all the time, and the fold."""

from collections.abc import Sequence
from pathlib import Path

import anywidget
import ipywidgets as widgets
from traitlets import Bool, Unicode

from .controls import row
from .strip import LayerStrip

OPEN: dict[str, bool] = {}  # of each kind of explorer: whether its fold was left open


class Fold(anywidget.AnyWidget):
    """The line that opens and closes what is folded away, `body`, which follows it in the page;
    what happens there is in fold.js and explorer.css, so a busy kernel does not hold it up.

    Traits:
        words: what is in it; opened: whether that is seen. It begins as the last one of its kind
            was left, closed at first.
    """

    _esm = Path(__file__).with_name("fold.js")
    words = Unicode().tag(sync=True)
    opened = Bool().tag(sync=True)

    def __init__(self, words: str, kind: str, body: widgets.Widget) -> None:
        super().__init__(words=words, opened=OPEN.get(kind, False))
        self.layout = widgets.Layout(width="100%", margin="2px 0 0 0")
        self.body = body
        self.observe(lambda event: OPEN.update({kind: event["new"]}), "opened")


def grid(rows: Sequence[Sequence[widgets.Widget]]) -> widgets.Box:
    """Lay rows of a slider, what tells its value if the slider does not, and a strip under it if
    there is one, in three columns: label, slider, value. explorer.css gives them their widths."""
    for _, *rest in rows:
        for one in rest:
            one.add_class("zv-strip-row" if isinstance(one, LayerStrip) else "zv-value")
    laid = widgets.Box([one for line in rows for one in line])
    laid.add_class("zv-movers")
    laid.layout.display = None if rows else "none"
    return laid


def switches(children: Sequence[widgets.Widget], tools: widgets.Widget) -> widgets.Box:
    """Lay switches side by side, and the tools at the right end."""
    tools.add_class("zv-tools")
    laid = row(*children, tools)
    laid.add_class("zv-switches")
    return laid
