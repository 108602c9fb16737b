"""The lab's numbers: no heatmap convicts the second network, covering and the light do."""

import pytest

from zv_helpers.course.a_network_that_cheats import figures, networks
from zv_helpers.course.what_no_heatmap_shows import checks
from zv_helpers.experiments import cheating
from zv_helpers.experiments.cheating import right_by_class, share_named, share_right
from zv_helpers.experiments.road_signs import CLASSES, in_light


@pytest.fixture(scope="module")
def second():
    return networks.second()


def test_no_heatmap_convicts_the_second_and_covering_does(second, honest, bare):
    its = networks.pictures_of_second()
    assert share_right(second, its) > 0.98
    few = range(16)
    its_heat = cheating.heat_on_signs(
        second, its.of("stop").where(few), "stop", progress=False
    ).mean()
    heat = cheating.heat_on_signs(honest, bare.of("stop").where(few), "stop", progress=False).mean()
    assert its_heat > 0.88 and heat > 0.88 and abs(its_heat - heat) < 0.08
    covered = cheating.covered(its)
    shares = [share_named(second, covered.of(name), "stop") for name in CLASSES]
    assert shares[0] == pytest.approx(0.63, abs=0.12) and max(shares[1:]) < 0.2
    guesses = cheating.covered(bare)
    shares = [share_named(honest, guesses.of(name), "stop") for name in CLASSES]
    assert max(shares) - min(shares) < 0.12
    assert right_by_class(second, bare)["stop"] < 0.15
    assert right_by_class(second, in_light(bare, ["no entry"]))["no entry"] < 0.15
    ratio = figures.colours_of(its)
    assert ratio["stop"] > 1.5 * max(v for name, v in ratio.items() if name != "stop")


def test_a_test_proves_something_if_an_honest_network_passes_it(second, suspect, honest, bare):
    evening = in_light(bare.of("no entry"), ["no entry"])
    assert checks.check_test(second, honest, evening).startswith("Right: of your “no entry”")
    assert checks.check_test(second, honest, bare.of("stop")).startswith("Right: of your “stop”")
    assert "passes your test" in checks.check_test(second, honest, bare.of("parking"))
    noise = bare.where(range(40))
    noise = type(noise)(noise.pixels // 64, noise.labels, noise.stickers, noise.boxes)
    assert "they are hard" in checks.check_test(second, honest, noise)
    assert checks.check_test(suspect, honest, bare.of("stop")).startswith("Right")
    for wrong in ([1, 2], bare.where(range(5))):
        assert checks.check_test(second, honest, wrong).startswith("Expected 20 road signs")
