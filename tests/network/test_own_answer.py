"""A network whose graph does not say what it does is refused when it is loaded, never explained
wrongly; and whatever fails there is said in one sentence."""

import numpy as np
import pytest
from independent import random_image, random_weights

import zv_helpers as zv

keras, tf = zv.network.keras_and_tensorflow()
L = keras.layers


def functional(kind=keras.Model, ending="softmax", extra=(), **how):
    """A small convolutional model of a class, with more layers before its end."""
    pixels = keras.Input((16, 20, 3), **how)
    maps = L.Conv2D(4, 3, activation="relu", name="a")(pixels)
    for layer in extra:
        maps = layer(maps)
    scores = L.Dense(3, activation=ending)(L.GlobalAveragePooling2D()(maps))
    return random_weights(kind(pixels, scores, name="mine"), seed=3)


class Scales(keras.Model):
    def call(self, pixels, training=None, mask=None):
        return super().call(pixels / 255, training=training, mask=mask)


class OnlyTalks(keras.Model):
    """Has a call of its own that does what the graph does."""

    def call(self, pixels, training=None, mask=None):
        return super().call(pixels, training=training, mask=mask)


class Trembles(L.Layer):
    """Random also in inference."""

    def call(self, maps):
        return maps + keras.random.normal(keras.ops.shape(maps))


class Hidden(L.Layer):
    """Runs on tensors only: what it does while the graph is built is something else."""

    def call(self, maps):
        if not isinstance(maps, keras.KerasTensor) and tf.executing_eagerly() and self.broken:
            raise RuntimeError("my own mistake\nin two lines")
        return maps


@pytest.mark.parametrize("ending", ["softmax", None])
def test_a_call_that_the_graph_does_not_show_is_refused(ending):
    words = "the class of 'mine', Scales, has a call of its own that does something else"
    with pytest.raises(ValueError, match=words) as caught:
        zv.load_model(functional(Scales, ending))
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


class Same(L.Layer):
    def call(self, values):
        return values


@pytest.mark.parametrize("own, why", [([], ""), ([Same()], r" \(Same may be the reason\)")])
def test_a_layer_that_is_read_wrongly_is_refused(own, why):
    """Its activation is taken apart from the rest, which is not what this one was made to do."""
    model = functional(extra=own)
    dense = model.layers[-1]
    dense.call = lambda values, training=None: L.Dense.call(dense, 2 * values)
    with pytest.raises(ValueError, match=f"gives something else{why}, so no picture"):
        zv.load_model(model, preprocess="tf")


def test_a_call_of_its_own_that_changes_nothing_is_accepted():
    network = zv.load_model(functional(OnlyTalks))
    features = zv.extract_features(network, random_image(network))
    theirs = network.keras_model(features.image.batch).numpy()[0]
    assert np.allclose(features.probabilities, theirs, atol=1e-6)


def test_what_the_advice_says_works():
    """Scales in preprocess=, and a subclassed model made functional with its own call."""
    model = functional(Scales)
    network = zv.load_model(keras.Model(model.inputs, model.outputs), preprocess="0-1")
    features = zv.extract_features(network, random_image(network))
    theirs = model(features.image.pixels[None].astype("float32")).numpy()[0]
    assert np.allclose(features.probabilities, theirs, atol=1e-6)

    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.maps, self.scores = L.Conv2D(4, 3, activation="relu"), L.Dense(2)

        def call(self, pixels):
            return self.scores(L.GlobalAveragePooling2D()(self.maps(pixels)))

    model, pixels = Mine(), keras.Input((16, 20, 3))
    network = zv.load_model(keras.Model(pixels, model.call(pixels)))
    features = zv.extract_features(network, random_image(network))
    assert np.allclose(features.logits, model(features.image.batch).numpy()[0], rtol=1e-4)


def test_a_network_that_is_random_in_inference_is_refused():
    with pytest.raises(ValueError, match="'mine' is random also in inference"):
        zv.load_model(functional(extra=[Trembles()]), preprocess="tf")


def test_layers_that_are_random_in_training_only_are_accepted():
    calm = [L.RandomFlip(), L.RandomRotation(0.2), L.GaussianNoise(1.0), L.Dropout(0.5)]
    network = zv.load_model(functional(extra=calm))
    first, second = (zv.extract_features(network, random_image(network)) for _ in range(2))
    assert np.array_equal(first.logits, second.logits)


