"""The lab on correspondence: the numbers it tells hold, its figures draw them, and its checks
accept what is right."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import choose
from zv_helpers.course.do_parts_correspond import checks, figures, toys
from zv_helpers.experiments.corners import corners_round, random_corners, seen_boxes
from zv_helpers.experiments.corresponding import SCORES, correspondence
from zv_helpers.images import marked_boxes

# Some photographs are smaller than what the networks see.
pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.images.SmallImageWarning")

ANIMALS = ("german_shepherd", "kitten", "owl", "sheep", "tabby_cat")
PARTS = ("right eye", "left eye", "nose")
SIZE = 32


def seen(network, names):
    return [zv.extract_features(network, zv.load_image(name, network)) for name in names]


def hidden(features, draws):
    """As the lab has it: the parts, random places and the same place."""
    extent, subjects = features[0].network.input_size, seen_boxes(features, "subject")
    places = {p: corners_round(seen_boxes(features, p), SIZE, extent) for p in PARTS}
    away = np.array(list(places.values()))
    places["random"] = random_corners(subjects, SIZE, extent, draws, away=away)
    places["same place"] = random_corners(subjects, SIZE, extent, draws, together=True)
    return places


@pytest.fixture(scope="module")
def animals(squeezenet):
    return seen(squeezenet, ANIMALS)


@pytest.fixture(scope="module")
def places(animals):
    return hidden(animals, 20)


@pytest.fixture(scope="module")
def found(animals, places):
    return correspondence(animals, places, SIZE, progress=False)


def deltas(alikes, layer):
    return [alikes[layer, part].delta for part in (*PARTS, "random", "same place")]


# The numbers


def test_all_animals_with_both_eyes_and_a_nose_are_there():
    marked = {part: {box.photograph for box in marked_boxes(part=part)} for part in PARTS}
    assert set.intersection(*marked.values()) == set(ANIMALS)


def test_the_five_animals_have_five_classes(animals):
    assert len({one.target() for one in animals}) == 5


def test_the_squares_lie_on_the_parts(animals, places):
    for part in PARTS:
        for one, corner in zip(animals, places[part], strict=True):
            top, left, bottom, right = one.image.locate(marked_boxes(one.image.name, part)[0])
            middle = (top + bottom) / 2, (left + right) / 2
            for start, wanted in zip(corner, middle, strict=True):
                inside = 0 < start < 224 - SIZE  # else it would not lie whole on the photograph
                assert abs(start + SIZE / 2 - wanted) <= (0.5 if inside else 8), one.image.name


def test_whole_vectors_find_the_place_and_not_the_part(found):
    """The paper's way, table 1, with SqueezeNet: nothing, and a control that passes."""
    assert found.layers == ("fire5", "fire9", SCORES)
    expected = [0.109, 0.100, 0.107, 0.090, 0.103]
    assert deltas(found.whole, "fire9") == pytest.approx(expected, abs=0.003)
    expected = [0.086, 0.091, 0.092, 0.084, 0.064]
    assert deltas(found.whole, "fire5") == pytest.approx(expected, abs=0.003)
    assert found.whole["fire9", "nose"].deviation == pytest.approx(0.015, abs=0.002)
    for part, changed in (("nose", 0.058), ("random", 0.048)):
        one = found.whole["fire9", part]
        assert one.changed == pytest.approx(changed, abs=0.002)
        assert one.by_chance.mean() - one.delta == pytest.approx(0.003, abs=0.001)


def test_without_positions_eyes_and_noses_are_more_alike_than_random_places(found):
    """The lab's number: Δ at `fire9`, of each map's mean over its positions."""
    expected = [0.543, 0.538, 0.544, 0.609, 0.563]
    assert deltas(found.pooled, "fire9") == pytest.approx(expected, abs=0.006)
    deviations = [found.pooled["fire9", part].deviation for part in (*PARTS, "random")]
    assert deviations == pytest.approx([0.018, 0.018, 0.040, 0.048], abs=0.004)
    draws = found.pooled["fire9", "random"].apart.mean(axis=1)
    assert len(draws) == 20 and draws.min() > max(deltas(found.pooled, "fire9")[:3]) + 0.02
    below = {
        part: one.by_chance.mean() - one.delta
        for (layer, part), one in found.pooled.items()
        if layer == "fire9"
    }
    assert [below[part] for part in PARTS] == pytest.approx([0.074, 0.078, 0.061], abs=0.006)
    assert below["random"] == pytest.approx(0.037, abs=0.006)


