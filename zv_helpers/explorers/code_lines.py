"""How lines of code name what an explorer looks at: the network, the features, a target."""

import inspect
import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..features import Features
from ..images import InputImage, load_image, photographs
from ..network import Network, load_model
from ..targets import Neuron, Region, Target
from .shell import Context

# What a line uses, and the line that imports it.
IMPORTS = {
    "np.": "import numpy as np",
    "Image.": "from PIL import Image",
    "zv.": "import zv_helpers as zv",
    "shipped_photographs(": "from zv_helpers.atlas.shipped import shipped_photographs",
    "moved_image(": "from zv_helpers.experiments.moves import Move, moved_image",
    "hidden_image(": "from zv_helpers.experiments.occluding import hidden_image",
}

# Where an explorer has what no name loads.
THEIRS = {
    "features": "explorer.context.features",
    "network": "explorer.context.features.network",
    "target": "explorer.view.target",
}


def script(*parts: Iterable[str]) -> str:
    """Join lines, and put before them the imports that they need.

    A line that gives a name what it has already is left out. Where a comment says that a name is
    the explorer's, and it has come to mean something else, a line gives it back.

    >>> print(script(["a = np.ones(2)", "b = a"], ["a = np.ones(2)", "a + b"]))
    import numpy as np
    <BLANKLINE>
    a = np.ones(2)
    b = a
    a + b
    """
    lines, held = list[str](), dict[str, str]()
    for line in itertools.chain.from_iterable(parts):
        name, gives = _given(line)
        if gives and held.get(name) == line:
            continue
        lines.append(line)
        if gives:
            if line.startswith("#") and name in held:
                lines.append(f"{name} = {THEIRS[name]}")
            held = {one: said for one, said in held.items() if name not in said} | {name: line}
    used = [line for what, line in IMPORTS.items() if any(what in line for line in lines)]
    return "\n".join([*used, "", *lines])


def _given(line):
    """Return the name that a line, or a comment, gives something, and whether it does."""
    name, gives, _ = line.removeprefix("# ").partition(": " if line.startswith("#") else " = ")
    return name, bool(gives)


def call(name: str, function: Callable, *written: str, **values: Any) -> str:
    """Write a call. written: arguments as code; values: arguments, of which those that are the
    function's own defaults are left out.

    >>> call("sorted_by", lambda one, key=None, reverse=False: one, "names", key=None, reverse=True)
    'sorted_by(names, reverse=True)'
    """
    known = inspect.signature(function).parameters
    given = (
        f"{key}={literal(value)}"
        for key, value in values.items()
        if key not in known or known[key].default != value
    )
    return f"{name}({', '.join([*written, *given])})"


def literal(value: Any) -> str:
    """Write a number, a text, a tuple or None as code.

    >>> literal("fire5"), literal(np.float32(0.25)), literal((np.int64(1), "a")), literal(None)
    ('"fire5"', '0.25', '(1, "a")', 'None')
    """
    if isinstance(value, str):
        plain = value.isprintable() and not set(value) & {'"', "\\"}
        return f'"{value}"' if plain else repr(value)
    if isinstance(value, tuple):
        inside = ", ".join(map(literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    return repr(value.item() if isinstance(value, np.generic) else value)


def network_line(network: Network, context: Context) -> str:
    """Write how the network is loaded; where only an object will do, a comment says so."""
    by_name = network.recipe is not None or context.seen_by in context.networks[1:]
    if not by_name:  # the first of the networks is the one that was given
        return f"# network: {literal(network.name)}, as it was given to the explorer"
    if not network.is_as_loaded:
        return f"# network: {literal(network.name)}, trained on since it was loaded"
    if network.recipe is None:
        return f"network = zv.load_model({literal(context.seen_by)})"
    name, size = network.recipe["name_or_model"], network.recipe.get("input_size")
    return f"network = {call('zv.load_model', load_model, literal(name), input_size=size)}"


def features_lines(context: Context, network: bool = False) -> list[str]:
    """Write how network and features are made; where no name loads the photograph, a comment says
    that they are those of the explorer. network: whether `network` itself is used later."""
    features = context.features
    image = loading(features.image, features.network)
    if image is None:
        name, seen_by = literal(features.image.name), literal(features.network.name)
        rest = ["network = features.network"] if network else []
        return [f"# features: of {name} in {seen_by}, as the explorer has them", *rest]
    loaded = f"features = zv.extract_features(network, {image})"
    return [network_line(features.network, context), loaded]


def loading(image: InputImage, network: Network) -> str | None:
    """Write how a photograph is loaded for a network; None where no name or path does it: it was an
    array, or one for another network, or its pixels or its file were changed."""
    origin = image.origin
    if origin is None or not origin.is_as_read or image.spec != network.spec:
        return None
    names = {path.absolute(): name for name, path in photographs().items()}
    name = literal(names.get(origin.path, origin.source))
    return call("zv.load_image", load_image, name, "network", fit=image.fit)


def target_lines(features: Features, target: Target) -> tuple[list[str], str]:
    """Write a target as an argument: (lines before, code). A class by its index."""
    index = target.class_index(features.network)
    if index is not None and features.target(index) == target:
        return [], literal(int(index))
    if isinstance(target, Neuron):
        return [], _neuron(features, target)
    if isinstance(target, Region):
        return _region(target)
    return [f"# target: {target}, as it was given to the explorer"], "target"


def _neuron(features, neuron):
    where = neuron.layer, neuron.channel, neuron.row, neuron.column
    if features.neuron(*where) != neuron:  # of another photograph
        return f"zv.Neuron{literal((*where, neuron.activation))}"
    if features.strongest(*where[:2]) == neuron:
        return f"features.strongest{literal(where[:2])}"
    return f"features.neuron{literal(where)}"


def _region(region):
    lines, about = [], [literal(region.layer), literal(region.channel)]
    if np.ndim(region.part) == 2:
        mask = np.array(region.part)
        places = np.flatnonzero(mask).tolist()
        lines = [f"mask = np.zeros({mask.shape}, bool)", f"mask.flat[{places}] = True"]
        about.append("mask")
    elif region.part is not None:
        about.append(literal(tuple(region.part)))
    return lines, f"zv.Region({', '.join(about)})"
