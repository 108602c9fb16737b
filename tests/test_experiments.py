"""What the experiments compute."""

import keras
import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import choose
from zv_helpers.experiments import switches
from zv_helpers.relevance import correlation


def test_correlation_is_that_of_numpy_and_does_not_see_the_strength():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 5, 4, 3))
    expected = np.corrcoef(one.ravel(), other.ravel())[0, 1]
    assert correlation(one, other) == pytest.approx(expected)
    assert correlation(one, 3 * one) == pytest.approx(1)
    assert correlation(one, -one) == pytest.approx(-1)
    assert correlation(one, np.ones_like(one)) == 0


def test_coarse_averages_sizes_not_signs_and_fills_up_the_edge():
    pixels = np.zeros((5, 4, 3))
    pixels[:4, :4] = 2
    pixels[0::2] *= -1
    pixels[4] = 1
    assert switches.coarse(pixels).tolist() == [[2.0], [0.25]]
    assert pixels[0, 0, 0] == -2


@pytest.fixture(scope="module")
def photographs():
    """Features of two photographs in a network with one max-pool."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((24, 24, 3)),
            keras.layers.Conv2D(6, 3, activation="relu", name="first"),
            keras.layers.MaxPooling2D(2, name="pool"),
            keras.layers.Conv2D(8, 3, activation="relu", name="above"),
            keras.layers.Conv2D(8, 3, activation="relu", name="last"),
        ]
    )
    network = zv.load_model(model, preprocess="tf")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 24, 24, 3), np.uint8)
    return [zv.extract_features(network, zv.load_image(image, network)) for image in images]


@pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")
def test_two_photographs_part_at_the_switches_and_only_there(photographs):
    first, second = photographs
    neurons = choose.middle_neurons(first, "first", 3)
    assert switches.agreement(first, second, neurons)[0] == pytest.approx(1)
    neurons = choose.middle_neurons(first, "last", 3)
    strengths = [neuron.activation for neuron in neurons]
    assert strengths == sorted(strengths, reverse=True) and strengths[-1] > 0
    assert switches.agreement(first, second, neurons)[0] < 0.99
    (one, two), same = switches.way_down(first, second, neurons[0])
    titles = [step.title for step in one.trace]
    for title, a, b, alike in zip(titles, one.trace, two.trace, same, strict=True):
        if title == "unpool":
            assert alike == correlation(a.values, b.values) < 0.99
            break
        assert np.array_equal(a.values, b.values) and alike == pytest.approx(1)
    else:
        pytest.fail(f"no unpooling among {titles}")


@pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")
def test_where_no_signal_goes_down_a_branch_two_photographs_are_alike(cat, squeezenet):
    """A neuron of a Concatenate sends its signal into one branch; the other stays zero."""
    owl = zv.extract_features(squeezenet, zv.load_image("owl", squeezenet), upto="fire2")
    (one, _), same = switches.way_down(cat, owl, cat.strongest("fire2"))
    above = next(i for i, step in enumerate(one.trace) if step.title == "unpool")
    assert not all(step.values.any() for step in one.trace[:above])
    assert same[:above] == [pytest.approx(1)] * above and same[above] < 0.99


# Which pictures depend on the photograph


@pytest.fixture(scope="module")
def three(photographs):
    network = photographs[0].network
    noise = np.random.default_rng(5).integers(0, 256, (24, 24, 3), np.uint8)
    return [*photographs, zv.extract_features(network, zv.load_image(noise, network))]


@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
@pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")
def test_likeness_is_the_mean_correlation_of_every_pair(three, rule):
    neurons = choose.common_neurons(three, "above", 2)
    pictures = [[zv.project(f, one, rule).pixels.ravel() for one in neurons] for f in three]
    each = [
        np.corrcoef(pictures[i][k], pictures[j][k])[0, 1]
        for k in range(2)
        for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    assert switches.likeness(three, neurons, rule) == pytest.approx(np.mean(each), abs=1e-6)
    assert switches.likeness(three[::-1], neurons, rule) == pytest.approx(np.mean(each), abs=1e-6)
    assert -1 < np.mean(each) < 0.99


def test_an_empty_picture_is_like_no_other_and_two_say_nothing(three):
    first, second, _ = three
    silent = second["last"] <= 0  # by the gradient rule its own ReLU lets nothing through
    row, column, channel = np.argwhere(silent & (first["last"] > 0))[0]
    neuron = first.neuron("last", channel, row, column)
    assert not zv.project(second, neuron, "gradient").pixels.any()
    assert switches.likeness([first, second], [neuron], "gradient") == 0
    assert np.isnan(switches.likeness([second, second], [neuron], "gradient"))
    assert switches.likeness([first, first, second], [neuron], "gradient") == pytest.approx(1 / 3)


def test_likeness_by_layer_says_where_the_photograph_comes_in(three):
    seen = []
    found = switches.likeness_by_layer(
        three, progress=lambda done, count: seen.append((done, count))
    )
    assert list(found) == ["first", "pool", "above", "last"]
    assert found["first"] == pytest.approx(1) and max(list(found.values())[1:]) < 0.99
    assert seen == [(done, 4) for done in range(5)]
    by_rule = switches.likeness_by_layer(three, "gradient", layers=["first"], progress=False)
    assert list(by_rule) == ["first"] and by_rule["first"] < 0.99  # its ReLU


def test_without_a_pool_the_deconvnet_never_looks_at_the_photograph(lite0):
    """The lab's number, and Springenberg et al. 2015, §3.4: 1.00 at every depth."""
    names = ("german_shepherd", "tabby_cat")
    several = [zv.extract_features(lite0, zv.load_image(name, lite0)) for name in names]
    layers = ["stem_relu", "block3_2_add", "head_relu"]
    found = switches.likeness_by_layer(several, layers=layers, count=1, progress=False)
    assert all(value == pytest.approx(1, abs=1e-5) for value in found.values())


@pytest.mark.parametrize("some, neurons", [(1, 1), (2, 0)])
def test_likeness_takes_two_photographs_and_a_neuron(three, some, neurons):
    asked = choose.middle_neurons(three[0], "last", 3)[:neurons]
    with pytest.raises(ValueError, match="two photographs or more and one neuron"):
        switches.likeness(three[:some], asked)


@pytest.mark.filterwarnings("ignore::zv_helpers.deconvnet.ProjectionWarning")
def test_neurons_of_one_place_are_compared_with_each_other(three):
    neurons = choose.middle_neurons(three[0], "last", 3)
    a, b, c = (zv.project(three[0], one, "guided").pixels.ravel() for one in neurons)
    each = [np.corrcoef(*pair)[0, 1] for pair in ((a, b), (a, c), (b, c))]
    found = switches.likeness_of_neurons(three[0], neurons, "guided")
    assert found == pytest.approx(np.mean(each), abs=1e-6) and 0 < found < 0.99
    elsewhere = three[0].neuron("last", 0, 0, 0)
    for wrong in (neurons[:1], [*neurons, elsewhere]):
        with pytest.raises(ValueError, match="of one row, column and layer"):
            switches.likeness_of_neurons(three[0], wrong)
