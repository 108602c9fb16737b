"""The evolution explorer: a slider over time shows what the measurement found."""

import numpy as np
import pytest
from independent import random_weights
from looking import complaint, drawn, shows

import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.experiments.evolving import evolution
from zv_helpers.experiments.learning import small_network
from zv_helpers.experiments.strongest import images_of
from zv_helpers.explorers import evolving
from zv_helpers.explorers.evolving import EvolutionState
from zv_helpers.explorers.shell import Context


@pytest.fixture(scope="module")
def followed():
    """Four moments of a small network over twelve pictures of noise; at the last it is silent."""
    model = small_network((32, 32), 3, kernel=3, stride=1, maps=(3, 4, 5, 4, 3))
    network, weights = zv.load_model(model), []
    for seed in range(3):
        random_weights(model, seed=seed)
        weights.append(model.get_weights())
    pixels = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3), np.uint8)
    silent = [0 * one for one in weights[0]]
    images = images_of(network, pixels)
    return evolution(network, [*weights, silent], images, [0, 3, 9, 27], progress=False)


@pytest.fixture
def explorer(followed):
    return explorers.evolution_explorer(followed, "conv3", 1, 2)


def test_it_begins_where_it_is_told(explorer, followed):
    state = EvolutionState("conv3", 1, 2)
    shows(explorer, evolving, state)
    assert explorer.view.picture == followed.layers["conv3"].pictures[2, 1]
    first = explorers.evolution_explorer(followed)
    assert first.view.layer == "conv4" and first.view.moment == 3


def test_the_slider_over_time_shows_every_moment(explorer, followed):
    seen = []
    for moment in range(3):
        explorer.controls["Time"].value = moment
        state = EvolutionState("conv3", 1, moment)
        shows(explorer, evolving, state)
        assert explorer.controls["step"].label == f"step {followed.moments[moment]}"
        assert f"after {followed.moments[moment]} steps" in explorer.text
        seen.append(explorer.picture.value)
    assert len(set(seen)) == 3
    explorer.controls["step"].value = 0
    shows(explorer, evolving, EvolutionState("conv3", 1, 0))
    assert all(len(row) > 1 for row in explorer.movers)  # each slider beside its value


def test_layer_and_map_can_be_chosen(explorer, followed):
    explorer.controls["name"].value = "conv2"
    shows(explorer, evolving, EvolutionState("conv2", 1, 2))
    explorer.controls["Feature map"].value = 3
    shows(explorer, evolving, EvolutionState("conv2", 3, 2))
    explorer.controls["Layer"].value = 0
    shows(explorer, evolving, EvolutionState("conv1", 2, 2))  # it has three maps only
    explorer.controls["number"].value = 0
    shows(explorer, evolving, EvolutionState("conv1", 0, 2))


def test_a_jump_is_said_and_marked(followed):
    one = followed.layers["conv4"]
    moments, maps = np.nonzero(one.jumps[:2])
    still = np.argwhere(~one.jumps[:2])
    context = Context(followed)
    for moment, channel in ((moments[0], maps[0]), still[0] if len(still) else (None, None)):
        if moment is None:
            continue
        view = evolving.resolve(context, EvolutionState("conv4", int(channel), int(moment) + 1))
        jumped = one.jumps[moment, channel]
        assert ("a jump from picture" in evolving.caption(view)) == jumped
        bars = np.asarray(evolving.over_time(view, 190)).reshape(-1, 3)
        marks = (bars == (213, 94, 0)).all(axis=1).sum()
        assert marks == 3 * 7 * one.jumps[:, channel].sum()


def test_what_is_drawn_is_the_patch_and_the_projection(explorer, followed):
    view, one = explorer.view, followed.layers["conv3"]
    projection = one.projections[2][1]
    top, left, bottom, right = projection.box
    pixels = followed.images[one.pictures[2, 1]].pixels
    assert np.array_equal(evolving.patch(view, 2), pixels[top:bottom, left:right])
    assert evolving.projection_at(view, 2) is projection


def test_a_silent_map_is_drawn_and_said(explorer):
    explorer.controls["Time"].value = 3
    shows(explorer, evolving, EvolutionState("conv3", 1, 3))
    assert "active in none of the 12 pictures" in explorer.text
    assert evolving.patch(explorer.view, 3) is None


def test_every_state_has_one_size(followed):
    context = Context(followed)
    sizes = {
        evolving.render(evolving.resolve(context, EvolutionState(layer, 0, moment))).size
        for layer in followed.layers
        for moment in (0, 3)
    }
    assert len(sizes) == 1


def test_what_is_not_there_is_refused(explorer, followed, cat):
    with pytest.raises(ValueError, match="Expected an Evolution, .* but got Features"):
        explorers.evolution_explorer(cat)
    with pytest.raises(KeyError, match="no layer 'conv9'"):
        explorers.evolution_explorer(followed, "conv9")
    with pytest.raises(IndexError, match="feature maps 0 to 4"):
        explorers.evolution_explorer(followed, "conv3", 5)
    before = drawn(evolving.render(explorer.view))
    explorer.show(moment=17)
    assert "moments 0 to 3" in complaint(explorer)
    assert np.array_equal(drawn(evolving.render(explorer.view)), before)
