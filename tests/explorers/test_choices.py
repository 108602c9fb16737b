"""What is chosen and takes long: beside, with a line that says so, and ended without a trace.

A network whose lock somebody holds runs no forward pass, so that what is chosen takes as long as a
test wants.
"""

import html
import re
import threading

import pytest
from looking import EVERY, a_jpeg, at_rest, complaint, unescaped, until, upload

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.explorers import drawing, thumbnails
from zv_helpers.explorers.atlas import SHIPPED
from zv_helpers.explorers.history import History
from zv_helpers.explorers.job import Teller

CANCELLED = "Cancelled; everything is as it was before."
SOON = 0.01  # seconds


def row(explorer):
    """What the line beside says, or None."""
    line = html.unescape(re.sub("<[^>]*>", "", explorer.choosing.line.value)).strip()
    return line if explorer.choosing.row.children else None


def everything(explorer):
    """All that an explorer shows and knows, but for its line."""
    values = {label: getattr(one, "value", None) for label, one in explorer.controls.items()}
    options = {label: getattr(one, "options", None) for label, one in explorer.controls.items()}
    shown = explorer.picture.value, explorer.picture.alt, explorer.text, values, options
    known = dict(vars(explorer).get("networks", {})), dict(vars(explorer).get("others", {}))
    steps = len(explorer.history), explorer.tools.back.disabled
    return shown, explorer.state, explorer.context, explorer.view, known, steps


def cancelled(explorer, before):
    """Check that the button ends what is chosen, and that nothing but a sentence came of it."""
    explorer.choosing.button.click()
    assert row(explorer) is None and CANCELLED in complaint(explorer)
    assert everything(explorer) == before


def still(explorer, before):
    """Check that it stays so once the forward pass has run out."""
    until(at_rest)
    assert everything(explorer) == before and CANCELLED in complaint(explorer)


@pytest.fixture
def hasty(cat, lite0):
    """A function that makes an explorer which knows a second network and waits for nothing."""

    def made(make):
        explorer = getattr(explorers, make)(cat)
        explorer.networks[lite0.name] = lite0
        explorer.patience = SOON
        return explorer

    return made


@pytest.mark.parametrize("make", EVERY)
def test_a_network_that_is_cancelled_leaves_no_trace(hasty, lite0, make):
    explorer = hasty(make)
    before, menu = everything(explorer), explorer.controls["Network"]
    with lite0.lock:
        menu.value = lite0.name
        until(lambda: row(explorer) == "Network efficientnet-lite0: extracting features …")
        assert menu.value == lite0.name  # what was chosen stays where it was chosen
        assert explorer.choosing.row in explorer.root.children
        cancelled(explorer, before)
        menu.value = lite0.name
        assert complaint(explorer) is None and explorer.text in unescaped(explorer)
        cancelled(explorer, before)
    still(explorer, before)
    explorer.patience = 600
    menu.value = lite0.name  # and it can be chosen again
    assert explorer.context.network is lite0 and complaint(explorer) is None
    assert len(explorer.history) == before[-1][0] + 1


def test_loading_is_said_and_what_was_loaded_in_vain_is_not_kept(hasty):
    explorer = hasty("neuron_explorer")
    before = everything(explorer)
    explorer.controls["Network"].value = "vgg16-conv"
    assert row(explorer) == "Network vgg16-conv: loading …"
    cancelled(explorer, before)
    still(explorer, before)
    explorer.controls["Feature map"].value = 20
    until(at_rest)
    assert complaint(explorer) is None and explorer.view.state.channel == 20


def test_a_photograph_that_is_cancelled_leaves_no_trace(hasty, cat):
    explorer = hasty("heatmap_explorer")
    before = everything(explorer)
    with cat.network.lock:
        explorer.controls["Photograph"].value = "owl"
        until(lambda: row(explorer) == "Photograph owl: extracting features …")
        assert explorer.tools.lines.spoken == row(explorer)
        cancelled(explorer, before)
        assert explorer.tools.lines.spoken == ""
    still(explorer, before)


