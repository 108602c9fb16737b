"""Every command of the workbook, on every system: `python workbook.py COMMAND`.

`make COMMAND` calls it too. What a command needs is installed first, in a virtual environment of
the workbook's own. NAME=value is an option, as with make; other words go on to the program. Any
Python from 3.8 on starts this; it looks for the one that is needed.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections import namedtuple

from tools.environment import ROOT, Environment, pip, runs, set_up

LAB = Environment(".venv", "constraints.txt", "-e", ".[lab,test]")
COLAB = Environment(".venv-colab", "constraints-colab.txt", "-e", ".", "nbval", "pytest-xdist")
EXTRAS = {  # installed where first needed
    "browser": "import axe_playwright_python, playwright",
    "book": "import myst_nb, sphinx_book_theme, sphinx_revealjs",
}

# What may be said as NAME=value, and what it is else.
OPTIONS = {
    "PYTHON": "",  # that makes .venv; else the newest of 3.13, 3.12 and 3.11 that runs
    "PHOTO": "data/photos/tabby_cat.jpg",
    "MODEL": "",  # else the default one, see load_model
    "EXAMPLES": "500",  # how many random networks and numbers `fuzz` tries for each property
}

# Two processes at a time; what is in one file stays in one of them, with the networks it loads. In
# the order of the files: else those with few tests come last, and among them are the longest.
TWO = "-n 2 --dist loadfile --no-loadscope-reorder"
# No progress bars: on a slow machine they would be outputs that no notebook saved. Nothing is
# compiled beside: most of it would be ready when the notebook has ended. TensorFlow is imported
# once for many kernels.
NBVAL = (
    f"TQDM_DISABLE=1 ZV_COMPILE_AFTER=3600 python -m pytest -p tools.warm_kernels {TWO} "
    "--nbval-current-env --nbval-cell-timeout=300 --nbval-sanitize-with tests/nbval_sanitize.cfg"
)
# The longest of the six first: else one process works alone at the end.
NOTEBOOKS = "notebooks/06*.ipynb notebooks/0[1-5]*.ipynb"
LABS = "notebooks/labs/*.ipynb"
# In them networks learn, for a minute or two together; ZV_TRAIN=0 loads those that have learnt.
LEARNING = (
    "notebooks/labs/a_network_that_cheats.ipynb notebooks/labs/first_filters.ipynb "
    "notebooks/labs/watch_a_network_learn.ipynb"
)
BENCHMARKS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("benchmarks/*.py"))

# about: for the list. lines: what is run, one after the other, until one fails: `python` is the
# environment's, words before it are environment variables, {NAME} is an option, {words} what else
# was said; a line that begins with @ is not shown. extras: of the package, needed besides.
Command = namedtuple("Command", "about lines environment extras", defaults=((), LAB, ()))
SLIDES = "python tools/slides.py"
BOOK = [SLIDES, "python tools/book.py"]

COMMANDS = {
    "help": Command("List every command", environment=None),
    "setup": Command("Make .venv with the pinned packages (the others do it when it is needed)"),
    "lab": Command(
        "Open JupyterLab on the first notebook; more words are its options",
        ["@python tools/lab.py {words}"],
    ),
    "demo": Command(
        "The six steps in the terminal (PHOTO=my.jpg MODEL=vgg16-conv)",
        ["@python -m zv_helpers {PHOTO} --model={MODEL} {words}"],
    ),
    "book": Command(
        "The notebooks, labs and pages as a static site, book/_build/html/index.html",
        BOOK,
        extras=["book"],
    ),
    "slides": Command(
        "The notebooks and labs as slides, book/_build/html/slides", [SLIDES], extras=["book"]
    ),
    "test": Command(
        "Doctests, tests, the notebooks with the three shipped networks, the labs with two",
        [
            f"python -m pytest {TWO} --ignore=tests/browser",
            f"ZV_TRAIN=0 ZV_MODEL=squeezenet {NBVAL} --nbval {LABS} {NOTEBOOKS}",
            f"ZV_MODEL=vgg16-conv {NBVAL} --nbval-lax {NOTEBOOKS}",
            f"ZV_TRAIN=0 ZV_MODEL=efficientnet-lite0 {NBVAL} --nbval-lax {LABS} {NOTEBOOKS}",
        ],
    ),
    "coverage": Command(
        "Tests alone, and which lines of zv_helpers none of them runs",
        [
            f"python -m pytest {TWO} --ignore=tests/browser "
            "--cov=zv_helpers --cov-report=term-missing:skip-covered"
        ],
    ),
    "test-browser": Command(
        "Drive the notebooks in Chromium",
        ["python -m pytest -n 2 --dist loadscope -m browser tests/browser"],
        extras=["browser"],
    ),
    "test-book": Command(
        "Build the book, read it and its slides in Chromium (ZV_ALL_PAGES=1: axe on every page)",
        [*BOOK, "python -m pytest -m book tests/browser/test_book.py"],
        extras=["book", "browser"],
    ),
    "colab": Command(
        "The explorers' tests and all notebooks with the versions that Colab has, in .venv-colab",
        [
            f"python -m pytest {TWO} tests/explorers",
            f"ZV_TRAIN=0 ZV_MODEL=squeezenet {NBVAL} --nbval {LABS} {NOTEBOOKS}",
        ],
        COLAB,
    ),
    "thorough": Command(
        "What `test` leaves out: large networks, long countings, labs that train; a few minutes",
        [
            f"python -m pytest {TWO} -m thorough --ignore=tests/browser",
            f"ZV_MODEL=squeezenet {NBVAL} --nbval {LEARNING}",
        ],
    ),
    "fuzz": Command(
        "Look for wrong numbers in many more random networks (EXAMPLES=500)",
        ["ZV_EXAMPLES={EXAMPLES} python -m pytest tests/property"],
    ),
    "notebooks": Command(
        "Execute all notebooks and labs and save them, ready to commit",
        ["python tools/execute_notebooks.py"],
    ),
    "atlases": Command(
        "Build the atlases that ship again, data/atlas: after a change of weights or photographs",
        ["python tools/atlases.py"],
    ),
    "networks-page": Command(
        "Write docs/networks.md: what becomes of every network of the corpus",
        ["python tools/networks_page.py"],
    ),
    "arbiter": Command(
        "Ask every check of every heatmap and write docs/arbiter.md; half an hour, goes on where "
        "it stopped",
        ["python tools/arbiter.py {words}"],
    ),
    "lint": Command(
        "Check the style of code and notebooks, and the types",
        ["python -m ruff check .", "python -m ruff format --check .", "python -m mypy"],
    ),
    "format": Command(
        "Correct the style of code and notebooks",
        ["python -m ruff check --fix .", "python -m ruff format ."],
    ),
    "bench": Command(
        "Run every benchmark, each printing its ratio",
        [f"python {script}" for script in BENCHMARKS],
        extras=["browser"],
    ),
    "clean": Command(
        "Remove the environments, caches and written pictures; your photographs stay",
        environment=None,
    ),
}
RUBBISH = (
    ".venv .venv-colab build dist results book/_build *.egg-info .pytest_cache .ruff_cache "
    ".mypy_cache .hypothesis .coverage **/__pycache__ **/.ipynb_checkpoints"
)


def help_text():
    """Return the list of all commands, a line each."""
    width = max(map(len, COMMANDS))
    lines = [f"{name:{width}}  {command.about}" for name, command in COMMANDS.items()]
    first = "make COMMAND, or python workbook.py COMMAND (-n says what it would run):"
    return "\n".join([first, *lines])


def understood(arguments):
    """Return (command's name, options, other words, whether to run it) of a command line; ends the
    program with a sentence if there is no such command, or it takes no more words."""
    options, words = dict(OPTIONS), []
    for one in arguments:
        name, equals, value = one.partition("=")
        if equals and name in OPTIONS:
            options[name] = value or OPTIONS[name]
        else:
            words.append(one)
    dry = words[:1] == ["-n"]
    name, *words = words[dry:] or ["help"]
    if name not in COMMANDS:
        sys.exit(f"Expected one of {', '.join(COMMANDS)}, but got {name!r}.")
    if words and not any("{words}" in line for line in COMMANDS[name].lines):
        sys.exit(
            f"Expected no more words after {name}, but got {' '.join(words)!r}; "
            f"the options are {', '.join(f'{option}=…' for option in OPTIONS)}."
        )
    return name, options, words, not dry


def parts(line, python, options, words):
    """Return a line of a command as (environment variables, words of the command)."""
    found, variables = [], {}
    for part in shlex.split(line.lstrip("@")):
        name, equals, value = part.partition("=")
        if equals and name.isupper() and not found:
            variables[name] = value.format(**options)
        elif part == "python" and not found:
            found.append(python)
        elif part == "{words}":
            found += words
        elif "*" in part:
            found += sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(part))
        else:
            found.append(part.format(**options))
    return variables, found


def shown(variables, words):
    """Return a command as one would type it."""
    return " ".join([f"{name}={value}" for name, value in variables.items()] + [shlex.join(words)])


def run(variables, words):
    """Run a command in the workbook's folder, and return its exit status. Ctrl-C is the command's
    own affair, and so is being ended by another program."""
    process = subprocess.Popen(words, cwd=str(ROOT), env={**os.environ, **variables})
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while True:
        try:
            status = process.wait()
            return status if status >= 0 else 128 - status  # as a shell says it
        except KeyboardInterrupt:
            pass


def prepare(command, options):
    """Install what a command needs, where that is not done yet."""
    set_up(command.environment, options["PYTHON"])
    python = [str(ROOT / command.environment.python)]
    for extra in command.extras:
        if not runs(python, EXTRAS[extra]) and pip(command.environment, "-e", f".[{extra}]"):
            sys.exit(f"The extra {extra!r} could not be installed; see above why.")


def clean():
    """Remove what the commands have made."""
    for pattern in RUBBISH.split():
        for path in list(ROOT.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def main(arguments):
    """Run one command; returns the exit status."""
    name, options, words, really = understood(arguments)
    command = COMMANDS[name]
    if name == "help":
        print(help_text())
    elif name == "clean" and really:
        clean()
    elif command.environment and really:
        prepare(command, options)
    for line in command.lines:
        variables, found = parts(line, command.environment.python, options, words)
        if not (really and line.startswith("@")):
            print(shown(variables, found), flush=True)
        if really:
            status = run(variables, [str(ROOT / found[0]), *found[1:]])
            if status:
                return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
