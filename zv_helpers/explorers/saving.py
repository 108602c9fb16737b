"""Write what an explorer shows into the folder `results`: a PNG, and the numbers beside it."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ..draw import strips

FOLDER = Path("results")
NARROWEST = 220  # pixels, of the words under a picture
WORDS = 14  # pixels
Table = tuple[tuple, Iterable[tuple]]  # (header, rows)
# What a plain text chunk of a PNG, which every program shows, does not have.
PLAIN = str.maketrans({"−": "-", "–": "-", "…": "..."})


def stem_of(name: str, otherwise: str) -> str:
    """Return the name of a file without suffix, as a learner typed it, or another one for none.
    Raises a ValueError if it holds a folder.

    >>> stem_of(" my cat.png ", ""), stem_of("", "my_photos/rex_neuron")
    ('my_cat', 'my_photos_rex_neuron')
    """
    if re.search(r'[/\\:*?"<>|\0]', name):
        raise ValueError(
            f"Expected a file's name without a folder, but got {name!r}: use letters and digits."
        )
    stem = name.strip().removesuffix(".png").replace(" ", "_")
    return stem or re.sub(r"[^\w.-]+", "_", otherwise)


def write(
    stem: str, picture: Image.Image, description: str = "", table: Table | None = None
) -> tuple[Path, ...]:
    """Write a picture as PNG, with its "Description", and a table beside it as CSV; returns the
    Paths that were written.

    The folder is made where the notebook runs. No file is replaced: a number is added, the same to
    both. Raises a ValueError if they cannot be written.
    """
    suffixes = (".png",) if table is None else (".png", ".csv")
    try:
        FOLDER.mkdir(exist_ok=True)
        paths = next(
            paths for paths in _names(stem, suffixes) if not any(one.exists() for one in paths)
        )
        picture.save(paths[0], pnginfo=_about(description) if description else None)
        if table is not None:
            _write_table(paths[1], *table)
    except OSError as error:
        raise ValueError(
            f"The picture could not be written to {FOLDER}/ ({error.strerror})."
        ) from None
    return paths


def captioned(picture: Image.Image, texts: Iterable[str], size: int = WORDS) -> Image.Image:
    """Return a picture with texts under it, broken into lines of its width: a PIL image."""
    width = max(picture.width, NARROWEST)
    return strips.stacked([picture, strips.paragraph(texts, size, width)])


def _names(stem: str, suffixes: tuple[str, ...]) -> Iterator[tuple[Path, ...]]:
    for number in range(1, 10_000):
        numbered = stem if number == 1 else f"{stem}_{number}"
        yield tuple(FOLDER / f"{numbered}{suffix}" for suffix in suffixes)


def _about(description):
    found = PngInfo()
    found.add_text("Description", description.translate(PLAIN))
    return found


def _write_table(path, header, rows):
    # Without the mark at the beginning, Excel takes the letters for others.
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
