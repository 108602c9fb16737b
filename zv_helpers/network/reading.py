"""From a Keras model to a `Graph`.

Nested models are opened, a layer that is called twice becomes two operations, and an activation
that is written inside a layer (`Conv2D(..., activation="relu")`) becomes an operation of its own:
the reverse pass treats it as such. This is the one module that uses Keras's private attributes
(`_nodes_by_depth`, `_functional`); tests/network/test_loading.py watches over them.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .graph import Graph, Operation, Rectifier, is_from_keras
from .tensorflow import keras_and_tensorflow

RELU_KINDS = ("Relu", "Relu6", "LeakyRelu", "ReLU", "LeakyReLU")  # in keras.ops, and two layers
RELUS = {"relu": Rectifier(), "relu6": Rectifier(cap=6.0), "leaky_relu": Rectifier(slope=0.2)}


def _function_of(activation):
    """Return the function inside an `Activation` layer; anything else as it is."""
    keras, _ = keras_and_tensorflow()
    while isinstance(activation, keras.layers.Activation):
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
    return "swish" if name == "silu" else name  # Keras has two names for it; most texts say swish


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

    def walk(self, model, known, prefix="", final=False):
        """Append a model's operations. known: {id(Keras tensor): value number}; final: whether its
        output is the network's. Returns the output numbers."""
        keras, _ = keras_and_tensorflow()
        _, found, outputs = calls(model)
        for layer, arguments, results in found:
            last = final and any(result is outputs[0] for result in results)
            if isinstance(layer, keras.Model):
                pairs = zip(calls(layer)[0], arguments.keras_tensors, strict=True)
                inner = {id(inside): known[id(outside)] for inside, outside in pairs}
                numbers = self.walk(layer, inner, f"{prefix}{layer.name}/", last)
            elif len(results) == 1:
                numbers = [self.add(layer, prefix + layer.name, arguments, known, last)]
            else:
                raise ValueError(
                    f"Expected layers with one output, but layer {layer.name!r} has "
                    f"{len(results)}: the workbook cannot follow a signal through it."
                )
            known.update(zip(map(id, results), numbers, strict=True))
        return [known[id(tensor)] for tensor in outputs]

    def append(self, name, layer, inputs, shape, reads, compute, constants, *, kind, **form):
        """Append an operation that computes a new value; return that value's number."""
        number, shapes = len(self.shapes), tuple(self.shapes[one] for one in inputs)
        values = (inputs, number, shapes, shape, reads, compute, constants)
        self.operations.append(Operation(name, kind, layer, *values, **form))
        self.shapes[number] = shape
        return number

    def add(self, layer, name, arguments, known, last=False):
        """Append the one or two operations that this call of a layer is; last: it gives the
        network's output. Returns its output's number."""
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
            return function(*args, **kwargs | calm)

        pairs = zip(inputs, tensors, strict=True)
        stand_ins = [keras.KerasTensor((1, *self.shapes[n]), dtype=one.dtype) for n, one in pairs]
        shape = tuple(compute(*stand_ins, function=layer.compute_output_spec).shape[1:])
        flat = enumerate(keras.tree.flatten((arguments.args, arguments.kwargs)))
        constants = tuple((i, v) for i, v in flat if not isinstance(v, keras.KerasTensor))
        form, inline = _form(layer, name, shape, last), getattr(layer, "activation", None)
        alone = inline is None or inline is keras.activations.linear
        if not alone and not isinstance(layer, keras.layers.Activation):
            # The layer computes its activation itself: its linear part gets a value of its own.
            scores, kind = _linear_part(layer), type(layer).__name__
            form = _form(inline, name, shape, last, apart=scores is not None)
            scores = scores if form["kind"] == "Classifier" else None
            linear = self.append(name, layer, inputs, shape, reads, scores, constants, kind=kind)
            layer, inputs, constants = inline, (linear,), ()
            if scores is not None:
                reads, compute = inputs, inline
        return self.append(name, layer, inputs, shape, reads, compute, constants, **form)


def _form(function, name, shape, last, apart=True):
    """Return the fields of an `Operation` that say what a layer or an activation is, or why it
    cannot be reversed. Only one whose input is a value of its own, apart, can be a Classifier."""
    keras, _ = keras_and_tensorflow()
    rectifier = rectifier_of(function)
    if rectifier is not None:
        return {"kind": "Rectifier", "rectifier": rectifier}
    # At each position of a segmentation-like output there is a score for each class.
    wide = last and len(shape) == 3 and getattr(function, "axis", -1) in (-1, 3)
    inner = _function_of(function)
    squashes = is_from_keras(inner) and type(inner).__name__ in ("Softmax", "Sigmoid")
    squashes = squashes or inner in (keras.activations.softmax, keras.activations.sigmoid)
    if squashes and (len(shape) == 1 or wide):
        if apart:
            return {"kind": "Classifier"}
    elif isinstance(function, keras.layers.Activation):
        if inner is keras.activations.linear:
            return {"kind": "Identity"}
    elif isinstance(function, keras.Operation):
        return {"kind": type(function).__name__}
    used = activation_name(function)
    problem = f"layer {name!r} uses {used}; the deconvnet rule is defined for ReLU"
    return {"kind": "Activation", "problem": problem}


def _linear_part(layer):
    """Return what a layer computes before its activation, as a function of tensors, or None."""
    keras, _ = keras_and_tensorflow()
    dense = isinstance(layer, keras.layers.Dense)
    if not dense and not isinstance(layer, keras.layers.Conv2D):
        return None
    product = keras.ops.matmul if dense else layer.convolution_op

    def linear(value):
        found = product(value, layer.kernel)
        return found if layer.bias is None else keras.ops.add(found, layer.bias)

    return linear
