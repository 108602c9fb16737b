"""The independent answer: a tape over the Keras model itself, each ReLU exchanged.

Nothing here reads the package's graph, its table of rules or its forward pass. A ReLU is known by
its class or by the name of its function, and how much it leaks is what its derivative says far
below zero.
"""

import contextlib
import threading
from collections import defaultdict

import numpy as np
from entries import keras, tf

FAR_BELOW = -1e4  # also a number of half precision
LAYERS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.PReLU)
OPERATIONS = ("Relu", "Relu6", "LeakyRelu", "ReLU", "LeakyReLU")  # as ops.relu(x) makes them
FUNCTIONS = ("relu", "relu6", "leaky_relu")
ENDS = (keras.activations.softmax, keras.activations.sigmoid)


def with_rules(forward, rules):
    """The same ReLU with the gradient of a rule: one for each picture of the batch."""

    def derivative(x, signal):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = forward(x)
        return tape.gradient(y, x, output_gradients=signal)

    def where(names, x, yes, no):
        chosen = np.isin(rules, names).reshape(-1, *[1] * (len(x.shape) - 1))
        return tf.where(chosen, yes, no)

    @tf.custom_gradient
    def rectifier(x):
        def gradient(signal, variables=()):
            far_below = tf.fill(tf.shape(x), tf.cast(FAR_BELOW, x.dtype))
            positive = tf.where(signal > 0, signal, derivative(far_below, signal))
            signal = where(["deconvnet", "guided"], x, positive, signal)
            signal = where(["guided", "gradient"], x, derivative(x, signal), signal)
            # The slopes of a PReLU are variables, whose gradient nobody asks for.
            return (signal, [None] * len(variables)) if variables else signal

        return forward(x), gradient

    return rectifier


def inside(model):
    """The functional model that a sequential one keeps, or the model itself."""
    return getattr(model, "_functional", None) or model


def parts_of(model):
    """Every operation of a model and of the models inside it, once."""
    for one in inside(model).operations:
        yield one
        if isinstance(one, keras.Model):
            yield from parts_of(one)


@contextlib.contextmanager
def changed(changes):
    """Set attributes, [(object, name, value)], and set them back."""
    kept = []
    for thing, name, value in changes:
        kept.append((thing, name, vars(thing).get(name)))
        setattr(thing, name, value)
    try:
        yield
    finally:
        for thing, name, value in kept[::-1]:
            delattr(thing, name) if value is None else setattr(thing, name, value)


def other_rectifiers(model, rules):
    """What to change so that every ReLU has the gradient of a rule, one for each picture."""
    for one in dict.fromkeys(parts_of(model)):
        activation = getattr(one, "activation", None)
        if isinstance(one, LAYERS) or type(one).__name__ in OPERATIONS:
            yield one, "call", with_rules(one.call, rules)
        elif isinstance(activation, LAYERS) or getattr(activation, "__name__", "") in FUNCTIONS:
            yield one, "activation", with_rules(activation, rules)


def bare_end(model):
    """What to change so that the model gives its scores: a softmax or sigmoid at its end goes."""
    last = model.outputs[0]._keras_history.operation
    if isinstance(last, keras.Model):
        yield from bare_end(last)
    elif isinstance(last, keras.layers.Softmax):
        yield last, "call", lambda x, **_: x
    elif getattr(last, "activation", None) in ENDS:
        yield last, "activation", keras.activations.linear


def found(model, path):
    """The operation that a path "outer/inner/layer" names, and which of its calls "#2" means."""
    name, _, call = path.partition("#")
    *outer, last = name.split("/")
    for one in outer:
        model = model.get_layer(one)
    (layer,) = [one for one in inside(model).operations if one.name == last]
    return layer, int(call or 1) - 1


def run(model, inputs, paths):
    """Run forward in inference: (output, {path: what that layer gave}), all tensors."""
    given, wanted = defaultdict(list), {path: found(model, path) for path in paths}

    here = threading.get_ident()  # beside this, the package may compile the same layers

    def listening(layer, call):
        def heard(*args, **kwargs):
            result = call(*args, **kwargs)
            if threading.get_ident() == here:
                given[layer.name].append(result)
            return result

        return heard

    layers = dict.fromkeys(layer for layer, _ in wanted.values())
    with changed([(one, "call", listening(one, one.call)) for one in layers]):
        output = model(inputs, training=False)
    return output, {path: given[one.name][call] for path, (one, call) in wanted.items()}


def signals(model, batch, picks):
    """The reverse pass by automatic differentiation.

    Args:
        model: a `keras.Model`; batch: (1, h, w, channels), its input.
        picks: list of (path of a layer, or None for the scores; index into it; start, or None for
            the value's own; rule), one for each picture.

    Returns ([float (h, w, channels), the signal at the input], [the value at each pick]).
    """
    if model.inputs[0].shape[0] == 1 and len(picks) > 1:
        alone = [signals(model, batch, [pick]) for pick in picks]
        return [one for (one,), _ in alone], [value for _, (value,) in alone]
    inputs = tf.repeat(tf.cast(batch, model.inputs[0].dtype), len(picks), axis=0)
    paths = dict.fromkeys(path for path, *_ in picks if path is not None)
    changes = [*other_rectifiers(model, [rule for *_, rule in picks]), *bare_end(model)]
    values, total = [], 0.0
    with changed(changes), tf.GradientTape() as tape:
        tape.watch(inputs)
        output, given = run(model, inputs, paths)
        for i, (path, index, start, _) in enumerate(picks):  # pictures of a batch do not meet
            value = tf.cast((output if path is None else given[path])[(i, *index)], tf.float64)
            values.append(float(value))
            total += value * (values[-1] if start is None else start)
    return list(tape.gradient(total, inputs).numpy().astype(np.float64)), values
