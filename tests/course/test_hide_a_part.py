"""The lab on occlusion: its checks accept what is right, its figures draw every network, and the
numbers it tells hold."""

import functools

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import choose, course
from zv_helpers.course.hide_a_part import checks, figures, toys
from zv_helpers.experiments.occluding import occlusion_maps
from zv_helpers.relevance import correlation


@pytest.fixture(scope="module")
def slid(squeezenet):
    """Photographs by name, and what the lab's square of 56 pixels finds: (features, maps), once."""

    @functools.cache
    def of(name):
        features = zv.extract_features(squeezenet, zv.load_image(name, squeezenet))
        return features, occlusion_maps(features, size=56, stride=14, progress=False)

    return of


@pytest.fixture(scope="module")
def sheep(slid):
    return slid("sheep")[0]


@pytest.fixture(scope="module")
def maps(slid):
    return slid("sheep")[1]


# The numbers


def test_the_square_finds_the_sheep_and_not_the_meadow(maps, squeezenet):
    """Zeiler & Fergus 2014, figure 7 (d) and (e), with SqueezeNet."""
    assert maps.value_before == pytest.approx(0.844, abs=0.005)
    assert maps.value.min() < 0.02
    assert maps.lowest(maps.value) == (42, 98, 98, 154)  # between head and chest
    changed = maps.most_probable != maps.most_probable_before
    assert changed.size == 169 and changed.sum() == pytest.approx(48, abs=3)
    first, second = figures.winners(maps)[:2]
    assert squeezenet.class_name(first[0]) == "ram" and first[1] == pytest.approx(121, abs=3)
    assert squeezenet.class_name(second[0]) == "llama" and second[1] == pytest.approx(24, abs=3)
    meadow = maps.value[9:, 8:]  # the lower right corner
    assert meadow.min() > 0.65


@pytest.mark.parametrize(
    "photo, channel, expected", [("sheep", 381, -0.79), ("german_shepherd", 341, -0.92)]
)
def test_a_map_falls_where_its_projection_is_hidden(slid, photo, channel, expected):
    """The lab's number: what the paper says of its figure 7 (b) and (c)."""
    features, maps = slid(photo)
    assert (maps.layer, maps.channel) == ("fire9", channel)
    projection = zv.project(features, features.strongest("fire9", channel)).on_canvas()
    alike = correlation(maps.shares(projection), maps.activation)
    assert alike == pytest.approx(expected, abs=0.03)
    other = zv.project(features, features.strongest("fire9", (channel + 50) % 512)).on_canvas()
    assert abs(correlation(maps.shares(other), maps.activation) - expected) > 0.06


def test_a_class_may_need_two_parts_or_none(slid):
    _, maps = slid("german_shepherd")
    low = maps.value < 0.75
    head, back = low[:5, 10:], low[3:8, 2:9]
    assert head.any() and back.any() and low.sum() == head.sum() + back.sum()
    assert (maps.activation[:, :9] > 0.9 * maps.activation_before).all()  # only the head, for it
    _, maps = slid("chickens")
    assert (maps.most_probable == maps.most_probable_before).all()
    assert maps.activation.min() < 0.1 * maps.activation_before


@pytest.mark.parametrize(
    "size, changed", [pytest.param(28, 2, marks=pytest.mark.thorough), (112, 68)]
)
def test_a_larger_square_changes_the_class_at_more_places(sheep, size, changed):
    maps = occlusion_maps(sheep, size=size, stride=14)
    found = (maps.most_probable != maps.most_probable_before).sum()
    assert found == pytest.approx(changed, abs=3)


def test_the_maps_nine_are_a_sheep_and_eight_fishes(squeezenet):
    atlas = course.atlas_of(squeezenet, "fire9")
    names = {patch.name for patch in atlas.patches("fire9", 381)}
    assert names == set(
        "sheep brown_wrasse yellow_perch discus axillary_seabream boarfish sand_smelt pufferfish "
        "common_pandora".split()
    )


# Figures


def test_every_panel_is_drawn_for_every_network(odd):
    both = [occlusion_maps(odd.features, size=n, stride=5, progress=False) for n in (7, 14)]
    for figure in (
        figures.the_papers_figure([(odd.features, both[0])] * 2),
        figures.sizes(odd.features, both),
        figures.shares_and_activation(both[0], both[0].value),
    ):
        figure.draw_without_rendering()
        assert all(ax.has_data() or not ax.axison for ax in figure.axes)
    said = figures.in_words(both[0], odd.network)
    assert ("another class wins" in said) is (odd.name != "no classes")


def test_the_map_of_the_most_probable_class_has_its_legend(maps, squeezenet):
    from zv_helpers.course.panels import panels
    from zv_helpers.draw.colours import PALE, SKY, rgb

    figure, ax = panels()
    figures.most_probable(ax, maps, squeezenet)
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    counts = [int(text.rsplit("(", 1)[1][:-1]) for text in named]
    assert named[0].startswith("ram (") and named[1].startswith("llama (")
    assert named[-1].startswith("others (") and sum(counts) == 169 and len(named) == 7
    drawn = ax.images[0].get_array()
    places = maps.on_canvas(maps.most_probable)
    ram = squeezenet.class_index("ram")
    assert (drawn[places == ram] == rgb(SKY)).all()
    others = ~np.isin(places, [*figures.palette([maps])]) & ~np.isnan(places)
    assert others.any() and (drawn[others] == rgb(PALE)).all()


# Checks


def test_the_toys_numbers():
    cat, ball, winner = toys.slid(2)
    assert winner.sum() == 3 and cat.max() == 13 and ball.max() == 8
    assert toys.TOY[0, 0] == 3  # it was not changed


@pytest.mark.parametrize(
    "answer, word",
    [
        ([[7, 5], [5, 0]], "the ball's scores"),
        ([[13, 7], [7, 4]], "what is hidden"),
        ([[0, 6], [6, 8]], "row 1, column 1"),
        ([0, 6, 6, 9], "shape (4,)"),
    ],
)
def test_toy_wrong_answers(answer, word):
    said = checks.check_toy(answer)
    assert word in said and not said.startswith("Right")


def test_places(sheep):
    maps = occlusion_maps(sheep, size=112, stride=28)
    right = int((maps.most_probable != maps.most_probable_before).sum())
    assert right == pytest.approx(21, abs=2)
    assert checks.check_places(sheep, right).startswith(f"Right: {right} of 25")
    assert "stays the same" in checks.check_places(sheep, 25 - right)
    assert "only 25 places" in checks.check_places(sheep, 48)
    assert "size=112" in checks.check_places(sheep, right - 1)


def test_places_without_classes(vgg_cat):
    assert "no classes" in checks.check_places(vgg_cat, 3)


def test_the_default_map_is_not_a_class(sheep, maps):
    assert maps.layer == choose.neuron_layer(sheep) == "fire9"
