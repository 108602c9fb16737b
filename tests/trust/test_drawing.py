"""The picture of a verdict: every number has its place, in colours that are told apart."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from zv_helpers.draw import strips
from zv_helpers.draw.colours import BLUE, EMPTY, GREY, VERMILION, coloured, rgb
from zv_helpers.draw.page import Page
from zv_helpers.draw.plots import LEFT, Plot
from zv_helpers.trust import Comparison, Curve, Verdict, examine, examine_scores
from zv_helpers.trust.drawing import (
    _ends,
    curves,
    describe_scores,
    describe_verdict,
    draw_scores,
    draw_verdict,
    without,
)

SHARES = np.linspace(0, 1, 11)


def near(picture, colour):
    """Where a picture has about a colour: bool (h, w)."""
    return np.abs(np.asarray(picture).astype(int) - rgb(colour)).max(axis=2) < 40


def curve(values, order):
    return Curve(SHARES, np.asarray(values, float), "deletion", "grey", order, 0)


@pytest.fixture(scope="module")
def found(oblong):
    """A verdict with curves of known form: at once, late, and a band from 0.2 to 0.6."""
    falls = curve([0.8] + [0.1] * 10, "hottest"), curve([0.8] * 10 + [0.1], "coldest")
    band = [curve([0.8] + [level] * 9 + [0.1], "elsewhere") for level in (0.6, 0.2, 0.4)]
    real = examine(oblong.features, progress=False)
    return replace(real, deletion=Comparison(*falls, falls[0], tuple(band)))


# --- the axes ------------------------------------------------------------------------------------


def test_the_ends_of_the_axes_are_the_corners_of_the_plot():
    plot = Plot((300, 200), (0, 10), (-1, 1), ("across", "up"))
    left, low = plot.at(0, -1)
    right, high = plot.at(10, 1)
    middle = plot.at(5, 0)
    assert left == LEFT < right < 300 and high < low < 200
    assert middle == ((left + right) / 2, (low + high) / 2)


@pytest.mark.parametrize("ends", [(0, 0), (3, 3), (-2, -2)])
def test_one_value_has_an_axis_too(ends):
    plot = Plot((300, 200), ends, ends, ("across", "up"))
    assert np.isfinite(plot.at(*ends)).all()
    assert plot.finished().size == (300, 200)


@pytest.mark.parametrize("dash, least, most", [(0, 0.98, 1), (8, 0.4, 0.8)])
def test_a_line_is_whole_or_has_dashes(dash, least, most):
    plot = Plot((300, 200), (0, 1), (0, 1), ("across", "up"))
    plot.line(np.linspace(0, 1, 11), [0.5] * 11, BLUE, 3, dash)
    picture = np.asarray(plot.finished()).astype(int)
    (x, y), (right, _) = plot.at(0, 0.5), plot.at(1, 0.5)
    row = near(picture, BLUE)[round(y), round(x) + 2 : round(right) - 2]
    assert least <= row.mean() <= most


def test_names_ticks_and_marks_are_written():
    about = (300, 200), (0, 1), (0, 1)
    plain = np.asarray(Plot(*about, ("across", "up")).finished())
    for names, rows in ((("other", "up"), slice(180, 200)), (("across", "other"), slice(0, 24))):
        differs = (np.asarray(Plot(*about, names).finished()) != plain).any(axis=(1, 2))
        assert differs[rows].any() and differs.sum() == differs[rows].sum()
    percent = np.asarray(Plot(*about, ("across", "up"), percent=True).finished())
    assert (percent != plain)[156:180].any() and (percent == plain)[:156].all()
    marked = Plot(*about, ("across", "up"))
    marked.mark(0.3, "here")
    dark = (np.asarray(marked.finished()) < 90).all(axis=2) & ~(plain < 90).all(axis=2)
    x = round(float(marked.at(0.3, 0)[0]))
    assert dark[66:150, x - 1 : x + 2].any(axis=1).mean() > 0.4
    assert dark[45:64, x - 20 : x + 20].any()


def test_a_plot_grows_for_names_and_a_key_that_take_more_than_a_line():
    one = Plot((300, 200), (0, 1), (0, 1), ("across", "up"), key=(("a line", BLUE, "line"),))
    many = "a name that is longer than the plot is wide, and said whole"
    key = [(f"entry {i} of the key", colour, "area") for i, colour in enumerate((BLUE, VERMILION))]
    more = Plot((300, 200), (0, 1), (0, 1), (many, many), key=key)
    assert one.finished().size == (300, 200) and more.finished().height > 200
    heights = [plot.at(0, 0)[1] - plot.at(0, 1)[1] for plot in (one, more)]
    assert heights[0] == heights[1]
    for colour in (BLUE, VERMILION):  # each in a row of its own, over what is plotted
        rows = np.flatnonzero(near(more.finished(), colour).any(axis=1))
        assert 24 < rows.min() and rows.max() < more.at(0, 1)[1]
    first, last = (np.flatnonzero(near(more.finished(), one).any(axis=1)) for _, one, _ in key)
    assert first.max() < last.min()


# --- of a heatmap --------------------------------------------------------------------------------


def test_each_value_is_where_the_axes_say(oblong, found):
    picture = curves(oblong.features, found)
    plot = Plot(picture.size, (0, 1), (0, 1), ("", ""))
    for share, value, colour in (
        (0.5, 0.1, VERMILION),
        (0.1, 0.1, VERMILION),
        (0.05, 0.45, VERMILION),
    ):
        x, y = map(round, plot.at(share, value))
        assert near(picture, colour)[y - 2 : y + 3, x - 2 : x + 3].any()
    x, y = map(round, plot.at(0.5, 0.8))
    assert near(picture, BLUE)[y - 2 : y + 3, x - 15 : x + 15].any()
    for value, inside in ((0.58, True), (0.35, True), (0.22, True), (0.63, False), (0.17, False)):
        x, y = map(round, plot.at(0.55, value))
        assert (np.asarray(picture)[y, x] == rgb(GREY)).all() == inside


@pytest.fixture(scope="module")
def of_shepherd(shepherd):
    return examine(shepherd, progress=False)


def test_the_photograph_is_shown_as_the_network_saw_it(shepherd, of_shepherd):
    found = of_shepherd
    pixels = without(shepherd.image, found)
    gone = (pixels != shepherd.image.pixels).any(axis=2)
    grey = (pixels == 128).all(axis=2)
    assert (gone & ~grey).sum() == 0 and 0.095 < gone.mean() < 0.1001
    assert found.heat[gone].min() >= np.quantile(found.heat, 0.9) - 1e-3
    batch = shepherd.network.spec.prepare(pixels[None])
    number = found.target.number(shepherd.network)
    value = found.target.value(
        shepherd.rerun_for(batch, [number])[number], None, shepherd.network.as_probabilities
    )
    assert value[0] == pytest.approx(found.value - found.cost, abs=1e-3)


def test_of_equally_hot_pixels_those_are_shown_that_were_hidden(oblong):
    heat = np.zeros((20, 26))
    heat[3:5, 4:9] = 1  # 10 of 52 pixels; the others are drawn
    found = examine(oblong.features, heat=heat, seed=3, progress=False)
    seen = without(oblong.features.image, found)
    share = oblong.see(seen)[1][found.target.index]
    assert share == pytest.approx(found.value - found.cost, abs=1e-5)
    other = without(oblong.features.image, examine(oblong.features, heat=heat, progress=False))
    assert (seen != other).any()


def test_an_activation_has_an_axis_of_its_own(oblong, found):
    """A neuron's curves reach from the lowest to the highest value, and zero is on the axis."""
    neuron = oblong.features.strongest("last")
    band = [curve([50] + [20] * 9 + [5], "elsewhere")] * 2
    high, late = curve([50] + [-10] * 9 + [5], "hottest"), curve([50] * 10 + [5], "coldest")
    large = replace(found, target=neuron, deletion=Comparison(high, late, high, tuple(band)))
    picture = curves(oblong.features, large)
    plot = Plot(picture.size, (0, 1), (-10, 50), ("", ""))
    for value, colour in ((-10, VERMILION), (50, BLUE)):
        x, y = map(round, plot.at(0.5, value))
        assert near(picture, colour)[y - 2 : y + 3, x - 15 : x + 15].any()


