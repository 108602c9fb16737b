"""ipywidgets 7, which Colab has, and 8: `make colab` runs this with the first, `make test` with the
second."""

import importlib.util
import sys
import types

import ipywidgets as widgets
import pytest
from looking import a_jpeg, complaint

from zv_helpers import explorers
from zv_helpers.explorers import versions
from zv_helpers.explorers.picture import Picture

only_old = pytest.mark.skipif(not versions.OLD, reason="asks ipywidgets 7: make colab")


def test_the_version_is_read():
    assert versions.OLD == widgets.__version__.startswith("7.")
    assert not versions.OLD or importlib.util.find_spec("jupyterlab") is None


@pytest.mark.parametrize("kind", ["Button", "ToggleButton", "Dropdown", "IntSlider", "FileUpload"])
def test_a_tooltip_reaches_the_page(kind):
    widget = versions.new_widget(kind, "What it does", description="Do it")
    assert "What it does" in widget.get_state().values()
    assert isinstance(widget, getattr(widgets, kind))


def test_what_is_shown_is_the_root_and_what_anywidget_says_about_it():
    picture = Picture()
    root = widgets.VBox([picture])
    data, metadata = versions.bundle(root, picture)
    assert data[versions.VIEW]["model_id"] == root.model_id != picture.model_id
    assert data[versions.VIEW]["version_major"] == 2 and metadata == {}


def test_on_colab_an_explorer_names_the_widget_manager(squeezenet, monkeypatch):
    """Colab shows no picture of a cell's last value without it."""
    output = types.ModuleType("google.colab.output")
    output.enable_custom_widget_manager = lambda: None
    output._widgets = types.SimpleNamespace(_installed_url="https://example.org/manager.js")
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    _, metadata = explorers.photograph_chooser(squeezenet)._repr_mimebundle_()
    assert metadata[versions.VIEW]["colab"]["custom_widget_manager"]["url"].endswith("manager.js")
    assert "tabby_cat" in metadata["image/jpeg"]["alt"]


def sent(button, counter, *files):
    """Do what the page of ipywidgets 7 does with uploaded files."""
    about = [{"name": name, "size": len(content)} for name, content in files]
    content = [memoryview(content) for _, content in files]
    button.set_state({"_counter": counter, "metadata": about, "data": content, "error": ""})


@only_old
def test_an_upload_of_ipywidgets_7_arrives_and_can_come_again(squeezenet, own_photos):
    chooser = explorers.photograph_chooser(squeezenet)
    button = chooser.controls["Upload"]
    for colour in ((200, 0, 0), (0, 0, 200), (0, 0, 200)):
        sent(button, 1, ("my dog.jpg", a_jpeg(colour=colour)))
        assert complaint(chooser) is None
        assert chooser.image.pixels[0, 0].argmax() == (0 if colour[0] else 2)
        assert (button.value, button._counter, button.data) == ((), 0, [])
    assert len(list(own_photos.iterdir())) == 2
    sent(button, 1, ("notes.jpg", b"hello, this is text"))
    assert "text" in complaint(chooser)
    assert button.value == () and chooser.image.pixels[0, 0].argmax() == 2
