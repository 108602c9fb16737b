"""The lab on feature evolution: its numbers hold for the network that ships, its figures draw every
network, its checks accept what is right."""

import numpy as np
import odd_networks
import pytest
from independent import random_weights

import zv_helpers as zv
from zv_helpers import choose, course
from zv_helpers.course.watch_a_network_learn import checks, figures, toys
from zv_helpers.experiments.evolving import evolution, latest_jump, settled
from zv_helpers.experiments.learning import accuracy, kept_learning, small_network
from zv_helpers.experiments.road_signs import CLASSES, draw_signs
from zv_helpers.experiments.strongest import images_of


@pytest.fixture(scope="module")
def lab():
    """What the lab makes of the network that ships."""
    learnt, looked_at = kept_learning("watch_a_network_learn"), draw_signs(160, 2, progress=False)
    model = small_network()
    model.set_weights(learnt.weights[-1])
    network = zv.load_model(model, class_names=CLASSES)
    images = images_of(network, looked_at.pixels)
    moments = learnt.moments.tolist()
    followed = evolution(network, learnt.weights, images, moments, progress=False)
    return model, learnt, looked_at, followed


@pytest.fixture(scope="module")
def followed(lab):
    return lab[-1]


# The numbers


def test_it_has_learnt(lab):
    model, learnt, looked_at, _ = lab
    assert accuracy(model, looked_at.pixels, looked_at.labels) > 0.98
    assert learnt.moments.tolist() == [0, 5, 10, 20, 40, 80, 160, 320]
    assert learnt.epochs.tolist() == [0, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8]
    assert learnt.losses[:5].mean() == pytest.approx(np.log(4), abs=0.05)
    assert learnt.losses[-20:].mean() < 0.1


def test_the_first_layers_maps_settle_first_and_the_lasts_last(followed):
    """Zeiler & Fergus 2014, §4: the lab's number is the correlation with the end after one and two
    epochs."""
    likeness = np.array([one.correlation for one in followed.layers.values()])
    np.testing.assert_allclose(likeness[:, 0], [0.11, 0.11, 0.07, 0.06, 0.05], atol=0.02)
    np.testing.assert_allclose(likeness[:, 4], [0.64, 0.38, 0.34, 0.29, 0.28], atol=0.02)
    np.testing.assert_allclose(likeness[:, 5], [0.81, 0.55, 0.60, 0.58, 0.37], atol=0.02)
    assert (likeness[:, 2:-1].argmax(axis=0) == 0).all()
    assert (likeness[:, 4:-1].argmin(axis=0) == 4).all()
    lines = figures.table(followed).splitlines()
    assert lines[1].split() == ["conv1", *(f"{value:.2f}" for value in likeness[0])]


def test_cka_does_not_say_the_same(followed):
    first = followed.layers["conv1"]
    np.testing.assert_allclose(first.alikeness[[0, 3, 5]], [0.92, 0.72, 0.94], atol=0.02)
    halves = {name: settled(one.alikeness) for name, one in followed.layers.items()}
    assert halves["conv1"] == 6 > halves["conv2"] == halves["conv5"] == 5
    by_maps = {name: settled(one.correlation) for name, one in followed.layers.items()}
    assert min(by_maps, key=by_maps.get) == "conv1" and by_maps["conv5"] == 6


def test_the_favourites_jump_while_the_maps_do_not(followed):
    shares = [one.jumps[-1].mean() for one in followed.layers.values()]
    np.testing.assert_allclose(shares, [0.44, 0.38, 0.42, 0.58, 0.38], atol=0.05)
    moment, channel = latest_jump(followed.layers["conv5"])
    one = followed.layers["conv5"]
    assert moment == 7
    before, now = one.pictures[moment - 1, channel], one.pictures[moment, channel]
    assert before != now
    strong = one.peaks[moment - 1 : moment + 1, [before, now], channel]
    assert strong[0, 0] > strong[0, 1] > 0.9 * strong[0, 0]  # nearly as strong before …
    assert strong[1, 1] > strong[1, 0] > 0.9 * strong[1, 1]  # … and after


def test_red_comes_before_the_shapes(followed):
    """At steps 40 and 80 the favourite of the last layer's map is a sign on a red cloth."""
    layer, channel = choose.learnt_maps(followed)[-1]
    one = followed.layers[layer]
    assert one.pictures[4, channel] == one.pictures[5, channel]
    corner = followed.images[one.pictures[5, channel]].pixels[40:, :20].mean(axis=(0, 1))
    assert corner[0] > 1.5 * max(corner[1:])  # far from the sign, and red
    red = one.projections[1][channel].pixels.mean(axis=(0, 1))
    assert red[0] > abs(red[1]) and red[0] > abs(red[2])


