"""Photograph the explorers as they stand in JupyterLab: the README's pictures of them.

    python tools/explorer_pictures.py

Writes docs/explorers/*.jpg. It needs the browser extra and Chromium: see `make test-browser`.
"""

import io
import tempfile
from pathlib import Path

from in_browser import Notebook, chromium, copy_workbook, jupyterlab, open_lab, write_notebook
from lab import ROOT
from PIL import Image

SETUP = """import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.experiments import evolving, learning, strongest
from zv_helpers.experiments.moves import Move
from zv_helpers.experiments.road_signs import draw_signs

network = zv.load_model("squeezenet")
cat = zv.extract_features(network, zv.load_image("tabby_cat", network))
dog = zv.extract_features(network, zv.load_image("german_shepherd", network))
learnt, signs = learning.kept_learning("watch_a_network_learn"), draw_signs(160, seed=2)
small = zv.load_model(learning.small_network())
images = strongest.images_of(small, signs.pixels)
followed = evolving.evolution(small, learnt.weights, images, learnt.moments.tolist())"""
EXPLORERS = {
    "photograph": 'explorers.photograph_chooser(network, "german_shepherd")',
    "neuron": 'explorers.neuron_explorer(cat, "fire8")',
    "steps": 'explorers.step_explorer(cat, cat.strongest("fire8"))',
    "relevance": "explorers.relevance_explorer(dog)",
    "heatmap": "explorers.heatmap_explorer(dog)",
    "overlay": "explorers.overlay_explorer(dog, contour=0.5)",
    "hide": "explorers.hide_explorer(dog, top=14, left=168)",
    "move": "explorers.move_explorer(dog, Move(angle=30))",
    "evolution": "explorers.evolution_explorer(followed, moment=5)",
    "atlas": "explorers.atlas_explorer(network)",
}


def main():
    folder = ROOT / "docs" / "explorers"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name).resolve()
        copy_workbook(place)
        write_notebook(place / "root" / "explorers.ipynb", SETUP, EXPLORERS.values())
        with jupyterlab(place) as url, chromium() as browser:
            notebook = Notebook(open_lab(browser, url), "explorers.ipynb")
            notebook.run_all()
            for index, name in enumerate(EXPLORERS):
                explorer = notebook.explorer(index)
                if name == "steps":  # halfway down to the pixels
                    explorer.press("Step", "ArrowRight", 22)
                    explorer.wait_for_line("Step 22 of")
                if name == "atlas":
                    explorer.wait_for_line("one scale")
                explorer.page.wait_for_timeout(500)
                shot = Image.open(io.BytesIO(explorer.root.screenshot())).convert("RGB")
                shot.save(folder / f"{name}.jpg", quality=88, optimize=True)
                print(f"docs/explorers/{name}.jpg", *shot.size)


if __name__ == "__main__":
    main()
