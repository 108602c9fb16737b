"""The house itself: pins, commands, links, shipped files, and notebooks as they are committed."""

import csv
import functools
import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("[!.]*.ipynb"))
SIX = [
    "01_define_the_model.ipynb",
    "02_define_the_input_image.ipynb",
    "03_extract_features.ipynb",
    "04_calculate_relevance_scores.ipynb",
    "05_generate_the_heatmap.ipynb",
    "06_overlay_the_heatmap.ipynb",
]
LABS = [
    "a_network_that_cheats.ipynb",
    "do_parts_correspond.ipynb",
    "first_filters.ipynb",
    "hide_a_part.ipynb",
    "how_far_to_believe_it.ipynb",
    "move_grow_turn.ipynb",
    "name_a_map.ipynb",
    "watch_a_network_learn.ipynb",
    "what_no_heatmap_shows.ipynb",
    "which_rule_to_believe.ipynb",
    "without_max_pools.ipynb",
]
# Written so that these lines do not match themselves.
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])/(?:home|root|tmp|Users|work)/\w|\b[A-Z]:\\Users|\.\./(?:\.\./)?shared/"
)
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|anaconda\.org|deb\.debian\.org|"
    r"--(?:extra-)?index-url|--find-[l]inks"
)
MARKDOWN_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
HTML_LINK = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=[\"']([^\"']+)[\"']")
HTML_IMAGE = re.compile(r"<img\b[^>]*>")


@functools.cache
def project_files():
    """Every file git keeps or would keep, as Paths relative to the repository."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this copy of the workbook is not a git clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return tuple(
        Path(name) for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file()
    )


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def joined(text):
    return text if isinstance(text, str) else "".join(text)


def output_text(output):
    """The text of one output of a cell, its pictures left out."""
    texts = [joined(output.get("text", "")), *output.get("traceback", [])]
    for kind, value in output.get("data", {}).items():
        if not kind.startswith("image/"):
            texts.append(json.dumps(value) if isinstance(value, dict) else joined(value))
    return "\n".join(texts)


def readable_text(path):
    """The text of a file, a notebook without its pictures; None for a binary file."""
    if path.suffix == ".ipynb":
        parts = []
        for cell in cells(path):
            parts += [joined(cell["source"]), *map(output_text, cell.get("outputs", []))]
        return "\n".join(parts)
    content = path.read_bytes()
    return None if b"\0" in content else content.decode("utf-8")


def prose(path):
    """The Markdown of a .md file or of a notebook, code blocks left out."""
    if path.suffix == ".ipynb":
        text = "\n\n".join(joined(c["source"]) for c in cells(path) if c["cell_type"] == "markdown")
    else:
        text = path.read_text(encoding="utf-8")
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


# Pins


def pyproject():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements():
    project = pyproject()["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(text) for text in [*project["dependencies"], *sum(extras, [])]]


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split("\n")
    return dict(line.split("==") for line in lines if line)


def test_constraints_are_names_and_versions_only():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)] == []
    assert len(pins()) == len(lines)
    assert lines == sorted(lines)


@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.name)
def test_every_dependency_has_a_lower_bound_that_its_pin_meets(requirement):
    assert any(part.operator == ">=" for part in requirement.specifier)
    pin = pins().get(canonicalize_name(requirement.name))
    assert pin is not None, f"{requirement.name} has no pin in constraints.txt"
    assert pin in requirement.specifier, f"{requirement} does not allow its pin {pin}"


def test_what_the_dependencies_need_is_pinned_too():
    on_other_systems = {"appnope", "colorama", "pywinpty"}
    waiting = [(need.name, frozenset(need.extras)) for need in requirements()]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        if (canonicalize_name(name), extras) in seen:
            continue
        seen.add((canonicalize_name(name), extras))
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # playwright, which only the browser tests install
        for need in map(Requirement, needs):
            environments = [{"extra": extra} for extra in ["", *extras]]
            if need.marker is None or any(map(need.marker.evaluate, environments)):
                waiting.append((need.name, frozenset(need.extras)))
    assert {name for name, _ in seen} - set(pins()) - on_other_systems == set()
    assert "tensorflow" in {name for name, _ in seen} and len(seen) > 80


def test_conda_environment_installs_the_same():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    project = pyproject()["project"]
    assert environment["name"] == project["name"]
    assert environment["channels"] == ["conda-forge"]
    python, pip, by_pip = environment["dependencies"]
    version = Requirement(python.replace("=", "=="))
    assert version.name == "python"
    assert next(iter(version.specifier)).version in SpecifierSet(project["requires-python"])
    assert pip == "pip"
    assert by_pip == {"pip": ["-c constraints.txt", "-e .[lab,test]"]}


def test_import_is_light():
    heavy = ["tensorflow", "keras", "matplotlib", "ipywidgets", "IPython", "skimage", "scipy"]
    code = f"import sys, zv_helpers; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (answer.returncode, answer.stderr, answer.stdout.strip()) == (0, "", "[]")


# Commands


def dry_run(*words):
    """The lines that `workbook.py` would run for a command, `python` for the environment's."""
    command = [sys.executable, "workbook.py", "-n", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    python = re.compile(r"(?:^|(?<= ))\.venv(?:-colab)?\S*python\S*(?= -m| tools)")
    return [python.sub("python", line) for line in done.stdout.splitlines()]


def make_targets():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = re.findall(r"^([a-z][a-z -]*):", text, flags=re.MULTILINE)
    return sorted(name for line in lines for name in line.split())


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_alone_and_make_help_list_every_command():
    listed, listed_too = (
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for command in (["make"], ["make", "help"])
    )
    assert listed == listed_too
    names = re.findall(r"^([a-z-]+) {2,}\S", listed, flags=re.MULTILINE)
    assert sorted(names) == make_targets()
    assert {"help", "lab", "demo", "test", "notebooks", "lint"} <= set(names)


def test_ci_runs_the_readmes_tests_and_the_style():
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("make")] == [
        "make lint",
        "make test",
        "make colab",
        "make test-browser",
        "make test-book",
    ]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(command in readme for command in ("make test ", "`make test-browser`"))
    assert dry_run("lint") == [
        "python -m ruff check .",
        "python -m ruff format --check .",
        "python -m mypy",
    ]


