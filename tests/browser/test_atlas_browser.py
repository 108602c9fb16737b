"""The atlas explorer in the browser: keys, clicks, the neuron explorer below it, and folders."""

import shutil

import numpy as np
import pytest
from checks import cut_off, flickers, serious_problems, shows, wait_for_picture

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.atlas.picture import LINE, UNDER, grid
from zv_helpers.explorers import atlas as exploring
from zv_helpers.explorers import neuron
from zv_helpers.explorers.atlas import AtlasState
from zv_helpers.explorers.neuron import NeuronState
from zv_helpers.explorers.shell import Context

pytestmark = pytest.mark.browser

SETUP = """import zv_helpers as zv
from zv_helpers import explorers

network = zv.load_model()
features = zv.extract_features(network, zv.load_image("tabby_cat", network))"""
EXPLORERS = (
    'atlas = explorers.atlas_explorer(network, layer="fire5", channel=241)\natlas',
    'explorers.neuron_explorer(features, "fire3", 5)',
)
STATE = AtlasState("fire5", 241)
AS_AT_FIRST = 'atlas.show(layer="fire5", channel=241, rule="deconvnet", place=0)'


@pytest.fixture(scope="module")
def notebook(open_explorers):
    with open_explorers("atlas", SETUP, EXPLORERS) as notebook:
        yield notebook


@pytest.fixture(scope="module")
def context(workbook, squeezenet):
    return explorers.atlas_explorer(squeezenet).context


@pytest.fixture(scope="module")
def first(notebook):
    """The explorer, while there is no other one below it."""
    return outermost(notebook.explorer(0))


@pytest.fixture
def explorer(notebook, first, context):
    """The explorer at fire5 and its feature map 241, with nothing open."""
    notebook.scroll_to(0)
    if first.root.locator(".zv-explorer").count():
        first.root.get_by_role("button", name="Close", exact=True).click()
    if first.value("combobox", "Photographs") != exploring.SHIPPED:
        first.choose("Photographs", exploring.SHIPPED)
        first.wait_for_line("of 75 photographs")
    notebook.run_silently(AS_AT_FIRST)
    shows(first, exploring, context, STATE)
    return first


def outermost(found):
    """An explorer by the names its own controls have, not those of one that is opened in it."""
    control = found.control
    found.control = lambda role, name: control(role, name).first
    found.image, found.line = found.image.first, found.line.first
    return found


def below(explorer):
    """The neuron explorer that is open below."""
    from in_browser import OnScreen

    root = explorer.root.locator(".zv-explorer")
    root.wait_for()
    return OnScreen(explorer.page, root)


def middle(place, patch=True):
    """Where the middle of a tile lies in the picture, (x, y)."""
    where = grid((), 9, wide=True)
    x, y = where.places(place)[patch]
    return x + where.tile[1] / 2, y + where.tile[0] / 2


def opens(explorer, context, place, squeezenet):
    """Check that the neuron explorer is on the screen with a neuron, and return it."""
    view = exploring.resolve(context, STATE)
    photograph, one = view.nine.neurons[place]
    features = zv.extract_features(squeezenet, zv.load_image(photograph, squeezenet))
    state = NeuronState("fire5", 241, one.row, one.column)
    found = below(explorer)
    # Not yet `shows`: that asks an element of the page, and the one before may still be there.
    found.wait_for_line(neuron.caption(neuron.resolve(Context(features), state)))
    shows(found, neuron, Context(features), state)
    explorer.page.wait_for_function(
        """img => { const box = img.getBoundingClientRect();
                    return box.top > 0 && box.bottom <= innerHeight; }""",
        arg=found.image.element_handle(),
    )
    return found


def test_it_opens_with_the_patches_and_projections_of_the_atlas(explorer, context):
    view = exploring.resolve(context, STATE)
    wait_for_picture(explorer, exploring.render(view), STATE)
    assert explorer.image.get_attribute("alt") == exploring.caption(view)


