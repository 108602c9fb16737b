"""The table of reversals: what happens to the signal at each kind of layer.

The modules beside this one fill it, and `@zv.reverse_rule` adds a learner's own layer. A kind that
is not in it is refused by name.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ...cache import forget_everything
from ...network.graph import Operation, answer_with, is_from_keras
from ...network.receptive_fields import add_windows


@dataclass(frozen=True)
class Reversal:
    """How one kind of layer is reversed; the fields are what `reverse_rule` was told."""

    reverse: Callable
    refuse: Callable[[Operation], str | None] | None = None
    keeps: str | Callable[[Operation], str] = ""
    title: str = "reverse"
    unless: str = ""
    finds: Callable | None = None

    def reads(self, operation: Operation, rule: str) -> tuple:
        """Return the numbers of the forward pass's values that it reads under a rule."""
        if rule == self.unless:
            return ()
        keeps = self.keeps(operation) if callable(self.keeps) else self.keeps
        return {"input": operation.inputs, "output": (operation.output,)}.get(keeps, ())


REVERSALS: dict[str | type, Reversal] = {}


def reverse_rule(
    *kinds: str | type,
    window: Callable | None = None,
    refuse: Callable[[Operation], str | None] | None = None,
    keeps: str | Callable[[Operation], str] = "",
    title: str = "reverse",
    unless: str = "",
    finds: Callable | None = None,
) -> Callable[[Callable], Callable]:
    """Register a function as the reversal of one or several kinds of layer.

    Args:
        kinds: Keras class names, or layer classes of your own.
        window: function of the operation that returns a `Sliding`, `Enlarging` or `Whole` (a list
            of them where the inputs differ); by default the layer works point by point.
        refuse: function of the operation that returns why this layer cannot be reversed, or None.
        keeps: "input" or "output", if the rule reads the feature maps of the forward pass, or a
            function of the operation that says which; they are then at hand, or computed again for
            a forward pass that is older than the rule.
        title: one word for what happens to the signal, as a trace shows it.
        unless: "deconvnet", "guided" or "gradient", if it reads no maps under that rule.
        finds: the function whose `context.found(finds)` is all that it reads of the maps, such as
            switches: then they need not be kept.

    The decorated function takes `signal`, float (n, h, w, channels) at the layer's output, and
    `context` (see `engine.ReverseContext`), and returns the signal at the layer's input: a list of
    them where there are several inputs. Raises a ValueError for an unknown `keeps`.
    """
    if not callable(keeps) and keeps not in ("", "input", "output"):
        raise ValueError(f'Expected keeps to be "input" or "output", but got {keeps!r}.')

    def register(function):
        for kind in kinds:
            REVERSALS[kind] = Reversal(function, refuse, keeps, title, unless, finds)
            add_windows(kind, window)
        forget_everything()
        return function

    return register


def reversal_of(operation: Operation) -> tuple[Reversal | None, str | None]:
    """Return (Reversal, None), or (None, why this operation cannot be reversed)."""
    if operation.problem:
        return None, operation.problem
    found = operation.entry(REVERSALS)
    if found is None:
        return None, refused(operation, _unknown(operation))
    problem = found.refuse and found.refuse(operation)
    return (None, problem) if problem else (found, None)


ATTENTION = ("AdditiveAttention", "Attention", "GroupQueryAttention", "MultiHeadAttention")
NORMALIZING = ("GroupNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization")


def _unknown(operation):
    kind = type(operation.layer).__name__
    own = " of your own" if operation.kind in REVERSALS else ""
    add = "add one with @zv.reverse_rule"
    if is_from_keras(operation.layer):
        if kind in ATTENTION:
            words = "which weighs the picture with itself and has no reverse rule"
            return f"is a {kind}, {words}: take a network of convolutions"
        if kind in NORMALIZING:
            words = "which divides by what it measures in this photograph and has no reverse rule"
            return f"is a {kind}, {words}: take a network with batch normalization"
    return f"is a {kind}{own}, for which there is no reverse rule: {add}"


def refused(operation: Operation, words: str) -> str:
    """Say why a layer cannot be reversed: its name, then the words."""
    return f"layer {operation.name!r} {words}"


def channels_last(operation: Operation) -> str | None:
    """Refuse a layer that keeps its channels first."""
    if getattr(operation.layer, "data_format", "channels_last") == "channels_last":
        return None
    return refused(operation, "keeps its channels first; the workbook reads channels last")


answer_with(lambda operation: reversal_of(operation)[1])
