"""What is explained: every kind of target names itself, seeds a signal and reads its value."""

import pickle

import numpy as np
import pytest
from independent import random_image, random_weights, worst

import zv_helpers as zv
from zv_helpers.deconvnet import RULES

keras, tf = zv.network.keras_and_tensorflow()
L = keras.layers
KINDS = ("score", "probability", "activation")


@pytest.fixture(scope="module")
def scene():
    """A small segmentation-like network: at each position a softmax over five classes."""
    pixels = keras.Input((24, 32, 3))
    maps = L.Conv2D(6, 3, padding="same", activation="relu", name="edges")(pixels)
    maps = L.MaxPooling2D(2, name="pool")(maps)
    maps = L.Conv2D(8, 3, padding="same", activation="relu", name="parts")(maps)
    maps = L.Conv2D(5, 1, activation="softmax", name="classes")(maps)
    model = random_weights(keras.Model(pixels, maps), seed=4)
    names = ("sky", "grass", "cow", "road", "house")
    network = zv.load_model(model, preprocess="tf", class_names=names)
    rng = np.random.default_rng(0)
    image = zv.load_image(rng.integers(0, 256, (24, 32, 3), np.uint8), network)
    return zv.extract_features(network, image)


def every_kind(cat):
    return [
        cat.class_neuron(281),
        cat.strongest("fire9"),
        zv.Region("fire9", 426, (3, 2, 7, 6)),
        zv.Region("fire5", 3),
    ]


def test_a_target_is_frozen_hashable_and_pickled(cat):
    masked = zv.Region("fire9", 1, np.eye(13, dtype=bool))
    for target in [*every_kind(cat), masked, zv.Region("fire9", 1, [3, 2, 7, 6])]:
        assert pickle.loads(pickle.dumps(target)) == target
        assert len({target, pickle.loads(pickle.dumps(target))}) == 1
        with pytest.raises(AttributeError):
            target.layer = "other"


def test_wherever_an_index_may_stand_a_name_and_any_target_may(cat):
    tabby = zv.ClassScore(281)
    for what in (281, np.int64(281), "tabby", "Tabby", tabby):
        assert cat.target(what) == tabby
    assert cat.target() == zv.ClassScore(int(cat.logits.argmax()))
    assert tabby.class_index(cat.network) == 281
    assert cat.strongest("fire9").class_index(cat.network) is None
    by_index = zv.heatmap(cat, 281)
    assert np.array_equal(zv.heatmap(cat, "tabby"), by_index)
    assert np.array_equal(zv.heatmap(cat, tabby), by_index)
    scores = zv.relevance_scores(cat, 281, "fire5")
    assert np.array_equal(zv.relevance_scores(cat, "tabby", "fire5"), scores)
    assert np.array_equal(zv.project(cat, "tabby").pixels, zv.project(cat, tabby).pixels)


@pytest.mark.parametrize(
    "what, kind, words",
    [
        (1000, IndexError, "classes 0 to 999, but class 1000"),
        (-1, IndexError, "but class -1"),
        ("taby", KeyError, "no class named 'taby': try tabby"),
        (True, ValueError, "but got bool"),
        (2.0, ValueError, "a class index, a class name or a target .* but got float"),
        (zv.Region("fire9", 3, (5, 5, 5, 9)), IndexError, "a region of fire9's 13 × 13"),
        (zv.Region("fire9", 512), IndexError, "feature map 512"),
        (zv.Region("fire9", 0, np.ones((4, 4), bool)), IndexError, "but got .* 16 positions"),
    ],
)
def test_what_is_no_target_is_refused(cat, what, kind, words):
    with pytest.raises(kind, match=words):
        zv.heatmap(cat, what)


