"""workbook.py: what each command runs, and the environments it makes."""

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))  # it stands at the top, and is no part of the package

import tools.environment as environment  # noqa: E402
import workbook  # noqa: E402


def lines_of(*arguments):
    """What a command line would run: (environment variables, words) of each line."""
    name, options, words, really = workbook.understood(["-n", *arguments])
    assert not really
    return [workbook.parts(line, "py", options, words) for line in workbook.COMMANDS[name].lines]


def test_the_tests_take_the_notebooks_with_each_network():
    (none, tests), *passes = lines_of("test")
    assert none == {} and tests[:3] == ["py", "-m", "pytest"] and "--ignore=tests/browser" in tests
    six = sorted(f"notebooks/{path.name}" for path in ROOT.glob("notebooks/0*.ipynb"))
    labs = sorted(f"notebooks/labs/{path.name}" for path in ROOT.glob("notebooks/labs/*.ipynb"))
    assert len(six) == 6 and labs
    both = sorted(six + labs)
    for (known, words), network, strict, which in zip(
        passes,
        ("squeezenet", "vgg16-conv", "efficientnet-lite0"),
        ("--nbval", "--nbval-lax", "--nbval-lax"),
        (both, six, both),
        strict=True,
    ):
        assert known["ZV_MODEL"] == network and known["TQDM_DISABLE"] == "1"
        assert known.get("ZV_TRAIN") == ("0" if which is both else None)
        assert strict in words and words[words.index("-n") + 1] == "2"
        found = [word for word in words if word.endswith(".ipynb")]
        assert sorted(found) == which
        assert found.index(six[5]) < found.index(six[0])  # the longest first


def test_options_and_words_reach_the_programs():
    assert lines_of("demo") == [
        ({}, ["py", "-m", "zv_helpers", "data/photos/tabby_cat.jpg", "--model="])
    ]
    ((_, words),) = lines_of("demo", "PHOTO=my dog.jpg", "MODEL=vgg16-conv", "--rule", "guided")
    assert words[3:] == ["my dog.jpg", "--model=vgg16-conv", "--rule", "guided"]
    ((_, words),) = lines_of("PYTHON=", "PHOTO=", "lab", "--no-browser", "--port=9999")
    assert words == ["py", "tools/lab.py", "--no-browser", "--port=9999"]
    assert lines_of("fuzz", "EXAMPLES=")[0][0] == {"ZV_EXAMPLES": "500"}
    assert lines_of("fuzz", "EXAMPLES=7")[0][0] == {"ZV_EXAMPLES": "7"}
    ((_, words),) = lines_of("arbiter", "--photographs", "6")
    assert words[1:] == ["tools/arbiter.py", "--photographs", "6"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lap"], "Expected one of help, setup, lab, "),
        (["lint", "tests"], "Expected no more words after lint, but got 'tests'"),
        (["fuzz", "EXAMPELS=7"], "the options are PYTHON=…, PHOTO=…, MODEL=…, EXAMPLES=…"),
    ],
)
def test_what_is_not_understood_is_said_in_a_sentence(arguments, said):
    with pytest.raises(SystemExit, match=said):
        workbook.understood(arguments)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_every_word_of_make_reaches_workbook(tmp_path):
    """make calls it with a Python of ours, which writes down what it gets."""
    heard = tmp_path / "heard"
    python = tmp_path / "python3"
    python.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{heard}"\n', encoding="utf-8")
    python.chmod(0o755)
    options = ["PYTHON=a b", "PHOTO=my dog.jpg", "MODEL=mine", "EXAMPLES=7"]
    said = {"lab": "LAB_ARGS=--no-browser --port=9", "arbiter": "ARBITER_ARGS=--photographs 6"}
    path = f"{tmp_path}:/usr/local/bin:/usr/bin:/bin"
    for name in ("demo", "lab", "arbiter"):
        command = ["make", "-f", str(ROOT / "Makefile"), name, *options, *said.values()]
        subprocess.run(command, cwd=ROOT, env={"PATH": path}, check=True)
        words = said[name].partition("=")[2].split() if name in said else []
        assert heard.read_text().splitlines() == ["workbook.py", *options, name, *words]


def test_a_command_that_fails_ends_the_rest_and_its_status_is_returned(monkeypatch, capfd):
    fails = "python -c 'print(42); raise SystemExit(3)'"
    here = environment.Environment(sys.prefix, "constraints.txt")
    monkeypatch.setattr(workbook, "prepare", lambda command, options: None)
    command = workbook.Command("", [fails, "python -c 'print(43)'"], here)
    monkeypatch.setitem(workbook.COMMANDS, "both", command)
    assert workbook.main(["both"]) == 3
    said = capfd.readouterr().out.splitlines()
    assert said[1:] == ["42"] and said[0].endswith("-c 'print(42); raise SystemExit(3)'")
    assert workbook.main(["-n", "both"]) == 0
    assert len(capfd.readouterr().out.splitlines()) == 2  # shown, not run


