"""Networks that were trained in the workbook, kept as the weights of one Keras model at one moment
or at several: small files, without pickle."""

import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..data import DataError, data_folder, places_of, verified

FOLDER = "trained"  # in the data folder
WEIGHT, NUMBER = "weight", "number"


@dataclass(frozen=True, eq=False)
class Trained:
    """What a file of `save_trained` holds.

    Attributes:
        weights: for each moment, the arrays that `model.set_weights` takes, float32.
        numbers: {name: array} of what else was kept, for instance the losses.
    """

    weights: list[list[np.ndarray]] = field(repr=False)
    numbers: dict[str, np.ndarray]


def save_trained(
    path: str | os.PathLike,
    weights: Sequence[Any],
    precision: str = "float16",
    **numbers: ArrayLike,
) -> None:
    """Write the weights of one Keras model, at one moment or several, into a small `.npz` file.

    Args:
        path: of the file; its folder is made.
        weights: for each moment the arrays of `model.get_weights()`, or a Keras model with them.
        precision: "float16" rounds them to three digits, "float32" keeps them.
        numbers: arrays to keep beside them.

    Raises a ValueError for moments with arrays of different shapes, or for none.
    """
    moments = [one.get_weights() if hasattr(one, "get_weights") else list(one) for one in weights]
    shapes = {tuple(np.shape(array) for array in one) for one in moments}
    if len(shapes) != 1:
        raise ValueError(
            "Expected the weights of one model, at one moment or several, but got "
            f"{len(moments)} moments with {len(shapes)} different lists of shapes."
        )
    kept: dict[str, Any] = {
        f"{WEIGHT}_{place:03}": np.stack(arrays).astype(precision)
        for place, arrays in enumerate(zip(*moments, strict=True))
    }
    kept |= {f"{NUMBER}_{name}": np.asarray(value) for name, value in numbers.items()}
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:  # np.savez would add a suffix to some names
        np.savez_compressed(file, **kept)


def load_trained(name: str | os.PathLike) -> Trained:
    """Read what `save_trained` wrote.

    name: of a file that ships in data/trained, without its suffix; or the path of one. Raises
    DataError for a file that is missing, damaged or something else.
    """
    text = os.fsdecode(name)
    places = [*places_of(text, FOLDER), *places_of(f"{text}.npz", FOLDER)]
    path = next((one for one in places if verified(one).is_file()), None)
    if path is None:
        known = sorted(one.stem for one in (data_folder() / FOLDER).glob("*.npz"))
        raise DataError(
            f"Expected a trained network ({', '.join(known)}) or the path of one, but there is no "
            f"file {text!r}."
        )
    try:
        with np.load(path, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in sorted(kept.files)}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"Expected a file of save_trained, but {path.name} cannot be read as one: "
            f"{type(error).__name__}."
        ) from error
    stacked = [one for name, one in arrays.items() if name.startswith(f"{WEIGHT}_")]
    if not stacked:
        raise DataError(f"Expected a file of save_trained, but {path.name} holds no weights.")
    moments = zip(*stacked, strict=True)
    return Trained(
        [[array.astype(np.float32) for array in one] for one in moments],
        {
            name.removeprefix(f"{NUMBER}_"): one
            for name, one in arrays.items()
            if name.startswith(f"{NUMBER}_")
        },
    )