def test_half_of_the_maps_rise_where_a_part_is_hidden(found):
    rise = {part: (found.pooled["fire9", part].signs == -1).mean() for part in found.parts}
    assert [rise[part] for part in PARTS] == pytest.approx([0.5] * 3, abs=0.025)
    assert rise["random"] == pytest.approx(0.425, abs=0.01)


def test_class_scores_do_not_tell_a_part_from_a_random_place(found):
    """As the paper's layer 7."""
    expected = [0.486, 0.469, 0.466, 0.466, 0.452]
    assert deltas(found.pooled, SCORES) == pytest.approx(expected, abs=0.006)
    draws = found.pooled[SCORES, "random"].apart.mean(axis=1)
    for part in PARTS:
        assert 5 < (draws < found.pooled[SCORES, part].delta).sum() < 20


def test_an_eye_passes_for_a_nose(found):
    parts = [found.pooled["fire9", part] for part in PARTS]
    across = [[one.across(other) for other in parts] for one in parts]
    assert 0.53 < np.min(across) and np.max(across) < 0.55
    assert np.diag(across) == pytest.approx([one.delta for one in parts])


def test_some_maps_fall_in_all_animals(found):
    falls = {p: (found.pooled["fire9", p].signs == 1).all(axis=1) for p in (*PARTS, "random")}
    counts = [falls[part].sum() for part in PARTS]
    assert counts == pytest.approx([15, 19, 18], abs=2)
    random = falls["random"].sum(axis=1)
    assert random.mean() == pytest.approx(5.25, abs=0.5) and random.max() < 12
    always = np.flatnonzero(np.all([falls[part][0] for part in PARTS], axis=0))
    assert {31, 232} <= set(always) and len(always) == pytest.approx(5, abs=1)
    atlas = zv.load_atlas("squeezenet")
    names = {
        channel: [one.name for one in atlas.patches("fire9", channel)] for channel in (31, 232)
    }
    assert names[232][:3] == ["astronaut", "grace_hopper", "german_shepherd"]
    assert {"us_capitol", "colosseum", "tetrapylon"} < set(names[31])


def test_another_network_finds_nothing(lite0):
    features = seen(lite0, ANIMALS)
    deep = choose.three_layers(lite0).deep
    places = hidden(features, 3)
    del places["same place"]
    found = correspondence(features, places, SIZE, [deep], progress=False)
    every = [found.pooled[deep, part].delta for part in places]
    assert every == pytest.approx([0.642] * 4, abs=0.008)


def test_a_part_that_is_not_seen_is_refused(squeezenet):
    salmon = seen(squeezenet, ["salmon"])
    with pytest.raises(ValueError, match="the nose of 'salmon', but fit='crop' cuts it off"):
        seen_boxes(salmon, "nose")
    with pytest.raises(ValueError, match="the left eye of 'salmon', but none is marked"):
        seen_boxes(salmon, "left eye")


# Figures


def test_the_papers_table():
    lines = figures.the_papers_table().splitlines()
    assert lines[1].split() == ["right", "eye", "0.067", "±", "0.007", "0.069", "±", "0.015"]
    assert lines[4].split() == ["random", "0.107", "±", "0.017", "0.073", "±", "0.014"]


