"""What the explorers' tests share: patience, a context, and empty folders for the learner's own."""

import pytest

import zv_helpers as zv
from zv_helpers.explorers.drawing import Drawn
from zv_helpers.explorers.shell import Context


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Whoever changes something waits until it is done, however busy the machine is."""
    monkeypatch.setattr(Drawn, "patience", 600)


@pytest.fixture(scope="session")
def context(cat):
    return Context(cat)


@pytest.fixture
def own_photos(tmp_path, monkeypatch):
    """A data folder like the real one, whose my_photos and my_networks are empty."""
    own = ("my_photos", "my_networks")
    for path in zv.data_folder().iterdir():
        if path.name not in own:
            (tmp_path / path.name).symlink_to(path)
    for name in own:
        (tmp_path / name).mkdir()
    monkeypatch.setenv("ZV_DATA", str(tmp_path))
    return tmp_path / "my_photos"


@pytest.fixture
def own_networks(own_photos):
    """Its my_networks."""
    return own_photos.parent / "my_networks"
