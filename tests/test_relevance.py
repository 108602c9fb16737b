"""Step 4b: one number for each feature map, and what each really does."""

import numpy as np
import pytest
from independent import double_precision, random_image, random_weights, worst

import zv_helpers as zv
from zv_helpers.deconvnet import RULES
from zv_helpers.relevance import ablation, activation_times_gradient, rank_correlation


@pytest.fixture(scope="module")
def fire5(cat):
    """The true effect of each map of fire5, and the relevance scores of the three rules."""
    scores = {rule: zv.relevance_scores(cat, None, "fire5", rule) for rule in RULES}
    return ablation(cat, None, "fire5"), scores


def derivative(tf, features, layer, class_index):
    """∂ logit / ∂ maps, and the maps, by automatic differentiation: float (h, w, channels)."""
    import keras

    model, logits = features.network.keras_model, "average"
    probe = keras.Model(
        model.inputs, [model.get_layer(layer).output, model.get_layer(logits).output]
    )
    batch = tf.convert_to_tensor(features.image.batch)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        maps, scores = probe(batch, training=False)
        score = scores[0, class_index]
    return tape.gradient(score, maps)[0].numpy(), maps[0].numpy()


@pytest.mark.parametrize("layer", ["fire2", "pool3", "fire5", "fire9"])
def test_with_the_gradient_rule_a_score_is_activation_times_derivative(tf, cat, layer):
    slope, maps = derivative(tf, cat, layer, 281)
    scores = zv.relevance_scores(cat, 281, layer)
    assert scores.shape == (maps.shape[2],) and scores.dtype == np.float32
    assert worst(scores, (maps * slope).sum(axis=(0, 1))) < 1e-4
    assert scores.min() < 0 < scores.max()
    signal = zv.reverse_signal(cat, cat.class_neuron(281), [layer])[layer]
    assert worst(signal, slope) < 1e-4


@pytest.mark.parametrize("rule", RULES)
def test_scores_and_map_are_the_two_margins_of_one_product(cat, rule):
    product = activation_times_gradient(cat, 281, "fire9", rule).astype(float)
    scores = zv.relevance_scores(cat, 281, "fire9", rule)
    assert product.shape == cat["fire9"].shape
    assert np.allclose(scores, product.sum(axis=(0, 1)), rtol=1e-4, atol=1e-4)
    raw = zv.heatmaps.raw_map(cat, cat.class_neuron(281), "fire9", "relevance", rule)
    assert np.allclose(raw, product.sum(axis=2), rtol=1e-4, atol=1e-4)
    total = product.sum()
    assert np.isclose(scores.sum(dtype=float), total, rtol=1e-4)
    assert np.isclose(raw.sum(dtype=float), total, rtol=1e-4)


def test_one_layer_before_the_score_the_sum_is_the_score_without_its_bias(cat):
    """Between fire9 and the class score lies one ReLU, one 1×1 convolution and a mean."""
    active = cat["conv10"][..., 281] > 0
    bias = cat.network.keras_model.get_layer("conv10").bias.numpy()[281]
    total = zv.relevance_scores(cat, 281, "fire9").sum(dtype=float)
    assert np.isclose(total + bias * active.mean(), cat.logits[281], rtol=1e-4)


def test_several_layers_at_once_and_a_neuron_as_target(cat):
    target = cat.strongest("fire8")
    both = zv.reverse_signal(cat, target, ["fire2", "fire6"])
    assert np.array_equal(both["fire2"], zv.reverse_signal(cat, target, ["fire2"])["fire2"])
    assert both["fire6"].shape == cat["fire6"].shape
    scores = zv.relevance_scores(cat, target, "fire6")
    assert np.allclose(
        scores, (cat["fire6"] * both["fire6"]).sum(axis=(0, 1)), rtol=1e-4, atol=1e-4
    )
    box = np.argwhere(both["fire6"].any(axis=2))
    assert len(box) < both["fire6"][..., 0].size  # only what the neuron sees


def test_a_layer_above_the_target_has_no_relevance(cat):
    assert not zv.relevance_scores(cat, cat.strongest("fire3"), "fire8").any()


def test_the_default_is_the_top_class(cat):
    top = int(cat.logits.argmax())
    assert np.array_equal(
        zv.relevance_scores(cat, None, "fire9"), zv.relevance_scores(cat, top, "fire9")
    )


def test_what_cannot_be_scored_is_refused(cat, vgg_cat):
    with pytest.raises(ValueError, match="but got 'lrp'"):
        zv.relevance_scores(cat, 281, "fire9", "lrp")
    with pytest.raises(KeyError, match="no layer 'fire99'"):
        zv.relevance_scores(cat, 281, "fire99")
    with pytest.raises(IndexError, match="class 1000"):
        zv.relevance_scores(cat, 1000, "fire9")
    with pytest.raises(ValueError, match="no class scores"):
        zv.relevance_scores(vgg_cat, 281, "block5_conv1")


# --- what really happens when a map is removed ---------------------------------------------------


