"""What every exercise check does with an answer: one sentence comes back, whatever was answered.

A check reads the answer with `number`, `numbers`, `words` or inside `reading`. Only what goes wrong
there is the answer's fault and becomes a sentence; what goes wrong anywhere else in a check is a
bug of ours, and is raised.
"""

import contextlib
import functools
import inspect

import numpy as np

from . import solved

UNANSWERED = "Not answered yet: put your answer in the place of None and run the cell again."


class Unreadable(ValueError):
    """An answer that a check cannot read; its message is the sentence for the learner."""


def exercise(solution, unanswered=UNANSWERED):
    """Make a check, a function with a parameter `answer`, answer every answer in one sentence. One
    that begins with "Right" is noted, see `solved.record`.

    Args:
        solution: the source text that sets the answer. The notebook shows the same; a test compares
            them and runs it.
        unanswered: the sentence for None.

    Returns a decorator; the check gets an attribute `solution`.
    """

    def decorated(check):
        signature = inspect.signature(check)

        @functools.wraps(check)
        def checked(*arguments, **named):
            if signature.bind(*arguments, **named).arguments["answer"] is None:
                return unanswered
            try:
                sentence = check(*arguments, **named)
            except Unreadable as error:
                return str(error)
            lesson = check.__module__.split(".")[-2]
            if sentence.startswith("Right") and lesson in solved.LESSONS:
                solved.record(lesson, check.__name__)
            return sentence

        checked.solution = solution
        return checked

    return decorated


def refused(answer, expected, hint=""):
    """Return what to raise for an answer that is not what was expected.

    Examples:
        >>> str(refused({1: "one"}, "four numbers (top, left, bottom, right)"))
        "Expected four numbers (top, left, bottom, right), but got {1: 'one'}."
    """
    return Unreadable(f"Expected {expected}, but got {came(answer)}{hint and f': {hint}'}.")


def came(answer):
    """Name an answer: itself where that is short, else its type."""
    try:
        text = repr(answer)
    except Exception:  # an object may refuse even that
        text = ""
    if 0 < len(text) <= 60 and text.isprintable() and " at 0x" not in text:
        return text
    kind = type(answer).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


@contextlib.contextmanager
def reading(answer, expected, hint=""):
    """Refuse the answer if anything is raised while it is read in this block."""
    try:
        yield
    except Unreadable:
        raise
    except Exception as error:
        raise refused(answer, expected, hint) from error


def numbers(answer, expected):
    """Read an answer as finite real numbers: float64, of any shape.

    Raises Unreadable if there is something else in it; True and "2" are not taken for numbers.
    """
    with reading(answer, expected):
        values = np.asarray(answer)
        with np.errstate(all="ignore"):
            given = values.astype(float) if values.dtype.kind in "iuf" else None
        if given is None or not np.isfinite(given).all():
            raise refused(answer, expected)
        return given


def number(answer, expected):
    """Read an answer as one finite real number.

    Raises Unreadable if it is something else, or several.
    """
    given = numbers(answer, expected)
    if given.shape != ():
        raise refused(answer, expected)
    return float(given)


def words(answer, names, known):
    """Read an answer that gives one of some known words to each of several names, a dict.

    Returns {name: word, or None where there is none yet}. Raises Unreadable if there is something
    else in it, or another name.
    """
    expected = f"{_listed(known, 'or')} for each of {_listed(names, 'and')}"
    with reading(answer, expected, "mind the spelling"):
        given = {name: answer[name] for name in names}
        if not set(given.values()) <= {*known, None}:
            raise refused(answer, expected, "mind the spelling")
        if len(answer) != len(given):
            raise refused(answer, expected, "there are no more")
    return given


def _listed(words, last):
    """List words in a sentence.

    >>> _listed(["A", "B", "C"], "and")
    'A, B and C'
    """
    *most, end = words
    return f"{', '.join(most)} {last} {end}"
