"""The atlases that ship: of the three networks that ship, over the photographs that ship."""

import os
from pathlib import Path

from ..data import checksums, data_folder, places_of, verified
from .folders import FILES


def atlases() -> dict[str, Path]:
    """List the atlases that ship: {name of the network: folder}, for `load_atlas`. Raises DataError
    without a data folder.

    >>> sorted(atlases())
    ['efficientnet-lite0', 'squeezenet', 'vgg16-conv']
    """
    folder = data_folder()
    paths = [Path(name) for name in checksums(folder)]
    ours = [path.parent for path in paths if path.match(f"atlas/*/{FILES[0]}")]
    return {path.name: folder / path for path in ours}


def shipped_photographs() -> list[str]:
    """List the names of the photographs that ship, sorted: what the atlases that ship are over. So
    they mean the same wherever the workbook lies, and in every working directory."""
    paths = [Path(name) for name in checksums(data_folder())]
    return sorted(path.stem for path in paths if path.match("photos/*.jpg"))


def find_atlas(folder: str | os.PathLike) -> Path:
    """Return the folder of the atlas that is meant: a path, tried as `load_image` tries one, or the
    name of one that ships, each of whose files is verified. Without one, the path as it is. Raises
    DataError where it ships and is damaged or incomplete."""
    places = places_of(os.fsdecode(folder), "atlas")
    for place in places:
        if verified(place / FILES[0]).is_file():
            for name in FILES[1:]:
                verified(place / name)
            return place
    return places[0]
