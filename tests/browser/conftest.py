"""How a browser test gets its page.

Starting JupyterLab, loading it in Chromium and importing TensorFlow in a kernel take ten times as
long as most tests. So each process does them once, and opens its notebooks one after the other in
one page, with one kernel:

    workbook ──► lab ──► page ──► kernel ──► open_notebook ──► `notebook` of a test file
    a copy       a server  Chromium            runs it, and gives the kernel back as good as new

Each test file has one notebook open at a time. A test that changes it puts it back.
"""

import contextlib
import functools
import sys
from pathlib import Path

import pytest

import zv_helpers as zv
from zv_helpers.explorers.shell import Context

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

# A notebook begins in its folder, and with warnings as they are usually shown. What it made is
# forgotten before the next one; that each runs in a kernel of its own too, `make test` shows.
BEGIN = """import contextlib, os, warnings
os.chdir({folder!r})
get_ipython().until_forgotten = contextlib.ExitStack()
get_ipython().until_forgotten.enter_context(warnings.catch_warnings())
get_ipython().reset()"""
FORGET = """import contextlib, ipywidgets
ipywidgets.Widget.close_all()
getattr(get_ipython(), "until_forgotten", contextlib.ExitStack()).close()  # none after a restart
get_ipython().reset()"""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """What one process of pytest-xdist takes at a time: a file, or one notebook of those that
    test_notebooks.py opens one after the other."""
    from xdist.scheduler import LoadScopeScheduling

    class OneNotebook(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file, _, test = nodeid.partition("::")
            _, _, notebook = test.partition("[")
            return f"{file}::{notebook}" if file.endswith("test_notebooks.py") else file

    return OneNotebook(config, log)


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

    # Trained networks as they ship; two processes share two cores, so one thread for each network.
    with jupyterlab(workbook, ZV_TRAIN="0", TF_NUM_INTRAOP_THREADS="1") as url:
        yield url


@pytest.fixture(scope="session")
def page(lab):
    """The page of JupyterLab in which all is opened."""
    from in_browser import chromium, open_lab

    with chromium() as browser:
        yield open_lab(browser, lab)


@pytest.fixture(scope="session")
def kernel(page):
    """The id of the kernel that all notebooks use."""
    from in_browser import start_kernel

    return start_kernel(page)


@pytest.fixture(scope="session")
def open_notebook(workbook, page, kernel):
    """`with open_notebook(path) as notebook`: it was run from top to bottom, and is closed in the
    end. path: in `workbook / "root"`."""
    from in_browser import Notebook

    @contextlib.contextmanager
    def opened(path):
        notebook = Notebook(page, path, kernel)
        notebook.run_silently(BEGIN.format(folder=str((workbook / "root" / path).parent)))
        try:
            notebook.run_all()
            yield notebook
        finally:
            notebook.run_silently(FORGET)
            notebook.close()

    return opened


@pytest.fixture(scope="session")
def open_explorers(workbook, open_notebook):
    """`with open_explorers(name, setup, cells) as notebook`: one that is written for it."""
    from in_browser import write_notebook

    def opened(name, setup, cells):
        write_notebook(workbook / "root" / f"{name}.ipynb", setup, cells)
        return open_notebook(f"{name}.ipynb")

    return opened


@pytest.fixture(scope="session")
def features_of(workbook, squeezenet):
    """A function from a photograph's name to its features, as in the notebooks."""

    @functools.cache
    def features(name):
        return zv.extract_features(squeezenet, zv.load_image(name, squeezenet))

    return features


@pytest.fixture(scope="module")
def context(features_of):
    """What most explorers look at first."""
    return Context(features_of("tabby_cat"))
