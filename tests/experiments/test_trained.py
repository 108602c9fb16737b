"""Weights that are written and read back, and the files that ship."""

import re
import shutil

import numpy as np
import pytest

from zv_helpers.data import DataError, checksums, data_folder
from zv_helpers.experiments.trained import load_trained, save_trained


@pytest.fixture(scope="module")
def model(keras):
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Conv2D(3, 3), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
    return keras.Sequential([keras.Input((8, 8, 3)), *layers])


def moments_of(model, count):
    random = np.random.default_rng(1)
    return [
        [random.normal(size=one.shape).astype(np.float32) for one in model.get_weights()]
        for _ in range(count)
    ]


def test_what_is_written_is_read_back_in_order(model, tmp_path):
    moments = moments_of(model, 4)
    path = tmp_path / "new" / "mine.npz"
    save_trained(path, moments, "float32", losses=[3, 2.5], steps=[[1]])
    found = load_trained(path)
    assert len(found.weights) == 4 and set(found.numbers) == {"losses", "steps"}
    assert found.numbers["losses"].tolist() == [3, 2.5] and found.numbers["steps"].shape == (1, 1)
    for one, before in zip(found.weights, moments, strict=True):
        model.set_weights(one)  # refuses other shapes
        for array, expected in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(array, expected)


def test_half_precision_halves_the_file_and_keeps_three_digits(model, tmp_path):
    model.set_weights(moments_of(model, 1)[0])
    for precision in ("float16", "float32"):
        save_trained(tmp_path / precision, [model, model], precision)
    small, large = ((tmp_path / one).stat().st_size for one in ("float16", "float32"))
    assert small < large
    for one in load_trained(tmp_path / "float16").weights:
        for array, expected in zip(one, model.get_weights(), strict=True):
            assert array.dtype == np.float32
            np.testing.assert_allclose(array, expected, rtol=5e-4, atol=1e-6)


def test_many_weights_keep_their_order(keras, tmp_path):
    arrays = [np.full(2, i, np.float32) for i in range(120)]
    save_trained(tmp_path / "many.npz", [arrays])
    assert [int(one[0]) for one in load_trained(tmp_path / "many").weights[0]] == list(range(120))


def test_moments_of_different_models_are_refused(model, tmp_path):
    one = model.get_weights()
    with pytest.raises(ValueError, match="2 moments with 2 different"):
        save_trained(tmp_path / "x.npz", [one, one[:-1]])
    with pytest.raises(ValueError, match="0 moments"):
        save_trained(tmp_path / "x.npz", [])


def sentence(error):
    message = str(error.value)
    assert message.endswith(".") and "\n" not in message and not re.search(r"[.!?] [A-Z]", message)
    return message


def test_what_is_no_such_file_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(DataError) as caught:
        load_trained("nothing_of_that_name")
    assert "no file 'nothing_of_that_name'" in sentence(caught)
    (tmp_path / "text.npz").write_text("not a network", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_trained(tmp_path / "text.npz")
    assert "text.npz cannot be read" in sentence(caught)
    np.savez(tmp_path / "objects.npz", weight_000=np.array([{}, None], object))
    with pytest.raises(DataError) as caught:
        load_trained(tmp_path / "objects.npz")
    assert "cannot be read" in sentence(caught)
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(DataError) as caught:
        load_trained(tmp_path / "other.npz")
    assert "holds no weights" in sentence(caught)


def shipped():
    return sorted(one for one in checksums(data_folder()) if one.startswith("trained/"))


@pytest.mark.parametrize("name", shipped())
def test_what_ships_is_small_finite_and_verified(name, tmp_path, monkeypatch):
    path = data_folder() / name
    assert path.stat().st_size < 400_000
    for moment in load_trained(path.stem).weights:
        assert all(np.isfinite(array).all() for array in moment)
    damaged = tmp_path / "data" / name
    damaged.parent.mkdir(parents=True)
    shutil.copyfile(data_folder() / "SHA256SUMS", tmp_path / "data" / "SHA256SUMS")
    damaged.write_bytes(path.read_bytes()[:-1] + b"?")
    monkeypatch.setenv("ZV_DATA", str(tmp_path / "data"))
    with pytest.raises(DataError, match="damaged"):
        load_trained(path.stem)