def test_the_first_picture_can_be_ended_too(hasty, lite0):
    """And it says how far it is, where there is something to count."""
    explorer = hasty("heatmap_explorer")
    explorer.show(method="occlusion")
    before, lines = everything(explorer), set()
    explorer.controls["Network"].value = lite0.name
    until(lambda: lines.add(row(explorer)) or any("parts" in str(one) for one in lines))
    said = next(one for one in lines if "parts" in str(one))
    assert re.match(r"Network efficientnet-lite0: working out the picture, \d+ of \d+ parts", said)
    cancelled(explorer, before)
    still(explorer, before)


def test_a_newer_choice_ends_the_older(hasty, lite0):
    explorer = hasty("neuron_explorer")
    menu = explorer.controls["Network"]
    with lite0.lock:
        menu.value = lite0.name
        until(lambda: "extracting" in str(row(explorer)))
        explorer.patience = 600
        explorer.controls["Photograph"].value = "owl"
        assert row(explorer) is None and menu.value == "squeezenet"
        after = everything(explorer)
    until(at_rest)
    assert everything(explorer) == after and complaint(explorer) is None
    assert explorer.context.features.image.name == "owl" and len(explorer.history) == 1


def test_a_newer_choice_in_the_same_menu_stays_there(hasty, lite0, vgg16):
    explorer = hasty("neuron_explorer")
    explorer.networks["vgg16-conv"] = vgg16
    menu, values = explorer.controls["Network"], []
    menu.observe(lambda event: values.append(event["new"]), "value")
    with lite0.lock, vgg16.lock:
        menu.value = lite0.name
        menu.value = "vgg16-conv"
        until(lambda: row(explorer) == "Network vgg16-conv: extracting features …")
        assert values == [lite0.name, "vgg16-conv"]
        explorer.choosing.button.click()
    until(at_rest)


@pytest.mark.parametrize("label, other", [("Network", "efficientnet-lite0"), ("Photograph", "owl")])
def test_to_choose_what_is_on_show_ends_what_was_chosen(hasty, cat, lite0, label, other):
    explorer = hasty("neuron_explorer")
    before, menu = everything(explorer), explorer.controls[label]
    here = menu.value
    with lite0.lock, cat.network.lock:
        menu.value = other
        until(lambda: "extracting" in str(row(explorer)))
        menu.value = here
        assert row(explorer) is None
    until(at_rest)
    assert complaint(explorer) is None and explorer.context is before[2]
    assert menu.value == here and not explorer.history


def test_what_is_moved_meanwhile_is_drawn_and_comes_along(hasty, cat, lite0):
    explorer = hasty("neuron_explorer")
    menu = explorer.controls["Network"]
    with lite0.lock:
        menu.value = lite0.name
        until(lambda: "extracting" in str(row(explorer)))
        explorer.controls["Rule"].value = "guided"
        until(lambda: explorer.view.state.rule == "guided")
        assert explorer.view.context.features is cat and menu.value == lite0.name
        assert row(explorer) and complaint(explorer) is None
    until(at_rest)
    assert explorer.view.context.network is lite0 and explorer.view.state.rule == "guided"
    assert menu.value == lite0.name and explorer.controls["Rule"].value == "guided"
    explorer.back()
    until(at_rest)
    assert explorer.view.context.features is cat and explorer.view.state.rule == "guided"


def test_a_control_that_was_moved_meanwhile_is_not_moved_back(hasty, cat, lite0):
    explorer = hasty("neuron_explorer")
    menu, slider = explorer.controls["Network"], explorer.controls["Feature map"]
    with lite0.lock, cat.network.lock:
        menu.value = lite0.name
        until(lambda: "extracting" in str(row(explorer)))
        slider.value = 20  # is not drawn yet
        explorer.back()
        assert row(explorer) is None and slider.value == 20
    until(at_rest)
    assert explorer.view.state.channel == 20 and menu.value == "squeezenet"


