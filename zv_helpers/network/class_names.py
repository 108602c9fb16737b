"""The names of a network's classes, as people keep them: a list, a dict either way round, or a text
or JSON file."""

import json
import operator
import os
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any

from ..data import MY_NETWORKS, places_of

LARGEST_FILE = 10_000_000  # bytes
PREPROCESS, NAMES = "preprocess", "class_names"  # what a JSON file beside a network may say


def class_names_of(given: Any) -> tuple[str, ...] | None:
    """Return class names in class order.

    given: names in class order; {"cat": 0, "dog": 1}, {0: "cat", 1: "dog"} or, as Keras keeps those
    of ImageNet, {"0": ["n01440764", "tench"], ...}; the path of a text file with one name a line or
    of a JSON file with a list or one of those dicts, alone or as its "class_names"; or None, which
    stays None. Raises ValueError, one sentence, for anything else.

    >>> class_names_of({"dog": 1, "cat": 0})
    ('cat', 'dog')
    """
    if given is None:
        return None
    if isinstance(given, (str, os.PathLike)):
        return _in_file(given)
    if isinstance(given, Mapping):
        return _in_order(given)
    if isinstance(given, Set) or not isinstance(given, Iterable):
        raise ValueError(
            "Expected class names in class order, a dict of names and class indices, or the path "
            f"of a text or JSON file, but got {type(given).__name__}: write for instance "
            'class_names=("cat", "dog").'
        )
    return tuple(map(_name, given))


def names_beside(path: Path) -> Path | None:
    """Return the file with the class names of a network's file: the one beside it with the same
    stem, `.txt` or `.json`; or None."""
    files = (path.with_suffix(suffix) for suffix in (".txt", ".json"))
    return next(filter(os.path.isfile, files), None)


def preprocess_beside(path: Path) -> str | None:
    """Return the preprocessing that the JSON file beside a network's file names, as in
    `{"preprocess": "0-1", "class_names": ["cat", "dog"]}`; or None."""
    file = path.with_suffix(".json")
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):  # said where the names are read
        return None
    return found.get(PREPROCESS) if _is_whole(found) else None


def _is_whole(found):
    """Whether a JSON file says more than the names of classes."""
    return isinstance(found, dict) and set(found) <= {PREPROCESS, NAMES} and bool(found)


def _name(given):
    """Return one name; of Keras's pairs, ["n01440764", "tench"], the second."""
    if isinstance(given, (list, tuple)) and len(given) == 2:
        given = given[1]
    if isinstance(given, bool) or not isinstance(given, str):
        try:
            given = str(operator.index(given))  # the digits of MNIST
        except TypeError:
            raise ValueError(
                f"Expected class names that are texts, but one of them is {given!r:.80}: "
                "give one text for each class, in class order."
            ) from None
    if not given.strip():
        raise ValueError("Expected a name for each class, but one of the class names is empty.")
    return given.strip()


def _in_order(given):
    """Return the names of a dict in class order."""
    indices, names = _whole_numbers(given.values()), list(given)
    if indices is None or not all(isinstance(name, str) for name in names):
        texts = [int(k) if isinstance(k, str) and k.isdecimal() else k for k in given]  # JSON's
        indices, names = _whole_numbers(texts), list(given.values())
    if not given or sorted(indices or ()) != list(range(len(given))):
        raise ValueError(
            f"Expected class names as a dict that gives each class index from 0 to "
            f"{max(len(given) - 1, 0)} once, but got {dict(given)!r:.120}: write for instance "
            '{"cat": 0, "dog": 1} or {0: "cat", 1: "dog"}.'
        )
    return tuple(_name(name) for _, name in sorted(zip(indices, names, strict=True)))


def _whole_numbers(values):
    """Return values as a list of int; None where one is something else."""
    try:
        return [operator.index(one) for one in values]
    except TypeError:
        return None


def _in_file(source):
    """Read the names in a text or JSON file."""
    text = os.fsdecode(source)
    path = next(filter(os.path.isfile, places_of(text, MY_NETWORKS)), None)
    if path is None:
        raise ValueError(
            f"Expected class names or the path of a file with them, but there is no file called "
            f"{text!r:.120}: give a list of names, or a text file with one name a line."
        )
    is_json = path.suffix.lower() == ".json"
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError("it is too large")
        words = path.read_text(encoding="utf-8-sig")
        found = json.loads(words) if is_json else words.rstrip().splitlines()
    except (OSError, ValueError, RecursionError) as error:
        what = "JSON" if is_json else "text in UTF-8"
        said = getattr(error, "strerror", None) or f"{error!s:.100}"
        raise ValueError(
            f"Expected class names in {path.name!r}, but it cannot be read as {what} ({said}): "
            "write a text file with one name a line."
        ) from None
    if _is_whole(found):
        if NAMES not in found:
            return None
        found = found[NAMES]
    if not isinstance(found, (list, dict)) or not found:
        raise ValueError(
            f"Expected class names in {path.name!r}, but it holds none: "
            "write one name a line, or in a JSON file a list of names."
        )
    try:
        return class_names_of(found)
    except ValueError as error:
        raise ValueError(f"The class names in {path.name!r} cannot be used: {error}") from None
