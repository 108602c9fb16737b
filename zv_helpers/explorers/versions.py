"""What ipywidgets 7, which Google Colab has, does otherwise than ipywidgets 8, and no other module
needs to know."""

from dataclasses import dataclass

import ipywidgets as widgets
import traitlets

OLD = int(widgets.__version__.partition(".")[0]) < 8
VIEW = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Upload:
    """One uploaded file: its name and its bytes."""

    name: str
    content: bytes


class OldFileUpload(widgets.FileUpload):
    """The button for uploads of ipywidgets 7, whose `value` is as in ipywidgets 8: a tuple of
    files, and to set it to () empties it, so that the same file can come again."""

    value = traitlets.Tuple()

    @traitlets.observe("_counter")
    def on_incr_counter(self, change):
        """Take up what the page has sent, in three traits."""
        files = zip(self.metadata, self.data, strict=True)
        self.value = tuple(Upload(about["name"], content) for about, content in files)

    @traitlets.observe("value")
    def _empty(self, change):
        if not change["new"]:
            with self.hold_sync():
                self.metadata, self.data, self._counter = [], [], 0


def new_widget(kind, tip, **traits):
    """Make a widget by the name of its class, with a tooltip."""
    class_ = OldFileUpload if OLD and kind == "FileUpload" else getattr(widgets, kind)
    return class_(**{tooltip_of(class_): tip}, **traits)


def tooltip_of(widget):
    """Return the name of a widget's, or its class's, trait for the tooltip."""
    return "tooltip" if hasattr(widget, "tooltip") else "description_tooltip"


def bundle(root, picture):
    """Return (data, metadata) that show the widget `root` in a notebook.

    ipywidgets 7 has no function for it. anywidget has one for both, which also says what Colab
    needs; picture: an `AnyWidget` to borrow it from.
    """
    data, metadata = picture._repr_mimebundle_()
    return data | {VIEW: data[VIEW] | {"model_id": root.model_id}}, metadata
