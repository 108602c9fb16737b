"""The reverse pass of random networks must say what automatic differentiation says."""

import contextlib

import numpy as np
import pytest
from graphs import L, describe, number, one_of, random_network
from hypothesis import given, note
from hypothesis import strategies as st
from independent import (
    double_precision,
    loop_convolution,
    loop_convolution_back,
    loop_pool,
    loop_rectify,
    loop_unpool,
    other_rectifiers,
    positive_weights,
    random_image,
    random_weights,
)
from names import RULES, examples, keras, same_padding, tf

import zv_helpers as zv

pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.ProjectionWarning")
EXACT = 1e-9
# In inference these hand on the very tensor they are given, so the tape cannot tell the two apart.
PASS = (L.Identity, L.Dropout, L.SpatialDropout2D, L.GaussianNoise, L.AlphaDropout)


def features_of(model, preprocess="tf"):
    network = zv.load_model(model, preprocess=preprocess)
    return zv.extract_features(network, random_image(network))


def outer_layers(features):
    """The layers that the Keras model knows by the same name and calls once, so that the tape can
    reach them."""
    layers = features.network.keras_model.layers
    names = {
        one.name for one in layers if len(one._inbound_nodes) == 1 and not isinstance(one, PASS)
    }
    return [name for name in features.layers if name in names]


@contextlib.contextmanager
def without_softmax(layer):
    kept = getattr(layer, "activation", None)
    if kept is keras.activations.softmax:
        layer.activation = keras.activations.linear
    try:
        yield
    finally:
        if kept is not None:
            layer.activation = kept


def by_tape(features, picks, lower, rule):
    """The signals at the input and at the layers `lower`: [float (picks, h, w, channels), ...].

    picks: [(layer, or None for the network's output; index into it; start), ...]; each has a
    picture of the batch for itself.
    """
    model = features.network.keras_model
    outputs = [model.get_layer(name).output for name in lower]
    uppers = list(dict.fromkeys(upper for upper, *_ in picks))
    with double_precision():
        tops = [model.outputs[0] if one is None else model.get_layer(one).output for one in uppers]
        probe = keras.Model(model.inputs[0], [*outputs, *tops])
    inputs = tf.repeat(tf.cast(features.image.batch, tf.float64), len(picks), axis=0)
    with without_softmax(model.layers[-1]), other_rectifiers(probe, rule):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            found = keras.tree.flatten(probe(inputs, training=False))
            below, above = found[: len(lower)], dict(zip(uppers, found[len(lower) :], strict=True))
            total = sum(
                tf.reduce_sum(start * above[upper][(i, *index)])
                for i, (upper, index, start) in enumerate(picks)
            )
    signals = tape.gradient(total, [inputs, *below], unconnected_gradients="zero")
    return [one.numpy() for one in signals]


def check_agreement(ours, theirs, start=1.0):
    """Compare two signals; return whether they are more than zeros."""
    assert ours.shape == theirs.shape
    largest, difference = np.abs(theirs).max(), np.abs(ours - theirs).max()
    note(f"largest {largest:.3g}, difference {difference:.3g}")
    assert difference <= EXACT * max(largest, 1e-4 * abs(start))
    return largest > 0


def some_neurons(draw, features, layer, count):
    """Neurons at random places of a layer, most often the strongest there."""
    h, w, channels = features[layer].shape
    neurons = []
    for _ in range(count):
        row, column = number(draw, 0, h - 1), number(draw, 0, w - 1)
        strongest = int(features[layer][row, column].argmax())
        channel = one_of(draw, strongest, strongest, number(draw, 0, channels - 1))
        neurons.append(features.neuron(layer, channel, row, column))
    return neurons


def test_projections_of_random_networks_and_signals_in_between():
    """To build a network takes longer than to ask about it, so each is asked for both: two neurons
    down to the pixels (nothing outside their receptive fields counts), and a class score or one of
    them down to layers in between."""
    pixels, between = ({rule: [] for rule in RULES} for _ in range(2))
    kinds = set()

    @examples(60)
    @given(st.data(), st.sampled_from(RULES))
    def check(data, rule):
        features = features_of(random_network(data.draw))
        layers = outer_layers(features)
        layer = one_of(data.draw, *layers[-4:])
        neurons = some_neurons(data.draw, features, layer, count=2)
        picks = [(layer, (one.row, one.column, one.channel), one.activation) for one in neurons]
        if features.network.class_count is None:
            target, lower = neurons[0], layers[: layers.index(layer)]
            picks.append((*picks[0][:2], 1.0))
        else:
            target, lower = features.class_neuron(number(data.draw, 0, 2)), layers
            picks.append((None, (target.index,), 1.0))
        if rule == "gradient":  # all maps of the first one's position: where is it not zero?
            picks.append((layer, (neurons[0].row, neurons[0].column, slice(None)), 1.0))
        some = sorted({one_of(data.draw, *lower) for _ in range(3)}) if lower else []
        note(f"{rule} from {neurons} to the pixels, from {target} to {some}")
        theirs, *beneath = by_tape(features, picks, some, rule)

        together = zv.project(features, neurons, rule)
        for neuron, projection, reference in zip(neurons, together, theirs[:2], strict=True):
            found = check_agreement(projection.on_canvas(), reference, neuron.activation)
            pixels[rule].append(found)
            assert projection.box == features.receptive_field(neuron)
            assert projection.pixels.dtype == np.float64
        alone = zv.project(features, neurons[0], rule).on_canvas()
        check_agreement(alone, together[0].on_canvas())
        if rule == "gradient":
            top, left, bottom, right = together[0].box
            theirs[3, top:bottom, left:right] = 0
            assert not theirs[3].any(), "something outside the receptive field is seen"

        ours = zv.reverse_signal(features, target, some, rule) if some else {}
        for name, reference in zip(some, beneath, strict=True):
            between[rule].append(check_agreement(ours[name], reference[2]))
        kinds.update(operation.kind for operation in features.network.graph.operations)

    check()
    for rule in RULES:
        assert np.mean(pixels[rule]) > 0.4, f"{rule}: a comparison of zeros proves nothing"
        assert np.mean(between[rule]) > 0.4, f"{rule}: a comparison of zeros proves nothing"
    assert len(kinds) >= 20, f"the networks had too few kinds of layers: {sorted(kinds)}"