def test_every_odd_verdict_is_drawn_at_one_width(odd):
    found = examine(odd.features, progress=False)
    picture = draw_verdict(odd.features, found)
    assert isinstance(picture, Image.Image) and picture.width == 600
    assert draw_verdict(odd.features, found, Page(320)).width == 320
    constant = replace(found, heat=np.zeros_like(found.heat))
    told = draw_verdict(odd.features, constant)
    assert told.height < picture.height or found.counts is None
    assert (np.asarray(told)[2, :] == rgb(EMPTY)).all()  # a sentence, no curve
    words = describe_verdict(odd.features, constant)
    assert "hottest first" not in words and ("heatmap of" in words) == (found.others is not None)


def test_every_picture_has_its_name_and_number(oblong, found, monkeypatch):
    asked, strip = [], strips.strip

    def seen(panels, *size):
        asked.extend(panels)
        return strip(panels, *size)

    monkeypatch.setattr(strips, "strip", seen)
    draw_verdict(oblong.features, found)
    others, name = found.others, lambda target: target.name(oblong.network)
    written = [(one.title, one.note.replace("−", "-")) for one in asked]
    assert written == [
        ("a tenth hidden", "probability 0.10"),
        ("this heatmap", name(found.target)),
        (name(others.second), f"rank correlation {others.like_second.rank:.2f}"),
        (name(others.middle), f"rank correlation {others.like_middle.rank:.2f}"),
    ]
    for panel, heat in zip(
        asked[1:], (found.heat, others.of_second, others.of_middle), strict=True
    ):
        np.testing.assert_array_equal(panel.picture, coloured(heat))