def test_what_was_worked_out_is_at_hand_and_fits_what_was_moved_since(cat):
    explorer = explorers.neuron_explorer(cat)
    later = explorer.choose("owl")
    looked = later.work(Teller(explorer.choosing, threading.Event(), later.what, later.unit))
    explorer.show(rule="guided")
    explorer.act(lambda: later.then(looked))
    assert explorer.state.rule == "guided" and explorer.context.chosen == "owl"
    assert explorer.context.kept is looked.context.kept and looked.after.rule == "deconvnet"


def test_photographs_that_follow_soon_are_one_step(cat):
    explorer = explorers.neuron_explorer(cat)
    explorer.history = History(lambda: 0.0)
    for name in ("owl", "chickens"):
        explorer.controls["Photograph"].value = name
    explorer.back()
    assert explorer.context.chosen == "tabby_cat" and not explorer.history


def test_a_step_back_ends_it_and_no_more(hasty, lite0):
    explorer = hasty("neuron_explorer")
    explorer.show(rule="guided")
    before = everything(explorer)
    with lite0.lock:
        explorer.controls["Network"].value = lite0.name
        until(lambda: "extracting" in str(row(explorer)))
        explorer.tools.lines.undone += 1
        assert row(explorer) is None and everything(explorer) == before
        assert explorer.text in unescaped(explorer) and complaint(explorer) is None
    until(at_rest)
    assert everything(explorer) == before
    explorer.back()
    assert explorer.state.rule == "deconvnet"


def test_what_fails_beside_is_said_and_everything_stays(hasty, own_networks):
    (own_networks / "broken.keras").write_bytes(b"this is no zip")
    explorer = hasty("neuron_explorer")
    explorer.controls["Photograph"].value = "chickens"  # the menu is made anew
    until(at_rest)
    before = everything(explorer)
    explorer.patience = 0  # the line is there from the start
    explorer.controls["Network"].value = "broken"
    until(at_rest)
    assert "broken" in complaint(explorer) and row(explorer) is None
    assert everything(explorer) == before


def test_an_upload_is_kept_when_it_is_on_show_and_not_before(hasty, cat, own_photos):
    explorer = hasty("neuron_explorer")
    before, button = everything(explorer), explorer.controls["Upload"]
    sent = (upload("my dog.jpg", a_jpeg()),)
    with cat.network.lock:
        button.value = sent
        until(lambda: row(explorer) == "Photograph my dog.jpg: extracting features …")
        cancelled(explorer, before)
    still(explorer, before)
    assert list(own_photos.iterdir()) == [] and button.value == ()
    explorer.patience = 600
    button.value = sent  # the same file again
    assert [one.name for one in own_photos.iterdir()] == ["my_dog.jpg"] and button.value == ()
    assert explorer.context.features.image.name == explorer.context.chosen == "my_dog"


def test_the_chooser_can_be_ended_too(squeezenet, own_photos, tmp_path):
    chooser = explorers.photograph_chooser(squeezenet)
    before, content = everything(chooser), a_jpeg((4000, 4000))
    (tmp_path / "large.jpg").write_bytes(content)
    chooser.patience = 0
    for label, value in (
        ("or a path", str(tmp_path / "large.jpg")),
        ("Upload", (upload("large.jpg", content),)),
    ):
        chooser.controls[label].value = value
        assert row(chooser) in (
            "Photograph large.jpg: reading …",
            f"Photograph {tmp_path / 'large.jpg'}: reading …",
        )
        before[0][3]["or a path"] = chooser.controls["or a path"].value
        cancelled(chooser, before)
        still(chooser, before)
    assert list(own_photos.iterdir()) == []


def test_to_choose_what_the_chooser_shows_ends_what_was_chosen(squeezenet):
    chooser = explorers.photograph_chooser(squeezenet)
    before, chooser.patience = everything(chooser), SOON
    for label, other in (("Photograph", "owl"), ("Fit", "stretch")):
        menu = chooser.controls[label]
        here = menu.value
        with chooser._drawing:  # what is chosen waits for what is drawn
            menu.value = other
            assert "getting ready" in row(chooser)
            menu.value = here
            assert row(chooser) is None and menu.value == here
        until(at_rest)
        assert everything(chooser) == before and complaint(chooser) is None


