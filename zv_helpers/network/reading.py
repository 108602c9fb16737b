"""From a Keras model to a `Graph`.

Nested models are opened, a layer that is called twice becomes two operations, and an activation
that is written inside a layer (`Conv2D(..., activation="relu")`) becomes an operation of its own:
the reverse pass treats it as such. This is the one module that uses Keras's private attributes
(`_nodes_by_depth`, `_functional`); tests/network/test_loading.py watches over them.
"""

import inspect
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .graph import DROPPING, Graph, Operation, Rectifier, is_from_keras
from .tensorflow import keras_and_tensorflow

RELU_KINDS = ("Relu", "Relu6", "LeakyRelu", "ReLU", "LeakyReLU")  # in keras.ops, and two layers
RELUS = {"relu": Rectifier(), "relu6": Rectifier(cap=6.0), "leaky_relu": Rectifier(slope=0.2)}
# Layers of Keras's whose call ends in their `activation`; of LSTM, say, it is none of the last.
ENDS_IN_ACTIVATION = tuple(
    "Conv2D Conv2DTranspose Dense DepthwiseConv2D EinsumDense SeparableConv2D".split()
)
# Layers and operations that apply an activation function, and what texts call it.
ACTIVATIONS = {
    **{"Celu": "CELU", "ELU": "ELU", "Elu": "ELU", "Gelu": "GELU", "Glu": "GLU", "Selu": "SELU"},
    **{"HardSigmoid": "hard sigmoid", "HardSilu": "hard swish", "HardTanh": "hard tanh"},
    **{"LogSigmoid": "log sigmoid", "LogSoftmax": "log softmax", "Mish": "mish", "Silu": "swish"},
    **{"Sigmoid": "sigmoid", "Softmax": "softmax", "Softplus": "softplus", "Softsign": "softsign"},
    **{"Tanh": "tanh"},
}


def _function_of(activation):
    """Return the function inside an `Activation` layer; anything else as it is."""
    keras, _ = keras_and_tensorflow()
    while type(activation) is keras.layers.Activation:
        activation = activation.activation
    return activation


def rectifier_of(activation: Any) -> Rectifier | None:
    """Return the Rectifier that an activation function or layer is, or None if it is no ReLU."""
    keras, tf = keras_and_tensorflow()
    function, homes = _function_of(activation), (keras.activations, keras.ops, tf.nn)
    for name, rectifier in RELUS.items():
        if any(function is getattr(home, name) for home in homes):
            return rectifier
    kind = type(function).__name__
    if kind not in RELU_KINDS or not is_from_keras(function):
        return None
    cap = 6 if kind == "Relu6" else getattr(function, "max_value", None)
    slope = getattr(function, "negative_slope", None) or 0
    return Rectifier(float(slope), None if cap is None else float(cap))


def activation_name(activation: Any) -> str:
    """Name an activation for a message."""
    function = _function_of(activation)
    name = getattr(function, "__name__", None) or type(function).__name__
    if name == "silu":  # Keras has two names for it; most texts say swish
        return "swish"
    return ACTIVATIONS.get(name, name) if is_from_keras(function) else name


def calls(model: Any) -> tuple[list, list[tuple], list]:
    """List a functional or sequential model's input tensors, the calls inside it in forward order,
    each (layer, arguments, output tensors), and its output tensors. Raises ValueError for a
    subclass with a `call` of its own, whose graph cannot be read."""
    graph = getattr(model, "_functional", None) or model
    if not hasattr(graph, "_nodes_by_depth"):
        raise ValueError(
            "Expected a functional or sequential Keras model that has been built, but "
            f"{model.name!r} hides its graph in its own call method or has no input shape yet: "
            "rebuild it with keras.Model(inputs, outputs)."
        )
    found = [
        (node.operation, node.arguments, node.outputs)
        for depth in sorted(graph._nodes_by_depth, reverse=True)
        for node in graph._nodes_by_depth[depth]
        if node.operation is not None and not node.is_input
    ]
    return graph.inputs, found, graph.outputs


def input_of(model: Any) -> Any:
    """Return the Keras tensor that a built functional or sequential `keras.Model` takes. Raises
    ValueError for several inputs or outputs, or a graph that cannot be read."""
    inputs, _, outputs = calls(model)
    for what, tensors in (("input", inputs), ("output", outputs)):
        if len(tensors) != 1:
            raise ValueError(
                f"Expected a network with one {what}, but {model.name!r} has {len(tensors)}: "
                "make a keras.Model that keeps just one."
            )
    return inputs[0]


