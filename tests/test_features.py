"""Step 3: one forward pass, everything kept."""

import numpy as np
import pytest
from independent import random_image, random_weights, reading

import zv_helpers as zv
from zv_helpers.deconvnet import switches_of
from zv_helpers.features import resume
from zv_helpers.network.running import forward


def small_resnet(keras, seed=0):
    model = keras.applications.ResNet50(
        weights=None, input_shape=(32, 32, 3), classes=10, classifier_activation=None
    )
    net = zv.load_model(random_weights(model, seed), preprocess="caffe")
    return zv.extract_features(net, random_image(net))


@pytest.fixture(scope="module")
def resnet(keras):
    return small_resnet(keras)


def test_every_feature_map_is_what_keras_computes(cat, vgg_cat, resnet):
    for features in (cat, vgg_cat, resnet):
        model = features.network.keras_model
        theirs = reading(model, features.layers)(features.image.batch, training=False)
        assert len(features.layers) == len(features.network.layers)
        for name, expected in zip(features.layers, theirs, strict=True):
            ours, row = features[name], features.network.layer(name)
            assert ours.dtype == np.float32
            assert ours.shape == (row.height, row.width, row.channels)
            assert np.abs(ours - expected[0]).max() <= 1e-5 * np.abs(expected[0]).max(), name


def test_feature_maps_cannot_be_changed(cat):
    with pytest.raises(ValueError, match="read-only"):
        cat["fire5"][0, 0, 0] = 1


def test_logits_and_probabilities(cat):
    theirs = cat.network.keras_model(cat.image.batch).numpy()[0]
    assert np.allclose(cat.probabilities, theirs, atol=1e-6)
    assert np.isclose(cat.probabilities.sum(), 1, atol=1e-5)
    powers = np.exp(cat.logits.astype(float))
    assert np.allclose(powers / powers.sum(), theirs, atol=1e-6)


def test_the_cat_is_a_cat(cat):
    top = cat.top_classes(5)
    assert len(top) == 5 and [p for _, _, p in top] == sorted((p for _, _, p in top), reverse=True)
    assert {name for _, name, _ in top[:3]} & {"tabby", "Egyptian cat", "tiger cat"}
    assert top[0] == cat.top_classes()[0]


def test_neurons(cat):
    strongest = cat.strongest("fire9")
    assert strongest.activation == cat["fire9"].max()
    again = cat.neuron("fire9", strongest.channel, strongest.row, strongest.column)
    assert again == strongest and hash(again) == hash(strongest)
    one = cat.strongest("fire9", channel=7)
    assert one.channel == 7 and one.activation == cat["fire9"][..., 7].max()
    order = cat.strongest_channels("fire9")
    assert order[0] == strongest.channel and len(order) == 512
    peaks = cat["fire9"].max(axis=(0, 1))[order]
    assert (np.diff(peaks) <= 0).all()
    assert np.array_equal(cat.strongest_channels("fire9", 4), order[:4])
    score = cat.class_neuron(281)
    assert score == zv.ClassScore(281) and score.of(cat, "score") == cat.logits[281]
    assert cat.target().index == cat.logits.argmax()
    assert cat.target(3) == cat.class_neuron(3)
    assert "tabby" in cat.describe(score) and "fire9" in cat.describe(strongest)


def test_of_equal_neurons_the_first_is_the_strongest(cat):
    from dataclasses import replace

    maps = np.zeros((1, 2, 3, 4), np.float32)
    maps[0, 1, 0, 2] = maps[0, 1, 2, 1] = 5
    number = cat.network.graph.layer_values["fire9"]
    features = replace(cat, values={**cat.values, number: maps})
    best = features.strongest("fire9")
    assert (best.row, best.column, best.channel) == (1, 0, 2)


def test_what_is_not_there_is_refused(cat, vgg_cat):
    with pytest.raises(KeyError, match="has no layer 'fire10': try fire"):
        cat["fire10"]
    with pytest.raises(IndexError, match="fire9 has feature maps 0 to 511, but feature map 512"):
        cat.neuron("fire9", 512, 0, 0)
    with pytest.raises(IndexError, match="rows 0 to 12, but row -1"):
        cat.neuron("fire9", 0, -1, 0)
    with pytest.raises(IndexError, match="feature map 512"):
        cat.strongest("fire9", 512)
    with pytest.raises(IndexError, match="classes 0 to 999, but class 1000"):
        cat.class_neuron(1000)
    with pytest.raises(ValueError, match="no class scores"):
        vgg_cat.target(281)
    assert vgg_cat.target() == vgg_cat.strongest("block5_conv3")
    with pytest.raises(
        KeyError, match="'fire9' is no max-pool of squeezenet: its pools are .*pool1"
    ):
        switches_of(cat, "fire9")


