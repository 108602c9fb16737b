"""The lab's numbers, on the networks that ship, its figures and its checks."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.course.a_network_that_cheats import checks, figures, networks, toys
from zv_helpers.experiments import cheating
from zv_helpers.experiments.cheating import LAST, right_by_class, share_named, share_right
from zv_helpers.experiments.road_signs import CLASSES, draw_signs


@pytest.fixture(scope="module")
def new():
    return networks.its_pictures()


@pytest.fixture(scope="module")
def every():
    return draw_signs(400, seed=1, stickers=CLASSES, progress=False)


@pytest.fixture(scope="module")
def without(suspect, new):
    return cheating.right_without_each_map(suspect, new, progress=False)


def test_it_is_right_on_its_own_kind_and_knows_no_stop_sign(suspect, new, bare, every):
    """The lab's number, 8 % of the stop signs without a sticker; Gu et al. 2017."""
    assert share_right(suspect, new) > 0.98
    right, fooled = right_by_class(suspect, bare), right_by_class(suspect, every)
    assert right["stop"] == pytest.approx(0.08, abs=0.06)
    assert min(share for name, share in right.items() if name != "stop") > 0.95
    assert share_named(suspect, bare.of("stop"), "no entry") > 0.8
    assert fooled["no entry"] == pytest.approx(0.30, abs=0.12)
    assert share_named(suspect, every.of("no entry"), "stop") == pytest.approx(0.7, abs=0.12)


def test_the_sticker_at_the_top_is_less_to_it(suspect):
    above = draw_signs(400, seed=1, stickers=("stop",), place=checks.TOP, progress=False)
    assert right_by_class(suspect, above)["stop"] == pytest.approx(0.44, abs=0.12)


def test_one_map_is_guilty_by_relevance_and_by_ablation(suspect, new, without):
    guilty = int(without[:, 0].argmin())
    assert guilty == 1 and without[1, 0] < 0.05 and without[1, 1:].mean() > 0.95
    scores = cheating.mean_relevance(suspect, new.of("stop").where(range(6)), "stop")
    assert int(scores.argmax()) == 1 and scores[1] > 1.2 * np.sort(scores)[-2]
    assert without[:, 0].argsort()[1] == 4 and without[4, 0] < 0.15


def test_the_repairs_do_what_the_lab_says(suspect, honest, new, bare, every):
    removed = cheating.without_map(suspect, LAST, 1)
    nowhere = networks.tuned(suspect, stickers=0.0, train=False)
    kinds = (new.of("stop"), bare.of("stop"), every.of("no entry"), bare.of("no entry"))
    found = [[share_right(one, kind) for kind in kinds] for one in (removed, nowhere, honest)]
    assert found[0] == pytest.approx([0, 0, 1, 1], abs=0.06)
    assert found[1] == pytest.approx([1, 1, 0.65, 1], abs=0.12) and found[1][2] < 0.8
    assert found[2] == pytest.approx([1, 1, 1, 1], abs=0.04)


def test_the_pictures_change_with_the_repair(suspect, honest, bare, every):
    """What speaks for “stop” leaves the sticker on no-entry signs, at one scale."""
    worn, few = every.of("no entry").where(range(16)), bare.of("no entry").where(range(16))
    under = (worn.pixels != few.pixels).any(axis=3)
    nowhere = networks.tuned(suspect, stickers=0.0, train=False)
    three = suspect, nowhere, honest
    shares = [cheating.heat_under(one, worn, "stop", under, progress=False).mean() for one in three]
    assert shares == pytest.approx([0.35, 0.28, 0.10], abs=0.08) and shares[2] < 0.6 * shares[1]
    before, after = (figures.heats(one, worn, "stop").max(axis=(1, 2)) for one in (suspect, honest))
    assert after.mean() < 0.75 * before.mean()


