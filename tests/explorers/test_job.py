"""What is done beside an explorer: its line, who ends it, and who comes first."""

import re
import threading
import time

import pytest
from looking import at_rest, until

from zv_helpers.explorers.job import Job
from zv_helpers.progress import Cancelled


class Watched:
    """A job, and all that it tells."""

    def __init__(self):
        self.refusals, self.results, self.first = [], [], False
        self.spoken = []
        self.job = Job(self.refusals.append, lambda: self.first, self.spoken.append, "End it")

    def start(self, work, patience=0.0):
        self.job.start("Counting", "sheep", work, self.results.append, patience)

    def line(self):
        return re.sub("<[^>]*>", "", self.job.line.value).strip()


@pytest.fixture
def watched():
    found = Watched()
    yield found
    found.job.stop()
    until(at_rest)


def test_it_gives_its_result_and_takes_no_room_afterwards(watched):
    assert not watched.job.busy and watched.job.row.layout.display == "none"
    go_on = threading.Event()

    def work(tell):
        assert go_on.wait(60)
        return 7

    watched.start(work)
    assert watched.job.busy and watched.job.row.layout.display is None
    assert watched.line() == "Counting: getting ready …"
    assert watched.job.row.children == (watched.job.line, watched.job.button)
    go_on.set()
    until(at_rest)
    assert watched.results == [7] and watched.refusals == []
    assert not watched.job.busy and watched.job.row.children == ()
    assert watched.job.row.layout.display == "none"


def test_what_is_done_soon_shows_no_line(watched):
    shown = []
    watched.job.row.observe(lambda event: shown.append(event["new"]), "children")
    watched.start(lambda tell: 7, patience=60)
    assert watched.results == [7] and shown == [] and not watched.job.busy
    assert watched.spoken == []


def test_the_line_comes_once_it_takes_longer(watched):
    go_on, begun = threading.Event(), time.monotonic()
    watched.start(lambda tell: go_on.wait(60), patience=0.2)
    assert time.monotonic() - begun >= 0.2
    assert watched.job.row.children == (watched.job.line, watched.job.button)
    go_on.set()
    until(at_rest)
    assert watched.results == [True] and watched.job.row.children == ()
    assert watched.spoken == ["Counting: getting ready …", ""]


def test_its_parts_are_named_and_counted_from_there(watched, monkeypatch):
    now, lines, bars = 100.0, [], []
    monkeypatch.setattr("zv_helpers.explorers.job.time.perf_counter", lambda: now)

    def work(tell):
        nonlocal now
        for words, done in (("loading", 0), ("drawing: it", 2), ("drawing: it", 6)):
            if done < 6:
                tell.part(words)
                lines.append(watched.line())
                bars.append("value=" in watched.job.line.value)
            now += 2
            if done:
                tell(done, 8)
                lines.append(watched.line())

    watched.start(work)
    until(at_rest)
    assert bars == [False, False]  # there is nothing to count yet
    parts = "getting ready", "loading", "drawing: it"  # no numbers
    assert watched.spoken == [*(f"Counting: {one} …" for one in parts), ""]
    assert lines == [
        "Counting: loading …",
        "Counting: drawing: it …",
        "Counting: drawing: it, 2 of 8 sheep",
        "Counting: drawing: it, 6 of 8 sheep, 2 a second, about 1 s to go",
    ]


def test_a_part_does_not_begin_once_it_is_ended(watched):
    reached, go_on, parts = threading.Event(), threading.Event(), []

    def work(tell):
        reached.set()
        assert go_on.wait(60)
        tell.part("loading")
        parts.append("loading")

    watched.start(work)
    assert reached.wait(60)
    watched.job.button.click()
    go_on.set()
    until(at_rest)
    assert parts == [] and "loading" not in watched.line() and watched.results == []


def test_it_says_how_many_a_second_and_how_long(watched, monkeypatch):
    now, lines = 100.0, []
    monkeypatch.setattr("zv_helpers.explorers.job.time.perf_counter", lambda: now)

    def work(tell):
        nonlocal now
        for seconds, done in ((5, 0), (9, 10), (0.1, 20), (1.9, 30), (10, 90)):
            now += seconds
            tell(done, 90)
            lines.append(watched.line())

    watched.start(work)
    until(at_rest)
    assert lines == [
        "Counting: 0 of 90 sheep",
        "Counting: 10 of 90 sheep",  # what was ready first says nothing about the rest
        "Counting: 10 of 90 sheep",  # so soon it says nothing new
        "Counting: 30 of 90 sheep, 10 a second, about 6 s to go",
        "Counting: 90 of 90 sheep, 6.67 a second, about 0 s to go",
    ]
    assert watched.refusals == []


def counting(reached, go_on):
    """Work that can be held on after its first step."""

    def work(tell):
        tell(1, 3)
        reached.set()
        assert go_on.wait(60)
        tell(2, 3)
        return "counted"

    return work


def test_the_button_ends_it_and_it_is_said_once(watched):
    reached, go_on = threading.Event(), threading.Event()
    watched.start(counting(reached, go_on))
    assert reached.wait(60)
    watched.job.button.click()
    assert [type(one) for one in watched.refusals] == [Cancelled] and not watched.job.busy
    go_on.set()
    until(at_rest)
    assert len(watched.refusals) == 1 and watched.results == []


def test_a_newer_one_ends_it_without_a_word(watched):
    reached, go_on = threading.Event(), threading.Event()
    watched.start(counting(reached, go_on))
    assert reached.wait(60)
    watched.start(lambda tell: "newer")
    go_on.set()
    until(at_rest)
    assert watched.results == ["newer"] and watched.refusals == []
    assert watched.job.stop() is False


def test_what_comes_too_late_is_not_taken(watched):
    reached, go_on = threading.Event(), threading.Event()

    def work(tell):
        reached.set()
        assert go_on.wait(60)
        return "too late"

    watched.start(work)
    assert reached.wait(60)
    assert watched.job.stop() is True
    go_on.set()
    until(at_rest)
    assert watched.results == [] and watched.refusals == []


def test_what_goes_wrong_is_refused(watched):
    watched.start(lambda tell: 1 / 0)
    until(at_rest)
    assert [type(one) for one in watched.refusals] == [ZeroDivisionError]
    assert watched.results == [] and watched.job.row.children == ()


def test_it_waits_while_something_else_comes_first(watched):
    steps = []

    def work(tell):
        for done in range(3):
            tell(done, 3)
            steps.append(done)
            watched.first = done == 0

    asked, is_first = threading.Event(), watched.job.urgent

    def urgent():
        if is_first():
            asked.set()
        return is_first()

    watched.job.urgent = urgent
    watched.start(work)
    assert asked.wait(60)
    assert steps == [0]
    watched.first = False
    until(at_rest)
    assert steps == [0, 1, 2]
    watched.first = True
    watched.start(work)
    watched.job.button.click()  # and can be ended while it waits
    until(at_rest)
    assert steps == [0, 1, 2]
