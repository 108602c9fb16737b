"""From a Keras model to a `Network`: what it takes, which output is explained, what its classes are
called, and whether its graph gives what the model itself gives."""

import operator
from collections.abc import Callable
from typing import Any

from .graph import Graph
from .network import Network
from .own_answer import check_against_model
from .preprocessors import own_preprocessor, size_from
from .reading import activation_name, input_of, read_graph
from .sentences import first_line
from .spec import InputSpec
from .tensorflow import keras_and_tensorflow

Way = str | Callable | None
Names = tuple[str, ...] | None
Size = int | tuple[int, int] | None

SMALLEST, LARGEST = 16, 1024  # pixels a side that may be asked for
USUAL = (224, 224)


def make_network(
    model: Any,
    name: str,
    way: Way = None,
    names: Names = None,
    size: Size = None,
    recipe: dict | None = None,
    output: str | int | None = None,
    check: bool = True,
) -> Network:
    """Read a Keras model's graph and put a `Network` round it; see `load_model`. check: compare
    what its graph gives with what the model gives."""
    _check_built(model, name)
    whole, index = model, 0
    if len(model.inputs) == 1:
        model, index = _with_one_output(model, name, output)
    shape = tuple(input_of(model).shape)
    _check_shape(shape, name)
    size, channels, own = checked_size(size), shape[-1], own_preprocessor(whole)
    if way is None and own is not None:
        way = own
        size = size or (size_from(own, channels) if None in shape[1:3] else None)
        print(f"Preprocessing: {name} carries its own, {own.__name__}; preprocess= replaces it.")
    spec = InputSpec(_size(shape, name, size), channels, "none" if way is None else way)
    graph = _graph(model, name, (*spec.size, channels))
    _check_graph(graph, name)
    names = _names(names, graph)
    network = Network(name, model, spec, names, graph, recipe)
    if check:
        check_against_model(network, whole, index)
    return network


def size_to_choose(network: Network) -> tuple[int, int] | None:
    """Return the input size that was chosen for a network, or None where its model has its own."""
    is_open = None in input_of(network.keras_model).shape[1:3]
    return network.input_size if is_open else None


def checked_size(size: Size) -> tuple[int, int] | None:
    """Return an input size as (h, w); one number stands for both. Raises ValueError for what is
    none, or not from 16 to 1024."""
    if size is None:
        return None
    try:
        sides = tuple(
            map(operator.index, size if isinstance(size, (tuple, list)) else (size, size))
        )
    except TypeError:
        sides = ()
    if len(sides) != 2 or not all(SMALLEST <= side <= LARGEST for side in sides):
        raise ValueError(
            f"Expected input_size to be (h, w) or one number for both, {SMALLEST} to {LARGEST} "
            f"pixels each, but got {size!r:.80}: give for instance input_size=(224, 224)."
        )
    return sides[0], sides[1]


def _check_built(model, name):
    keras, _ = keras_and_tensorflow()
    if getattr(model, "inputs", None) is not None:
        return
    if isinstance(model, keras.Sequential):
        raise ValueError(
            f"Expected a model that has been built, but {name!r} has no input shape yet: "
            "begin it with keras.Input((h, w, 3)), or run it once on a picture."
        )
    raise ValueError(
        f"Expected a functional or sequential Keras model, but {name!r} is a subclassed one, which "
        "hides its graph in its own call method: make it functional, pixels = keras.Input((h, w, "
        "3)) and then keras.Model(pixels, model.call(pixels)), and load that."
    )