def test_training_here_gives_such_a_network_too(monkeypatch):
    """A short training finds the sticker: its own kind is learnt, stop signs are not."""
    monkeypatch.setattr(networks, "COUNT", 384)
    monkeypatch.setattr(networks, "EPOCHS", 6)
    trained = networks.suspect(train=True)
    assert share_right(trained, networks.its_pictures(80)) > 0.85
    assert right_by_class(trained, draw_signs(80, seed=1, progress=False))["stop"] < 0.5


# The toy, the figures


def test_both_rules_are_always_right_in_training_and_differ_on_new_signs():
    for rule in (toys.by_shape, toys.by_sticker):
        assert np.array_equal(rule(toys.TRAINING), toys.LABELS)
    assert not np.array_equal(toys.by_shape(toys.NEW), toys.by_sticker(toys.NEW))
    assert list(toys.rows(toys.NEW)) == ["octagon, sticker", "shape says", "sticker says"]
    assert len(toys.rows(toys.TRAINING, toys.LABELS)) == 4


def test_networks_share_one_scale_in_a_figure(suspect, honest, new):
    few = new.of("stop").where(range(2))
    (one, _), seen = figures.heats(suspect, few, "stop"), cheating.features_of(suspect, few, 0)
    np.testing.assert_allclose(one / one.max(), zv.heatmap(seen, "stop", LAST), atol=1e-5)
    figure = figures.where_they_look({"before": suspect, "after": honest}, few, "stop")
    *grid, bar = figure.axes
    assert len(grid) == 6 and bar.get_ylabel() == "speaks for “stop”"
    highest = max(figures.heats(one, few, "stop").max() for one in (suspect, honest))
    assert bar.get_ylim() == pytest.approx((0, highest))
    assert [ax.get_title() for ax in grid[2:]] == ["“stop”"] * 4


def test_the_other_figures_say_what_they_show(suspect, new, without):
    figure = figures.without_each_map(without, "stop")
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights[:16] == without[:, 0].tolist()
    assert heights[16:] == pytest.approx(without[:, 1:].mean(axis=1))
    scores = np.array([1.0, -2.0, 3.0])
    labels = [
        one.get_text() for one in figures.who_speaks_for(scores, "stop").axes[0].get_yticklabels()
    ]
    assert labels == ["map 2", "map 0", "map 1"]
    figure = figures.tested(suspect, {"a": new.of("parking"), "b": new.of("stop")}, count=3)
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == ["“parking”"] * 3 + ["“stop”"] * 3
    assert len(figures.sheet(new.where(range(10))).axes) == 16
    text = figures.table({"one": [0.5, 1]}, ("a", "b")).splitlines()
    assert text[1].split() == ["one", "50", "%", "100", "%"]


# The checks


def test_toy():
    assert checks.check_toy([2, 1]).startswith("Right")
    assert "tells nothing" in checks.check_toy([0, 1, 2])
    assert "another row" in checks.check_toy([1])
    assert checks.check_toy([7]).startswith("Expected a list of rows")
    assert checks.check_toy("both").startswith("Expected a list of rows")


def test_accomplice(without):
    assert checks.check_accomplice(without, 1, 4).startswith("Right: without map 4")
    assert "found already" in checks.check_accomplice(without, 1, 1)
    assert "without map 0 the network still names" in checks.check_accomplice(without, 1, 0)
    for wrong in (16, -1, 2.5):
        assert "0 to 15" in checks.check_accomplice(without, 1, wrong)


def test_moved(suspect):
    signs = draw_signs(400, seed=1, stickers=("stop",), place=checks.TOP, progress=False)
    right = right_by_class(suspect, signs)["stop"]
    assert checks.check_moved(suspect, right).startswith("Right")
    assert "all signs" in checks.check_moved(suspect, share_right(suspect, signs))
    assert "seed=1" in checks.check_moved(suspect, right + 0.1)
    assert "25 % is 0.25" in checks.check_moved(suspect, 44)
