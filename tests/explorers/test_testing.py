""" "Test this picture": examined beside, shown under the picture, and gone with it."""

import html
import io
import re
import threading
from dataclasses import replace

import numpy as np
import pytest
from looking import at_rest, complaint, drawn, seen, unescaped, until
from PIL import Image

import zv_helpers as zv
from zv_helpers.draw import strips
from zv_helpers.explorers import heatmap_explorer, overlay, overlay_explorer, relevance_explorer
from zv_helpers.explorers.job import Teller
from zv_helpers.explorers.testing import NOT_ASKED, NOT_PINNED, OUTDATED
from zv_helpers.trust import examine, examine_scores
from zv_helpers.trust.drawing import describe_scores, describe_verdict, draw_scores, draw_verdict

THREE = pytest.mark.parametrize(
    "make", [heatmap_explorer, overlay_explorer, relevance_explorer], ids=lambda make: make.__name__
)
BUTTON = "Test this picture"


def press(explorer):
    explorer.controls[BUTTON].click()


def answered(explorer):
    press(explorer)
    until(at_rest)
    assert complaint(explorer) is None
    return explorer.verdict


def answer(explorer):
    return html.unescape(re.sub("<[^>]*>", "", explorer.answer.value))


def evidence(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.evidence.value)))


def shows_nothing(explorer, said=""):
    assert explorer.verdict is None and answer(explorer) == said
    assert explorer.under.children == (explorer.answer,)
    assert explorer.found(explorer.view) == ()


class Held:
    """An explorer's test that waits until it may go on, and how often it was begun."""

    def __init__(self, explorer):
        self.begun, self.ready, self.go_on = 0, threading.Event(), threading.Event()
        self.examined, explorer.examined = explorer.examined, self

    def __call__(self, view):
        self.begun += 1
        self.ready.set()
        assert self.go_on.wait(60)
        return self.examined(view)


@pytest.fixture(scope="module")
def small():
    import odd_networks

    return odd_networks.made("oblong").features


@pytest.fixture(params=[heatmap_explorer, relevance_explorer], ids=lambda make: make.__name__)
def explorer(request, small):
    explorer = request.param(small)
    yield explorer
    explorer.testing.stop()
    until(at_rest)


# What is shown


@pytest.mark.parametrize("make", [heatmap_explorer, overlay_explorer])
def test_the_heatmap_on_show_is_examined(small, make):
    explorer = make(
        small, 2, method="gradcam", layer="first", **{"smoothing": 1.5, "threshold": 0.1}
    )
    before, state = seen(explorer), explorer.state
    shows_nothing(explorer)
    found, same = answered(explorer), {"smoothing": 1.5, "threshold": 0.1, "progress": False}
    expected = examine(small, 2, "gradcam", "first", **same)
    np.testing.assert_array_equal(found.heat, explorer.view.heat)
    assert found.sentences == expected.sentences and found.others is not None
    np.testing.assert_array_equal(evidence(explorer), drawn(draw_verdict(small, expected)))
    assert answer(explorer) == " ".join(found.sentences)
    assert f"<b>{html.escape(found.sentence)}</b>" in explorer.answer.value
    assert 'role="status"' in explorer.answer.value
    assert explorer.evidence.alt.endswith(answer(explorer))
    assert describe_verdict(small, found) in explorer.evidence.alt
    assert explorer.under.children == (explorer.answer, explorer.evidence)
    assert explorer.root.children[0] is explorer.picture
    assert explorer.root.children[-1] is explorer.under
    assert explorer.evidence.reveal == 1 and not explorer.testing.row.children
    np.testing.assert_array_equal(seen(explorer), before)
    assert explorer.state == state and explorer.text in unescaped(explorer)
    explorer.picture.page = {"width": 1100, "dark": True}
    dark = drawn(draw_verdict(small, expected, explorer.page))
    np.testing.assert_array_equal(evidence(explorer), dark)
    assert (dark[2, 2] < 40).all() and explorer.page.dark
    explorer.picture.page = {"width": 325, "dark": False}
    assert evidence(explorer).shape[1] == 320  # its words are not made smaller


def test_the_relevance_scores_on_show_are_examined(small):
    explorer = relevance_explorer(small, 1, "first", "guided")
    found = answered(explorer)
    expected = examine_scores(small, 1, "first", "guided", progress=False)
    assert found.sentences == expected.sentences and found.agreement.rule == "guided"
    assert answer(explorer) == " ".join(found.sentences)
    np.testing.assert_array_equal(evidence(explorer), drawn(draw_scores(small, expected)))
    assert describe_scores(small, found) in explorer.evidence.alt


