"""Networks in files, `.keras` and `.h5`: where they are found, and how one is read so that nothing
in it is run as code."""

import contextlib
import difflib
import json
import os
import re
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..data import MY_NETWORKS, DataError, own_files, own_names, places_of
from .sentences import first_line
from .tensorflow import keras_and_tensorflow

SUFFIXES = (".keras", ".h5", ".hdf5")
CODE = ("Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper")  # what safe mode refuses
LARGEST_CONFIG = 100_000_000  # bytes
ZIP, HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"
AGAIN = 'save it once more with model.save("mine.keras") or copy it again'
FUNCTIONAL = "hand over the model that is in memory instead, or rebuild it with layers of Keras's"


def my_networks(taken: Collection[str] = ()) -> dict[str, Path]:
    """List the networks in data/my_networks, sorted: {name: Path}. The name is the file's without
    suffix; where that is taken, with "my_networks/" before it, and then with its suffix too."""
    found: dict[str, Path] = {}
    files = []
    with contextlib.suppress(DataError):
        files = own_files(MY_NETWORKS)
    for path in files:
        is_network = path.suffix in SUFFIXES and not path.name.endswith(".weights.h5")
        if is_network and path.name.isprintable() and path.is_file():
            found[next(one for one in own_names(path) if one not in (*found, *taken))] = path
    return found


def names_a_file(source: Any) -> bool:
    """Say whether `source` means a file: a Path, or a str that ends like one or that is there."""
    if not isinstance(source, str):
        return isinstance(source, os.PathLike)
    return Path(source).suffix != "" or "://" in source or os.path.exists(source)


def find_network(source: Any, known: Mapping[str, Path]) -> Path:
    """Return the path of the network's file that `source` means: a known name (see `my_networks`),
    or a path, tried as `data.places_of` does, also in data/my_networks. Raises ValueError where
    there is no such file."""
    text = os.fsdecode(source)
    places = [known[text]] if text in known else places_of(text, MY_NETWORKS)
    for place in places:
        if os.path.isfile(place):
            return place
    for place in filter(os.path.exists, places):
        what = "is a folder" if os.path.isdir(place) else "is no plain file"
        raise ValueError(
            f"Expected the file of a network, but {text!r:.120} {what}: "
            'save the network with model.save("mine.keras") and name that file.'
        )
    if "://" in text:
        raise ValueError(
            f"Expected the file of a network, but {text!r:.120} is a web address: "
            f"download the file into data/{MY_NETWORKS} first."
        )
    close = f" (close to it: {near})" if (near := _near(text, known)) else ""
    raise ValueError(
        f"Expected the file of a network, but there is none called {text!r:.120}{close}: "
        f"check the name; your own networks go to data/{MY_NETWORKS}."
    )


def _near(text, known):
    """List known names and files beside it that are close to a name, with commas between."""
    path = Path(text)
    try:
        beside = [n for n in os.listdir(path.parent) if n.isprintable() and n.endswith(SUFFIXES)]
    except (OSError, ValueError):
        beside = []
    close = difflib.get_close_matches(path.name, beside, n=3)
    close += difflib.get_close_matches(path.stem, known, n=3)
    return ", ".join(dict.fromkeys(close[:3]))


def read_network(path: Path) -> Any:
    """Read a `keras.Model` from a `.keras`, `.h5` or `.hdf5` file, in Keras's safe mode, which runs
    nothing that is in it. Raises ValueError, one sentence, for all that is not such a network."""
    _look_into(path)
    keras, _ = keras_and_tensorflow()
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises many types for what it does not know
        raise ValueError(_what_keras_says(path.name, str(error), error)) from None
    if not isinstance(model, keras.Model):
        raise _refused(path, f"holds a {type(model).__name__} and no network", AGAIN)
    return model


def network_from_bytes(data: bytes, name: str) -> Any:
    """Read a `keras.Model` from the bytes of a `.keras` file; raises ValueError as `read_network`
    does, with the network's name."""
    plain = re.sub(r"\W", "_", name)[:60]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{plain}.keras"
        path.write_bytes(data)
        return read_network(path)