def read_graph(model: Any, input_shape: tuple[int, int, int]) -> Graph:
    """Read the graph of a `keras.Model`, whose input has the shape (h, w, channels) where the model
    leaves it open. Raises ValueError as `input_of` does."""
    plan = _Plan(shapes={0: tuple(input_shape)})
    values = plan.walk(model, {id(input_of(model)): 0}, final=True)
    return Graph(tuple(plan.operations), values[0], plan.shapes)


@dataclass
class _Plan:
    """The list of operations while it is being written."""

    shapes: dict[int, tuple]
    operations: list[Operation] = field(default_factory=list)
    names: Counter = field(default_factory=Counter)

    def walk(self, model, known, prefix="", final=False, training=None):
        """Append a model's operations. known: {id(Keras tensor): value number}; final: whether its
        output is the network's; training: what the call of the model itself says. Returns the
        output numbers."""
        keras, _ = keras_and_tensorflow()
        _, found, outputs = calls(model)
        for layer, arguments, results in found:
            last = final and any(result is outputs[0] for result in results)
            # Keras lets the outer call decide.
            trains = arguments.kwargs.get("training") if training is None else training
            if isinstance(layer, keras.Model):
                pairs = zip(calls(layer)[0], arguments.keras_tensors, strict=True)
                inner = {id(inside): known[id(outside)] for inside, outside in pairs}
                numbers = self.walk(layer, inner, f"{prefix}{layer.name}/", last, trains)
            else:
                how = (layer, prefix + layer.name, arguments, known, last, trains)
                numbers = [self.add(*how, part) for part in _parts(layer, results)]
            known.update(zip(map(id, results), numbers, strict=True))
        return [known[id(tensor)] for tensor in outputs]

    def append(self, name, layer, inputs, shape, reads, compute, constants, *, kind, **form):
        """Append an operation that computes a new value; return that value's number."""
        number, shapes = len(self.shapes), tuple(self.shapes[one] for one in inputs)
        values = (inputs, number, shapes, shape, reads, compute, constants)
        self.operations.append(Operation(name, kind, layer, *values, **form))
        self.shapes[number] = shape
        return number

    def add(self, layer, name, arguments, known, last=False, training=False, part=None):
        """Append the one or two operations that this call of a layer is; last: it gives the
        network's output; part: which of its outputs is meant, of several. Returns its output's
        number."""
        keras, _ = keras_and_tensorflow()
        self.names[name] += 1
        if self.names[name] > 1:
            name = f"{name}#{self.names[name]}"
        tensors = arguments.keras_tensors
        keys = list(map(id, tensors))
        reads = inputs = tuple(known[key] for key in keys)

        def compute(*values, function=layer):
            args, kwargs = arguments.fill_in(dict(zip(keys, values, strict=True)))
            # Keras writes a layer's own default into the graph, and that of `RandomFlip` is True.
            calm = {"training": False} if "training" in kwargs else {}
            found = function(*args, **kwargs | calm)
            return found if part is None else found[part]

        pairs = zip(inputs, tensors, strict=True)
        stand_ins = [keras.KerasTensor((1, *self.shapes[n]), dtype=one.dtype) for n, one in pairs]
        shape = tuple(compute(*stand_ins, function=layer.compute_output_spec).shape[1:])
        flat = enumerate(keras.tree.flatten((arguments.args, arguments.kwargs)))
        constants = tuple((i, v) for i, v in flat if not isinstance(v, keras.KerasTensor))
        form = _form(layer, name, shape, last)
        if problem := training and _trained(layer):
            form["problem"] = f"layer {name!r} is called with training=True, so it {problem}"
        picked = self.from_one_picture(layer, inputs)
        if picked is not None:
            source, makers = picked
            inputs = reads = (source,)
            compute = _after(compute, makers)
        inline = _last_step(layer)
        if inline is not None:
            # The layer computes its activation itself: its linear part gets a value of its own.
            scores, kind = _linear_part(layer), type(layer).__name__
            form = _form(inline, name, shape, last)
            scores = scores if form["kind"] == "Classifier" else None
            linear = self.append(name, layer, inputs, shape, reads, scores, constants, kind=kind)
            layer, inputs, constants = inline, (linear,), ()
            if scores is not None:
                reads, compute = inputs, inline
        return self.append(name, layer, inputs, shape, reads, compute, constants, **form)

    def from_one_picture(self, layer, inputs):
        """Where a layer puts single channels of one value, (h, w) each, together again, as
        `keras.applications` makes BGR of RGB, return (that value's number, the operations that took
        the channels out); else None. So no value on the way is without its channels."""
        if type(layer).__name__ not in ("ExpandDims", "Stack") or not is_from_keras(layer):
            return None
        makers = {one.output: one for one in self.operations}
        taken = [makers.get(number) for number in inputs]
        if any(one is None or one.kind not in ("GetItem", "Unstack") for one in taken):
            return None
        sources = {one.inputs for one in taken}
        flat = all(len(self.shapes[number]) == 2 for number in inputs)
        source = sources.pop()
        return (source[0], taken) if flat and not sources else None


