"""A model that carries its own preprocessor, as Keras Hub's classifiers do."""

import pickle

import numpy as np
import pytest
from independent import random_image, random_weights

import zv_helpers as zv

keras, tf = zv.network.keras_and_tensorflow()
L = keras.layers


@keras.saving.register_keras_serializable("test_preprocessors")
class Converter(L.Layer):
    """Like Keras Hub's: resizes, scales, and gives a tensor or (tensor, labels)."""

    def __init__(self, size=None, pair=False, **how):
        super().__init__(**how)
        self.size, self.pair = size, pair

    def get_config(self):
        return {**super().get_config(), "size": self.size, "pair": self.pair}

    def call(self, x, y=None):
        x = keras.ops.cast(x, "float32")
        x = x if self.size is None else keras.ops.image.resize(x, self.size)
        x = x / 127.5 - 1
        return (x, y) if self.pair else x


@keras.saving.register_keras_serializable("test_preprocessors")
class Classifier(keras.Model):
    """A functional subclass that carries a preprocessor, as `keras_hub.models.ImageClassifier`."""

    def __init__(self, preprocessor=None, shape=(16, 20, 3), **how):
        pixels = keras.Input(shape)
        maps = L.Conv2D(4, 3, activation="relu", name="a")(pixels)
        super().__init__(pixels, L.Dense(3)(L.GlobalAveragePooling2D()(maps)), **how)
        self.preprocessor, self.shape = preprocessor, shape

    def get_config(self):
        layer = keras.saving.serialize_keras_object(self.preprocessor)
        return {"name": self.name, "preprocessor": layer, "shape": self.shape}

    @classmethod
    def from_config(cls, config):
        layer = keras.saving.deserialize_keras_object(config.pop("preprocessor"))
        return cls(layer, tuple(config.pop("shape")), **config)


def model_with(*arguments, name="hub", **how):
    return random_weights(Classifier(*arguments, name=name, **how), seed=4)


@pytest.mark.parametrize("pair", [False, True])
def test_the_preprocessor_that_a_model_carries_is_used_and_said(pair, capsys):
    model = model_with(Converter((16, 20), pair))
    network = zv.load_model(model)
    words = "Preprocessing: hub carries its own, Converter; preprocess= replaces it.\n"
    assert capsys.readouterr().out == words
    features = zv.extract_features(network, random_image(network))
    assert isinstance(features.image.batch, np.ndarray)
    assert np.allclose(features.image.batch, features.image.pixels / 127.5 - 1, atol=1e-5)
    assert np.allclose(features.logits, model(features.image.batch).numpy()[0], atol=1e-5)
    assert network.spec.text == "Converter(pixels)" and not network.spec.reads_bgr
    assert "Converter" in str(network.spec)


def test_what_the_learner_says_comes_first(capsys):
    network = zv.load_model(model_with(Converter()), preprocess="none")
    assert network.spec.preprocess == "none" and capsys.readouterr().out == ""
    assert zv.load_model(model_with(None)).spec.preprocess == "none"
    assert capsys.readouterr().out == ""


def test_where_the_model_leaves_its_size_open_the_preprocessor_gives_it():
    shape = (None, None, 3)
    assert zv.load_model(model_with(Converter((24, 32)), shape=shape)).input_size == (24, 32)
    assert zv.load_model(model_with(Converter(), shape=shape)).input_size == (224, 224)
    assert zv.load_model(model_with(Converter(), shape=shape), input_size=40).input_size == (40, 40)
    with pytest.raises(ValueError, match=r"shape \(1, 40, 40, 3\) .* gives shape \(1, 24, 32, 3\)"):
        zv.load_model(model_with(Converter((24, 32)), shape=shape), input_size=40)
    with pytest.raises(ValueError, match=r"'Converter' to turn pixels .* gives shape \(1, 24, 32"):
        zv.load_model(model_with(Converter((24, 32))))


def test_it_goes_with_the_network_through_a_pickle_and_a_file(tmp_path, capsys):
    network = zv.load_model(model_with(Converter()))
    again = pickle.loads(pickle.dumps(network))
    image = random_image(network)
    assert again.spec == network.spec and hash(again.spec) == hash(network.spec)
    both = [zv.extract_features(one, image) for one in (network, again)]  # the image fits both
    assert np.array_equal(both[0].logits, both[1].logits)
    assert zv.load_model(model_with(Converter((16, 20)))).spec != network.spec
    network.keras_model.save(tmp_path / "mine.keras")
    capsys.readouterr()
    assert zv.load_model(tmp_path / "mine.keras").spec == network.spec
    assert "mine carries its own, Converter" in capsys.readouterr().out


def test_a_preprocessor_that_is_no_function_of_pixels_is_refused():
    class Tokenizer(L.Layer):
        def call(self, x):
            return {"tokens": x}

    with pytest.raises(ValueError, match="the preprocessing 'Tokenizer' .* gives no array"):
        zv.load_model(model_with(Tokenizer()))
