"""Steps that are taken back: a gesture is one, and what was on show comes back as it was."""

import numpy as np
import pytest
from looking import EVERY, at_rest, complaint, press, seen, shows, unescaped, until

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.explorers import heats, history, neuron
from zv_helpers.explorers.heats import HeatState
from zv_helpers.explorers.history import MEGABYTES, STEPS, TOGETHER, History
from zv_helpers.explorers.neuron import NeuronState
from zv_helpers.explorers.shell import Context


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


HERE = Context(None)


def moved(steps, *states, by=None, context=HERE):
    """Go from each state to the next."""
    for one, other in zip(states, states[1:], strict=False):
        steps.note((context, one), (context, other), by)


def test_a_drag_is_one_step_and_a_later_one_another(clock):
    steps = History(clock)
    for state in range(40):
        moved(steps, state, state + 1, by="Layer")
        clock.now += 0.9 * TOGETHER
    assert len(steps) == 1
    clock.now += TOGETHER
    moved(steps, 40, 41, by="Layer")
    moved(steps, 41, 42, by="Rule")
    assert len(steps) == 3
    back = [steps.back((HERE, 42)), steps.back((HERE, 41)), steps.back((HERE, 40))]
    assert back == [(HERE, 41), (HERE, 40), (HERE, 0)]
    assert steps.back((HERE, 0)) is None


def test_what_took_long_to_draw_does_not_end_a_drag(clock):
    steps = History(clock)
    for state in range(4):
        moved(steps, state, state + 1, by="Turn")
        clock.now += 5 * TOGETHER
        steps.rest()
        clock.now += 0.5 * TOGETHER
    assert len(steps) == 1


def test_clicks_are_a_step_each(clock):
    steps = History(clock)
    moved(steps, 0, 1, 2, 3)
    assert len(steps) == 3


def test_after_a_step_back_the_next_change_is_a_new_step(clock):
    steps = History(clock)
    moved(steps, 0, 1, by="Rule")
    moved(steps, 1, 5, by="Layer")
    assert steps.back((HERE, 5)) == (HERE, 1)
    moved(steps, 1, 7, by="Layer")
    assert steps.back((HERE, 7)) == (HERE, 1)


def test_what_changes_nothing_is_no_step(clock):
    steps = History(clock)
    moved(steps, 3, 3)
    moved(steps, 0, 1, 0, by="Layer")  # there and back in one drag
    assert len(steps) == 0
    moved(steps, 0, 1)
    steps.settle((HERE, 0))  # it did not work, and what was there is on show
    assert len(steps) == 0
    moved(steps, 0, 1)
    assert steps.back((HERE, 0)) is None


def test_another_context_is_a_step_even_with_the_same_state(clock):
    steps, other = History(clock), Context(None)
    steps.note((HERE, 0), (other, 0), "Photograph")
    assert steps.back((other, 0))[0] is HERE


def test_the_oldest_steps_go_first(clock):
    steps = History(clock)
    moved(steps, *range(STEPS + 11))
    assert len(steps) == STEPS
    found = [steps.back((HERE, STEPS + 10))[1] for _ in range(STEPS)]
    assert found == list(range(STEPS + 9, 9, -1))


def test_features_that_only_steps_keep_are_limited(clock, cat, shepherd, monkeypatch):
    """A photograph after the other in a large network would fill the memory."""
    here, there = Context(cat), Context(shepherd)
    steps, size = History(clock), cat.megabytes
    assert 3 * size < MEGABYTES
    monkeypatch.setattr(history, "MEGABYTES", 0.5 * size)
    moved(steps, *range(9), context=here)
    assert len(steps) == 8  # all of one photograph, which is on show
    monkeypatch.setattr(history, "MEGABYTES", 1.5 * size)
    steps.note((here, 8), (there, 8))
    assert len(steps) == 9
    others = [Context(zv.extract_features(cat.network, cat.image)) for _ in range(2)]
    steps.note((there, 8), (others[0], 8))  # now two photographs are not on show any more
    assert len(steps) == 1 and steps.back((others[0], 8)) == (there, 8)
    monkeypatch.setattr(history, "MEGABYTES", 0.1 * size)
    steps.note((there, 8), (others[1], 8))
    assert len(steps) == 1  # one step back there is always


# With explorers


def test_a_dragged_slider_goes_back_in_one_step(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 0)
    button, before = explorer.tools.back, explorer.picture.value
    assert button.disabled
    for channel in range(1, 41):
        explorer.controls["Feature map"].value = channel
    assert not button.disabled
    explorer.controls["Rule"].value = "guided"
    button.click()
    shows(explorer, neuron, NeuronState("fire5", 40))
    assert explorer.controls["Rule"].value == "deconvnet" and not button.disabled
    button.click()
    shows(explorer, neuron, NeuronState("fire5", 0))
    assert explorer.picture.value == before
    assert explorer.controls["Feature map"].value == 0 and button.disabled
    button.click()
    shows(explorer, neuron, NeuronState("fire5", 0))


