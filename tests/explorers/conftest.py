"""What the explorers' tests share: a context, and an empty folder for own photographs."""

import pytest

import zv_helpers as zv
from zv_helpers.explorers.shell import Context


@pytest.fixture(scope="session")
def context(cat):
    return Context(cat)


@pytest.fixture
def own_photos(tmp_path, monkeypatch):
    """A data folder like the real one, whose my_photos is empty."""
    for path in zv.data_folder().iterdir():
        if path.name != "my_photos":
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "my_photos").mkdir()
    monkeypatch.setenv("ZV_DATA", str(tmp_path))
    return tmp_path / "my_photos"
