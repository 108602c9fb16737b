"""All explorers in one notebook: keys, clicks, bad input, accessibility, and starting again."""

import contextlib
import functools
import io
import os
from dataclasses import replace

import nbformat
import numpy as np
import pytest
from checks import cut_off, differ, on_screen, serious_problems, shows
from PIL import Image
from test_notebooks import middle_of_position, move_relevance

import zv_helpers as zv
from zv_helpers.draw import strips
from zv_helpers.explorers import neuron, photographs
from zv_helpers.explorers.neuron import NeuronState
from zv_helpers.explorers.shell import Context
from zv_helpers.explorers.thumbnails import PITCH, names_to_choose

pytestmark = pytest.mark.browser

SETUP = """import zv_helpers as zv
from zv_helpers import explorers

network = zv.load_model()
features = zv.extract_features(network, zv.load_image("tabby_cat", network))"""
EXPLORERS = (
    'explorers.neuron_explorer(features, "fire5", 195)',
    'explorers.neuron_explorer(features, "fire9", 3, panels="forward")',
    'explorers.step_explorer(features, features.strongest("fire5"))',
    "explorers.relevance_explorer(features)",
    "explorers.heatmap_explorer(features)",
    "explorers.overlay_explorer(features)",
    "explorers.photograph_chooser(network)",
    "explorers.hide_explorer(features)",
    "explorers.move_explorer(features)",
    "explorers.atlas_explorer(network)",
)
CONTROLS = """root => {
    const found = [...root.querySelectorAll(
        'select, button, input:not([type=file]), .noUi-handle, [contenteditable]')];
    const seen = found.filter(one => one.getClientRects().length && !one.disabled &&
        !one.closest('[disabled]'));
    seen.forEach((one, i) => { one.dataset.place = i; });
    return seen.map(one => one.outerHTML.slice(0, 120));
}"""
FOCUSED = """root => root.contains(document.activeElement)
    ? Number(document.activeElement.dataset.place ?? -1) : null"""


@contextlib.contextmanager
def opened(workbook, lab, chromium, name):
    """Open a notebook with every explorer, run from top to bottom, and close it afterwards."""
    from in_browser import Notebook, write_notebook

    write_notebook(workbook / "root" / name, SETUP, EXPLORERS)
    notebook = Notebook(chromium, lab, name)
    notebook.run_all()
    yield notebook
    notebook.close()


@pytest.fixture(scope="module")
def notebook(workbook, lab, chromium):
    with opened(workbook, lab, chromium, "explorers.ipynb") as notebook:
        yield notebook


@pytest.fixture(scope="module")
def fresh(workbook, lab, chromium):
    """The same notebook, in which no control was touched."""
    with opened(workbook, lab, chromium, "untouched.ipynb") as notebook:
        yield notebook


@pytest.fixture(scope="module")
def context(features_of):
    return Context(features_of("tabby_cat"))


@pytest.fixture
def neurons(notebook, context):
    """The first explorer, at fire5 and its feature map 195."""
    explorer = notebook.explorer(0)
    if explorer.value("combobox", "Photograph") != "tabby_cat":
        explorer.choose("Photograph", "tabby_cat")
    explorer.choose("name", "fire5")
    explorer.control("checkbox", "Strongest position").check()
    explorer.type("spinbutton", "number", 194)
    explorer.wait_for_line("tabby_cat in squeezenet: layer fire5, feature map 194,")
    explorer.type("spinbutton", "number", 195)
    shows(explorer, neuron, context, NeuronState("fire5", 195))
    return explorer


# What moves


def test_the_relevance_explorer_shows_what_is_chosen(notebook, context, workbook):
    move_relevance(notebook.explorer(3), context, "", workbook)


def test_a_click_on_the_feature_map_moves_the_position(neurons, context):
    state = NeuronState("fire5", 195)
    neurons.click_picture(*middle_of_position(state, context.features, 11, 3))
    shows(neurons, neuron, context, replace(state, row=11, column=3))


