"""The solution that a notebook shows is the one beside the check, and the check accepts it."""

import html
import importlib
import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import choose

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("0*.ipynb"))
SOLUTION = re.compile(r"<summary>Solution</summary>.*?<(code|pre)>(.*?)</\1>", re.S)
CALL = re.compile(r"print\((checks\.(check_\w+)\(.*\))\)")


def exercises(step):
    """List (the call of a check, its name, the solution shown after it) in a notebook."""
    found, calls = [], []
    for cell in json.loads(NOTEBOOKS[step - 1].read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            calls += CALL.findall(source)
        for _, text in SOLUTION.findall(source) if cell["cell_type"] == "markdown" else ():
            found.append((*calls.pop(), html.unescape(text).strip()))
    assert not calls, "an exercise without a solution"
    return found


def course(step, part):
    return importlib.import_module(f"zv_helpers.course.step{step}.{part}")


ALL = [(step, *one) for step in range(1, 7) for one in exercises(step)]


def test_every_check_has_its_exercise():
    checks = {
        (step, name)
        for step in range(1, 7)
        for name in vars(course(step, "checks"))
        if name.startswith("check_")
    }
    assert {(step, name) for step, _, name, _ in ALL} == checks and len(ALL) == len(checks) == 14


@pytest.fixture(scope="module")
def shepherd(squeezenet):
    return zv.extract_features(squeezenet, zv.load_image("german_shepherd", squeezenet))


@pytest.mark.parametrize(("step", "call", "name", "shown"), ALL, ids=[one[2] for one in ALL])
def test_the_solution_shown_is_the_checks_own_and_right(
    step, call, name, shown, squeezenet, cat, shepherd
):
    checks = course(step, "checks")
    assert shown == getattr(checks, name).solution
    features = cat if step < 5 else shepherd  # each notebook's own photograph
    here = {
        "zv": zv,
        "np": np,
        "keras": keras,
        "checks": checks,
        "features": features,
        "target": features.target(),
        "layer": choose.worth_seeing(features)[0],
        "layers": choose.three_layers(squeezenet),
        "heat": zv.heatmap(features),
        "cat": cat.image,
        "mean": np.array([103.939, 116.779, 123.68], dtype="float32"),
        "squeezenet": squeezenet,
    }
    if step == 3:
        layer, channel = choose.worth_seeing(features)
        names = list(zv.photographs())
        ranking = zv.build_atlas(squeezenet, names, layers=[layer], count=len(names))
        four = checks.to_predict(ranking, layer, channel)
        here |= {"ranking": ranking, "channel": channel, "four": four}
    if step in (3, 5):
        here["toys"] = course(step, "toys")
    exec(shown, here)
    assert eval(call, here).startswith("Right")
