"""Step 5: from A·S to numbers in [0, 1]."""

import numpy as np
import pytest
from independent import random_image, random_weights, worst

import zv_helpers as zv
from zv_helpers.heatmaps import METHODS, finished, occlude, occlusion, raw_map

SMALL = {"occlusion": {"size": 112, "stride": 112}}


@pytest.mark.parametrize("method", METHODS)
def test_a_heatmap_has_the_size_of_the_photograph_and_lies_in_0_to_1(cat, method):
    heat = zv.heatmap(cat, method=method, **SMALL.get(method, {}))
    assert heat.shape == (224, 224) and heat.dtype == np.float32
    assert heat.min() >= 0 and heat.max() == 1 and heat.std() > 0.01


def test_relevance_is_the_positive_part_of_the_product_resized(tf, cat):
    product = cat["fire8"] * zv.reverse_signal(cat, cat.class_neuron(281), ["fire8"])["fire8"]
    raw = product.sum(axis=2)
    assert np.allclose(raw_map(cat, cat.class_neuron(281), "fire8"), raw)
    large = tf.image.resize(np.maximum(raw, 0)[..., None], (224, 224), "bilinear").numpy()[..., 0]
    heat = zv.heatmap(cat, 281, layer="fire8")
    assert np.abs(heat - large / large.max()).max() < 1e-4


def test_gradcam_against_an_implementation_of_its_own(tf, keras, cat):
    """Selvaraju et al. 2017, eq. 1 and 2: the mean derivative weighs each map, and a ReLU takes the
    positive part."""
    model = cat.network.keras_model
    probe = keras.Model(
        model.inputs, [model.get_layer("fire9").output, model.get_layer("average").output]
    )
    batch = tf.convert_to_tensor(cat.image.batch)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        maps, scores = probe(batch, training=False)
        score = scores[:, 285]
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=(1, 2), keepdims=True)
    theirs = tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1))[0].numpy()
    ours = raw_map(cat, cat.class_neuron(285), "fire9", "gradcam")
    assert worst(np.maximum(ours, 0), theirs) < 1e-4
    heat = zv.heatmap(cat, 285, layer="fire9", method="gradcam")
    assert np.allclose(heat, finished(theirs, (224, 224)), atol=1e-4)


def test_deconvnet_is_the_magnitude_of_the_class_projection(cat):
    canvas = zv.project(cat, cat.class_neuron(281)).on_canvas()
    heat = zv.heatmap(cat, 281, method="deconvnet")
    size = np.sqrt((canvas.astype(float) ** 2).sum(axis=2))
    assert np.allclose(heat, size / size.max(), atol=1e-5)


def test_another_rule_or_class_or_layer_gives_another_map(cat):
    first = zv.heatmap(cat, 281)
    for other in (
        zv.heatmap(cat, 207),
        zv.heatmap(cat, 281, layer="fire5"),
        zv.heatmap(cat, 281, layer="fire5", rule="deconvnet"),
        zv.heatmap(cat, 281, method="gradcam", layer="fire5"),
    ):
        assert np.abs(first - other).max() > 0.05
    assert np.array_equal(zv.heatmap(cat), zv.heatmap(cat, int(cat.logits.argmax())))


def test_a_network_without_classes_explains_its_strongest_neuron(vgg_cat):
    heat = zv.heatmap(vgg_cat)
    target = vgg_cat.strongest("block5_conv3")
    assert np.array_equal(heat, zv.heatmap(vgg_cat, target))
    top, left, bottom, right = vgg_cat.receptive_field(target)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert top <= row < bottom and left <= column < right
    with pytest.raises(ValueError, match="no class scores"):
        zv.heatmap(vgg_cat, 281)


# --- occlusion -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(keras):
    """A small network with classes, and an oblong picture."""
    L = keras.layers
    model = keras.Sequential(
        [
            keras.Input((20, 26, 3)),
            L.Conv2D(6, 3, activation="relu", name="c"),
            L.MaxPooling2D(2),
            L.Flatten(),
            L.Dense(4, activation="softmax"),
        ]
    )
    network = zv.load_model(random_weights(model, seed=8), preprocess="tf")
    return zv.extract_features(network, random_image(network))