def test_of_two_classes_one_other_is_drawn():
    import odd_networks

    one = odd_networks.made("one score")
    found = examine(one.features, progress=False)
    alone = replace(found, others=None)
    widths = [
        np.flatnonzero((np.asarray(draw_verdict(one.features, each))[400] != 255).any(axis=1)).max()
        for each in (alone, found)
    ]
    assert widths[0] < 300 < widths[1] < 450
    assert describe_verdict(one.features, found).count("the heatmap of") == 1


def test_all_numbers_are_said(oblong, found):
    text = describe_verdict(oblong.features, found)
    name = found.target.name(oblong.network)
    assert text.startswith(f"Curves of the probability of {name}")
    assert "hidden: 0%, 10%, 20%" in text
    assert "hottest first: 0.80, 0.10, 0.10" in text and "coldest first: 0.80, 0.80" in text
    assert "elsewhere, lowest: 0.80, 0.20" in text and "elsewhere, highest: 0.80, 0.60" in text
    for target, like in (
        (found.others.second, found.others.like_second),
        (found.others.middle, found.others.like_middle),
    ):
        assert f"{target.name(oblong.network)}: rank correlation {like.rank:.2f}" in text.replace(
            "−", "-"
        )


def test_a_heatmap_of_another_make_is_drawn(oblong):
    """Of either sign, or larger than 1."""
    rng = np.random.default_rng(0)
    for heat in (rng.normal(size=(20, 26)), 9 + rng.random((20, 26))):
        found = examine(oblong.features, heat=heat, progress=False)
        picture = np.asarray(draw_verdict(oblong.features, found))
        assert picture[320:418, 165:285].std(axis=(0, 1)).min() > 30  # inside the heatmap's panel


@pytest.fixture
def said(monkeypatch):
    """What is written, (text, left, right) each; a text that is cut is None."""
    written, words = [], strips.words

    def seen(draw, place, text, size, colour="#000000", width=None, bold=False):
        size = size if width is None else strips.fitting(text, size, width, bold)
        long = strips.font(size, bold).getlength(text)
        whole = width is None or long <= width
        written.append((text if whole else None, place[0], place[0] + long))
        words(draw, place, text, size, colour, width, bold)

    monkeypatch.setattr(strips, "words", seen)
    return written


@pytest.mark.parametrize("width", [280, 400])
def test_on_a_narrow_page_every_word_is_written_whole(oblong, shepherd, of_shepherd, said, width):
    page, found = Page(width), examine_scores(oblong.features, None, "first", progress=False)
    assert draw_scores(oblong.features, found, page).width == width
    assert draw_verdict(shepherd, of_shepherd, page).width <= width
    assert None not in {text for text, *_ in said}
    assert min(left for _, left, _ in said) >= 0
    assert max(right for *_, right in said) <= width


# --- of relevance scores -------------------------------------------------------------------------


def test_the_outlier_alone_is_red_and_the_others_are_where_they_belong(oblong):
    found = examine_scores(oblong.features, None, "first", progress=False)
    picture = draw_scores(oblong.features, found)
    red = near(picture, VERMILION)[66:]
    assert 40 < red.sum() < 160  # one dot
    agreement, at = found.agreement, found.outlier
    plot = Plot(picture.size, *map(_ends, (agreement.scores, agreement.effects)), ("", ""))
    x, y = map(round, plot.at(agreement.scores[at], agreement.effects[at]))
    assert near(picture, VERMILION)[y - 2 : y + 3, x - 2 : x + 3].all()
    text = describe_scores(oblong.features, found)
    assert f"{len(agreement.channels)} feature maps of first" in text and "gradient" in text
    first = int(np.argmax(np.abs(agreement.scores)))
    numbers = f"{agreement.scores[first]:.2f} and {agreement.effects[first]:.2f}"
    said = text.replace("−", "-")
    assert f"The largest: map {agreement.channels[first]} {numbers}" in said


def test_scores_that_are_all_zero_are_drawn(oblong):
    found = examine_scores(oblong.features, None, "first", progress=False)
    zero = np.zeros_like(found.agreement.scores)
    silent = replace(found, agreement=replace(found.agreement, scores=zero, effects=zero))
    assert draw_scores(oblong.features, silent).width == 600


def test_a_verdict_is_no_array_alone(oblong):
    """What is kept for the picture is kept as it was measured."""
    found = examine(oblong.features, progress=False)
    assert isinstance(found, Verdict) and found.measured["hidden"][0] == 0
    least, most = found.deletion.band
    assert np.array_equal(found.measured["elsewhere, lowest"], least)
    assert np.array_equal(found.measured["elsewhere, highest"], most)
    assert np.array_equal(found.measured["coldest first"], found.deletion.coldest.values)
