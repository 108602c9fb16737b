"""The pages for teachers and askers: what their lines print is what they say, and all links lead
somewhere."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FAQ = ROOT / "docs" / "faq"
PAGES = sorted(path for path in FAQ.glob("*.md") if path.name != "README.md")
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LARGEST = 40_000  # bytes of a picture


def text_of(path):
    return path.read_text(encoding="utf-8")


def examples(text):
    """List the (lines, what they print) of a page: a python block and the text block after it."""
    blocks = BLOCK.findall(text)
    assert [kind for kind, _ in blocks] == ["python", "text"] * (len(blocks) // 2)
    return [(blocks[i][1], blocks[i + 1][1]) for i in range(0, len(blocks), 2)]


def printed(lines, names):
    """Run lines with the names that a page starts from, and return what they print."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(lines, dict(names))
    return out.getvalue()


@pytest.fixture(scope="module")
def start():
    """The names that every page starts from, made by the lines of the list."""
    ((kind, lines),) = BLOCK.findall(text_of(FAQ / "README.md"))
    names = {}
    exec(lines, names)
    assert kind == "python" and names["features"].image.name == "tabby_cat"
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_lines_of_a_page_print_what_it_says(page, start, monkeypatch):
    monkeypatch.chdir(ROOT)
    ((lines, expected),) = examples(text_of(page))
    assert printed(lines, start) == expected


def test_the_list_names_every_page_and_every_page_has_its_picture():
    listed = re.findall(r"^\| \[.+?\]\((\w+\.md)\)", text_of(FAQ / "README.md"), re.MULTILINE)
    assert sorted(listed) == [path.name for path in PAGES]
    assert sorted(path.stem for path in FAQ.glob("*.jpg")) == [path.stem for path in PAGES]
    for page in PAGES:
        text = text_of(page)
        assert f"]({page.stem}.jpg)" in text and "../../notebooks/" in text, page.name
        assert (FAQ / f"{page.stem}.jpg").stat().st_size <= LARGEST, page.name
