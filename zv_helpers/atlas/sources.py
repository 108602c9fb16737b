"""Which photographs are meant: those in a folder, those a pattern fits, or those in a list."""

import glob
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from ..data import places_of
from ..images.opening import readable_suffixes, shown

S = TypeVar("S", range, list)
WANTED = 'a folder of photographs, a pattern such as "photos/**/*.jpg", or a list of photographs'


def list_photographs(photographs: Any) -> tuple:
    """Return the photographs that are meant, in order, each a path (str) or what else `load_image`
    takes: all in a folder and in the folders in it (not those that a link leads to) and all that a
    pattern fits, sorted; those of a list as they are. Raises ValueError where there are none."""
    if isinstance(photographs, (str, os.PathLike)):
        text = os.fsdecode(photographs)
        found = _in_folder(text)
        if found is None:
            found = _fitting(text)
        if found:
            return tuple(found)
        raise ValueError(_nothing_in(text))
    is_one = isinstance(photographs, (bytes, Image.Image)) or hasattr(photographs, "read")
    if is_one or isinstance(photographs, np.ndarray) and photographs.ndim in (2, 3):
        came = type(photographs).__name__
        raise ValueError(f"Expected {WANTED}, but got one, of type {came}: put it into a list.")
    if not isinstance(photographs, Iterable):
        raise ValueError(f"Expected {WANTED}, but got {shown(photographs)}: name a folder.")
    listed = photographs.values() if isinstance(photographs, Mapping) else photographs
    found = [os.fsdecode(one) if isinstance(one, os.PathLike) else one for one in listed]
    if not found:
        raise ValueError("Expected a list of photographs, but it is empty: put some into it.")
    return tuple(found)


def _in_folder(text):
    """List the photographs in a folder, or return None if it is none."""
    for place in places_of(text):
        if os.path.isdir(place):
            return list(_walked(os.fspath(place), readable_suffixes()))
    return None


def _walked(folder: str, suffixes: frozenset) -> Iterator[str]:
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in suffixes:
                yield os.path.join(path, name)


def _fitting(text):
    """List the files that a path or a pattern means."""
    for place in places_of(text):
        if os.path.isfile(place):
            return [os.fspath(place)]
        found = sorted(filter(os.path.isfile, glob.glob(os.fspath(place), recursive=True)))
        if found:
            return found
    return []


def _nothing_in(text):
    """Say that a folder holds no photograph, that a pattern fits none, or that nothing is there."""
    if any(map(os.path.isdir, places_of(text))):
        suffixes = ", ".join(sorted(readable_suffixes() & {".jpg", ".png", ".webp", ".tif"}))
        return (
            f"Expected a folder of photographs, but {shown(text)} holds none, nor do the folders "
            f"in it: put some into it ({suffixes} and more) or name another."
        )
    what = "fits no file" if glob.has_magic(text) else "is not there"
    return f"Expected {WANTED}, but {shown(text)} {what}: check the name."


def cut(things: S, size: int) -> list[S]:
    """Cut a range or a list into parts of `size`, the last one shorter.

    >>> cut(range(3, 8), 2)
    [range(3, 5), range(5, 7), range(7, 8)]
    """
    return [things[start : start + size] for start in range(0, len(things), size)]


def as_whole_paths(sources: Iterable) -> list:
    """Return the sources, paths of files that are there as absolute ones: they mean the same in
    every working directory."""
    return [
        os.path.abspath(one) if isinstance(one, str) and os.path.isfile(one) else one
        for one in sources
    ]
