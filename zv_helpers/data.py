"""The files that ship with the workbook: weights, labels and photographs, each verified when it is
used."""

import functools
import hashlib
import os
from pathlib import Path


class DataError(Exception):
    """A shipped file is missing or damaged; the message names it and says how to get it back."""


def data_folder():
    """Return the folder that holds the shipped data, as a Path.

    It is the `data` folder beside the package, or `$ZV_DATA` where that is set.

    Raises:
        DataError: there is no such folder, as when the package was installed without its
            repository.
    """
    folder = Path(os.environ.get("ZV_DATA") or Path(__file__).resolve().parents[1] / "data")
    if not folder.is_dir():
        raise DataError(
            f"Expected the workbook's data folder at {folder}, but nothing is there: "
            "work inside a clone of the repository, or set ZV_DATA to its data folder."
        )
    return folder


@functools.cache
def checksums(folder):
    """Read `SHA256SUMS` of `folder` (Path): {relative file name: hexadecimal SHA-256}."""
    try:
        lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(
            f"{folder / 'SHA256SUMS'} could not be read ({error.strerror}): "
            "restore it with `git checkout -- data/SHA256SUMS`."
        ) from None
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines if line)}


@functools.lru_cache(maxsize=512)
def _digest(path, size, modified):
    """SHA-256 of a file; the size and the time of its last change make a changed file a new
    question."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shipped_file(name):
    """Return the Path of a shipped file, once its SHA-256 has been checked.

    Args:
        name: the file's name relative to the data folder, for instance "photos/tabby_cat.jpg".

    Raises:
        DataError: the file does not ship, is missing or is damaged.
    """
    folder = data_folder()
    expected = checksums(folder).get(name)
    if expected is None:
        raise DataError(f"{name!r} is not one of the shipped files, which data/SHA256SUMS lists.")
    path = folder / name
    restore = f"restore it with `git checkout -- data/{name}`."
    if not path.is_file():
        raise DataError(f"The shipped file data/{name} is missing: {restore}")
    status = path.stat()
    if _digest(path, status.st_size, status.st_mtime_ns) != expected:
        raise DataError(
            f"The shipped file data/{name} is damaged (its SHA-256 is not the one in "
            f"data/SHA256SUMS): {restore}"
        )
    return path


def verified(path):
    """Return `path`, after checking its SHA-256 if it lies in the data folder and ships.

    Raises:
        DataError: it ships and is damaged.
    """
    try:
        folder = data_folder()
    except DataError:
        return path
    resolved = Path(path).resolve()
    if resolved.is_relative_to(folder.resolve()):
        name = resolved.relative_to(folder.resolve()).as_posix()
        if name in checksums(folder):
            return shipped_file(name)
    return path
