"""One kind of layer at a time: what people put into networks beside convolutions and pools.

As in `test_engine`: random weights in float64, all three rules against automatic differentiation.
"""

import numpy as np
import pytest
from independent import double_precision, positive_weights, random_weights, reading, reverse_by_tape
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer
from test_engine import (
    EXACT,
    KINDS,
    L,
    around,
    check,
    conv,
    everything,
    features_of,
    keras,
    refused,
    spots,
)

import zv_helpers as zv
from zv_helpers.deconvnet.steps import step_of
from zv_helpers.network.graph import AUGMENTING
from zv_helpers.network.reading import read_graph

pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.ProjectionWarning")
ops = keras.ops
FLOAT32 = 1e-6  # TensorFlow resizes in float32, even here


def nested(times=3):
    """A model in a model in a model, the innermost with a layer that is shared."""

    def layer(x):
        for _ in range(times):
            inside = keras.Input(x.shape[1:])
            x_inside = inner(inside) if (inner := layer.inner) else once(once(inside))
            layer.inner = keras.Model(inside, L.ReLU()(x_inside))
        return layer.inner(x)

    once = L.Conv2D(5, 3, padding="same")
    layer.inner = None
    return layer


LAYERS = {
    "pad": lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 3), (0, 0))),
    "pad with a constant": lambda x: ops.pad(
        x, ((0, 0), (2, 0), (1, 1), (0, 0)), constant_values=0.5
    ),
    "pad channels": lambda x: ops.pad(x, ((0, 0), (0, 0), (1, 1), (0, 3))),
    "pad images": lambda x: ops.image.pad_images(
        x, top_padding=1, left_padding=0, target_height=14, target_width=12
    ),
    "crop images": lambda x: ops.image.crop_images(
        x, top_cropping=2, left_cropping=1, target_height=7, target_width=6
    ),
    "slice": lambda x: x[:, 2:-1, :7],
    "slice channels": lambda x: x[..., 1:4],
    "slice one channel": lambda x: L.Concatenate()([x[..., 2:3], x[..., :1]]),
    "every second": lambda x: x[:, 1::2, ::3],
    "space to depth": lambda x: L.Concatenate()([x[:, ::2, :-1], x[:, ::2, 1:]]),
    "center crop": lambda x: L.CenterCrop(6, 8)(x),
    "center crop of too small a picture": lambda x: L.CenterCrop(20, 8)(x),
    "flip channels": lambda x: ops.flip(x, axis=-1),
    "take": lambda x: ops.take(x, [2, 1, 0, 1], axis=-1),
    "repeat": lambda x: ops.repeat(x[..., :1], 3, axis=-1),
    "split": lambda x: L.Concatenate()([*ops.split(x, 5, axis=-1)[::-1], x]),
    "unstack": lambda x: ops.stack(ops.unstack(x, axis=-1)[::-1], axis=-1),
    "expand dims": lambda x: ops.expand_dims(x[..., 3], -1),
    "squeeze": lambda x: conv()(
        L.Reshape((2, 3, 2))(L.Dense(12)(ops.squeeze(L.AveragePooling2D((13, 11))(x), (1, 2))))
    ),
    "upsampling bilinear": lambda x: L.UpSampling2D((2, 3), interpolation="bilinear")(x),
    "upsampling bicubic": lambda x: L.UpSampling2D(2, interpolation="bicubic")(x),
    "resizing up": lambda x: L.Resizing(20, 17)(x),
    "resizing down": lambda x: L.Resizing(5, 7)(x),
    "resizing nearest": lambda x: L.Resizing(5, 17, interpolation="nearest")(x),
    "resizing cropped": lambda x: L.Resizing(8, 4, crop_to_aspect_ratio=True)(x),
    "resizing padded": lambda x: L.Resizing(9, 11, pad_to_aspect_ratio=True, fill_value=0.4)(x),
    "resize": lambda x: ops.image.resize(x, (9, 15)),
    "resize to ints": lambda x: ops.image.resize(x, (26, 22), interpolation="nearest"),
    "transposed": lambda x: L.Conv2DTranspose(4, 3)(x),
    "transposed stride same": lambda x: L.Conv2DTranspose(4, (4, 3), 2, "same")(x),
    "transposed stride valid": lambda x: L.Conv2DTranspose(4, (2, 5), (3, 2), activation="relu")(x),
    "transposed with gaps": lambda x: L.Conv2DTranspose(4, 1, 2, "same", use_bias=False)(x),
    "transposed output padding": lambda x: L.Conv2DTranspose(4, 3, 2, "same", output_padding=1)(x),
    "transposed output padding valid": lambda x: L.Conv2DTranspose(4, 3, 3, output_padding=(2, 1))(
        x
    ),
    "separable dilated": lambda x: L.SeparableConv2D(4, 3, dilation_rate=2)(x),
    "PReLU": lambda x: L.PReLU()(x),
    "PReLU shared": lambda x: L.PReLU(shared_axes=[1, 2])(x),
    "PReLU of zeros": lambda x: L.PReLU(shared_axes=[1, 2])(L.ReLU()(x)),
    "PReLU of numbers": lambda x: L.Reshape((2, 3, 2))(
        L.PReLU()(L.Dense(12)(L.GlobalAveragePooling2D()(x)))
    ),
    "leaky relu below zero": lambda x: ops.leaky_relu(x, negative_slope=-0.25),
    "leaky relu of numbers": lambda x: L.Reshape((2, 3, 2))(
        ops.leaky_relu(L.Dense(12)(L.GlobalAveragePooling2D()(x)), negative_slope=-0.25)
    ),
    "relu op": lambda x: ops.relu(x),
    "scaled branch": lambda x: CustomScaleLayer(0.17)([x, conv()(x)]),
    "mean": lambda x: conv(size=1)(ops.mean(x, axis=(1, 2), keepdims=True)),
    "max": lambda x: L.Reshape((2, 3, 2))(L.Dense(12)(ops.max(x, axis=(-2, -3)))),
    "normalization of all": lambda x: L.Normalization(axis=None, mean=0.5, variance=4.0)(x),
    "normalization given": lambda x: L.Normalization(
        axis=-1, mean=np.arange(5.0), variance=np.arange(1.0, 6)
    )(x),
    "cast": lambda x: ops.cast(ops.cast(x, "float64"), "float64"),
    "permute that does nothing": lambda x: L.Permute((1, 2, 3))(x),
    "alpha dropout": lambda x: L.AlphaDropout(0.3)(x),
    "a regulariser": lambda x: L.ActivityRegularization(l2=0.1)(x),
    "pipeline": lambda x: L.Pipeline([L.RandomFlip(), L.RandomContrast(0.2)])(x),
    "a map of positions": lambda x: x + np.linspace(0, 1, 13 * 11).reshape(13, 11, 1),
    "minus a map of positions": lambda x: ops.subtract(
        np.linspace(0, 1, 13 * 11).reshape(13, 11, 1), x
    ),
    "plus a row a channel": lambda x: x + np.arange(5.0).reshape(1, 1, 1, 5),
    "one channel becomes three": lambda x: x[..., :1] * np.array([1.0, -2, 0.5]),
    "one channel plus three": lambda x: x[..., :1] - np.array([1.0, -2, 0.5]),
    "kept maximum": lambda x: conv(size=1)(L.GlobalMaxPooling2D(keepdims=True)(x)),
    "padded pools": lambda x: L.AveragePooling2D((5, 3), (1, 2), "same")(
        L.MaxPooling2D((4, 5), (2, 1), "same")(x)
    ),
    "models in models in models": nested(),
    "grey": lambda x: ops.image.rgb_to_grayscale(x[..., :3]),
}