def test_the_workflow_runs_what_make_test_runs_on_every_python_and_three_systems():
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    matrix = jobs["test"]["strategy"]["matrix"]
    allowed = SpecifierSet(pyproject()["project"]["requires-python"])
    assert matrix["python"] == [f"3.{n}" for n in range(30) if f"3.{n}" in allowed]
    assert {name.split("-")[0] for name in matrix["system"]} == {"ubuntu", "windows", "macos"}
    run = {name: [s["run"] for s in job["steps"] if "run" in s] for name, job in jobs.items()}
    assert run["test"] == ["python workbook.py test PYTHON=python"]
    assert run["lint-and-browser"] == ["make lint PYTHON=python", "make test-browser PYTHON=python"]
    assert run["colab"] == ["make colab PYTHON=python"]


def test_the_workflow_publishes_the_book_that_make_book_makes():
    text = (ROOT / ".github" / "workflows" / "book.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    steps = jobs["build"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["make book PYTHON=python"]
    (folder,) = [step["with"]["path"] for step in steps if "path" in step.get("with", {})]
    (listed,) = [line for line in dry_run("help") if line.startswith("book ")]
    assert listed.endswith(f"{folder}/index.html")
    assert dry_run("book") == ["python tools/slides.py", "python tools/book.py"]
    assert dry_run("test-book")[:2] == dry_run("book")
    assert jobs["publish"]["needs"] == "build"


def test_pre_commit_uses_what_is_installed_and_fetches_nothing():
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert "://" not in text
    (repository,) = yaml.safe_load(text)["repos"]
    assert repository["repo"] == "local"
    extra = {Requirement(t).name for t in pyproject()["project"]["optional-dependencies"]["test"]}
    for hook in repository["hooks"]:
        assert {"id", "name", "entry", "language"} <= set(hook) and hook["language"] == "system"
        python, dash_m, module, *_ = hook["entry"].split()
        assert (python, dash_m) == (".venv/bin/python", "-m") and module in extra


def test_every_make_command_in_the_documents_exists():
    known = set(make_targets())
    for path in project_files():
        if path.suffix == ".md":
            text = (ROOT / path).read_text(encoding="utf-8")
            named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text, flags=re.MULTILINE))
            assert named <= known, f"{path} names {sorted(named - known)}"


