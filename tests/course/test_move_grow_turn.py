"""The lab on invariance: its checks accept what is right, its figures draw every network, and the
numbers it tells hold."""

import math

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.course.move_grow_turn import checks, figures, toys
from zv_helpers.experiments.moves import Move, moved_image
from zv_helpers.experiments.moving import KINDS, movement

NAMES = ("german_shepherd", "chickens", "espresso", "pufferfish", "triumphal_arch")
TRUE = ("German shepherd", "hen", "espresso", "puffer", "triumphal arch")

pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.images.SmallImageWarning")


@pytest.fixture(scope="module")
def seen(squeezenet):
    return [zv.extract_features(squeezenet, zv.load_image(name, squeezenet)) for name in NAMES]


@pytest.fixture(scope="module")
def found(seen):
    return {kind: movement(seen, kind, targets=TRUE, progress=False) for kind in KINDS}


def at(one, amount):
    return int(np.argmin(np.abs(one.amounts - amount)))


# The numbers


def test_the_first_class_is_the_true_one(seen):
    assert [one.top_classes(1)[0][1] for one in seen] == list(TRUE)


@pytest.mark.parametrize(
    "kind, amount, whole, pooled",
    [
        ("translation", 10, (0.77, 0.83, 0.73), (0.05, 0.09, 0.21)),
        ("scale", 1.1, (0.74, 0.74, 0.59), (0.06, 0.14, 0.26)),
        ("rotation", 20, (0.85, 1.04, 1.03), (0.12, 0.25, 0.43)),
    ],
)
def test_positions_jump_and_means_move_slowly(found, kind, amount, whole, pooled):
    """Zeiler & Fergus 2014, figure 5, with SqueezeNet: the lab's numbers for a small movement."""
    one = found[kind]
    assert one.layers == ("conv1", "fire5", "fire9")
    step = at(one, amount)
    np.testing.assert_allclose(one.whole.relative[:, :, step].mean(axis=1), whole, atol=0.02)
    np.testing.assert_allclose(one.pooled.relative[:, :, step].mean(axis=1), pooled, atol=0.02)
    lines = figures.means(one, amount).splitlines()
    assert lines[0] == f"{kind} by {amount:g}" and len(lines) == 4
    assert lines[1].split()[-1] == f"{one.pooled.relative[0, :, step].mean():.2f}"


def test_the_means_of_the_last_layer_are_nearly_linear_in_the_shift(found):
    one = found["translation"]
    means = one.pooled.relative[2].mean(axis=0)
    whole = one.whole.relative[2].mean(axis=0)
    sixty, thirty = means[at(one, 60)], means[at(one, 30)]
    assert 0.4 < sixty < 0.5 and 0.5 < thirty / sixty < 0.85
    assert whole[at(one, 30)] > 0.9 * whole[at(one, 60)]  # these are level by then
    np.testing.assert_allclose(one.whole.others, [1.36, 1.29, 1.40], atol=0.03)


def test_shifts_leave_most_classes_and_turns_take_them(found):
    lowest = {
        kind: dict(zip(NAMES, one.values.min(axis=1), strict=True)) for kind, one in found.items()
    }
    shift, turn = lowest["translation"], lowest["rotation"]
    assert min(shift["chickens"], shift["espresso"], shift["triumphal_arch"]) > 0.8
    assert shift["german_shepherd"] == pytest.approx(0.44, abs=0.06) and shift["pufferfish"] < 0.2
    assert lowest["scale"]["pufferfish"] < 0.02 < 0.85 < lowest["scale"]["chickens"]
    assert max(turn["german_shepherd"], turn["espresso"], turn["triumphal_arch"]) < 0.02
    upside = found["rotation"].values[:, at(found["rotation"], 180)]
    assert upside[1] > 0.95 and upside[3] > 0.75 and max(upside[0], upside[2], upside[4]) < 0.25


def test_one_pixel_may_cost_much(seen):
    fine = movement([seen[3]], "translation", range(-16, 17), layers=["conv1"], progress=False)
    steps = np.abs(np.diff(fine.values[0]))
    assert steps.max() == pytest.approx(0.41, abs=0.05)
    assert fine.values[0, [0, 16, 32]].min() > 0.85  # a whole position of fire9


