"""What every explorer shares: errors, the newest state, and what a reader without a kernel sees."""

import io
import subprocess
import sys
import threading

import ipywidgets as widgets
import pytest
from looking import complaint, shows
from PIL import Image

from zv_helpers import explorers
from zv_helpers.explorers import complaints, neuron
from zv_helpers.explorers.controls import Control, put
from zv_helpers.explorers.layout import Fold
from zv_helpers.explorers.neuron import NeuronState
from zv_helpers.explorers.overlay import OverlayState
from zv_helpers.explorers.picture import Picture
from zv_helpers.explorers.strip import LayerStrip
from zv_helpers.explorers.tools import Lines
from zv_helpers.explorers.versions import tooltip_of


@pytest.fixture(scope="module")
def untouched(cat):
    """Each explorer as it opens; the tests that share them change nothing."""
    return [
        explorers.photograph_chooser(cat.network),
        explorers.neuron_explorer(cat),
        explorers.neuron_explorer(cat, panels="forward"),
        explorers.step_explorer(cat),
        explorers.relevance_explorer(cat),
        explorers.heatmap_explorer(cat),
        explorers.overlay_explorer(cat),
        explorers.hide_explorer(cat),
        explorers.move_explorer(cat),
        explorers.atlas_explorer(cat.network),
    ]


def inside(widget):
    for child in getattr(widget, "children", ()):
        yield child
        yield from inside(child)


def test_the_package_alone_needs_no_widgets():
    code = "import sys, zv_helpers; assert not {'ipywidgets', 'anywidget'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_ipyevents_is_not_needed():
    code = (
        "import sys; sys.modules['ipyevents'] = None; from zv_helpers import explorers; "
        "assert 'ipyevents' not in {name for name, found in sys.modules.items() if found}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_goes_wrong_in_drawing_is_said_and_the_last_state_returns(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    before = explorer.picture.value
    explorer.show(channel=9999)
    assert "9999" in complaint(explorer)
    assert explorer.picture.value == before
    assert explorer.state == NeuronState("fire5", 195)
    explorer.show(rule="no such rule")
    assert "no such rule" in complaint(explorer)
    explorer.controls["Feature map"].value = 20
    shows(explorer, neuron, NeuronState("fire5", 20))


def test_only_the_newest_state_is_drawn_while_one_is_drawing(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 0)
    started, go_on, drawings = threading.Event(), threading.Event(), []

    def slow(view, page):
        drawings.append(view.state.channel)
        started.set()
        assert go_on.wait(20)
        return neuron.render(view, page)

    explorer.render = slow
    drag = threading.Thread(target=lambda: explorer.show(channel=1))
    drag.start()
    assert started.wait(20)
    for channel in range(2, 30):
        explorer.show(channel=channel)
    go_on.set()
    drag.join(20)
    assert drawings == [1, 29]
    shows(explorer, neuron, NeuronState("fire5", 29))


def test_the_display_bundle_has_a_small_static_picture(untouched):
    for explorer in untouched:
        data, metadata = explorer._repr_mimebundle_()
        assert "application/vnd.jupyter.widget-view+json" in data
        assert data["text/plain"] == explorer.text
        assert " ms" not in data["text/plain"]
        assert metadata["image/jpeg"]["alt"] == explorer.text
        assert len(data["image/jpeg"]) < 160_000
        assert explorer.static.startswith(b"\xff\xd8")
        Image.open(io.BytesIO(explorer.static)).load()


def test_every_control_has_a_label_and_a_tooltip(untouched):
    for explorer in untouched:
        not_controls = (widgets.Box, widgets.HTML, Picture, Fold, LayerStrip, Lines)
        controls = [one for one in inside(explorer.root) if not isinstance(one, not_controls)]
        assert len(controls) >= 3
        tools = explorer.tools.row.children
        assert [one.description for one in tools] == ["Back", "Copy as code", "Save"]
        assert set(controls) == {*explorer.controls.values(), *tools}
        assert len(explorer.controls) == len(explorer.table)  # no label stands for two
        for widget in controls:
            assert widget.description
            assert getattr(widget, tooltip_of(widget))


def test_every_picture_and_the_line_have_their_place_in_the_page(untouched):
    for explorer in untouched:
        assert explorer.picture.kind == "zv-picture"
        assert explorer.picture.alt == explorer.text
        assert "zv-line" in explorer.line._dom_classes
        assert "zv-explorer" in explorer.root._dom_classes
        assert 'role="status"' in explorer.line.value


def test_every_control_shows_its_view_from_the_start(untouched):
    for explorer in untouched:
        for one in explorer.table:
            widget = explorer.controls[one.label]
            for trait, value in one.shown(explorer.view).items():
                name = tooltip_of(widget) if trait == "tooltip" else trait
                assert getattr(widget, name) == value, (one.label, trait)


def test_every_slider_stands_on_one_of_its_steps(untouched):
    """The page answers a value between two steps with the nearest, and so moves it."""
    for explorer in untouched:
        for label, widget in explorer.controls.items():
            if "Slider" in type(widget).__name__:
                steps = (widget.value - widget.min) / widget.step
                assert abs(steps - round(steps)) < 1e-6, label


def test_what_is_not_clicked_or_typed_can_be_reached_by_a_control(untouched):
    """Where the page knows no third-party widgets, the picture hears no clicks and no keys."""
    for explorer in untouched[1:]:
        missing = set(vars(explorer.state)) - {one.field for one in explorer.table}
        if isinstance(explorer.state, OverlayState):
            missing -= {"layer", "smoothing", "threshold", "pin"}
        if isinstance(explorer.state, NeuronState) and explorer.state.forward:
            missing -= {"rule", "scale"}
        assert missing <= {"forward", "neuron"}


def test_a_slider_gets_its_new_end_before_its_value():
    sent = []
    slider = widgets.IntSlider(min=0, max=5, value=4)
    slider.observe(lambda event: sent.append((event["name"], event["new"])))
    put(slider, {"max": 9, "value": 8})
    assert sent == [("max", 9), ("value", 8)]
    del sent[:]
    put(slider, {"max": 3, "value": 2})
    assert sent == [("value", 2), ("max", 3)]
    del sent[:]
    put(slider, {"max": 3, "value": 2})
    assert sent == []


def test_a_control_without_a_field_changes_nothing():
    control = Control(None, "Text", "label", "tip", 100)
    assert control.shown(None) == {}
    assert control.changes(None, "typed") is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("Expected this."), "Expected this."),
        (RuntimeError("boom"), "RuntimeError"),
        (MemoryError(), "memory"),
    ],
)
def test_a_sentence_for_every_exception(error, said):
    assert said in complaints.sentence(error)


def test_a_picture_counts_the_presses_of_each_key():
    picture, heard = Picture(), []
    picture.on_keys(heard.append)
    picture.on_click(lambda x, y: heard.append((x, y)))
    picture.pressed = {"ArrowUp": 1}
    picture.pressed = {"ArrowUp": 3, "ArrowLeft": 1}
    picture.clicked = {"x": 1.5, "y": 2.5, "count": 1}
    picture.clicked = {"x": 1.5, "y": 2.5, "count": 2}
    assert heard[0] == {"ArrowUp": 1}
    assert heard[1] == {"ArrowUp": 2, "ArrowLeft": 1}
    assert heard[2:] == [(1.5, 2.5), (1.5, 2.5)]
