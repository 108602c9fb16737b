"""Projections of many photographs at once: the same as one by one, and nothing is done twice."""

import dataclasses

import numpy as np
import pytest
from looking_alone import small

import zv_helpers as zv
from zv_helpers.atlas import remembered
from zv_helpers.atlas.sources import list_photographs
from zv_helpers.cache import forget_everything
from zv_helpers.deconvnet.compiled import Program
from zv_helpers.deconvnet.needs import needed, reduced, reduced_bytes

pytestmark = [
    pytest.mark.filterwarnings("ignore::zv_helpers.images.SmallImageWarning"),
    pytest.mark.filterwarnings("ignore::zv_helpers.ProjectionWarning"),
]
WHICH = [
    pytest.param("vgg16", "block5_conv3", 311, "deconvnet", marks=pytest.mark.thorough),
    ("vgg16", "block2_conv2", 5, "guided"),
    ("squeezenet", "fire5", 241, "deconvnet"),
    ("squeezenet", "fire9", 111, "gradient"),
    ("squeezenet", "pool3", 7, "deconvnet"),
    ("lite0", "block3_2_expand_relu", 289, "deconvnet"),
    ("lite0", "block3_2_expand_relu", 289, "guided"),
]


def one_by_one(atlas, layer, channel, rule):
    """The projections of a map's neurons, each through `extract_features` and `project`."""
    network = atlas.network
    for source, neuron in atlas.neurons(layer, channel):
        image = zv.load_image(source, network)
        yield zv.project(zv.extract_features(network, image, upto=layer), neuron, rule)


def same(projections, others):
    """Whether projections are the same, but for the rounding of float32."""
    for one, other in zip(projections, others, strict=True):
        if one.box != other.box or one.notes != other.notes:
            return False
        largest = np.abs(other.pixels).max()
        if not np.abs(one.pixels - other.pixels).max() <= 1e-5 * largest > 0:
            return False
    return True


@pytest.fixture
def through(monkeypatch):
    """The names of the photographs that go through the network, in order."""
    names, run = [], remembered.extract_together

    def counting(network, images, *about):
        names.extend(image.name for image in images)
        return run(network, images, *about)

    monkeypatch.setattr(remembered, "extract_together", counting)
    return names


@pytest.mark.parametrize("name, layer, channel, rule", WHICH)
def test_they_are_those_of_each_photograph_alone(request, name, layer, channel, rule):
    network = request.getfixturevalue(name)
    atlas = zv.load_atlas(network.name, network)
    expected = list(one_by_one(atlas, layer, channel, rule))
    first, again = (atlas.projections(layer, channel, rule) for _ in range(2))
    assert same(first, expected) and same(again, expected)
    assert [one.neuron for one in first] == [n for _, n in atlas.neurons(layer, channel)]
    assert not same(first[::-1], expected)


def test_a_photograph_goes_through_the_network_once_for_a_layer(squeezenet, through):
    atlas = zv.load_atlas("squeezenet", squeezenet)
    expected = {}
    for channel in (3, 40, 3, 41):
        atlas.picture("fire4", channel)
        expected |= dict.fromkeys(name for name, _ in atlas.neurons("fire4", channel))
    assert sorted(through) == sorted(expected) and len(expected) < 27
    atlas.projections("fire4", 3, "guided")  # reads more than the switches
    assert len(through) == len(expected) + 9
    atlas.projections("fire4", 3, "gradient")  # which is the same
    assert len(through) == len(expected) + 9


def test_what_the_neurons_see_needs_no_forward_pass(squeezenet, through, monkeypatch):
    atlas = zv.load_atlas("squeezenet", squeezenet)
    monkeypatch.setattr(remembered, "project", None)
    assert len(atlas.patches("fire4", 3)) == 9 and not through


def test_only_so_much_is_kept_and_what_was_used_last_stays(squeezenet, through, monkeypatch):
    number = squeezenet.layer_value("fire4")
    size = reduced_bytes(squeezenet, number, "deconvnet")
    monkeypatch.setattr(remembered, "MOST", 12 * size)
    atlas = zv.load_atlas("squeezenet", squeezenet)
    for channel in (3, 40, 3):
        found = atlas.projections("fire4", channel)
    assert same(found, one_by_one(atlas, "fire4", 3, "deconvnet"))
    kept = atlas._remembered._kept
    assert len(kept) == 12 and len(through) > 18
    before = len(through)
    atlas.projections("fire4", 3)
    assert len(through) == before
    monkeypatch.setattr(remembered, "MOST", 8 * size)  # not even one map's: then none is kept
    atlas = zv.load_atlas("squeezenet", squeezenet)
    for times in (1, 2):
        assert same(atlas.projections("fire4", 3), found)
        assert len(through) == before + 9 * times and not atlas._remembered._kept


