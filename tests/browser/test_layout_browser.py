"""How the explorers stand on the page: height, fold, strip; narrow, dark and large pages."""

import io

import numpy as np
import pytest
from checks import cut_off, serious_problems, wait_for_picture
from PIL import Image
from test_explorers_browser import EXPLORERS, SETUP

from zv_helpers.draw import strips
from zv_helpers.draw.colours import ON_DARK, ON_WHITE, rgb
from zv_helpers.draw.page import PAPER, Page
from zv_helpers.explorers import neuron
from zv_helpers.explorers.neuron import NeuronState
from zv_helpers.explorers.neuron_picture import side_of
from zv_helpers.explorers.picture import STEP

pytestmark = pytest.mark.browser

STATE = NeuronState("fire5", 195)
HIGHEST = 560  # pixels, of a folded explorer on a screen of 1280 × 720
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
THEME = "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})"
TOPS = """root => ['img.zv-picture', '.zv-line', '.zv-movers', '.zv-switches', '.zv-fold'].map(
    one => root.querySelector(one).getBoundingClientRect()).filter(one => one.height).map(
    one => one.top)"""
SLIDERS = """root => [...root.querySelectorAll('.zv-movers .slider-container')].map(
    one => one.getBoundingClientRect()).map(one => [Math.round(one.left), Math.round(one.right)])"""
SCROLLS = "root => root.scrollWidth > root.clientWidth"
TOO_LONG = """root => [...root.querySelectorAll('button, .zv-line')].filter(
    one => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight).map(
    one => one.textContent)"""
SHARP = "img => img.naturalWidth === img.clientWidth && img.naturalHeight === img.clientHeight"
RIGHT = """root => ['', '.zv-tools > :last-child'].map(
    one => (one ? root.querySelector(one) : root).getBoundingClientRect().right)"""


@pytest.fixture(scope="module")
def notebook(open_explorers):
    with open_explorers("layout", SETUP, EXPLORERS) as notebook:
        yield notebook


@pytest.fixture
def neurons(notebook, context):
    """The first explorer, as it is drawn on a white, wide page."""
    notebook.run_silently('neurons.show(layer="fire5", channel=195, row=None, column=None)')
    explorer = notebook.explorer(0)
    drawn_for(explorer, context, STATE, PAPER)
    return explorer


@pytest.fixture
def page_of(notebook):
    """A function that turns the page to a width and a theme, which it loses after the test."""
    page, usual = notebook.page, notebook.page.viewport_size

    def turn(width=usual["width"], theme=LIGHT):
        page.set_viewport_size({"width": width, "height": usual["height"]})
        page.evaluate(THEME, theme)

    yield turn
    turn()


def drawn_for(explorer, context, state, page):
    """Wait until a state of the neuron explorer is drawn for a page; returns its view."""
    view = neuron.resolve(context, state)
    explorer.wait_for_line(neuron.caption(view))
    wait_for_picture(explorer, neuron.render(view, page), f"{state} for {page}")
    return view


def clicks_hit(explorer, context, page):
    """Check that a click on a position of the feature map moves there."""
    side, shape = side_of(neuron.resolve(context, STATE), page), context.features["fire5"].shape
    left, top, right, bottom = strips.rectangle(1, shape, side, side, page)
    at = [
        (start + (place + 0.5) * (end - start) / 27)
        for start, end, place in ((left, right, 5), (top, bottom, 20))
    ]
    explorer.click_picture(*at)
    drawn_for(explorer, context, NeuronState("fire5", 195, 20, 5), page)


def contrast(pixels):
    """The contrast of the words in a picture, uint8 (h, w, 3): of its commonest colour and the one
    that is farthest from it, as the guidelines for accessible pages (WCAG) reckon it."""
    colours, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    light = linear @ [0.2126, 0.7152, 0.0722]
    ground = light[counts.argmax()]
    return max((max(one, ground) + 0.05) / (min(one, ground) + 0.05) for one in light)


def shot(locator):
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB"))


def test_every_explorer_fits_on_the_screen_and_its_picture_comes_first(notebook):
    for index, source in enumerate(EXPLORERS):
        explorer = notebook.explorer(index)
        explorer.image.wait_for()
        explorer.unfold(False)
        explorer.page.wait_for_function(SHARP, arg=explorer.image.element_handle())
        assert explorer.root.bounding_box()["height"] <= HIGHEST, source
        tops = explorer.root.evaluate(TOPS)
        assert tops == sorted(tops) and len(tops) >= 4, source
        columns = explorer.root.evaluate(SLIDERS)
        assert len(set(map(tuple, columns))) <= 1, source
        assert all(right - left > 500 for left, right in columns), source
        whole, save = explorer.root.evaluate(RIGHT)
        assert 0 <= whole - save < 4, f"{source}: the tools do not stand at the right end"


