"""The cells in which a lab's networks learn run, here with a few signs: `make test` runs the labs
with the networks that ship, and `make thorough` with all signs."""

import json
from pathlib import Path

import pytest

LABS = Path(__file__).parents[2] / "notebooks" / "labs"
FEW = 50


def lines_until_it_learnt(name):
    """The code of a lab down to its cell that asks for TRAIN, with fewer signs."""
    cells = json.loads((LABS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    code = [
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code" and "colab" not in cell["metadata"].get("tags", [])
    ]
    last = next(i for i, text in enumerate(code) if "if TRAIN:" in text)
    text = "\n".join(code[: last + 1])
    assert "SIGNS = 2000" in text
    return text.replace("SIGNS = 2000", f"SIGNS = {FEW}")


@pytest.mark.parametrize("name", ["first_filters", "watch_a_network_learn"])
def test_a_lab_trains_its_networks(name, monkeypatch):
    monkeypatch.delenv("ZV_TRAIN", raising=False)
    found = {}
    exec(lines_until_it_learnt(name), found)
    models = found["models"].values() if "models" in found else [found["model"]]
    for model in models:
        _, biases = model.get_layer("conv1").get_weights()
        assert biases.any(), "they begin at zero: it learnt nothing"