def test_a_click_on_the_photograph_moves_the_position(neurons, context):
    x, y = 60, 150
    state = NeuronState("fire5", 195)
    place = neuron.position_at(neuron.resolve(context, state), x, y)
    assert place["row"] is not None
    neurons.click_picture(x, y)
    shows(neurons, neuron, context, replace(state, **place))


def test_arrow_keys_over_the_picture_move_the_position(neurons, context):
    state = NeuronState("fire5", 195)
    at = neuron.neuron_of(context.features, state)
    keys = neurons.control("checkbox", "Arrow keys over the picture")
    keys.check()
    neurons.image.hover()
    neurons.page.wait_for_timeout(200)
    neurons.page.keyboard.press("ArrowLeft")
    moved = replace(state, row=at.row, column=at.column - 1)
    shows(neurons, neuron, context, moved)
    keys.uncheck()


def test_arrow_keys_that_come_fast_all_count_and_none_reaches_the_notebook(
    notebook, neurons, context
):
    state = NeuronState("fire5", 195)
    at = neuron.neuron_of(context.features, state)
    keys = neurons.control("checkbox", "Arrow keys over the picture")
    keys.check()
    neurons.page.wait_for_timeout(200)
    active = "() => jupyterapp.shell.currentWidget.content.activeCellIndex"
    neurons.image.hover()
    notebook.execute("notebook:enter-command-mode")
    cell = neurons.page.evaluate(active)
    # The first one goes up, so that what comes while it is drawn has to wait.
    for key in ("ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowLeft"):
        neurons.page.keyboard.press(key)
    moved = replace(state, row=at.row + 2, column=at.column - 1)
    shows(neurons, neuron, context, moved)
    assert neurons.page.evaluate(active) == cell
    neurons.page.mouse.move(2, 2)
    neurons.page.keyboard.press("ArrowLeft")
    neurons.page.wait_for_timeout(300)
    shows(neurons, neuron, context, moved)
    keys.uncheck()


def test_thumbnails_choose_a_photograph(neurons, features_of):
    button = neurons.control("button", "Thumbnails")
    button.click()
    sheet = neurons.root.locator("img.zv-thumbnails[alt]")
    sheet.wait_for()
    place = names_to_choose().index("chickens")
    rows, columns = divmod(place, photographs.COLUMNS)
    sheet.click(position={"x": columns * PITCH + 30, "y": rows * PITCH + 30})
    view = neuron.resolve(Context(features_of("chickens")), NeuronState("fire5", 195))
    neurons.wait_for_line(neuron.caption(view))
    assert not differ(neurons.pixels(), on_screen(neuron.render(view)))[0]
    assert neurons.value("combobox", "Photograph") == "chickens"
    button.click()
    sheet.wait_for(state="detached")


def test_the_picture_is_one_element_that_never_flickers(neurons, context):
    neurons.image.evaluate("img => { window.first_picture = img; }")

    names = context.features.layers

    def move():
        neurons.press("Feature map", "ArrowRight", 15)
        neurons.press("Layer", "ArrowRight", 2)
        neurons.wait_for_line(f"layer {names[names.index('fire5') + 2]},")
        neurons.choose("name", "fire5")
        neurons.wait_for_line("layer fire5,")
        neurons.type("spinbutton", "number", 20)
        shows(neurons, neuron, context, NeuronState("fire5", 20))

    # The photograph's lower edge stays the same, so whatever is painted there else is a flicker.
    left, top, right, bottom = strips.rectangle(0, (224, 224))
    seen = neurons.painted(move, (left + 5, bottom - 15, right - 5, bottom - 5))
    assert len(seen) > 10
    expected = np.asarray(seen[0]).astype(int)
    assert expected.std() > 10
    assert max(np.abs(frame - expected).mean() for frame in seen) < 8
    assert neurons.image.evaluate("img => window.first_picture === img")


def test_a_fast_drag_ends_with_the_last_position(neurons, context):
    neurons.press("Feature map", "ArrowRight", 40)
    shows(neurons, neuron, context, NeuronState("fire5", 235))


