"""Pictures that are wrong on purpose, each told from the right one by the check that should."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import trust
from zv_helpers.heatmaps import finished, raw_map
from zv_helpers.network.copying import untrained_copy
from zv_helpers.trust.game import middle


@pytest.fixture(scope="module")
def right(shepherd):
    return zv.heatmap(shepherd)


def of_random_weights(features):
    """The heatmap of the same class by a network that has learnt nothing."""
    network = untrained_copy(features.network)
    return zv.heatmap(zv.extract_features(network, features.image), features.target())


def of_another_photograph(features):
    image = zv.load_image("great_wall", features.network)
    return zv.heatmap(zv.extract_features(features.network, image))


def edges(features):
    """Where the photograph changes most, whatever the network."""
    return np.hypot(*np.gradient(features.image.pixels.mean(axis=2)))


WRONG_PLACES = {
    "mirrored": lambda heat, features: heat[:, ::-1],
    "upside down": lambda heat, features: heat[::-1],
    "rows for columns": lambda heat, features: heat.T,
    "moved": lambda heat, features: np.roll(heat, 90, axis=(0, 1)),
    "hot for cold": lambda heat, features: 1 - heat,
    "each row by its own maximum": lambda heat, features: (
        heat / (heat.max(1, keepdims=True) + 1e-9)
    ),
    "of another photograph": lambda heat, features: of_another_photograph(features),
    "of another class": lambda heat, features: trust.other_class(features).of_middle,
    "of random weights": lambda heat, features: of_random_weights(features),
    "noise": lambda heat, features: np.random.default_rng(0).random(heat.shape),
    "edges of the photograph": lambda heat, features: edges(features),
    "the middle of the picture": lambda heat, features: middle(heat.shape),
}


def test_the_right_one_passes(shepherd, right):
    found = trust.examine(shepherd, progress=False)
    assert np.array_equal(found.heat, right) and found.counts and found.heeds_the_class


@pytest.mark.parametrize("fault", WRONG_PLACES)
def test_hiding_tells_a_wrong_place(shepherd, right, fault):
    wrong = WRONG_PLACES[fault](right, shepherd)
    found = trust.examine(shepherd, heat=wrong, progress=False)
    assert found.counts is False and not found.sentence.endswith(": the place counts.")


def test_a_heatmap_of_what_speaks_against_the_class_is_the_same_everywhere(shepherd, right):
    """The sign lost on the way: all of this class's raw map is positive."""
    wrong = finished(-raw_map(shepherd, shepherd.target()), right.shape)
    found = trust.examine(shepherd, heat=wrong, progress=False)
    assert found.counts is None and "the same everywhere" in found.sentence


def test_other_classes_tell_the_picture_of_another_rule(shepherd):
    """Hiding does not: the strokes of the deconvnet's magnitude cost much wherever they are."""
    found = trust.examine(shepherd, method="deconvnet", progress=False)
    assert found.counts and found.heeds_the_class is False


def test_random_weights_tell_it_too(shepherd):
    """The top layer's weights are random, and the deconvnet's magnitude is as it was."""
    _, top = next(trust.randomised(shepherd, progress=False))
    for method, low, high in (("relevance", -1.0, 0.5), ("deconvnet", 0.98, 1.0)):
        before, after = (zv.heatmap(one, 235, method=method) for one in (shepherd, top))
        assert low < trust.likeness(before, after).rank <= high


def test_ablation_tells_the_scores_of_another_rule(shepherd):
    right, wrong = (
        trust.ablation_agreement(shepherd, None, "fire5", rule, progress=False).rank
        for rule in ("gradient", "deconvnet")
    )
    assert right > 0.9 and wrong < 0.5


def test_pointing_tells_a_mirrored_one(squeezenet):
    """The owl sits at the left."""
    owl = zv.extract_features(squeezenet, zv.load_image("owl", squeezenet))
    (box,) = (one for one in zv.images.marked_boxes(part="subject") if one.photograph == "owl")
    heat = zv.heatmap(owl)
    assert trust.pointing(owl, None, heat, box)
    assert not trust.pointing(owl, None, heat[:, ::-1], box)


def test_noise_tells_a_picture_that_hangs_on_single_pixels(shepherd):
    """The answer stays and the magnitude of the gradient does not."""
    found, fickle = (
        trust.noise_sensitivity(shepherd, method=method, rule="gradient", progress=False)
        for method in ("relevance", "deconvnet")
    )
    assert len(found.kept) == len(fickle.kept) > 5
    assert found.mean < 0.1 and fickle.mean > 0.5