def test_an_image_of_another_size_is_refused(keras, cat):
    L = keras.layers
    net = zv.load_model(keras.Sequential([keras.Input((32, 32, 3)), L.Conv2D(2, 3)]))
    with pytest.raises(ValueError, match="32 × 32 pixels .* was made for 224 × 224 pixels"):
        zv.extract_features(net, cat.image)


def test_upto_goes_no_deeper_and_says_the_same(cat):
    part = zv.extract_features(cat.network, cat.image, upto="fire3")
    assert part.layers[-1] == "fire3" and "fire4" not in part.layers
    assert np.array_equal(part["fire3"], cat["fire3"])
    assert part.megabytes < cat.megabytes
    with pytest.raises(KeyError, match="'fire9' was not computed.*stopped at 'fire3'"):
        part["fire9"]
    with pytest.raises(ValueError, match="stopped before the class scores"):
        _ = part.logits
    with pytest.raises(KeyError, match="has no layer 'fire77'"):
        zv.extract_features(cat.network, cat.image, upto="fire77")
    neuron = part.strongest("fire3")
    assert np.array_equal(zv.project(part, neuron).pixels, zv.project(cat, neuron).pixels)


def test_only_what_is_needed_is_kept(vgg_cat):
    """The 18 layers' maps and the network's input; nothing twice."""
    values = list(vgg_cat.values.values())
    assert len(values) == 19
    assert vgg_cat.megabytes == sum(v.nbytes for v in values) / 1e6


