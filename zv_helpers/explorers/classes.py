"""Choose a class by its name: the five most probable first, then all of them."""

from dataclasses import dataclass

from .shell import labelled

NO_CLASSES = (
    "this network has no classes: the strongest neuron of its last layer is explained instead"
)


@dataclass(frozen=True)
class ClassChoice:
    """The box in which a class is chosen; it is disabled where there are no classes."""

    widget: object
    explorer: object

    def options(self):
        """Return the labels on offer, the most probable classes first."""
        features = self.explorer.context.features
        if features.network.logits is None:
            return ()
        top = [index for index, _, _ in features.top_classes(5)]
        rest = [index for index in range(len(features.logits)) if index not in top]
        return tuple(label(features.network, index) for index in (*top, *rest))

    def sync(self, class_index):
        """Show a class index; None is the most probable class."""
        features = self.explorer.context.features
        self.widget.disabled = features.network.logits is None
        options = self.explorer.context.once("classes", self.options)
        if self.widget.options != options:
            self.widget.options = options
        target = features.target(class_index)
        self.widget.value = label(features.network, target.channel) if options else "no classes"


def label(network, index):
    """Write a class so that its name and its number can be searched: "tabby (281)"."""
    return f"{network.class_name(index)} ({index})"


def parsed(features, text):
    """Return the class index that a label, a name or a number means.

    Raises:
        KeyError: there is no such class; the message says what is near.
    """
    network, text = features.network, text.strip()
    number = text[text.rfind("(") + 1 : -1] if text.endswith(")") else text
    if number.isdecimal():
        return features.class_neuron(int(number)).channel
    names = network.class_names or ()
    exact = [i for i, name in enumerate(names) if name.lower() == text.lower()]
    if exact:
        return exact[0]
    found = [i for i, name in enumerate(names) if text.lower() in name.lower()]
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(label(network, i) for i in found[:4])
        raise KeyError(
            f"{len(found)} classes have {text!r} in their name: choose one, such as {some}."
        )
    return network.class_index(text)


def class_choice(explorer):
    """Make the box, which sets the state's `class_index`."""
    widget = labelled(
        "Combobox",
        "Class",
        "Type a part of a class's name, or its number; the five most probable come first",
        "330px",
        ensure_option=False,
        continuous_update=False,
        placeholder="type a name",
    )

    def chosen(text):
        return {"class_index": parsed(explorer.context.features, text)} if text.strip() else None

    explorer.on(widget, chosen)
    return ClassChoice(widget, explorer)
