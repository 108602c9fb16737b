"""Keep a photograph that was uploaded in data/my_photos."""

import io
import os
import re
from dataclasses import replace
from pathlib import Path

from ..data import data_folder
from ..images import ImageError, load_image, photographs
from ..images.photographs import origin_of
from .complaints import quietly

SUFFIX = re.compile(r"[^\w.-]+")


def read_upload(name, content, network, fit="crop"):
    """Load an uploaded photograph: an `InputImage`.

    name: the file's name on the learner's machine; content: its bytes. Raises an ImageError if it
    is no photograph that can be used.
    """
    file = io.BytesIO(bytes(content))
    file.name = name
    try:
        return quietly(load_image, file, network, fit)
    except ImageError as error:
        stem = Path(name).stem
        raise ImageError(str(error).replace(f"the file object {stem!r}", repr(name))) from None


def kept_upload(image, name, content):
    """Keep an uploaded photograph in data/my_photos, for every notebook.

    Returns (its `InputImage` under the name by which it is known now, a note): the note says where
    it was kept, or why it was not.
    """
    try:
        path = free_path(data_folder() / "my_photos", SUFFIX.sub("_", name).lstrip("._"), content)
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            keep(path, content)
    except OSError as error:
        return image, f"it could not be kept in data/my_photos ({error.strerror})"
    names = (key for key, place in photographs().items() if place == path)
    known = next(names, f"my_photos/{path.name}")  # a file without suffix is not listed
    note = f'kept as data/my_photos/{path.name}: PHOTO = "{known}" uses it in any notebook'
    return replace(image, name=known, origin=origin_of(known)), note


def keep(path, content):
    """Write a file whole or not at all."""
    try:
        path.write_bytes(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def free_path(folder, name, content):
    """Return a Path that no other file has taken; the same content keeps its name."""
    stem, dot, suffix = name.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem else (name or "photograph", "")
    for number in range(1, 1000):
        path = folder / (f"{stem}{suffix}" if number == 1 else f"{stem}_{number}{suffix}")
        if not os.path.lexists(path) or path.is_file() and path.read_bytes() == content:
            return path
    raise OSError(17, "too many files of that name")
