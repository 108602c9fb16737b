"""Whether the walk over a network's graph gives what the model itself gives: asked once, when it is
loaded, of one input. What the graph does not show would otherwise be wrong without a word."""

import warnings
from typing import Any

import numpy as np

from .graph import is_from_keras
from .network import Network
from .running import plan_of, walk
from .sentences import first_line
from .tensorflow import as_array, keras_and_tensorflow

TOLERANCE, IN_HALF_PRECISION = 1e-3, 5e-2  # relative to the largest value
SAME = 1e-5  # two runs of one network; larger differences call for a second run
FAINTEST = 1e-30  # probabilities below count as this one where their logarithms are compared


def check_against_model(network: Network, model: Any, index: int = 0) -> None:
    """Raise ValueError, one sentence, if the walk does not give what the model gives as its output
    number `index`, or if either cannot be run at all.

    The input is noise in [0, 255], always the same, prepared as the network's spec says.
    """
    pixels = np.random.default_rng(9).integers(
        0, 256, (1, *network.spec.size, network.spec.channels)
    )
    batch = network.spec.prepare(pixels)
    theirs = _run(network, lambda: _of_model(model, batch, index))
    ours = _run(network, lambda: _of_walk(network, batch))
    layers = [operation.layer for operation in network.graph.operations]
    half = any("16" in str(getattr(layer, "compute_dtype", "")) for layer in layers)
    shares = network.graph.scores != network.graph.output
    if _apart(ours, theirs, SAME, shares) and _apart(
        theirs, _of_model(model, batch, index), SAME, shares
    ):
        raise ValueError(
            f"Expected a network that gives the same answer twice, but {network.name!r} is random "
            "also in inference: take the random layer out, or call it with training=False."
        )
    if _apart(ours, theirs, IN_HALF_PRECISION if half else TOLERANCE, shares and not half):
        raise ValueError(_what_differs(network, model))


def _of_model(model, batch, index):
    keras, _ = keras_and_tensorflow()
    sequential = isinstance(model, keras.Sequential)
    kept = model.inputs[0] if sequential else model.input  # a dict, where inputs have names
    count = model.inputs[0].shape[0] or 1  # some models take batches of one size only
    tensor = keras.ops.convert_to_tensor(np.repeat(batch, count, axis=0))
    with warnings.catch_warnings():  # a list of one input is not told from the input itself
        warnings.filterwarnings("ignore", "The structure of `inputs`")
        found = model(keras.tree.map_structure(lambda _: tensor, kept), training=False)
    return np.asarray(keras.ops.cast(keras.tree.flatten(found)[index][:1], "float64"))


def _of_walk(network, batch):
    keras, _ = keras_and_tensorflow()
    number = network.graph.output
    found = walk(plan_of(network.graph, number), {0: keras.ops.convert_to_tensor(batch)})[number]
    return as_array(keras.ops.cast(found, "float64"))


def _run(network, function):
    try:
        return function()
    except Exception as error:  # a layer of the learner's may raise anything
        h, w = network.input_size
        raise ValueError(
            f"Expected a network that can be run on {h} × {w} pixels, but {network.name!r} "
            f"fails ({first_line(error)}): call it on such an array yourself to see where."
        ) from None


def _apart(first, second, tolerance, shares=False):
    """Say whether two outputs differ by more than a part of the largest value of the second.
    shares: they are probabilities, so compare their logarithms as well, ten times less strictly: a
    softmax that is sure of one class hides what happens to all the others."""
    finite = np.isfinite(second)
    if first.shape != second.shape or (np.isfinite(first) != finite).any():
        return True
    first, second = first[finite], second[finite]
    if np.abs(first - second).max(initial=0) > tolerance * np.abs(second).max(initial=0):
        return True
    logarithms = (np.log(np.maximum(one, FAINTEST)) for one in (first, second))
    return shares and _apart(*logarithms, 10 * tolerance)


def _what_differs(network, model):
    """Say in a sentence why the outputs may differ."""
    name = network.name
    keras, _ = keras_and_tensorflow()
    functional = type(keras.Model(model.inputs, model.outputs))
    if not isinstance(model, keras.Sequential) and type(model).call is not functional.call:
        return (
            f"Expected a model that does what its graph says, but the class of {name!r}, "
            f"{type(model).__name__}, has a call of its own that does something else: put that "
            "into the graph, or hand over keras.Model(model.inputs, model.outputs) and do it in "
            "preprocess=."
        )
    layers = [one.layer for one in network.graph.operations if isinstance(one.layer, keras.Layer)]
    own = sorted({type(one).__name__ for one in layers if not is_from_keras(one)})
    own += ["quantisation"] * any(getattr(one, "quantization_mode", None) for one in layers)
    why = f" ({', '.join(own)} may be the reason)" if own else ""
    return (
        f"Expected the walk over the layers of {name!r} to give what the network itself gives, but "
        f"it gives something else{why}, so no picture of it could be trusted: rebuild that part of "
        "plain layers of Keras's."
    )
