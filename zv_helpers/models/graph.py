"""A Keras model as one flat list of operations, in forward order.

Nested models are opened, a layer that is called twice becomes two operations, and an activation
that is written inside a layer (`Conv2D(..., activation="relu")`) becomes an operation of its own:
the reverse pass treats it as such. This is the one module that uses Keras's private attributes
(`_nodes_by_depth`, `_functional`); tests/test_models.py watches over them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from .tensorflow import keras_and_tensorflow


@dataclass(frozen=True)
class Rectifier:
    """A ReLU, in the form Keras defines: slope below zero, and a cap (None: none) above.

    What it let through can be read off its output, so a threshold needs no field of its own.
    """

    slope: float = 0.0
    cap: float | None = None

    @property
    def name(self):
        """What the model table calls it: ReLU, LeakyReLU, or ReLU6 for a cap at 6."""
        return ("LeakyReLU" if self.slope else "ReLU") + (
            "" if self.cap is None else f"{self.cap:g}"
        )


@dataclass(frozen=True, eq=False)
class Operation:
    """One call of one layer.

    `inputs` and `output` number the values that flow through the network (the network input is 0);
    `shapes` holds their shapes without the batch axis. `kind` is the class name of the layer, or
    "Rectifier" for every form of ReLU and "Classifier" for a final softmax or sigmoid.
    `compute` maps the tensors that `reads` numbers to the output tensor; it is None where the next
    operation, an activation inside the same layer, computes both. `problem` says why it cannot be
    reversed, if so.
    """

    name: str
    kind: str
    layer: object
    inputs: tuple
    output: int
    shapes: tuple
    output_shape: tuple
    reads: tuple
    compute: Callable | None = field(repr=False)
    constants: tuple = ()
    rectifier: Rectifier | None = None
    problem: str | None = None


def rectifier_of(function):
    """Return the Rectifier that an activation function or layer is, or None if it is no form of
    ReLU."""
    keras, tf = keras_and_tensorflow()
    known = {
        keras.activations.relu: Rectifier(),
        keras.ops.relu: Rectifier(),
        tf.nn.relu: Rectifier(),
        keras.activations.relu6: Rectifier(cap=6.0),
        keras.ops.relu6: Rectifier(cap=6.0),
        tf.nn.relu6: Rectifier(cap=6.0),
        keras.activations.leaky_relu: Rectifier(slope=0.2),
        keras.ops.leaky_relu: Rectifier(slope=0.2),
    }
    try:
        if function in known:
            return known[function]
    except TypeError:
        return None
    if isinstance(function, keras.layers.Activation):
        return rectifier_of(function.activation)
    kind, ours = type(function).__name__, type(function).__module__.startswith("keras.")
    if not ours:
        return None
    if kind == "Relu":
        return Rectifier()
    if kind == "Relu6":
        return Rectifier(cap=6.0)
    if kind in ("ReLU", "LeakyReLU", "LeakyRelu"):
        cap = getattr(function, "max_value", None)
        return Rectifier(
            slope=float(getattr(function, "negative_slope", 0.0) or 0.0),
            cap=None if cap is None else float(cap),
        )
    return None


def _is_one_of(function, *names):
    keras, _ = keras_and_tensorflow()
    if isinstance(function, keras.layers.Activation):
        function = function.activation
    if type(function).__name__.lower() in names and type(function).__module__.startswith("keras."):
        return True
    return any(function is getattr(keras.activations, name) for name in names)


def activation_name(function):
    """Name an activation for a message."""
    keras, _ = keras_and_tensorflow()
    if isinstance(function, keras.layers.Activation):
        function = function.activation
    name = getattr(function, "__name__", None) or type(function).__name__
    return "swish" if name == "silu" else name  # Keras has two names for it; most texts say swish


def calls(model):
    """List the calls inside a functional or sequential model: [(layer, arguments, output tensors)].

    Raises:
        ValueError: the model is a subclass with a `call` of its own, whose graph cannot be read.
    """
    graph = getattr(model, "_functional", None) or model
    if not hasattr(graph, "_nodes_by_depth"):
        raise ValueError(
            "Expected a functional or sequential Keras model that has been built, but "
            f"{model.name!r} "
            "hides its graph in its own call method or has no input shape yet: "
            "rebuild it with keras.Model(inputs, outputs)."
        )
    nodes = [
        node
        for depth in sorted(graph._nodes_by_depth, reverse=True)
        for node in graph._nodes_by_depth[depth]
        if node.operation is not None and not node.is_input
    ]
    found = [(node.operation, node.arguments, node.outputs) for node in nodes]
    return graph.inputs, found, graph.outputs


def flatten(model, input_shape):
    """Flatten a Keras model into operations.

    Args:
        model: a built functional or sequential `keras.Model` with one input and one output.
        input_shape: (h, w, 3), used where the model leaves its input size open.

    Returns:
        (operations in forward order, the number of the output value, shapes of all values by
        number).

    Raises:
        ValueError: several inputs or outputs, or a graph that cannot be read.
    """
    inputs, _, outputs = calls(model)
    for what, tensors in (("input", inputs), ("output", outputs)):
        if len(tensors) != 1:
            raise ValueError(
                f"Expected a network with one {what}, but {model.name!r} has {len(tensors)}: "
                "make a keras.Model that keeps just one."
            )
    plan = _Plan(shapes={0: tuple(input_shape)})
    values = plan.walk(model, {id(inputs[0]): 0})
    return tuple(plan.operations), values[0], plan.shapes


@dataclass
class _Plan:
    """The list of operations while it is being written."""

    shapes: dict
    operations: list = field(default_factory=list)
    names: dict = field(default_factory=dict)

    def walk(self, model, known, prefix=""):
        """Append a model's operations. known: {id(Keras tensor): value number}. Returns the output
        numbers."""
        keras, _ = keras_and_tensorflow()
        _, found, outputs = calls(model)
        for layer, arguments, results in found:
            if isinstance(layer, keras.Model):
                inner_inputs, _, _ = calls(layer)
                inner = {
                    id(inside): known[id(outside)]
                    for inside, outside in zip(inner_inputs, arguments.keras_tensors, strict=True)
                }
                numbers = self.walk(layer, inner, f"{prefix}{layer.name}/")
                known.update((id(t), n) for t, n in zip(results, numbers, strict=True))
                continue
            if len(results) != 1:
                raise ValueError(
                    f"Expected layers with one output, but layer {layer.name!r} has "
                    f"{len(results)}: "
                    "the workbook cannot follow a signal through it."
                )
            known[id(results[0])] = self.add(layer, prefix + layer.name, arguments, known)
        return [known[id(tensor)] for tensor in outputs]

    def value(self, shape):
        """Number a new value."""
        self.shapes[len(self.shapes)] = tuple(shape)
        return len(self.shapes) - 1

    def add(self, layer, name, arguments, known):
        """Append the one or two operations that this call of a layer is. Returns its output's
        number."""
        keras, _ = keras_and_tensorflow()
        self.names[name] = self.names.get(name, 0) + 1
        if self.names[name] > 1:
            name = f"{name}#{self.names[name]}"
        tensors = arguments.keras_tensors
        keys = [id(tensor) for tensor in tensors]
        numbers = tuple(known[key] for key in keys)
        shapes = tuple(self.shapes[number] for number in numbers)

        def compute(*values):
            args, kwargs = arguments.fill_in(dict(zip(keys, values, strict=True)))
            return layer(*args, **kwargs)

        placeholders = [
            keras.KerasTensor((1, *shape), dtype=tensor.dtype)
            for shape, tensor in zip(shapes, tensors, strict=True)
        ]
        args, kwargs = arguments.fill_in(dict(zip(keys, placeholders, strict=True)))
        shape = tuple(layer.compute_output_spec(*args, **kwargs).shape[1:])
        rectifier = rectifier_of(layer)
        whole = {
            "name": name,
            "layer": layer,
            "inputs": numbers,
            "shapes": shapes,
            "output_shape": shape,
            "reads": numbers,
            "compute": compute,
            "constants": _constants(arguments),
        }
        inline = getattr(layer, "activation", None)
        if isinstance(layer, keras.layers.Activation):
            inline = None
        if inline is None or inline is keras.activations.linear:
            kind, problem = _kind(layer, name, shape, rectifier)
            self.operations.append(
                Operation(
                    kind=kind,
                    output=self.value(shape),
                    rectifier=rectifier,
                    problem=problem,
                    **whole,
                )
            )
            return self.operations[-1].output

        # The layer computes its activation itself: its linear part gets a value of its own.
        kind, problem = _kind(inline, name, shape, rectifier_of(inline))
        scores = kind == "Classifier" and isinstance(layer, keras.layers.Dense)
        if kind == "Classifier" and not scores:
            kind, problem = "Activation", undefined(name, inline)
        whole["compute"] = (lambda value: _dense_scores(layer, value)) if scores else None
        linear = self.value(shape)
        self.operations.append(Operation(kind=type(layer).__name__, output=linear, **whole))
        self.operations.append(
            Operation(
                name=name,
                kind=kind,
                layer=inline,
                inputs=(linear,),
                shapes=(shape,),
                output=self.value(shape),
                output_shape=shape,
                reads=(linear,) if scores else numbers,
                compute=inline if scores else compute,
                rectifier=rectifier_of(inline),
                problem=problem,
            )
        )
        return self.operations[-1].output


def _kind(function, name, shape, rectifier):
    """Return the kind of a layer or of an activation function, and why it cannot be reversed (or
    None)."""
    keras, _ = keras_and_tensorflow()
    if rectifier:
        return "Rectifier", None
    if len(shape) == 1 and _is_one_of(function, "softmax", "sigmoid"):
        return "Classifier", None
    if isinstance(function, keras.layers.Activation):
        if function.activation is keras.activations.linear:
            return "Identity", None
        return "Activation", undefined(name, function)
    if not isinstance(function, (keras.Operation, keras.layers.Layer)):
        return "Activation", undefined(name, function)
    return type(function).__name__, None


def _constants(arguments):
    """Return what a call was given beside tensors: ((position, value), ...)."""
    keras, _ = keras_and_tensorflow()
    flat = keras.tree.flatten((arguments.args, arguments.kwargs))
    return tuple((i, v) for i, v in enumerate(flat) if not isinstance(v, keras.KerasTensor))


def _dense_scores(layer, value):
    """Compute a dense layer before its activation: the class scores."""
    keras, _ = keras_and_tensorflow()
    product = keras.ops.matmul(value, layer.kernel)
    return product if layer.bias is None else keras.ops.add(product, layer.bias)


def undefined(name, function):
    """Say that an activation has no deconvnet rule."""
    return (
        f"layer {name!r} uses {activation_name(function)}; the deconvnet rule is defined for ReLU"
    )
