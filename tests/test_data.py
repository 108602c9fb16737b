"""What ships: verified when it is used, and one sentence when it is not what it should be."""

import re
import shutil

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.data import DataError, checksums, data_folder, shipped_file, verified

WEIGHTS = "weights/squeezenet11_float32.npz"


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A data folder of one's own, with SqueezeNet's weights and the labels."""
    folder = tmp_path / "data"
    for name in ("SHA256SUMS", WEIGHTS, "labels/imagenet1k.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(data_folder() / name, folder / name)
    monkeypatch.setenv("ZV_DATA", str(folder))
    return folder


def sentence(error):
    """The message, which must be one sentence."""
    message = str(error.value)
    assert message.endswith(".") and "\n" not in message and not re.search(r"[.!?] [A-Z]", message)
    return message


def test_a_sound_copy_of_the_data_is_used(copy):
    assert shipped_file(WEIGHTS) == copy / WEIGHTS
    assert zv.load_model("squeezenet").class_names[281] == "tabby"


@pytest.mark.parametrize("place", [0, -1, 100_000])
def test_one_flipped_byte_is_noticed_and_named(copy, place):
    content = bytearray((copy / WEIGHTS).read_bytes())
    content[place] ^= 1
    (copy / WEIGHTS).write_bytes(content)
    with pytest.raises(DataError) as caught:
        zv.load_model("squeezenet")
    message = sentence(caught)
    assert f"data/{WEIGHTS} is damaged" in message
    assert f"git checkout -- data/{WEIGHTS}" in message


def test_a_file_damaged_after_its_first_use_is_noticed(copy):
    zv.load_model("squeezenet")
    with open(copy / WEIGHTS, "r+b") as file:
        file.truncate(1000)
    with pytest.raises(DataError, match="damaged"):
        zv.load_model("squeezenet")


def test_a_missing_file_is_named(copy):
    (copy / WEIGHTS).unlink()
    with pytest.raises(DataError) as caught:
        zv.load_model("squeezenet")
    assert f"data/{WEIGHTS} is missing" in sentence(caught)
    assert f"git checkout -- data/{WEIGHTS}" in str(caught.value)


def test_a_network_whose_file_was_never_there_is_named(copy):
    with pytest.raises(DataError, match=r"vgg16_conv_float16\.npz is missing"):
        zv.load_model("vgg16-conv")


def test_damaged_labels_are_noticed(copy):
    from zv_helpers.network.shipped import imagenet_class_names

    imagenet_class_names.cache_clear()
    with open(copy / "labels/imagenet1k.csv", "a", encoding="utf-8") as file:
        file.write("1000,n0,unicorn\n")
    try:
        with pytest.raises(DataError, match="labels/imagenet1k.csv is damaged"):
            zv.load_model("squeezenet")
    finally:
        imagenet_class_names.cache_clear()


def test_missing_checksums_are_named(copy):
    (copy / "SHA256SUMS").unlink()
    checksums.cache_clear()
    with pytest.raises(DataError, match="git checkout -- data/SHA256SUMS"):
        shipped_file(WEIGHTS)


def test_a_folder_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ZV_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError) as caught:
        data_folder()
    assert "nowhere" in sentence(caught) and "ZV_DATA" in str(caught.value)


def test_what_does_not_ship_is_refused():
    with pytest.raises(DataError, match="not one of the shipped files"):
        shipped_file("weights/../../README.md")


def test_verified_lets_own_files_be_and_checks_shipped_ones(copy, tmp_path):
    own = tmp_path / "own.jpg"
    own.write_bytes(b"mine")
    assert verified(own) == own
    assert verified(copy / WEIGHTS) == copy / WEIGHTS
    (copy / WEIGHTS).write_bytes(b"broken")
    with pytest.raises(DataError, match="damaged"):
        verified(copy / WEIGHTS)


@pytest.mark.parametrize("name", [WEIGHTS, "weights/vgg16_conv_float16.npz"])
def test_weights_need_no_pickle(name):
    with np.load(shipped_file(name), allow_pickle=False) as arrays:
        assert all(np.isfinite(arrays[key]).all() for key in arrays.files)
