"""TensorFlow and Keras, imported when first needed and without their start-up lines."""

import functools
import os
import sys
from typing import Any

import numpy as np


@functools.cache
def keras_and_tensorflow() -> tuple[Any, Any]:
    """Import Keras and TensorFlow once, silently, and return (keras, tensorflow). TensorFlow's C++
    code writes start-up lines straight to file descriptor 2, so that is where they are kept away;
    errors still come through. Raises ImportError if Keras runs on another backend."""
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

    if keras.backend.backend() != "tensorflow":
        raise ImportError(
            f"Expected Keras to run on TensorFlow, but it runs on {keras.backend.backend()}: "
            "unset KERAS_BACKEND and start again."
        )
    return keras, tensorflow


def as_array(tensor: Any) -> np.ndarray:
    """View an eager tensor on the CPU as a read-only array, without copying it where possible."""
    try:
        return np.asarray(memoryview(tensor))
    except (TypeError, ValueError, BufferError):  # a tensor on a GPU has no buffer to share
        return np.asarray(tensor)


def as_tensor(array: np.ndarray) -> Any:
    """Return the tensor that an array from `as_array` views, else the array: it saves a copy."""
    tensor = array.base.obj if isinstance(array.base, memoryview) else array
    return tensor if tensor.shape == array.shape else array
