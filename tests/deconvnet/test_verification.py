"""`verify`: it agrees with a right engine, shows a wrong one, and says what is refused."""

import numpy as np
import pytest
from independent import random_image, random_weights

import zv_helpers as zv
from zv_helpers.cache import forget_everything
from zv_helpers.deconvnet.rules.table import REVERSALS
from zv_helpers.progress import Cancelled

keras, tf = zv.network.keras_and_tensorflow()
L = keras.layers
RULES = ("deconvnet", "guided", "gradient")


@pytest.fixture
def broken():
    """Register wrong reversals in the test; the right ones come back after it."""
    kept = dict(REVERSALS)
    yield zv.reverse_rule
    REVERSALS.clear()
    REVERSALS.update(kept)
    forget_everything()


def small(*middle, end=None, size=16):
    """A network: a convolution, what is given, and classes."""
    inputs = x = keras.Input((size, size, 3))
    for layer in (L.Conv2D(4, 3, activation="relu", name="first"), *middle):
        x = layer(x)
    x = x if end is None else end(x)
    model = random_weights(keras.Model(inputs, L.Dense(3)(L.GlobalAveragePooling2D()(x))))
    return zv.load_model(model, preprocess="tf")


def verified(network, **how):
    return zv.verify(network, random_image(network), **how)


def row(found, layer):
    return next(one for one in found.rows if one.layer == layer)


def test_squeezenet_is_right():
    """By one rule; notebook 1 shows another, and `make thorough` has the corpus compare all."""
    network = zv.load_model("squeezenet", input_size=(64, 64))
    found = zv.verify(network, rules=["guided"])
    assert [one.layer for one in found.rows] == [*(one.name for one in network.layers), SCORE]
    assert not found.refused
    assert all(set(one.differences) == {"maps", "guided"} for one in found.rows)
    assert 0 < found.worst < 1e-5
    last = found.rows[-1].target
    assert last == zv.extract_features(network, image_of(network)).target()
    assert repr(found).startswith("layer") and "38 of 38 rows" in repr(found)


SCORE = "class score"


def image_of(network):
    return zv.load_image(zv.photographs()["tabby_cat"], network)


def test_a_wrong_rule_shows_in_its_column_from_its_layer_on(broken):
    @broken("Rectifier", keeps="output")
    def forgets_the_signs(signal, context):
        if context.rule == "guided":
            return np.maximum(signal, 0)  # deconvnet's, not guided's
        active = context.output_maps() > 0
        return np.maximum(signal, 0) if context.rule == "deconvnet" else signal * active

    found = verified(small(L.Conv2D(5, 3, activation="relu", name="second"), L.MaxPooling2D()))
    for one in found.rows[1:]:
        assert one.differences["guided"] > 0.01, one
        assert max(one.differences["gradient"], one.differences["deconvnet"]) < 1e-5
    assert found.worst == max(one.differences["guided"] for one in found.rows)


def test_a_wrong_transpose_shows(broken):
    @broken("BatchNormalization")
    def forgets_the_deviation(signal, context):
        return signal * np.asarray(context.layer.gamma)

    found = verified(small(L.Conv2D(4, 3), L.BatchNormalization(), L.ReLU(name="relu")))
    assert row(found, "first").worst < 1e-5
    assert all(row(found, "relu").differences[rule] > 0.01 for rule in RULES)
    assert row(found, SCORE).worst > 0.01


def test_a_refused_layer_shows_its_sentence_once():
    swish = L.Conv2D(4, 3, activation="swish", name="smooth")
    found = verified(small(swish, L.Conv2D(4, 3, activation="relu", name="after")))
    assert [one.layer for one in found.refused] == ["smooth", "after", SCORE]
    assert "uses swish" in found.refused[0].sentence and found.refused[0].differences is None
    assert row(found, "first").worst == found.worst < 1e-5
    assert repr(found).count("uses swish") == 2  # in its row and in the last line
    assert "as above" in repr(found)


def test_nothing_to_compare():
    inputs = keras.Input((8, 8, 3))
    x = L.GlobalAveragePooling2D()(L.Conv2D(2, 3, activation="swish")(inputs))
    found = verified(zv.load_model(keras.Model(inputs, L.Dense(2)(x))))
    assert len(found.refused) == len(found.rows) == 2 and np.isnan(found.worst)


@pytest.mark.parametrize(
    "form",
    [
        lambda: L.LeakyReLU(negative_slope=0.125),
        lambda: L.ReLU(max_value=1.0, negative_slope=0.25),
        lambda: L.PReLU(),
        lambda: L.PReLU(shared_axes=[1, 2]),
        lambda: L.Conv2D(4, 3, activation="leaky_relu"),
        lambda: L.Conv2D(4, 3, activation="relu6"),
        lambda: L.SeparableConv2D(4, 3, activation="relu"),
        lambda: L.Activation("relu6"),
        lambda: keras.ops.relu,
    ],
)
def test_every_form_of_relu_has_its_rules(form):
    found = verified(small(form(), L.Conv2D(3, 3, activation="relu")))
    assert not found.refused and found.worst < 1e-5


def test_layers_keep_their_own_activation():
    network = small()
    layer = network.keras_model.get_layer("first")
    verified(network)
    assert layer.activation is keras.activations.relu


def test_a_network_that_ends_in_maps_and_one_that_reads_bgr():
    inputs = keras.Input((12, 12, 3))
    model = random_weights(keras.Model(inputs, L.Conv2D(3, 3, activation="relu")(inputs)))
    found = verified(zv.load_model(model, preprocess="caffe"))
    assert [one.layer for one in found.rows] == [model.layers[-1].name]
    assert found.worst < 1e-5


def test_a_grey_network_with_one_logit():
    layers = [L.Conv2D(3, 3, activation="relu"), L.Flatten(), L.Dense(1)]
    model = random_weights(keras.Sequential([keras.Input((9, 12, 1)), *layers]))
    found = zv.verify(zv.load_model(model))
    assert [one.layer for one in found.rows][1:] == [SCORE]
    assert found.worst < 1e-5


def test_a_dead_layer_has_no_signal():
    dead = L.Conv2D(2, 3, activation="relu", name="dead")
    network = small(dead)
    dead.set_weights([np.zeros((3, 3, 4, 2)), -np.ones(2)])
    found = verified(network)
    assert np.isnan(row(found, "dead").worst) and "no signal" in repr(found)


def test_one_rule_will_do():
    found = verified(small(), rules=["gradient"])
    assert found.rules == ("gradient",) and set(found.rows[0].differences) == {"maps", "gradient"}


def test_it_says_how_far_it_is_and_can_be_cancelled():
    network, told = small(), []
    verified(network, progress=lambda done, count: told.append((done, count)))
    assert told == [(done, 6) for done in range(7)]  # two rows, three rules

    def enough(done, count):
        raise Cancelled

    with pytest.raises(Cancelled):
        verified(network, progress=enough)


def test_what_is_not_understood_is_refused():
    network = small()
    with pytest.raises(ValueError, match="Expected the rule to be one of"):
        zv.verify(network, rules=["saliency"])
    with pytest.raises(ValueError, match="made for"):
        zv.verify(network, random_image(small(size=20)))