def test_on_the_real_network_a_right_heatmap_and_the_deconvnets(shepherd):
    explorer = overlay_explorer(shepherd)
    assert answered(explorer).counts and "the place counts" in answer(explorer)
    explorer.controls["Heatmap"].value = "deconvnet"
    shows_nothing(explorer)
    assert answered(explorer).heeds_the_class is False
    assert answer(explorer).startswith("This picture hardly changes for another class")


@pytest.mark.parametrize("name", ["oblong", "no classes"])
def test_a_heatmap_by_occlusion_is_not_computed_again(name):
    import odd_networks

    explorer = heatmap_explorer(odd_networks.made(name).features, method="occlusion")
    found = answered(explorer)
    np.testing.assert_array_equal(found.heat, explorer.view.heat)
    assert found.others is None
    assert (NOT_ASKED in answer(explorer)) == (name == "oblong")


def test_every_odd_network_is_tested(odd):
    for make in (heatmap_explorer, relevance_explorer):
        explorer = make(odd.features)
        assert answered(explorer) is not None and answer(explorer)
        assert evidence(explorer).shape[1] == 600


# When it goes


@pytest.mark.parametrize(
    "make, control, value",
    [
        (overlay_explorer, "Class", "3"),
        (overlay_explorer, "Heatmap", "gradcam"),
        (overlay_explorer, "Photograph", "owl"),
        (heatmap_explorer, "Layer", 0),
        (heatmap_explorer, "Smoothing", 4.0),
        (heatmap_explorer, "Threshold", 0.5),
        (relevance_explorer, "Class", "3"),
        (relevance_explorer, "Layer", 0),
        (relevance_explorer, "Rule", "guided"),
        (relevance_explorer, "Photograph", "owl"),
    ],
)
def test_another_picture_takes_the_answer_away(small, make, control, value):
    explorer = make(small)
    first = answered(explorer)
    explorer.controls[control].value = value
    shows_nothing(explorer)
    second = answered(explorer)
    assert second is not first and second is not None


def test_the_same_heatmap_in_other_colours_keeps_it(small):
    explorer = overlay_explorer(small)
    found = answered(explorer)
    explorer.controls["Alpha"].value = 0.9
    explorer.controls["Colormap"].value = "viridis"
    explorer.controls["Line"].value = True
    explorer.controls["Class"].value = "no such class"
    assert complaint(explorer) and explorer.verdict is found and answer(explorer)
    assert explorer.found(explorer.view) == found.sentences
    other = explorer.resolve(explorer.context, replace(explorer.state, class_index=3))
    assert explorer.found(other) == ()


def test_the_thumbnails_still_follow_the_photograph(explorer):
    explorer.controls["Thumbnails"].value = True
    explorer.controls["Photograph"].value = "owl"
    assert explorer.framed == "owl" and explorer.sheet.value


def test_the_picture_above_a_pinned_one_is_tested(explorer):
    explorer.controls["Class"].value = "2"
    explorer.controls["Pin for comparison"].value = True
    explorer.controls["Class"].value = "1"
    found = answered(explorer)
    about = found if hasattr(found, "target") else found.agreement
    assert about.target == explorer.view.target != explorer.state.pin.target
    assert answer(explorer).endswith(NOT_PINNED)
    explorer.controls["Pin for comparison"].value = False
    assert explorer.verdict is found


# While it runs


def test_it_says_how_far_it_is_and_a_second_press_changes_nothing(explorer):
    held = Held(explorer)
    press(explorer)
    assert held.ready.wait(60)
    assert "Testing this picture" in explorer.testing.line.value
    assert explorer.testing.row in explorer.root.children
    press(explorer)
    assert held.begun == 1 and explorer.testing.busy
    held.go_on.set()
    until(at_rest)
    found = explorer.verdict
    press(explorer)
    until(at_rest)
    assert held.begun == 1 and explorer.verdict is found and explorer.evidence.reveal == 2


@THREE
def test_progress_is_told_from_inside(small, make, monkeypatch):
    explorer, told = make(small), []
    monkeypatch.setattr(Teller, "__call__", lambda self, *one: told.append(one))
    answered(explorer)
    assert told[0][0] == 0 and told[-1][0] == told[-1][1] > 0


