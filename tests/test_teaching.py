"""The pages for teachers and askers: what their lines print is what they say, and all links lead
somewhere."""

import contextlib
import importlib.util
import io
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FAQ = ROOT / "docs" / "faq"
PAGES = sorted(path for path in FAQ.glob("*.md") if path.name != "README.md")
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TEACHING = ROOT / "docs" / "teaching.md"
VARIANT = re.compile(r"^\*\*Variant (\d+) \((.+?)\)\.\*\*.*?</details>$", re.MULTILINE | re.DOTALL)
QUESTION = re.compile(r"^\*\*(\d+)\.\*\* (.+?)\n(.*?)</details>$", re.MULTILINE | re.DOTALL)
PLAN = re.compile(r"^### (\d+) minutes.*?(?=^##)", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"\]\(([\w./]+\.ipynb)\), sections? (\d+)(?:(?: and| to) (?:section )?(\d+))?")
NAMED = re.compile(r"\]\(([\w./]+\.ipynb)\), (sections? \d+(?:(?:,| and| to)(?: section)? \d+)*)")
LARGEST = 40_000  # bytes of a picture
# Words in a minute, and minutes: what the page says that its minutes rest on.
WORDS, PREDICTION, CELL, EXPLORER = 150, 1.5, 0.5, 3


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


def those(names, thorough):
    """Give the names to a test, those of several seconds marked for `make thorough`."""
    how = {name: [pytest.mark.thorough] for name in thorough}
    return [pytest.param(name, marks=how.get(name, [])) for name in names]


@pytest.mark.parametrize("page", those([p.stem for p in PAGES], ["batch_norm_and_resnet"]))
def test_the_lines_of_a_page_print_what_it_says(page, start, monkeypatch):
    monkeypatch.chdir(ROOT)
    ((lines, expected),) = examples(text_of(FAQ / f"{page}.md"))
    assert printed(lines, start) == expected


def test_the_list_names_every_page_and_every_page_has_its_picture():
    listed = re.findall(r"^\| \[.+?\]\((\w+\.md)\)", text_of(FAQ / "README.md"), re.MULTILINE)
    assert sorted(listed) == [path.name for path in PAGES]
    assert sorted(path.stem for path in FAQ.glob("*.jpg")) == [path.stem for path in PAGES]
    for page in PAGES:
        text = text_of(page)
        assert f"]({page.stem}.jpg)" in text and "../../notebooks/" in text, page.name
        assert (FAQ / f"{page.stem}.jpg").stat().st_size <= LARGEST, page.name


def variants():
    return {f"variant {found[1]}": found[0] for found in VARIANT.finditer(text_of(TEACHING))}


@pytest.fixture(scope="module")
def desk():
    """The names that the variants start from."""
    names = {}
    exec(BLOCK.search(text_of(TEACHING))[2], names)
    return names


@pytest.mark.parametrize("variant", those(variants(), ["variant 13"]))
def test_the_answer_to_a_variant_is_what_its_lines_print(variant, desk):
    desk["keras"].backend.clear_session(free_memory=False)  # names of layers count from 1
    ((lines, expected),) = examples(variants()[variant])
    assert printed(lines, desk) == expected


def test_every_variant_has_a_number_and_a_folded_answer():
    found = variants()
    assert list(found) == [f"variant {i + 1}" for i in range(16)]
    assert all(text.count("<details><summary>Answer</summary>") == 1 for text in found.values())


def test_a_plan_takes_the_minutes_it_says():
    plans = {int(plan[1]): plan[0] for plan in PLAN.finditer(text_of(TEACHING))}
    assert list(plans) == [45, 90, 180]
    for minutes, text in plans.items():
        assert sum(map(int, re.findall(r"^\| (\d+) \|", text, re.MULTILINE))) == minutes


def named(text):
    """List the (link, section) that a text names, also those between `section 1 to section 3`."""
    found = []
    for link, sections in NAMED.findall(text):
        last = None
        for how, number in re.findall(r"(to )?(?:sections? )?(\d+)", sections):
            first = last + 1 if how else int(number)
            found += [(link, section) for section in range(first, int(number) + 1)]
            last = int(number)
    return found


def minutes_of(link):
    """Return {(section, heading in it or None): minutes} of a notebook, by what is in it."""
    found, section, heading = {}, None, None
    for cell in json.loads(text_of(TEACHING.parent / link))["cells"]:
        if cell["cell_type"] == "code":
            found[section, heading] += (
                EXPLORER if "explorer" in cell["metadata"].get("tags", []) else CELL
            )
            continue
        for line in cell["source"]:
            if mark := re.match(r"(##+) (?:(\d+)\. )?(.+)", line):
                section = section if mark[1] == "###" else int(mark[2] or 0)
                heading = mark[3].strip() if mark[1] == "###" else None
            read = len(re.sub(r"\]\([^)]*\)", "]", line).split()) / WORDS
            found.setdefault((section, heading), 0)
            found[section, heading] += read + PREDICTION * ("Predict first" in line)
    return found


