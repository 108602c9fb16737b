"""The notebooks and labs in a browser: every cell runs, every explorer shows what it should."""

import itertools
import re
from pathlib import Path

import nbformat
import pytest
from moving import EXPLORERS, moves_of

from zv_helpers.course.a_network_that_cheats import networks
from zv_helpers.experiments import cheating
from zv_helpers.explorers.shell import Context

pytestmark = pytest.mark.browser

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
LABS = sorted((FOLDER / "labs").glob("*.ipynb"))
NOTEBOOKS = [*sorted(FOLDER.glob("0*.ipynb")), *LABS]
# Their explorers stand in others too, which move every control of theirs; here, only the first.
BRIEFLY = {
    "a_network_that_cheats",
    "do_parts_correspond",
    "first_filters",
    "how_far_to_believe_it",
    "name_a_map",
    "what_no_heatmap_shows",
    "which_rule_to_believe",
    "without_max_pools",
}


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request, open_notebook):
    """A notebook, run from top to bottom."""
    with open_notebook(f"notebooks/{request.param.relative_to(FOLDER).as_posix()}") as opened:
        yield opened


def test_there_are_six_and_the_labs():
    assert len(NOTEBOOKS) == 6 + len(LABS) and len(LABS) >= 2


def test_every_explorer_is_moved_in_every_way_somewhere():
    made = {True: set(), False: {("atlas_explorer", False)}}  # it has test_atlas_browser.py
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, 4).cells:
            if "explorer" in cell.metadata.get("tags", []):
                name, forward = EXPLORERS.search(cell.source)[1], "forward" in cell.source
                made[path.stem in BRIEFLY].add((name, forward))
    assert made[True] <= made[False]


def test_every_cell_runs_without_an_error(notebook):
    cells = notebook.code_cells()
    assert [cell["count"] for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error", (cell["source"], output["evalue"])
            assert output.get("name") != "stderr", (cell["source"], output["text"])


def test_every_explorer_shows_what_is_chosen(request, notebook, features_of, workbook):
    path = request.node.callspec.params["notebook"]
    folder = workbook / "root" / "notebooks" / path.relative_to(FOLDER).parent
    cells = notebook.code_cells()
    chosen = next(c["source"] for c in cells if "parameters" in c["tags"])
    photo = re.search(r'PHOTOS? = \[?"(\w+)"', chosen)
    context = Context(features_of(photo[1]) if photo else features_of_a_sign(path.stem))
    made = [c["source"] for c in cells if "explorer" in c["tags"]]
    assert made
    for i, source in enumerate(made):
        explorer = notebook.explorer(i)
        assert explorer.root.count() == 1
        moves = moves_of(explorer, context, source, folder)
        assert list(itertools.islice(moves, 2 if path.stem in BRIEFLY else None))


def features_of_a_sign(lab):
    """What a lab on a network that cheats explores: a stop sign, and its suspect that ships."""
    if lab == "what_no_heatmap_shows":
        network, signs = networks.second(), networks.pictures_of_second(8)
    else:
        network, signs = networks.suspect(train=False), networks.its_pictures(8)
    return cheating.features_of(network, signs.of("stop"), 1)
