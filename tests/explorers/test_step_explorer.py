"""The step explorer: the reverse pass, one operation at a time."""

from dataclasses import replace

import numpy as np
import pytest
from looking import captioned, complaint, pictured, shows

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.choose import neuron_layer
from zv_helpers.explorers import steps
from zv_helpers.explorers.steps import StepState


def test_the_steps_lead_from_the_neuron_to_its_projection(context):
    chosen = context.features.strongest("fire5")
    expected = zv.project(context.features, chosen, trace=True)
    state = StepState(chosen)
    moments = steps.resolve(context, state).moments
    assert len(moments) == len(expected.trace) + 1
    np.testing.assert_array_equal(moments[-1].pixels, expected.pixels)
    assert moments[0].strongest.item() == pytest.approx(chosen.activation)
    every = range(len(moments))
    assert len({pictured(steps, context, replace(state, step=i)).size for i in every}) == 1
    for i, one in enumerate(expected.trace, 1):
        text = captioned(steps, context, replace(state, step=i))
        assert f"Step {i} of {len(expected.trace)}: {one.layer}, {one.title}" in text
        assert moments[i].total.sum() == pytest.approx(np.abs(one.values).sum(), rel=1e-4)


def test_every_kind_of_step_is_explained():
    from zv_helpers.deconvnet.rules.table import REVERSALS

    titles = {one.title for kind, one in REVERSALS.items() if isinstance(kind, str)}
    assert titles - set(steps.SAID) == set()


def test_the_step_explorer_moves(cat):
    chosen = cat.strongest("fire5")
    explorer = explorers.step_explorer(cat, chosen)
    step, number = explorer.controls["Step"], explorer.controls["Number"]
    step.value = 5
    shows(explorer, steps, StepState(chosen, step=5))
    assert number.value == 5
    number.value = number.max
    assert step.value == step.max
    explorer.controls["Rule"].value = "guided"
    shows(explorer, steps, StepState(chosen, "guided", number.max))


def test_one_reverse_pass_serves_all_steps(cat, monkeypatch):
    explorer = explorers.step_explorer(cat, cat.strongest("fire5", 3))
    passes, project = [], steps.project

    def counted(*arguments, **named):
        passes.append(arguments)
        return project(*arguments, **named)

    monkeypatch.setattr(steps, "project", counted)
    for step in (1, 2, 9):
        explorer.controls["Step"].value = step
    assert passes == []
    explorer.controls["Rule"].value = "gradient"
    assert len(passes) == 1


def test_the_step_explorer_keeps_its_neuron_on_another_photograph_and_in_another_network(cat):
    explorer = explorers.step_explorer(cat, cat.strongest("fire5", 195))
    step = explorer.controls["Step"]
    explorer.show(step=20)
    explorer.controls["Photograph"].value = "owl"
    assert complaint(explorer) is None
    owl = explorer.context.features
    assert owl.image.name == "owl" and explorer.state.neuron == owl.strongest("fire5", 195)
    assert explorer.state.step == step.value == 20
    explorer.show(step=step.max)
    explorer.controls["Network"].value = "efficientnet-lite0"
    assert complaint(explorer) is None
    seen = explorer.context.features
    assert explorer.state.neuron == seen.strongest(neuron_layer(seen))
    last = explorer.view.last
    assert step.max == last and explorer.state.step <= last
    classes_of = explorers.step_explorer(cat)
    classes_of.controls["Photograph"].value = "owl"
    assert classes_of.state.neuron == owl.class_neuron(cat.target().index)
