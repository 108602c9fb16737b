"""Networks in files: found wherever the notebook runs, read without running anything in them, and
whatever else ends in `.keras` is refused in one sentence."""

import json
import pickle
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from independent import random_image, random_weights

import zv_helpers as zv
from zv_helpers.__main__ import main
from zv_helpers.network import files

keras, _ = zv.network.keras_and_tensorflow()
L = keras.layers


def small(*layers, shape=(16, 20, 3), name="sequential_3"):
    layers = layers or (L.Conv2D(4, 3, activation="relu", name="a"), L.MaxPooling2D(2))
    ending = [L.GlobalAveragePooling2D(), L.Dense(3, activation="softmax")]
    model = keras.Sequential([keras.Input(shape), *layers, *ending], name=name)
    return random_weights(model, seed=3)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The path of a good network's file."""
    path = tmp_path_factory.mktemp("good") / "mine.keras"
    small().save(path)
    return path


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder with room for networks of one's own; the shipped files are still there."""
    folder = tmp_path / "data"
    (folder / "my_networks").mkdir(parents=True)
    for name in ("weights", "labels", "photos", "SHA256SUMS"):
        (folder / name).symlink_to(zv.data_folder() / name)
    monkeypatch.setenv("ZV_DATA", str(folder))
    return folder


def names_a_class_of_its_own():
    class Triple(L.Layer):
        def call(self, maps):
            return 3.0 * maps

    return small(L.Conv2D(4, 3), Triple(name="triple"))


def changed(saved, path, config):
    """A good file again whose config.json is another."""
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, config if name == "config.json" else old.read(name))


