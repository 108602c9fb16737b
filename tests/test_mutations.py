"""Lines that could be wrong unnoticed: each was changed once, and no other test failed."""

import numpy as np
import pytest
from independent import positive_weights, random_image, random_weights, reverse_by_tape, worst

import zv_helpers as zv
from zv_helpers.draw.signals import clear_scale
from zv_helpers.heatmaps import box_of, finished

keras, tf = zv.network.keras_and_tensorflow()
L = keras.layers


def features_of(*layers, shape=(8, 12), pixels=None, weights=random_weights):
    """The features of a small network of these layers, of a given picture or of noise."""
    model = weights(keras.Sequential([keras.Input((*shape, 3)), *layers]))
    network = zv.load_model(model, preprocess="none")
    image = random_image(network) if pixels is None else zv.load_image(pixels, network)
    return zv.extract_features(network, image)


# --- features ------------------------------------------------------------------------------------


@pytest.mark.parametrize("network, layer", [("cat", "fire9"), ("vgg_cat", "block5_conv3")])
def test_equally_strong_maps_come_in_their_own_order(request, network, layer):
    """Many maps of a deep layer are zero everywhere: as equal as maps can be."""
    features = request.getfixturevalue(network)
    peaks = features[layer].max(axis=(0, 1))
    assert (peaks == 0).sum() > 50
    order = list(features.strongest_channels(layer))
    assert order == sorted(range(len(peaks)), key=lambda channel: (-peaks[channel], channel))
    assert list(features.strongest_channels(layer, 3)) == order[:3]


def test_equally_probable_classes_come_in_their_own_order():
    layers = L.Conv2D(2, 3), L.Flatten(), L.Dense(6, kernel_initializer="zeros")
    flat = features_of(*layers, weights=lambda m: m)
    assert [index for index, _, _ in flat.top_classes(4)] == [0, 1, 2, 3]


def test_of_equally_strong_positions_the_first_in_reading_order_is_taken():
    pixels = np.zeros((8, 12, 3), np.uint8)
    pixels[2, 5], pixels[4, 1], pixels[2, 9] = 200, 200, 200
    features = features_of(
        L.Conv2D(2, 1, activation="relu", name="maps"), pixels=pixels, weights=positive_weights
    )
    for channel in (None, 0, 1):
        neuron = features.strongest("maps", channel)
        assert (neuron.row, neuron.column) == (2, 5)


# --- the reverse pass ----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::zv_helpers.ProjectionWarning")
def test_a_leaking_relu_leaks_in_large_signals_too():
    """Large signals are rectified by TensorFlow, small ones by NumPy."""
    layers = [L.Conv2D(32, 3), L.LeakyReLU(negative_slope=0.25), L.Flatten(), L.Dense(2)]
    features = features_of(*layers, shape=(64, 64))
    assert 62 * 62 * 32 > 100_000
    model, score = features.network.keras_model, features.class_neuron(1)
    probe = keras.Model(model.inputs, [model.outputs[0]])
    theirs = reverse_by_tape(probe, features.image.batch, [(0, (1,))], "deconvnet")[0]
    assert worst(zv.project(features, score).on_canvas(), theirs) < 1e-4


def test_a_normalization_without_variance_divides_by_what_keras_divides_by():
    layers = L.Normalization(mean=0.0, variance=0.0), L.Conv2D(2, 3), L.Flatten(), L.Dense(2)
    features = features_of(*layers)
    model, score = features.network.keras_model, features.class_neuron(1)
    probe = keras.Model(model.inputs, [model.outputs[0]])
    theirs = reverse_by_tape(probe, features.image.batch, [(0, (1,))], "gradient")[0]
    assert worst(zv.project(features, score, "gradient").on_canvas(), theirs) < 1e-4


def test_a_signal_starts_from_one_whatever_the_neurons_activation_is(cat):
    neuron = cat.strongest("fire8")
    assert neuron.activation > 2
    start = zv.reverse_signal(cat, neuron, ["fire8"])["fire8"]
    assert start[neuron.row, neuron.column, neuron.channel] == 1 and start.sum() == 1


