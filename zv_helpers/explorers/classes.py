"""Choose a class by its name: the five most probable first, then all of them."""

from ..choose import default_target
from .controls import Control

NO_CLASSES = (
    "this network has no classes: the strongest neuron of its last layer is explained instead"
)


def label(network, index):
    """Write a class so that its name and its number can be searched: "tabby (281)"."""
    return f"{network.class_name(index)} ({index})"


def labels(features):
    """Return {class index: label}, the most probable classes first; empty without classes."""
    network, every = features.network, range(features.network.class_count or 0)
    top = features.top_classes(5) if every and network.class_maps is None else ()
    first = [index for index, _, _ in top]
    return {index: label(network, index) for index in dict.fromkeys([*first, *every])}


def default_class(features):
    """Return the index of the class that is explained where none was chosen; None without
    classes."""
    return default_target(features).class_index(features.network)


def parsed(features, text):
    """Return the class index that a label, a name or a number means; raises KeyError or IndexError,
    which say what is near, if there is no such class."""
    network, text = features.network, text.strip()
    number = text[text.rfind("(") + 1 : -1] if text.endswith(")") else text
    if number.isdecimal():
        features.target(int(number))  # says so if there is none
        return int(number)
    names = [name.lower() for name in network.class_names or ()]
    if text.lower() in names:
        return names.index(text.lower())
    found = [i for i, name in enumerate(names) if text.lower() in name]
    if len(found) > 1:
        some = ", ".join(label(network, i) for i in found[:4])
        raise KeyError(
            f"{len(found)} classes have {text!r} in their name: choose one, such as {some}."
        )
    return found[0] if found else network.class_index(text)


def shown(view):
    """Show a view's class, and what can be chosen."""
    context, index = view.context, view.state.class_index
    known = context.once(labels)
    index = context.once(default_class) if index is None else index
    # Whoever made the explorer may have asked for a target that is no class.
    value = known.get(index) or view.target.name(context.features.network)
    return {
        "options": tuple(known.values()),
        "value": value if known else "no classes",
        "disabled": not known,
    }


def to_class(explorer, text):
    """Return the changed field when a class is chosen."""
    return {"class_index": parsed(explorer.context.features, text)} if text.strip() else None


# fmt: off
CLASS = Control("class_index", "Combobox", "Class",
                "Type a part of a class's name, or its number; the five most probable come first",
                250, shown, to_class, {"placeholder": "type a name"})
# fmt: on
