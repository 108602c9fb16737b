"""TensorFlow and Keras, imported when first needed and without their start-up lines."""

import functools
import json
import os
import sys
import weakref
from pathlib import Path
from typing import Any

import numpy as np


@functools.cache
def keras_and_tensorflow() -> tuple[Any, Any]:
    """Import Keras and TensorFlow once, silently, and return (keras, tensorflow). TensorFlow's C++
    code writes start-up lines straight to file descriptor 2, so that is where they are kept away;
    errors still come through. Raises ImportError if Keras runs on another backend."""
    if "keras" not in sys.modules:
        _check_backend(*_chosen_backend())
    if "tensorflow" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        sys.stderr.flush()
        kept = os.dup(2)
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        try:
            import tensorflow

            tensorflow.config.list_physical_devices()  # looks for a GPU now, while nobody reads
            tensorflow.zeros(())
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    import keras
    import tensorflow

    _check_backend(keras.backend.backend(), "it")
    return keras, tensorflow


def _chosen_backend():
    """Return the backend that Keras is going to use, and who says so: asked before Keras is
    imported, which fails with an error of its own where that backend is not installed."""
    if os.environ.get("KERAS_BACKEND"):
        return os.environ["KERAS_BACKEND"], "KERAS_BACKEND"
    path = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "keras.json"
    try:
        chosen = json.loads(path.read_text(encoding="utf-8")).get("backend", "tensorflow")
    except (OSError, ValueError, AttributeError):  # no such file, or one that Keras ignores too
        chosen = "tensorflow"
    return chosen, str(path)


def _check_backend(backend, who):
    if backend != "tensorflow":
        raise ImportError(
            f"Expected Keras to run on TensorFlow, but {who} says {backend}: "
            "set KERAS_BACKEND=tensorflow and start again."
        )


# {id(array): (weak reference to it, the tensor that it views)}: the way back costs no copy.
_viewed: dict[int, tuple] = {}


def as_array(tensor: Any) -> np.ndarray:
    """View an eager tensor on the CPU as a read-only array, without copying it where possible."""
    try:
        array = np.asarray(memoryview(tensor))
    except (TypeError, ValueError, BufferError):  # a tensor on a GPU has no buffer to share
        return np.asarray(tensor)
    key = id(array)
    _viewed[key] = weakref.ref(array, lambda gone: _viewed.pop(key, None)), tensor
    return array


def address_of(tensor: Any) -> int | None:
    """Return where in memory the numbers of an eager tensor lie; None where they lie elsewhere, as
    on a GPU. As long as the tensor is held, nothing else can lie there."""
    try:
        return np.asarray(memoryview(tensor)).__array_interface__["data"][0]
    except (TypeError, ValueError, BufferError):
        return None


def as_tensor(array: np.ndarray) -> Any:
    """Return the tensor that an array from `as_array` views, else the array: it saves a copy."""
    view, tensor = _viewed.get(id(array), (None, None))
    return tensor if view is not None and view() is array else array