def zipped(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/"), text)


def cut(saved, path):
    data = saved.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def scratched(saved, path):
    """Its weights are damaged, its description is not."""
    data = bytearray(saved.read_bytes())
    at = data.index(b"\x89HDF")
    data[at : at + 2000] = bytes(2000)
    path.write_bytes(data)


def renamed_h5(saved, path):
    small().save(path.with_suffix(".h5"))
    path.with_suffix(".h5").rename(path)


def weights_only(saved, path):
    small().save_weights(path.with_name("bad.weights.h5"))
    path.with_name("bad.weights.h5").rename(path.with_suffix(".h5"))


def lambda_in_h5(saved, path):
    small(L.Lambda(lambda x: 2 * x, name="code"), L.Conv2D(4, 3)).save(path.with_suffix(".h5"))


def other_class(saved, path):
    dense = keras.saving.serialize_keras_object(L.Dense(3))
    changed(saved, path, json.dumps(dense))


# What is built, and what the sentence must say.
BAD = {
    "empty": (lambda saved, path: path.touch(), "is empty"),
    "text": (lambda saved, path: path.write_text("version https://git-lfs"), "something else"),
    "a folder": (lambda saved, path: path.mkdir(), "is a folder"),
    "a zip without a network": (
        lambda saved, path: zipped(path, word__document="<xml>"),
        "a zip archive without a network",
    ),
    "truncated": (cut, "is damaged or cut short"),
    "its weights are damaged": (scratched, "is damaged, was saved by"),
    "its description is no JSON": (
        lambda saved, path: changed(saved, path, "{'layers'"),
        "a description of its layers that cannot be read",
    ),
    "its description is something else": (
        lambda saved, path: changed(saved, path, '{"class_name": 3}'),
        "is damaged, was saved by",
    ),
    "a layer": (other_class, "holds a Dense and no network"),
    "a Lambda": (
        lambda saved, path: small(L.Lambda(lambda x: 2 * x, name="code"), L.Conv2D(4, 3)).save(
            path
        ),
        "holds a Lambda layer, 'code'",
    ),
    "a lambda as activation": (
        lambda saved, path: small(L.Conv2D(4, 3, activation=lambda x: 2 * x)).save(path),
        "or holds a function of your own",
    ),
    "a Lambda in h5": (lambda_in_h5, "holds a Lambda layer, 'code'"),
    "a class of one's own": (
        lambda saved, path: names_a_class_of_its_own().save(path),
        "holds 'Triple', whose code is not in the file",
    ),
    "an HDF5 file": (renamed_h5, "is an HDF5 file inside: let its name end in .h5"),
    "a zip named h5": (
        lambda saved, path: shutil.copy(saved, path.with_suffix(".h5")),
        "is a zip archive inside: let its name end in .keras",
    ),
    "weights without layers": (weights_only, "holds weights without the layers"),
    "another ending": (
        lambda saved, path: shutil.copy(saved, path.with_suffix(".tflite")),
        "ends in '.tflite' and not in .keras, .h5, .hdf5",
    ),
    "another input shape": (
        lambda saved, path: keras.Sequential([keras.Input((784,)), L.Dense(3)]).save(path),
        r"pictures of shape (h, w, 3), or (h, w, 1) in grey, but 'bad' takes (None, 784)",
    ),
    "missing": (lambda saved, path: None, "there is none called"),
}


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused_in_one_sentence(what, saved, tmp_path, capsys):
    make, words = BAD[what]
    make(saved, tmp_path / "bad.keras")
    path = next(tmp_path.glob("bad.*"), tmp_path / "bad.keras")
    said = set()
    for source in (path, str(path)):
        with pytest.raises(ValueError) as caught:
            zv.load_model(source)
        said.add(str(caught.value))
    (sentence,) = said
    assert sentence.startswith("Expected ") and sentence.endswith(".") and "\n" not in sentence
    assert words in sentence and len(sentence) < 500
    capsys.readouterr()
    assert main(["tabby_cat", "--model", str(path), "--output", str(tmp_path / "x.png")]) == 1
    err = capsys.readouterr().err
    assert err == f"{sentence}\n" and not (tmp_path / "x.png").exists()


def test_keras_itself_refuses_what_would_run_code(tmp_path, monkeypatch):
    """Should our own look into the file miss something, safe mode is still on."""
    monkeypatch.setattr(files, "CODE", ())
    for name in ("code.keras", "code.h5"):
        path = tmp_path / name
        small(L.Lambda(lambda x: 2 * x), L.Conv2D(4, 3)).save(path)
        with pytest.raises(ValueError, match="Expected a network that Keras can load, but 'code"):
            zv.load_model(path)


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5"])
def test_a_file_is_the_model_that_was_saved(suffix, saved, tmp_path):
    model, path = keras.saving.load_model(saved), tmp_path / f"my net{suffix}"
    model.save(path.with_suffix(".keras" if suffix == ".keras" else ".h5"))
    if suffix == ".hdf5":
        path.with_suffix(".h5").rename(path)
    network = zv.load_model(path, preprocess="0-1", class_names={"dog": 1, "cat": 0, "cow": 2})
    assert network.name == "my net" and network.class_names == ("cat", "dog", "cow")
    features = zv.extract_features(network, random_image(network))
    theirs = model.predict(features.image.batch, verbose=0)[0]
    assert np.allclose(features.probabilities, theirs, atol=1e-6)
    assert np.allclose(features.image.batch, features.image.pixels / np.float32(255))
    again = pickle.loads(pickle.dumps(network))  # as its bytes, so that the file may be elsewhere
    path.unlink()
    assert np.array_equal(zv.extract_features(again, features.image).logits, features.logits)


def test_networks_of_ones_own_are_found_by_name(saved, data, tmp_path, monkeypatch):
    folder = data / "my_networks"
    for name in ("mine.keras", "squeezenet.keras", "Birds.h5", ".hidden.keras", "notes.txt"):
        shutil.copy(saved, folder / name)
    shutil.copy(saved, folder / "mine.h5")
    shutil.copy(saved, folder / "some.weights.h5")
    (folder / "folder.keras").mkdir()
    own = ("Birds", "mine", "my_networks/mine", "my_networks/squeezenet")
    assert zv.networks() == (*zv.network.loading.SHIPPED, *own)
    monkeypatch.chdir(tmp_path)
    whole = folder / "mine.keras"
    for source in ("mine.keras", "data/my_networks/mine.keras", "my_networks/mine.keras", whole):
        assert zv.load_model(source).name == "mine"
    assert zv.load_model("my_networks/squeezenet").layers[0].name == "a"
    assert zv.load_model("squeezenet").layers[0].name == "conv1"
    with pytest.raises(ValueError, match="'mine.h5' is a zip archive inside"):
        zv.load_model("mine")  # mine.h5 comes first, and is named
    with pytest.raises(ValueError, match=r"called 'mien.keras' \(close to it: mine\)"):
        zv.load_model("mien.keras")
    with pytest.raises(ValueError, match=r"called '.*maine.keras' \(close to it: mine.keras"):
        zv.load_model(folder / "maine.keras")
    with pytest.raises(ValueError, match=r"got 'miner' \(close to it: mine"):
        zv.load_model("miner")
    monkeypatch.setenv("ZV_MODEL", "mine.keras")
    assert zv.load_model().name == "mine"


def test_without_a_data_folder_only_those_that_ship_are_listed(monkeypatch, tmp_path, saved):
    monkeypatch.setenv("ZV_DATA", str(tmp_path / "nowhere"))
    assert zv.networks() == tuple(zv.network.loading.SHIPPED)
    assert zv.load_model(saved).name == "mine"


def test_class_names_beside_a_file(saved, tmp_path):
    path = Path(shutil.copy(saved, tmp_path))
    assert zv.load_model(path).class_names is None
    (tmp_path / "mine.json").write_text(
        '{"0": ["n1", "cat"], "1": ["n2", "dog"], "2": ["n3", "é"]}'
    )
    assert zv.load_model(path).class_names == ("cat", "dog", "é")
    (tmp_path / "mine.txt").write_bytes("\ufeffKatze\r\nHund\r\nKüh\r\n\r\n".encode())
    assert zv.load_model(path).class_names == ("Katze", "Hund", "Küh")
    assert zv.load_model(path, class_names=tmp_path / "mine.json").class_names[0] == "cat"
    (tmp_path / "mine.txt").write_text("cat\ndog\n")
    with pytest.raises(ValueError, match="2 class names came with"):
        zv.load_model(path)


def test_preprocessing_beside_a_file(saved, tmp_path):
    path = Path(shutil.copy(saved, tmp_path))
    (tmp_path / "mine.json").write_text('{"preprocess": "0-1", "class_names": ["a", "b", "c"]}')
    network = zv.load_model(path)
    assert network.spec.preprocess == "0-1" and network.class_names == ("a", "b", "c")
    assert zv.load_model(path, preprocess="tf").spec.preprocess == "tf"
    (tmp_path / "mine.json").write_text('{"preprocess": "tf"}')
    assert zv.load_model(path).spec.preprocess == "tf"
    assert zv.load_model(path).class_names is None
    (tmp_path / "mine.json").write_text('{"preprocess": "zoom"}')
    with pytest.raises(ValueError, match="Expected preprocess to be one of .* but got 'zoom'"):
        zv.load_model(path)


def test_from_the_command_line_a_file_is_explained(saved, tmp_path, capsys):
    path = tmp_path / "cat.png"
    assert main(["tabby_cat", "--model", str(saved), "--output", str(path)]) == 0
    assert "mine sees in tabby_cat" in capsys.readouterr().out and path.is_file()


def test_the_folder_for_networks_of_ones_own_is_there_and_git_leaves_it_alone():
    folder = Path(zv.__file__).parents[1]
    assert "data/my_networks" in (folder / ".gitignore").read_text()
    assert "load_model" in (folder / "data" / "my_networks" / "README.md").read_text()