def test_every_square_is_drawn(animals, places):
    figure = figures.hidden(animals, places, SIZE, draw=3)
    figure.draw_without_rendering()
    axes = np.reshape(figure.axes, (5, 5))
    assert [ax.get_ylabel() for ax in axes[:, 0]] == [*PARTS, "random", "same place"]
    for row, corners in ((2, places["nose"]), (3, places["random"][3])):
        for ax, one, (top, left) in zip(axes[row], animals, corners, strict=True):
            shown = ax.images[0].get_array()
            assert (shown[top : top + SIZE, left : left + SIZE] == 128).all()
            untouched = one.image.pixels.copy()
            untouched[top : top + SIZE, left : left + SIZE] = 128
            np.testing.assert_array_equal(shown, untouched)


@pytest.mark.parametrize("pooled", [False, True])
def test_each_delta_is_drawn_with_its_deviation_and_draws(found, pooled):
    figure = figures.deltas(found, ["fire9", SCORES], pooled)
    figure.draw_without_rendering()
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == ["paper, layer 5", "paper, layer 7", "fire9", SCORES]
    paper, ours = figure.axes[0], figure.axes[2]
    dots = [bars.lines[0].get_xdata()[0] for bars in paper.containers]
    assert dots == [0.067, 0.069, 0.079, 0.107]
    alikes = found.pooled if pooled else found.whole
    for bars, part in zip(ours.containers, found.parts, strict=True):
        one = alikes["fire9", part]
        assert bars.lines[0].get_xdata()[0] == pytest.approx(one.delta)
        ends = [cap.get_xdata()[0] for cap in bars.lines[1]]
        assert np.ptp(ends) == pytest.approx(2 * one.deviation)
    drawn = [line.get_xdata() for line in ours.lines if len(line.get_xdata()) == 20]
    assert drawn[0] == pytest.approx(alikes["fire9", "random"].apart.mean(axis=1))
    assert len(drawn) == 2


def test_the_toy_is_drawn_with_its_numbers():
    figure = figures.toy({"an eye": toys.EYE, "anything": toys.ANYWHERE})
    assert [ax.get_title() for ax in figure.axes] == ["an eye: Δ = 0.22", "anything: Δ = 0.61"]


# Checks


@pytest.mark.parametrize(
    "answer, word",
    [
        ([4, 0], "divide by all eight"),
        ([0.25, 0], "signs of the eight"),
        ([0.5, 0.5], "the first is right"),
        (0.5, "shape ()"),
    ],
)
def test_toy_wrong_answers(answer, word):
    said = checks.check_toy(answer)
    assert word in said and not said.startswith("Right")


def test_noses(squeezenet):
    """The lab's second number: the noses of all the animals that SqueezeNet sees."""
    images = [zv.load_image(box.photograph, squeezenet) for box in marked_boxes(part="nose")]
    images = [one for one in images if one.locate(marked_boxes(one.name, "nose")[0])]
    assert len(images) == 16
    more = [zv.extract_features(squeezenet, one) for one in images]
    assert checks.check_noses(more, "fire9", SIZE, 0.57).startswith("Right: 0.57")
    subjects, extent = seen_boxes(more, "subject"), squeezenet.input_size
    away = corners_round(seen_boxes(more, "nose"), SIZE, extent)[None]
    random = {"random": random_corners(subjects, SIZE, extent, 2, away=away)}
    found = correspondence(more, random, SIZE, ["fire9"])
    assert found.pooled["fire9", "random"].delta == pytest.approx(0.583, abs=0.015)


def test_noses_wrong_answers(animals):
    two, layer = animals[:2], "fire9"
    for answer, words in (
        (0.9, "all 2 animals with squares of 32 pixels, and read delta of pooled at fire9"),
        (57, "from 0 to 1"),
        (-0.1, "from 0 to 1"),
    ):
        assert words in checks.check_noses(two, layer, SIZE, answer)
    noses = {"nose": corners_round(seen_boxes(two, "nose"), SIZE, (224, 224))}
    found = correspondence(two, noses, SIZE, [layer], progress=False)
    said = checks.check_noses(two, layer, SIZE, found.whole[layer, "nose"].delta)
    assert "take those in pooled" in said
    said = checks.check_noses(two, layer, SIZE, round(found.pooled[layer, "nose"].delta, 2))
    assert said.startswith("Right") and "pairs of 2 animals" in said
