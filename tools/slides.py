"""Build the slides (`make slides`): each saved notebook as a page of reveal.js, offline.

A cell tagged `slide` begins a section (right arrow); what follows is packed into slides below it
(down arrow), as many cells as fit. Set-up, answers, hints and solutions are left out, and so is
what only somebody at a keyboard can do. A question and what answers it stand on two slides.
"""

import copy
import importlib.util
import posixpath
import re
import shutil
import sys
from pathlib import Path

import nbformat
from slide_heights import CELL, ROOM, blocks, height, is_picture, printed, tags, text_height
from which_notebooks import every_notebook

from book import anchors, title_of, without_badges

ROOT = Path(__file__).resolve().parents[1]
SLIDES = ROOT / "book" / "_build" / "html" / "slides"
TEMPLATE = ROOT / "book" / "slides"
NEEDED = (
    *(Path(__file__).with_name(name) for name in ("slides.py", "slide_heights.py")),
    *(TEMPLATE / "index.html.j2", ROOT / "book" / "static" / "slides.css"),
)
REVEAL = ("dist/reveal.js", "dist/reveal.css", "dist/theme/white.css", "plugin/notes/notes.js")
FONT = "dist/theme/fonts/source-sans-pro"
YOUR_TURN = "## Your turn"
SET_UP = re.compile(r"^## Set-up\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ANSWERS = re.compile(r"<details><summary>(?:Hint|Solution)</summary>.*?</details>\s*", re.DOTALL)
OWN_SLIDE = ("## ", "**Exercise", "**References**")
QUESTION = "<b>Predict first:</b>"
FOLD = re.compile(r"(<details><summary>.*?</summary>)(.*?)</details>", re.DOTALL)
# A sentence for somebody at a keyboard, and the one after it.
AT_A_KEYBOARD = re.compile(r" [^.?!*]*\*\*Shift\+Enter\*\*[^.]*\. Then [^.]*\.")
STILL = "*A picture of an explorer: in the notebook you can move it.*"
UNANSWERED = re.compile(r"^Not answered yet.*", re.MULTILINE | re.DOTALL)
LONGEST_CODE = 8  # lines that are shown above a picture
FEW_LINES, FEW_CHARACTERS = 12, 76  # that are printed in larger letters
FIRST, LAST = 15, 6  # lines that are shown of what is printed, where it is too long for a slide


def without_set_up(cells):
    """Leave out what is only to be run: the imports, the parameters, and the answers of exercises;
    of Markdown, the hints and solutions."""
    kept, section = [], ""
    last = max((i for i, c in enumerate(cells) if "parameters" in tags(c)), default=-1)
    for i, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            heading = re.match(r"## .+", cell.source)
            section = heading[0] if heading else section
            for left_out in (SET_UP, ANSWERS, AT_A_KEYBOARD):
                cell.source = left_out.sub("", cell.source).strip()
            if cell.source:
                kept.append(cell)
        elif section != YOUR_TURN and (i > last or any(map(is_picture, cell.outputs))):
            kept.append(hide_long_code(cell))
        elif i > last and given(cell):
            kept.append(without_code(changed(cell, outputs=given(cell))))
    return kept


def given(cell):
    """List the outputs of an exercise's cell that it starts from: pictures, and what is printed,
    but not what the check says of no answer."""
    found = [
        changed(one, text=UNANSWERED.sub("", one.text)) if "text" in one else one
        for one in cell.outputs
    ]
    return [one for one in found if is_picture(one) or printed(one).strip()]


def hide_long_code(cell):
    """Return a code cell, without its code if it draws a picture and is long."""
    drawn = any(map(is_picture, cell.outputs))
    return without_code(cell) if drawn and len(cell.source.split("\n")) > LONGEST_CODE else cell


def without_code(cell):
    return tagged(cell, "remove-input")


def tagged(cell, tag):
    """Return a cell with one more tag."""
    return changed(cell, metadata=cell.metadata | {"tags": [*dict.fromkeys([*tags(cell), tag])]})


def changed(cell, **parts):
    """Return a copy of a cell with other parts."""
    return nbformat.from_dict(copy.deepcopy(dict(cell)) | parts)


def pieces(cell):
    """Cut a cell that is too tall for a slide into several: Markdown between two blocks, code
    between two outputs."""
    parts = text_pieces(cell) if cell.cell_type == "markdown" else output_pieces(cell)
    for i, part in enumerate(parts[1:], 1):
        part.id = f"{cell.id}-{i}"
    return parts


def text_pieces(cell):
    """Cut a Markdown cell; a second heading begins a slide of its own, and so does an exercise,
    and what is true after a question."""
    parts, asked = [], False
    for block in with_headings(blocks(cell.source)):
        own = block.startswith(OWN_SLIDE) or (asked and block.startswith("**True for "))
        asked, grown = asked or QUESTION in block, parts and joined(parts[-1].source, block)
        if parts and not own and text_height(grown) <= ROOM - CELL:
            parts[-1].source = grown
        else:
            parts.append(changed(cell, source=block, metadata={} if parts else cell.metadata))
            if own and "slideshow" not in parts[-1].metadata:
                parts[-1] = begun(parts[-1])
    return parts


def output_pieces(cell):
    """Cut a code cell, if it must be."""
    if height(cell) <= ROOM:
        return [cell]
    parts = [changed(cell, outputs=cell.outputs[:1])]
    for output in cell.outputs[1:]:
        grown = changed(parts[-1], outputs=[*parts[-1].outputs, output])
        if height(grown) <= ROOM:
            parts[-1] = grown
        else:
            parts.append(without_code(changed(cell, outputs=[output])))
    return [part if height(part) <= ROOM else without_code(part) for part in parts]


def with_headings(found):
    """Join each heading, also a line in bold or what ends with a colon, to the block it stands
    above; a list that is too tall for a slide is cut into its items.

    >>> with_headings(["## A", "one", "**Then**", "two:", "- three"])
    ['## A\\n\\none', '**Then**\\n\\ntwo:\\n\\n- three']
    """
    parts = []
    for block in found:
        first, *rest = re.split(r"\n(?=- )", block) if text_height(block) > ROOM // 2 else [block]
        if parts and re.search(r"^(#+ .+|\*\*[^*]+\*\*|.*:)\Z", parts[-1], re.MULTILINE):
            parts[-1] += f"\n\n{first}"
        else:
            parts.append(first)
        parts += rest
    return parts


def joined(text, block):
    """Put a block under a text; items of a list stay one list.

    >>> joined("- one", "- two"), joined("one", "- two")
    ('- one\\n- two', 'one\\n\\n- two')
    """
    item = block.startswith("- ") and text.split("\n")[-1].startswith("- ")
    return f"{text}\n{block}" if item else f"{text}\n\n{block}"


def answers(cell):
    """Say whether a code cell shows more than that a network is loaded.

    >>> [answers({"source": source, "outputs": ["x"]}) for source in ("load_model(MODEL)", "x")]
    [False, True]
    """
    return bool(cell.get("outputs")) and "load_model(MODEL)" not in cell["source"]


def begun(cell):
    """Return a cell that begins a slide."""
    return changed(cell, metadata=cell.metadata | packed("subslide"))


def packed(kind):
    return {"slideshow": {"slide_type": kind}}


def with_words(cells):
    """Put under each picture of an explorer what it is, in the place of its code if need be."""
    for cell in cells:
        if "explorer" in tags(cell):
            words = nbformat.v4.new_markdown_cell(STILL, id=f"{cell.id}-still")
            fits = height(cell) + height(words) <= ROOM
            yield from (cell if fits else without_code(cell), words)
        else:
            yield cell


def shortened(text):
    """Leave out the middle of a text that is too long for a slide.

    >>> shortened("\\n".join(map(str, range(99)))).split("\\n")[13:18]
    ['13', '14', '⋮  78 lines more, in the notebook', '93', '94']
    """
    lines = text.rstrip().split("\n")
    if len(lines) <= FIRST + LAST + 1:
        return text
    more = f"⋮  {len(lines) - FIRST - LAST} lines more, in the notebook"
    return "\n".join([*lines[:FIRST], more, *lines[-LAST:]])


def is_short(cell):
    """Say whether all that a code cell printed has room in larger letters."""
    texts = [printed(one) for one in cell.outputs if not is_picture(one)]
    lines = [line for text in texts for line in text.rstrip().split("\n")]
    return len(lines) <= FEW_LINES and max(map(len, lines), default=0) <= FEW_CHARACTERS


def printed_for_slides(cell):
    """Return a cell with what it printed shortened, or marked to be printed in larger letters."""
    for output in cell.get("outputs", []):
        if "text" in output:
            output.text = shortened(output.text)
        elif not is_picture(output) and "text/plain" in output.get("data", {}):
            output.data["text/plain"] = shortened(output.data["text/plain"])
    return tagged(cell, "large-print") if cell.cell_type == "code" and is_short(cell) else cell


def pack(cells):
    """Yield the cells, each of which says whether it begins a slide: as many as fit on each. What
    answers a question begins one; its code stands with the question, if it fits."""
    filled, asked = 0, False
    for cell in cells:
        asked = QUESTION in cell.source if cell.cell_type == "markdown" else asked
        if asked and answers(cell):
            code = changed(cell, outputs=[], metadata=packed("-"), id=f"{cell.id}-0")
            if "remove-input" not in tags(cell) and filled + height(code) <= ROOM:
                yield code
                cell = without_code(cell)
            cell, asked = begun(cell), False
        tall, kind = height(cell), cell.metadata.get("slideshow", {}).get("slide_type", "-")
        words = text_height(STILL) + CELL if "explorer" in tags(cell) else 0
        if kind == "-" and filled and filled + tall + words > ROOM:
            kind = "subslide"
        filled = tall if kind in {"slide", "subslide"} else filled + tall
        yield changed(cell, metadata=cell.metadata | packed(kind))


def links(text, path):
    """Let the links of a notebook lead to the pages of the book, from its folder of slides, and
    those to pictures start at the repository's top: they are embedded.

    >>> links("[2](../02_x.ipynb#A-b.) [words](../../docs/glossary.md)", "notebooks/labs/y.ipynb")
    '[2](../notebooks/02_x.html#a-b) [words](../docs/glossary.html)'
    >>> links("[there](#1.-One)", "notebooks/labs/y.ipynb")
    '[there](../notebooks/labs/y.html#1-one)'
    >>> links("![words](../docs/z.jpg)", "notebooks/02_x.ipynb")
    '![words](docs/z.jpg)'
    """
    folder, name = posixpath.split(path)

    def to_the_book(match):
        place = posixpath.normpath(posixpath.join(folder, match[1] or name))
        if place.endswith(".jpg"):
            return f"]({place})"
        return f"](../{posixpath.splitext(place)[0]}.html{match[2] or ''})"

    return re.sub(
        r"\]\(([\w./-]+\.(?:md|ipynb|jpg))?(#[^)\s]*)?\)",
        to_the_book,
        without_badges(anchors(text)),
    )


def folded(text):
    """Write the inside of each <details> as HTML without an empty line: nbconvert ends a block of
    HTML at one, and with it the fold.

    >>> folded("<details><summary>Why?</summary>\\n\\nIt *is*.\\n</details>")
    '<details><summary>Why?</summary><p>It <em>is</em>.</p></details>'
    """
    from nbconvert.filters.markdown import markdown2html

    return FOLD.sub(lambda m: f"{m[1]}{markdown2html(m[2].strip()).strip()}</details>", text)


def for_slides(notebook, path):
    """Return a copy of a notebook with its slides marked. path: from the repository's top."""
    notebook = copy.deepcopy(notebook)
    printing = [printed_for_slides(cell) for cell in notebook.cells]
    kept = with_words(without_set_up(printing))
    notebook.cells = list(pack(piece for cell in kept for piece in pieces(cell)))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = folded(links(cell.source, path))
    notebook.metadata["title"] = title_of(notebook.cells)
    return notebook


def exporter():
    """Return nbconvert's exporter with our template and the reveal.js beside the slides."""
    from nbconvert import SlidesExporter
    from traitlets.config import Config

    config = Config()
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_input_tags = {"remove-input"}
    return SlidesExporter(
        config=config,
        template_name="slides",
        extra_template_basedirs=[str(TEMPLATE.parent)],
        reveal_url_prefix="reveal",
        reveal_theme="white",
        exclude_anchor_links=True,
        embed_images=True,
    )


def copy_reveal():
    """Lay reveal.js beside the slides: the one that the package sphinx-revealjs brings."""
    package = Path(importlib.util.find_spec("sphinx_revealjs").origin).parent
    (script,) = package.rglob("dist/reveal.js")
    for part in REVEAL:
        place = SLIDES / "reveal" / part
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(script.parents[1] / part, place)
    shutil.copytree(script.parents[1] / FONT, SLIDES / "reveal" / FONT, dirs_exist_ok=True)
    shutil.copy(ROOT / "book" / "static" / "slides.css", SLIDES)


def main():
    SLIDES.mkdir(parents=True, exist_ok=True)
    copy_reveal()
    export = exporter()
    for path in every_notebook():
        page = SLIDES / f"{path.stem}.html"
        newest = max(file.stat().st_mtime for file in (path, *NEEDED))
        if page.exists() and page.stat().st_mtime > newest:
            continue
        name = path.relative_to(ROOT).as_posix()
        about = {"metadata": {"path": str(ROOT)}}  # from where the pictures of its text are read
        text, _ = export.from_notebook_node(for_slides(nbformat.read(path, 4), name), about)
        page.write_text(text, encoding="utf-8")
    print(f"Slides: {SLIDES.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