def test_a_row_of_a_plan_has_time_for_what_it_names():
    rows = [row for plan in PLAN.finditer(text_of(TEACHING)) for row in plan[0].split("\n")]
    rows = [row for row in rows if re.match(r"\| \d+ ", row)]
    counted = 0
    for row in rows:
        without = set(re.findall(r"without \*(.+?)\*", row))
        needed, headings = 0, set()
        for link, section in named(row):
            for (own, heading), minutes in minutes_of(link).items():
                if own == section:
                    needed += minutes * (heading not in without)
                    headings.add(heading)
        assert needed <= int(re.match(r"\| (\d+)", row)[1]), f"{row}\nneeds {needed:.1f}"
        assert without <= headings, row
        counted += needed > 2
    assert counted == len(rows) - 2, "two rows, exercises and the quiz, name no section"


def test_the_page_says_what_its_minutes_rest_on():
    assert (WORDS, PREDICTION, CELL, EXPLORER) == (150, 1.5, 0.5, 3)
    assert (
        "150 words read in a minute, one and a half for a prediction, half for a cell that is run "
        "and looked at, three for an explorer" in text_of(TEACHING)
    )


def test_the_quiz_has_twenty_questions_each_with_an_answer_and_its_place():
    quiz = text_of(TEACHING).split("\n## Quiz\n")[1]
    questions = QUESTION.findall(quiz)
    assert [int(number) for number, _, _ in questions] == list(range(1, 21))
    for _, question, rest in questions:
        assert question.endswith("?"), question
        _, answer = rest.split("<details><summary>Answer</summary>")
        said, place = answer.split("Taught in ")
        assert said.strip() and PLACE.search(place), question


@pytest.mark.parametrize(
    "path", [*PAGES, TEACHING, ROOT / "docs" / "glossary.md"], ids=lambda path: path.stem
)
def test_the_sections_that_are_named_exist(path):
    places = named(text_of(path))
    assert places, "no place is named"
    for link, number in places:
        notebook = text_of(path.parent / link)
        assert f'"## {number}. ' in notebook, f"{link} has no section {number}"


def test_the_glossary_is_in_order_and_each_word_is_in_its_notebook():
    text = text_of(ROOT / "docs" / "glossary.md")
    entries = re.findall(r"^### (.+)\n\n(.+)$", text, re.MULTILINE)
    words = [word.lower() for word, _ in entries]
    assert words == sorted(set(words)) and len(words) > 40
    for word, entry in entries:
        ((link, number, _),) = PLACE.findall(entry)
        notebook = text_of(ROOT / "docs" / link)
        section = notebook.split(f'"## {number}. ')[1].split('"## ')[0].lower()
        stem = word.lower().removesuffix("es").removesuffix("s")[:8]
        assert stem in section, f"{word} is not in section {number} of {link}"
        assert re.search(r"\*Paper:\* .+\.$", entry), word


# Links to the glossary

NOTEBOOKS = sorted((ROOT / "notebooks").rglob("[!.]*.ipynb"))


@pytest.fixture(scope="module")
def linking():
    """The tool that links the words."""
    path = ROOT / "tools" / "glossary_links.py"
    spec = importlib.util.spec_from_file_location("glossary_links", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prose_cells(path):
    cells = json.loads(text_of(path))["cells"][1:]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_word_is_a_link_where_the_notebook_first_uses_it(path, linking):
    texts, up = prose_cells(path), "../" * (len(path.relative_to(ROOT).parts) - 1)
    assert texts == linking.link(texts, up), "run python tools/glossary_links.py"
    links = re.findall(r"\[([^\]]+)\]\(([./]*docs/glossary\.md)#([\w-]+)\)", "\n".join(texts))
    assert links and len({anchor for _, _, anchor in links}) == len(links)
    anchors = {anchor for _, anchor in linking.words()}
    for word, way, anchor in links:
        assert (path.parent / way).is_file() and anchor in anchors
        assert word.lower().replace(" ", "-").startswith(anchor.removesuffix("es")), word


def test_every_word_of_the_glossary_is_linked_from_some_notebook(linking):
    text = "".join(map(text_of, NOTEBOOKS))
    anchors = set(re.findall(r"docs/glossary\.md#([\w-]+)", text))
    only_in_titles = {"evolution", "correspondence"}  # of the paper's sections
    assert anchors | only_in_titles == {anchor for _, anchor in linking.words()}


def test_words_are_linked_once_and_only_in_running_text(linking):
    texts = [
        "# A neuron\n\n`neuron`, *The neuron, a history*, [a neuron](x), <details>neuron</details>",
        "| two neurons | **Max-pool.** a max-pooling layer; transposed filtering, a filter |",
        "The neuron again; switches and a switch.",
    ]
    g = "../docs/glossary.md#"
    expected = [
        texts[0],
        f"| two [neurons]({g}neuron) | **[Max-pool]({g}max-pool).** a max-pooling layer; "
        f"[transposed filtering]({g}transposed-filtering), a [filter]({g}filter) |",
        f"The neuron again; [switches]({g}switches) and a switch.",
    ]
    assert linking.link(texts, "../") == expected
    assert linking.link(expected, "../") == expected
    moved = ["A neuron comes first now.", *expected]
    assert linking.link(moved, "../")[0] == f"A [neuron]({g}neuron) comes first now."
    assert "two neurons |" in linking.link(moved, "../")[2]