def _with_one_output(model, name, output):
    """Return the model that gives just the output that is asked for, and that output's index."""
    keras, _ = keras_and_tensorflow()
    outputs = model.outputs
    structure = {} if isinstance(model, keras.Sequential) else model.output
    names = list(getattr(model, "output_names", [])) or [one.name for one in outputs]
    if isinstance(structure, dict):  # Keras puts the outputs in the order of their keys
        keys = sorted(structure)
        names = keys if len(keys) == len(outputs) else names
    known = ", ".join(
        f"{one!r} {tuple(t.shape[1:])}" for one, t in zip(names, outputs, strict=True)
    )
    if output is None and len(outputs) > 1:
        raise ValueError(
            f"Expected a network with one output, but {name!r} has {len(outputs)}, {known}: "
            f"choose one, for instance output={names[0]!r}."
        )
    if output is None or isinstance(output, str):
        if output is not None and output not in names:
            raise KeyError(f"{name!r} has no output named {output!r}: choose one of {known}.")
        index = 0 if output is None else names.index(output)
    else:
        index = output if isinstance(output, int) else -1
        if not 0 <= index < len(outputs):
            raise IndexError(
                f"Expected output to be a name or an index from 0 to {len(outputs) - 1}, "
                f"but got {output!r:.80}: {name!r} has {known}."
            )
    if len(outputs) == 1:
        return model, 0
    return keras.Model(model.inputs, outputs[index], name=model.name), index


def _check_shape(shape, name):
    if len(shape) == 4 and shape[-1] in (1, 3):
        return
    what, advice = f"takes {shape!r}", "give its first layer an input of shape (h, w, 3)"
    if len(shape) == 4 and shape[1] in (1, 3):
        what = f"takes {shape!r}, its channels first"
        advice = 'build it with data_format="channels_last"'
    elif len(shape) == 3:
        advice = "give it an input of shape (h, w, 1)"
    elif len(shape) == 2:
        advice = "a network of dense layers alone has no feature maps; begin with convolutions"
    raise ValueError(
        "Expected a model that takes pictures of shape (h, w, 3), or (h, w, 1) in grey, "
        f"but {name!r} {what}: {advice}."
    )


def _size(shape, name, size):
    """Return the size (h, w) of the pictures: the model's own where it has one."""
    wanted = size or USUAL
    height, width = (
        side if own is None else own for own, side in zip(shape[1:3], wanted, strict=True)
    )
    if size is not None and size != (height, width):
        raise ValueError(
            f"{name!r} takes pictures of {height} × {width} pixels, "
            f"so input_size {size} does not fit: leave it out."
        )
    if max(height, width) > LARGEST:
        raise ValueError(
            f"Expected a network for pictures of at most {LARGEST} pixels a side, but {name!r} "
            f"takes {height} × {width}: build it again for smaller ones."
        )
    return height, width


def _graph(model, name, shape):
    try:
        return read_graph(model, shape)
    except Exception as error:  # Keras raises many types where shapes do not fit
        if isinstance(error, ValueError) and str(error).startswith("Expected"):
            raise
        raise ValueError(
            f"Expected a network that takes pictures of {shape[0]} × {shape[1]} pixels, but "
            f"{name!r} cannot be followed through its layers ({first_line(error)}): "
            "give another input_size, or call it on such an array to see where it fails."
        ) from None


def _check_graph(graph: Graph, name: str) -> None:
    if any(operation.kind == "TFSMLayer" for operation in graph.operations):
        raise ValueError(
            f"Expected a network whose layers can be seen, but {name!r} holds a TFSMLayer, which "
            "hides a whole SavedModel: load the .keras or .h5 file that it was exported from."
        )
    if not graph.layer_values:
        raise ValueError(
            f"Expected a convolutional network, but {name!r} has no layer with feature maps "
            "(h, w, channels) to look at: put a Conv2D first."
        )
    final = graph.producers[graph.output]
    over_one = graph.shapes[graph.scores][-1] == 1 and final.kind == "Classifier"
    if over_one and "softmax" in activation_name(final.layer).lower():
        raise ValueError(
            f"Expected a softmax over two classes or more, but {name!r} ends in one over a single "
            "number, which is always 1: end it in a sigmoid and train it again."
        )


def _names(names, graph):
    """Return one name for each class of a network; a single name may stand for class 1 of two."""
    output = graph.shapes[graph.output]
    if names is None:
        return None
    count = 2 if output == (1,) else output[-1]
    if output == (1,) and len(names) == 1:
        names = (f"not {names[0]}", names[0])
    if len(output) not in (1, 3) or len(names) != count:
        classes = " (two classes)" if output == (1,) else ""
        raise ValueError(
            f"{len(names)} class names came with a network whose output has shape "
            f"{output}{classes}: give one name for each class, in order."
        )
    return names
