"""The table of reverse rules: for each kind of layer, its window arithmetic and what happens to the
signal.

The table is empty here, on the left of the data flow. `zv_helpers.deconvnet.rules` fills it, and
`@zv.reverse_rule` adds a learner's own layer. A kind that is not in it is refused by name.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .windows import POINTWISE


@dataclass(frozen=True)
class Rule:
    """How one kind of layer is reversed.

    reverse(signal, step) returns the signal at the input (a list of them where there are several);
    window(operation) returns the layer's window arithmetic; refuse(operation) says why this one
    layer cannot be reversed, or None; `keeps` names what the forward pass must keep for it:
    "input", "output" or nothing.
    """

    reverse: Callable
    window: Callable
    refuse: Callable
    keeps: str = ""
    title: str = "reverse"
    layer_class: type | None = None


RULES = {}
# What is remembered about rules is remembered under this number, so that a rule written again in a
# notebook's cell takes effect.
registrations = 0


def reverse_rule(*kinds, window=None, refuse=None, keeps="", title="reverse"):
    """Register a function as the reverse rule of one or several kinds of layer.

    Args:
        kinds: Keras class names, or layer classes of your own.
        window: function of the operation that returns a `Sliding`, `Enlarging` or `Whole` (a list
            of them where the inputs differ); by default the layer works point by point.
        refuse: function of the operation that returns why this layer cannot be reversed, or None.
        keeps: "input" or "output", if the rule reads the feature maps of the forward pass.
        title: one word for what happens to the signal, as a trace shows it.

    The decorated function takes `signal`, float (n, h, w, channels) at the layer's output, and
    `step` (see `zv_helpers.deconvnet.engine.Step`), and returns the signal at the layer's input.
    """

    def register(function):
        global registrations
        registrations += 1
        for kind in kinds:
            own = isinstance(kind, type)
            RULES[kind.__name__ if own else kind] = Rule(
                reverse=function,
                window=window or (lambda operation: POINTWISE),
                refuse=refuse or (lambda operation: None),
                keeps=keeps,
                title=title,
                layer_class=kind if own else None,
            )
        return function

    return register


def rule_of(operation):
    """Return (Rule, None), or (None, why this operation cannot be reversed)."""
    if operation.problem:
        return None, operation.problem
    rule = RULES.get(operation.kind)
    layer = operation.layer
    if rule is None or not _is_the_class_it_is_named_after(layer, operation.kind, rule):
        known = "" if rule is None else " of your own"
        return None, (
            f"layer {operation.name!r} is a {type(layer).__name__}{known}, for which there is no "
            "reverse "
            "rule: add one with @zv.reverse_rule"
        )
    problem = rule.refuse(operation)
    return (None, problem) if problem else (rule, None)


def _is_the_class_it_is_named_after(layer, kind, rule):
    """A learner's own class that merely has a Keras name must not get Keras's rule."""
    if rule.layer_class is not None:
        return type(layer) is rule.layer_class
    return kind in ("Rectifier", "Classifier", "Identity") or type(layer).__module__.startswith(
        "keras."
    )


def known_windows(operation):
    """Return the window arithmetic of every input, or None for a kind that is not in the table.

    It is known for more operations than can be reversed: an activation works point by point.
    """
    if operation.kind == "Activation":
        return [POINTWISE] * len(operation.inputs)
    rule = RULES.get(operation.kind)
    if rule is None or not _is_the_class_it_is_named_after(operation.layer, operation.kind, rule):
        return None
    return windows_of(rule, operation)


def windows_of(rule, operation):
    """Return the window arithmetic of every input of an operation."""
    windows = rule.window(operation)
    return windows if isinstance(windows, list) else [windows] * len(operation.inputs)
