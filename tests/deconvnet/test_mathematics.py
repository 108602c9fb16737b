"""Step 4a, the mathematics: numbers worked by hand, properties, and what is refused."""

import numpy as np
import pytest
from independent import worst

import zv_helpers as zv
from zv_helpers.deconvnet import RULES, find_switches, rectify, transposed_filter, unpool

# What the pictures prove is said elsewhere; here they are only compared.
pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.ProjectionWarning")


def maps(rows):
    """One feature map from its rows."""
    return np.array(rows, float)[..., None]


# --- unpooling -----------------------------------------------------------------------------------


def test_switches_and_unpooling_of_a_negative_signal():
    before = maps([[1, 5, -2, -3], [3, 4, -1, -4], [0, 0, 9, 8], [7, 0, 6, 5]])
    switches = find_switches(before)
    assert switches[..., 0].tolist() == [[1, 6], [12, 10]]
    put_back = unpool(maps([[-5, 2], [0.5, -9]]), switches, (4, 4))
    assert put_back[..., 0].tolist() == [[0, -5, 0, 0], [0, 0, 2, 0], [0, 0, -9, 0], [0.5, 0, 0, 0]]


def test_a_tie_goes_to_the_first_in_row_major_order():
    tied = maps([[0, 4, 7, 7], [4, 0, 7, 7], [0, 0, -1, -2], [0, 0, -1, -1]])
    assert find_switches(tied)[..., 0].tolist() == [[1, 2], [8, 10]]


def test_ties_are_decided_as_tensorflow_does(tf):
    rng = np.random.default_rng(3)
    tied = rng.integers(0, 3, (9, 8, 4)).astype(np.float32)
    for size, stride in ((2, 2), (3, 2), (3, 1)):
        _, theirs = tf.nn.max_pool_with_argmax(tied[None], size, stride, "VALID")
        positions = theirs.numpy()[0] // 4  # TensorFlow counts the channels too
        assert np.array_equal(find_switches(tied, size, stride), positions)


def test_overlapping_windows_that_share_a_switch_add():
    before = maps(
        [[0, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 9, 0, 0], [0, 0, 0, 2, 0], [0, 0, 0, 0, 3]]
    )
    switches = find_switches(before, pool_size=3, strides=2)
    assert switches[..., 0].tolist() == [[12, 12], [12, 12]]
    put_back = unpool(maps([[1, -5], [2.5, -1]]), switches, (5, 5))
    expected = np.zeros((5, 5))
    expected[2, 2] = 1 - 5 + 2.5 - 1
    assert np.array_equal(put_back[..., 0], expected)


def test_each_feature_map_has_switches_of_its_own():
    before = np.stack([[[1.0, 0], [0, 0]], [[0.0, 0], [0, 1]]], axis=-1)
    switches = find_switches(before)
    assert switches.ravel().tolist() == [0, 3]
    put_back = unpool(np.array([[[-2.0, 3.0]]]), switches, (2, 2))
    assert put_back[..., 0].tolist() == [[-2, 0], [0, 0]]
    assert put_back[..., 1].tolist() == [[0, 0], [0, 3]]


def test_pooling_what_was_unpooled_gives_it_back():
    rng = np.random.default_rng(0)
    before = rng.normal(size=(8, 6, 5))
    switches = find_switches(before)
    pooled = before.reshape(4, 2, 3, 2, 5).max(axis=(1, 3))
    put_back = unpool(pooled, switches, (8, 6))
    rows, columns = np.divmod(switches, 6)
    assert np.array_equal(put_back[rows, columns, np.arange(5)], pooled)
    assert np.count_nonzero(put_back) == pooled.size
    positive = np.abs(pooled)
    again = unpool(positive, switches, (8, 6)).reshape(4, 2, 3, 2, 5).max(axis=(1, 3))
    assert np.array_equal(again, positive)


def test_padding_is_never_chosen():
    before = maps([[-3, -2], [-5, -4]])
    switches = find_switches(before, pool_size=2, strides=2, before=(1, 1), outputs=(2, 2))
    assert switches[..., 0].tolist() == [[0, 1], [2, 3]]


