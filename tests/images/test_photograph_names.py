"""Names and paths: which photographs there are, and which file is meant."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from pictures import NETWORK, encoded, noise, refusal
from PIL import Image

from zv_helpers.data import DataError, checksums, data_folder
from zv_helpers.images import ImageError, SmallImageWarning, credit, load_image, photographs


@pytest.fixture
def data_copy(tmp_path, monkeypatch):
    """A data folder with two shipped photographs and an empty my_photos."""
    folder = tmp_path / "repository" / "data"
    for part in ("photos", "my_photos"):
        (folder / part).mkdir(parents=True)
    for name in ("SHA256SUMS", "photos/CREDITS.csv", "photos/pig.jpg", "photos/tabby_cat.jpg"):
        (folder / name).write_bytes((data_folder() / name).read_bytes())
    monkeypatch.setenv("ZV_DATA", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def test_photographs_lists_what_ships_and_then_the_learners_own(data_copy):
    picture = Image.fromarray(noise(230, 230, 3))
    for name in ("zebra.PNG", "Apple.webp", "tabby_cat.jpg", "tabby_cat.png", "._zebra.png"):
        picture.save(data_copy / "my_photos" / name, "PNG")
    (data_copy / "my_photos" / "notes.txt").write_text("not a picture")
    (data_copy / "my_photos" / "iphone.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    (data_copy / "my_photos" / "album.png").mkdir()
    found = photographs()
    assert list(found) == [
        *("pig", "tabby_cat", "Apple", "iphone"),
        *("my_photos/tabby_cat", "my_photos/tabby_cat.png", "zebra"),
    ]
    assert found["tabby_cat"] == data_copy / "photos" / "tabby_cat.jpg"
    for name in ("zebra", "my_photos/tabby_cat", "my_photos/tabby_cat.png"):
        image = load_image(name, NETWORK)
        np.testing.assert_array_equal(image.original, np.asarray(picture))
    assert load_image("tabby_cat", NETWORK).original_size == (300, 451)
    assert credit("zebra") == "your own photograph"


def test_all_shipped_photographs_load_and_have_a_credit():
    shipped = {name: path for name, path in photographs().items() if path.parent.name == "photos"}
    assert len(shipped) == 75 and list(shipped) == sorted(shipped)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallImageWarning)
        for name in shipped:
            assert load_image(name, NETWORK).name == name
            assert re.fullmatch(r".+, (Public domain|CC0 1\.0|CC BY 2\.0), .+", credit(name))
    assert credit("tabby_cat") == (
        "Stefan van der Walt, CC0 1.0, scikit-image: skimage.data.chelsea"
    )


def test_an_unknown_credit_names_close_ones():
    with pytest.raises(ImageError, match=r"'taby_cat' is none \(close to it: tabby_cat\)"):
        credit("taby_cat")


def test_paths_from_the_repository_work_in_any_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for path in ("data/photos/pig.jpg", "photos/pig.jpg", "pig", Path("data/photos/pig.jpg")):
        assert load_image(path, NETWORK).name == "pig"


def test_a_file_in_the_working_folder_comes_first(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    mine = noise(230, 240, 3)
    (tmp_path / "pig").write_bytes(encoded(Image.fromarray(mine), "PNG"))
    np.testing.assert_array_equal(load_image("pig", NETWORK).original, mine)


def test_a_folder_of_that_name_does_not_hide_a_photograph(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pig").mkdir()
    assert load_image("pig", NETWORK).original_size == (361, 481)


def test_a_damaged_or_missing_shipped_photograph_is_reported(data_copy):
    assert "photos/pig.jpg" in checksums(data_copy)
    before = load_image("pig", NETWORK)
    with open(data_copy / "photos" / "pig.jpg", "r+b") as file:
        file.seek(5000)
        file.write(b"\x00\x01\x02\x03")
    assert before.source is before.original
    for source in ("pig", data_copy / "photos" / "pig.jpg", "data/photos/pig.jpg"):
        with pytest.raises(DataError, match="photos/pig.jpg is damaged"):
            load_image(source, NETWORK)
    (data_copy / "photos" / "pig.jpg").unlink()
    for source in ("pig", data_copy / "photos" / "pig.jpg", "data/photos/pig.jpg"):
        with pytest.raises(DataError, match="photos/pig.jpg is missing"):
            load_image(source, NETWORK)


def test_own_pictures_load_without_a_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("ZV_DATA", str(tmp_path / "nowhere"))
    path = tmp_path / "mine.png"
    Image.fromarray(noise(230, 230, 3)).save(path)
    assert load_image(path, NETWORK).name == "mine"
    refusal("tabby_cat", "'tabby_cat'")


def test_absent_files_name_close_ones(tmp_path, data_copy):
    assert "my_photos" in refusal("taby_cat", "'taby_cat'", "(close to it: tabby_cat)")
    refusal("data/photos/tabby_cat.png", "data/photos/tabby_cat.png", "close to it: tabby_cat")
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    refusal(tmp_path / "holidya.jpg", "close to it: holiday.jpg")
    assert "close" not in refusal("qqqqqqqq", "'qqqqqqqq'")
    refusal("https://example.org/cat.jpg", "web address", "download")
    refusal("x" * 5000, "no file")
    refusal("a\0b", "no file")
    refusal("~nobody_of_that_name/cat.jpg", "no file")
