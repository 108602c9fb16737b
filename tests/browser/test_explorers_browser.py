"""All explorers in one notebook: keys, clicks, bad input, and whether everyone can use them."""

import contextlib
import io
import os
import time
from dataclasses import replace

import numpy as np
import pytest
from checks import cut_off, differ, flickers, serious_problems, shows, wait_for_picture
from moving import middle_of_position
from PIL import Image

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
    'neurons = explorers.neuron_explorer(features, "fire5", 195)\nneurons',
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
AS_AT_FIRST = """neurons.show(
    layer="fire5", channel=195, row=None, column=None, rule="deconvnet", pin=None)"""
OTHER = 'neurons.networks["vgg16-conv"]'
CONTROLS = """root => {
    const found = [...root.querySelectorAll(
        'select, button, input:not([type=file]), .noUi-handle, [contenteditable]')];
    const seen = found.filter(one => one.getClientRects().length && !one.disabled &&
        !one.closest('[disabled]'));
    seen.forEach((one, i) => { one.dataset.place = i; });
    return seen.map(one => one.outerHTML.slice(0, 120));
}"""
# The visible words of the widget that each control belongs to.
LABELS = """root => [...root.querySelectorAll('[data-place]')].map(one =>
    one.closest('.jupyter-widgets').innerText.trim())"""
# JupyterLab has noticed that the page has another size.
LAID_OUT = """() => Math.abs(
    jupyterapp.shell.currentWidget.node.getBoundingClientRect().right - innerWidth) < 60"""
FOCUSED = """root => root.contains(document.activeElement)
    ? Number(document.activeElement.dataset.place ?? -1) : null"""

IS_FOCUSED = "one => one === document.activeElement"
FIRST = "[data-explorer='0']"

LISTEN = """() => {
    window.touched = false;
    document.addEventListener('focusin', event => {
        window.touched ||= Boolean(event.target.closest('.zv-explorer'));
    }, true);
}"""


@pytest.fixture(scope="module")
def notebook(open_explorers):
    """A notebook with every explorer; `window.touched` says whether one had the focus."""
    with open_explorers("explorers", SETUP, EXPLORERS) as notebook:
        notebook.page.evaluate(LISTEN)
        yield notebook


@pytest.fixture
def neurons(notebook, context):
    """The first explorer, at fire5 and its feature map 195."""
    explorer = notebook.explorer(0)
    if explorer.value("combobox", "Photograph") != "tabby_cat":
        explorer.choose("Photograph", "tabby_cat")
        explorer.wait_for_line("tabby_cat in squeezenet: layer fire5,")
    notebook.run_silently(AS_AT_FIRST)
    shows(explorer, neuron, context, NeuronState("fire5", 195))
    return explorer


# Before anyone touches them


def test_sliders_have_their_names_before_anyone_touches_them(notebook):
    named = "root => [...root.querySelectorAll('.noUi-handle')].every(one => one.ariaLabel)"
    for index, source in enumerate(EXPLORERS):
        explorer = notebook.explorer(index)
        explorer.image.wait_for()
        notebook.page.wait_for_function(named, arg=explorer.root.element_handle(), timeout=4000)
        handles = explorer.root.locator(".noUi-handle")
        names = handles.evaluate_all("all => all.map(one => one.ariaLabel)")
        assert len(set(names)) == len(names), source
        assert bool(names) == ("photograph_chooser" not in source), source
        assert explorer.root.locator(".zv-line[aria-live=polite] [role=status]").count() == 1
    assert not notebook.page.evaluate("window.touched"), "run this test first: it is too late"


# What moves


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
    wait_for_picture(neurons, neuron.render(view), "the chickens")
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
    assert flickers(seen) == {}
    assert neurons.image.evaluate("img => window.first_picture === img")


def test_a_fast_drag_ends_with_the_last_position(neurons, context):
    neurons.press("Feature map", "ArrowRight", 40)
    shows(neurons, neuron, context, NeuronState("fire5", 235))


@contextlib.contextmanager
def held(notebook, network):
    """Hold the lock of a network, named by code: it runs no forward pass, so that what is chosen,
    or drawn, takes as long as one likes."""
    notebook.run_silently(f"{network}.lock.acquire()")
    try:
        yield
    finally:
        notebook.run_silently(f"{network}.lock.release()")