# For everyone


@pytest.mark.parametrize("index", range(len(EXPLORERS)))
def test_the_keyboard_alone_reaches_every_control(notebook, index):
    explorer = notebook.explorer(index)
    controls = explorer.root.evaluate(CONTROLS)
    assert len(controls) >= 3
    explorer.root.locator("[data-place='0']").focus()
    reached = []
    while (place := explorer.root.evaluate(FOCUSED)) is not None and len(reached) < 99:
        reached.append(place)
        notebook.page.keyboard.press("Tab")
    assert [controls[i] for i in range(len(controls)) if i not in reached] == []
    assert reached == sorted(reached), "the order of the Tab key is not that on the page"


@pytest.mark.parametrize("index", range(len(EXPLORERS)))
def test_nothing_serious_for_the_accessibility_checker(notebook, index):
    explorer = notebook.explorer(index)
    explorer.image.and_(notebook.page.locator("[alt]")).wait_for()
    assert serious_problems(notebook.page, f"[data-explorer='{index}']") == []


@pytest.mark.parametrize("index", range(len(EXPLORERS)))
def test_every_control_has_a_visible_label_that_is_its_name(notebook, index):
    explorer = notebook.explorer(index)
    explorer.root.evaluate(CONTROLS)
    for control in explorer.root.locator("[data-place]").all():
        label = control.locator(
            "xpath=ancestor-or-self::*[contains(@class, 'jupyter-widgets')][1]"
        ).inner_text()
        assert label.strip(), control.evaluate("one => one.outerHTML")


@pytest.mark.parametrize("index", range(len(EXPLORERS)))
def test_sliders_have_their_names_before_anyone_touches_them(fresh, index):
    explorer = fresh.explorer(index)
    explorer.image.wait_for()
    named = "root => [...root.querySelectorAll('.noUi-handle')].every(one => one.ariaLabel)"
    fresh.page.wait_for_function(named, arg=explorer.root.element_handle(), timeout=4000)
    names = explorer.root.locator(".noUi-handle").evaluate_all("all => all.map(o => o.ariaLabel)")
    assert len(set(names)) == len(names) == (0 if index == 6 else len(names) or 1)
    assert explorer.root.locator(".zv-line[aria-live=polite] [role=status]").count() == 1


def test_the_pictures_text_alternative_is_the_line(neurons, context):
    text = neuron.caption(neuron.resolve(context, NeuronState("fire5", 195)))
    neurons.page.wait_for_function(
        "([img, text]) => img.alt === text", arg=[neurons.image.element_handle(), text]
    )


def test_keys_in_a_control_do_not_reach_the_notebook(notebook, neurons, context):
    before = len(notebook.code_cells())
    rule = neurons.control("combobox", "Rule")
    rule.focus()
    for key in ("g", "ArrowUp", "ArrowDown", "b", "a", "d", "d"):  # b: a new cell; d d: delete it
        rule.press(key)
    neurons.control("slider", "Feature map").focus()
    for key in ("b", "a", "d", "d", "ArrowDown", "ArrowUp"):
        notebook.page.keyboard.press(key)
    neurons.control("button", "Pin for comparison").focus()
    notebook.page.keyboard.press("Enter")
    neurons.wait_for_line("Pinned: ")
    notebook.page.keyboard.press("Enter")
    assert len(notebook.code_cells()) == before
    assert neurons.root.is_visible()
    neurons.choose("Rule", "deconvnet")
    shows(neurons, neuron, context, NeuronState("fire5", 195))