def test_the_fold_is_opened_and_closed_by_the_keyboard(neurons):
    neurons.unfold(False)
    assert not neurons.root.get_by_role("combobox", name="Photograph").count()
    neurons.fold.focus()
    neurons.page.keyboard.press("Enter")
    neurons.root.get_by_role("combobox", name="Photograph").wait_for()
    assert neurons.fold.get_attribute("aria-expanded") == "true"
    neurons.page.keyboard.press("Enter")
    neurons.root.get_by_role("combobox", name="Photograph").wait_for(state="detached")
    assert neurons.fold.get_attribute("aria-expanded") == "false"


def test_the_strip_tells_the_layers_and_a_click_goes_there(neurons, context):
    strip, names = neurons.root.locator(".zv-strip"), context.features.layers
    box, place = strip.bounding_box(), names.index("fire4")
    x = box["width"] * place / (len(names) - 1)
    strip.hover(position={"x": x, "y": box["height"] / 2})
    assert strip.get_attribute("title").startswith(f"fire4, layer {place + 1} of {len(names)}: ")
    handle = neurons.control("slider", "Layer").bounding_box()
    here = neurons.root.locator(".zv-strip > .zv-here").bounding_box()
    assert here["x"] + here["width"] / 2 == pytest.approx(handle["x"] + handle["width"] / 2, abs=2)
    strip.click(position={"x": x, "y": box["height"] / 2})
    neurons.wait_for_line("layer fire4,")
    neurons.wait_for_slider("Layer", place)
    assert f"Here: fire4, layer {place + 1}" in strip.get_attribute("aria-label")


def test_nothing_scrolls_sideways_at_400_pixels_and_clicks_hit(notebook, neurons, context, page_of):
    page_of(width=400)
    neurons.root.and_(notebook.page.locator(".zv-narrow")).wait_for()
    narrow = Page(neurons.root.evaluate("root => root.clientWidth") // STEP * STEP)
    assert narrow.width <= 360
    drawn_for(neurons, context, STATE, narrow)
    clicks_hit(neurons, context, narrow)
    for index, source in enumerate(EXPLORERS):
        explorer = notebook.explorer(index)
        explorer.root.and_(notebook.page.locator(".zv-narrow")).wait_for()
        if "photograph_chooser" in source:  # the address it comes from is a long word
            explorer.choose("Photograph", "german_shepherd")
            explorer.wait_for_line("commons.wikimedia.org/wiki/File:German-shepherd")
        explorer.unfold()
        assert explorer.root.evaluate(TOO_LONG) == [], source
        assert cut_off(explorer.root) == [], source
        assert not explorer.root.evaluate(SCROLLS), source
        whole = explorer.root.evaluate("root => root.clientWidth")
        columns = explorer.root.evaluate(SLIDERS)
        assert all(right - left > 0.8 * whole for left, right in columns), source
        explorer.unfold(False)
    page_of()
    drawn_for(notebook.explorer(0), context, NeuronState("fire5", 195, 20, 5), PAPER)


def test_on_a_dark_page_the_words_are_light(notebook, neurons, context, page_of):
    page_of(theme=DARK)
    drawn_for(neurons, context, STATE, Page(dark=True))
    picture = shot(neurons.image)
    np.testing.assert_allclose(picture[2, 2], rgb(ON_DARK.ground), atol=3)
    title, note = picture[8:26, 8:220], picture[28:44, 8:220]
    for words in (title, note, shot(neurons.line), shot(neurons.fold)):
        assert words[:, :, 0].min() < 60
        assert contrast(words) >= 4.5
    arrow = shot(neurons.root.locator("select").first)[4:-4, -24:-4]
    assert contrast(arrow) >= 4.5
    assert serious_problems(notebook.page, "[data-explorer='0']") == []
    page_of()
    drawn_for(neurons, context, STATE, PAPER)
    np.testing.assert_allclose(shot(neurons.image)[2, 2], rgb(ON_WHITE.ground), atol=3)


def test_large_is_read_from_the_last_row_and_clicks_hit(neurons, context):
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    label = neurons.root.locator(".zv-movers .widget-label").first
    before = [one.evaluate(size) for one in (neurons.line, label)]
    large = neurons.control("checkbox", "Large")
    large.check()
    try:
        drawn_for(neurons, context, STATE, Page(large=True))
        after = [one.evaluate(size) for one in (neurons.line, label)]
        assert all(new >= 1.6 * old for old, new in zip(before, after, strict=True))
        whole = neurons.root.bounding_box()["width"]
        assert neurons.image.bounding_box()["width"] >= whole - 8
        assert cut_off(neurons.root) == [] == neurons.root.evaluate(TOO_LONG)
        clicks_hit(neurons, context, Page(large=True))
    finally:
        large.uncheck()
    drawn_for(neurons, context, NeuronState("fire5", 195, 20, 5), PAPER)