def test_ablation_against_a_network_whose_filter_was_deleted(keras, cat):
    """A map is zero when its filter and bias are: the whole network, forward again from the
    pixels."""
    model = zv.network.shipped.squeezenet((224, 224))
    probe = keras.Model(model.inputs, model.get_layer("average").output)
    target = cat.class_neuron(281)
    strongest = zv.relevance_scores(cat, 281, "fire5")
    channels = [int(strongest.argmax()), int(strongest.argmin()), 3, 200]
    ours = ablation(cat, 281, "fire5", channels)
    assert ours.shape == (4,)
    for channel, effect in zip(channels, ours, strict=True):
        part, k = ("1x1", channel) if channel < 128 else ("3x3", channel - 128)
        layer = model.get_layer(f"fire5_expand{part}")
        kept = layer.get_weights()
        kernel, bias = (w.copy() for w in kept)
        kernel[..., k], bias[k] = 0, 0
        layer.set_weights([kernel, bias])
        without = probe(cat.image.batch, training=False).numpy()[0, 281]
        layer.set_weights(kept)
        assert np.isclose(effect, target.of(cat, "score") - without, atol=2e-4)
    assert ours[0] > 0 > ours[1]


def residual(keras):
    """Three blocks as in ResNet50V2: what goes past is the sum before them, or its ReLU."""
    L = keras.layers
    pixels = keras.Input((24, 20, 3))
    x = L.Conv2D(8, 3, 2, "same")(pixels)
    for block in (1, 2, 3):
        before = L.ReLU(name=f"before{block}")(L.BatchNormalization()(x))
        y = L.Conv2D(6, 3, padding="same", activation="relu", name=f"inside{block}")(before)
        past = L.Conv2D(8, 1)(before) if block == 2 else x
        x = L.Add(name=f"out{block}")([past, L.Conv2D(8, 3, padding="same")(y)])
    return keras.Model(pixels, L.Dense(6)(L.GlobalAveragePooling2D()(L.ReLU()(x))))


def test_ablation_where_branches_pass_the_layer_by(keras):
    """What the shortcut carries past the changed layer is kept, as a full recomputation shows."""
    with double_precision():
        model = random_weights(residual(keras), seed=3)
        network = zv.load_model(model, preprocess="tf")
    features = zv.extract_features(network, random_image(network))
    for layer in ("inside1", "before2", "out2"):
        maps = features[layer]
        channels = np.argsort(-np.abs(maps).sum(axis=(0, 1)))[:3]
        ours = ablation(features, 2, layer, channels)
        changed = model.get_layer(layer)
        forward = changed.call
        for channel, effect in zip(channels, ours, strict=True):
            mask = np.ones(maps.shape[2])
            mask[channel] = 0
            changed.call = lambda *x, mask=mask, forward=forward: forward(*x) * mask
            without = model(features.image.batch, training=False).numpy()[0, 2]
            changed.call = forward
            assert np.isclose(effect, features.logits[2] - without, rtol=1e-5, atol=1e-9), layer
        assert np.abs(ours).max() > 0


def test_ablation_on_a_neuron_of_a_network_without_classes(vgg_cat):
    target = vgg_cat.strongest("block5_conv1")
    effects = ablation(vgg_cat, target, "block4_conv3", range(6), batch=4)
    scores = zv.relevance_scores(vgg_cat, target, "block4_conv3")[:6]
    # One linear layer, its ReLU and a pool lie between; most of these maps hardly count.
    assert effects.shape == (6,) and np.isfinite(effects).all()
    assert np.sign(effects[np.abs(scores).argmax()]) == np.sign(scores[np.abs(scores).argmax()])


def test_a_batch_of_another_size_measures_the_same(cat):
    some = [5, 17, 80, 255]
    one_by_one = ablation(cat, 281, "fire5", some, batch=1)
    assert np.allclose(one_by_one, ablation(cat, 281, "fire5", some, batch=3), atol=1e-4)


def test_the_gradient_rule_orders_the_maps_as_they_really_count(fire5):
    """The measured fact behind the default: the deconvnet shows what a feature looks for, not how
    much it counts."""
    effects, scores = fire5
    agreement = {rule: rank_correlation(scores[rule], effects) for rule in RULES}
    assert agreement["gradient"] >= 0.9
    assert agreement["guided"] < 0.7 and agreement["deconvnet"] < 0.5
    assert agreement["gradient"] > agreement["guided"] > agreement["deconvnet"]


def test_one_layer_before_the_score_every_rule_agrees(cat):
    effects = ablation(cat, None, "fire9")
    for rule in RULES:
        assert rank_correlation(zv.relevance_scores(cat, None, "fire9", rule), effects) >= 0.99


# --- rank correlation ----------------------------------------------------------------------------


def test_rank_correlation_by_hand():
    # Ranks (0, 1, 2, 3) and (1, 0, 3, 2): 1 − 6·4 / (4·15) = 0.6.
    assert rank_correlation([1, 2, 3, 4], [20, 10, 40, 30]) == pytest.approx(0.6)
    # A tie shares its mean rank: (0, 1.5, 1.5, 3) with (0, 1, 2, 3) has 4.5 / √(4.5 · 5).
    assert rank_correlation([1, 2, 2, 3], [1, 2, 3, 4]) == pytest.approx(4.5 / np.sqrt(4.5 * 5))


def test_rank_correlation_ignores_scale_and_constant_scores_order_nothing():
    values = np.random.default_rng(0).normal(size=50)
    assert rank_correlation(values, np.exp(values)) == pytest.approx(1)
    assert rank_correlation(values, -(values**3)) == pytest.approx(-1)
    assert rank_correlation(values, np.ones(50)) == 0
