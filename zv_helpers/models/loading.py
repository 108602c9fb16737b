"""`load_model`: a shipped network, one from keras.applications, or any Keras model of your own."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from .graph import calls, flatten
from .network import Network
from .preprocessing import preprocessing
from .shipped import imagenet_class_names, squeezenet, vgg16_conv
from .tensorflow import keras_and_tensorflow

SHIPPED = {"squeezenet": squeezenet, "vgg16-conv": vgg16_conv}


@dataclass(frozen=True)
class Download:
    """An ImageNet network that Keras downloads once."""

    title: str
    builder: str
    file: str
    megabytes: int
    md5: str
    input_size: tuple
    preprocess: str


DOWNLOADS = {
    "vgg16": Download(
        "VGG-16",
        "VGG16",
        "vgg16_weights_tf_dim_ordering_tf_kernels.h5",
        553,
        "64373286793e3c8b2b4e3219cbf3544b",
        (224, 224),
        "caffe",
    ),
    "resnet50": Download(
        "ResNet-50",
        "ResNet50",
        "resnet50_weights_tf_dim_ordering_tf_kernels.h5",
        103,
        "2cb95161c43110f7111970584f804107",
        (224, 224),
        "caffe",
    ),
    "inception_v3": Download(
        "Inception v3",
        "InceptionV3",
        "inception_v3_weights_tf_dim_ordering_tf_kernels.h5",
        96,
        "9a0d58056eeedaa3f26cb7ebd46da564",
        (299, 299),
        "tf",
    ),
}


def load_model(
    name_or_model=None, *, preprocess=None, class_names=None, input_size=None
) -> Network:
    """Load a network and read its graph.

    Args:
        name_or_model: "squeezenet" or "vgg16-conv" (both ship); "vgg16", "resnet50" or
            "inception_v3" (Keras downloads their ImageNet weights once); or any built functional or
            sequential `keras.Model` with one input of shape (h, w, 3). With None: `$ZV_MODEL`, else
            "vgg16" if its verified weights are in the Keras cache, else "squeezenet"; one printed
            line says which and why.
        preprocess: for your own model: "caffe", "tf", "torch", or a function from RGB pixels,
            float32 (1, h, w, 3) in [0, 255], to the network's input. By default the pixels go in as
            they are.
        class_names: for your own model: the names of its classes, in order.
        input_size: (h, w), where the model leaves its input size open.

    Returns:
        A `Network`.

    Raises:
        ValueError: an unknown name, or a model whose graph cannot be read.
        RuntimeError: weights that are not here and cannot be downloaded.
        DataError: a shipped file is missing or damaged.
    """
    name = name_or_model
    if name is None:
        name, why = default_name()
        print(f"Network: {name} ({why}).")
    if isinstance(name, str):
        if name in SHIPPED:
            size = input_size or (224, 224)
            names = imagenet_class_names() if name == "squeezenet" else None
            return make_network(SHIPPED[name](size), name, "caffe", names, size)
        if name in DOWNLOADS:
            how = DOWNLOADS[name]
            model = download(how)
            return make_network(model, name, how.preprocess, imagenet_class_names(), how.input_size)
        known = ", ".join([*SHIPPED, *DOWNLOADS])
        raise ValueError(
            f"Expected the name of a network ({known}) or a keras.Model, but got {name!r}."
        )
    keras, _ = keras_and_tensorflow()
    if not isinstance(name, keras.Model):
        raise ValueError(
            "Expected the name of a network or a built keras.Model, "
            f"but got {type(name).__name__}: see load_model's help for the names."
        )
    return make_network(name, name.name, preprocess, class_names, input_size)


def make_network(model, name, preprocess, class_names, input_size):
    """Read a Keras model's graph and put a `Network` round it."""
    inputs, _, _ = calls(model)  # refuses a graph that cannot be read; flatten, several inputs
    shape = tuple(inputs[0].shape)
    if len(inputs) == 1 and (len(shape) != 4 or shape[-1] != 3):
        raise ValueError(
            f"Expected a built model that takes pictures of shape (h, w, 3), but {name!r} takes "
            f"{shape!r}: give its first layer an input of shape (h, w, 3)."
        )
    size = tuple(shape[1:3]) if None not in shape[1:3] else tuple(input_size or (224, 224))
    if input_size is not None and tuple(input_size) != size:
        raise ValueError(
            f"{name!r} takes pictures of {size[0]} × {size[1]} pixels, "
            f"so input_size {tuple(input_size)} does not fit: leave it out."
        )
    operations, output, shapes = flatten(model, (*size, 3))
    classes = shapes[output][0] if len(shapes[output]) == 1 else None
    if class_names is not None and len(class_names) != classes:
        raise ValueError(
            f"{len(class_names)} class names came with a network whose output has shape "
            f"{shapes[output]}: give one name for each class, in order."
        )
    way_in, way_out, text = preprocessing(preprocess)
    return Network(
        name=name,
        keras_model=model,
        input_size=size,
        class_names=None if class_names is None else tuple(class_names),
        preprocess=way_in,
        postprocess=way_out,
        preprocess_text=text,
        operations=operations,
        output=output,
        shapes=shapes,
    )


def default_name():
    """Return the network to load when none is named, and why."""
    if os.environ.get("ZV_MODEL"):
        return os.environ["ZV_MODEL"], "ZV_MODEL names it"
    if is_cached(DOWNLOADS["vgg16"]):
        return "vgg16", "its verified weights are in the Keras cache"
    return (
        "squeezenet",
        "it ships with the workbook; VGG-16's full weights are not in the Keras cache",
    )


def weights_path(how):
    """Return where Keras keeps a downloaded weight file. (It reads KERAS_HOME when it is
    imported.)"""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models" / how.file


def is_cached(how):
    """Say whether a download is in the Keras cache, with the right MD5."""
    path = weights_path(how)
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest() == how.md5


def download(how):
    """Build a network of keras.applications with its ImageNet weights, downloading them if need be.

    Raises:
        RuntimeError: they are not in the cache and could not be downloaded.
    """
    keras, _ = keras_and_tensorflow()
    path = weights_path(how)
    if not path.is_file():
        print(f"{how.title}: Keras downloads {how.megabytes} MB of weights, once, to {path}.")
    # Said beforehand: Keras removes a file whose MD5 is wrong.
    state = "is damaged or incomplete" if path.is_file() else "is not there"
    try:
        return getattr(keras.applications, how.builder)(weights="imagenet")
    except Exception as error:  # offline, Keras raises a bare Exception
        raise RuntimeError(
            f"{how.title} needs its weights in {path}, but that file {state} and could not be "
            f"downloaded ({_first_line(error)}): put {how.file} (MD5 {how.md5}) there, or work "
            "with "
            '"squeezenet" or "vgg16-conv", which ship with the workbook.'
        ) from None


def _first_line(error):
    return str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
