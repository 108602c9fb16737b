"""The rooms of the library: what each may import, and how large it may grow.

A photograph flows through them once, left to right; an import never points to the right.
"""

import ast
import importlib.util
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "zv_helpers"
ORDER = (
    ("cache", "data", "progress"),
    ("draw",),
    ("network",),
    ("images",),
    ("targets",),
    ("choose",),
    ("features",),
    ("deconvnet",),
    ("relevance",),
    ("heatmaps",),
    ("overlays",),
    ("atlas", "experiments", "trust"),
    ("explorers",),
    ("course",),
    ("__main__",),
)
PLACE = {room: place for place, rooms in enumerate(ORDER) for room in rooms}
# Packages that only some rooms may import, wherever in a module the import stands.
ONLY_IN = {
    "matplotlib": {"draw", "course"},
    "ipywidgets": {"explorers"},
    "anywidget": {"explorers"},
    "IPython": {"course"},
    "dask": {"atlas"},
    "distributed": {"atlas"},
}
LONGEST = 350
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path):
    """The dotted name of a module's package, and of the module itself."""
    parts = ("zv_helpers", *path.relative_to(PACKAGE).with_suffix("").parts)
    if parts[-1] == "__init__":
        return ".".join(parts[:-1]), ".".join(parts[:-1])
    return ".".join(parts[:-1]), ".".join(parts)


def imports(path):
    """Every dotted name that a module imports, also inside functions: a set of str."""
    package, _ = name_of(path)
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(base, package) if node.level else base
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found


def room(name):
    """The room a dotted name lies in, or None outside the library or at its top."""
    parts = name.split(".")
    return parts[1] if parts[0] == "zv_helpers" and len(parts) > 1 and parts[1] in PLACE else None


def test_every_module_is_in_a_room():
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in MODULES}
    assert rooms - {"__init__"} <= set(PLACE)


def test_the_imports_are_read_wherever_they_stand():
    """The test below is worth something: known arrows are found, one inside a function too."""
    assert "zv_helpers.network.Network" in imports(PACKAGE / "features.py")
    assert "zv_helpers.network.graph.Graph" in imports(PACKAGE / "network" / "reading.py")
    assert "matplotlib.colormaps" in imports(PACKAGE / "draw" / "colours.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_import_points_to_the_right(path):
    here = room(name_of(path)[1])
    if here is None:  # the package's own __init__ gathers the public names
        return
    for name in imports(path):
        there = room(name)
        assert there is None or there == here or PLACE[there] < PLACE[here], f"{name} in {here}"
        outside = name.split(".")[0]
        assert here in ONLY_IN.get(outside, {here}), f"{outside} in {here}"


def test_nobody_imports_the_course():
    users = {p for p in MODULES if any(room(name) == "course" for name in imports(p))}
    assert {path.relative_to(PACKAGE).parts[0] for path in users} <= {"course"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_is_long(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_only_targets_asks_what_is_explained():
    """No comparison with the string "logits", and nobody but the network asks for its number."""
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert '"logits"' not in text and "LOGITS" not in text, path
        asks = "logits is None" in text or "logits is not None" in text
        assert not asks or room(name_of(path)[1]) in ("network", "targets"), path
