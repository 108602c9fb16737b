"""Where the parts of an explorer stand, the strip of layers, and what pages it is drawn for."""

import itertools

import numpy as np
import pytest
from looking import EVERY, click, drawn, seen

from zv_helpers import explorers
from zv_helpers.draw import strips
from zv_helpers.draw.colours import ON_DARK, ON_WHITE, rgb
from zv_helpers.draw.page import GAP, MARGIN, NARROW, PAPER, WIDE, Page
from zv_helpers.explorers import atlas_picture, chooser, hiding, layout, neuron, nine, strip
from zv_helpers.explorers.neuron_picture import side_of
from zv_helpers.explorers.thumbnails import PITCH, columns_on, names_to_choose
from zv_helpers.explorers.versions import tooltip_of

PAGES = [Page(*one) for one in itertools.product((WIDE, 400, 280), (False, True), (False, True))]


@pytest.fixture(scope="module")
def untouched(cat):
    """An explorer of each kind, by its name; nothing is changed in them but their page."""
    made = {name: getattr(explorers, name)(cat) for name in EVERY}
    made["forward"] = explorers.neuron_explorer(cat, panels="forward")
    made["atlas_explorer"] = explorers.atlas_explorer(cat.network)
    return made | {"photograph_chooser": explorers.photograph_chooser(cat.network)}


@pytest.fixture
def closed(monkeypatch):
    """No kind of explorer was ever opened or closed."""
    monkeypatch.setattr(layout, "OPEN", {})


def told(explorer, **page):
    """What the browser tells of the page."""
    explorer.picture.page = {"width": 1100, "dark": False} | page


# The parts


def test_the_picture_comes_first_and_then_the_line_and_what_is_moved(untouched):
    for explorer in untouched.values():
        first, line, *rest = explorer.root.children
        assert explorer.picture in (first, *getattr(first, "children", ()))
        assert line is explorer.said
        grid, switches, fold, body = explorer.parts
        assert [one for one in rest if one in explorer.parts] == [grid, switches, fold, body]
        sliders = [one for one in explorer.table if "Slider" in one.kind]
        assert all(explorer.controls[one.label] in grid.children for one in sliders)


def test_every_slider_tells_its_value(untouched):
    """On a narrow page, the value of the next one would come up beside it."""
    for explorer in untouched.values():
        for row in explorer.movers:
            slider = explorer.controls[row[0].label]
            assert len(row) > 1 or slider.readout, slider.description


def test_every_control_stands_somewhere(untouched):
    def inside(widget):
        for child in getattr(widget, "children", ()):
            yield from (child, *inside(child))

    for explorer in untouched.values():
        found = list(inside(explorer.root))
        assert all(found.count(one) == 1 for one in explorer.controls.values())
        assert explorer.tools.row in found


def test_a_fold_is_closed_at_first_and_begins_as_the_last_of_its_kind_was_left(cat, closed):
    one, other = explorers.neuron_explorer(cat), explorers.hide_explorer(cat)
    assert not one.fold.opened
    one.fold.opened = True
    assert not other.fold.opened
    next_one = explorers.neuron_explorer(cat)
    assert next_one.fold.opened
    assert not explorers.hide_explorer(cat).fold.opened
    next_one.fold.opened = False
    assert not explorers.neuron_explorer(cat).fold.opened and one.fold.opened


# The strip


