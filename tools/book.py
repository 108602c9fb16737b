"""Build the book (`make book`): saved notebooks, labs and pages as a static site, offline.

    README, docs, notebooks ──► book/_build/pages ──► book/_build/html
    as they are committed       staged                Sphinx

Nothing is executed and nothing is fetched. A staged page lies where it lies in the repository, so
its links stay as they are; what Sphinx reads otherwise than JupyterLab is said otherwise.
"""

import ast
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "book" / "_build"
PACKAGE = ROOT / "zv_helpers"
PAGES, SITE = BUILD / "pages", BUILD / "html"
# From left to right, as a photograph flows; the course has its notebooks.
ROOMS = (
    *("cache", "data", "progress", "draw", "network", "images", "targets", "choose", "features"),
    *("deconvnet", "relevance", "heatmaps", "overlays", "atlas", "experiments", "trust"),
    "explorers",
)
LINK = re.compile(r"(\]\()([^)\s]+)(\))")
ANCHOR = re.compile(r"(\]\([^)\s#]*#)([^)\s]+)(\))")
# {a page: those that stand under it in the book}
BELOW = {"docs/faq/README.md": "*", "data/README.md": "*/README"}


def sources():
    """List the pages as they are committed, paths from the repository's top."""
    folders = {"docs": "**/*.md", "data": "**/README.md", "notebooks": "**/[!.]*.ipynb"}
    found = [path for folder, names in folders.items() for path in (ROOT / folder).glob(names)]
    kept = (path.relative_to(ROOT) for path in found if ".ipynb_checkpoints" not in path.parts)
    return [*map(Path, ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")), *sorted(kept)]


def title_of(cells):
    """Return the title of a notebook: its first heading."""
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return re.search(r"^# (.+)$", text, re.MULTILINE)[1]


def without_badges(text):
    """Write links whose picture comes from another host as words: the book is read offline.

    >>> without_badges("[![Open in Colab](https://x.org/badge.svg)](https://x.org/go)")
    '[Open in Colab](https://x.org/go)'
    """
    return re.sub(r"!\[([^\]]+)\]\(https?://[^)]+\)", r"\1", text)


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


def staged_page(path, text):
    """Return a page, Markdown, with its links' anchors as in the book and the pages under it."""
    below = BELOW.get(path.as_posix())
    tree = f"\n```{{toctree}}\n:hidden:\n:glob:\n\n{below}\n```\n" if below else ""
    return without_badges(anchors(text)) + tree


def staged_notebook(text):
    """Return a notebook, a JSON str, with its links' anchors and alt texts as in the book."""
    notebook, cells = json.loads(text), []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = without_badges(anchors("".join(cell["source"])))
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


def public_names(path):
    """List the public names of a module, from its source: its `__all__`, or else the functions and
    classes it defines."""
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            found.append(node.name)
    return list(dict.fromkeys(found))


def modules_of(room):
    """List (name, path) of the modules whose names are a room's: the room itself, or all its
    modules where it has no names of its own."""
    path = PACKAGE / f"{room}.py"
    if path.is_file():
        return [(room, path)]
    path = PACKAGE / room / "__init__.py"
    if public_names(path):
        return [(room, path)]
    inside = sorted((PACKAGE / room).glob("[!_]*.py"))
    return [(room, path), *((f"{room}.{one.stem}", one) for one in inside)]


def library_page(room):
    """Return the page of a room of the library, reStructuredText: the public names that
    `import zv_helpers as zv` does not give; None where there are none."""
    given = set(public_names(PACKAGE / "__init__.py"))
    parts, count = [], 0
    for name, path in modules_of(room):
        names = [one for one in public_names(path) if one not in given]
        title = f"zv_helpers.{name}"
        line = "-" if "." in name else "="
        members = f"   :members: {', '.join(names)}\n" if names else ""
        parts += [title, line * len(title), "", f".. automodule:: {title}\n{members}"]
        count += len(names)
    return "\n".join(parts) if count else None


def library_index(rooms):
    """Return the first page of the library: the names that `import zv_helpers as zv` gives, and
    under them the rooms that have more."""
    more = "\n   ".join(rooms)
    return (
        "The library\n===========\n\n.. automodule:: zv_helpers\n   :members:\n\n"
        f"More, room by room\n------------------\n\n.. toctree::\n   :maxdepth: 1\n\n   {more}\n"
    )


def slides_page():
    """Return the page that leads to the slides, in HTML: Sphinx does not know them."""
    rows = []
    for path in sources():
        if path.suffix == ".ipynb":
            cells = json.loads((ROOT / path).read_text(encoding="utf-8"))["cells"]
            rows.append(f'<li><a href="slides/{path.stem}.html">{title_of(cells)}</a></li>')
    intro = (ROOT / "book" / "slides.md").read_text(encoding="utf-8")
    return "\n".join([intro, "<ul>", *rows, "</ul>", ""])


def prose(path, text):
    """Return the Markdown of a page or of a notebook's cells."""
    if path.suffix != ".ipynb":
        return text
    return "\n".join("".join(c["source"]) for c in json.loads(text)["cells"])


def staged():
    """Yield (path in the book, its text or bytes) of all that Sphinx reads."""
    front = (ROOT / "book" / "index.md").read_text(encoding="utf-8")
    yield Path("index.md"), front.replace("../", "")
    for path in sources():
        text = (ROOT / path).read_text(encoding="utf-8")
        for file in linked_files(path, prose(path, text)):
            yield file.relative_to(ROOT), file.read_bytes()
        yield path, staged_notebook(text) if path.suffix == ".ipynb" else staged_page(path, text)
    yield Path("slides.md"), slides_page()
    rooms = {room: page for room in ROOMS if (page := library_page(room))}
    yield Path("library/index.rst"), library_index(rooms)
    for room, page in rooms.items():
        yield Path(f"library/{room}.rst"), page


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