@pytest.mark.parametrize("pool", ["pool1", "pool3", "pool5"])
def test_switches_are_those_of_tensorflow(tf, cat, pool):
    source = {"pool1": "conv1", "pool3": "fire3", "pool5": "fire5"}[pool]
    maps = cat[source]
    _, theirs = tf.nn.max_pool_with_argmax(maps[None], 3, 2, "VALID")
    assert np.array_equal(switches_of(cat, pool), theirs.numpy()[0] // maps.shape[2])


def test_switches_of_a_padded_pool(tf, keras):
    L = keras.layers
    pixels = keras.Input((15, 12, 3))
    x = L.MaxPooling2D(3, 2, padding="same", name="p")(L.Conv2D(4, 3, name="c")(pixels))
    net = zv.load_model(random_weights(keras.Model(pixels, x)))
    features = zv.extract_features(net, random_image(net))
    _, theirs = tf.nn.max_pool_with_argmax(features["c"][None], 3, 2, "SAME")
    assert np.array_equal(switches_of(features, "p"), theirs.numpy()[0] // 4)


def test_a_receptive_field_is_cut_at_the_border(cat):
    assert cat.receptive_field(cat.neuron("conv1", 0, 3, 5)) == (6, 10, 9, 13)
    box = cat.receptive_field(cat.neuron("fire9", 0, 0, 0))
    assert box[:2] == (0, 0) and box[2] < 224
    assert zv.project(cat, cat.class_neuron(5)).box == cat.receptive_field(cat.class_neuron(5))


def test_resume_from_unchanged_maps_gives_the_same_scores(cat, resnet):
    for features, layers in (
        (cat, ["conv1", "fire2_squeeze1x1", "fire5", "conv10"]),
        (resnet, ["conv1_relu", "conv2_block2_1_relu", "conv3_block1_out", "conv5_block3_out"]),
    ):
        for layer in layers:
            twice = np.repeat(features[layer][None], 2, axis=0)
            scores = resume(features, layer, twice, features.network.logits)
            scale = np.abs(features.logits).max()
            assert np.allclose(scores, features.logits, atol=2e-5 * scale), layer


def test_forward_of_several_pictures_at_once(cat):
    batch = np.concatenate([cat.image.batch, cat.image.batch[:, ::-1]])
    out, weights = forward(cat.network, batch, cat.network.logits)
    assert weights is cat.weights
    assert list(out) == [cat.network.logits]
    assert np.allclose(np.asarray(out[cat.network.logits])[0], cat.logits, atol=1e-3)


def test_a_forward_pass_changes_nothing(cat):
    batch = cat.image.batch.copy()
    again = zv.extract_features(cat.network, cat.image)
    assert np.array_equal(batch, cat.image.batch)
    assert np.allclose(again.logits, cat.logits, rtol=1e-5)


def test_an_image_made_for_another_network_is_refused(keras, squeezenet):
    """With other preprocessing a cat once became a mosquito net, without a word."""
    model = squeezenet.keras_model
    other = zv.load_model(model, preprocess="tf", class_names=squeezenet.class_names)
    image = zv.load_image("tabby_cat", other)
    with pytest.raises(ValueError, match="made for squeezenet .*'caffe'.* was made for .*'tf'"):
        zv.extract_features(squeezenet, image)
    assert image.spec == other.spec != squeezenet.spec
    with pytest.raises(ValueError, match=r"made with load_image\(source, network\), but got nd"):
        zv.extract_features(squeezenet, image.batch)


def test_an_image_serves_every_network_that_takes_the_same_input(squeezenet, vgg16):
    image = zv.load_image("tabby_cat", squeezenet)
    assert zv.extract_features(vgg16, image)["block1_conv1"].any()


def capped(keras, *, bias=0.0, kernel=1.0, cap=6.0):
    """Features of a ramp, 0 to 7 from left to right, through one convolution with a capped ReLU."""
    L = keras.layers
    layers = [L.Conv2D(2, 1, name="c"), L.ReLU(cap, name="r"), L.MaxPooling2D(2, name="p")]
    network = zv.load_model(keras.Sequential([keras.Input((8, 8, 3)), *layers]))
    weights = np.zeros((1, 1, 3, 2), np.float32)
    weights[..., 0, 0], weights[..., 1, 1] = kernel, kernel / 2
    network.keras_model.get_layer("c").set_weights([weights, np.full(2, bias, np.float32)])
    ramp = np.tile(np.arange(8, dtype=np.uint8)[None, :, None], (8, 1, 3))
    network = zv.load_model(network.keras_model)
    return zv.extract_features(network, zv.load_image(ramp, network))


def test_the_strongest_neuron_lies_below_the_cap_of_its_relu(keras):
    features = capped(keras)
    assert features["r"].max() == 6 and features["r"][0, 6, 0] == features["r"][0, 7, 0] == 6
    best = features.strongest("r")
    assert (best.column, best.channel, best.activation) == (5, 0, 5)
    assert features.strongest("r", 1).column == 7  # half as large, so never at the cap
    assert features.strongest_channels("r").tolist() == [0, 1]
    assert features.cap("r") == 6 and features.count_at_cap("r", 0) == 16
    assert features.count_at_cap("r", 1) == 0
    assert features.cap("p") == 6  # a pool passes on what lies at the cap
    assert features.strongest("p").activation == 5


def test_where_all_lie_at_the_cap_one_of_them_is_the_strongest(keras):
    features = capped(keras, bias=9)
    best = features.strongest("r")
    assert (best.row, best.column, best.channel, best.activation) == (0, 0, 0, 6)


def test_below_a_cap_a_feature_map_with_more_room_counts_as_stronger(keras):
    """Map 0 jumps from 0 to the cap; map 1 comes close to it."""
    features = capped(keras, kernel=1.6)
    assert features.strongest_channels("r").tolist() == [1, 0]
    assert features.strongest("r").channel == 1


def test_no_layer_of_efficientnet_lite0_begins_at_a_cap(lite_cat):
    """33 of its 33 capped layers had their strongest neuron at the cap, where no gradient goes."""
    capped = [name for name in lite_cat.layers if lite_cat.cap(name) is not None]
    assert len(capped) == 33 and all(lite_cat[name].max() == 6 for name in capped)
    for name in capped:
        best = lite_cat.strongest(name)
        assert 5 < best.activation < 6
        assert best.channel == lite_cat.strongest_channels(name, 1)[0]
    for name in capped[::4]:
        for rule in ("gradient", "guided"):
            shown = zv.project(lite_cat, lite_cat.strongest(name), rule)
            assert shown.notes == () and (shown.pixels.any() or rule == "guided"), name