# Figures


@pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")
def test_the_figures_draw_every_network(odd):
    odd = odd_networks.made(odd.name)  # another one of the same: its weights change
    network = odd.network
    before = network.keras_model.get_weights()
    random_weights(network.keras_model, seed=1)
    weights = [network.keras_model.get_weights(), before, [0 * one for one in before]]
    network.keras_model.set_weights(before)
    pixels = odd.features.image.pixels
    images = images_of(network, [pixels, pixels[::-1].copy()])
    found = evolution(network, weights[::-1], images, progress=False)
    shown = choose.learnt_maps(found)
    for figure, count in (
        (figures.the_papers_figure(found, shown), 3 * 2 * len(shown)),
        (figures.settling(found), 3),
    ):
        figure.draw_without_rendering()
        assert len(figure.axes) == count and all(ax.has_data() for ax in figure.axes)


def test_the_other_figures(followed, lab):
    moment, channel = latest_jump(followed.layers["conv5"])
    jump = figures.a_jump(followed, "conv5", channel, moment)
    before, now = (line.get_ydata() for line in jump.axes[2].lines)
    assert before[moment - 1] == now[moment] == 1 > max(before[moment], now[moment - 1])
    curves = course.losses_curve(lab[1].losses, moments=lab[1].moments)
    assert len(curves.axes[0].lines) == 2 + 8
    np.testing.assert_allclose(
        curves.axes[0].lines[1].get_ydata()[[0, 4, 99]],
        [lab[1].losses[0], lab[1].losses[:5].mean(), lab[1].losses[80:100].mean()],
        rtol=1e-4,
    )
    assert len(figures.sheet(lab[2].pixels, [""] * 160).axes) == 16
    toy = figures.toy_curves()
    toy.draw_without_rendering()
    assert toy.axes[0].lines[-1].get_ydata().tolist() == [3, 4, 5, 7]
    for figure in (jump, curves):
        figure.draw_without_rendering()


def test_the_losses_are_drawn_while_they_come(monkeypatch):
    shown, now = [], [100.0]
    live = course.LiveLosses(5)
    monkeypatch.setattr(live, "show", lambda figure, alt: shown.append(alt))
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for steps in range(1, 6):
        live(np.ones(steps))
        now[0] += 0.6
    assert [int(alt.split()[3]) for alt in shown] == [1, 3, 5]


# Checks


@pytest.mark.parametrize(
    "answer, word",
    [((3, 2), "count the changes"), ((2, 1), "place in the row"), (2, "two numbers"), ("x", "two")],
)
def test_toy_wrong_answers(answer, word):
    said = checks.check_toy(answer)
    assert word in said and not said.startswith("Right")
    assert checks.check_toy((2, 2)).startswith("Right: it jumps 2 times")


def test_the_correlation(followed):
    """The lab's number: 0.72."""
    assert checks.check_correlation(followed, 0.72).startswith("Right: after 160 steps")
    conv5 = followed.layers["conv5"]
    assert "CKA" in checks.check_correlation(followed, conv5.alikeness[6])
    assert "that is conv1" in checks.check_correlation(
        followed, followed.layers["conv1"].correlation[6]
    )
    assert "another moment" in checks.check_correlation(followed, conv5.correlation[5])
    assert "one number a moment" in checks.check_correlation(followed, -0.5)
    assert "a correlation" in checks.check_correlation(followed, "much")


def test_the_shares(followed):
    """The lab's numbers: 7 of 16 and 9 of 24 maps."""
    assert checks.check_jumps(followed, (7 / 16, 9 / 24)).startswith("Right: 44% and 38%")
    assert "first layer's comes first" in checks.check_jumps(followed, (9 / 24, 7 / 16))
    over_all = [followed.layers[name].jumps.mean() for name in ("conv1", "conv5")]
    assert "over all moments" in checks.check_jumps(followed, over_all)
    assert "share of maps" in checks.check_jumps(followed, (0, 1))
    assert "two shares" in checks.check_jumps(followed, 0.4)


def test_the_toys():
    assert toys.strongest(toys.OTHER_PEAKS).tolist() == [0, 0, 1, 2]