def test_thumbnails_are_counted_and_can_be_ended(cat):
    explorer, lines = explorers.neuron_explorer(cat), []
    explorer.choosing.line.observe(lambda event: lines.append(event["new"]), "value")
    explorer.patience = 0
    button, count = explorer.controls["Thumbnails"], len(thumbnails.names_to_choose())
    with explorer._drawing:  # the thumbnails wait for what is drawn
        button.value = True
        assert row(explorer) == "Thumbnails: getting ready …"
        explorer._sync()  # as when something is drawn meanwhile
        assert button.value
        explorer.tools.lines.undone += 1
        assert row(explorer) is None and not button.value
    until(at_rest)
    assert explorer.frame is None and not button.value
    button.value = True
    until(at_rest)
    assert f"Thumbnails: {count} of {count} photographs" in lines[-1]
    assert button.value and explorer.frame in explorer.boxes[0].children and explorer.sheet.value


def test_a_short_choice_shows_no_line(cat):
    explorer, shown = explorers.neuron_explorer(cat), []
    explorer.choosing.row.observe(lambda event: shown.append(event["new"]), "children")
    explorer.controls["Photograph"].value = "owl"
    explorer.controls["Photograph"].value = "tabby_cat"
    assert explorer.context.chosen == "tabby_cat" and shown == []


# The atlas explorer


@pytest.fixture
def atlas(squeezenet, lite0):
    explorer = explorers.atlas_explorer(squeezenet, layer="fire2", channel=5)
    explorer.networks[lite0.name] = lite0
    explorer.patience = SOON
    return explorer


def test_a_neuron_of_the_atlas_that_is_cancelled_is_not_opened(atlas, squeezenet):
    before, name = everything(atlas), atlas.view.nine.patches[0].name
    with squeezenet.lock:
        atlas.controls["Open it below"].click()
        until(lambda: row(atlas) == f"Photograph {name}: extracting features …")
        cancelled(atlas, before)
    still(atlas, before)
    assert atlas.opened is None and atlas.below.children == ()


def test_what_is_built_goes_on_until_another_network_is_there(atlas, lite0):
    go_on = threading.Event()
    atlas.building.start("An atlas", "photographs", lambda tell: go_on.wait(60), lambda _: None)
    before = everything(atlas)
    with atlas._drawing:  # what is chosen waits for what is drawn
        atlas.controls["Network"].value = lite0.name
        assert row(atlas) == "Network efficientnet-lite0: getting ready …"
        atlas.back()
        assert everything(atlas) == before and row(atlas) is None
    assert atlas.building.busy
    atlas.patience = 600
    atlas.controls["Network"].value = lite0.name
    assert not atlas.building.busy
    go_on.set()
    until(at_rest)
    assert atlas.view.context.network is lite0
    assert "What was being built is cancelled." in unescaped(atlas)


def test_a_choice_of_photographs_ends_that_of_a_network(atlas, own_photos, lite0):
    with atlas._drawing:
        atlas.controls["Network"].value = lite0.name
        atlas.controls["Photographs"].value = "data/my_photos"
        assert row(atlas) is None and atlas.controls["Network"].value == "squeezenet"
    until(at_rest)
    assert "holds none" in complaint(atlas) and atlas.context.seen_by == "squeezenet"


@pytest.fixture
def of_two(squeezenet, lite0):
    """One over two photographs, that waits for nothing."""
    built = zv.build_atlas(squeezenet, ["duck", "owl"], ["fire2"], progress=False)
    explorer = explorers.atlas_explorer(squeezenet, built, "fire2", 5)
    explorer.networks[lite0.name] = lite0
    explorer.patience = SOON
    return explorer


