"""Whether an operation can be reversed. `deconvnet`, further right, knows; it hands its answer in
here when it is imported, so that the model table can show it and no import points back."""

from collections.abc import Callable

from .graph import Operation

_refusal: Callable[[Operation], str | None] | None = None


def answer_with(function: Callable[[Operation], str | None]) -> None:
    """Let `function` say why an operation cannot be reversed: a sentence, or None."""
    global _refusal
    _refusal = function


def refusal(operation: Operation) -> str | None:
    """Say why an operation cannot be reversed, or return None."""
    return None if _refusal is None else _refusal(operation)
