"""The lab on naming a feature map: the network itself grades a prediction."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.course.name_a_map import checks, figures


@pytest.fixture(scope="module")
def eyes(squeezenet):
    """An atlas that ranks all photographs by what map 241 of fire5, of eyes, makes of them."""
    names = sorted(zv.photographs())
    return zv.build_atlas(squeezenet, names, ["fire5"], count=len(names), progress=False)


def test_four_photographs_to_predict_lie_far_apart_and_were_not_shown(eyes):
    places = {name: place for place, (name, _) in enumerate(eyes.neurons("fire5", 241))}
    four = checks.to_predict(eyes, "fire5", 241)
    assert four == sorted(four) and sorted(places[one] for one in four) == [18, 37, 55, 74]
    everything = checks.to_predict(eyes, "fire5", 241, shown=74)  # too few are left
    assert len(everything) == 4 and everything != four


@pytest.mark.filterwarnings("ignore::zv_helpers.images.SmallImageWarning")
def test_a_prediction_is_graded_by_what_the_network_does(eyes, squeezenet):
    four = checks.to_predict(eyes, "fire5", 241)
    activations = {}
    for name in four:
        features = zv.extract_features(squeezenet, zv.load_image(name, squeezenet), "fire5")
        activations[name] = features["fire5"][..., 241].max()
    best = max(activations, key=activations.get)
    for name in four:
        sentence = checks.check_prediction(eyes, "fire5", 241, four, name)
        assert sentence.startswith("Right" if name == best else "Not quite")
        assert f"{activations[name]:.0f}" in sentence and f"{activations[best]:.0f}" in sentence
        assert (best in sentence) == (name == best)  # a wrong answer is no way to the right one
    for odd in ("tabby_cat", 3, [best], ["espresso"]):
        assert "Expected one of the names" in checks.check_prediction(eyes, "fire5", 241, four, odd)


@pytest.mark.filterwarnings("ignore::zv_helpers.images.SmallImageWarning")
def test_four_photographs_are_drawn_in_their_order(squeezenet):
    figure = figures.photographs(squeezenet, ["opera_house", "wrench"])
    assert [ax.get_title() for ax in figure.axes] == ["opera_house", "wrench"]
    expected = zv.load_image("wrench", squeezenet).pixels
    np.testing.assert_array_equal(figure.axes[1].images[0].get_array(), expected)
