"""Sphinx's configuration of the book. `tools/book.py` stages the pages and calls it."""

import functools
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the library's docstrings

project = "The Zeiler workbook"
author = "The Zeiler workbook authors"
project_copyright = author
language = "en-GB"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
nb_execution_mode = "off"  # what was saved is what is shown
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # the glossary goes from # to ###
default_role = "code"  # docstrings write `names` with one backtick
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"  # else the list beside the library's pages is too wide

html_theme = "sphinx_book_theme"
html_title = project
html_theme_options = {
    "navbar_persistent": [],  # the search stands in the sidebar
    "use_download_button": False,
    "home_page_in_toc": True,
}
html_static_path = ["static"]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_permalinks_icon = "#"


def plurals(app, what, name, obj, options, lines):
    """Let a docstring say `Neuron`s: reStructuredText wants a mark between the two."""
    mark = functools.partial(re.sub, r"(`[^`]+`)(?=(\w?))", lambda m: m[1] + "\\ " * bool(m[2]))
    lines[:] = map(mark, lines)


def no_types(app, what, name, obj, options, lines):
    """Keep the first sentence of a property whole: Napoleon takes what stands before its colon for
    the text and the rest for a type, or the other way round, unless the line ends there."""
    if what in ("property", "attribute", "data") and lines:
        lines[:1] = re.sub(r":\s+", ":\n", lines[0], count=1).split("\n")


def factories(app, what, name, obj, options, signature, returns):
    """Write `...` for a default that is made anew: Sphinx cannot read `<factory>`."""
    return (signature or "").replace("<factory>", "...") or None, returns


def setup(app):
    """Sphinx calls this with itself."""
    app.connect("autodoc-process-docstring", no_types, priority=400)  # before Napoleon
    app.connect("autodoc-process-docstring", plurals)
    app.connect("autodoc-process-signature", factories)