def test_they_go_through_in_parts_where_they_are_large(squeezenet, monkeypatch):
    atlas, sizes, run = zv.load_atlas("squeezenet", squeezenet), [], remembered.extract_together

    def counting(network, images, *about):
        sizes.append(len(images))
        return run(network, images, *about)

    monkeypatch.setattr(remembered, "extract_together", counting)
    monkeypatch.setattr(remembered, "AT_ONCE", 4)
    found = atlas.projections("fire4", 3)
    assert sizes == [3, 3, 3] and same(found, one_by_one(atlas, "fire4", 3, "deconvnet"))
    monkeypatch.setattr(remembered, "TOGETHER", 1)
    atlas.projections("fire5", 3)
    assert sizes[3:] == [1] * 9


@pytest.mark.parametrize("name, layer", [("vgg_cat", "block5_conv3"), ("cat", "fire9")])
def test_of_a_photograph_little_is_kept_and_it_is_enough(request, name, layer):
    features = request.getfixturevalue(name)
    network, number = features.network, features.network.layer_value(layer)
    features = dataclasses.replace(features, values=dict(features.values))  # for this test alone
    slim, neuron = reduced(features, number, "deconvnet"), features.strongest(layer)
    kept = sum(value.nbytes for value in slim.values.values())
    switches = [one.nbytes for one in slim.cache._kept.values() if isinstance(one, np.ndarray)]
    pixels = slim.image.batch.nbytes + slim.image.pixels.nbytes
    assert kept + sum(switches) + pixels == reduced_bytes(network, number, "deconvnet")
    assert kept + sum(switches) < sum(v.nbytes for v in features.values.values()) / 5
    assert same([zv.project(slim, neuron)], [zv.project(features, neuron)])
    assert not np.shares_memory(slim.values[number], features.values[number])
    assert set(slim.values) == {number} < needed(network, number, "deconvnet")
    # What else is asked of them is computed again.
    assert same([zv.project(slim, neuron, "guided")], [zv.project(features, neuron, "guided")])


def test_what_was_compiled_does_not_ask_for_maps_that_are_gone():
    network = zv.load_model("squeezenet")
    features = zv.extract_features(network, zv.load_image("tabby_cat", network))
    neuron, number = features.strongest("fire9"), network.layer_value("fire9")
    expected = [zv.project(features, neuron) for _ in range(2)]
    for one in list(features.weights._cache._kept.values()):
        if isinstance(one, Program) and one.beside:
            one.beside.begin().join()
            assert one.beside.compiled is not None
    slim = reduced(features, number, "deconvnet")
    assert same([zv.project(slim, neuron)], expected[:1]) and set(slim.values) == {number}
    assert same([zv.project(features, neuron)], expected[:1])


def test_what_was_found_is_found_again_where_a_rule_was_changed(squeezenet):
    atlas = zv.load_atlas("squeezenet", squeezenet)
    before = atlas.projections("fire4", 3)
    forget_everything()
    assert same(atlas.projections("fire4", 3), before)


def test_pictures_that_have_no_path_are_told_apart(pictures):
    network, paths = small(), list_photographs(pictures)[:12]
    arrays = [zv.load_image(path, network).pixels for path in paths]
    atlas, alike = (zv.build_atlas(network, some, progress=False) for some in (arrays, paths))
    alive = np.flatnonzero(atlas["parts"].activations[:, -1] > 0)
    assert len(alive) > 2
    for channel in alive:
        assert same(atlas.projections("parts", channel), alike.projections("parts", channel))


def test_an_empty_map_has_no_projections(network, pictures):
    atlas = zv.build_atlas(network, list_photographs(pictures)[:1], ["edges"], progress=False)
    numbers = [len(atlas.projections("edges", channel)) for channel in range(6)]
    assert numbers == [len(atlas.neurons("edges", channel)) for channel in range(6)]