def test_unpooling_refuses_what_does_not_match():
    with pytest.raises(
        ValueError, match=r"switches \(2, 2, 3\) do not match feature maps \(2, 2, 4\)"
    ):
        unpool(np.zeros((2, 2, 4)), np.zeros((2, 2, 3), int), (4, 4))
    with pytest.raises(ValueError, match="do not fit a plane of 4 × 4"):
        unpool(np.zeros((1, 1, 1)), np.full((1, 1, 1), 16), (4, 4))
    with pytest.raises(ValueError, match="do not fit"):
        unpool(np.zeros((1, 1, 1)), np.full((1, 1, 1), -1), (4, 4))


# --- rectification -------------------------------------------------------------------------------

SIGNAL = np.array([2.0, -2.0, 2.0, -2.0, 2.0, -2.0])
MAPS = np.array([1.0, 1.0, 0.0, 0.0, 6.0, 6.0])
BY_HAND = [
    ("deconvnet", {}, [2, 0, 2, 0, 2, 0]),
    ("guided", {}, [2, 0, 0, 0, 2, 0]),
    ("gradient", {}, [2, -2, 0, 0, 2, -2]),
    ("deconvnet", {"cap": 6.0}, [2, 0, 2, 0, 2, 0]),
    ("guided", {"cap": 6.0}, [2, 0, 0, 0, 0, 0]),
    ("gradient", {"cap": 6.0}, [2, -2, 0, 0, 0, 0]),
    ("deconvnet", {"slope": 0.5}, [2, -1, 2, -1, 2, -1]),
    ("guided", {"slope": 0.5}, [2, -1, 1, -0.5, 2, -1]),
    ("gradient", {"slope": 0.5}, [2, -2, 1, -1, 2, -2]),
    ("gradient", {"slope": 0.5, "cap": 6.0}, [2, -2, 1, -1, 0, 0]),
]


@pytest.mark.parametrize("rule, form, expected", BY_HAND)
def test_rectification_by_hand(rule, form, expected):
    before = SIGNAL.copy()
    assert rectify(SIGNAL, MAPS, rule, **form).tolist() == expected
    assert np.array_equal(SIGNAL, before)


def test_rectification_refuses_what_does_not_match():
    with pytest.raises(ValueError, match=r"feature maps \(3,\) do not match the signal \(2,\)"):
        rectify(np.ones(2), np.ones(3), "guided")
    with pytest.raises(ValueError, match="deconvnet, guided, gradient, but got 'relu'"):
        rectify(np.ones(2), np.ones(2), "relu")


# --- transposed filtering ------------------------------------------------------------------------


def test_transposed_filtering_by_hand_with_a_negative_signal_and_an_overlap():
    kernel = np.array([[1.0, 2], [3, 4]])[..., None, None]
    painted = transposed_filter(maps([[1, 0], [0, -2]]), kernel, strides=1)
    assert painted[..., 0].tolist() == [[1, 2, 0], [3, 4 - 2, -4], [0, -6, -8]]


def test_transposed_filtering_sums_the_filters_of_all_feature_maps():
    kernel = np.zeros((1, 2, 1, 2))
    kernel[0, :, 0, 0], kernel[0, :, 0, 1] = [1, -1], [10, 20]
    painted = transposed_filter(np.array([[[2.0, -1.0]]]), kernel)
    assert painted[..., 0].tolist() == [[2 * 1 - 10, 2 * -1 - 20]]


def test_transposed_filtering_with_stride_and_dilation_by_hand():
    kernel = np.array([1.0, -2.0]).reshape(1, 2, 1, 1)
    signal = np.array([3.0, -1.0]).reshape(1, 2, 1)
    assert transposed_filter(signal, kernel, strides=(1, 2))[..., 0].tolist() == [[3, -6, -1, 2]]
    assert transposed_filter(signal, kernel, dilation=(1, 2))[..., 0].tolist() == [[3, -1, -6, 2]]


