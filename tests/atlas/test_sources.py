"""Which photographs a folder, a pattern or a list means."""

import os

import numpy as np
import pytest
from PIL import Image

import zv_helpers as zv
from zv_helpers.atlas.sources import as_whole_paths, list_photographs


@pytest.fixture
def folder(tmp_path):
    for name in (
        "b.jpg",
        "B/z.PNG",
        "B/a.webp",
        "a/c.jpeg",
        ".hidden/x.jpg",
        "notes.txt",
        ".y.jpg",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def names(found, folder):
    return [os.path.relpath(one, folder) for one in found]


def test_a_folder_means_all_photographs_in_it_in_order(folder):
    found = list_photographs(folder)
    assert names(found, folder) == ["b.jpg", "B/a.webp", "B/z.PNG", "a/c.jpeg"]
    assert found == list_photographs(str(folder)) and all(isinstance(one, str) for one in found)


def test_a_link_to_the_folder_itself_is_not_followed(folder):
    (folder / "a" / "loop").symlink_to(folder, target_is_directory=True)
    assert len(list_photographs(folder)) == 4


def test_a_pattern_means_the_files_that_it_fits(folder):
    assert names(list_photographs(str(folder / "**" / "*.jp*g")), folder) == ["a/c.jpeg", "b.jpg"]
    assert names(list_photographs(str(folder / "b.jpg")), folder) == ["b.jpg"]


def test_a_folder_of_the_repository_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = list_photographs("data/photos")
    assert len(found) == 75 and all(map(os.path.isfile, found))


def test_a_list_is_taken_as_it_is(tmp_path):
    picture = Image.new("RGB", (20, 20))
    given = ["tabby_cat", tmp_path / "x.jpg", picture, "tabby_cat"]
    assert list_photographs(given) == ("tabby_cat", str(tmp_path / "x.jpg"), picture, "tabby_cat")
    assert list_photographs(zv.photographs())[0].endswith("angelfish.jpg")
    assert len(list_photographs(np.zeros((3, 20, 20, 3), np.uint8))) == 3


@pytest.mark.parametrize(
    "given, words",
    [
        ("{folder}/empty", "holds none, nor do the folders in it: put some into it"),
        ("{folder}/*.gif", "fits no file"),
        ("{folder}/nothing", "is not there"),
        ([], "it is empty"),
        (None, "got None"),
        (7, "got 7"),
        (b"bytes", "of type bytes: put it into a list"),
        (Image.new("RGB", (20, 20)), "of type Image: put it into a list"),
        (np.zeros((20, 20, 3)), "of type ndarray: put it into a list"),
    ],
)
def test_where_there_are_none_a_sentence_says_so(folder, given, words):
    (folder / "empty").mkdir()
    (folder / "empty" / "notes.txt").write_text("no photograph")
    given = given.format(folder=folder) if isinstance(given, str) else given
    with pytest.raises(ValueError, match=words) as caught:
        list_photographs(given)
    assert str(caught.value).startswith("Expected ") and str(caught.value).endswith(".")


def test_paths_are_made_whole_and_names_are_left(folder, monkeypatch):
    monkeypatch.chdir(folder)
    given = ["b.jpg", "tabby_cat", "gone.jpg", b"bytes"]
    assert as_whole_paths(given) == [str(folder / "b.jpg"), *given[1:]]
