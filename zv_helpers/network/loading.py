"""`load_model`: a shipped network, one from keras.applications, one in a file, or any Keras model
of your own; and how a network is pickled: as its recipe, or as the bytes of its `.keras` file."""

import difflib
import functools
import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .class_names import class_names_of, names_beside, preprocess_beside
from .downloads import DOWNLOADS, download
from .files import (
    bytes_of,
    find_network,
    my_networks,
    names_a_file,
    network_from_bytes,
    read_network,
)
from .making import Size, Way, checked_size, make_network, size_to_choose
from .network import Network
from .shipped import efficientnet_lite0, imagenet_class_names, squeezenet, vgg16_conv
from .tensorflow import keras_and_tensorflow
from .weights import Weights, values_of, variables_of

# Each network that ships: its builder and its preprocessing.
SHIPPED: dict[str, tuple[Callable, str]] = {
    "squeezenet": (squeezenet, "caffe"),
    "efficientnet-lite0": (efficientnet_lite0, "tf"),
    "vgg16-conv": (vgg16_conv, "caffe"),
}


def load_model(
    name_or_model: Any = None,
    *,
    preprocess: Way = None,
    class_names: Any = None,
    input_size: Size = None,
    output: str | int | None = None,
) -> Network:
    """Load a network and read its graph.

    Args:
        name_or_model: "squeezenet", "efficientnet-lite0" or "vgg16-conv", which ship; "vgg16",
            "resnet50" or "inception_v3", whose ImageNet weights Keras downloads once; a `.keras` or
            `.h5` file, by its path or, in data/my_networks, its name (see `networks`); or a built
            functional or sequential `keras.Model` with one input (h, w, 3), or (h, w, 1) in grey.
            None: `$ZV_MODEL`, else "vgg16" if its verified weights are in the Keras cache, else
            "squeezenet"; a printed line says why.
        preprocess: for your own model, "caffe", "tf", "torch", "0-1", "none", or a function from
            pixels, float32 (1, h, w, channels) in [0, 255], to its input. By default the pixels go
            in as they are, or through the preprocessor that the model carries, or, for a file, as
            the `.json` file beside it says.
        class_names: for your own model: in class order, a dict, or the path of a text or JSON file
            (see `class_names_of`); by default the `.txt` or `.json` file beside the network's file.
        input_size: (h, w), or one number for both, where the model leaves it open, as those that
            ship do: 16 to 1024 pixels.
        output: the name or index of the output to explain, of a model with several.

    Raises ValueError for an unknown name, a file that is no network, and a model that cannot be
    read or does something else than its graph says; KeyError or IndexError for an unknown output,
    RuntimeError for weights that cannot be downloaded, and DataError for a shipped file that is
    missing or damaged.
    """
    name, model = name_or_model, name_or_model
    if name is None:
        name, why = default_name()
        print(f"Network: {name} ({why}).")
    if isinstance(name, str) and name in (*SHIPPED, *DOWNLOADS):
        given = {"preprocess": preprocess, "class_names": class_names, "output": output}
        given |= {"input_size": input_size} if name in DOWNLOADS else {}
        for what, value in given.items():
            if value is not None:
                raise ValueError(
                    f"Expected {what}= with a network of your own, but {name!r} knows its own: "
                    "leave it out."
                )
        if name in DOWNLOADS:
            return _by_name(_downloaded(name))
        return _by_name(_shipped(name, checked_size(input_size)))
    mine = my_networks((*SHIPPED, *DOWNLOADS))
    if names_a_file(name) or isinstance(name, str) and name in mine:
        path = find_network(name, mine)
        model, name = read_network(path), path.stem
        class_names = names_beside(path) if class_names is None else class_names
        preprocess = preprocess_beside(path) if preprocess is None else preprocess
    elif isinstance(name, str):
        raise ValueError(
            f"Expected the name of a network ({', '.join([*SHIPPED, *DOWNLOADS])}), the file of "
            f"one or a keras.Model, but got {name!r:.120}{_close_to(name, mine)}."
        )
    elif not isinstance(model, keras_and_tensorflow()[0].Model):
        raise ValueError(
            "Expected the name or the file of a network or a built keras.Model, "
            f"but got {type(model).__name__}: see load_model's help for the names."
        )
    else:
        name = model.name
    names = class_names_of(class_names)
    network = make_network(model, name, preprocess, names, input_size, output=output)
    return network if model is name_or_model else _by_name(network)


def networks() -> tuple[str, ...]:
    """List the networks that can be loaded without a download: those that ship, then those in
    data/my_networks.

    >>> networks()[0]
    'squeezenet'
    """
    return (*SHIPPED, *my_networks((*SHIPPED, *DOWNLOADS)))


def _close_to(name, mine):
    known = [*SHIPPED, *DOWNLOADS, *mine]
    near = ", ".join(difflib.get_close_matches(name, known, n=3, cutoff=0.5))
    return f" (close to it: {near})" if near else ""


def _shipped(name, size):
    build, way = SHIPPED[name]
    names = imagenet_class_names() if name != "vgg16-conv" else None
    recipe, size = {"name_or_model": name, "input_size": size}, size or (224, 224)
    return make_network(build(size), name, way, names, size, recipe, check=False)


def _downloaded(name):
    how = DOWNLOADS[name]
    recipe, names = {"name_or_model": name}, imagenet_class_names()
    return make_network(download(how), name, how.preprocess, names, recipe=recipe, check=False)


def _by_name(network):
    """Note the weights of a network that its name would load again, should it be trained on."""
    variables, loaded = variables_of(network.graph.operations), Weights()
    loaded.agree(variables, values_of(variables))
    return replace(network, loaded=loaded)


def taken_apart(network: Network) -> tuple[Callable, tuple]:
    """Return (function, arguments) that make the network again, for pickle: by its name, unless it
    was trained on since."""
    if network.recipe is not None and network.is_as_loaded:
        return functools.partial(load_model, **network.recipe), ()
    data, way = bytes_of(network.keras_model), network.spec.preprocess
    about = network.name, way, network.class_names, size_to_choose(network)
    return _from_bytes, (data, *about)


def _from_bytes(data, name, preprocess, class_names, size):
    """Load what `taken_apart` saved; it was compared with the model when that was loaded."""
    model = network_from_bytes(data, name)
    return make_network(model, name, preprocess, class_names, size, check=False)


def default_name() -> tuple[str, str]:
    """Return the network to load when none is named, and why."""
    if os.environ.get("ZV_MODEL"):
        return os.environ["ZV_MODEL"], "ZV_MODEL names it"
    how = DOWNLOADS["vgg16"]
    if how.path.is_file():
        with open(how.path, "rb") as file:
            if hashlib.file_digest(file, "md5").hexdigest() == how.md5:
                return "vgg16", "its verified weights are in the Keras cache"
    why = "it ships with the workbook; VGG-16's full weights are not in the Keras cache"
    return "squeezenet", why