@pytest.mark.filterwarnings("ignore::zv_helpers.ProjectionWarning")
def test_a_layer_that_is_called_logits_is_a_layer():
    pixels = keras.Input((16, 16, 3))
    maps = L.Conv2D(4, 3, activation="relu", name="logits")(pixels)
    scores = L.Dense(3, name="scores")(L.GlobalAveragePooling2D()(maps))
    network = zv.load_model(random_weights(keras.Model(pixels, scores), seed=1))
    pixels = np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8)
    features = zv.extract_features(network, zv.load_image(pixels, network))
    neuron = features.strongest("logits")
    assert str(neuron).startswith("logits, feature map")
    assert features.describe(neuron) == str(neuron)
    box = zv.project(features, neuron).box
    assert (box[2] - box[0], box[3] - box[1]) == (3, 3)
    heat = zv.heatmap(features, neuron, method="occlusion", size=4, stride=4)
    assert heat.max() == 1 and heat[0, 15] == heat[15, 0] == 0
    assert zv.relevance_scores(features, 2, "logits").shape == (4,)


@pytest.mark.parametrize("kind", KINDS)
def test_the_value_is_read_off_a_batch(cat, kind):
    network, image = cat.network, cat.image
    for target in every_kind(cat):
        outputs = np.repeat(cat.value(target.number(network)), 3, axis=0)
        is_class = isinstance(target, zv.ClassScore)
        if kind == "activation" and is_class or kind == "probability" and not is_class:
            if isinstance(target, zv.Region):
                continue
            with pytest.raises(ValueError, match="Expected the value of"):
                target.value(outputs, kind)
            continue
        found = target.value(outputs, kind)
        assert found.shape == (3,) and np.ptp(found) == 0
        assert np.isclose(found[0], target.of(cat, kind))
    assert zv.ClassScore(5).of(cat) == cat.probabilities[5]
    assert zv.ClassScore(5).of(cat, "score") == cat.logits[5]
    neuron = cat.strongest("fire9")
    assert neuron.of(cat) == neuron.activation
    mean = cat["fire9"][3:7, 2:6, 426].mean()
    assert np.isclose(zv.Region("fire9", 426, (3, 2, 7, 6)).of(cat), mean)
    assert image is cat.image


def test_a_region_agrees_with_automatic_differentiation(cat):
    region = zv.Region("fire9", 426, (3, 2, 7, 6))
    body = keras.Model(
        cat.network.keras_model.inputs, cat.network.keras_model.get_layer("fire9").output
    )
    batch = tf.constant(cat.image.batch)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        value = tf.reduce_sum(
            tf.stop_gradient(body(batch))[0, 3:7, 2:6, 426] * body(batch)[0, 3:7, 2:6, 426]
        )
    theirs = tape.gradient(value, batch).numpy()[0, ..., ::-1]
    ours = zv.project(cat, region, "gradient")
    assert worst(ours.on_canvas(), theirs) < 1e-4
    assert ours.box == region.receptive_field(cat)
    for rule in RULES:
        assert zv.project(cat, [region, region, cat.strongest("fire9")], rule)[1].pixels.any()


def test_the_mean_of_a_region_has_the_signal_of_its_mean(cat):
    """S of the region is the mean of the S of its neurons, with the gradient rule."""
    region = zv.Region("fire9", 426, (3, 2, 5, 4))
    whole = zv.reverse_signal(cat, region, ["fire5"])["fire5"]
    places = [(row, column) for row in (3, 4) for column in (2, 3)]
    single = [
        zv.reverse_signal(cat, cat.neuron("fire9", 426, *place), ["fire5"])["fire5"]
        for place in places
    ]
    assert worst(whole, np.mean(single, axis=0)) < 1e-5
    effect = zv.relevance.ablation(cat, region, "fire8", channels=[0, 1])
    assert effect.shape == (2,)


# --- an output with classes at every position --------------------------------------------------


def test_a_segmentation_like_output_is_explained_where_its_class_is(scene):
    network = scene.network
    assert network.class_count == 5 and network.class_maps == "classes" and network.logits is None
    target = scene.target()
    winners = scene["classes"].argmax(axis=-1)
    assert target.channel == np.bincount(winners.ravel()).argmax()
    assert np.array_equal(target.positions((12, 16)), winners == target.channel)
    assert target.class_index(network) == target.channel
    assert target.name(network) in network.class_names
    assert target.name(network) in scene.describe(target) and "%" in scene.describe(target)
    for method in ("relevance", "gradcam", "deconvnet"):
        assert zv.heatmap(scene, method=method).max() == 1
    heat = zv.heatmap(scene, "cow", method="occlusion", size=8, stride=8)
    assert heat.shape == (24, 32)
    assert scene.target("cow").channel == scene.target(2).channel == 2