RESIZED = {
    "antialiased": lambda x: L.Resizing(5, 7, antialias=True)(x),
    "lanczos": lambda x: L.Resizing(7, 17, interpolation="lanczos3")(x),
    "lanczos5": lambda x: L.UpSampling2D(2, interpolation="lanczos5")(x),
}


def moved_alphas(model, seed=0):
    """Slopes of both signs; a new `PReLU` has zeros."""
    rng = np.random.default_rng(seed)
    for variable in model.variables:
        if variable.name == "alpha":
            variable.assign(rng.uniform(-0.5, 0.8, variable.shape))
    return model


def active_neurons(features, layer="after"):
    maps = features[layer]
    h, w, channels = maps.shape
    return [
        features.neuron(layer, k, r, c)
        for r in sorted({0, h // 3, h // 2, h - 1})
        for c in sorted({0, w // 3, w - 1})
        for k in range(channels)
        if maps[r, c, k] > 0
    ]


@pytest.mark.parametrize("name", LAYERS)
def test_one_kind_of_layer(name):
    with double_precision():
        model = moved_alphas(random_weights(around(LAYERS[name]), seed=len(name)))
        features = features_of(model)
    neurons = active_neurons(features)
    assert neurons
    check(features, neurons, FLOAT32 if "resiz" in name or "upsampling" in name else EXACT)
    for neuron, projection in zip(neurons, zv.project(features, neurons), strict=True):
        assert projection.box == features.receptive_field(neuron)
    assert zv.project(features, neurons[-1]).box == projection.box


@pytest.mark.parametrize("name", RESIZED)
def test_resizing_that_tensorflow_differentiates_in_float32_only(name):
    features = features_of(random_weights(around(RESIZED[name]), seed=1))
    check(features, active_neurons(features), 1e-4)


def augmenters():
    """Every layer of Keras that changes photographs in training, as strong as it can be."""
    how = {
        "RandomCrop": (12, 12),
        "RandomTranslation": (0.3, 0.3),
        "RandomPosterization": (3,),
        "Solarization": (0.9,),
    }
    none = "AugMix CutMix Equalization MixUp RandAugment RandomColorJitter RandomElasticTransform"
    for name in sorted({*AUGMENTING} - {"Equalization"}):  # Keras puts it into no model
        args = () if name in none.split() else how.get(name, (0.3,))
        args = () if name in ("RandomErasing", "RandomFlip", "RandomGaussianBlur") else args
        keywords = {"value_range": (0, 255)} if name == "RandomPosterization" else {}
        yield getattr(L, name)(*args, **keywords)


def test_layers_that_change_photographs_do_nothing_in_inference():
    with double_precision():
        pixels = keras.Input((12, 12, 3))
        x = pixels
        for layer in augmenters():
            x = layer(x)
        x = L.Conv2D(4, 3, activation="relu", name="after")(x)
        model = random_weights(keras.Model(pixels, x))
        first, *others = [features_of(model, "none") for _ in range(4)]
    alone = keras.Sequential([keras.Input((12, 12, 3)), model.layers[-1]])
    theirs = alone(first.image.batch, training=False)[0]
    for one in (first, *others):
        np.testing.assert_allclose(one["after"], theirs, rtol=1e-5, atol=1e-5)
    assert [layer.name for layer in first.network.layers] == ["after"]
    check(first, spots(first, "after"))


def test_no_supported_kind_is_left_out():
    """Every kind in the table of rules occurs in the networks of these tests."""
    from zv_helpers.deconvnet.rules import REVERSALS

    with double_precision():
        models = [around(layer) for layer in (KINDS | LAYERS).values()]
        models.append(everything())
    graphs = [read_graph(model, model.input_shape[1:]) for model in models]
    met = {operation.kind for graph in graphs for operation in graph.operations}
    # Keras writes `x / 2` as one of the two, depending on its version.
    known = {kind for kind in REVERSALS if isinstance(kind, str)}
    assert met | {"Divide", "TrueDivide", *AUGMENTING} >= known


def moving_and_resizing():
    """What moves, spreads and resizes, with weights so positive that a zero is a pixel not seen."""
    pixels = keras.Input((40, 36, 3))
    x = ops.pad(pixels[:, 2:, :-1], ((0, 0), (1, 0), (0, 1), (0, 0)))
    x = L.Conv2D(3, 3, activation="relu", name="a")(x)
    x = L.Conv2DTranspose(3, 3, 2, "same", activation="relu", name="b")(x)
    x = L.Conv2D(3, 3, 2, activation="relu", name="c")(L.CenterCrop(60, 58)(x))
    x = L.Conv2D(3, 1, activation="relu", name="d")(x[:, ::2, 1::3])
    x = L.Resizing(30, 20)(x)
    x = L.Conv2D(3, 2, activation="relu", name="e")(x)
    x = L.UpSampling2D(2, interpolation="bilinear")(x)
    x = L.Conv2DTranspose(3, (1, 2), (1, 2), activation="relu", name="f")(x)
    x = L.Resizing(17, 31, interpolation="nearest")(x)
    return keras.Model(pixels, L.Conv2D(3, 2, activation="relu", name="g")(x))


def test_receptive_fields_are_where_the_gradient_is_not_zero():
    with double_precision():
        model = positive_weights(moving_and_resizing())
    features, layers, picks, neurons = features_of(model, None), list("abcdefg"), [], []
    for layer in layers:
        h, w, _ = features[layer].shape
        for row, column in {(h // 2, w // 2), (h // 2 + 1, w // 3), (0, w // 4), (h - 1, w - 1)}:
            neurons.append(features.neuron(layer, 0, row, column))
            picks.append((layers.index(layer), (row, column)))
    gradients = reverse_by_tape(reading(model, layers), features.image.batch, picks, "gradient")
    for neuron, gradient in zip(neurons, gradients, strict=True):
        seen = np.argwhere(gradient.any(axis=2))
        box = (*seen.min(axis=0), *(seen.max(axis=0) + 1))
        assert features.receptive_field(neuron) == box, neuron
    sizes = {layer.name: layer.receptive_field for layer in features.network.layers}
    assert sizes["a"] == (3, 3) and sizes["b"] == (4, 4) and sizes["c"] == (4, 4)


# --- what was wrong without a word ---------------------------------------------------------------


def test_channels_first_is_refused_by_a_flatten_too(monkeypatch):
    model = around(lambda x: L.Reshape((13, 11, 5))(L.Flatten("channels_first", name="odd")(x)))
    refused(model, monkeypatch, "layer 'odd' keeps its channels first")


@pytest.mark.parametrize(
    "shape, words",
    [
        ((5, 1, 1), "layer 'multiply.*' works with a constant that is not one number a channel"),
        ((1, 5, 1), "layer 'multiply.*' works with a constant that is not one number a channel"),
        ((5, 5, 5), "layer 'multiply.*' works with a constant that is not one number a channel"),
    ],
)
def test_a_constant_along_another_axis_is_no_factor_a_channel(shape, words):
    """As many rows as channels: the size alone does not tell."""
    pixels = keras.Input((5, 5, 3))
    x = L.Conv2D(5, 3, padding="same")(pixels) * np.arange(1.0, 1 + np.prod(shape)).reshape(shape)
    model = keras.Model(pixels, L.Conv2D(4, 2, activation="relu", name="after")(x))
    features = features_of(random_weights(model))
    with pytest.raises(ValueError, match=words):
        zv.project(features, features.strongest("after"))


def test_a_quantized_layer_is_refused_by_name():
    model = random_weights(
        keras.Sequential(
            [
                keras.Input((8, 8, 3)),
                L.Conv2D(4, 3, activation="relu"),
                L.Flatten(),
                L.Dense(3, name="odd"),
            ]
        )
    )
    with pytest.warns(UserWarning, match="does not have a `quantize`"):
        model.quantize("int8")
    features = features_of(model)
    with pytest.raises(ValueError, match=r"layer 'odd' is quantized \(int8\).*before quantize"):
        zv.project(features, features.class_neuron(1))


def test_a_layer_with_lora_is_reversed_with_what_it_adds():
    with double_precision():
        model = random_weights(around(lambda x: L.Dense(6)(conv(5, strides=2)(x))))
        for layer in model.layers[1:4]:
            layer.enable_lora(2)
        features = features_of(random_weights(model))
    check(features, spots(features, "after"))
    operations = features.network.graph.operations
    changed = [one for one in operations if getattr(one.layer, "lora_enabled", False)]
    assert len(changed) == 3 and not any(step_of(one, "gradient") for one in changed)


# --- training=True -------------------------------------------------------------------------------


class Shaky(L.Layer):
    """A learner's own layer that does something else in training."""

    def call(self, x, training=None):
        return x + keras.random.normal(keras.ops.shape(x)) if training else x


def inside(x):
    """A model that is called with training=True."""
    pixels = keras.Input(x.shape[1:])
    inner = keras.Model(pixels, L.Dropout(0.5, name="odd")(conv()(pixels)), name="inner")
    return inner(x, training=True)


TRAINED = {
    "dropout": (lambda x: L.Dropout(0.5, name="odd")(x, training=True), "'odd'", "is random"),
    "noise": (lambda x: L.GaussianNoise(1.0, name="odd")(x, training=True), "'odd'", "is random"),
    "batch norm": (
        lambda x: L.BatchNormalization(name="odd")(x, training=True),
        "'odd'",
        "uses the batch's own statistics",
    ),
    "a layer of one's own": (
        lambda x: Shaky(name="odd")(x, training=True),
        "'odd'",
        "does something else than in inference",
    ),
    "a model inside": (inside, "'inner/odd'", "is random"),
}


@pytest.mark.parametrize("name", TRAINED)
def test_what_is_called_with_training_is_refused_by_name_and_does_not_train(monkeypatch, name):
    layer, odd, words = TRAINED[name]
    model = random_weights(around(layer))
    before = [np.array(one) for one in model.get_weights()]
    said = f"layer {odd} is called with training=True, so it {words}"
    features = refused(model, monkeypatch, said, "call it without")
    again = features_of(model)
    assert np.array_equal(features["after"], again["after"])
    theirs = model.predict(features.image.batch, verbose=0)[0]
    np.testing.assert_allclose(features["after"], theirs, rtol=1e-4, atol=1e-4)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_training_that_changes_nothing_is_no_reason_to_refuse():
    """A frozen batch norm is in inference always, and no other layer of this model drops."""

    def frozen(x):
        layer = L.BatchNormalization(trainable=False)
        augmentation = keras.Sequential([L.RandomFlip(), L.Conv2D(5, 3)])
        return augmentation(layer(x, training=True), training=True)

    features = features_of(random_weights(around(frozen)))
    assert features.network.layers[-1].reverse == "yes (no switches)"


# --- what is refused -----------------------------------------------------------------------------

REFUSED = {
    "mirrored": (lambda x: x[:, ::-1], "layer 'get_item.*' moves values about"),
    "flipped": (lambda x: ops.flip(x, axis=2), "layer 'flip.*' moves values about"),
    "reflected": (
        lambda x: ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect"),
        "layer 'pad.*' pads with mode 'reflect'",
    ),
    "a channel alone": (
        lambda x: ops.expand_dims(x[..., 0] + x[..., 1], -1),
        r"layer 'expand_dims.*' works on a channel without its axis; write x\[..., 0:1\]",
    ),
    "permuted": (lambda x: L.Permute((2, 1, 3), name="odd")(x), "layer 'odd' exchanges axes"),
    "rounded": (
        lambda x: ops.cast(ops.cast(x, "int32"), "float64"),
        "layer 'cast.*' rounds to int32",
    ),
    "gated": (
        lambda x: L.Multiply(name="odd")(
            [x, L.Dense(5, activation="sigmoid")(L.GlobalAveragePooling2D(keepdims=True)(x))]
        ),
        "layer 'odd' multiplies or divides two signals, as squeeze-and-excitation does",
    ),
    "a hidden sigmoid": (
        lambda x: L.Reshape((2, 3, 2))(
            L.Dense(12, activation="sigmoid", name="odd")(L.GlobalAveragePooling2D()(x))
        ),
        "layer 'odd' uses sigmoid; the deconvnet rule is defined for ReLU",
    ),
    "a hidden softmax": (lambda x: L.Softmax(name="odd")(x), "layer 'odd' uses softmax"),
    "GELU": (lambda x: ops.gelu(x), "layer 'gelu.*' uses GELU"),
    "a layer ELU": (lambda x: L.ELU(name="odd")(x), "layer 'odd' uses ELU"),
    "normalized by map positions": (
        lambda x: L.Normalization(axis=(1, 2, 3), mean=0.0, variance=1.0, name="odd")(x),
        r"layer 'odd' normalizes along axis \(1, 2, 3\)",
    ),
    "averaged": (
        lambda x: L.Reshape((13, 11, 1))(ops.average(x, axis=-1)),
        "layer 'average.*' averages along an axis",
    ),
    "the mean over channels": (
        lambda x: ops.mean(x, axis=-1, keepdims=True),
        "layer 'mean.*' works over the axes .*-1.*; .* rows and columns",
    ),
    "LSTM": (
        lambda x: L.Reshape((13, 11, 1))(
            L.LSTM(11, return_sequences=True, name="odd")(L.Reshape((13, 55))(x))
        ),
        "layer 'odd' is a LSTM, for which there is no reverse rule",
    ),
    "attention": (
        lambda x: L.MultiHeadAttention(1, 4, attention_axes=(1, 2), name="odd")(x, x),
        "layer 'odd' is a MultiHeadAttention, which weighs .*: take a network of convolutions",
    ),
    "layer normalization": (
        lambda x: L.LayerNormalization(name="odd")(x),
        "layer 'odd' is a LayerNormalization, .*: take a network with batch normalization",
    ),
    "group normalization": (
        lambda x: L.GroupNormalization(1, name="odd")(x),
        "layer 'odd' is a GroupNormalization, which divides",
    ),
    "a contrast that is always stretched": (
        lambda x: L.AutoContrast(name="odd")(x),
        "layer 'odd' is a AutoContrast, for which there is no reverse rule",
    ),
    "a pipeline that does something": (
        lambda x: L.Pipeline([L.RandomFlip(), L.Rescaling(2.0)], name="odd")(x),
        "layer 'odd' holds a Rescaling",
    ),
    "a leak below zero with a cap": (
        lambda x: keras.activations.relu(x, negative_slope=-0.1, max_value=6.0),
        "leaks with a slope below zero and has a cap",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_reversed_is_refused_by_name(name):
    layer, words = REFUSED[name]
    with double_precision():
        features = features_of(random_weights(around(layer)))
    with pytest.raises(ValueError, match=words) as caught:
        zv.project(features, features.strongest("after"))
    assert "\n" not in str(caught.value)


# --- layers of one's own -------------------------------------------------------------------------


class Named(L.Layer):
    """Its `activation` is a word, and no last step."""

    activation = "soft"

    def call(self, x):
        return 2 * x


class Early(L.Layer):
    """It activates first and scales then."""

    def __init__(self, **how):
        super().__init__(**how)
        self.activation = keras.activations.relu

    def call(self, x):
        return 2 * self.activation(x)


@pytest.mark.parametrize("kind", [Named, Early])
def test_an_attribute_activation_of_ones_own_layer_is_not_its_last_step(kind, monkeypatch):
    from zv_helpers.deconvnet.rules import table
    from zv_helpers.network import receptive_fields

    with double_precision():
        features = features_of(random_weights(around(lambda x: kind(name="odd")(x))))
    with pytest.raises(ValueError, match=f"layer 'odd' is a {kind.__name__}"):
        zv.project(features, features.strongest("after"))
    monkeypatch.setattr(table, "REVERSALS", dict(table.REVERSALS))
    monkeypatch.setattr(receptive_fields, "WINDOWS", dict(receptive_fields.WINDOWS))

    @zv.reverse_rule(kind, keeps="input")
    def double(signal, context):
        passed = context.input_maps() > 0 if kind is Early else 1
        return 2 * signal * passed

    check(features, spots(features, "after"), rules=["gradient"])
