"""The reverse engine on any network: the same three rules by automatic differentiation must say the
same.

Networks have random weights and are built in float64, so that no rounding decides a switch or a
sign and a difference
is a mistake. Float32, as the learner runs it, is compared on the shipped networks.
"""

import numpy as np
import pytest
from independent import (
    double_precision,
    loop_convolution,
    loop_convolution_back,
    loop_pool,
    loop_rectify,
    loop_unpool,
    positive_weights,
    random_image,
    random_weights,
    reading,
    reverse_by_tape,
    worst,
)

import zv_helpers as zv
from zv_helpers.deconvnet import RULES, engine
from zv_helpers.deconvnet.engine import Signal, reverse

keras, tf = zv.network.keras_and_tensorflow()
L = keras.layers
# What the pictures prove is said elsewhere; here they are only compared.
pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.ProjectionWarning")
EXACT = 1e-6  # Keras keeps slopes and scales in float32 even here; to a learner 1e-4 matters


def features_of(model, preprocess="tf"):
    network = zv.load_model(model, preprocess=preprocess)
    return zv.extract_features(network, random_image(network))


def spots(features, layer):
    """An active neuron in the middle and one at each of two borders, as far as the layer has
    them."""
    maps = features[layer]
    h, w, _ = maps.shape
    places = dict.fromkeys([(h // 2, w // 2), (0, 0), (h - 1, w // 3)])
    neurons = [features.neuron(layer, int(maps[p].argmax()), *p) for p in places]
    return [one for one in neurons if abs(one.activation) > 1e-12]


def differences(features, neurons, rules=RULES):
    """{(rule, neuron): the largest difference over the largest value}, ours against automatic
    differentiation."""
    network = features.network
    names = list(dict.fromkeys(one.layer for one in neurons))
    probe = reading(network.keras_model, names)
    picks = []
    for one in neurons:
        place = () if one.layer is None else (one.row, one.column)
        channel = one.index if one.layer is None else one.channel
        picks.append((names.index(one.layer), (*place, channel)))
    found = {}
    for rule in rules:
        theirs = reverse_by_tape(probe, features.image.batch, picks, rule)
        ours = zv.project(features, neurons, rule)
        for one, mine, reference in zip(neurons, ours, theirs, strict=True):
            mine = mine.on_canvas() / (1 if one.layer is None else one.activation)
            if network.spec.reads_bgr:
                mine = mine[..., ::-1]
            if not reference.any():
                assert not mine.any(), (rule, one)
                continue
            found[rule, one] = worst(mine, reference)
    # A comparison of zeros proves nothing: many must be of pictures that are not zero. (A neuron
    # that sees only padding, or through a closed ReLU, has one that is.)
    assert len(found) >= 0.35 * len(rules) * len(neurons)
    return found


def check(features, neurons, bar=EXACT, rules=RULES):
    found = differences(features, neurons, rules)
    failed = {f"{rule}: {one}": value for (rule, one), value in found.items() if not value <= bar}
    assert not failed, failed


# --- whole networks: the families of keras.applications are in tests/corpus ---------------------


@pytest.mark.parametrize("rule", RULES)
def test_the_shipped_networks_agree_in_float32(cat, vgg_cat, rule):
    """The real weights and a real photograph, in the precision that a learner has."""
    for features, layers in (
        (cat, ["conv1", "fire3", "fire5"]),
        (vgg_cat, ["block1_conv2", "block2_conv1", "block3_conv2"]),
    ):
        check(features, [features.strongest(layer) for layer in layers], 1e-4, [rule])


def test_a_whole_squeezenet_agrees_in_float64(squeezenet64):
    image = zv.load_image(zv.photographs()["tabby_cat"], squeezenet64)
    features = zv.extract_features(squeezenet64, image)
    neurons = [features.strongest(layer) for layer in ("pool1", "fire6", "fire9")]
    neurons += spots(features, "fire8")
    check(features, neurons)


def test_a_softmax_is_not_reversed():
    """The signal starts at the logit, whether the softmax is written in the dense layer or after
    it, or missing."""
    shape = (12, 12, 3)

    def body(end):
        pixels = keras.Input(shape)
        x = L.Conv2D(5, 3, activation="relu", name="c")(pixels)
        x = L.Flatten()(L.MaxPooling2D(2)(x))
        return random_weights(keras.Model(pixels, end(x)), seed=4)

    ends = [
        lambda x: L.Dense(4, name="d")(x),
        lambda x: L.Dense(4, activation="softmax", name="d")(x),
        lambda x: L.Softmax()(L.Dense(4, name="d")(x)),
        lambda x: L.Activation("softmax")(L.Dense(4, name="d")(x)),
    ]
    with double_precision():
        features = [features_of(body(end)) for end in ends]
    first = zv.project(features[0], features[0].class_neuron(2))
    assert first.pixels.any()
    for one in features[1:]:
        assert np.allclose(one.logits, features[0].logits)
        assert np.allclose(one.probabilities.sum(), 1)
        assert np.allclose(zv.project(one, one.class_neuron(2)).pixels, first.pixels)


# --- one kind of layer at a time -----------------------------------------------------------------


def in_two(first, second, join):
    """Two branches and where they meet."""
    return lambda x: join(first(x), second(x))


def shared(x):
    layer = L.Conv2D(5, 3, padding="same", activation="relu")
    return L.Add()([layer(layer(x)), x])


def nested(x):
    """A model inside a model, called twice."""
    inside = keras.Input((None, None, 5))
    y = L.Conv2D(5, 3, padding="same", activation="relu")(inside)
    inner = keras.Model(inside, L.BatchNormalization()(y), name="inner")
    return inner(inner(x))


def conv(maps=5, size=3, **how):
    return lambda x: L.Conv2D(maps, size, **{"padding": "same", **how})(x)


KINDS = {
    "conv valid": conv(size=(3, 2), padding="valid"),
    "conv stride same": conv(strides=2),
    "conv stride valid": conv(size=(5, 3), strides=(3, 2), padding="valid"),
    "conv 1x1 stride 2": conv(size=1, strides=2),
    "conv stride wider than kernel": conv(size=2, strides=3),
    "conv dilated": conv(dilation_rate=(2, 3)),
    "conv dilated valid": conv(dilation_rate=2, padding="valid"),
    "conv groups": lambda x: conv(6, groups=3)(conv(6)(x)),
    "conv groups stride": lambda x: conv(6, groups=2, strides=2)(conv(4)(x)),
    "conv even kernel": conv(size=4),
    "conv relu6": conv(activation="relu6"),
    "conv leaky_relu": conv(activation="leaky_relu"),
    "depthwise": lambda x: L.DepthwiseConv2D(3, padding="same", activation="relu")(x),
    "depthwise multiplier": lambda x: L.DepthwiseConv2D(3, 2, depth_multiplier=3)(x),
    "depthwise dilated": lambda x: L.DepthwiseConv2D(3, padding="same", dilation_rate=2)(x),
    "separable": lambda x: L.SeparableConv2D(4, 3, padding="same", depth_multiplier=2)(x),
    "separable stride": lambda x: L.SeparableConv2D(4, 3, 2, "same", activation="relu")(x),
    "max pool": lambda x: L.MaxPooling2D(2)(x),
    "max pool overlapping same": lambda x: L.MaxPooling2D(3, 2, "same")(x),
    "max pool overlapping valid": lambda x: L.MaxPooling2D((4, 3), (1, 2))(x),
    "max pool stride 1 same": lambda x: L.MaxPooling2D(3, 1, "same")(x),
    # A ReLU that closes at 0 and at its cap makes many ties.
    "max pool of ties": lambda x: L.MaxPooling2D(2)(L.ReLU(max_value=0.3)(x)),
    "max pool of ties same": lambda x: L.MaxPooling2D(3, 2, "same")(L.ReLU(max_value=0.3)(x)),
    "max pool of ties overlapping": lambda x: L.MaxPooling2D(3, 1)(L.ReLU(max_value=0.3)(x)),
    "max pool with gaps": lambda x: L.MaxPooling2D(2, 3)(x),
    "average pool valid": lambda x: L.AveragePooling2D((2, 3), (1, 2))(x),
    "average pool same": lambda x: L.AveragePooling2D(3, 2, "same")(x),
    "batch norm": lambda x: L.BatchNormalization()(x),
    "batch norm without scale": lambda x: L.BatchNormalization(scale=False, center=False)(x),
    "relu layer": lambda x: L.ReLU()(x),
    "relu full": lambda x: L.ReLU(max_value=1.5, negative_slope=0.3, threshold=0.2)(x),
    "relu threshold": lambda x: L.ReLU(threshold=0.5)(x),
    "relu capped": lambda x: L.ReLU(max_value=0.8)(x),
    "leaky relu layer": lambda x: L.LeakyReLU(negative_slope=0.15)(x),
    "activation layer": lambda x: L.Activation("relu")(x),
    "activation relu6": lambda x: L.Activation("relu6")(x),
    "activation leaky": lambda x: L.Activation("leaky_relu")(x),
    "activation linear": lambda x: L.Activation("linear")(x),
    "add": in_two(conv(), conv(size=5), lambda a, b: L.Add()([a, b])),
    "add three": lambda x: L.Add()([x, conv()(x), conv(size=1)(x)]),
    "add operator": in_two(conv(), conv(), lambda a, b: a + b),
    "add the same twice": lambda x: L.Add()([x, x]),
    "add a constant": lambda x: x + 0.5,
    "subtract": in_two(conv(), conv(size=1), lambda a, b: L.Subtract()([a, b])),
    "subtract operator": in_two(conv(), conv(), lambda a, b: a - b),
    "subtract constants": lambda x: 0.3 - (x - 0.7),
    "average": in_two(conv(), conv(size=1), lambda a, b: L.Average()([a, b, a])),
    "times a constant": lambda x: 0.5 * x,
    "times one constant a channel": lambda x: x * np.array([1.0, -2, 0.5, 3, -0.1]),
    "divided by a constant": lambda x: x / -4.0,
    "negative": lambda x: -x,
    "concatenate": in_two(conv(3), conv(4, 5), lambda a, b: L.Concatenate()([a, b])),
    "concatenate with itself": lambda x: L.Concatenate()([x, x]),
    "zero padding": lambda x: L.ZeroPadding2D(((1, 3), (2, 0)))(x),
    "cropping": lambda x: L.Cropping2D(((1, 3), (2, 0)))(x),
    "padding and cropping": lambda x: L.Cropping2D(2)(L.ZeroPadding2D(((3, 1), (0, 5)))(x)),
    "upsampling": lambda x: L.UpSampling2D((2, 3))(x),
    "pool and upsample": lambda x: L.UpSampling2D(2)(L.MaxPooling2D(2)(x)),
    "reshape": lambda x: L.Reshape((11, 13 * 5 // 5, 5))(L.Reshape((13, 11, 5))(x)),
    "flatten and reshape": lambda x: L.Reshape((13, 11, 5))(L.Flatten()(x)),
    "dense on maps": lambda x: L.Dense(4, activation="relu")(x),
    "dropout": lambda x: L.SpatialDropout2D(0.3)(L.Dropout(0.5)(x)),
    "noise": lambda x: L.GaussianNoise(0.5)(L.GaussianDropout(0.4)(x)),
    "identity": lambda x: L.Identity()(x),
    "rescaling": lambda x: L.Rescaling(-0.3, offset=1)(x),
    "rescaling by channel": lambda x: L.Rescaling(np.array([0.3, 1, 2, -1, 0.1]))(x),
    "normalization": lambda x: L.Normalization(
        mean=[0.1, 0, 1, -1, 2], variance=[0.5, 1, 2, 3, 0.1]
    )(x),
    "normalization inverted": lambda x: L.Normalization(mean=0.5, variance=2.0, invert=True)(x),
    "shared layer": shared,
    "nested model": nested,
    "global average": lambda x: conv(size=1)(L.GlobalAveragePooling2D(keepdims=True)(x)),
    "global max": lambda x: conv(size=1)(L.GlobalMaxPooling2D(keepdims=True)(x)),
    "global pools and dense": lambda x: L.Reshape((2, 3, 2))(
        L.Dense(12, activation="relu")(
            L.Dropout(0.2)(
                L.Concatenate()([L.GlobalAveragePooling2D()(x), L.GlobalMaxPooling2D()(x)])
            )
        )
    ),
}


def around(layer, shape=(13, 11, 3)):
    """A convolution, the layer in question, another convolution and its ReLU."""
    pixels = keras.Input(shape)
    x = L.Conv2D(5, 3, padding="same", name="before")(pixels)
    x = L.Conv2D(4, 2, padding="same", activation="relu", name="after")(layer(x))
    return keras.Model(pixels, x)


@pytest.mark.parametrize("name", KINDS)
def test_one_kind_of_layer(name):
    with double_precision():
        features = features_of(random_weights(around(KINDS[name]), seed=len(name)))
    maps = features["after"]
    h, w, channels = maps.shape
    neurons = [
        features.neuron("after", k, r, c)
        for r in sorted({0, h // 3, h // 2, h - 1})
        for c in sorted({0, w // 3, w // 2, w - 1})
        for k in range(channels)
        if maps[r, c, k] > 0
    ]
    assert len(neurons) >= 2
    check(features, neurons)


def everything():
    """One network with every kind of layer that can be reversed, of an odd, oblong size."""
    pixels = keras.Input((45, 38, 3))
    x = L.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    x = L.Normalization(mean=[0.1, -0.1, 0.0], variance=[0.5, 0.6, 0.4])(x)
    x = L.ZeroPadding2D(((1, 2), (0, 3)))(x)
    x = L.Conv2D(6, (3, 5), strides=(1, 2), padding="same", use_bias=False, name="conv_a")(x)
    x = L.ReLU(max_value=4.0, negative_slope=0.1, threshold=0.2, name="relu_a")(
        L.BatchNormalization()(x)
    )
    x = L.MaxPooling2D(3, 2, padding="same", name="pool_a")(x)
    left = L.LeakyReLU(0.2, name="leaky")(
        L.DepthwiseConv2D(3, depth_multiplier=2, padding="same")(x)
    )
    right = L.SeparableConv2D(12, 3, padding="same", activation="relu", name="separable")(x)
    x = L.Add(name="branches_meet")([left, right])
    x = L.Conv2D(8, 3, groups=2, padding="same", activation="relu6", name="groups")(x)
    x = L.Concatenate(name="join")([x, L.Subtract()([right, left]), L.Average()([left, right])])
    x = L.Conv2D(6, 3, dilation_rate=2, padding="same", activation="relu", name="dilated")(
        0.5 * x - 0.1
    )
    wide = L.UpSampling2D(2)(L.MaxPooling2D((2, 3), (2, 2), padding="same")(x))
    h, w = x.shape[1:3]
    over = (wide.shape[1] - h, wide.shape[2] - w)
    wide = L.Cropping2D(((0, over[0]), (over[1], 0)))(wide)
    x = L.Add()([wide, L.AveragePooling2D(3, 1, padding="same")(x)])
    inside = keras.Input((None, None, 6))
    inner = keras.Model(
        inside,
        L.BatchNormalization()(L.Conv2D(6, 3, padding="same", activation="relu")(inside)),
        name="inner",
    )
    twice = L.Conv2D(6, 3, padding="same", activation="relu", name="twice")
    x = inner(twice(twice(L.Dropout(0.3)(x)))) + inner(-x)
    x = L.Activation("relu", name="late")(L.AveragePooling2D(2, padding="valid")(x) / 2.0)
    flat = L.Flatten()(x)
    x = L.Reshape(tuple(x.shape[1:]))(flat)
    x = L.Conv2D(7, 3, activation="relu", name="last")(x)
    x = L.Concatenate()([L.GlobalAveragePooling2D()(x), L.GlobalMaxPooling2D()(x)])
    x = L.Dropout(0.5)(L.Dense(9, activation="relu")(x))
    return keras.Model(pixels, L.Dense(5, name="scores")(x), name="everything")


def test_a_network_with_every_kind_of_layer():
    with double_precision():
        features = features_of(random_weights(everything(), seed=1), preprocess=None)
    layers = [
        "relu_a",
        "pool_a",
        "leaky",
        "separable",
        "branches_meet",
        "groups",
        "join",
        "dilated",
    ]
    neurons = [one for layer in [*layers, "late", "last"] for one in spots(features, layer)]
    check(features, neurons + [features.class_neuron(i) for i in range(5)])


def test_a_sequential_model_and_an_open_input_size():
    with double_precision():
        model = keras.Sequential(
            [
                keras.Input((None, None, 3)),
                L.Conv2D(4, 3, activation="relu"),
                L.MaxPooling2D(2),
                L.Conv2D(6, 3, activation="relu"),
            ]
        )
        random_weights(model)
    network = zv.load_model(model, input_size=(20, 26))
    assert network.input_size == (20, 26)
    features = zv.extract_features(network, random_image(network))
    check(features, spots(features, network.layers[-1].name))


# --- a slow re-implementation --------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_the_whole_reverse_pass_against_plain_loops(rule):
    """conv, relu, pool, conv, relu, pool, conv, relu: forward and reverse, one number at a time, "
    "in float64."""
    with double_precision():
        pixels = keras.Input((19, 17, 3))
        x = L.Conv2D(5, 3, padding="same", activation="relu", name="c1")(pixels)
        x = L.MaxPooling2D(2, name="p1")(x)
        x = L.Conv2D(6, 3, padding="same", activation="relu", name="c2")(x)
        x = L.MaxPooling2D(3, 2, name="p2")(x)
        model = keras.Model(pixels, L.Conv2D(4, 2, activation="relu", name="c3")(x))
        random_weights(model, seed=5)
    features = features_of(model)
    k1, b1, k2, b2, k3, b3 = model.get_weights()
    z0 = np.asarray(features.image.batch[0], np.float64)
    z1 = loop_convolution(z0, k1, b1, 1, 1, (19, 17))
    a1 = np.maximum(z1, 0)
    p1, s1 = loop_pool(a1, 2, 2)
    z2 = loop_convolution(p1, k2, b2, 1, 1, p1.shape[:2])
    a2 = np.maximum(z2, 0)
    p2, s2 = loop_pool(a2, 3, 2)
    z3 = loop_convolution(p2, k3, b3, 1, 0, (p2.shape[0] - 1, p2.shape[1] - 1))
    assert np.allclose(features["c3"], np.maximum(z3, 0))
    active = [tuple(place) for place in np.argwhere(z3.max(axis=2) > 0)]
    assert len(active) >= 3
    for row, column in (active[0], active[len(active) // 2], active[-1]):
        neuron = features.neuron("c3", int(z3[row, column].argmax()), row, column)
        assert neuron.activation > 0
        signal = np.zeros_like(z3)
        signal[row, column, neuron.channel] = neuron.activation
        signal = loop_rectify(signal, z3, rule)
        signal = loop_convolution_back(signal, k3, 1, 0, p2.shape[:2])
        signal = loop_rectify(loop_unpool(signal, s2, a2.shape), z2, rule)
        signal = loop_convolution_back(signal, k2, 1, 1, p1.shape[:2])
        signal = loop_rectify(loop_unpool(signal, s1, a1.shape), z1, rule)
        signal = loop_convolution_back(signal, k1, 1, 1, (19, 17))
        ours = zv.project(features, neuron, rule)
        assert ours.pixels.dtype == np.float64
        assert worst(ours.on_canvas(), signal) < 1e-12


# --- windows -------------------------------------------------------------------------------------


def from_whole_maps(features, neuron, rule):
    """The reverse pass from a whole zero map with the one activation put back: float (h, w, 3) "
    "RGB."""
    number = features.network.graph.layer_values[neuron.layer]
    values = np.zeros_like(features[neuron.layer])[None]
    values[0, neuron.row, neuron.column, neuron.channel] = neuron.activation
    seed = Signal(values, ((0, 0),))
    found = reverse(features, number, seed, rule)[0]
    canvas = np.zeros((*features.network.input_size, 3), found.values.dtype)
    top, left, bottom, right = found.box()
    canvas[top:bottom, left:right] = found.values[0]
    return canvas[..., ::-1] if features.network.spec.reads_bgr else canvas


@pytest.fixture(scope="module")
def windowed_networks(cat):
    """[(features, names of layers), ...]."""
    with double_precision():
        every = features_of(random_weights(everything(), seed=1), preprocess=None)
        resnet = keras.applications.ResNet50(weights=None, input_shape=(48, 48, 3), classes=10)
    resnet = features_of(random_weights(resnet), "caffe")
    return [
        (cat, ["conv1", "pool3", "fire5", "fire8"]),
        (every, ["pool_a", "join", "dilated", "last"]),
        (resnet, ["conv2_block1_out", "conv3_block2_out", "conv5_block1_out"]),
    ]


def test_a_window_says_the_same_as_the_whole_picture(windowed_networks):
    for features, layers in windowed_networks:
        for layer in layers:
            for neuron in spots(features, layer)[:2]:
                for rule in ("deconvnet", "gradient"):
                    whole = from_whole_maps(features, neuron, rule)
                    ours = zv.project(features, neuron, rule)
                    assert worst(ours.on_canvas(), whole) < 1e-5, (neuron, rule)
                    assert ours.box == features.receptive_field(neuron)
                    assert ours.pixels.shape[:2] == (
                        ours.box[2] - ours.box[0],
                        ours.box[3] - ours.box[1],
                    )


def test_a_list_of_neurons_says_the_same_as_single_calls(windowed_networks):
    for features, layers in windowed_networks:
        neurons = [one for layer in layers for one in spots(features, layer)]
        neurons = [*neurons, neurons[0]]  # asked for twice, and layers mixed
        together = zv.project(features, neurons, "guided")
        assert [one.neuron for one in together] == neurons
        for one, single in zip(together, neurons, strict=True):
            alone = zv.project(features, single, "guided")
            assert one.box == alone.box
            if alone.pixels.any():
                assert worst(one.pixels, alone.pixels) < 1e-5, single


def test_a_class_score_next_to_neurons_in_one_list(cat):
    neurons = [cat.class_neuron(281), cat.strongest("fire2"), cat.class_neuron(282)]
    together = zv.project(cat, neurons)
    for one, single in zip(together, neurons, strict=True):
        assert worst(one.on_canvas(), zv.project(cat, single).on_canvas()) < 1e-5


@pytest.mark.parametrize("layer", ["conv1", "fire5"])
def test_memory_does_not_grow_with_the_number_of_neurons(cat, monkeypatch, layer):
    """However many neurons are asked for, no step of the reverse pass holds more at once."""
    sizes, one = [], engine.one_step

    def measuring(features, operation, signal, rule):
        found = one(features, operation, signal, rule)
        sizes.extend(part.values.size for _, part in [(0, signal), *found])
        return found

    monkeypatch.setattr(engine, "one_step", measuring)
    channels = cat.strongest_channels(layer)
    largest = []
    for count in (16, 64):
        sizes.clear()
        projections = zv.project(cat, [cat.strongest(layer, k) for k in channels[:count]])
        assert len(projections) == count and len(sizes) > 1
        largest.append(max(sizes))
    assert largest[1] <= 1.3 * largest[0]  # not four times; windows at the border are smaller


def averages_instead(model):
    """The same network with average pools, which read all they see, and ReLUs that no cap
    closes."""

    def exchanged(layer):
        config = layer.get_config()
        if isinstance(layer, L.ReLU):
            return L.ReLU(name=layer.name)
        if not isinstance(layer, L.MaxPooling2D):
            return type(layer).from_config(config)
        return L.AveragePooling2D.from_config(config)

    return keras.models.clone_model(model, clone_function=exchanged)


def branching():
    """Strides, dilation, asymmetric borders and branches of unequal reach."""
    pixels = keras.Input((67, 59, 3))
    x = L.Conv2D(3, (3, 4), strides=(2, 1), padding="same", activation="relu", name="a")(pixels)
    x = L.ZeroPadding2D(((1, 0), (0, 1)))(x)
    left = L.Conv2D(3, 3, dilation_rate=(1, 3), padding="same", activation="relu", name="b")(x)
    right = L.DepthwiseConv2D((5, 3), padding="same", activation="relu", name="c")(x)
    x = L.Add(name="d")([left, right])
    x = L.Concatenate(name="e")([L.Conv2D(2, 1, activation="relu")(x), left])
    x = L.AveragePooling2D(3, 2, padding="same", name="f")(x)
    x = L.Cropping2D(((1, 0), (0, 2)))(L.UpSampling2D((1, 2))(x))
    x = L.SeparableConv2D(3, 3, activation="relu", name="g")(x)
    return keras.Model(pixels, L.Conv2D(3, 2, strides=2, activation="relu", name="h")(x))


def squeezenet_without_classes():
    model = zv.network.shipped.squeezenet((96, 96))
    return keras.Model(model.inputs[0], model.get_layer("fire9").output)


def body(name, size):
    build = getattr(keras.applications, name)
    return lambda: build(include_top=False, weights=None, input_shape=(size, size, 3))


RECEPTIVE = {
    "branches": (branching, list("abcdefgh")),
    "SqueezeNet": (
        squeezenet_without_classes,
        ["conv1", "pool1", "fire2", "pool3", "fire5", "fire7"],
    ),
    "VGG16": (body("VGG16", 48), ["block1_conv2", "block2_pool", "block3_conv3", "block4_conv1"]),
    "ResNet50": (body("ResNet50", 64), ["conv1_relu", "conv2_block1_out", "conv2_block3_out"]),
    "MobileNet": (body("MobileNet", 64), ["conv_pw_1_relu", "conv_pw_4_relu", "conv_dw_6_relu"]),
}


BODIES = [  # the random networks of tests/property are asked the same
    pytest.param(name, marks=pytest.mark.thorough if name in ("VGG16", "MobileNet") else ())
    for name in RECEPTIVE
]


@pytest.mark.parametrize("name", BODIES)
def test_receptive_fields_are_where_the_gradient_is_not_zero(name):
    """Positive weights and average pools, so that a zero is a pixel the neuron does not see."""
    with double_precision():
        build, layers = RECEPTIVE[name]
        model = build()
        model = keras.Model(model.inputs, model.get_layer(layers[-1]).output)  # no more is asked
        model = positive_weights(averages_instead(model))
    features = features_of(model, preprocess=None)
    network, height, width = features.network, *features.network.input_size
    uncut = 0
    neurons = []
    for layer in layers:
        h, w, _ = features[layer].shape
        places = dict.fromkeys([(h // 2, w // 2), (0, w // 4), (h - 1, w - 1)])
        neurons += [features.neuron(layer, 0, *place) for place in places]
    # All feature maps at once: those of one branch of a concatenation may see less.
    picks = [(layers.index(one.layer), (one.row, one.column)) for one in neurons]
    probe = reading(model, layers)
    gradients = reverse_by_tape(probe, features.image.batch, picks, "gradient")
    for neuron, gradient in zip(neurons, gradients, strict=True):
        h, w, _ = features[neuron.layer].shape
        in_the_middle = (neuron.row, neuron.column) == (h // 2, w // 2)
        seen = np.argwhere(gradient.any(axis=2))
        box = (*seen.min(axis=0), *(seen.max(axis=0) + 1))
        assert features.receptive_field(neuron) == box, neuron
        if in_the_middle and min(box[:2]) > 0 and box[2] < height and box[3] < width:
            size = (box[2] - box[0], box[3] - box[1])
            assert network.layer(neuron.layer).receptive_field == size, neuron
            uncut += 1
    assert uncut >= 2, "no border may cut all of them"


def test_known_receptive_fields(vgg16, squeezenet):
    sizes = {layer.name: layer.receptive_field for layer in vgg16.layers}
    assert sizes["block1_conv2"] == (5, 5) and sizes["block2_conv2"] == (14, 14)
    assert sizes["block3_conv3"] == (40, 40) and sizes["block4_conv3"] == (92, 92)
    assert sizes["block5_conv3"] == (196, 196)
    assert squeezenet.layer("conv1").receptive_field == (3, 3)
    assert squeezenet.layer("fire5").receptive_field == (63, 63)


def test_a_neuron_that_sees_only_padding():
    """A 1×1 convolution on padding reads no pixel: its projection is zero, and it is defined."""
    pixels = keras.Input((6, 6, 3))
    x = L.Conv2D(2, 1, activation="relu", name="c")(L.ZeroPadding2D(3)(pixels))
    features = features_of(positive_weights(keras.Model(pixels, x)))
    projection_ = zv.project(features, features.neuron("c", 0, 0, 0))
    assert not projection_.pixels.any() and projection_.on_canvas().shape == (6, 6, 3)
    assert not projection_.on_canvas().any()
    both = [features.neuron("c", 0, 0, 0), features.neuron("c", 0, 4, 5)]
    for one, single in zip(zv.project(features, both), both, strict=True):
        assert np.array_equal(one.on_canvas(), zv.project(features, single).on_canvas())


# --- the trace -----------------------------------------------------------------------------------


def test_a_trace_shows_the_window_growing_and_ends_at_the_projection(cat):
    neuron = cat.strongest("fire5")
    traced = zv.project(cat, neuron, trace=True)
    assert traced.trace and not zv.project(cat, neuron).trace
    assert np.array_equal(traced.pixels, zv.project(cat, neuron).pixels)
    last = traced.trace[-1]
    assert last.layer == "conv1" and np.array_equal(last.values, traced.pixels)  # in RGB
    assert last.pixels_box == traced.box == last.box
    titles = {step.title for step in traced.trace}
    assert titles >= {"unpool", "rectify", "filter", "cut"}
    sizes = [s.values.shape[0] for s in traced.trace if s.title in ("unpool", "filter")]
    assert sizes[0] == 1 or sizes[0] == 3
    assert sizes[-1] == 63
    for step in traced.trace:
        if step.title == "rectify":
            assert step.values.min() >= 0


# --- what is refused -----------------------------------------------------------------------------


def never(*_, **__):
    raise AssertionError("the reverse pass began, though it cannot reach the pixels")


def refused(model, monkeypatch, *words, layer="after"):
    """The refusal of a projection: in one sentence that has all the words, before any work, and "
    "in the table."""
    features = features_of(model)
    monkeypatch.setattr(engine, "one_step", never)
    with pytest.raises(ValueError) as caught:
        zv.project(features, features.strongest(layer))
    for word in words:
        assert word in str(caught.value), caught.value
        assert word in features.network.layer(layer).reverse
    assert "\n" not in str(caught.value)
    assert words[0] in repr(features.network.summary())
    return features


def test_swish_is_refused_by_the_name_of_its_layer(monkeypatch):
    def squeeze_and_excite(x):
        """As EfficientNet has it."""
        x = L.BatchNormalization(name="block2a_bn")(x)
        gate = L.GlobalAveragePooling2D(keepdims=True)(x)
        return L.Multiply(name="gate")([x, L.Conv2D(5, 1, activation="sigmoid")(gate)])

    words = ("layer 'block2a_activation' uses swish", "the deconvnet rule is defined for ReLU")
    model = around(lambda x: L.Activation("swish", name="block2a_activation")(x))
    refused(model, monkeypatch, *words)
    refused(
        around(squeeze_and_excite), monkeypatch, "layer 'gate' multiplies or divides two signals"
    )


@pytest.mark.parametrize(
    "layer, words",
    [
        (conv(activation="tanh", name="odd"), "layer 'odd' uses tanh"),
        (conv(activation="sigmoid", name="odd"), "layer 'odd' uses sigmoid"),
        (lambda x: L.LayerNormalization(name="odd")(x), "layer 'odd' is a LayerNormalization"),
        (lambda x: L.Multiply(name="odd")([x, x]), "layer 'odd' multiplies"),
        (lambda x: L.Maximum(name="odd")([x, -x]), "layer 'odd' is a Maximum"),
        (lambda x: L.Concatenate(axis=1, name="odd")([x, x]), "layer 'odd' joins along axis 1"),
        (lambda x: L.Lambda(lambda v: v * 2, name="odd")(x), "layer 'odd' is a Lambda"),
        (
            lambda x: L.BatchNormalization(axis=1, name="odd")(x),
            "layer 'odd' normalizes along axis 1",
        ),
        (
            lambda x: L.ZeroPadding2D(1, name="odd", data_format="channels_first")(x),
            "layer 'odd' keeps its channels first",
        ),
    ],
)
def test_what_cannot_be_reversed_is_refused_by_name(monkeypatch, layer, words):
    refused(around(layer), monkeypatch, words)


def test_an_activation_function_of_ones_own_is_refused(monkeypatch):
    def wobble(x):
        return keras.ops.relu(x) + 0.1

    refused(around(conv(activation=wobble)), monkeypatch, "uses wobble", "defined for ReLU")


def test_a_layer_of_ones_own_that_borrows_a_name_is_refused(monkeypatch):
    borrowed = type("Conv2D", (L.Layer,), {"call": lambda self, x: x * x})
    refused(around(lambda x: borrowed(name="mine")(x)), monkeypatch, "layer 'mine' is a Conv2D")


class Doubled(L.Layer):
    """A learner's own layer: twice its input, moved two rows down."""

    def call(self, x):
        return 2 * keras.ops.pad(x, ((0, 0), (2, 0), (0, 0), (0, 0)))[:, :-2]


class Squared(L.Layer):
    """A learner's own layer whose reverse needs its input."""

    def call(self, x):
        return x * x


@pytest.fixture
def own_table(monkeypatch):
    """The table of rules, put back as it was after the test."""
    from zv_helpers.deconvnet.rules import table
    from zv_helpers.network import receptive_fields

    monkeypatch.setattr(table, "REVERSALS", dict(table.REVERSALS))
    monkeypatch.setattr(receptive_fields, "WINDOWS", dict(receptive_fields.WINDOWS))


def test_a_rule_for_ones_own_layer_may_read_the_maps_of_the_forward_pass(own_table):
    @zv.reverse_rule(Squared, keeps="input")
    def slope_squared(signal, step):
        return 2 * step.input_maps() * signal

    with double_precision():
        features = features_of(random_weights(around(lambda x: Squared()(x)), seed=3))
    neurons = spots(features, "after")
    check(features, neurons)
    single = [zv.project(features, one).pixels for one in neurons]
    for one, together in zip(single, zv.project(features, neurons), strict=True):
        np.testing.assert_allclose(together.pixels, one, rtol=1e-6, atol=1e-12)


def test_a_rule_for_ones_own_layer_is_one_function_and_exact(monkeypatch, own_table):
    from zv_helpers.network.windows import Sliding

    refused(
        around(lambda x: Doubled(name="d")(x)),
        monkeypatch,
        "layer 'd' is a Doubled",
        "@zv.reverse_rule",
    )
    monkeypatch.undo()

    @zv.reverse_rule(Doubled, window=lambda operation: Sliding(before=(2, 0)))
    def halve(signal, step):
        return step.crop(2 * signal)

    with double_precision():
        features = features_of(random_weights(around(lambda x: Doubled()(x)), seed=3))
    check(features, spots(features, "after"))

    namesake = type("Doubled", (L.Layer,), {"call": lambda self, x: 3 * x})
    refused(around(lambda x: namesake(name="d")(x)), monkeypatch, "layer 'd' is a Doubled")


def test_a_picture_that_says_less_than_it_seems_to_comes_with_a_note(cat):
    average = around(lambda x: L.AveragePooling2D(2)(L.MaxPooling2D(2)(x)))
    pooled = features_of(random_weights(average))
    for features, layer, words in (
        (cat, "conv1", "no max-pool lies between the pixels and conv1"),
        (pooled, "after", "between the pixels and after lie average pools"),
    ):
        neuron = features.strongest(layer)
        with pytest.warns(zv.ProjectionWarning, match=words) as caught:
            noted = zv.project(features, [neuron, neuron])
        assert len(caught) == 1 and [words in one.notes[0] for one in noted] == [True, True]
    assert zv.project(cat, cat.strongest("fire2")).notes == ()
    assert zv.project(cat, cat.class_neuron(281)).notes == ()  # the last average is the score
    assert not zv.project(cat, cat.strongest("conv1"), "gradient").notes


def test_a_neuron_at_the_cap_of_its_relu_has_an_empty_gradient_and_a_note(lite_cat):
    maps = lite_cat["block3_1_expand_relu"]
    row, column, channel = (int(at[0]) for at in np.nonzero(maps == 6))
    at_cap = lite_cat.neuron("block3_1_expand_relu", channel, row, column)
    below = lite_cat.strongest("block3_1_expand_relu")
    for rule in ("gradient", "guided"):
        words = r"this neuron of block3_1_expand_relu lies at the cap of its ReLU \(6\)"
        with pytest.warns(zv.ProjectionWarning, match=words) as caught:
            empty, full = zv.project(lite_cat, [at_cap, below], rule)
        assert len(caught) == 1 and not empty.pixels.any() and full.pixels.any()
        assert len(empty.notes) == 1 and full.notes == ()
    with pytest.warns(zv.ProjectionWarning, match="no max-pool"):
        assert zv.project(lite_cat, at_cap).pixels.any()
    part = zv.Region("block3_1_expand_relu", channel, (row, column, row + 1, column + 1))
    with pytest.warns(zv.ProjectionWarning, match="at the cap"):
        zv.project(lite_cat, part, "gradient")
    whole = zv.Region("block3_1_expand_relu", channel)
    assert zv.project(lite_cat, whole, "gradient").notes == ()


def test_wrong_neurons_and_rules_are_refused(cat, vgg_cat):
    with pytest.raises(ValueError, match="deconvnet, guided, gradient, but got 'lrp'"):
        zv.project(cat, cat.strongest("fire5"), "lrp")
    with pytest.raises(ValueError, match="a target such as features.strongest.* but got float"):
        zv.project(cat, [1.5])
    with pytest.raises(KeyError, match="knows no class named 'fire5'"):
        zv.project(cat, ["fire5"])
    with pytest.raises(KeyError, match="has no layer 'fire55'"):
        zv.project(cat, zv.Neuron("fire55", 0, 0, 0, 1.0))
    with pytest.raises(IndexError, match="rows 0 to 26, but row 27"):
        zv.project(cat, zv.Neuron("fire5", 0, 27, 0, 1.0))
    with pytest.raises(ValueError, match="has no class scores"):
        zv.project(vgg_cat, zv.ClassScore(3))


def test_a_neuron_without_activation_has_a_picture_that_is_zero_and_grey(vgg_cat):
    maps = vgg_cat["block3_conv1"]
    row, column, channel = np.argwhere(maps == 0)[0]
    projection_ = zv.project(vgg_cat, vgg_cat.neuron("block3_conv1", channel, row, column))
    assert not projection_.pixels.any() and projection_.scale == 0
    assert (projection_.picture() == 128).all()


def test_a_rule_that_is_written_again_takes_effect_at_once():
    """A learner is refused, adds a rule, finds it wrong and mends it: all with one network."""

    class Thrice(L.Layer):
        def call(self, maps):
            return 3.0 * maps

    features = features_of(random_weights(around(lambda x: Thrice(name="thrice")(x))))
    neuron = features.strongest(features.layers[-1])
    with pytest.raises(ValueError, match="'thrice'"):
        zv.project(features, neuron)
    projections = []
    for factor in (1.0, 3.0):
        zv.reverse_rule(Thrice)(lambda signal, step, factor=factor: factor * signal)
        projections.append(zv.project(features, neuron).pixels)
    assert projections[0].any()
    np.testing.assert_allclose(projections[1], 3 * projections[0], rtol=1e-5)
