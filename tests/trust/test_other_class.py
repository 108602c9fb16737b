"""The picture of a class beside those of the second class and of one of middle rank."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import trust
from zv_helpers.targets import ClassScore, Region
from zv_helpers.trust.likeness import likeness
from zv_helpers.trust.other_class import other_classes
from zv_helpers.trust.pictures import picture_of


def test_the_second_and_the_middle_class_of_a_thousand(cat):
    order = [int(i) for i in np.argsort(-cat.logits, kind="stable")]
    found = trust.other_class(cat)
    assert (found.target.index, found.second.index) == (order[0], order[1])
    assert found.middle.index == order[1 + 999 // 2]
    fifth = trust.other_class(cat, order[4])
    assert (fifth.target.index, fifth.second.index) == (order[4], order[0])


@pytest.mark.parametrize("method, rule", [("relevance", "gradient"), ("deconvnet", "deconvnet")])
def test_each_picture_is_its_classes(cat, method, rule):
    found = trust.other_class(cat, 281, method, layer="fire5" if method == "relevance" else None)
    layer = "fire5" if method == "relevance" else None
    for target, picture in (
        (ClassScore(281), found.picture),
        (found.second, found.of_second),
        (found.middle, found.of_middle),
    ):
        np.testing.assert_array_equal(picture, picture_of(cat, target, method, rule, layer))
    assert found.like_second == likeness(found.picture, found.of_second)
    assert found.like_middle == likeness(found.picture, found.of_middle)
    assert (found.method, found.rule) == (method, rule)


@pytest.mark.parametrize("photograph", ["cat", "shepherd"])
def test_relevance_heeds_a_class_of_middle_rank_and_the_deconvnet_does_not(photograph, request):
    """And the second class is nearer: there a right heatmap may stay as it is."""
    features = request.getfixturevalue(photograph)
    right, projected = (trust.other_class(features, None, m) for m in ("relevance", "deconvnet"))
    assert right.like_middle.rank < 0.75 and right.like_second.rank > right.like_middle.rank + 0.5
    assert projected.like_second.rank > 0.98 and projected.like_middle.rank > 0.98


def test_where_there_are_few_classes():
    """Three, two, and one number that tells two apart: the middle of what is left."""
    import odd_networks

    oblong, one = (odd_networks.made(name) for name in ("oblong", "one score"))
    order = [int(i) for i in np.argsort(-oblong.features.logits)]
    found = trust.other_class(oblong.features)
    assert [found.target.index, found.second.index, found.middle.index] == [
        order[0],
        order[1],
        order[2],
    ]
    found = trust.other_class(one.features)
    assert found.target.index != found.second.index == found.middle.index
    np.testing.assert_array_equal(found.of_second, found.of_middle)
    assert found.like_second == found.like_middle
    for index in (0, 1):
        assert other_classes(one.features, ClassScore(index)) == [ClassScore(1 - index)]


def test_a_region_is_asked_about_other_classes_at_the_same_positions():
    import odd_networks

    segmentation = odd_networks.made("segmentation")
    features, layer = segmentation.features, segmentation.network.class_maps
    part = (1, 2, 4, 5)
    target = Region(layer, 1, part)
    means = features[layer][1:4, 2:5].mean(axis=(0, 1))
    order = [i for i in np.argsort(-means) if i != 1]
    assert other_classes(features, target) == [Region(layer, int(i), part) for i in order]
    maps, whole = features[layer], features[layer].mean(axis=(0, 1))
    apart = np.argwhere((maps[..., 0] > maps[..., 2]) != (whole[0] > whole[2]))
    row, column = map(int, apart[0])  # where the others come in another order than on the whole
    alone = Region(layer, 1, (row, column, row + 1, column + 1))
    best = 0 if maps[row, column, 0] > maps[row, column, 2] else 2
    assert [one.channel for one in other_classes(features, alone)] == [best, 2 - best]
    found = trust.other_class(features, target)
    assert found.middle == Region(layer, int(order[1]), part)
    np.testing.assert_array_equal(found.of_second, zv.heatmap(features, found.second))


def test_what_is_no_class_is_refused(cat):
    import odd_networks

    with pytest.raises(ValueError, match="Expected a class to compare .* fire5.* is none"):
        trust.other_class(cat, cat.strongest("fire5"))
    without = odd_networks.made("no classes")
    with pytest.raises(ValueError, match="Expected a class to compare .* last.* is none"):
        trust.other_class(without.features)


def test_a_network_with_one_class_is_refused():
    import keras
    import odd_networks

    layers = [keras.layers.Conv2D(1, 1, activation="sigmoid", name="classes")]
    model = odd_networks.random_weights(odd_networks.ending(layers, (24, 20)), seed=5)
    network = zv.load_model(model, preprocess="tf", class_names=["sky"])
    image = zv.load_image(np.full((24, 20, 3), 99, np.uint8), network)
    with pytest.raises(ValueError, match="has but one: explain a class"):
        trust.other_class(zv.extract_features(network, image), 0)