@pytest.mark.parametrize(
    ("size", "zoom"), [((1280, 720), 1), ((640, 360), 2)], ids=["projector", "200 %"]
)
@pytest.mark.parametrize("index", range(len(EXPLORERS)))
def test_nothing_is_cut_off(notebook, index, size, zoom):
    # At 200 % a page of 1280 × 720 has room for 640 × 360 of its own pixels.
    page = notebook.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    try:
        explorer = notebook.explorer(index)
        if zoom == 1:
            notebook.execute("application:toggle-presentation-mode")
        page.wait_for_timeout(300)
        assert cut_off(explorer.root) == []
        box, room = explorer.root.bounding_box(), page.viewport_size
        assert box["width"] <= room["width"]
        words = explorer.line.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
        assert words >= 12
        if zoom == 1:
            assert box["height"] <= room["height"] - 90, "it does not fit under the menu and tabs"
    finally:
        if zoom == 1:
            notebook.execute("application:toggle-presentation-mode")
        page.set_viewport_size({"width": 1280, "height": 720})


# Bad input


def encoded(picture, kind, **how):
    file = io.BytesIO()
    picture.save(file, kind, **how)
    return file.getvalue()


def colourful(width=320, height=260):
    """A picture whose every part has another colour."""
    y, x = np.mgrid[0:height, 0:width]
    values = np.stack([255 * x // width, 255 * y // height, 255 - 255 * x // width], axis=2)
    return Image.fromarray(values.astype(np.uint8))


BAD = {
    "empty.jpg": (lambda: b"", "is empty"),
    "cut.jpg": (lambda: encoded(colourful(), "jpeg")[:900], "damaged or cut short"),
    "text.jpg": (lambda: b"This is no photograph.", "plain text"),
    "bomb.png": (lambda: encoded(Image.new("1", (10_000, 9_500)), "png"), "million pixels"),
    "dot.png": (lambda: encoded(Image.new("RGB", (1, 1)), "png"), "at least 16 pixels"),
    "line.png": (lambda: encoded(Image.new("RGB", (20_000, 10)), "png"), "at least 16 pixels"),
    "phone.heic": (lambda: b"\0\0\0\x18ftypheic" + bytes(64), "HEIC"),
}


def turned(orientation):
    """A photograph whose file says how to turn it: EXIF orientation 1 to 8."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(colourful(), "jpeg", exif=exif)


SOUND = {
    "cmyk.jpg": lambda: encoded(colourful().convert("CMYK"), "jpeg"),
    "deep.png": lambda: encoded(
        Image.fromarray(np.asarray(colourful())[..., 0].astype(np.uint16) * 257), "png"
    ),
    "palette.png": lambda: encoded(
        colourful().quantize(64), "png", transparency=bytes(range(0, 256, 4))
    ),
    "moving.gif": lambda: encoded(
        colourful(), "gif", save_all=True, append_images=[Image.new("RGB", (320, 260))]
    ),
    **{f"turned_{way}.jpg": functools.partial(turned, way) for way in range(1, 9)},
}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for name, (make, _) in BAD.items():
        (folder / name).write_bytes(make())
    for name, make in SOUND.items():
        (folder / name).write_bytes(make())
    (folder / "directory.jpg").mkdir()
    return folder


def refused(explorer, context, said, do):
    """Check that something gives one sentence, and that all else stays and still works."""
    before = explorer.pixels()
    controls = (("combobox", "Photograph"), ("combobox", "name"), ("spinbutton", "number"))
    values = [explorer.value(*control) for control in controls]
    do()
    line = explorer.wait_for_line(said, "alert")
    assert line.startswith("Not done: ")
    assert "Traceback" not in line
    assert len(line) < 400
    np.testing.assert_array_equal(explorer.pixels(), before)
    assert [explorer.value(*control) for control in controls] == values
    explorer.press("Feature map", "ArrowRight")
    shows(explorer, neuron, context, NeuronState("fire5", 196))


def accepted(explorer, squeezenet, source, do, seconds=20):
    """Check that something shows another photograph, at the same layer and neuron."""
    image = zv.load_image(source, squeezenet)
    seen = Context(zv.extract_features(squeezenet, image))
    view = neuron.resolve(seen, NeuronState("fire5", 195))
    do()
    line = explorer.wait_for_line(neuron.caption(view), seconds=seconds)
    assert all(note in line for note in image.notes)
    found = differ(explorer.pixels(), on_screen(neuron.render(view)))
    assert not found[0], found


@pytest.mark.parametrize("name", BAD)
@pytest.mark.filterwarnings("ignore::zv_helpers.images.SmallImageWarning")
def test_a_bad_file_is_said_and_everything_stays(neurons, context, photos, name):
    refused(
        neurons, context, BAD[name][1], lambda: neurons.type("textbox", "or a path", photos / name)
    )


@pytest.mark.parametrize("name", ["directory.jpg", "absent.jpg"])
def test_a_path_without_a_file_is_said_and_everything_stays(neurons, context, photos, name):
    refused(neurons, context, name, lambda: neurons.type("textbox", "or a path", photos / name))


@pytest.mark.parametrize("name", SOUND)
def test_an_unusual_file_is_shown(neurons, squeezenet, photos, name):
    path = photos / name
    accepted(neurons, squeezenet, path, lambda: neurons.type("textbox", "or a path", path))


@pytest.mark.parametrize("name", BAD)
def test_a_bad_upload_is_said_and_everything_stays(neurons, context, photos, workbook, name):
    refused(neurons, context, BAD[name][1], lambda: neurons.upload(photos / name))
    assert not (workbook / "data" / "my_photos" / name).exists()


@pytest.mark.parametrize("megabytes", [9, 30, 90])
def test_a_large_upload_arrives(neurons, squeezenet, photos, workbook, megabytes):
    side = int((megabytes * 1_000_000 / 3) ** 0.5)
    path = photos / f"large_{megabytes}.bmp"
    colourful().resize((side, side)).save(path)
    assert os.path.getsize(path) == pytest.approx(megabytes * 1_000_000, rel=0.01)
    try:
        accepted(neurons, squeezenet, path, lambda: neurons.upload(path), 60)
        assert (workbook / "data" / "my_photos" / path.name).read_bytes() == path.read_bytes()
    finally:
        path.unlink()


def test_the_chooser_says_what_is_wrong_too(notebook, photos):
    chooser = notebook.explorer(6)
    before, chosen = chooser.pixels(), chooser.value("combobox", "Photograph")
    chooser.type("textbox", "or a path", photos / "absent.jpg")
    chooser.wait_for_line("absent.jpg", "alert")
    chooser.upload(photos / "text.jpg")
    chooser.wait_for_line("plain text", "alert")
    np.testing.assert_array_equal(chooser.pixels(), before)
    assert chooser.value("combobox", "Photograph") == chosen
    chooser.choose("Photograph", "owl")
    chooser.wait_for_line("owl: ")
    assert differ(chooser.pixels(), before.astype(int))[0]


@pytest.mark.parametrize("text", ["no such class", "", "99999"])
def test_a_class_that_is_none_is_said(notebook, context, text):
    explorer = notebook.explorer(4)
    before = explorer.pixels()
    explorer.type("combobox", "Class", text or " ")
    if text:
        explorer.wait_for_line(text, "alert")
    np.testing.assert_array_equal(explorer.pixels(), before)
    explorer.press("Smoothing", "ArrowRight", 1)
    explorer.wait_for_line("smoothed over")
    explorer.press("Smoothing", "ArrowLeft", 1)
    explorer.page.wait_for_function(
        "line => !line.textContent.includes('smoothed')", arg=explorer.root.element_handle()
    )


# Starting again, and without a kernel


@pytest.fixture
def small(workbook, lab, chromium):
    """A notebook with two explorers, of its own."""
    from in_browser import Notebook, write_notebook

    write_notebook(workbook / "root" / "small.ipynb", SETUP, (EXPLORERS[0], EXPLORERS[4]))
    opened = Notebook(chromium, lab, "small.ipynb")
    opened.run_all()
    yield opened
    opened.close()


def works(opened, context):
    """Check that there is one of each explorer, that none is dead, and that the first moves."""
    for index in (1, 0):
        explorer = opened.explorer(index)
        assert explorer.root.count() == 1
        assert explorer.image.count() == 1
    assert opened.page.locator(".jp-Notebook .zv-explorer").count() == 2
    assert opened.page.locator(".jp-OutputArea-output img:not(.zv-picture)").count() == 0
    assert "Error displaying widget" not in opened.page.locator(".jp-Notebook").inner_text()
    explorer.press("Feature map", "ArrowRight", 2)
    shows(explorer, neuron, context, NeuronState("fire5", 197))


def test_restarting_closing_and_reopening_leave_no_dead_or_doubled_explorers(
    small, workbook, lab, chromium, context
):
    from in_browser import Notebook

    works(small, context)
    for _ in range(2):
        small.restart()
        small.run_all()
        works(small, context)
    small.run_all()
    works(small, context)
    small.execute("docmanager:save")
    small.page.reload()
    small.wait_until_idle()
    small.run_all()
    works(small, context)
    without_a_kernel(workbook, lab, chromium, Notebook)


def without_a_kernel(workbook, lab, chromium, opening):
    """Check that a reader who did not run what was saved sees its picture and its text."""
    saved = nbformat.read(workbook / "root" / "small.ipynb", 4)
    saved.cells[0].source += "\n"  # nothing was signed for this content: it is not trusted
    nbformat.write(saved, workbook / "root" / "fresh.ipynb")
    fresh = opening(chromium, lab, "fresh.ipynb", kernel=False)
    explorers = fresh.page.locator(".jp-OutputArea-output img")
    explorers.first.wait_for()
    assert explorers.count() == 2
    for index, said in enumerate(("layer fire5, feature map 195", "method relevance")):
        assert explorers.nth(index).evaluate("img => img.naturalWidth") >= 500
        # JupyterLab shows no alternative text for a saved picture; others read it from here.
        assert said in saved.cells[index + 1].outputs[0].metadata["image/jpeg"]["alt"]
    assert "VBox(" not in fresh.page.locator(".jp-Notebook").inner_text()
    fresh.page.close()


def test_the_notebooks_as_they_are_committed_show_a_picture_for_each_explorer(lab, chromium):
    from in_browser import Notebook

    fresh = Notebook(chromium, lab, "notebooks/04_calculate_relevance_scores.ipynb", kernel=False)
    made = [cell for cell in fresh.code_cells() if "explorer" in cell["tags"]]
    assert made
    for index in range(len(made)):
        fresh.scroll_to(index)
        picture = fresh.page.locator(".jp-Cell.jp-mod-active .jp-OutputArea-output img")
        picture.wait_for()
        assert picture.evaluate("img => img.naturalWidth") >= 500
        assert len(made[index]["outputs"][0]["metadata"]["image/jpeg"]["alt"]) > 40
    fresh.page.close()


def test_the_button_tests_the_picture_and_says_what_it_found(notebook, context, workbook):
    """In the overlay explorer: by the keyboard, and for those who see nothing."""
    from zv_helpers.trust import examine

    explorer = notebook.explorer(5)
    explorer.choose("Photograph", "german_shepherd")
    explorer.wait_for_line("german_shepherd: ")
    button = explorer.root.get_by_role("button", name="Test this picture", exact=True)
    button.focus()
    explorer.page.keyboard.press("Enter")
    answer = explorer.root.locator(".zv-answer[aria-live=polite] [role=status]")
    answer.filter(has_text="hottest tenth").wait_for()
    network = context.features.network
    image = zv.load_image("german_shepherd", network)
    verdict = examine(zv.extract_features(network, image), progress=False)
    assert verdict.sentence in answer.inner_text()
    evidence = explorer.root.locator("img.zv-evidence")
    assert evidence.evaluate("img => img.naturalWidth") == 600
    assert verdict.sentence in evidence.get_attribute("alt")
    assert serious_problems(explorer.page, "[data-explorer='5']") == []
    assert cut_off(explorer.root) == []
    explorer.choose("Photograph", "tabby_cat")  # as it was for whoever comes next
    evidence.wait_for(state="detached")
    answer.wait_for(state="detached")