def test_the_neuron_follows_the_head_as_far_as_the_lab_says(squeezenet, seen):
    """In pixels; the shepherd's head is at row 40, column 195."""
    rows, columns = squeezenet.middles(squeezenet.layer_value("fire9"))
    strengths = []
    for angle in (0, 15, 30, -30, 90):
        moved = zv.extract_features(squeezenet, moved_image(seen[0].image, Move(angle=angle)))
        neuron, turn = moved.strongest("fire9", 341), math.radians(angle)
        up, right = 112 - 40, 195 - 112
        head = (
            112 - right * math.sin(turn) - up * math.cos(turn),
            112 + right * math.cos(turn) - up * math.sin(turn),
        )
        far = math.dist(head, (rows[neuron.row], columns[neuron.column]))
        assert (far < 16) == (angle >= 0) if angle != 90 else far > 10, (angle, far)
        strengths.append(neuron.activation)
    np.testing.assert_allclose(strengths[:3], [423, 245, 108], rtol=0.03)


# Figures


def test_every_panel_is_drawn_for_every_network(odd):
    kind = list(KINDS)[len(odd.name) % len(KINDS)]  # what moves does not change how it is drawn
    amounts = {"translation": [-3, 0, 3], "scale": [1, 1.5], "rotation": [0, 90]}[kind]
    other = zv.extract_features(
        odd.network, zv.load_image(odd.features.image.pixels[::-1].copy(), odd.network)
    )
    both = [odd.features, other]
    grey, mirror = (
        movement(both, kind, amounts, fill=f, progress=False) for f in ("grey", "mirror")
    )
    for figure, curves in (
        (figures.the_papers_figure([grey, grey], odd.network), 2),
        (figures.two_fills(grey, mirror), 4),
        (figures.step_by_step(movement(both[:1], kind, amounts, progress=False), odd.network), 1),
        (figures.gallery([one.image for one in both], [Move(), Move(angle=50)]), 0),
    ):
        figure.draw_without_rendering()
        for ax in figure.axes:
            solid = [line for line in ax.lines if line.get_linestyle() != "--"]
            assert len(solid) == curves and ax.has_data()


def test_the_toys_curves():
    (pixels, pooled, mean) = toys.LAYERS.values()
    root = math.sqrt(2) * 3
    assert [float(toys.distance(toys.TOY, d, pixels)) for d in (0, 1, 3)] == pytest.approx(
        [0, root, root]
    )
    assert [float(toys.distance(toys.TOY, d, pooled)) for d in (0, 1, 2)] == pytest.approx(
        [0, 0, root]
    )
    assert not any(toys.distance(toys.TOY, d, mean) for d in range(4))
    assert len(figures.toy_curves().axes) == 3


# Checks


@pytest.mark.parametrize(
    "answer, word",
    [
        (math.sqrt(26), "distance of the pixels"),
        (9, "the square of it"),
        (0.6, "divided by the length"),
        (7, "before and after"),
        ([3, 4], "a distance"),
    ],
)
def test_toy_wrong_answers(answer, word):
    said = checks.check_toy(answer)
    assert word in said and not said.startswith("Right")


def test_the_angle(seen, squeezenet):
    """The lab's number: 50 degrees, with 0.69 before it and 0.11 at it."""
    assert checks.check_angle(seen[0], 50).startswith("Right: at 50°")
    assert "turn further" in checks.check_angle(seen[0], 45)
    assert "a smaller turn is enough" in checks.check_angle(seen[0], 60)
    assert "at 90° the probability is 0.32 again" in checks.check_angle(seen[3], 90)  # after 75°
    assert "steps of 5°" in checks.check_angle(seen[0], 47.5)
    assert "0 to 180" in checks.check_angle(seen[0], 200)
    assert "0 to 180" in checks.check_angle(seen[0], "far")


def test_where_no_turn_is_enough(seen):
    """A photograph of one colour turns into itself, but for the corners."""
    network = seen[0].network
    grey = zv.load_image(np.full((224, 224, 3), 128, np.uint8), network)
    assert "No turn" in checks.check_angle(zv.extract_features(network, grey), 50)