def test_keys_move_the_sliders(explorer, context):
    explorer.press("Feature map", "ArrowRight", 2)
    shows(explorer, exploring, context, AtlasState("fire5", 243))
    explorer.press("Feature map", "ArrowLeft")
    shows(explorer, exploring, context, AtlasState("fire5", 242))
    explorer.choose("Rule", "guided")
    shows(explorer, exploring, context, AtlasState("fire5", 242, "guided"))
    explorer.press("Layer", "ArrowLeft")
    explorer.wait_for_line("squeezenet, fire5_expand3x3, feature map")
    explorer.control("combobox", "Neuron").focus()
    explorer.page.keyboard.press("ArrowDown")
    explorer.wait_for_line("Framed: 2, ")


def test_a_fast_drag_ends_with_the_last_map_and_nothing_flickers(explorer, context):
    explorer.image.evaluate("img => { window.first_picture = img; }")

    def move():
        explorer.press("Feature map", "ArrowLeft", 40)
        shows(explorer, exploring, context, AtlasState("fire5", 201))

    # The words over the patches stay, so whatever is painted there else is a flicker.
    x, y = grid((), 9, wide=True).starts[1]
    seen = explorer.painted(move, (x, y - UNDER, x + 120, y - UNDER + LINE))
    assert flickers(seen) == {}
    assert explorer.image.evaluate("img => window.first_picture === img")


def test_a_click_on_a_patch_opens_its_neuron(explorer, context, squeezenet):
    explorer.click_picture(*middle(2))
    opened = opens(explorer, context, 2, squeezenet)
    assert opened.value("combobox", "Photograph") == "tabby_cat"
    assert "It is open below." in explorer.line.inner_text()
    explorer.click_picture(*middle(4, patch=False))
    opens(explorer, context, 4, squeezenet)
    assert explorer.root.locator(".zv-explorer").count() == 1


def test_the_key_takes_back_a_step_of_the_explorer_it_is_pressed_in(explorer, context, squeezenet):
    explorer.press("Feature map", "ArrowRight")
    shows(explorer, exploring, context, AtlasState("fire5", 242))
    explorer.press("Feature map", "ArrowLeft")
    shows(explorer, exploring, context, STATE)
    explorer.click_picture(*middle(2))
    opened = opens(explorer, context, 2, squeezenet)
    before = opened.line.inner_text().partition("·")[0]
    opened.press("Feature map", "ArrowRight")
    opened.wait_for_line("layer fire5, feature map 242,")
    explorer.page.keyboard.press("Control+z")
    opened.wait_for_line(before.strip())
    assert "It is open below." in explorer.line.inner_text()  # above nothing was taken back


def test_the_keyboard_opens_a_neuron_and_closes_it(explorer, context, squeezenet):
    explorer.control("combobox", "Neuron").focus()
    keyboard = explorer.page.keyboard
    keyboard.press("ArrowDown")
    explorer.wait_for_line("Framed: 2, ")
    keyboard.press("Tab")
    keyboard.press("Enter")
    opens(explorer, context, 1, squeezenet)
    explorer.root.get_by_role("button", name="Close", exact=True).focus()
    keyboard.press("Enter")
    explorer.root.locator(".zv-explorer").wait_for(state="detached")


def test_photographs_are_answered_by_maps(explorer, context):
    button = explorer.control("button", "Find maps by photograph")
    button.click()
    photographs = explorer.control("listbox", "These photographs")
    photographs.focus()
    explorer.page.keyboard.type("tabby")
    answers = context.atlas.answering(["tabby_cat"], count=20)
    maps = explorer.control("listbox", "Maps")
    maps.locator("option").first.wait_for()
    assert maps.locator("option").count() == len(answers)
    maps.focus()
    explorer.page.keyboard.press("ArrowDown")
    best = answers[0]
    explorer.wait_for_line(f"squeezenet, {best.layer}, feature map {best.channel}:")
    assert explorer.value("spinbutton", "number") == str(best.channel)
    sheet = explorer.root.locator("img.zv-thumbnails")
    before = sheet.get_attribute("src")
    sheet.click(position={"x": 30, "y": 30})
    explorer.page.wait_for_function(
        "([sheet, before]) => sheet.src !== before", arg=[sheet.element_handle(), before]
    )
    photographs.select_option([])
    button.click()
    photographs.wait_for(state="hidden")