@pytest.mark.parametrize(
    "size, strides, dilation",
    [
        ((3, 3), 1, 1),
        ((1, 1), 1, 1),
        ((2, 5), (1, 1), (1, 1)),
        ((3, 2), (2, 3), 1),
        ((3, 3), 1, (2, 3)),
    ],
)
def test_transposed_filtering_is_the_adjoint_of_convolution(tf, size, strides, dilation):
    """⟨conv x, y⟩ = ⟨x, convᵀ y⟩."""
    rng = np.random.default_rng(1)
    kernel = rng.normal(size=(*size, 3, 4))
    pair = [(n, n) if np.ndim(n) == 0 else n for n in (strides, dilation)]
    outputs = (4, 5)
    extent = [
        (n - 1) * s + (k - 1) * d + 1 for n, k, s, d in zip(outputs, size, *pair, strict=True)
    ]
    x, y = rng.normal(size=(*extent, 3)), rng.normal(size=(*outputs, 4))
    forward = tf.nn.conv2d(x[None], kernel, pair[0], "VALID", dilations=pair[1]).numpy()[0]
    assert forward.shape == y.shape
    back = transposed_filter(y, kernel, strides, dilation)
    assert back.shape == x.shape
    assert np.isclose((forward * y).sum(), (x * back).sum(), rtol=1e-12)


def test_transposed_filtering_refuses_what_does_not_match():
    with pytest.raises(ValueError, match="with the same maps out"):
        transposed_filter(np.zeros((2, 2, 3)), np.zeros((3, 3, 5, 4)))


# --- properties of the whole reverse pass --------------------------------------------------------


def reversed_from(features, layer, values, rule):
    """The reverse pass of one network, from any signal at a layer: float (h, w, 3)."""
    from zv_helpers.deconvnet.engine import Signal, reverse

    start = Signal(values[None], ((0, 0),))
    found = reverse(features, features.network.graph.layer_values[layer], start, rule)[0]
    canvas = np.zeros((*features.network.input_size, 3))  # a compiled section fills all of it
    top, left, bottom, right = found.box()
    canvas[top:bottom, left:right] = found.values[0]
    return canvas


@pytest.fixture(scope="module")
def two_signals(cat):
    rng = np.random.default_rng(5)
    shape = cat["fire3"].shape
    return [rng.normal(size=shape).astype(np.float32) for _ in range(2)]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_positively_homogeneous(cat, two_signals, rule):
    signal = two_signals[0]
    once = reversed_from(cat, "fire3", signal, rule)
    assert worst(reversed_from(cat, "fire3", 3 * signal, rule), 3 * once) < 1e-5


def test_only_the_gradient_is_additive_and_odd(cat, two_signals):
    a, b = two_signals
    for rule in RULES:
        apart = reversed_from(cat, "fire3", a, rule) + reversed_from(cat, "fire3", b, rule)
        together = reversed_from(cat, "fire3", a + b, rule)
        opposite = reversed_from(cat, "fire3", -a, rule) + reversed_from(cat, "fire3", a, rule)
        scale = np.abs(together).max()
        if rule == "gradient":
            assert worst(apart, together) < 1e-4
            assert np.abs(opposite).max() < 1e-5 * scale
        else:
            assert np.abs(apart - together).max() > 0.1 * scale
            assert np.abs(opposite).max() > 0.1 * scale


def test_the_pixels_are_not_rectified(cat):
    pixels = zv.project(cat, cat.strongest("fire5")).pixels
    assert pixels.min() < 0 < pixels.max()


def test_without_switches_the_deconvnet_picture_is_the_same_for_every_photograph(vgg16, vgg_cat):
    other = zv.load_image(zv.photographs()["german_shepherd"], vgg16)
    other = zv.extract_features(vgg16, other, upto="block2_conv1")
    pictures = {}
    for layer in ("block1_conv2", "block2_conv1"):
        both = np.minimum(vgg_cat[layer], other[layer])[
            8:-8, 8:-8
        ]  # active in both, off the border
        row, column, channel = np.unravel_index(np.argmax(both), both.shape)
        for rule in ("deconvnet", "gradient"):
            first, second = (
                zv.project(one, neuron, rule).pixels / neuron.activation
                for one in (vgg_cat, other)
                for neuron in [one.neuron(layer, channel, row + 8, column + 8)]
            )
            pictures[layer, rule] = worst(first, second)
    assert pictures["block1_conv2", "deconvnet"] < 1e-5
    assert pictures["block1_conv2", "gradient"] > 1e-2
    assert pictures["block2_conv1", "deconvnet"] > 1e-2
    assert vgg16.layer("block1_conv2").reverse == "yes (no switches)"
    assert vgg16.layer("block2_conv1").reverse == "yes"
