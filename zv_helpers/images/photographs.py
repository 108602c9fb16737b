"""Which photographs there are, who made them, and how a name becomes a file."""

import csv
import difflib
import functools
import os
from pathlib import Path

from PIL import Image

from zv_helpers.data import DataError, data_folder, verified
from zv_helpers.images.errors import ImageError

# Formats that Pillow lists but only hands on to another program, or cannot show as one picture.
NOT_OFFERED = {"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"}


@functools.cache
def readable_formats():
    """Return the names of the formats that a photograph may have, as Pillow names them."""
    Image.init()
    return tuple(name for name in Image.ID if name not in NOT_OFFERED)


@functools.cache
def readable_suffixes():
    """Return the file suffixes of `readable_formats` in small letters, and those of HEIC.

    HEIC is among them so that such a photograph is offered, and choosing it says what to do.
    """
    formats = readable_formats()
    known = (suffix for suffix, name in Image.registered_extensions().items() if name in formats)
    return frozenset(known) | {".heic", ".heif"}


def photographs():
    """List the photographs to choose from: those that ship, then the learner's own.

    Returns:
        dict {name: Path}, each part sorted. The name is the file's without its suffix; a file of
        data/my_photos whose name is taken is called "my_photos/NAME".

    Raises:
        DataError: there is no data folder.

    >>> "tabby_cat" in photographs()
    True
    """
    folder = data_folder()
    found = {path.stem: path for path in sorted((folder / "photos").glob("*.jpg"))}
    own = folder / "my_photos"
    files = own.iterdir() if own.is_dir() else ()
    for path in sorted(files, key=lambda path: (path.name.casefold(), path.name)):
        if path.name.startswith(".") or path.suffix.lower() not in readable_suffixes():
            continue
        if path.is_file():
            names = path.stem, f"my_photos/{path.stem}", f"my_photos/{path.name}"
            found[next(name for name in names if name not in found)] = path
    return found


def credit(name):
    """Return who made a shipped photograph, its licence and its source, in one line.

    Raises:
        ImageError: no photograph has that name.
        DataError: the list of credits is damaged.

    >>> credit("angelfish")
    'Karelj, Public domain, https://commons.wikimedia.org/wiki/File:Pomacanthus_arcuatus_1.jpg'
    """
    path = data_folder() / "photos" / "CREDITS.csv"
    with open(verified(path), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if Path(row["file"]).stem == name:
                return f"{row['author']}, {row['licence']}, {row['source']}"
    if name in photographs():
        return "your own photograph"
    raise ImageError(
        f"Expected the name of a shipped photograph, but {name!r} is none"
        f"{_close_names(str(name), photographs())}: photographs() lists them all."
    )


def find_photograph(source):
    """Return the Path of the file that `source` (str or Path) means, verified if it ships.

    Tried in this order: the path as it is, the name of a photograph, the path as seen from the
    repository's root, and from its data folder. So a notebook's working directory does not matter.

    Raises:
        ImageError: there is no such file.
        DataError: the file ships and is missing or damaged.
    """
    text = os.fspath(source)
    if not isinstance(text, str) or not text.strip():
        raise ImageError(
            f"Expected a photograph's name or path, but got {text!r}: "
            'give for instance "tabby_cat" or the path of a file in data/my_photos.'
        )
    try:
        folder, known = data_folder(), photographs()
    except DataError:
        folder, known = None, {}
    places = [Path(os.path.expanduser(text))]
    if folder is not None:
        places += [folder.parent / text, folder / text]
    if text in known:
        places.insert(1, known[text])
    for place in places:
        if os.path.isfile(place):
            return verified(place)
    for place in places:
        if os.path.exists(place):
            what = "a folder" if os.path.isdir(place) else "a device or pipe"
            raise ImageError(
                f"Expected a photograph's file, but {text!r} is {what}: name a picture's file."
            )
    if folder is not None and "\0" not in text:
        # A shipped photograph that was deleted is named as such.
        for place in (*places, folder / "photos" / f"{text}.jpg"):
            verified(place)
    if "://" in text:
        raise ImageError(
            f"Expected a file, but got the web address {text!r}: "
            "download the picture into data/my_photos first."
        )
    raise ImageError(
        f"Expected a photograph, but there is no file and no shipped photograph called {text!r}"
        f"{_close_names(text, known)}: check the name; your own photographs go to data/my_photos."
    )


def _close_names(text, known):
    """Return " (close to it: …)" with at most three known names or neighbouring files, or ""."""
    path = Path(text)
    try:
        neighbours = os.listdir(path.parent)
    except (OSError, ValueError):
        neighbours = []
    close = difflib.get_close_matches(path.name, neighbours, n=3)
    close += difflib.get_close_matches(path.stem.lower(), known, n=3)
    return f" (close to it: {', '.join(dict.fromkeys(close[:3]))})" if close else ""