@pytest.fixture
def folder(tmp_path):
    """A folder of 600 photographs, and one that is none."""
    source = zv.photographs()["duck"]
    for i in range(600):
        (tmp_path / f"{i:03}.jpg").symlink_to(source)
    (tmp_path / "broken.jpg").write_bytes(b"no photograph")
    return tmp_path


def test_a_folder_is_built_with_progress_and_can_be_cancelled(explorer, context, folder):
    before = explorer.pixels()
    explorer.type("textbox", "or a folder", folder)
    bar = explorer.root.locator("progress[max='601']")
    bar.wait_for(timeout=60_000)
    assert "601 photographs" in bar.get_attribute("aria-label")
    explorer.press("Feature map", "ArrowRight")  # the explorer can be used meanwhile
    shows(explorer, exploring, context, AtlasState("fire5", 242))
    explorer.press("Feature map", "ArrowLeft")
    shows(explorer, exploring, context, STATE)
    explorer.root.get_by_role("button", name="Cancel", exact=True).click()
    explorer.wait_for_line("Cancelled; everything is as it was before.", "alert")
    assert bar.count() == 0
    np.testing.assert_array_equal(explorer.pixels(), before)
    assert explorer.value("combobox", "Photographs") == exploring.SHIPPED
    explorer.type("textbox", "or a folder", folder / "absent")
    explorer.wait_for_line("absent' is not there", "alert")


def test_a_small_folder_is_shown_and_what_was_skipped_is_said(explorer, folder):
    few = folder / "few"
    few.mkdir()
    for name in ("tabby_cat", "owl", "duck"):
        shutil.copy(zv.photographs()[name], few)
    (few / "broken.jpg").write_bytes(b"no photograph")
    explorer.type("textbox", "or a folder", few)
    explorer.wait_for_line("the 3 of 3 photographs that excite it most", seconds=90)
    explorer.wait_for_line("1 photograph could not be read (listed below)")
    explorer.root.get_by_text("1 photograph could not be read", exact=True).click()
    assert "plain text" in explorer.root.locator("details li").inner_text()


def test_a_neuron_shows_the_atlas_of_its_map(notebook):
    neurons = notebook.explorer(1)
    height = len(neurons.pixels())
    neurons.control("button", "Atlas of this map").click()
    neurons.wait_for_line("Below, the atlas of fire3, feature map 5:")
    neurons.wait_for_line("one scale")
    assert len(neurons.pixels()) > height + 250
    neurons.control("button", "Atlas of this map").click()
    neurons.page.wait_for_function(
        "line => !line.textContent.includes('Below')", arg=neurons.root.element_handle()
    )
    assert len(neurons.pixels()) == height


# For everyone, with everything open


@pytest.fixture
def everything(explorer):
    explorer.control("button", "Find maps by photograph").click()
    explorer.control("combobox", "Neuron").focus()
    explorer.page.keyboard.press("Tab")
    explorer.page.keyboard.press("Enter")
    below(explorer).line.wait_for()
    yield explorer
    explorer.control("button", "Find maps by photograph").click()


def test_nothing_serious_for_the_accessibility_checker_with_everything_open(everything):
    assert serious_problems(everything.page, "[data-explorer='0']") == []


def test_nothing_is_cut_off_at_700_pixels_with_everything_open(everything):
    page = everything.page
    page.set_viewport_size({"width": 700, "height": 720})
    try:
        page.wait_for_timeout(500)
        assert cut_off(everything.root) == []
    finally:
        page.set_viewport_size({"width": 1280, "height": 720})
