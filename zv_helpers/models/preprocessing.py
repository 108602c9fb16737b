"""From RGB pixels to what a network's first layer expects, and back.

Each way is a pair of functions on float32 (..., 3): the way in takes RGB in [0, 255], the way out
returns to it.
"""

import numpy as np

CAFFE_MEAN = np.array([103.939, 116.779, 123.68], np.float32)
TORCH_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
TORCH_STD = np.array([0.229, 0.224, 0.225], np.float32)

WAYS = {
    "caffe": (
        lambda rgb: rgb[..., ::-1] - CAFFE_MEAN,
        lambda bgr: (bgr + CAFFE_MEAN)[..., ::-1],
        "RGB becomes BGR, then the ImageNet mean (103.939, 116.779, 123.68) is subtracted",
    ),
    "tf": (
        lambda rgb: rgb / np.float32(127.5) - np.float32(1),
        lambda value: (value + np.float32(1)) * np.float32(127.5),
        "RGB in [0, 255] is scaled to [-1, 1]",
    ),
    "torch": (
        lambda rgb: (rgb / np.float32(255) - TORCH_MEAN) / TORCH_STD,
        lambda value: (value * TORCH_STD + TORCH_MEAN) * np.float32(255),
        "RGB is scaled to [0, 1], then normalised by the ImageNet mean and standard deviation",
    ),
    "none": (
        lambda rgb: rgb,
        lambda value: value,
        "the pixels go in as they are, RGB in [0, 255]",
    ),
}


def preprocessing(how):
    """Return (way in, way out or None, one sentence) for a name, a function, or None for no
    preprocessing.

    Raises:
        ValueError: an unknown name, or something that is not a function.
    """
    if how is None:
        how = "none"
    if isinstance(how, str) and how in WAYS:
        return WAYS[how]
    if callable(how):
        # Keras's own preprocess_input changes a float array in place, so it gets a copy.
        name = getattr(how, "__name__", type(how).__name__)
        return lambda rgb: np.asarray(how(np.array(rgb, np.float32))), None, f"{name}(pixels)"
    raise ValueError(
        f"Expected preprocess to be one of {', '.join(WAYS)} or a function of the pixels, "
        f"but got {how!r}."
    )
