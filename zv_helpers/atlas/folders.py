"""An atlas in a folder: written as it grows, aside and then renamed, so that a break at any moment
leaves a whole one. Without pickle.

`atlas.json` says what the atlas is of, `photographs.json` lists the photographs, and `best.npz`
holds what was found so far, which chunks of photographs it covers, and what could not be read.
"""

import contextlib
import io
import json
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..images.opening import shown
from .best import Best, merged
from .looking import Skipped

VERSION = 1
FORMAT = "zeiler-workbook atlas"
FILES = "atlas.json", "photographs.json", "best.npz"
CHUNK = 256  # photographs; part of the format


@dataclass(frozen=True)
class Contents:
    """What an atlas is of: all that `atlas.json` and `photographs.json` say.

    Attributes:
        name, digest, recipe: of the network; layers: {name: (h, w, channels)}; count: of neurons a
        map; photographs: paths, or what else `load_image` takes.
    """

    name: str
    digest: str
    recipe: dict | None
    layers: dict[str, tuple[int, int, int]]
    count: int
    photographs: tuple = field(repr=False)

    @property
    def chunks(self) -> int:
        """How many chunks of photographs there are."""
        return -(-len(self.photographs) // CHUNK)


@dataclass
class Found:
    """What was found so far: in which maps (int32 (maps,) for each layer), the strongest neurons,
    the chunks they come from, bool (chunks,), and what could not be read."""

    of_layer: dict[str, np.ndarray]
    best: Best
    done: np.ndarray
    skipped: Skipped

    def add(self, chunks: list[int], best: Best, skipped: Skipped) -> None:
        """Let the result of some chunks in."""
        self.best = merged([self.best, best])
        self.done[chunks] = True
        self.skipped.update(skipped)


def begin(folder: Path, contents: Contents) -> None:
    """Make a folder for an atlas, before anything was found. Raises OSError, one sentence."""
    check_paths(contents.photographs)
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "photographs.json", json.dumps(contents.photographs).encode())
        about = {"format": FORMAT, "version": VERSION, "chunk": CHUNK, "count": contents.count}
        about |= {"network": contents.name, "digest": contents.digest, "recipe": contents.recipe}
        about |= {"layers": contents.layers}
        with contextlib.suppress(FileNotFoundError):  # what an earlier atlas has found
            os.remove(folder / "best.npz")
        _write(folder / "atlas.json", json.dumps(about, indent=1).encode())


def keep(folder: Path, found: Found, small: bool = False) -> None:
    """Write what was found so far; small: take more time to make the file smaller. Raises OSError,
    one sentence."""
    file = io.BytesIO()
    skipped = json.dumps({str(number): text for number, text in sorted(found.skipped.items())})
    save = np.savez_compressed if small else np.savez
    save(
        file,
        maps=np.concatenate(list(found.of_layer.values())),
        activations=found.best.activations,
        photographs=found.best.photographs,
        positions=found.best.positions,
        done=found.done,
        skipped=np.frombuffer(skipped.encode(), np.uint8),
    )
    with _writing(folder):
        _write(folder / "best.npz", file.getbuffer())


def check_paths(photographs: tuple) -> None:
    """Raise ValueError if a photograph is no path or name, which a folder could remember."""
    for number, one in enumerate(photographs):
        if not isinstance(one, str):
            raise ValueError(
                "Expected photographs with a path or a name, which an atlas in a folder can "
                f"remember, but number {number} is of type {type(one).__name__}: "
                "save it as a file first, or build the atlas without a folder."
            )


def is_begun(folder: Path) -> bool:
    """Say whether a folder holds an atlas. Raises ValueError if it is a file."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"Expected a folder for the atlas, but {shown(str(folder))} is a file.")
    return (folder / "atlas.json").is_file()


def read_contents(folder: Path) -> Contents:
    """Read what the atlas in a folder is of. Raises ValueError, one sentence, where there is none,
    or one that is damaged or of another version."""
    if not is_begun(folder):
        raise ValueError(
            f"Expected the folder of an atlas, but there is none in {shown(str(folder))}: "
            "check the name (one that ships is called as its network is, such as 'squeezenet'), or "
            "make one with build_atlas(network, photographs, out=folder)."
        )
    with _reading(folder):
        about = json.loads((folder / "atlas.json").read_bytes())
        if about["format"] != FORMAT or not isinstance(about["recipe"], (dict, type(None))):
            raise ValueError
        if about["version"] != VERSION or about["chunk"] != CHUNK:
            raise AtlasError(
                f"Expected an atlas of version {VERSION}, but that in {shown(str(folder))} is of "
                f"version {shown(about['version'])}: build it again with this version."
            )
        paths = json.loads((folder / "photographs.json").read_bytes())
        layers = {
            str(name): (int(h), int(w), int(c)) for name, (h, w, c) in about["layers"].items()
        }
        return Contents(
            str(about["network"]),
            str(about["digest"]),
            about["recipe"],
            layers,
            int(about["count"]),
            tuple(map(str, paths)),
        )


def read_found(folder: Path, contents: Contents) -> Found | None:
    """Read what was found so far, or None where nothing was. Raises ValueError, one sentence, if
    it is damaged."""
    if not (folder / "best.npz").is_file():
        return None
    with _reading(folder):
        with np.load(folder / "best.npz", allow_pickle=False) as file:
            held = {name: file[name] for name in file.files}
        best = Best(held["activations"], held["photographs"], held["positions"])
        skipped = json.loads(held["skipped"].tobytes())
        ends = np.cumsum([shape[2] for shape in contents.layers.values()])
        parts = np.split(held["maps"], ends[:-1])
        found = Found(
            dict(zip(contents.layers, parts, strict=True)),
            best,
            held["done"].astype(bool),
            {int(number): str(text) for number, text in skipped.items()},
        )
        _check(contents, found, len(held["maps"]) == ends[-1])
        return found


def _check(contents, found, complete):
    """Raise ValueError if the parts of an atlas do not fit each other."""
    shape = (len(found.best.activations), contents.count)
    sizes = complete and all(array.shape == shape for array in found.best.arrays)
    numbers = found.best.photographs
    if not sizes or found.done.shape != (contents.chunks,):
        raise ValueError
    if numbers.max(initial=-1) >= len(contents.photographs) or numbers.min(initial=-1) < -1:
        raise ValueError
    for layer, maps in found.of_layer.items():
        height, width, _ = contents.layers[layer]
        places = found.best.positions[maps]
        if places.max(initial=-1) >= height * width or places.min(initial=-1) < -1:
            raise ValueError


class AtlasError(ValueError):
    """An atlas in a folder cannot be used; the sentence says why."""


@contextlib.contextmanager
def _reading(folder):
    try:
        yield
    except AtlasError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OSError, EOFError, zipfile.BadZipFile):
        raise AtlasError(
            f"Expected a whole atlas, but that in {shown(str(folder))} is damaged: "
            "remove the folder and build the atlas again."
        ) from None


@contextlib.contextmanager
def _writing(folder):
    try:
        yield
    except OSError as error:
        raise OSError(
            f"Expected to write the atlas into {shown(str(folder))}, but that failed "
            f"({error.strerror or error}): make room or change the folder's rights and call "
            "build_atlas again, which goes on with what is kept there."
        ) from error


def _write(path: Path, data: Any) -> None:
    """Write a file aside, see to it that it is on the disk, and rename it."""
    aside = path.with_name(path.name + ".part")
    try:
        with open(aside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(aside)
        raise
    if os.name == "posix":  # the new name, too
        number = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