def test_what_lies_below_the_wanted_layers_need_not_be_reversible():
    features = features_of(
        L.Conv2D(3, 3, activation="relu", name="far"),
        L.Conv2D(3, 3, activation="tanh", name="odd"),
        L.Conv2D(4, 3, activation="relu", name="near"),
        L.GlobalAveragePooling2D(),
        L.Dense(2, name="scores"),
    )
    score = features.class_neuron(0)
    assert zv.reverse_signal(features, score, ["near"])["near"].any()
    for layers in (["far"], ["near", "far"]):
        with pytest.raises(ValueError, match="'odd' uses tanh"):
            zv.reverse_signal(features, score, layers)


def test_every_layer_among_several_neurons_gets_its_note(cat):
    neurons = [cat.strongest("fire5"), cat.strongest("conv1")]
    with pytest.warns(zv.ProjectionWarning, match="between the pixels and conv1"):
        zv.project(cat, neurons)


def test_a_trace_places_its_windows_to_the_nearest_pixel():
    pooled = [L.MaxPooling2D(3, name="pool"), L.Conv2D(2, 1, name="above")]
    features = features_of(*pooled, shape=(10, 14))
    first = zv.project(features, features.neuron("above", 0, 1, 2), trace=True).trace[0]
    assert first.box == (1, 2, 2, 3)  # of 3 × 4 positions
    exact = [1 / 3 * 10, 2 / 4 * 14, 2 / 3 * 10, 3 / 4 * 14]
    assert np.abs(np.subtract(first.pixels_box, exact)).max() <= 0.5


def test_a_scale_leaves_half_a_percent_out_unless_all_the_rest_is_zero():
    values = np.random.default_rng(0).permutation(np.arange(1.0, 2001)) * np.array([-1, 1] * 1000)
    assert 0.995 <= (np.abs(values) <= clear_scale(values)).mean() < 0.997
    values[:-1] = 0
    assert clear_scale(values) == abs(values[-1])


def test_a_picture_takes_the_scale_it_is_given(cat):
    projection = zv.project(cat, cat.strongest("fire5"))
    strong, weak = projection.picture(projection.scale / 4), projection.picture()
    assert np.array_equal(weak, zv.signal_picture(projection.pixels, projection.scale))
    assert np.abs(strong.astype(float) - 128).mean() > 1.5 * np.abs(weak.astype(float) - 128).mean()


# --- heatmaps ------------------------------------------------------------------------------------


def signal_at(features, layer, class_index):
    """∂ class score / ∂ maps, by automatic differentiation: float (h, w, channels)."""
    model = features.network.keras_model
    probe = keras.Model(
        model.inputs, [model.get_layer(layer).output, model.get_layer("average").output]
    )
    batch = tf.convert_to_tensor(features.image.batch)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        maps, scores = probe([batch], training=False)
        score = scores[0, class_index]
    return tape.gradient(score, maps)[0].numpy()


@pytest.mark.parametrize("layer", ["fire5", "fire8"])
def test_gradcams_weight_is_the_mean_of_the_signal(cat, layer):
    """On fire9 the signal hardly differs between positions, and mean and maximum are one."""
    signal = signal_at(cat, layer, 281)
    expected, other = (
        finished(cat[layer] @ weights, (224, 224))
        for weights in (signal.mean(axis=(0, 1)), signal.max(axis=(0, 1)))
    )
    heat = zv.heatmap(cat, 281, layer=layer, method="gradcam")
    assert np.abs(heat - expected).max() < 1e-3
    assert np.abs(heat - other).max() > 0.1


@pytest.mark.parametrize("method", ["relevance", "gradcam", "deconvnet"])
def test_every_method_that_reverses_takes_the_rule_it_is_given(cat, method):
    first = zv.heatmap(cat, 281, layer="fire5", method=method, rule="gradient")
    for rule in ("guided", "deconvnet"):
        other = zv.heatmap(cat, 281, layer="fire5", method=method, rule=rule)
        assert np.abs(first - other).max() > 0.05, rule
    own = "deconvnet" if method == "deconvnet" else "gradient"
    default = zv.heatmap(cat, 281, layer="fire5", method=method)
    assert np.array_equal(default, zv.heatmap(cat, 281, layer="fire5", method=method, rule=own))


