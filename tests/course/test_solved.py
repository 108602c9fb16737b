"""A right answer is kept, a wrong one and a stub are not, and nothing about the record can break a
check."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from zv_helpers import course
from zv_helpers.course import solved
from zv_helpers.course.hide_a_part import checks as hide
from zv_helpers.course.step1 import checks as one
from zv_helpers.course.step5 import checks as five
from zv_helpers.course.step6 import checks as six

ROOT = Path(__file__).resolve().parents[2]
BOX = (1, 1, 3, 4)


@pytest.fixture
def record(tmp_path, monkeypatch):
    """The path of a learner's record, in a folder that is not there yet."""
    path = tmp_path / "results" / "progress.json"
    monkeypatch.setenv("ZV_PROGRESS", str(path))
    return path


def test_right_answers_are_kept(record):
    assert one.check_receptive_field(15).startswith("Right")
    assert six.check_box(BOX).startswith("Right")
    assert five.check_finish([[1, 0], [0.25, 0]]).startswith("Right")
    expected = {"step1": ["check_receptive_field"], "step5": ["check_finish"]}
    assert json.loads(record.read_text()) == expected | {"step6": ["check_box"]}
    before = record.stat().st_mtime_ns
    assert six.check_box(BOX).startswith("Right")
    assert record.stat().st_mtime_ns == before, "once is enough"
    assert [path.name for path in record.parent.iterdir()] == ["progress.json"]


@pytest.mark.parametrize("answer", [None, (1, 1, 2, 3), "Right", {}, (1, 1, 3)])
def test_a_stub_and_a_wrong_answer_write_nothing(record, answer):
    assert not six.check_box(answer).startswith("Right")
    assert not record.parent.exists()


def test_no_record_is_kept_where_none_is_wanted(record, monkeypatch):
    monkeypatch.setenv("ZV_PROGRESS", "0")
    assert solved.file() is None and six.check_box(BOX).startswith("Right")
    assert not record.parent.exists()
    assert not any(map(any, course.progress(6).solved.values()))


def test_one_record_for_the_notebooks_and_the_labs(monkeypatch):
    monkeypatch.delenv("ZV_PROGRESS")
    for folder in ("notebooks", "notebooks/labs"):
        monkeypatch.chdir(ROOT / folder)
        assert solved.file() == ROOT / "results" / "progress.json"


BROKEN = ['{"step6": ["check_', "[1, 2]", "3", '{"step6": 1}', "\x00\xff", "[" * 100_000, ""]


@pytest.mark.parametrize("text", [*BROKEN, '{"step6": [3, null]}'])
def test_a_broken_record_counts_as_none_and_is_begun_again(record, text):
    record.parent.mkdir()
    record.write_text(text, encoding="latin-1")
    assert not any(map(any, course.progress(6).solved.values()))
    assert six.check_box(BOX).startswith("Right")
    assert json.loads(record.read_text())["step6"] == ["check_box"]


def test_what_a_later_edition_wrote_is_kept(record):
    record.parent.mkdir()
    record.write_text('{"step9": ["check_all"], "step6": ["check_gone"]}')
    six.check_box(BOX)
    assert solved.recorded() == {"step9": ["check_all"], "step6": ["check_box", "check_gone"]}
    assert course.progress(6).solved["step6"] == (True, False)


def test_where_nothing_can_be_written_the_check_answers_all_the_same(record):
    record.parent.write_text("a file where the folder should be")
    assert six.check_box(BOX).startswith("Right")
    assert record.parent.read_text().startswith("a file")
    os.remove(record.parent)
    record.mkdir(parents=True)  # a folder where the file should be
    assert six.check_box(BOX).startswith("Right") and record.is_dir()
    assert not any(map(any, course.progress(6).solved.values()))


def test_a_lock_that_was_left_over_does_not_stop_anybody(record, monkeypatch):
    monkeypatch.setattr(solved, "PATIENCE", 0.05)
    record.parent.mkdir()
    record.with_suffix(".lock").touch()
    assert six.check_box(BOX).startswith("Right")
    assert solved.recorded() == {"step6": ["check_box"]}
    assert not record.with_suffix(".lock").exists()


WRITER = """
import sys
from zv_helpers.course import solved
print("ready", flush=True)
sys.stdin.readline()
for i in range(40):
    solved.record("step6", f"check_{sys.argv[1]}_{i:02}")
"""


def test_two_kernels_at_once_lose_nothing(record):
    command, pipe = [sys.executable, "-c", WRITER], subprocess.PIPE
    how = {"cwd": ROOT, "stdin": pipe, "stdout": pipe, "text": True}
    both = [subprocess.Popen([*command, name], **how) for name in ("one", "two")]
    assert [writer.stdout.readline() for writer in both] == ["ready\n"] * 2
    for writer in both:
        writer.stdin.write("\n")
        writer.stdin.flush()
    assert [writer.communicate()[0] for writer in both] == [""] * 2
    assert [writer.returncode for writer in both] == [0, 0]
    expected = [f"check_{name}_{i:02}" for name in ("one", "two") for i in range(40)]
    assert solved.recorded() == {"step6": expected}


def test_the_overview_ticks_what_is_solved(record):
    six.check_box(BOX)
    hide.check_toy([[0, 0], [0, 0]])
    shown = str(course.progress(6))
    here, steps, *labs = shown.splitlines()
    assert here.startswith("Exercises here: ✓ 1  ○ 2 · 1 of ")
    assert steps == "Steps: 1 ○○  2 ○○  3 ○○  4 ○○  5 ○○  6 ✓○"
    assert labs[0].startswith("Labs: First filters ○○○ · Name a map ○")
    assert max(map(len, shown.splitlines())) <= 100
    html = course.progress("hide_a_part")._repr_html_()
    assert "<summary>Exercises here: ○ 1  ○ 2 · 1 of " in html and steps in html
    assert "Hide a part ○○" in html and "<script" not in html


def test_the_lessons_are_the_notebooks(record):
    folder = ROOT / "notebooks"
    found = {f"step{path.name[1]}": path for path in folder.glob("0*.ipynb")}
    found |= {path.stem: path for path in folder.glob("labs/*.ipynb")}
    assert set(found) == set(solved.LESSONS)
    for lesson, path in found.items():
        text = path.read_text(encoding="utf-8")
        assert f": {solved.LESSONS[lesson]}\\n" in text, f"{lesson} has another title"
        own = lesson[4:] if lesson.startswith("step") else f'\\"{lesson}\\"'
        assert f"course.progress({own})" in text
        places = [text.index(f"checks.{name}(") for name in solved.exercises(lesson)]
        assert places == sorted(places), "numbered in the order of the notebook"


def test_a_lesson_that_is_not_there_is_refused():
    for lesson in (7, "07", "hide"):
        with pytest.raises(ValueError, match="Expected a step, 1 to 6, or a lab"):
            course.progress(lesson)