def test_a_network_that_is_cancelled_changes_nothing(notebook, neurons, context):
    before, menu = neurons.pixels(), neurons.control("combobox", "Network")
    notebook.run_silently(f'{OTHER} = zv.load_model("vgg16-conv")')
    with held(notebook, OTHER):
        neurons.choose("Network", "vgg16-conv")
        said = neurons.root.get_by_text("Network vgg16-conv: extracting features …")
        for one in (".zv-unseen[aria-live=polite]", "div:not(.zv-unseen)"):  # to hear, to see
            said.and_(neurons.page.locator(one)).wait_for()
        assert menu.input_value() == "vgg16-conv" and serious_problems(neurons.page, FIRST) == []
        button = neurons.root.get_by_role("button", name="Cancel", exact=True)
        button.press("Enter")
        neurons.wait_for_line("Cancelled; everything is as it was before.", "alert")
        button.wait_for(state="detached")
        assert menu.evaluate(IS_FOCUSED)
    notebook.run_silently(f"del {OTHER}")
    assert menu.input_value() == "squeezenet"
    np.testing.assert_array_equal(neurons.pixels(), before)
    neurons.press("Feature map", "ArrowRight")
    shows(neurons, neuron, context, NeuronState("fire5", 196))


def test_a_picture_that_is_cancelled_leaves_the_focus_at_its_slider(notebook, neurons):
    with held(notebook, "network"):
        neurons.press("Feature map", "ArrowLeft")
        neurons.press("Layer", "Tab")  # on the way to the button
        button = neurons.root.get_by_role("button", name="Cancel", exact=True)
        button.press("Enter")
    neurons.wait_for_line("Cancelled; the picture is the one from before.", "alert")
    button.wait_for(state="detached")
    assert neurons.control("slider", "Feature map").evaluate(IS_FOCUSED)


def test_the_focus_goes_back_where_a_picture_is_done_while_cancel_has_it(
    notebook, neurons, context
):
    with held(notebook, "network"):
        neurons.press("Feature map", "End")
        button = neurons.root.get_by_role("button", name="Cancel", exact=True)
        button.focus()
    button.wait_for(state="detached")
    shows(neurons, neuron, context, NeuronState("fire5", 255))
    slider = neurons.control("slider", "Feature map").element_handle()
    notebook.page.wait_for_function(IS_FOCUSED, arg=slider)


# For everyone


@pytest.mark.parametrize("index", range(len(EXPLORERS)))
def test_everyone_can_use_every_control(notebook, index):
    explorer = notebook.explorer(index)
    explorer.image.and_(notebook.page.locator("[alt]")).wait_for()
    explorer.unfold()
    assert serious_problems(notebook.page, f"[data-explorer='{index}']") == []
    controls = explorer.root.evaluate(CONTROLS)
    assert len(controls) >= 3
    labels = explorer.root.evaluate(LABELS)
    assert len(labels) == len(controls)
    assert [control for control, label in zip(controls, labels, strict=True) if not label] == []
    the_keyboard_alone_reaches(notebook, explorer, controls)


def the_keyboard_alone_reaches(notebook, explorer, controls):
    """Check that the Tab key goes to each control, in their order on the page."""
    explorer.root.locator("[data-place='0']").focus()
    reached = []
    while (place := explorer.root.evaluate(FOCUSED)) is not None and len(reached) < 99:
        reached.append(place)
        notebook.page.keyboard.press("Tab")
    assert [controls[i] for i in range(len(controls)) if i not in reached] == []
    assert reached == sorted(reached), "the order of the Tab key is not that on the page"


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


@pytest.fixture
def sized(notebook):
    """A function that gives the page another size, which it loses after the test."""
    usual = notebook.page.viewport_size

    def to_size(width, height):
        notebook.page.set_viewport_size({"width": width, "height": height})
        notebook.page.wait_for_function(LAID_OUT)

    yield to_size
    to_size(**usual)


