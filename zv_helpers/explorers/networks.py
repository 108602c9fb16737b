"""Stand-in for `zv_helpers.network.networks` and for loading by name, until they are merged."""

from ..data import data_folder
from ..network import keras_and_tensorflow
from ..network import load_model as _load_model
from ..network.loading import SHIPPED


def networks():
    """List the networks that can be loaded without a download."""
    own = sorted((data_folder() / "my_networks").glob("*.keras"))
    return (*SHIPPED, *(path.stem for path in own))


def load_model(name):
    """Load one of them."""
    path = data_folder() / "my_networks" / f"{name}.keras"
    if not path.is_file():
        return _load_model(name)
    keras, _ = keras_and_tensorflow()
    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:
        raise ValueError(f"Expected a Keras file, but {path.name!r} is none.") from error
    model.name = name
    return _load_model(model, preprocess="none")
