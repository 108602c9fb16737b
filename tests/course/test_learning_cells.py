"""The cells in which a lab's networks learn run, here with a few signs: `make test` runs the labs
with the networks that ship, and `make thorough` with all signs."""

import json
from pathlib import Path

import pytest

LABS = Path(__file__).parents[2] / "notebooks" / "labs"
FEW = 50


def lines_until_it_learnt(name):
    """The code of a lab down to its cell that asks for TRAIN, with fewer signs and no pictures."""
    cells = json.loads((LABS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    last = next(i for i, text in enumerate(code) if "if TRAIN:" in text)
    kept = [text for text in code[: last + 1] if "course.show" not in text]
    text = "\n".join(kept)
    assert "SIGNS = 2000" in text
    return text.replace("SIGNS = 2000", f"SIGNS = {FEW}")


@pytest.mark.parametrize("name", ["first_filters", "watch_a_network_learn"])
def test_a_lab_trains_its_networks(name, monkeypatch):
    monkeypatch.delenv("ZV_TRAIN", raising=False)
    lines = lines_until_it_learnt(name)
    if name == "watch_a_network_learn":  # the signs are drawn in the cell that shows them
        lines = lines.replace("if TRAIN:", f"signs = draw_signs({FEW}, seed=1)\nif TRAIN:")
    found = {}
    exec(lines, found)
    models = found["models"].values() if "models" in found else [found["model"]]
    for model in models:
        _, biases = model.get_layer("conv1").get_weights()
        assert biases.any(), "they begin at zero: it learnt nothing"