def nothing_is_cut_off(notebook, index):
    """Check that an explorer keeps within the page's width, in words that can be read; returns its
    height."""
    explorer = notebook.explorer(index)
    assert cut_off(explorer.root) == []
    box = explorer.root.bounding_box()
    assert box["width"] <= notebook.page.viewport_size["width"]
    words = explorer.line.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert words >= 12
    return box["height"]


def test_nothing_is_cut_off_on_a_projector(notebook, sized):
    sized(1280, 720)
    notebook.execute("application:toggle-presentation-mode")
    try:
        for index in range(len(EXPLORERS)):
            notebook.explorer(index).unfold(False)
            room = notebook.page.viewport_size["height"] - 90
            height = nothing_is_cut_off(notebook, index)
            assert height <= room, f"{EXPLORERS[index]} does not fit under the menu and tabs"
    finally:
        notebook.execute("application:toggle-presentation-mode")


def test_nothing_is_cut_off_at_200_per_cent(notebook, sized):
    sized(640, 360)  # of its own pixels, as a page of 1280 × 720 then has
    for index in range(len(EXPLORERS)):
        nothing_is_cut_off(notebook, index)


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


def turned():
    """A photograph whose file says that it is to be turned by a quarter."""
    exif = Image.Exif()
    exif[0x0112] = 6
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
    "turned.jpg": turned,
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
    """Check that something gives one sentence, and that all else stays and still works. The
    explorer goes to the next feature map."""
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
    shows(explorer, neuron, context, NeuronState("fire5", int(values[-1]) + 1))


def accepted(explorer, squeezenet, source, do, seconds=20):
    """Check that something shows another photograph, at the same layer and neuron."""
    image = zv.load_image(source, squeezenet)
    seen = Context(zv.extract_features(squeezenet, image))
    view = neuron.resolve(seen, NeuronState("fire5", 195))
    do()
    line = explorer.wait_for_line(neuron.caption(view), seconds=seconds)
    assert all(note in line for note in image.notes)
    wait_for_picture(explorer, neuron.render(view), source)


@pytest.mark.parametrize(
    ("name", "said"),
    [("text.jpg", "plain text"), ("directory.jpg", "directory.jpg"), ("absent.jpg", "absent.jpg")],
)
def test_a_path_without_a_photograph_is_said_and_everything_stays(
    neurons, context, photos, name, said
):
    refused(neurons, context, said, lambda: neurons.type("textbox", "or a path", photos / name))


def test_a_bad_upload_is_said_and_everything_stays(neurons, context, photos, workbook):
    for name, (_, said) in BAD.items():
        refused(neurons, context, said, lambda name=name: neurons.upload(photos / name))
        assert not (workbook / "data" / "my_photos" / name).exists()


def test_an_unusual_file_is_shown(neurons, squeezenet, photos):
    for name in SOUND:
        path = photos / name
        accepted(
            neurons, squeezenet, path, lambda path=path: neurons.type("textbox", "or a path", path)
        )


def test_a_large_upload_arrives(neurons, squeezenet, photos, workbook):
    side = int((90_000_000 / 3) ** 0.5)
    path = photos / "large.bmp"
    colourful().resize((side, side)).save(path)
    assert os.path.getsize(path) == pytest.approx(90_000_000, rel=0.01)
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


def test_a_class_that_is_none_is_said(notebook):
    explorer = notebook.explorer(4)
    before = explorer.pixels()
    for text in ("no such class", "99999", " "):
        explorer.type("combobox", "Class", text)
        if text.strip():
            explorer.wait_for_line(text, "alert")
        np.testing.assert_array_equal(explorer.pixels(), before)
        explorer.press("Smoothing", "ArrowRight", 1)
        explorer.wait_for_line("smoothed over")
        explorer.press("Smoothing", "ArrowLeft", 1)
        explorer.page.wait_for_function(
            "line => !line.textContent.includes('smoothed')", arg=explorer.root.element_handle()
        )


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


# At last, when the notebook has been open for a while


def test_the_connection_to_the_kernel_stays_open(notebook):
    kernels = [socket for socket in notebook.sockets if "/channels" in socket.url]
    assert kernels
    left = 32 - (time.monotonic() - notebook.opened)  # a server that pings does so after 30 s
    notebook.page.wait_for_timeout(max(0, 1000 * left))
    assert not any(socket.is_closed() for socket in kernels)