# What others read


def test_the_citation_names_the_project_and_the_paper():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = pyproject()["project"]
    assert citation["cff-version"] == "1.2.0" and citation["message"] and citation["title"]
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])
    assert citation["authors"] == project["authors"]
    (paper,) = citation["references"]
    assert [author["family-names"] for author in paper["authors"]] == ["Zeiler", "Fergus"]
    assert paper["type"] == "conference-paper" and paper["title"] and paper["year"] == 2014
    assert re.fullmatch(r"10\.\d{4,}/\S+", paper["doi"])


def test_the_changelog_begins_with_what_is_unreleased():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text, flags=re.MULTILINE)
    assert versions[0] == ("Unreleased", "")
    assert versions[1][0] == pyproject()["project"]["version"]
    assert all(date for _, date in versions[1:])
    kinds = set(re.findall(r"^### (.+)$", text, flags=re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_types_are_shipped():
    assert (ROOT / "zv_helpers" / "py.typed").is_file()
    shipped = pyproject()["tool"]["setuptools"]["package-data"]["*"]
    assert "py.typed" in shipped
    beside_the_code = {
        path.suffix
        for path in project_files()
        if path.parts[0] == "zv_helpers" and path.suffix != ".py"
    }
    assert {f"*{suffix}" for suffix in beside_the_code - {".typed"}} <= set(shipped)


# Text


def test_no_file_names_a_machine_or_a_registry():
    found = []
    for path in project_files():
        text = readable_text(ROOT / path)
        for pattern in (MACHINE_PATH, REGISTRY):
            match = pattern.search(text or "")
            if match:
                found.append(f"{path}: {match.group()}")
    assert found == []


@pytest.mark.parametrize("text", ["/ro" + "ot/x", "see /ho" + "me/ada", "C:" + "\\Users\\ada"])
def test_the_machine_path_pattern_finds_one(text):
    assert MACHINE_PATH.search(text)


@pytest.mark.parametrize("text", ["https://example.org/wo" + "rk/x", "data/tm" + "p/x", "a/b"])
def test_the_machine_path_pattern_lets_others_be(text):
    assert not MACHINE_PATH.search(text)


def test_links_between_files_lead_somewhere():
    broken = []
    count = 0
    for path in project_files():
        if path.suffix not in {".md", ".ipynb"}:
            continue
        text = prose(ROOT / path)
        targets = [match[2] for match in MARKDOWN_LINK.findall(text)] + HTML_LINK.findall(text)
        for target in targets:
            if re.match(r"[a-z]+:|#|//", target):
                continue
            count += 1
            if not (ROOT / path.parent / unquote(target.split("#")[0])).exists():
                broken.append(f"{path}: {target}")
    assert broken == []
    assert count > 0


def test_pictures_in_prose_have_alt_text():
    silent = []
    for path in project_files():
        if path.suffix not in {".md", ".ipynb"}:
            continue
        text = prose(ROOT / path)
        silent += [
            f"{path}: {target}"
            for picture, alt, target in MARKDOWN_LINK.findall(text)
            if picture and not alt.strip()
        ]
        silent += [
            f"{path}: {tag}"
            for tag in HTML_IMAGE.findall(text)
            if not re.search(r"\balt=[\"'][^\"']", tag)
        ]
    assert silent == []


# Shipped files


def test_shipped_files_match_their_checksums():
    data = ROOT / "data"
    lines = (data / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    expected = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    shipped = {
        path.relative_to("data").as_posix()
        for path in project_files()
        if path.parts[0] == "data" and path.name not in {"SHA256SUMS", "README.md"}
    }
    assert set(expected) == shipped
    actual = {name: hashlib.sha256((data / name).read_bytes()).hexdigest() for name in expected}
    assert actual == expected


def test_every_photograph_has_its_credit():
    photos = ROOT / "data" / "photos"
    with open(photos / "CREDITS.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["file"] for row in rows) == sorted(path.name for path in photos.glob("*.jpg"))
    assert [row["file"] for row in rows if not all(row.values())] == []


def test_own_photographs_stay_out_of_git():
    assert "my_photos" in {path.parts[1] for path in project_files() if path.parts[0] == "data"}
    for name, ignored in (("holiday.jpg", True), ("README.md", False)):
        answer = subprocess.run(
            ["git", "check-ignore", "--no-index", "-q", f"data/my_photos/{name}"], cwd=ROOT
        )
        assert (answer.returncode == 0) is ignored, name


# Notebooks


def test_there_are_the_six_notebooks_and_the_labs():
    places = {path.relative_to(ROOT / "notebooks").as_posix() for path in NOTEBOOKS}
    assert places == {*SIX, *(f"labs/{name}" for name in LABS)}


def test_each_lab_is_linked_from_a_notebook_and_the_readme():
    pages = [path for path in NOTEBOOKS if path.name in SIX]
    for name in LABS:
        assert any(f"](labs/{name})" in prose(path) for path in pages), name
        assert f"](notebooks/labs/{name})" in prose(ROOT / "README.md"), name


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


def test_notebook_was_run_once_from_top_to_bottom(notebook):
    code = [cell for cell in cells(notebook) if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert [cell["execution_count"] for cell in code if not joined(cell["source"]).strip()] == []


def test_notebook_shows_no_error(notebook):
    failed = [
        cell["execution_count"]
        for cell in cells(notebook)
        if any(output["output_type"] == "error" for output in cell.get("outputs", []))
        and "raises-exception" not in cell["metadata"].get("tags", [])
    ]
    assert failed == []


def test_notebook_silences_no_cell_with_a_semicolon(notebook):
    # nbval runs cells outside the history, where a closing semicolon hides nothing.
    code = [cell for cell in cells(notebook) if cell["cell_type"] == "code"]
    silenced = [c["execution_count"] for c in code if joined(c["source"]).rstrip().endswith(";")]
    assert silenced == [], "give the last line's value a name instead"


def test_notebook_shows_nothing_on_standard_error(notebook):
    noisy = [
        cell["execution_count"]
        for cell in cells(notebook)
        if any(output.get("name") == "stderr" for output in cell.get("outputs", []))
    ]
    assert noisy == []


def test_notebook_holds_nothing_of_one_machine(notebook):
    content = json.loads(notebook.read_text(encoding="utf-8"))
    assert set(content["metadata"]) == {"kernelspec", "language_info"}
    assert "version" not in content["metadata"]["language_info"]
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    for cell in content["cells"]:
        assert set(cell["metadata"]) <= {"tags", "slideshow", "jupyter"}, cell["id"]
        for output in cell.get("outputs", []):
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})


def test_notebook_is_small(notebook):
    assert notebook.stat().st_size < 1_500_000


def test_notebook_marks_the_lines_a_learner_edits(notebook):
    tagged = [c for c in cells(notebook) if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    assert re.search(r"^(MODEL|TRAIN) = ", joined(tagged[0]["source"]), re.M)
