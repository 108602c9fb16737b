"""A network once more, with weights of its own: to change it and leave the other as it is."""

import random
from typing import Any

from .making import make_network, size_to_choose
from .network import Network
from .sentences import first_line
from .tensorflow import keras_and_tensorflow


def untrained_copy(network: Network, seed: int = 0) -> Network:
    """Return a network of the same layers with fresh weights, as before any training: each weight
    is what the initialiser that its layer names would draw. So the biases are zero in most
    networks, and a batch norm does nothing yet.

    seed: of the draws; an initialiser that has a seed of its own draws by that. Nobody else's
    random numbers change. Raises a ValueError for a layer that Keras cannot make again from its
    configuration.
    """
    keras, _ = keras_and_tensorflow()
    theirs = network.keras_model
    plain = keras.Model(theirs.inputs, theirs.outputs)  # without loss, optimizer or own class
    state = random.getstate()
    random.seed(seed)  # from here Keras draws the seeds of initialisers that have none
    try:
        model = keras.models.clone_model(plain, clone_function=_made_again, recursive=True)
    except Exception as error:  # a layer of the learner's may raise anything
        raise _refused(network, first_line(error)) from None
    finally:
        random.setstate(state)
    way, size = network.spec.preprocess, size_to_choose(network)
    return make_network(model, network.name, way, network.class_names, size, check=False)


def _made_again(layer):
    keras, _ = keras_and_tensorflow()
    if type(layer) is keras.layers.Lambda:  # its function is in memory, so no code is read
        how = {"arguments": layer.arguments, "name": layer.name, "dtype": layer.dtype_policy}
        return keras.layers.Lambda(layer.function, **how)
    return type(layer).from_config(layer.get_config())


def give_weights(network: Network, copy: Network) -> None:
    """Give a copy the weights of the network that it was made of; raises a ValueError if they do
    not fit."""
    keras, _ = keras_and_tensorflow()
    with network.lock:
        whole = keras.Model(network.keras_model.inputs, network.keras_model.outputs)
        weights = whole.get_weights()
    try:
        copy.keras_model.set_weights(weights)
    except ValueError as error:
        raise _refused(network, first_line(error)) from None
    for operation in copy.graph.operations:
        finalize = getattr(operation.layer, "finalize_state", None)
        if finalize is not None:  # a Normalization computes from its weights what it subtracts
            finalize()


def _refused(network: Network, why: Any) -> ValueError:
    return ValueError(
        f"Expected layers that can be made again from what get_config says of them, but a copy of "
        f"{network.name!r} fails ({why}): give your own layers a get_config."
    )
