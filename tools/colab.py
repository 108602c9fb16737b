"""Give every notebook and lab its link to Google Colab, and the cell that sets Colab up.

    python tools/colab.py [--check] [NOTEBOOK …]

The link stands in the title's line "About … minutes"; the cell comes next and does nothing but on
Colab. A second call changes nothing. No notebook is executed: the counts move by one.

A picture in the title lies in the repository, and a copy of a notebook in Drive lies elsewhere:
what is relative leads nowhere there, and Colab shows no attachments. So the cell shows the title's
picture, from the clone.
"""

import argparse
import json
import posixpath
import re
import sys
import tomllib

from which_notebooks import ROOT, ask_which

TAGS = ["colab", "remove-cell"]  # the second: not for the site
LINK = re.compile(r" · \[open in Colab\]\([^)]*\)")
PICTURE = re.compile(r"!\[[^\]]*\]\(([^):]+)\)")  # no address: those are found from anywhere
FOLDER = "zv"  # where the clone goes: a name that can be imported


def repository():
    """Return where the workbook is published, "https://github.com/OWNER/NAME"."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["urls"]["Repository"]


def colab_address(path, repository):
    """Return the address that opens a notebook on Colab. path: from the workbook's folder."""
    owner_and_name = repository.removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{owner_and_name}/blob/main/{path}"


def picture_of(title, path):
    """Return the path of a title's picture from the workbook's folder, or None. path: of the
    notebook, from there too."""
    found = PICTURE.search(title)
    if found is None:
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), found[1]))


def first_cell(repository, picture=None):
    """Return the source of the cell that sets Colab up. picture: the title's, as a path from the
    workbook's folder."""
    return (
        'if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing\n'
        f"    ![ -d {FOLDER} ] || git clone -q --depth 1 {repository} {FOLDER}\n"
        f"    from {FOLDER}.tools import on_colab\n\n"
        f"    on_colab.set_up({json.dumps(picture) if picture else ''})"
    )


def with_link(title, address):
    """Return a title cell's source with the link to Colab, after the line "About … minutes"."""
    lines = [LINK.sub("", line) for line in title.split("\n")]
    place = next((i for i, line in enumerate(lines) if line.startswith("About ")), None)
    if place is None:
        raise ValueError('Expected a line "About … minutes" in the first cell, but found none.')
    lines[place] += f" · [open in Colab]({address})"
    return "\n".join(lines)


def is_first_cell(cell):
    """Say whether a cell is the one that sets Colab up, in whatever version."""
    return "colab" in cell["metadata"].get("tags", [])


def with_colab(notebook, path, repository):
    """Return a notebook (a dict as json reads it) with link and cell. path: from the folder."""
    title, *rest = (cell for cell in notebook["cells"] if not is_first_cell(cell))
    source = with_link("".join(title["source"]), colab_address(path, repository))
    cell = first_cell(repository, picture_of(source, path))
    set_up = {
        "cell_type": "code",
        "execution_count": 1,
        "id": "colab",
        "metadata": {"jupyter": {"source_hidden": True}, "tags": TAGS},
        "outputs": [],
        "source": cell.splitlines(keepends=True),
    }
    title = title | {"source": source.splitlines(keepends=True)}
    return notebook | {"cells": numbered([title, set_up, *rest])}


def numbered(cells):
    """Return cells with their code numbered from 1, as after one run from top to bottom."""
    found, count = [], 0
    for cell in cells:
        if cell["cell_type"] == "code":
            count += 1
            cell = cell | {"execution_count": count, "outputs": counted(cell["outputs"], count)}
        found.append(cell)
    return found


def counted(outputs, count):
    """Return a cell's outputs with the cell's number, where they carry one."""
    return [
        one | {"execution_count": count} if "execution_count" in one else one for one in outputs
    ]


def written(notebook):
    """Return a notebook's text as nbformat writes it."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask_which(parser)
    parser.add_argument("--check", action="store_true", help="change nothing, name the others")
    options = parser.parse_args()
    wrong = []
    for path in options.notebooks:
        before = path.read_text(encoding="utf-8")
        place = path.resolve().relative_to(ROOT).as_posix()
        after = written(with_colab(json.loads(before), place, repository()))
        if after != before:
            wrong.append(place)
            if not options.check:
                path.write_text(after, encoding="utf-8", newline="\n")
                print(place)
    if options.check and wrong:
        sys.exit(f"Expected link and cell of tools/colab.py in {', '.join(wrong)}: run it.")


if __name__ == "__main__":
    main()