def test_photographs_whose_atlas_is_at_hand_end_what_was_chosen_and_what_is_built(of_two, lite0):
    go_on, menu = threading.Event(), of_two.controls["Photographs"]
    of_two.building.start("An atlas", "photographs", lambda tell: go_on.wait(60), lambda _: None)
    with of_two._drawing:  # what is chosen waits for what is drawn
        of_two.controls["Network"].value = lite0.name
        assert row(of_two) == "Network efficientnet-lite0: getting ready …"
        menu.value = SHIPPED
        assert row(of_two) is None and not of_two.building.busy
    go_on.set()
    of_two.show()
    until(at_rest)
    assert of_two.view.context.seen_by == "squeezenet" == of_two.controls["Network"].value
    assert menu.value == SHIPPED and len(of_two.atlas.photographs) == 75


def test_a_folder_that_is_opened_ends_what_is_built(of_two):
    """And the name of an atlas that ships stands for its folder."""
    go_on = threading.Event()
    of_two.patience = 600
    of_two.building.start("An atlas", "photographs", lambda tell: go_on.wait(60), lambda _: None)
    of_two.controls["or a folder"].value = "squeezenet"
    assert not of_two.building.busy
    go_on.set()
    until(at_rest)
    assert complaint(of_two) is None and len(of_two.atlas.photographs) == 75
    assert of_two.controls["Photographs"].value == "squeezenet"
    assert of_two.atlas.network is of_two.context.network


def test_to_choose_the_network_on_show_ends_what_was_chosen_in_the_atlas(of_two, lite0):
    before, menu = everything(of_two), of_two.controls["Network"]
    with of_two._drawing:
        menu.value = lite0.name
        assert row(of_two) == "Network efficientnet-lite0: getting ready …"
        menu.value = "squeezenet"
        assert row(of_two) is None
    until(at_rest)
    assert of_two.context is before[2] and not of_two.history and complaint(of_two) is None


def test_what_is_saved_later_can_be_ended(atlas, squeezenet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = everything(atlas)
    with squeezenet.lock:
        atlas.tools.save.click()
        until(lambda: row(atlas) == "Save: working out all of the picture …")
        cancelled(atlas, before)
    still(atlas, before)
    assert not (tmp_path / "results").exists()
    atlas.tools.save.click()
    until(at_rest)
    assert len(list((tmp_path / "results").iterdir())) == 2 and "Written: " in unescaped(atlas)


# What is drawn


@pytest.mark.parametrize("label, value", [("Feature map", 20), ("Rule", "guided")])
def test_a_picture_that_takes_long_can_be_ended(hasty, cat, label, value):
    explorer = hasty("neuron_explorer")
    before, control = everything(explorer), explorer.controls[label]
    with cat.network.lock:
        control.value = value
        assert explorer.said.children == (explorer.line, explorer.cancel)
        assert "<progress" in explorer.line.value
        assert "Working out the picture …" in unescaped(explorer)
        explorer.cancel.click()
    until(at_rest)
    assert "Cancelled; the picture is the one from before." in complaint(explorer)
    assert everything(explorer) == before and explorer.said.children == (explorer.line,)
    control.value = value
    until(at_rest)
    assert complaint(explorer) is None and control.value == value
    assert explorer.view.state is explorer.state != before[1]


def test_what_is_ended_takes_what_waits_with_it(hasty, cat):
    explorer = hasty("neuron_explorer")
    before = everything(explorer)
    with cat.network.lock:
        for channel in (20, 21, 22):
            explorer.controls["Feature map"].value = channel
        explorer.cancel.click()
    until(at_rest)
    assert everything(explorer) == before and complaint(explorer)


def test_what_was_drawn_of_it_goes_again(squeezenet, monkeypatch):
    """The patches of an atlas come at once, its projections one by one."""
    monkeypatch.setattr(drawing, "PROMPT", 0)
    explorer = explorers.atlas_explorer(squeezenet, layer="fire2", channel=5)
    explorer.show()
    before = everything(explorer)
    with squeezenet.lock:
        explorer.controls["Feature map"].value = 6
        until(lambda: explorer.cancel in explorer.said.children)
        assert explorer.view.state.channel == 6 and explorer.picture.value != before[0][0]
        explorer.cancel.click()
    until(at_rest)
    assert everything(explorer) == before and "Cancelled" in complaint(explorer)
    assert explorer.said.children == (explorer.line,)