def test_the_maps_of_classes_are_the_scores_before_softmax(scene):
    """Keras's own model gives their softmax."""
    theirs = scene.network.keras_model(scene.image.batch).numpy()[0]
    assert np.allclose(scene.network.as_probabilities(scene["classes"]), theirs, atol=1e-6)
    target = scene.target(1)
    share = theirs[target.positions((12, 16)), 1].mean()
    assert np.isclose(target.of(scene, "probability"), share, atol=1e-6)


def test_a_softmax_inside_the_network_is_still_refused():
    pixels = keras.Input((16, 16, 3))
    gate = L.Conv2D(3, 3, padding="same", activation="softmax", name="gate")(pixels)
    maps = L.Conv2D(4, 3, activation="relu", name="last")(gate)
    features_of = zv.load_model(random_weights(keras.Model(pixels, maps), seed=2))
    assert "uses softmax" in features_of.layer("last").reverse


# --- one output number: two classes --------------------------------------------------------------


def two_classes(activation=None, names=("cat", "dog")):
    """Ends as keras.io's cats-and-dogs tutorial does, in one number: features of noise."""
    pixels = keras.Input((24, 24, 3))
    maps = L.Conv2D(6, 3, activation="relu", name="edges")(L.Rescaling(1 / 255)(pixels))
    maps = L.Conv2D(1, 3, activation="relu", name="last")(L.MaxPooling2D(2)(maps))
    score = L.Dropout(0.25)(L.GlobalAveragePooling2D()(maps))
    model = keras.Model(pixels, L.Dense(1, activation=activation, name="score")(score))
    network = zv.load_model(random_weights(model, seed=5), class_names=names)
    pixels = np.random.default_rng(2).integers(0, 256, (24, 24, 3), np.uint8)
    return zv.extract_features(network, zv.load_image(pixels, network))


@pytest.mark.parametrize("activation", [None, "sigmoid"])
def test_one_output_number_is_two_classes(activation):
    features = two_classes(activation)
    network = features.network
    theirs = float(network.keras_model(features.image.batch)[0, 0])
    share = theirs if activation else 1 / (1 + np.exp(-theirs))
    assert network.class_count == 2 and network.class_names == ("cat", "dog")
    assert features.logits.shape == (2,) and features.logits.dtype == np.float32
    assert features.logits[0] == -features.logits[1] != 0
    assert np.allclose(features.probabilities, [1 - share, share], atol=1e-6)
    best = int(share > 0.5)
    assert features.target() == zv.ClassScore(best)
    assert [name for _, name, _ in features.top_classes()] == [
        ("cat", "dog")[best],
        "dog cat"[4 * best :][:3],
    ]
    assert features.target("cat") == zv.ClassScore(0)
    assert f"{features.probabilities[0]:.0%}" in features.describe("cat")
    with pytest.raises(IndexError, match="classes 0 to 1, but class 2"):
        features.target(2)
    outputs = features.value(network.logits)
    assert outputs.shape == (1, 1)
    for index in (0, 1):
        target = zv.ClassScore(index)
        assert target.of(features) == features.probabilities[index]
        assert target.of(features, "score") == features.logits[index]
        assert np.isclose(target.value(outputs, "probability")[0], features.probabilities[index])


@pytest.mark.parametrize("activation", [None, "sigmoid"])
@pytest.mark.parametrize("index", [0, 1])
def test_both_classes_of_one_number_agree_with_automatic_differentiation(activation, index):
    """The score of class 0 is minus that of class 1: why not?"""
    features = two_classes(activation)
    model = features.network.keras_model
    dense = model.get_layer("score")
    body = keras.Model(model.inputs, [model.get_layer("edges").output, dense.input])
    batch = tf.constant(features.image.batch)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        edges, last = body(batch)
        score = (2 * index - 1) * (last @ dense.kernel + dense.bias)[0, 0]
    at_pixels, at_edges = tape.gradient(score, [batch, edges])
    maps, wanted = edges.numpy()[0], at_edges.numpy()[0]
    assert worst(zv.project(features, index, "gradient").on_canvas(), at_pixels[0]) < 1e-5
    scores = zv.relevance_scores(features, index, "edges")
    assert worst(scores, (maps * wanted).sum(axis=(0, 1))) < 1e-5
    heat = zv.heatmap(features, index, "edges")
    assert np.allclose(heat, zv.heatmaps.finished((maps * wanted).sum(axis=2), (24, 24)), atol=1e-5)
    assert zv.project(features, index).pixels.shape[2] == 3