def bytes_of(model: Any) -> bytes:
    """Return the bytes of the `.keras` file of a `keras.Model`."""
    keras, _ = keras_and_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        keras.saving.save_model(model, path)
        return path.read_bytes()


def _refused(path, came, advice):
    return ValueError(
        f"Expected a network that Keras has saved, but {path.name!r} {came}: {advice}."
    )


def _what_keras_says(name, said, error):
    """Turn what Keras raised into a sentence."""
    for before in ("Could not locate class '", "Could not locate function '", "Unknown layer: '"):
        if before in said:
            own = said.split(before, 1)[1].split("'", 1)[0]
            return (
                f"Expected a network that Keras can load by itself, but {name!r} holds {own!r}, "
                "whose code is not in the file: mark it with "
                "@keras.saving.register_keras_serializable() and import its module first."
            )
    return (
        f"Expected a network that Keras can load, but {name!r} is damaged, was saved by another "
        f"version or holds a function of your own ({first_line(error)}): {AGAIN}."
    )


def _look_into(path):
    """Raise ValueError, one sentence, for a file that cannot hold a network."""
    if path.suffix not in SUFFIXES:
        kinds = ", ".join(SUFFIXES)
        raise _refused(path, f"ends in {path.suffix!r} and not in {kinds}", AGAIN)
    try:
        with open(path, "rb") as file:
            head = file.read(len(HDF5))
    except OSError as error:
        raise _refused(path, f"cannot be opened ({error.strerror})", "check its rights") from None
    if not head:
        raise _refused(path, "is empty", AGAIN)
    is_zip, is_hdf5 = head.startswith(ZIP), head == HDF5
    if is_zip and path.suffix != ".keras":
        raise _refused(path, "is a zip archive inside", "let its name end in .keras")
    if is_hdf5 and path.suffix == ".keras":
        raise _refused(path, "is an HDF5 file inside", "let its name end in .h5")
    if not is_zip and not is_hdf5:
        raise _refused(path, "holds something else", AGAIN)
    for kind, name in _layers_in(_zip_config(path) if is_zip else _hdf5_config(path)):
        if kind in CODE:
            what = f"a {kind} layer" if kind != "__lambda__" else "a lambda function"
            named = f", {name!r}" if isinstance(name, str) else ""
            code = f"holds {what}{named}, which is code that could do anything"
            raise _refused(path, code, FUNCTIONAL)


def _zip_config(path):
    """Return the configuration in a `.keras` file."""
    try:
        with zipfile.ZipFile(path) as archive:
            if "config.json" not in archive.namelist():
                raise _refused(path, "is a zip archive without a network in it", AGAIN)
            if archive.getinfo("config.json").file_size > LARGEST_CONFIG:
                raise _refused(path, "holds a description that is far too long", AGAIN)
            data = archive.read("config.json")
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError):
        raise _refused(path, "is damaged or cut short", AGAIN) from None
    return _parsed(path, data)


def _hdf5_config(path):
    """Return the configuration in an `.h5` file."""
    import h5py  # type: ignore[import-untyped]

    try:
        with h5py.File(path, "r") as file:
            data = file.attrs.get("model_config")
    except OSError:
        raise _refused(path, "is damaged or cut short", AGAIN) from None
    if data is None:
        advice = "build the network, call its load_weights and hand the model over"
        raise _refused(path, "holds weights without the layers they belong to", advice)
    return _parsed(path, data)


def _parsed(path, data):
    try:
        config = json.loads(data)
    except (ValueError, RecursionError, TypeError):
        config = None
    if not isinstance(config, dict):
        raise _refused(path, "holds a description of its layers that cannot be read", AGAIN)
    return config


def _layers_in(config: Any) -> Iterator[tuple[str, Any]]:
    """Yield (class, name) of all that is described in a configuration."""
    waiting = [config]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            inner = one.get("config")
            kind = one.get("class_name")
            if isinstance(kind, str):
                yield kind, inner.get("name") if isinstance(inner, dict) else None
            waiting += [value for key, value in one.items() if key != "compile_config"]