# --- plain loops ----------------------------------------------------------------------------------


def random_chain(draw):
    """Square convolutions with a ReLU, and max-pools without padding: a `keras.Model` in float64
    and [(layer's name, kind, arguments), ...]."""
    with double_precision():
        x = pixels = keras.Input((number(draw, 5, 11), number(draw, 5, 11), 3))
        steps = []
        for i in range(number(draw, 2, 4)):
            size = number(draw, 1, min(3, *x.shape[1:3]))
            stride = number(draw, 1, 2)
            if i and one_of(draw, True, False):
                layer = L.MaxPooling2D(size, stride)
            else:
                padding = one_of(draw, "same", "valid") if stride == 1 else "valid"
                layer = L.Conv2D(number(draw, 1, 4), size, stride, padding, activation="relu")
            x = layer(x)
            steps.append((layer, size, stride))
        model = random_weights(keras.Model(pixels, x), seed=number(draw, 0, 99))
    note(describe(model))
    return model, steps


def test_random_chains_against_plain_loops():
    more_than_zeros = []

    @examples(60)
    @given(st.data(), st.sampled_from(RULES))
    def check(data, rule):
        model, steps = random_chain(data.draw)
        features = features_of(model)
        maps, kept = np.asarray(features.image.batch[0], np.float64), []
        for layer, size, stride in steps:
            if isinstance(layer, L.MaxPooling2D):
                below, (maps, switches) = maps, loop_pool(maps, size, stride)
                kept.append((layer, switches, below.shape))
                continue
            kernel, bias = layer.get_weights()
            outputs = tuple(layer.output.shape[1:3])
            before = same_padding(maps.shape[0], size, stride)[0]
            before = before if layer.padding == "same" else 0
            below = maps
            linear = loop_convolution(maps, kernel, bias, stride, before, outputs)
            maps = np.maximum(linear, 0)
            kept.append((layer, linear, (kernel, stride, before, below.shape[:2])))
        last = model.layers[-1].name
        assert np.allclose(features[last], maps)
        (neuron,) = some_neurons(data.draw, features, last, count=1)
        signal = np.zeros_like(maps)
        signal[neuron.row, neuron.column, neuron.channel] = neuron.activation
        for layer, found, how in kept[::-1]:
            if isinstance(layer, L.MaxPooling2D):
                signal = loop_unpool(signal, found, how)
            else:
                signal = loop_convolution_back(loop_rectify(signal, found, rule), *how)
        ours = zv.project(features, neuron, rule).on_canvas()
        more_than_zeros.append(check_agreement(ours, signal, neuron.activation))

    check()
    assert np.mean(more_than_zeros) > 0.5


# --- receptive fields -----------------------------------------------------------------------------


def seen_by(features, layer, row, column):
    """The positions of the input on which a position of a layer depends: bool (h, w)."""
    pick = (layer, (row, column, slice(None)), 1.0)
    (gradient,) = by_tape(features, [pick], [], "gradient")
    return gradient[0].any(axis=2)


def average_pool(draw, x):
    size = number(draw, 1, min(3, *x.shape[1:3]))
    return L.AveragePooling2D(size, number(draw, 1, size), one_of(draw, "same", "valid"))(x)


def plain_convolution(draw, x):
    """A convolution that leaves no gap between what it reads."""
    size = number(draw, 1, min(4, *x.shape[1:3]))
    stride = number(draw, 1, size)
    return L.Conv2D(2, size, stride, one_of(draw, "same", "valid"), activation="relu")(x)


GAPLESS = (average_pool, plain_convolution)


@examples(20)
@given(st.data())
def test_receptive_fields_are_where_the_gradient_is_not_zero(data):
    """Positive weights and average pools, so that a zero is a pixel the neuron does not see."""
    how = {"first": plain_convolution, "choices": GAPLESS, "most": 5, "classes": False}
    model = random_network(data.draw, weights=positive_weights, **how)
    features = features_of(model, preprocess="none")
    h, w, _ = features[features.layers[-1]].shape
    row, column = number(data.draw, 0, h - 1), number(data.draw, 0, w - 1)
    neuron = features.neuron(features.layers[-1], 0, row, column)
    seen = np.argwhere(seen_by(features, neuron.layer, row, column))
    box = (*seen.min(axis=0), *(seen.max(axis=0) + 1))
    assert features.receptive_field(neuron) == box