def test_occlusion_and_ablation_of_one_number_are_not_zero():
    features = two_classes()
    falls = [zv.heatmaps.occlusion(features, index, 8, 8)[0] for index in (0, 1)]
    assert np.abs(falls[0]).max() > 1e-4 and np.allclose(falls[0], -falls[1], atol=1e-6)
    removed = [zv.relevance.ablation(features, index, "edges") for index in (0, 1)]
    assert np.abs(removed[0]).max() > 1e-4 and np.allclose(removed[0], -removed[1], atol=1e-6)


def test_choosers_know_the_map_of_two_classes():
    """One map stands for both classes; a layer of two maps is no layer of classes."""
    pixels = keras.Input((24, 24, 3))
    maps = L.Conv2D(2, 3, activation="relu", name="two")(pixels)
    score = L.GlobalAveragePooling2D()(L.Conv2D(1, 1, name="classes")(maps))
    network = zv.load_model(random_weights(keras.Model(pixels, score), seed=5))
    assert zv.choose.three_layers(network).deep == "two"
    assert zv.choose.is_of_classes(network, network.layer("classes"))
    assert not zv.choose.is_of_classes(network, network.layer("two"))


@pytest.mark.parametrize("names", [("dog",), {0: "not dog", 1: "dog"}])
def test_one_name_is_that_of_class_1(names):
    assert two_classes(names=names).network.class_names == ("not dog", "dog")


def test_names_of_two_classes_that_do_not_fit():
    assert two_classes(names=None).describe(0).startswith("class 0, 'class 0'")
    with pytest.raises(ValueError, match=r"3 class names .* shape \(1,\) \(two classes\)"):
        two_classes(names=("a", "b", "c"))


def test_many_sigmoids_stay_independent_and_a_softmax_over_two_is_one():
    pixels = keras.Input((16, 16, 3))
    maps = L.GlobalAveragePooling2D()(L.Conv2D(4, 3, activation="relu")(pixels))
    for activation, count in (("sigmoid", 3), ("sigmoid", 2), ("softmax", 2)):
        model = random_weights(keras.Model(pixels, L.Dense(count, activation=activation)(maps)))
        network = zv.load_model(model, preprocess="tf")
        image = random_image(network)
        features = zv.extract_features(network, image)
        theirs = model(image.batch).numpy()[0]
        assert network.class_count == count and np.allclose(
            features.probabilities, theirs, atol=1e-6
        )
        start = zv.ClassScore(0).seed(features)
        assert start.tolist() == [1] + [0] * (count - 1)


@pytest.mark.parametrize("ending", ["pooled", "batch norm", "flat"])
def test_any_vector_output_holds_class_scores(ending):
    pixels = keras.Input((16, 16, 3))
    maps = L.Conv2D(4, 3, activation="relu", name="a")(pixels)
    if ending == "flat":
        scores = L.Flatten()(L.MaxPooling2D(14)(maps))
    else:
        scores = L.GlobalAveragePooling2D()(maps)
        if ending == "batch norm":
            scores = L.BatchNormalization()(L.Dense(3)(scores))
    model = random_weights(keras.Model(pixels, scores), seed=6)
    network = zv.load_model(model, preprocess="tf")
    image = random_image(network)
    features = zv.extract_features(network, image)
    theirs = model(image.batch).numpy()[0]
    assert np.allclose(features.logits, theirs, atol=1e-6)
    assert network.class_count == len(theirs) and network.class_name(1) == "class 1"
    batch = tf.constant(image.batch)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        score = model(batch)[0, 1]
    assert (
        worst(zv.project(features, 1, "gradient").on_canvas(), tape.gradient(score, batch)[0])
        < 1e-5
    )
