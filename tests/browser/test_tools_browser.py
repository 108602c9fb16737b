"""The tools of an explorer in the page: back by the key, the lines and the clipboard, a file."""

import csv

import pytest
from checks import differ, serious_problems, shows

from zv_helpers.explorers import as_code, neuron
from zv_helpers.explorers.neuron import NeuronState

pytestmark = pytest.mark.browser

SETUP = """import zv_helpers as zv
from zv_helpers import explorers

network = zv.load_model("squeezenet")
features = zv.extract_features(network, zv.load_image("tabby_cat", network))"""
FIRST = NeuronState("fire5", 20)


@pytest.fixture(scope="module")
def notebook(open_explorers):
    explorers = ('neurons = explorers.neuron_explorer(features, "fire5", 20)\nneurons',)
    with open_explorers("tools", SETUP, explorers) as notebook:
        yield notebook


@pytest.fixture
def explorer(notebook, context):
    explorer = notebook.explorer(0)
    notebook.run_silently("neurons.show(**vars(type(neurons.state)('fire5', 20)))")
    shows(explorer, neuron, context, FIRST)
    return explorer


def test_the_key_takes_back_a_gesture(explorer, context, notebook):
    page, cells = explorer.page, len(notebook.code_cells())
    before = explorer.pixels()
    explorer.press("Feature map", "ArrowRight", 12)
    shows(explorer, neuron, context, NeuronState("fire5", 32))
    page.keyboard.press("Control+z")
    shows(explorer, neuron, context, FIRST)
    assert not differ(explorer.pixels(), before.astype(int))[0]
    explorer.wait_for_slider("Feature map", 20)
    explorer.press("Feature map", "ArrowRight", 2)  # and Cmd+Z
    shows(explorer, neuron, context, NeuronState("fire5", 22))
    page.keyboard.press("Meta+z")
    shows(explorer, neuron, context, FIRST)
    assert len(notebook.code_cells()) == cells


def test_in_a_text_the_key_belongs_to_the_text(explorer, context):
    explorer.press("Feature map", "ArrowRight", 3)
    shows(explorer, neuron, context, NeuronState("fire5", 23))
    box = explorer.control("spinbutton", "number")
    box.focus()
    box.press("Control+z")
    explorer.page.wait_for_timeout(500)
    shows(explorer, neuron, context, NeuronState("fire5", 23))
    for other in ("Control+Shift+z", "Control+Alt+z", "z"):
        explorer.control("slider", "Feature map").press(other)
    explorer.page.wait_for_timeout(500)
    shows(explorer, neuron, context, NeuronState("fire5", 23))
    explorer.control("button", "Back").click()
    shows(explorer, neuron, context, FIRST)


def lines_of(explorer):
    return explorer.root.get_by_role("textbox", name="The lines of code", exact=False)


def test_the_lines_are_shown_and_copied(explorer, context):
    lines, button = lines_of(explorer), explorer.control("button", "Copy as code")
    assert lines.count() == 0 and button.get_attribute("aria-expanded") == "false"
    explorer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer.press("Feature map", "ArrowRight", 1)
    view = neuron.resolve(context, NeuronState("fire5", 21))
    shows(explorer, neuron, context, view.state)
    button.click()
    lines.wait_for()
    assert button.get_attribute("aria-expanded") == "true"
    assert lines.input_value() == as_code.neuron(view)
    explorer.root.get_by_text("Copied.", exact=True).wait_for()
    assert explorer.page.evaluate("navigator.clipboard.readText()") == as_code.neuron(view)
    assert serious_problems(explorer.page, "[data-explorer='0']") == []
    assert lines.evaluate("one => one.scrollHeight <= one.clientHeight"), "all lines can be seen"
    lines.focus()
    lines.press("x")  # to be read, not to be written
    explorer.press("Feature map", "ArrowLeft", 1)
    shows(explorer, neuron, context, FIRST)
    explorer.page.wait_for_function(
        "([lines, text]) => lines.value === text",
        arg=[lines.element_handle(), as_code.neuron(neuron.resolve(context, FIRST))],
    )
    assert explorer.root.get_by_text("Copied.", exact=True).count() == 0
    button.click()
    lines.wait_for(state="hidden")


REFUSED = "Object.defineProperty(navigator, 'clipboard', {configurable: true, get() {}})"


def test_without_a_clipboard_the_lines_are_selected(explorer):
    page, button = explorer.page, explorer.control("button", "Copy as code")
    page.evaluate(f"{REFUSED}; document.execCommand = () => false")
    try:
        button.click()
        explorer.root.get_by_text("The lines are selected", exact=False).wait_for()
        selected = "one => one.value.slice(one.selectionStart, one.selectionEnd) === one.value"
        assert lines_of(explorer).evaluate(selected)
        button.click()
        lines_of(explorer).wait_for(state="hidden")
        page.evaluate("""() => { document.execCommand = command => {
            window.taken = [command, document.activeElement.value]; return true; } }""")
        button.click()
        explorer.root.get_by_text("Copied.", exact=True).wait_for()
        assert page.evaluate("window.taken") == ["copy", lines_of(explorer).input_value()]
    finally:
        page.evaluate("delete navigator.clipboard; delete document.execCommand")
        button.click()


def test_save_says_where(explorer, workbook, context):
    explorer.control("button", "Save").click()
    name = "results/tabby_cat_squeezenet_neuron"
    explorer.wait_for_line(f"Written: {name}.png, and its numbers: {name}.csv.")
    with open(workbook / "root" / f"{name}.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    view = neuron.resolve(context, FIRST)
    assert len(rows) == 1 + len(view.maps) + 3 * len(view.projection.pixels)
