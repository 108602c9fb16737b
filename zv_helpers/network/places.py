"""Where a file of the learner's may lie, so that a notebook's working directory does not matter."""

import contextlib
import os
from pathlib import Path

from ..data import DataError, data_folder

MINE = "my_networks"  # the folder in data for networks of one's own


def places_of(text: str) -> list[Path]:
    """List where a file may lie, in the order in which to look: the path as it is, then from the
    repository's root, from its data folder, and from data/my_networks."""
    places = [Path(os.path.expanduser(text))]
    with contextlib.suppress(DataError):
        folder = data_folder()
        places += [folder.parent / text, folder / text, folder / MINE / text]
    return places


def files_of_mine() -> list[Path]:
    """List what lies in data/my_networks, sorted; nothing where there is no such folder."""
    with contextlib.suppress(DataError):
        files = (data_folder() / MINE).glob("[!.]*")
        return sorted(files, key=lambda path: (path.name.casefold(), path.name))
    return []
