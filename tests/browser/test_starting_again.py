"""Explorers when the notebook starts again, is opened again, or has no kernel."""

import nbformat
import pytest
from checks import shows

from zv_helpers.explorers import neuron
from zv_helpers.explorers.neuron import NeuronState

pytestmark = pytest.mark.browser

SETUP = """import zv_helpers as zv
from zv_helpers import explorers

network = zv.load_model()
features = zv.extract_features(network, zv.load_image("tabby_cat", network))"""
EXPLORERS = (
    'explorers.neuron_explorer(features, "fire5", 195)',
    "explorers.heatmap_explorer(features)",
)


def works(opened, context):
    """Check that there is one of each explorer, that none is dead, and that the first moves."""
    for index in (1, 0):
        explorer = opened.explorer(index)
        assert explorer.root.count() == 1
        assert explorer.image.count() == 1
    assert opened.page.locator(".jp-Notebook .zv-explorer").count() == 2
    assert opened.page.locator(".jp-OutputArea-output img:not(.zv-picture)").count() == 0
    assert "Error displaying widget" not in opened.page.locator(".jp-Notebook").inner_text()
    explorer.press("Feature map", "ArrowRight", 2)
    shows(explorer, neuron, context, NeuronState("fire5", 197))


def test_restarting_closing_and_reopening_leave_no_dead_or_doubled_explorers(
    workbook, page, open_explorers, context
):
    with open_explorers("small", SETUP, EXPLORERS) as small:
        works(small, context)
        small.run_all()
        works(small, context)
        small.restart()
        small.run_all()
        works(small, context)
        small.execute("docmanager:save")
        small.page.reload()
        small.wait_until_idle()
        small.run_all()
        works(small, context)
    without_a_kernel(workbook, page)


def without_a_kernel(workbook, page):
    """Check that a reader who did not run what was saved sees its picture and its text."""
    from in_browser import NO_KERNEL, Notebook

    saved = nbformat.read(workbook / "root" / "small.ipynb", 4)
    saved.cells[0].source += "\n"  # nothing was signed for this content: it is not trusted
    nbformat.write(saved, workbook / "root" / "fresh.ipynb")
    fresh = Notebook(page, "fresh.ipynb", NO_KERNEL)
    explorers = fresh.page.locator(".jp-OutputArea-output img")
    explorers.nth(1).wait_for()
    assert explorers.count() == 2
    for index, said in enumerate(("layer fire5, feature map 195", "method relevance")):
        assert explorers.nth(index).evaluate("img => img.naturalWidth") >= 500
        # JupyterLab shows no alternative text for a saved picture; others read it from here.
        assert said in saved.cells[index + 1].outputs[0].metadata["image/jpeg"]["alt"]
    assert "VBox(" not in fresh.page.locator(".jp-Notebook").inner_text()
    fresh.close()


def test_the_notebooks_as_they_are_committed_show_a_picture_for_each_explorer(page):
    from in_browser import NO_KERNEL, Notebook

    fresh = Notebook(page, "notebooks/04_calculate_relevance_scores.ipynb", NO_KERNEL)
    made = [cell for cell in fresh.code_cells() if "explorer" in cell["tags"]]
    assert made
    for index in range(len(made)):
        fresh.scroll_to(index)
        picture = fresh.page.locator(".jp-Cell.jp-mod-active .jp-OutputArea-output img")
        picture.wait_for()
        assert picture.evaluate("img => img.naturalWidth") >= 500
        assert len(made[index]["outputs"][0]["metadata"]["image/jpeg"]["alt"]) > 40
    fresh.close()
