"""Build the book (`make book`): saved notebooks, labs and pages as a static site, offline.

    README, docs, notebooks ──► book/_build/pages ──► book/_build/html
    as they are committed       staged                Sphinx

Nothing is executed and nothing is fetched. A staged page lies where it lies in the repository, so
its links stay as they are; what Sphinx reads otherwise than JupyterLab is said otherwise.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "book" / "_build"
PAGES, SITE = BUILD / "pages", BUILD / "html"
# From left to right, as a photograph flows; the course has its notebooks.
ROOMS = (
    *("cache", "data", "progress", "draw", "network", "images", "targets", "choose", "features"),
    *("deconvnet", "relevance", "heatmaps", "overlays", "atlas", "experiments", "trust"),
    "explorers",
)
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
ANCHOR = re.compile(r"(\]\([^)\s#]*#)([^)\s]+)(\))")
FAQ_TREE = "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"
SLIDES = """Each notebook for a lecture. The right arrow goes to the next section, the down arrow through
it, the space bar through all; `S` opens a window with the next slide, `O` shows all, `F` fills the screen. Code is shown
where it is short; set-up, hints and solutions stay in the notebooks, and so do the explorers: here you see
their saved pictures.
"""
MODULE = ".. automodule:: zv_helpers{}\n   :members:\n"


def sources():
    """List the pages as they are committed, paths from the repository's top."""
    pages = [Path(name) for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
    found = [Path("data/README.md"), *(ROOT / "docs").rglob("*.md")]
    found += [p for p in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts]
    return pages + sorted(p.relative_to(ROOT) if p.is_absolute() else p for p in found)


def anchors(text):
    """Spell the anchors of links as GitHub and MyST do, not as JupyterLab does.

    >>> anchors("see [there](06.ipynb#8.-How-far,-and-why?)")
    'see [there](06.ipynb#8-how-far-and-why)'
    """
    return ANCHOR.sub(lambda m: m[1] + re.sub(r"[^\w-]", "", m[2].lower()) + m[3], text)


def linked_files(path, text):
    """List the files a page links to that are no pages themselves: pictures, tables, licences."""
    targets = {m[2].split("#")[0] for m in LINK.finditer(text)}
    files = {(ROOT / path.parent / target).resolve() for target in targets if target}
    return sorted(f for f in files if f.is_file() and f.suffix not in {".md", ".ipynb"})


def staged_notebook(text):
    """Return a notebook, a JSON str, with its links' anchors and alt texts as in the book."""
    notebook, cells = json.loads(text), []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = anchors("".join(cell["source"]))
        cells += described(cell) if cell["cell_type"] == "code" else [cell]
    return json.dumps(notebook | {"cells": cells}, ensure_ascii=False)


def described(cell):
    """Return a code cell with the alt text of its picture where MyST-NB reads it: a list, since
    each further picture stands in a cell of its own, without the code."""
    parts = [cell | {"outputs": []}]
    for output in cell["outputs"]:
        alt = output.get("metadata", {}).get("image/jpeg", {}).get("alt")
        if alt and "mystnb" in parts[-1]["metadata"]:
            own = {"id": f"{cell['id']}-{len(parts)}", "metadata": {"tags": ["remove-input"]}}
            parts.append(cell | own | {"outputs": []})
        if alt:
            parts[-1]["metadata"] = parts[-1]["metadata"] | {"mystnb": {"image": {"alt": alt}}}
        parts[-1]["outputs"].append(output)
    return parts


def library_page(room):
    """Return the page of a room of the library, reStructuredText: its public names, or those of
    each of its modules where it has none of its own."""
    title = f"zv_helpers.{room}"
    folder = ROOT / "zv_helpers" / room
    names = [f".{room}"]
    if folder.is_dir() and "__all__" not in (folder / "__init__.py").read_text(encoding="utf-8"):
        names += [f".{room}.{path.stem}" for path in sorted(folder.glob("[!_]*.py"))]
    first, *others = names
    sections = [MODULE.format(first)]
    for name in others:
        word = name.rpartition(".")[2]
        sections.append(f"{word}\n{'-' * len(word)}\n\n{MODULE.format(name)}")
    return "\n".join([title, "=" * len(title), "", *sections])


def library_index():
    """Return the first page of the library: the names that `import zv_helpers as zv` gives."""
    rooms = "\n   ".join(ROOMS)
    return (
        "The library\n===========\n\n" + MODULE.format("") + "\nThe rooms\n---------\n\n"
        f".. toctree::\n   :maxdepth: 1\n\n   {rooms}\n"
    )


def slides_page():
    """Return the page that leads to the slides. Sphinx does not know them, so it is HTML."""
    rows = []
    for path in sources():
        if path.suffix == ".ipynb":
            cells = json.loads((ROOT / path).read_text(encoding="utf-8"))["cells"]
            title = "".join(cells[0]["source"]).split("\n")[0].removeprefix("# ")
            rows.append(f'<li><a href="slides/{path.stem}.html">{title}</a></li>')
    return f"# Slides\n\n{SLIDES}\n<ul>\n{chr(10).join(rows)}\n</ul>\n"


def staged():
    """Yield (path in the book, its text or bytes) of all that Sphinx reads."""
    yield Path("index.md"), (ROOT / "book" / "index.md").read_text(encoding="utf-8").replace("../", "")
    for path in sources():
        text = (ROOT / path).read_text(encoding="utf-8")
        plain = "\n".join("".join(c["source"]) for c in json.loads(text)["cells"]) if path.suffix == ".ipynb" else text
        for file in linked_files(path, plain):
            yield file.relative_to(ROOT), file.read_bytes()
        yield path, staged_notebook(text) if path.suffix == ".ipynb" else anchors(text)
    yield Path("slides.md"), slides_page()
    yield Path("library/index.rst"), library_index()
    for room in ROOMS:
        yield Path(f"library/{room}.rst"), library_page(room)


def stage():
    """Write all pages to `PAGES`, only what has changed: Sphinx reads the others from its cache."""
    written = set()
    for path, content in staged():
        content = content.encode() if isinstance(content, str) else content
        place = PAGES / path
        written.add(place)
        if not place.is_file() or place.read_bytes() != content:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    for place in PAGES.rglob("*"):
        if place.is_file() and place not in written:
            place.unlink()


def main():
    from sphinx.cmd.build import main as sphinx_build

    stage()
    options = ["-q", "-W", "--keep-going", "-c", str(ROOT / "book"), "-d", str(BUILD / "cache")]
    return sphinx_build([*options, str(PAGES), str(SITE)])


if __name__ == "__main__":
    sys.exit(main())