def test_moving_means_of_batch_norm_are_left_alone():
    """Called with training=True they change in training; it may be refused by its name."""
    pixels = keras.Input((16, 16, 3))
    norm = L.BatchNormalization()
    maps = norm(L.Conv2D(4, 3)(pixels), training=True)
    model = random_weights(keras.Model(pixels, L.GlobalAveragePooling2D()(maps)))
    before = [weight.numpy() for weight in norm.non_trainable_weights]
    try:
        zv.load_model(model)
    except ValueError as error:
        assert "training" in str(error)
    for old, now in zip(before, norm.non_trainable_weights, strict=True):
        assert np.array_equal(old, now.numpy())


def test_what_the_model_raises_becomes_a_sentence():
    layer = Hidden()
    layer.broken = True
    with pytest.raises(ValueError, match=r"'mine' fails \(.*my own mistake") as caught:
        zv.load_model(functional(extra=[layer]))
    assert "\n" not in str(caught.value)


def test_an_input_size_that_is_too_small_is_a_sentence():
    pixels = keras.Input((None, None, 3))
    model = keras.Model(pixels, L.Conv2D(4, 25)(pixels), name="mine")
    with pytest.raises(ValueError, match="takes pictures of 16 × 16 pixels, but 'mine'") as caught:
        zv.load_model(model, input_size=16)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_other_precisions_are_accepted_and_their_own_call_is_still_found(policy):
    kept = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        fair, other = functional(), functional(Scales)
    finally:
        keras.config.set_dtype_policy(kept)
    assert zv.load_model(fair).class_count == 3
    with pytest.raises(ValueError, match="Scales, has a call of its own"):
        zv.load_model(other)


def test_other_forms_of_input_are_compared_too():
    """A dict of one input, batches of one size only, and pixels as whole numbers."""
    named = keras.Input((16, 16, 3), name="image")
    maps = L.Conv2D(4, 3, activation="relu")(named)
    assert zv.load_model(keras.Model({"image": named}, {"maps": maps})).layers
    eight = keras.Input(batch_shape=(8, 16, 16, 3))
    assert zv.load_model(keras.Model(eight, L.Conv2D(4, 3, activation="relu")(eight))).layers
    whole = keras.Input((16, 16, 3), dtype="uint8")
    scaled = L.Rescaling(1 / 255)(whole)
    assert zv.load_model(keras.Model(whole, L.Conv2D(4, 3, activation="relu")(scaled))).layers
    bound = random_weights(keras.Model(named, L.Conv2D(2, 3, activation="relu")(maps * 1e30)))
    assert zv.load_model(bound).layers  # values that are not finite are no difference


# --- which output --------------------------------------------------------------------------------


def two_outputs(named=False):
    pixels = keras.Input((16, 20, 3))
    maps = L.Conv2D(4, 3, activation="relu", name="a")(pixels)
    pooled = L.GlobalAveragePooling2D()(maps)
    kind = L.Dense(3, activation="softmax", name="kind")(pooled)
    other = L.Dense(5, activation="softmax", name="colour")(pooled)
    outputs = {"what": kind, "hue": other} if named else [kind, other]
    return random_weights(keras.Model(pixels, outputs, name="both"), seed=3)


@pytest.mark.parametrize(
    "named, output, count",
    [(False, "kind", 3), (False, "colour", 5), (False, 1, 5), (True, "what", 3), (True, 0, 5)],
)
def test_one_of_several_outputs_is_chosen(named, output, count):
    model = two_outputs(named)
    network = zv.load_model(model, output=output, preprocess="tf")
    features = zv.extract_features(network, random_image(network))
    theirs = keras.tree.flatten(model(features.image.batch))
    (wanted,) = [one.numpy()[0] for one in theirs if one.shape[-1] == count]
    assert network.class_count == count and network.name == "both"
    assert np.allclose(features.probabilities, wanted, atol=1e-6)


def test_an_output_that_is_not_there():
    with pytest.raises(ValueError, match=r"has 2, 'kind' \(3,\), 'colour' \(5,\): .*output='kind'"):
        zv.load_model(two_outputs())
    with pytest.raises(ValueError, match=r"has 2, 'hue' \(5,\), 'what' \(3,\)"):
        zv.load_model(two_outputs(named=True))
    with pytest.raises(KeyError, match="no output named 'sort': choose one of 'kind'"):
        zv.load_model(two_outputs(), output="sort")
    for output in (2, -1, 0.5):
        with pytest.raises(IndexError, match="a name or an index from 0 to 1, but got"):
            zv.load_model(two_outputs(), output=output)
    assert zv.load_model(functional(), output=0).class_count == 3


# --- sizes, grey, preprocessing ------------------------------------------------------------------