def test_the_demo_runs():
    if not workbook.LAB.is_ready():
        pytest.skip("this clone has no .venv: run `python workbook.py setup`")
    done = subprocess.run(
        [sys.executable, "workbook.py", "demo", "MODEL=squeezenet"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "tabby" in done.stdout and "results" in done.stdout


# Environments


def test_conda_installs_what_the_commands_need():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    by_pip = yaml.safe_load(text)["dependencies"][-1]["pip"]
    assert by_pip == [f"-c {workbook.LAB.pins}", " ".join(workbook.LAB.install)]


@pytest.fixture
def room(tmp_path, monkeypatch):
    """An empty workbook, which needs nothing but what a virtual environment has."""
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    for name in ("pins.txt", "pyproject.toml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    return environment.Environment(".venv", "pins.txt", "pip")


def test_an_environment_is_made_once_and_again_when_something_changed(room, tmp_path, capfd):
    assert not room.is_here() and not room.is_ready()
    environment.set_up(room)
    assert "Installing the workbook's packages into .venv with Python 3." in capfd.readouterr().out
    assert room.is_here() and room.is_ready()
    environment.set_up(room)
    assert capfd.readouterr().out == ""
    (tmp_path / "pins.txt").write_text("nothing==1.0\n", encoding="utf-8")
    assert room.is_here() and not room.is_ready()
    (tmp_path / "pins.txt").write_text("", encoding="utf-8")
    moved = tmp_path / ".moved"
    (tmp_path / ".venv").rename(moved)
    assert not environment.Environment(".moved", "pins.txt", "pip").is_here()


def test_packages_that_cannot_be_installed_leave_it_unready(room, monkeypatch):
    monkeypatch.setattr(room, "is_here", lambda: True)
    monkeypatch.setattr(environment, "version", lambda python: "3.12")
    monkeypatch.setattr(environment, "pip", lambda *_: 1)
    (environment.ROOT / ".venv").mkdir()
    (environment.ROOT / ".venv" / ".ready").write_text("of before", encoding="utf-8")
    with pytest.raises(SystemExit, match="check the network connection"):
        environment.set_up(room)
    assert not (environment.ROOT / ".venv" / ".ready").exists()


def test_a_python_that_does_not_do_is_refused_in_a_sentence(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match="Expected PYTHON to name .* but 'no-such-python' is not"):
        environment.chosen("no-such-python")
    assert environment.chosen(sys.executable) == [sys.executable]
    monkeypatch.setattr(environment, "candidates", lambda: [["no-such-python"], [sys.executable]])
    assert environment.chosen() == [sys.executable]
    monkeypatch.setattr(environment, "MAKES", "import no_such_module")
    with pytest.raises(SystemExit, match=r"without its venv .* sudo apt install python3\.\d+-venv"):
        environment.chosen()
    monkeypatch.setattr(environment, "candidates", lambda: [["no-such-python"]])
    with pytest.raises(SystemExit, match="found none of them"):
        environment.chosen()


# The core


def closure(*names):
    """All distributions that some need, as they are installed: {name: the top-level modules}."""
    waiting, seen = list(names), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            needs = map(Requirement, importlib.metadata.requires(name) or [])
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        waiting += [
            n.name.lower() for n in needs if not n.marker or n.marker.evaluate({"extra": ""})
        ]
    return seen


def test_the_core_and_its_explorers_work_without_jupyterlab():
    """What the core alone does not need is hidden; `make colab` does it where there is none."""
    kept = {name.replace("_", "-") for name in closure("zeiler-workbook")}
    assert "ipywidgets" in kept and not {"jupyterlab", "notebook", "nbformat", "pytest"} & kept
    modules = importlib.metadata.packages_distributions()
    canonical = {m: {n.lower().replace("_", "-") for n in names} for m, names in modules.items()}
    hidden = sorted(m for m, names in canonical.items() if not names & kept)
    assert {"jupyterlab", "jupyter_server", "nbformat", "pytest"} <= set(hidden)
    code = (
        f"import sys\nhidden = {set(hidden)}\n"
        "class Hide:\n"
        "    def find_spec(name, *about):\n"
        "        if name.split('.')[0] in hidden:\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hide)\n"
        "from zv_helpers import explorers\n"
        "from zv_helpers.explorers import controls, picture\n"
        "print(picture.Picture().kind, controls.new_widget('Button', 'tip').tooltip)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, ["zv-picture", "tip"]), done.stderr