@pytest.mark.parametrize("make", EVERY)
def test_the_photograph_comes_back_without_a_forward_pass(cat, make):
    explorer = getattr(explorers, make)(cat)
    context, state, before = explorer.context, explorer.state, seen(explorer)
    explorer.controls["Photograph"].value = "owl"
    assert explorer.context is not context
    explorer.tools.back.click()
    until(at_rest)
    assert complaint(explorer) is None
    assert explorer.context is explorer.view.context is context and explorer.state == state
    assert explorer.controls["Photograph"].value == "tabby_cat"
    np.testing.assert_array_equal(seen(explorer), before)


def test_the_network_comes_back(cat, lite0):
    explorer = explorers.heatmap_explorer(cat, 281, layer="fire8")
    explorer.networks[lite0.name] = lite0
    explorer.controls["Network"].value = lite0.name
    assert explorer.state.layer is None  # it has no such layer
    explorer.back()
    assert explorer.controls["Network"].value == "squeezenet"
    shows(explorer, heats, HeatState(281, "fire8"))


def test_the_atlas_and_its_network_come_back(squeezenet, lite0):
    explorer = explorers.atlas_explorer(squeezenet, layer="fire3", channel=5)
    explorer.networks[lite0.name] = lite0
    explorer.controls["Network"].value = lite0.name
    until(at_rest)
    assert explorer.atlas.is_of(lite0)
    explorer.back()
    until(at_rest)
    assert explorer.atlas.is_of(squeezenet)
    assert (explorer.state.layer, explorer.state.channel) == ("fire3", 5)
    assert complaint(explorer) is None


def test_the_chooser_goes_back(squeezenet):
    chooser = explorers.photograph_chooser(squeezenet)
    image, before = chooser.image, seen(chooser)
    chooser.controls["Fit"].value = "letterbox"
    chooser.controls["Photograph"].value = "owl"
    chooser.back(2)
    assert chooser.image is image and chooser.controls["Fit"].value == "crop"
    np.testing.assert_array_equal(seen(chooser), before)


def test_clicks_and_code_are_steps_and_held_keys_are_one(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    explorer.show(row=3, column=4)
    explorer.show(row=5, column=4)
    explorer.controls["Arrow keys over the picture"].value = True
    for _ in range(5):
        press(explorer.picture, "ArrowDown")
    assert explorer.state.row == 10 and len(explorer.history) == 3
    explorer.back()
    assert explorer.state.row == 5
    explorer.back(2)
    shows(explorer, neuron, NeuronState("fire5", 195))


def test_presses_of_the_key_that_come_together_all_count(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    for rule in ("guided", "gradient"):
        explorer.show(rule=rule)
    explorer.show(channel=3)
    explorer.tools.lines.undone = 1
    shows(explorer, neuron, NeuronState("fire5", 195, rule="gradient"))
    explorer.tools.lines.undone = 2
    shows(explorer, neuron, NeuronState("fire5", 195, rule="guided"))
    explorer.tools.lines.undone = 99
    shows(explorer, neuron, NeuronState("fire5", 195))
    assert explorer.tools.back.disabled


def test_what_did_not_work_is_no_step(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    explorer.show(channel=9999)
    assert complaint(explorer) and explorer.tools.back.disabled
    explorer.show(channel=3)
    explorer.show(rule="no such rule")
    explorer.back()
    shows(explorer, neuron, NeuronState("fire5", 195))


def test_a_picture_that_is_slow_to_draw_does_not_end_a_drag(cat, clock):
    explorer = explorers.neuron_explorer(cat, "fire5", 0)
    explorer.history = History(clock)

    def slow(view, page):
        clock.now += 3 * TOGETHER
        return neuron.render(view, page)

    explorer.render = slow
    for channel in (1, 2, 3):
        explorer.controls["Feature map"].value = channel
    assert len(explorer.history) == 1


def test_what_was_done_to_the_other_photograph_is_not_said_any_more(cat):
    explorer = explorers.neuron_explorer(cat, "fire5", 195)
    explorer.controls["Photograph"].value = "owl"
    assert "owl: " in unescaped(explorer)
    explorer.back()
    assert "owl" not in unescaped(explorer)


def test_the_pin_comes_back(cat):
    explorer = explorers.heatmap_explorer(cat)
    explorer.controls["Pin for comparison"].value = True
    pin = explorer.state.pin
    explorer.controls["Smoothing"].value = 2.0
    explorer.controls["Pin for comparison"].value = False
    explorer.back()
    assert explorer.state.pin is pin and "Pinned: " in unescaped(explorer)


def test_a_step_back_ends_what_takes_long(cat):
    """Until it is done the button can be pressed already."""
    explorer = explorers.heatmap_explorer(cat)
    before = explorer.picture.value
    explorer.controls["Method"].value = "occlusion"
    assert not explorer.tools.back.disabled
    explorer.tools.back.click()
    until(at_rest)
    assert explorer.state.method == explorer.controls["Method"].value == "relevance"
    assert explorer.picture.value == before and complaint(explorer) is None
