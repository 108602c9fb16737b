"""Nothing is warned of in an explorer, and everything again when it has drawn."""

import threading
import warnings

import pytest

from zv_helpers.deconvnet import ProjectionWarning
from zv_helpers.explorers.complaints import QUIET, quietly
from zv_helpers.images import SmallImageWarning


def warn(kind):
    warnings.warn("said", kind, stacklevel=1)
    return "done"


@pytest.mark.parametrize("kind", [SmallImageWarning, ProjectionWarning])
def test_the_workbooks_warnings_are_silent(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert quietly(warn, kind) == "done"
        with pytest.raises(kind):
            warn(kind)


def test_other_warnings_are_not_silent():
    with pytest.warns(UserWarning, match="said"):
        quietly(warn, UserWarning)


def test_two_threads_that_overlap_give_the_warnings_back():
    before, ended = list(warnings.filters), threading.Event()
    begun = threading.Event()

    def second():
        with QUIET:
            begun.set()
            ended.wait(20)

    thread = threading.Thread(target=second)
    with QUIET:
        thread.start()
        assert begun.wait(20)
    assert list(warnings.filters) != before, "the second is in there still"
    ended.set()
    thread.join(20)
    assert list(warnings.filters) == before


def test_a_failure_gives_the_warnings_back():
    before = list(warnings.filters)
    with pytest.raises(ZeroDivisionError):
        quietly(lambda: 1 // 0)
    assert list(warnings.filters) == before