def open_model(channels=3):
    pixels = keras.Input((None, None, channels))
    maps = L.Conv2D(4, 3, activation="relu", name="a")(pixels)
    return random_weights(
        keras.Model(pixels, L.GlobalAveragePooling2D()(maps), name="open"), seed=2
    )


def test_open_sizes_may_be_given_as_one_number():
    assert zv.load_model(open_model()).input_size == (224, 224)
    assert zv.load_model(open_model(), input_size=96).input_size == (96, 96)
    assert zv.load_model(open_model(), input_size=np.int64(16)).input_size == (16, 16)
    assert zv.load_model(open_model(), input_size=[32, 1024]).input_size == (32, 1024)
    assert zv.load_model("squeezenet", input_size=96).input_size == (96, 96)
    half = keras.Input((None, 40, 3))
    half = keras.Model(half, L.Conv2D(4, 3)(half))
    assert zv.load_model(half).input_size == (224, 40)
    assert zv.load_model(half, input_size=(30, 40)).input_size == (30, 40)
    with pytest.raises(ValueError, match=r"30 × 40 pixels, so input_size \(30, 41\)"):
        zv.load_model(half, input_size=(30, 41))


@pytest.mark.parametrize("size", [15, (1025, 20), (20,), "large", 96.0, (20, 20, 3), -20])
def test_a_size_that_is_none_is_refused(size):
    with pytest.raises(ValueError, match=r"\(h, w\) or one number for both, 16 to 1024 pixels"):
        zv.load_model(open_model(), input_size=size)
    with pytest.raises(ValueError, match=r"\(h, w\) or one number for both, 16 to 1024 pixels"):
        zv.load_model("squeezenet", input_size=size)


def test_grey_pictures():
    network = zv.load_model(open_model(1), input_size=20, preprocess="0-1")
    assert network.spec.channels == 1 and not network.spec.reads_bgr
    assert "grey" in network.spec.text and "grey" in str(network.spec)
    pixels = np.arange(400, dtype=np.float32).reshape(1, 20, 20, 1) % 256
    for way in ("0-1", "tf", "none"):
        spec = zv.InputSpec((20, 20), 1, way)
        assert spec.prepare(pixels).shape == (1, 20, 20, 1)
        assert np.allclose(spec.restore(spec.prepare(pixels)), pixels, atol=1e-4)
    half = zv.InputSpec((20, 20), 1, lambda pixels: pixels / 2)
    assert np.array_equal(half.prepare(pixels), pixels / 2)
    for way in ("caffe", "torch"):
        with pytest.raises(ValueError, match=f"tf, 0-1, none or a function.*{way}' is one for col"):
            zv.load_model(open_model(1), preprocess=way)


@pytest.mark.parametrize(
    "way, words",
    [
        (
            lambda pixels: pixels[0],
            r"of shape \(1, 16, 20, 3\) .* but it gives shape \(16, 20, 3\)",
        ),
        (lambda pixels: pixels[..., :1], r"but it gives shape \(1, 16, 20, 1\)"),
        (lambda pixels: None, "but it gives"),
        (lambda pixels: "prepared", "fails or gives no array"),
        (lambda pixels: {"image": pixels}, "fails or gives no array"),
        (lambda pixels: pixels / unknown, "name 'unknown' is not defined"),  # noqa: F821
    ],
)
def test_a_preprocessing_that_gives_something_else_is_refused(way, words):
    with pytest.raises(ValueError, match=words) as caught:
        zv.load_model(functional(), preprocess=way)
    assert "\n" not in str(caught.value)


def test_a_preprocessing_may_give_a_tensor():
    network = zv.load_model(functional(), preprocess=lambda pixels: tf.constant(pixels) / 255)
    assert isinstance(random_image(network).batch, np.ndarray)


# --- the summary of a network that cannot be reversed --------------------------------------------


def test_the_summary_says_each_reason_once():
    """Two reasons, the first of them for many layers."""
    extra = [L.Conv2D(4, 3, activation="swish", name="b"), L.Conv2D(4, 3, activation="relu")]
    network = zv.load_model(functional(extra=[*extra, L.Conv2D(4, 1), L.MaxPooling2D(2)]))
    table = network.summary()
    column = [row[-1] for row in table.rows]
    assert column == ["yes (no switches)"] + ["no (1)"] * (len(column) - 1) and len(column) > 3
    reason = network.layers[1].reverse
    assert table.notes == (f"(1) {reason}",) and "'b' uses swish" in reason
    assert repr(table).count("uses swish") == 1 and repr(table).endswith(reason)
    assert zv.load_model(functional()).summary().notes == ()