def _after(join, makers):
    """One function of a value: what the makers make of it, joined."""
    return lambda value: join(*(one.compute(value) for one in makers))


def _parts(layer, results):
    """The parts of a layer's output that become operations of their own: [None] for the whole."""
    if len(results) == 1 and type(layer).__name__ not in ("Split", "Unstack"):
        return [None]
    if type(layer).__name__ in ("Split", "Unstack") and is_from_keras(layer):
        return list(range(len(results)))
    raise ValueError(
        f"Expected layers with one output, but layer {layer.name!r} has "
        f"{len(results)}: the workbook cannot follow a signal through it."
    )


def _trained(layer):
    """Say what a layer does otherwise in training, or return None if it does nothing else."""
    kind = type(layer).__name__
    if not is_from_keras(layer):
        asks = inspect.signature(layer.call).parameters.get("training")
        other = asks is not None and asks.default is not True
        return "does something else than in inference: call it without" if other else None
    if kind == "BatchNormalization" and layer.trainable:
        return "uses the batch's own statistics: call it without"
    return "is random: call it without" if kind in DROPPING else None


def _form(function, name, shape, last):
    """Return the fields of an `Operation` that say what a layer or an activation is, or why it
    cannot be reversed."""
    keras, _ = keras_and_tensorflow()
    rectifier = rectifier_of(function)
    if rectifier is not None:
        inner, form = _function_of(function), {"kind": "Rectifier", "rectifier": rectifier}
        if rectifier.slope < 0 and (rectifier.cap or getattr(inner, "threshold", 0)):
            words = "leaks with a slope below zero and has a cap or a threshold as well"
            form["problem"] = f"layer {name!r} {words}, which has no reverse rule"
        return form
    # At each position of a segmentation-like output there is a score for each class.
    wide = len(shape) == 3 and getattr(function, "axis", -1) in (-1, 3)
    inner = _function_of(function)
    squashes = is_from_keras(inner) and type(inner).__name__ in ("Softmax", "Sigmoid")
    squashes = squashes or inner in (keras.activations.softmax, keras.activations.sigmoid)
    if squashes and last and (len(shape) == 1 or wide):
        return {"kind": "Classifier"}
    if type(function) is keras.layers.Activation:
        if inner is keras.activations.linear:
            return {"kind": "Identity"}
    elif isinstance(function, keras.Operation):
        kind = type(function).__name__
        if kind not in ACTIVATIONS or not is_from_keras(function):
            return {"kind": kind}
    used = activation_name(function)
    words = "the deconvnet rule is defined for ReLU: take a network with ReLU, or look below it"
    return {"kind": "Activation", "problem": f"layer {name!r} uses {used}; {words}"}


def _last_step(layer):
    """Return the activation that a layer of Keras's applies last, or None."""
    keras, _ = keras_and_tensorflow()
    if not is_from_keras(layer) or type(layer).__name__ not in ENDS_IN_ACTIVATION:
        return None
    return None if layer.activation in (None, keras.activations.linear) else layer.activation


def _linear_part(layer):
    """Return what a layer computes before its activation, as a function of tensors: the same layer,
    with the same weights, without it."""
    keras, _ = keras_and_tensorflow()
    linear = object.__new__(type(layer))
    linear.__dict__.update(layer.__dict__, activation=keras.activations.linear)
    return linear
