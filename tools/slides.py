"""Build the slides (`make slides`): each saved notebook as a page of reveal.js, offline.

A cell tagged `slide` begins a section (right arrow); what follows is packed into slides below it
(down arrow), as many cells as fit. Set-up, answers, hints and solutions are left out.
"""

import base64
import copy
import importlib.util
import io
import math
import posixpath
import re
import shutil
import sys
from pathlib import Path

import nbformat
from PIL import Image

from book import anchors, title_of, without_badges

ROOT = Path(__file__).resolve().parents[1]
SLIDES = ROOT / "book" / "_build" / "html" / "slides"
TEMPLATE = ROOT / "book" / "slides"
NEEDED = (Path(__file__), TEMPLATE / "index.html.j2", ROOT / "book" / "static" / "slides.css")
REVEAL = ("dist/reveal.js", "dist/reveal.css", "dist/theme/white.css", "plugin/notes/notes.js")
FONT = "dist/theme/fonts/source-sans-pro"
YOUR_TURN = "## Your turn"
SET_UP = re.compile(r"^## Set-up\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ANSWERS = re.compile(r"<details><summary>(?:Hint|Solution)</summary>.*?</details>\s*", re.DOTALL)
LONGEST_CODE = 8  # lines that are shown above a picture
# Pixels of a slide of 1280 × 720, in the sizes of book/static/slides.css.
ROOM, WIDTH, TALLEST_PICTURE, TALLEST_TEXT = 640, 1180, 470, 560
LINE, CODE_LINE, ROW, HEADING, GAP, CELL = 34, 25, 42, 58, 13, 22
CHARACTERS = 88  # of text in a line
ZOOM = 1.35  # of pictures: saved for a notebook's column


def without_set_up(cells):
    """Leave out what is only to be run: the imports, the parameters, and the answers of exercises;
    of Markdown, the hints and solutions."""
    kept, section = [], ""
    last = max((i for i, c in enumerate(cells) if "parameters" in tags(c)), default=-1)
    for i, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            heading = re.match(r"## .+", cell.source)
            section = heading[0] if heading else section
            cell.source = ANSWERS.sub("", SET_UP.sub("", cell.source)).strip()
            if cell.source:
                kept.append(cell)
        elif section != YOUR_TURN and (i > last or any(map(is_picture, cell.outputs))):
            kept.append(hide_long_code(cell))
        elif i > last and given(cell):
            kept.append(without_code(changed(cell, outputs=given(cell))))
    return kept


def given(cell):
    """List the outputs of an exercise's cell that it starts from: pictures, and what is printed,
    but not what the check says."""
    checked = "checks.check" in cell.source
    return [one for one in cell.outputs if is_picture(one) or not checked]


def is_picture(output):
    return "image/jpeg" in output.get("data", {})


def hide_long_code(cell):
    """Return a code cell, without its code if it draws a picture and is long."""
    drawn = any(map(is_picture, cell.outputs))
    return without_code(cell) if drawn and len(cell.source.split("\n")) > LONGEST_CODE else cell


def without_code(cell):
    return changed(cell, metadata=cell.metadata | {"tags": [*tags(cell), "remove-input"]})


def changed(cell, **parts):
    """Return a copy of a cell with other parts."""
    return nbformat.from_dict(copy.deepcopy(dict(cell)) | parts)


def tags(cell):
    return cell.metadata.get("tags", [])


def pieces(cell):
    """Cut a cell that is too tall for a slide into several: Markdown between two blocks, code
    between two outputs."""
    if height(cell) <= ROOM:
        return [cell]
    parts = [copy.deepcopy(cell)]
    if cell.cell_type == "markdown":
        parts[0].source = ""
        for block in blocks(cell.source):
            if parts[-1].source and text_height(f"{parts[-1].source}\n\n{block}") > ROOM - CELL:
                parts.append(changed(cell, source="", metadata={}))
            parts[-1].source = f"{parts[-1].source}\n\n{block}".strip()
    else:
        parts[0].outputs = []
        for output in cell.outputs:
            if parts[-1].outputs and height(parts[-1]) + output_height(output) > ROOM:
                parts.append(changed(cell, outputs=[], metadata={"tags": ["remove-input"]}))
            parts[-1].outputs.append(output)
        parts = [part if height(part) <= ROOM else without_code(part) for part in parts]
    for i, part in enumerate(parts[1:], 1):
        part.id = f"{cell.id}-{i}"
    return parts


def blocks(text):
    """List the blocks of a Markdown text: what blank lines part, but <details> whole.

    >>> blocks("one\\n\\n<details>two\\n\\nthree</details>\\n\\nfour")
    ['one', '<details>two\\n\\nthree</details>', 'four']
    """
    found = []
    for block in re.split(r"\n{2,}", text.strip()):
        if found and found[-1].count("<details") > found[-1].count("</details"):
            found[-1] += f"\n\n{block}"
        else:
            found.append(block)
    return found


def text_height(text):
    """How many pixels a Markdown text takes on a slide, about; of <details>, the summary.

    >>> text_height("## A heading") + GAP < text_height("one line\\n\\n" * 3)
    True
    """
    text = re.sub(r"(<details><summary>.*?</summary>).*?</details>", r"\1", text, flags=re.DOTALL)
    total = 0
    for block in blocks(text):
        lines = block.split("\n")
        if block.startswith("#"):
            total += HEADING
        elif block.startswith("!["):
            total += TALLEST_PICTURE + GAP
        elif block.startswith("|"):
            total += ROW * (len(lines) - 1) + GAP
        elif re.match(r"[-*\d]", block):
            total += LINE * sum(rows_of(line) for line in lines) + GAP
        else:
            total += LINE * rows_of(" ".join(lines)) + GAP
    return total


def rows_of(text):
    return max(1, math.ceil(len(re.sub(r"\]\([^)]*\)", "]", text)) / CHARACTERS))


def height(cell):
    """How many pixels a cell takes on a slide, about."""
    if cell.cell_type == "markdown":
        return text_height(cell.source) + CELL
    code = 0 if "remove-input" in tags(cell) else CODE_LINE * len(cell.source.split("\n")) + GAP
    return CELL + code + sum(map(output_height, cell.get("outputs", [])))


def output_height(output):
    data = output.get("data", {})
    if is_picture(output):
        picture = Image.open(io.BytesIO(base64.b64decode(data["image/jpeg"])))
        scale = min(ZOOM, WIDTH / picture.width, TALLEST_PICTURE / picture.height)
        return scale * picture.height + GAP
    text = output.get("text", data.get("text/plain", ""))
    return min(TALLEST_TEXT, CODE_LINE * len(text.rstrip().split("\n"))) + GAP


def pack(cells):
    """Say of each cell, in place, whether it begins a slide: as many as fit on each."""
    filled = 0
    for cell in cells:
        tall = height(cell)
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if kind == "-" and filled and filled + tall > ROOM:
            kind = "subslide"
        filled = tall if kind in {"slide", "subslide"} else filled + tall
        cell.metadata["slideshow"] = {"slide_type": kind}


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


def for_slides(notebook, path):
    """Return a copy of a notebook with its slides marked. path: from the repository's top."""
    notebook = copy.deepcopy(notebook)
    cells = [piece for cell in without_set_up(notebook.cells) for piece in pieces(cell)]
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = links(cell.source, path)
    pack(cells)
    notebook.cells = cells
    notebook.metadata["title"] = title_of(cells)
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
    for path in sorted((ROOT / "notebooks").rglob("[!.]*.ipynb")):
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
