"""What the book and the slides are made of, before Sphinx and reveal.js see it."""

import doctest
import itertools
import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from test_rooms import ORDER

import zv_helpers as zv

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools")]

import slide_heights  # noqa: E402
import slides  # noqa: E402

import book  # noqa: E402  once it can be found

NOTEBOOKS = sorted((ROOT / "notebooks").rglob("[!.]*.ipynb"))


TOOLS = [book, slides, slide_heights]


@pytest.mark.parametrize("module", TOOLS, ids=lambda module: module.__name__)
def test_the_examples_in_the_tools(module):
    failed, tried = doctest.testmod(module)
    assert failed == 0 and tried > 0


# --- the book ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def staged():
    return dict(book.staged())


def test_every_page_and_notebook_is_in_the_book(staged):
    pages = {p.relative_to(ROOT) for p in (*(ROOT / "docs").rglob("*.md"), *NOTEBOOKS)}
    assert pages <= set(staged) and len(pages) > 25


def test_the_library_has_a_page_for_every_room(staged):
    rooms = [room for rooms in ORDER for room in rooms if room not in ("course", "__main__")]
    assert list(book.ROOMS) == rooms
    assert {p.stem for p in staged if p.parts[0] == "library"} == {"index", *rooms}
    text = "".join(staged[p] for p in staged if p.parts[0] == "library")
    listed = re.findall(r"^   :members: (.+)$", text, re.MULTILINE)
    assert not {name for names in listed for name in names.split(", ")} & set(zv.__all__)
    for module in ("occluding", "moving", "corresponding"):
        assert f"zv_helpers.experiments.{module}\n" in staged[Path("library/experiments.rst")]


def pictures(notebook):
    """List (the picture, its alt text as saved, as MyST-NB will read it) of a staged notebook."""
    found = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if "image/jpeg" in output.get("data", {}):
                saved = output["metadata"]["image/jpeg"]["alt"]
                read = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt")
                found.append((output["data"]["image/jpeg"], saved, read))
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_staged_notebook_shows_what_was_saved(path, staged):
    before = json.loads(path.read_text(encoding="utf-8"))
    after = json.loads(staged[path.relative_to(ROOT)])
    nbformat.validate(nbformat.from_dict(after))
    for before_output, after_output in zip(*map(outputs, (before, after)), strict=True):
        assert before_output == after_output
    shown = [c["source"] for c in after["cells"] if "remove-input" not in tags(c)]
    assert len(shown) == len(before["cells"])
    assert pictures(after)
    for _, saved, read in pictures(after):
        assert saved == read


def outputs(notebook):
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def tags(cell):
    return cell["metadata"].get("tags", [])


# --- the slides ----------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def both(request):
    """A notebook as it is, and for slides."""
    path = request.param
    notebook = nbformat.read(path, 4)
    return notebook, slides.for_slides(notebook, path.relative_to(ROOT).as_posix())


def kinds(notebook):
    return [cell.metadata["slideshow"]["slide_type"] for cell in notebook.cells]


def test_each_tagged_cell_begins_a_section_and_nothing_else_does(both):
    notebook, shown = both
    tagged = [c for c in notebook.cells if c.metadata.get("slideshow", {}).get("slide_type")]
    headings = [c.source.split("\n")[0] for c in tagged]
    begun = [
        c.source.split("\n")[0]
        for c, k in zip(shown.cells, kinds(shown), strict=True)
        if k == "slide"
    ]
    assert begun == headings and len(headings) > 6


def test_slides_leave_out_set_up_and_answers(both):
    notebook, shown = both
    text = "\n".join(c.source for c in shown.cells if "remove-input" not in tags(c))
    assert "<summary>Hint" not in text and "<summary>Solution" not in text
    assert "answer_1" not in text and "checks.check" not in text
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            assert cell.source not in text
    assert "**Exercise 1.**" in text and "## Set-up" not in text
    assert not re.search(r"Shift\+Enter|Then move", text)  # nobody sits at a keyboard
    printed = "\n".join(map(slides.printed, outputs(shown)))
    assert "Not answered yet" not in printed  # what a check says is no part of the question


