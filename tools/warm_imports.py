"""What `warm_kernels` has imported before it forks: all that takes long, and nothing that runs.
TensorFlow's threads begin with its first operation, and would not live on in a fork."""

import os

os.environ |= {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # as ipykernel sets it
    "TF_CPP_MIN_LOG_LEVEL": "2",
}

import ipykernel.kernelapp  # noqa: F401
import keras  # noqa: F401
import matplotlib.pyplot  # noqa: F401
import tensorflow  # noqa: F401

import zv_helpers  # noqa: F401
