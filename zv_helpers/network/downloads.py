"""The ImageNet networks of keras.applications, whose weights Keras downloads once."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .sentences import first_line
from .tensorflow import keras_and_tensorflow


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