def test_cancelling_leaves_the_picture_and_no_answer(explorer):
    held, before = Held(explorer), seen(explorer)
    press(explorer)
    assert held.ready.wait(60)
    explorer.testing.button.click()
    assert "Cancelled; nothing was tested." in complaint(explorer)
    held.go_on.set()
    until(at_rest)
    shows_nothing(explorer)
    np.testing.assert_array_equal(seen(explorer), before)
    assert not explorer.testing.row.children
    assert answered(explorer)


@pytest.mark.parametrize("control, value", [("Class", "3"), ("Photograph", "owl")])
def test_another_picture_ends_it_and_says_so(explorer, control, value):
    held = Held(explorer)
    press(explorer)
    assert held.ready.wait(60)
    explorer.controls[control].value = value
    shows_nothing(explorer, OUTDATED)
    held.go_on.set()
    until(at_rest)
    shows_nothing(explorer, OUTDATED)
    assert answered(explorer) is not None and OUTDATED not in answer(explorer)


def test_an_answer_that_comes_too_late_is_not_shown(explorer):
    """Between the end of the work and the answer, the picture may change."""
    begun = []
    explorer.testing.start = lambda *about: begun.append(about)
    press(explorer)
    ((_, _, work, then),) = begun
    result = work(lambda done, count: None)
    explorer.controls["Class"].value = "3"
    then(result)
    shows_nothing(explorer)


def test_another_network_ends_it(small, squeezenet):
    explorer = heatmap_explorer(small)
    explorer.networks["squeezenet"] = squeezenet
    held = Held(explorer)
    press(explorer)
    assert held.ready.wait(60)
    explorer.controls["Network"].value = "squeezenet"
    shows_nothing(explorer, OUTDATED)
    held.go_on.set()
    until(at_rest)
    shows_nothing(explorer, OUTDATED)
    assert explorer.context.features.network is squeezenet


def test_what_goes_wrong_becomes_a_sentence(explorer):
    def examined(view):
        raise MemoryError

    right, explorer.examined = explorer.examined, examined
    press(explorer)
    until(at_rest)
    assert "not enough memory" in complaint(explorer)
    shows_nothing(explorer)
    explorer.examined = right
    assert answered(explorer)


# What is saved


def saved(explorer, tmp_path, name):
    explorer.controls["File name"].value = name
    explorer.controls["Save as PNG"].click()
    with Image.open(tmp_path / "results" / f"{name}.png") as picture:
        return np.asarray(picture.convert("RGB")), picture.text


def test_a_saved_overlay_carries_its_verdict(shepherd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    explorer = overlay_explorer(shepherd)
    pixels, text = saved(explorer, tmp_path, "untested")
    assert text == {} and np.array_equal(pixels, explorer.pixels)
    assert "verdict" not in explorer.line.value
    verdict = answered(explorer)
    pixels, text = saved(explorer, tmp_path, "tested")
    assert np.array_equal(pixels[:224], explorer.pixels)
    assert pixels.shape[0] > 270 and pixels.shape[1] == 224 and pixels[224:].min() < 100
    plain = " ".join(verdict.sentences).replace("−", "-")
    assert text["Description"].endswith(plain) and "German shepherd" in text["Description"]
    assert "with its verdict below" in explorer.line.value
    explorer.controls["With its verdict"].value = False
    pixels, text = saved(explorer, tmp_path, "plain")
    assert np.array_equal(pixels, explorer.pixels) and text["Description"].endswith(plain)
    explorer.controls["Class"].value = "goldfish"
    assert saved(explorer, tmp_path, "other")[1] == {}


def test_words_under_a_small_overlay_are_whole(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    view = overlay.resolve(zv.explorers.shell.Context(small), overlay.OverlayState())
    sentence = "So many words, −1 of them, that it is too narrow."
    path = overlay.save(view, "small", (sentence,))
    about = f"{view.target.name(small.network)}, {view.state.method}."
    words = strips.paragraph((about, sentence), 11, overlay.NARROWEST)
    with Image.open(path) as picture:
        height, width = view.pixels.shape[:2]
        assert picture.size == (overlay.NARROWEST, height + words.height)
        assert np.array_equal(np.asarray(picture)[height:], words)
        assert np.array_equal(np.asarray(picture)[:height, :width], view.pixels)
        assert type(picture.text["Description"]) is str  # tEXt, not iTXt