@pytest.mark.parametrize("size, stride", [(8, 6), (7, 7), (20, 3), (1, 13)])
def test_occlusion_against_a_plain_loop(tiny, size, stride):
    """Zeiler & Fergus 2014, §4.2, one grey square after the other."""
    model, target = tiny.network.keras_model, tiny.class_neuron(int(tiny.logits.argmax()))
    whole = model(tiny.image.batch).numpy()[0, target.index]
    tops = sorted({*range(0, 20 - size + 1, stride), 20 - size})
    lefts = sorted({*range(0, 26 - size + 1, stride), 26 - size})
    sums, counts = np.zeros((20, 26)), np.zeros((20, 26))
    grid = np.zeros((len(tops), len(lefts)))
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            pixels = tiny.image.pixels.astype(np.float32)
            pixels[top : top + size, left : left + size] = 128
            grid[i, j] = model(pixels[None] / 127.5 - 1).numpy()[0, target.index]
            sums[top : top + size, left : left + size] += whole - grid[i, j]
            counts[top : top + size, left : left + size] += 1
    fall, probabilities = occlusion(tiny, target, size, stride, batch=5)
    assert np.allclose(probabilities, grid, atol=1e-5)
    assert np.allclose(fall, sums / np.maximum(counts, 1), atol=1e-5)
    if size > 1:
        assert counts.min() > 0  # the squares reach from border to border
        heat = zv.heatmap(tiny, target.index, method="occlusion", size=size, stride=stride)
        assert np.allclose(heat, finished(fall, (20, 26)), atol=1e-5)


def test_occlusion_of_a_neuron_measures_its_activation(tiny):
    target = tiny.strongest("c")
    fall, activations = occlusion(tiny, target, 5, 5)
    assert activations.max() <= max(target.activation, activations.max())
    top, left, bottom, right = tiny.receptive_field(target)
    far = np.ones((20, 26), bool)
    far[max(top - 5, 0) : bottom + 5, max(left - 5, 0) : right + 5] = False
    assert far.any() and np.abs(fall[far]).max() < 1e-5  # what it does not see cannot change it


def test_occlude_changes_the_square_and_nothing_else(tiny):
    before = tiny.image.pixels.copy()
    pixels = occlude(tiny.image, 15, 20, 8)
    assert np.array_equal(tiny.image.pixels, before)
    assert (pixels[15:, 20:] == 128).all()
    pixels[15:, 20:] = before[15:, 20:]
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("size", [0, 21, -3])
def test_a_square_that_does_not_fit_is_refused(tiny, size):
    with pytest.raises(ValueError, match="a square of 1 to 20 pixels"):
        occlusion(tiny, tiny.class_neuron(0), size=size)


# --- from a raw map to a heatmap -----------------------------------------------------------------


@pytest.mark.parametrize("raw", [np.zeros((7, 7)), np.full((7, 7), -3.0), np.zeros((1, 1))])
def test_where_nothing_speaks_for_the_class_the_heatmap_is_zero(raw):
    heat = finished(raw, (30, 20), smoothing=2, threshold=0.5)
    assert heat.shape == (30, 20) and heat.dtype == np.float32 and not heat.any()


def test_a_constant_map_is_one_everywhere():
    assert np.allclose(finished(np.full((5, 5), 0.25), (10, 10)), 1)
    assert np.allclose(finished(np.full((5, 5), 1e-30), (10, 10), smoothing=1), 1)


def test_a_zero_map_of_a_real_network(cat):
    """A neuron that is silent, and that nothing below it could wake."""
    from dataclasses import replace

    silent = {n: np.zeros_like(v) for n, v in cat.values.items()}
    features = replace(cat, values=silent)
    target = features.neuron("fire9", 0, 0, 0)
    for method in ("relevance", "gradcam", "deconvnet"):
        heat = zv.heatmap(features, target, method=method)
        assert heat.shape == (224, 224) and not heat.any()


def test_threshold_cuts_and_keeps():
    raw = np.array([[4.0, 1.0], [2.0, -8.0]])
    assert finished(raw, (2, 2), threshold=0.5).tolist() == [[1, 0], [0.5, 0]]
    assert finished(raw, (2, 2)).tolist() == [[1, 0.25], [0.5, 0]]


def test_smoothing_is_a_gaussian():
    point = np.zeros((41, 41), np.float32)
    point[20, 20] = 1
    blurry = finished(point, (41, 41), smoothing=3)
    rows, columns = np.mgrid[-20:21, -20:21]
    bell = np.exp(-(rows**2 + columns**2) / (2 * 3**2))
    assert np.abs(blurry / blurry.max() - bell).max() < 0.02
    assert np.allclose(finished(np.full((9, 7), 2, np.float32), (9, 7), smoothing=4), 1)
    assert blurry.max() == 1 and blurry[20, 23] == pytest.approx(np.exp(-0.5), abs=0.02)


@pytest.mark.parametrize(
    "how, words",
    [
        ({"method": "lime"}, "relevance, gradcam, deconvnet, occlusion, but got 'lime'"),
        ({"threshold": 1.5}, "threshold from 0 to 1, but got 1.5"),
        ({"smoothing": -1}, "smoothing of 0 pixels or more, but got -1"),
        ({"rule": "lrp"}, "but got 'lrp'"),
    ],
)
def test_what_makes_no_heatmap_is_refused(cat, how, words):
    with pytest.raises(ValueError, match=words):
        zv.heatmap(cat, 281, **how)


def test_an_unknown_layer_is_refused(cat):
    with pytest.raises(KeyError, match="no layer 'fire99'"):
        zv.heatmap(cat, 281, layer="fire99")
