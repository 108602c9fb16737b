"""The solution that a notebook shows is the one beside the check, and the check accepts it."""

import ast
import builtins
import functools
import html
import importlib
import importlib.util
import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import choose, trust
from zv_helpers.course.how_far_to_believe_it.three import three_pictures
from zv_helpers.experiments import cheating
from zv_helpers.experiments.corners import corners_round, seen_boxes
from zv_helpers.experiments.corresponding import correspondence
from zv_helpers.experiments.evolving import evolution
from zv_helpers.experiments.first_filters import fine_share, first_layers
from zv_helpers.experiments.learning import kept_learning, small_network
from zv_helpers.experiments.moving import movement
from zv_helpers.experiments.occluding import occlusion_maps
from zv_helpers.experiments.road_signs import draw_signs, in_light
from zv_helpers.experiments.strongest import images_of
from zv_helpers.experiments.switches import likeness_by_layer

FOLDER = Path(__file__).parents[2] / "notebooks"
# {its folder in the course: the notebook}
LESSONS = {f"step{path.name[1]}": path for path in sorted(FOLDER.glob("0*.ipynb"))}
LESSONS |= {path.stem: path for path in sorted((FOLDER / "labs").glob("*.ipynb"))}
SOLUTION = re.compile(r"<summary>Solution</summary>.*?<(code|pre)>(.*?)</\1>", re.S)
CALL = re.compile(r"print\((checks\.(check_\w+)\(.*\))\)")


def exercises(lesson):
    """List (the call of a check, its name, the solution shown after it) in a notebook."""
    found, calls = [], []
    for cell in json.loads(LESSONS[lesson].read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            calls += CALL.findall(source)
        for _, text in SOLUTION.findall(source) if cell["cell_type"] == "markdown" else ():
            found.append((*calls.pop(), html.unescape(text).strip()))
    assert not calls, "an exercise without a solution"
    return found


def course(lesson, part):
    return importlib.import_module(f"zv_helpers.course.{lesson}.{part}")


ALL = [(lesson, *one) for lesson in LESSONS for one in exercises(lesson)]


def test_every_check_has_its_exercise():
    checks = {
        (lesson, name)
        for lesson in LESSONS
        for name in vars(course(lesson, "checks"))
        if name.startswith("check_")
    }
    assert {(lesson, name) for lesson, _, name, _ in ALL} == checks
    assert len(ALL) == len(checks) == 33


def names_of(source):
    """Return the names that lines of Python set, and those that they read, two sets."""
    nodes = list(ast.walk(ast.parse(source)))
    imported = [one for n in nodes if isinstance(n, ast.Import | ast.ImportFrom) for one in n.names]
    names = [one for one in nodes if isinstance(one, ast.Name)]
    made = {one.id for one in names if isinstance(one.ctx, ast.Store)}
    made |= {(one.asname or one.name).split(".")[0] for one in imported}
    made |= {one.arg for one in nodes if isinstance(one, ast.arg)}
    return made, {one.id for one in names if isinstance(one.ctx, ast.Load)}


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_solution_reads_only_names_that_its_notebook_has_set(lesson):
    cells = json.loads(LESSONS[lesson].read_text(encoding="utf-8"))["cells"]
    known = set(dir(builtins))
    for cell in cells:
        if cell["cell_type"] == "code" and "colab" not in cell["metadata"].get("tags", ()):
            known |= names_of("".join(cell["source"]))[0]
    for _, name, shown in exercises(lesson):
        made, read = names_of(shown)
        assert read <= known | made, name


@pytest.fixture(scope="module")
def photographs(cat, shepherd, squeezenet):
    """Each notebook's own photograph, as features."""
    sheep = zv.extract_features(squeezenet, zv.load_image("sheep", squeezenet))
    own = {"step5": shepherd, "step6": shepherd, "hide_a_part": sheep, "move_grow_turn": shepherd}
    return {lesson: own.get(lesson, cat) for lesson in LESSONS}


@functools.cache
def of_road_signs(networks):
    """What the lab on a network that cheats has at hand when it comes to the exercises."""
    suspect, few = networks.suspect(train=False), networks.its_pictures(80)
    without = cheating.right_without_each_map(suspect, few, progress=False)
    return {
        "network": suspect,
        "second": networks.second(),
        "everywhere": networks.tuned(suspect, stickers=0.5, train=False),
        "without": without,
        "guilty": int(without[:, 0].argmin()),
        "draw_signs": draw_signs,
        "in_light": in_light,
        "right_by_class": cheating.right_by_class,
    }


def looked_at(name, **how):
    """A small network that ships, as a lab loads it, and its looks at a few signs."""
    learnt, model = kept_learning(name), small_network(**how)
    model.set_weights(learnt.weights[-1])
    network = zv.load_model(model)
    return network, learnt, images_of(network, draw_signs(24, 2, progress=False).pixels)


@pytest.mark.parametrize(("lesson", "call", "name", "shown"), ALL, ids=[one[2] for one in ALL])
def test_the_solution_shown_is_the_checks_own_and_right(
    lesson, call, name, shown, squeezenet, cat, photographs
):
    checks = course(lesson, "checks")
    assert shown == getattr(checks, name).solution
    features = photographs[lesson]
    here = {
        "zv": zv,
        "np": np,
        "keras": keras,
        "checks": checks,
        "network": squeezenet,
        "features": features,
        "target": features.target(),
        "layer": choose.worth_seeing(features)[0],
        "layers": choose.three_layers(squeezenet),
        "heat": zv.heatmap(features),
        "cat": cat.image,
        "mean": np.array([103.939, 116.779, 123.68], dtype="float32"),
        "squeezenet": squeezenet,
        "occlusion_maps": occlusion_maps,
        "movement": movement,
    }
    if lesson == "name_a_map":
        layer, channel = choose.worth_seeing(features)
        names = list(zv.photographs())
        ranking = zv.build_atlas(squeezenet, names, layers=[layer], count=len(names))
        four = checks.to_predict(ranking, layer, channel)
        here |= {"ranking": ranking, "channel": channel, "four": four}
    if name == "check_three":
        here |= {"three": three_pictures(squeezenet), "trust": trust}
    if lesson == "do_parts_correspond":
        names = ("german_shepherd", "kitten", "sheep")  # three of the lab's animals will do
        more = [zv.extract_features(squeezenet, zv.load_image(one, squeezenet)) for one in names]
        here |= {"more": more, "size": 32, "network": squeezenet, "seen_boxes": seen_boxes}
        here |= {"corners_round": corners_round, "correspondence": correspondence}
    if lesson == "without_max_pools":
        names = ("german_shepherd", "tabby_cat", "espresso")
        several = [zv.extract_features(squeezenet, zv.load_image(one, squeezenet)) for one in names]
        here |= {"several": several, "likeness_by_layer": likeness_by_layer}
    if lesson in ("a_network_that_cheats", "what_no_heatmap_shows"):
        here |= of_road_signs(course("a_network_that_cheats", "networks"))
    if lesson == "watch_a_network_learn":
        small, learnt, images = looked_at(lesson)
        here["followed"] = evolution(
            small, learnt.weights, images, learnt.moments, ("conv1", "conv5"), progress=False
        )
    if lesson == "first_filters":
        name = "first_filters_7x7_stride2"
        small, _, images = looked_at(name, maps=checks.MAPS)
        here |= {"small": first_layers(small, images), "fine_share": fine_share}
    if importlib.util.find_spec(f"zv_helpers.course.{lesson}.toys"):
        here["toys"] = course(lesson, "toys")
    exec(shown, here)
    assert eval(call, here).startswith("Right")
