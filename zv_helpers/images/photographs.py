"""Which photographs there are, who made them, and how a name becomes a file."""

import contextlib
import csv
import difflib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zv_helpers.data import DataError, data_folder, own_files, own_names, places_of, verified
from zv_helpers.images.opening import printable, readable_suffixes, refused, shown


@dataclass(frozen=True)
class Origin:
    """The file that a photograph was read from.

    Attributes:
        source: the name or path by which it was found; path: the file itself, an absolute path.
        state: (bytes, time of its last change in nanoseconds), as they were then.
    """

    source: str
    path: Path
    state: tuple[int, int]

    @property
    def is_as_read(self) -> bool:
        """Whether the source means that file still, and nobody wrote to it; it is not read."""
        return origin_of(self.source) == self


def origin_of(source: Any) -> Origin | None:
    """Return the `Origin` of what is read from a name or path now; None for bytes, arrays and all
    that is no name of a file, or where the file is missing or damaged."""
    with contextlib.suppress(Exception):  # an object of the learner's may raise anything when asked
        if isinstance(source, (str, os.PathLike)):
            path = find_photograph(source).absolute()
            status = path.stat()
            return Origin(os.fsdecode(source), path, (status.st_size, status.st_mtime_ns))
    return None


def photographs() -> dict[str, Path]:
    """List the photographs to choose from: those that ship, then the learner's own, each sorted.

    Returns {name: Path}; the name is the file's without suffix, of one of data/my_photos whose name
    is taken "my_photos/NAME". Raises DataError where there is no data folder.

    >>> "tabby_cat" in photographs()
    True
    """
    folder = data_folder()
    found = {path.stem: path for path in sorted((folder / "photos").glob("*.jpg"))}
    for path in own_files("my_photos"):
        if path.suffix.lower() in readable_suffixes() and os.path.isfile(path):
            names = map(printable, own_names(path))
            found[next((name for name in names if name not in found), printable(str(path)))] = path
    return found


def credit(name: str) -> str:
    """Return who made a shipped photograph, its licence and its source, in one line.

    Raises ImageError where no photograph has that name, DataError where the list is damaged.

    >>> credit("angelfish")
    'Karelj, Public domain, https://commons.wikimedia.org/wiki/File:Pomacanthus_arcuatus_1.jpg'
    """
    path = data_folder() / "photos" / "CREDITS.csv"
    with open(verified(path), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if Path(row["file"]).stem == name:
                return f"{row['author']}, {row['licence']}, {row['source']}"
    check_name(name)
    return "your own photograph"


def check_name(name: str) -> None:
    """Raise ImageError, with the closest names, where no photograph has that name."""
    if name not in (known := photographs()):
        came = f"{shown(name)} is none{_close_names(str(name), known)}"
        raise refused("the name of a shipped photograph", came, "photographs() lists them all")


def find_photograph(source: str | os.PathLike) -> Path:
    """Return the Path of the file that `source` means, verified if it ships.

    Tried in this order, so that a notebook's working directory does not matter: the path as it is,
    a photograph's name, the path from the repository's root, and from its data folder. Raises
    ImageError where there is no such file, DataError where it ships and is damaged or gone.
    """
    text = os.fsdecode(source)
    if not text.strip():
        advice = 'give for instance "tabby_cat" or the path of a file in data/my_photos'
        raise refused("a photograph's name or path", f"got {text!r}", advice)
    (as_it_is, *places), known = places_of(text), {}
    with contextlib.suppress(OSError, ValueError):
        if os.path.isfile(as_it_is):  # most are: then nothing needs to be listed
            return verified(as_it_is)
    with contextlib.suppress(DataError):
        known = photographs()
        places.append(data_folder() / "photos" / f"{text}.jpg")
    places = [as_it_is, *([known[text]] if text in known else []), *places]
    for place in places:
        if os.path.isfile(place):
            return verified(place)
        with contextlib.suppress(OSError, ValueError, RuntimeError):  # not every text is a path
            verified(place)  # so that a shipped photograph that was deleted is named as such
    for place in filter(os.path.exists, places):
        came = f"{shown(text)} is {'a folder' if os.path.isdir(place) else 'a device or pipe'}"
        raise refused("a photograph's file", came, "name a picture's file")
    if "://" in text:
        advice = "download the picture into data/my_photos first"
        raise refused("a file", f"got the web address {shown(text)}", advice)
    came = f"there is no file and no shipped photograph called {shown(text)}"
    advice = "check the name; your own photographs go to data/my_photos"
    raise refused("a photograph", came + _close_names(text, known), advice)


def _close_names(text, known):
    """Return " (close to it: …)" with at most three known names or neighbouring files, or ""."""
    path = Path(text)
    close = difflib.get_close_matches(path.stem.lower(), known, n=3)
    with contextlib.suppress(OSError, ValueError):
        neighbours = filter(str.isprintable, os.listdir(path.parent))
        close = difflib.get_close_matches(path.name, neighbours, n=3) + close
    return f" (close to it: {', '.join(dict.fromkeys(close[:3]))})" if close else ""