def test_the_layer_by_default_is_the_last_one_below_the_neuron(cat):
    for layer, below in (("fire8", "fire8_expand3x3"), ("fire6_squeeze1x1", "pool5")):
        target = cat.strongest(layer)
        heat = zv.heatmap(cat, target)
        assert np.array_equal(heat, zv.heatmap(cat, target, layer=below))


def test_what_is_just_as_hot_as_the_threshold_stays():
    raw = np.array([[4.0, 1.0], [2.0, -8.0]])
    assert finished(raw, (2, 2), threshold=0.25).tolist() == [[1, 0.25], [0.5, 0]]
    assert finished(raw, (2, 2), threshold=1).tolist() == [[1, 0], [0, 0]]


def test_smoothing_repeats_the_border():
    """Whatever lies at a border must not look weaker, or be mirrored, because of it."""
    edge = np.zeros((9, 40), np.float32)
    edge[:, 0] = 1
    longer = np.pad(edge, ((0, 0), (30, 0)), mode="edge")
    beyond = finished(longer, longer.shape, smoothing=3)[:, 30:]
    assert np.allclose(finished(edge, edge.shape, smoothing=3), beyond / beyond.max(), atol=1e-6)


def test_smoothing_reaches_three_deviations():
    point = np.zeros((61, 61), np.float32)
    point[30, 30] = 1
    row = finished(point, point.shape, smoothing=4)[30]
    assert row[30 + 11] / row[30] == pytest.approx(np.exp(-((11 / 4) ** 2) / 2), rel=0.01)


def test_the_grey_square_is_a_quarter_of_the_shorter_side_and_moves_half_of_that():
    features = features_of(L.Conv2D(3, 9, activation="relu", name="c"), shape=(32, 48))
    target = features.strongest("c")
    default = zv.heatmap(features, target, method="occlusion")
    for size, stride, same in ((8, 4, True), (8, 8, False), (10, 4, False), (12, 4, False)):
        other = zv.heatmap(features, target, method="occlusion", size=size, stride=stride)
        assert np.array_equal(default, other) is same, (size, stride)


def test_a_box_takes_what_is_just_as_hot_as_the_threshold():
    assert box_of(np.array([[0.5, 1, 0.25, 0.5], [0, 0.5, 0, 0]]), 0.5) == (0, 0, 2, 2)
    assert box_of(np.array([[0.5, 0.25]]), 0.5) == (0, 0, 1, 1)
    assert box_of(np.array([[1, 0], [0, 1.0]]), 0.5) == (0, 0, 1, 1)  # a corner connects nothing


# --- overlays ------------------------------------------------------------------------------------

GREY = np.full((20, 20, 3), 100, np.uint8)


def contour(heat, level=0.5):
    """Where the line is white, and where it is black: bool (h, w) each."""
    drawn = zv.overlay(GREY, heat, alpha=0, contour=level)
    return (drawn == 255).all(axis=2), (drawn == 0).all(axis=2)


def test_a_contour_goes_round_what_just_reaches_the_level():
    heat = np.zeros((20, 20), np.float32)
    heat[6:14, 6:14] = 0.5
    assert contour(heat, 0.5)[0].any()


def test_a_contour_has_its_black_rim_on_both_sides():
    heat = np.zeros((80, 80), np.float32)
    heat[6:14, 6:14] = 1
    white, black = contour(heat)
    for lines, darks in ((white, black), (white.T, black.T)):
        for row in range(9, 12):
            (columns,) = np.nonzero(lines[row])
            for column in columns:
                assert darks[row, column - 1] and darks[row, column + 1]


def test_a_contour_does_not_follow_the_edge_of_the_photograph():
    heat = np.zeros((20, 20), np.float32)
    heat[5:15, :8] = 1  # it reaches the left edge
    white, black = contour(heat)
    assert not (white | black)[8:12, :5].any() and white[8:12].any()
    assert not np.logical_or(*contour(np.ones((20, 20)))).any()


def test_an_overlay_forgives_rounding_and_no_more():
    zv.overlay(GREY, np.full((20, 20), -1e-8))
    zv.overlay(GREY, np.full((20, 20), 1 + 1e-7))
    for wrong in (-0.01, 1.01):
        with pytest.raises(ValueError, match="values from 0 to 1"):
            zv.overlay(GREY, np.full((20, 20), wrong))