def test_the_strip_says_of_every_layer_where_it_is(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    words, place = explorer.strip.words, cat.layers.index("fire5")
    assert len(words) == len(explorer.strip.heights) == len(cat.layers)
    of_fire5 = cat.network.layers[place]
    down, across = of_fire5.receptive_field
    assert words[place] == (
        f"fire5, layer {place + 1} of {len(words)}: 256 maps of 27 × 27, a neuron sees "
        f"{down} × {across} of 224 × 224 pixels"
    )
    assert explorer.strip.place == place and explorer.strip.label.endswith(words[place])
    menu = explorer.controls["name"]
    assert getattr(menu, tooltip_of(menu)) == words[place]


def test_the_strip_says_where_a_neuron_sees_everything(lite_cat):
    words = explorers.neuron_explorer(lite_cat).strip.words
    assert words[-1].endswith(", a neuron sees all 224 × 224 pixels")


def test_a_bar_is_as_high_as_its_maps_are_large(cat):
    layers = cat.network.layers
    found = strip.heights([(one, (224, 224)) for one in layers])
    sizes = [one.height * one.width for one in layers]
    assert max(found) == 1 and min(found) >= strip.FLATTEST
    for (high, large), (low, small) in itertools.combinations(zip(found, sizes, strict=True), 2):
        assert (high > low) == (large > small) and (high == low) == (large == small)


def test_a_click_on_the_strip_goes_to_the_layer_as_the_slider_does(cat):
    explorer, place = explorers.neuron_explorer(cat, "fire5", 195), cat.layers.index("fire3")
    explorer.controls["Row"].value = 20
    at = explorer.neuron
    explorer.strip.clicked = {"place": place, "count": 1}
    assert explorer.state.layer == explorer.controls["name"].value == "fire3"
    assert explorer.strip.place == explorer.controls["Layer"].value == place
    height = cat["fire3"].shape[0]
    assert explorer.neuron.row == int((at.row + 0.5) * height / 27)  # it keeps the place
    explorer.strip.clicked = {"place": cat.layers.index("fire5"), "count": 2}
    assert explorer.state.channel == 195  # a layer remembers its feature map


def test_where_no_layer_is_used_a_click_on_the_strip_does_nothing(cat):
    explorer = explorers.heatmap_explorer(cat, method="deconvnet")
    before = explorer.state
    explorer.strip.clicked = {"place": 0, "count": 1}
    assert explorer.state is before


# The page


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_explorer_can_be_drawn_for_every_page(untouched, page):
    for name, explorer in untouched.items():
        drawn = explorer.render(explorer.view, page)
        assert drawn.getpixel((2, 2)) == rgb(page.shades.ground), name
        assert drawn.getpixel((2, drawn.height - 3)) == rgb(page.shades.ground), name
        assert drawn.width <= page.width, name
        if page.dark:
            for light in (ON_WHITE.ground, ON_WHITE.empty):
                share = (np.asarray(drawn) == rgb(light)).all(axis=2).mean()
                assert share < (0.03 if name == "photograph_chooser" else 0.01), name


def test_the_browser_tells_how_narrow_and_how_dark_the_page_is(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    view, text = explorer.view, explorer.line.value
    for page, told_of in (
        (Page(520), {"width": NARROW - 1}),
        (Page(dark=True), {"width": NARROW, "dark": True}),
        (Page(280), {"width": 200}),
        (PAPER, {}),
    ):
        told(explorer, **told_of)
        assert explorer.page == page
        np.testing.assert_array_equal(seen(explorer), drawn(neuron.render(view, page)))
    assert explorer.view is view and explorer.line.value == text  # nothing was computed again


def test_what_the_browser_tells_is_drawn_once(cat):
    explorer, drawings = explorers.neuron_explorer(cat, "fire5", 195), []
    explorer.render = lambda view, page: drawings.append(page) or neuron.render(view, page)
    told(explorer, width=900)
    told(explorer, width=700)
    assert drawings == []
    told(explorer, width=300)
    told(explorer, width=319)
    assert drawings == [Page(280)]


def test_a_picture_that_is_drawn_while_the_page_changes_is_for_the_new_one(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)

    def render(view, page):
        if page == PAPER:
            explorer.page = Page(dark=True)
        return neuron.render(view, page)

    explorer.render = render
    explorer.show(channel=20)
    expected = neuron.render(explorer.view, Page(dark=True))
    np.testing.assert_array_equal(seen(explorer), drawn(expected))


def test_large_is_an_argument_and_a_switch(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195, large=True)
    large = explorer.controls["Large"]
    assert large.value and "zv-large" in explorer.root._dom_classes
    expected = neuron.render(explorer.view, Page(large=True))
    np.testing.assert_array_equal(seen(explorer), drawn(expected))
    assert explorer.static == strips.small_jpeg(neuron.render(explorer.view))
    large.value = False
    assert explorer.page == PAPER and "zv-large" not in explorer.root._dom_classes
    np.testing.assert_array_equal(seen(explorer), drawn(neuron.render(explorer.view)))
    large.value = True
    told(explorer, dark=True)
    assert explorer.page == Page(dark=True, large=True)


def test_every_explorer_takes_large(cat):
    for name in EVERY:
        assert getattr(explorers, name)(cat, large=True).page.large, name
    for make in (explorers.atlas_explorer, explorers.photograph_chooser):
        assert make(cat.network, large=True).page.large


def test_words_are_larger_by_more_than_half(cat):
    for pixels in (11, 12, 14, 15):
        assert Page(large=True).text(pixels) >= 1.6 * pixels


def luminance(colour):
    share = np.array(rgb(colour)) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("shades", [ON_WHITE, ON_DARK])
def test_words_stand_out_from_their_ground(shades):
    for words, ground in itertools.product(
        (shades.ink, shades.pale), (shades.ground, shades.empty)
    ):
        low, high = sorted(map(luminance, (words, ground)))
        assert (high + 0.05) / (low + 0.05) >= 4.5


# Where a click is, on every page


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_click_hits_the_feature_map_and_the_photograph(untouched, page):
    explorer = untouched["neuron_explorer"]
    view, shape = explorer.view, explorer.view.maps.shape
    side = side_of(view, page)
    left, top, right, bottom = strips.rectangle(1, shape, side, side, page)
    picture = neuron.render(view, page)
    assert right <= picture.width and bottom <= picture.height
    place = {"row": 3, "column": shape[1] - 1}
    x, y = right - 2, top + 3.5 * (bottom - top) / shape[0]
    assert neuron.position_at(view, x, y, page) == place
    assert neuron.position_at(view, left + 1, top - 2, page) is None
    left, top, right, bottom = strips.rectangle(0, (224, 224), side, side, page)
    place = {"row": shape[0] - 1, "column": 0}
    assert neuron.position_at(view, left + 1, bottom - 1, page) == place


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_click_hits_the_tiles_of_the_atlas(untouched, page):
    view = untouched["atlas_explorer"].view
    where = nine.grid_of(view.nine, page)
    assert where.size == atlas_picture.render(view, page).size
    for place in range(9):
        for x, y in where.places(place):
            assert atlas_picture.place_at(view, x + 1, y + 1, page) == place
            assert atlas_picture.place_at(view, x + 1, y - 1, page) is None


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_click_hits_the_square_and_the_thumbnails(cat, page):
    explorer = explorers.hide_explorer(cat)
    explorer.page = page
    side = page.side(hiding.SIDE)
    left, top, right, _ = strips.rectangle(0, (224, 224), side, side, page)
    click(explorer.picture, right - 1, top)
    assert (explorer.state.top, explorer.state.left) == (0, 224 - explorer.state.size)
    choosing = explorers.photograph_chooser(cat.network)
    choosing.page = page
    (left, top), columns = chooser.sheet_at(choosing.view, page)
    place = names_to_choose().index("german_shepherd")
    row, column = divmod(place, columns)
    click(choosing.picture, left + 20 + column * PITCH, top + 20 + row * PITCH)
    assert choosing.name == "german_shepherd"


def test_the_rows_of_a_strip_keep_their_distance():
    page = Page(400)
    (left, top), (right, same), (below, low) = (strips.corner(i, 90, 70, page) for i in range(3))
    assert (left, top) == (MARGIN, MARGIN) and (right, same) == (MARGIN + 90 + GAP, top)
    assert (below, low) == (left, top + page.head + 70 + GAP)


def test_the_thumbnails_of_the_atlas_follow_the_page(cat):
    explorer = explorers.atlas_explorer(cat.network)
    explorer.controls["Find maps by photograph"].value = True
    explorer.show(asked=(0,))
    light = explorer.asking.sheet.value
    told(explorer, dark=True)
    assert explorer.asking.sheet.value != light


def test_thumbnails_follow_the_page_and_a_click_hits(cat):
    explorer = explorers.step_explorer(cat)
    explorer.controls["Thumbnails"].value = True
    wide = explorer.sheet.value
    told(explorer, width=380, dark=True)
    assert explorer.sheet.value != wide
    place = names_to_choose().index("chickens")
    row, column = divmod(place, columns_on(Page(360)))
    click(explorer.sheet, 20 + column * PITCH, 20 + row * PITCH)
    assert explorer.context.features.image.name == "chickens"
