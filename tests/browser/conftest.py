"""One JupyterLab and one Chromium for all browser tests, each on a copy of the notebooks."""

import functools
import sys
from pathlib import Path

import pytest

import zv_helpers as zv

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))


@pytest.fixture(scope="session")
def workbook(tmp_path_factory):
    """A folder with `root/notebooks`, and `data` whose my_photos is empty: the tests use it too."""
    from in_browser import copy_workbook

    folder = tmp_path_factory.mktemp("workbook")
    copy_workbook(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZV_DATA", str(folder / "data"))
        yield folder


@pytest.fixture(scope="session")
def lab(workbook):
    """The URL of a JupyterLab that serves the copy."""
    from in_browser import jupyterlab

    with jupyterlab(workbook, ZV_TRAIN="0") as url:  # the labs load the networks that ship
        yield url


@pytest.fixture(scope="session")
def chromium():
    from in_browser import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def features_of(workbook, squeezenet):
    """A function from a photograph's name to its features, as in the notebooks."""

    @functools.cache
    def features(name):
        return zv.extract_features(squeezenet, zv.load_image(name, squeezenet))

    return features
