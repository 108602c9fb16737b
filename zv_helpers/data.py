"""The files that ship, weights, labels and photographs: each is verified when it is used."""

import contextlib
import functools
import hashlib
import os
from pathlib import Path

MY_NETWORKS = "my_networks"  # the folder in data for networks of one's own


class DataError(Exception):
    """A shipped file is missing or damaged; the message names it and says how to get it back."""


def data_folder() -> Path:
    """Return the folder of the shipped data: `$ZV_DATA`, or the `data` folder beside the package.
    Raises DataError if it is missing, as when the package was installed without its repository."""
    folder = Path(os.environ.get("ZV_DATA") or Path(__file__).resolve().parents[1] / "data")
    if not folder.is_dir():
        raise DataError(
            f"Expected the workbook's data folder at {folder}, but nothing is there: "
            "work inside a clone of the repository, or set ZV_DATA to its data folder."
        )
    return folder


@functools.cache
def checksums(folder: Path) -> dict[str, str]:
    """Read a folder's `SHA256SUMS`: {relative file name: hexadecimal SHA-256}."""
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
    """SHA-256 of a file; size and time make one that was changed a new question."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def shipped_file(name: str) -> Path:
    """Return the path of a shipped file, for instance "photos/tabby_cat.jpg", once it is verified.
    Raises DataError if it does not ship, is missing or is damaged."""
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


def verified(path: Path) -> Path:
    """Return `path`; if it ships, verify it first, which raises DataError if it is damaged."""
    try:
        folder = data_folder()
        name = path.resolve().relative_to(folder.resolve()).as_posix()
    except (DataError, ValueError):  # there is no such folder, or the file lies outside it
        return path
    return shipped_file(name) if name in checksums(folder) else path


def own_files(folder: str) -> list[Path]:
    """List what the learner put into a folder of the data folder, "my_photos" or "my_networks",
    sorted; nothing where there is no such folder. Raises DataError without a data folder."""
    files = (data_folder() / folder).glob("[!.]*")
    return sorted(files, key=lambda path: (path.name.casefold(), path.name))


def own_names(path: Path) -> tuple[str, str, str]:
    """Return what such a file may be called, the first that is free: without suffix, with its
    folder before that, and then with the suffix too."""
    folder = path.parent.name
    return path.stem, f"{folder}/{path.stem}", f"{folder}/{path.name}"


def places_of(text: str, *folders: str) -> list[Path]:
    """List where a file may lie, in the order in which to look, so that a notebook's working
    directory does not matter: the path as it is, then from the repository's root, from its data
    folder, and from `folders` in that."""
    places = [Path(os.path.expanduser(text))]
    with contextlib.suppress(DataError):
        folder = data_folder()
        places += [folder.parent / text, folder / text, *(folder / one / text for one in folders)]
    return places
