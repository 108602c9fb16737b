"""The first cell of every notebook: nothing elsewhere, on Google Colab everything.

Colab is simulated at its outer edge only: a package `google.colab` with the shell's class and the
widget manager. The clone, pip and the package it installs are real.
"""

import ast
import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tools"))

import colab  # noqa: E402
import on_colab  # noqa: E402

NOTEBOOKS = sorted((ROOT / "notebooks").rglob("[!.]*.ipynb"))
REPOSITORY = "https://github.com/lovelace/see"
URL = "https://example.org/manager.js"
GOOGLE = {
    "google/__init__.py": "",
    "google/colab/__init__.py": "from . import _shell, output",
    "google/colab/_shell.py": (
        "from google.colab import output\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "class Shell(InteractiveShell):\n    pass\n"
    ),
    "google/colab/output/__init__.py": (
        "from . import _widgets\n"
        f"def enable_custom_widget_manager():\n    _widgets._installed_url = {URL!r}\n"
    ),
    "google/colab/output/_widgets.py": "_installed_url = None\n",
}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def bare(notebook):
    """A notebook as it was before the tool."""
    title, *rest = notebook["cells"]
    lines = [colab.LINK.sub("", line) for line in title["source"]]
    kept = [cell for cell in rest if not colab.is_first_cell(cell)]
    return notebook | {"cells": colab.numbered([title | {"source": lines}, *kept])}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_gets_link_and_cell_once_and_keeps_all_else(path):
    before = bare(read(path))
    place = path.relative_to(ROOT).as_posix()
    after = colab.with_colab(before, place, REPOSITORY)
    title, first, *rest = after["cells"]
    address = f"https://colab.research.google.com/github/lovelace/see/blob/main/{place}"
    assert "".join(title["source"]).count(f" · [open in Colab]({address})") == 1
    assert first["source"] != "" and "colab" in first["metadata"]["tags"]
    picture = re.search(r"!\[.+?\]\((.+?)\)", "".join(title["source"]))
    shown = ast.literal_eval(re.search(r"set_up\((.*)\)", first["source"][-1])[1] or "None")
    assert shown == (picture and (path.parent / picture[1]).resolve().relative_to(ROOT).as_posix())
    assert shown is None or (ROOT / shown).is_file()
    assert bare(after) == before
    counts = [cell["execution_count"] for cell in after["cells"] if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert colab.with_colab(after, place, REPOSITORY) == after
    moved = colab.with_colab(after, place, "https://github.com/eve/look")
    assert "lovelace" not in json.dumps([moved["cells"][:2]]) and len(moved["cells"]) == len(
        after["cells"]
    )
    assert colab.written(read(path)) == path.read_text(encoding="utf-8")  # as nbformat writes it


def test_of_six_titles_five_have_a_picture_and_an_address_is_none():
    titles = ["".join(read(path)["cells"][0]["source"]) for path in NOTEBOOKS]
    found = [colab.picture_of(title, "notebooks/x.ipynb") for title in titles]
    assert found.count(None) == len(found) - 5
    assert colab.picture_of("![a](https://example.org/a.jpg)", "notebooks/x.ipynb") is None
    assert colab.picture_of("![a](../../docs/a.jpg)", "notebooks/labs/x.ipynb") == "docs/a.jpg"


def test_every_notebook_carries_link_and_cell():
    if not any(map(colab.is_first_cell, (c for path in NOTEBOOKS for c in read(path)["cells"]))):
        pytest.skip("tools/colab.py has not been run yet")
    command = [sys.executable, "tools/colab.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_readme_names_the_same_repository():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first = "notebooks/01_define_the_model.ipynb"
    assert f"]({colab.colab_address(first, colab.repository())})" in text
    assert f"git clone --depth 1 {colab.repository()}\n" in text
    name = colab.repository().removeprefix("https://github.com/")
    assert (
        f"](https://mybinder.org/v2/gh/{name}/main?urlpath=lab%2Ftree%2F{quote(first, '')})" in text
    )


def test_a_title_without_its_line_is_refused():
    with pytest.raises(ValueError, match="About … minutes"):
        colab.with_link("# A title\n\nand no more", "address")


def test_the_cell_is_short_and_does_nothing_elsewhere(capfd):
    source = colab.first_cell(colab.repository())
    assert len([line for line in source.split("\n") if line.strip()]) <= 4
    names = {"get_ipython": lambda: "<ipykernel.zmqshell.ZMQInteractiveShell>"}
    before = (set(sys.modules), list(sys.path), os.getcwd())
    exec(TransformerManager().transform_cell(source), names)
    assert (set(sys.modules), list(sys.path), os.getcwd()) == before
    assert set(names) == {"get_ipython", "__builtins__"} and capfd.readouterr() == ("", "")


def test_only_what_is_missing_would_be_installed():
    core = [one.split(">")[0] for one in on_colab.requirements()]
    assert {"tensorflow", "ipywidgets", "anywidget"} <= set(core)
    assert not {"jupyterlab", "pytest"} & set(core)
    pins = on_colab.present([*core, "no-such-package"])
    assert [one.split("==")[0] for one in pins] == core
    assert on_colab.pip_command()[-len(core) - 2 :] == ["-e", str(ROOT), *pins]


@pytest.fixture
def content(tmp_path):
    """A folder as Colab's, with a Python that has the packages of this one but not the workbook,
    and `google.colab`. Gives (folder, Python)."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for folder in {path for path in sys.path if Path(path).name == "site-packages"}:
        for path in Path(folder).iterdir():
            if "zeiler" not in path.name and path.name not in ("google", "__pycache__"):
                (packages / path.name).symlink_to(path)
    # TensorFlow's protobuf lives in `google` too: a package of both.
    import google.protobuf

    for name, text in GOOGLE.items():
        path = packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (packages / "google" / "protobuf").symlink_to(Path(google.protobuf.__file__).parent)
    venv = tmp_path / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (site,) = venv.glob("[Ll]ib/**/site-packages")
    (site / "packages.pth").write_text(f"{packages}\n", encoding="utf-8")
    folder = tmp_path / "content"
    folder.mkdir()
    return folder, str(venv / "bin" / "python")


@pytest.fixture
def published(tmp_path):
    """A repository with the workbook as it is here now, committed; gives its address."""
    folder = tmp_path / "published"
    subprocess.run(["git", "clone", "-q", ROOT, folder], check=True)
    for name in ("zv_helpers", "tools"):
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", folder)
    git = ["git", "-C", folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "As it is"], check=True)
    return folder.as_uri()


ON_COLAB = """
import sys
from google.colab import _shell
from IPython.utils.capture import capture_output
shell = _shell.Shell.instance()
sys.path.insert(0, "")  # as IPython's kernel has it

def run(source):
    shell.run_cell(source).raise_error()

with capture_output() as shown:
    run({cell!r})
print(*(one.data["image/jpeg"] for one in shown.outputs))
assert _shell.output._widgets._installed_url, "the widget manager"
run({again!r})  # another notebook
run('''
import os, sys
from pathlib import Path
import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.explorers.picture import Picture
from zv_helpers.explorers.versions import VIEW, bundle
here = Path.cwd()
assert Path(zv.__file__).parents[1] == here / "zv" == zv.data_folder().parent, zv.__file__
picture = Picture()
print(bundle(picture, picture)[1][VIEW]["colab"]["custom_widget_manager"]["url"])
''')
"""


@pytest.mark.skipif(os.name == "nt", reason="Colab is a Linux machine")
def test_on_colab_the_cell_clones_installs_and_lets_widgets_be_shown(content, published):
    folder, python = content
    picture = "docs/explorers/neuron.jpg"
    cells = {"cell": colab.first_cell(published, picture), "again": colab.first_cell(published)}
    # Nothing may come from outside: what the core needs is there, as on Colab.
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_CONFIG_FILE": os.devnull}
    known = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL"))}

    def of_colab(code):
        return subprocess.run(
            [python, "-c", code], cwd=folder, env=known | offline, capture_output=True, text=True
        )

    done = of_colab(ON_COLAB.format(**cells))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    *shown, url = done.stdout.split()
    assert [base64.b64decode(one) for one in shown] == [(ROOT / picture).read_bytes()]
    assert url == URL
    # Another session of the same machine, from any folder.
    done = of_colab("import os; os.chdir('/'); import zv_helpers; print(zv_helpers.data_folder())")
    assert done.stdout.strip() == str((folder / "zv" / "data").resolve()), done.stderr
