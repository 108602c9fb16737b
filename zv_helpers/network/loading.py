"""`load_model`: a shipped network, one from keras.applications, or any Keras model of your own; and
how a network is pickled: as its recipe, or as the bytes of its `.keras` file, never as code."""

import functools
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .network import Network
from .reading import input_of, read_graph
from .shipped import imagenet_class_names, squeezenet, vgg16_conv
from .spec import InputSpec
from .tensorflow import keras_and_tensorflow

Way = str | Callable | None
Names = Sequence[str] | None
Size = tuple[int, int] | None

SHIPPED = {"squeezenet": squeezenet, "vgg16-conv": vgg16_conv}


@dataclass(frozen=True)
class Download:
    """An ImageNet network of keras.applications, whose weights Keras downloads once."""

    name: str
    title: str
    builder: str
    megabytes: int
    md5: str
    preprocess: str

    @property
    def path(self) -> Path:
        """Where Keras keeps its weights (it reads KERAS_HOME when it is imported)."""
        home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
        return home / "models" / f"{self.name}_weights_tf_dim_ordering_tf_kernels.h5"


_DOWNLOADS = (
    ("vgg16", "VGG-16", "VGG16", 553, "64373286793e3c8b2b4e3219cbf3544b", "caffe"),
    ("resnet50", "ResNet-50", "ResNet50", 103, "2cb95161c43110f7111970584f804107", "caffe"),
    ("inception_v3", "Inception v3", "InceptionV3", 96, "9a0d58056eeedaa3f26cb7ebd46da564", "tf"),
)
DOWNLOADS = {row[0]: Download(*row) for row in _DOWNLOADS}


def load_model(
    name_or_model: Any = None,
    *,
    preprocess: Way = None,
    class_names: Names = None,
    input_size: Size = None,
) -> Network:
    """Load a network and read its graph.

    Args:
        name_or_model: "squeezenet" or "vgg16-conv", which ship; "vgg16", "resnet50" or
            "inception_v3", whose ImageNet weights Keras downloads once; or a built functional or
            sequential `keras.Model` with one input (h, w, 3). None: `$ZV_MODEL`, else "vgg16" if
            its verified weights are in the Keras cache, else "squeezenet"; a printed line says why.
        preprocess: for your own model, "caffe", "tf", "torch", or a function from RGB pixels,
            float32 (1, h, w, 3) in [0, 255], to its input; by default they go in as they are.
        class_names: for your own model, in class order.
        input_size: (h, w), where the model leaves it open, as those that ship do.

    Raises ValueError for an unknown name or a model whose graph cannot be read, RuntimeError for
    weights that cannot be downloaded, and DataError for a shipped file that is missing or damaged.
    """
    name = name_or_model
    if name is None:
        name, why = default_name()
        print(f"Network: {name} ({why}).")
    if not isinstance(name, str):
        keras, _ = keras_and_tensorflow()
        if not isinstance(name, keras.Model):
            raise ValueError(
                "Expected the name of a network or a built keras.Model, "
                f"but got {type(name).__name__}: see load_model's help for the names."
            )
        return make_network(name, name.name, preprocess, class_names, input_size)
    if name in SHIPPED:
        size, way = input_size or (224, 224), "caffe"
        model = SHIPPED[name](size)
    elif name in DOWNLOADS:
        size, way = None, DOWNLOADS[name].preprocess
        model = download(DOWNLOADS[name])
    else:
        known = ", ".join([*SHIPPED, *DOWNLOADS])
        raise ValueError(
            f"Expected the name of a network ({known}) or a keras.Model, but got {name!r}."
        )
    names = imagenet_class_names() if name != "vgg16-conv" else None
    recipe = {"name_or_model": name, "input_size": size}
    return make_network(model, name, way, names, size, recipe)


def make_network(
    model: Any, name: str, way: Way, names: Names, size: Size, recipe: dict | None = None
) -> Network:
    """Read a Keras model's graph and put a `Network` round it; see `load_model`."""
    shape = tuple(input_of(model).shape)
    if len(shape) != 4 or shape[-1] != 3:
        raise ValueError(
            f"Expected a built model that takes pictures of shape (h, w, 3), but {name!r} takes "
            f"{shape!r}: give its first layer an input of shape (h, w, 3)."
        )
    height, width = shape[1:3] if None not in shape[1:3] else size or (224, 224)
    if size is not None and tuple(size) != (height, width):
        raise ValueError(
            f"{name!r} takes pictures of {height} × {width} pixels, "
            f"so input_size {tuple(size)} does not fit: leave it out."
        )
    spec = InputSpec((height, width), 3, "none" if way is None else way)
    graph = read_graph(model, (height, width, 3))
    names = None if names is None else tuple(names)
    output = graph.shapes[graph.output]
    if names is not None and (len(output) not in (1, 3) or len(names) != output[-1]):
        raise ValueError(
            f"{len(names)} class names came with a network whose output has shape "
            f"{output}: give one name for each class, in order."
        )
    return Network(name, model, spec, names, graph, recipe)


def taken_apart(network: Network) -> tuple[Callable, tuple]:
    """Return (function, arguments) that make the network again, for pickle."""
    if network.recipe is not None:
        return functools.partial(load_model, **network.recipe), ()
    keras, _ = keras_and_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        keras.saving.save_model(network.keras_model, path)
        data = path.read_bytes()
    spec = network.spec
    return _from_bytes, (data, network.name, spec.preprocess, network.class_names, spec.size)


def _from_bytes(data, name, preprocess, class_names, size):
    """Load what `taken_apart` saved; Keras's safe mode refuses whatever would run code."""
    keras, _ = keras_and_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        path.write_bytes(data)
        try:
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
        except Exception as error:  # Keras raises many types for what it does not know
            raise ValueError(
                f"Expected a network that Keras can load again, but {name!r} holds something it "
                f"cannot ({first_line(error)}): mark a layer of your own with "
                "@keras.saving.register_keras_serializable() and import its module first."
            ) from None
    return make_network(model, name, preprocess, class_names, size)


def default_name() -> tuple[str, str]:
    """Return the network to load when none is named, and why."""
    if os.environ.get("ZV_MODEL"):
        return os.environ["ZV_MODEL"], "ZV_MODEL names it"
    how = DOWNLOADS["vgg16"]
    if how.path.is_file():
        with open(how.path, "rb") as file:
            if hashlib.file_digest(file, "md5").hexdigest() == how.md5:
                return "vgg16", "its verified weights are in the Keras cache"
    why = "it ships with the workbook; VGG-16's full weights are not in the Keras cache"
    return "squeezenet", why


def download(how: Download) -> Any:
    """Build the `keras.Model` with its ImageNet weights; raises RuntimeError if they are not in the
    cache and cannot be downloaded."""
    keras, _ = keras_and_tensorflow()
    path, state = how.path, "is damaged or incomplete"
    if not path.is_file():  # asked beforehand: Keras removes a file whose MD5 is wrong
        state = "is not there"
        print(f"{how.title}: Keras downloads {how.megabytes} MB of weights, once, to {path}.")
    try:
        return getattr(keras.applications, how.builder)(weights="imagenet")
    except Exception as error:  # offline, Keras raises a bare Exception
        raise RuntimeError(
            f"{how.title} needs its weights in {path}, but that file {state} and could not be "
            f"downloaded ({first_line(error)}): put {path.name} (MD5 {how.md5}) there, or work "
            'with "squeezenet" or "vgg16-conv", which ship with the workbook.'
        ) from None


def first_line(error: Exception) -> str:
    """Return what an error says in its first line, at most 200 characters, or else its type."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