def test_an_exercise_has_a_slide_of_its_own_and_what_it_starts_from(both):
    notebook, shown = both
    slide, exercises = 0, []
    for cell, kind in zip(shown.cells, kinds(shown), strict=True):
        slide += kind != "-"
        exercises += [slide] * cell.source.count("**Exercise ")
    written = sum(cell.source.count("**Exercise ") for cell in notebook.cells)
    assert len(set(exercises)) == len(exercises) == written
    prints = [c for c in notebook.cells if c.source.startswith("print(toys.") and c.outputs]
    for cell in prints:
        (same,) = (one for one in shown.cells if one.id == cell.id)
        numbers = cell.outputs[0].text.split("Not answered")[0]
        assert "]" in numbers and same.outputs[0].text == numbers


def test_a_question_is_answered_on_a_later_slide(both):
    _, shown = both
    asked = False
    for cell, kind in zip(shown.cells, kinds(shown), strict=True):
        if cell.cell_type == "markdown":
            asked = "Predict first" in cell.source
            assert "**True for " not in cell.source.partition("Predict first")[2], cell.source
            folds = re.findall(r"<details>.*?</details>", cell.source, re.DOTALL)
            assert "\n\n" not in "".join(folds), "nbconvert ends the fold at an empty line"
        elif cell.outputs and "load_model(MODEL)" not in cell.source:
            assert not asked or kind == "subslide", cell.source
            asked = False


def test_a_heading_stands_above_what_it_heads(both):
    _, shown = both
    for cell, after in itertools.pairwise(shown.cells):
        if cell.cell_type == "markdown":
            last = cell.source.split("\n")[-1]
            assert not re.fullmatch(r"#+ .+|\*\*[^*]+\*\*", last), cell.source
            assert "\n## " not in cell.source, "a section begins a slide"
            assert not last.endswith(":") or after.cell_type == "code", cell.source


def test_an_explorer_is_called_a_picture(both):
    notebook, shown = both
    for before, after in itertools.pairwise(shown.cells):
        if "explorer" in tags(before):
            assert after.source == slides.STILL
            assert after.metadata["slideshow"]["slide_type"] == "-", "it stands under the picture"
    many = [sum("explorer" in tags(cell) for cell in one.cells) for one in both]
    assert many[0] == many[1] > 0


def test_slides_show_code_where_it_is_short(both):
    _, shown = both
    with_code = {c.id for c in shown.cells if c.cell_type == "code" and c.id not in hidden(shown)}
    for cell in shown.cells:
        drawn = cell.cell_type == "code" and any(map(slides.is_picture, cell.outputs))
        if drawn and "checks" not in cell.source and "-" not in cell.id[-2:]:
            short = len(cell.source.split("\n")) <= slides.LONGEST_CODE
            fits = short and slides.height(slides.changed(cell, metadata={})) <= slides.ROOM
            seen = bool(with_code & {cell.id, f"{cell.id}-0"})
            assert seen == fits or "answer" in cell.source or "explorer" in tags(cell)


def hidden(shown):
    return {cell.id for cell in shown.cells if "remove-input" in tags(cell)}


def test_slides_show_the_ends_of_what_is_long(both):
    _, shown = both
    lines = [slides.printed(one).rstrip().split("\n") for one in outputs(shown)]
    assert max(map(len, lines)) <= slides.FIRST + slides.LAST + 1


def test_slides_print_what_is_short_in_larger_letters(both):
    _, shown = both
    large = [cell for cell in shown.cells if "large-print" in tags(cell) and cell.outputs]
    texts = [slides.printed(o) for c in large for o in c.outputs if not slides.is_picture(o)]
    assert texts and max(len(line) for text in texts for line in text.split("\n")) <= 76
    for cell in large:
        kept = [tag for tag in tags(cell) if tag != "large-print"]
        plain = slides.changed(cell, metadata={"tags": kept})
        prints = not all(map(slides.is_picture, cell.outputs))
        assert (slides.height(cell) > slides.height(plain)) == prints


def test_slides_keep_every_picture_and_the_words(both):
    notebook, shown = both
    texts = [[o for o in outputs(n) if "image/jpeg" in o.get("data", {})] for n in both]
    assert texts[0] == texts[1]
    words = " ".join(cell.source for cell in shown.cells)
    for cell in notebook.cells:
        if cell.source.startswith("## ") and "## Set-up" not in cell.source:
            assert " ".join(cell.source.split("\n")[:1]) in words


def test_what_is_too_tall_by_the_estimate_is_cut(both):
    _, shown = both
    filled = 0
    for cell, kind in zip(shown.cells, kinds(shown), strict=True):
        filled = slides.height(cell) + (filled if kind == "-" else 0)
        whole = len(cell.get("outputs", [])) or len(slides.blocks(cell.source))
        assert filled <= slides.ROOM or (kind != "-" and whole == 1), cell.source
