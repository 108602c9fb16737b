"""The virtual environments: each is made once, with the packages of one list of pins.

`workbook.py` makes the one that a command needs before it runs it. Later calls find the file .ready
in it and return at once. This runs on any Python from 3.8 on: it looks for the one that is needed.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("3.13", "3.12", "3.11")
FITS = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
MAKES = "import ensurepip, venv"
VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"
HOW = "as in `make lab PYTHON=path/to/python3.12`"


def python_path():
    """Return what PYTHONPATH is to be, so that this clone's package comes before one that is
    installed."""
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))


class Environment:
    """A virtual environment in the workbook's folder.

    Attributes:
        folder: its name; pins: the file of the versions; install: what pip installs.
        python: the path of its Python.
    """

    def __init__(self, folder, pins, *install):
        self.folder, self.pins, self.install = folder, pins, install
        program = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
        self.python = str(Path(folder, *program))

    def wanted(self):
        """Return what it is made of, as text. The folder is part of it: a virtual environment does
        not survive being moved."""
        files = [
            (ROOT / name).read_text(encoding="utf-8") for name in (self.pins, "pyproject.toml")
        ]
        return "\n".join([str(ROOT), *self.install, *files])

    def is_ready(self):
        """Say whether it is there, and made of what is wanted now."""
        try:
            found = (ROOT / self.folder / ".ready").read_text(encoding="utf-8")
        except OSError:
            return False
        return found == self.wanted() and runs([str(ROOT / self.python)], FITS)

    def is_here(self):
        """Say whether it was made in this place, with packages of whatever kind."""
        try:
            text = (ROOT / self.folder / "pyvenv.cfg").read_text(encoding="utf-8")
        except OSError:
            return False
        return str(ROOT / self.folder) in text and runs([str(ROOT / self.python)], FITS)


def runs(python, code):
    """Say whether a Python, the words of a command, runs a line of code without an error."""
    try:
        done = subprocess.run([*python, "-c", code], capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def version(python):
    """Return a Python's version, for instance "3.12"."""
    said = subprocess.run([*python, "-c", VERSION], capture_output=True, text=True)
    return said.stdout.strip()


def candidates():
    """Return the Pythons to try, the newest first; each is the words of a command."""
    named = [[f"python{version}"] for version in VERSIONS]
    if os.name == "nt":
        named = [["py", f"-{version}"] for version in VERSIONS]
    return [*named, [sys.executable], ["python3"], ["python"]]


def chosen(python=""):
    """Return the Python that makes the environment, the words of a command. python: its name or
    path, if the learner gave one. Ends the program with a sentence if there is none."""
    if python and not runs([python], FITS):
        sys.exit(
            f"Expected PYTHON to name Python 3.11, 3.12 or 3.13, but {python!r} is not one of them "
            f"or does not run: name another, {HOW}, or leave PYTHON out."
        )
    fitting = [one for one in ([[python]] if python else candidates()) if runs(one, FITS)]
    for one in fitting:
        if runs(one, MAKES):
            return one
    if fitting:
        name = version(fitting[0])
        sys.exit(
            f"Python {name} is here, but without its venv and ensurepip modules: install them (on "
            f"Debian and Ubuntu: sudo apt install python{name}-venv) and run the same command "
            "again."
        )
    sys.exit(
        "Expected Python 3.11, 3.12 or 3.13, but found none of them: install one (from python.org "
        f"or your system's packages), or say where it is, {HOW}."
    )


def set_up(environment, python=""):
    """Make an `Environment`, unless it is ready. Ends the program with a sentence if it cannot."""
    if environment.is_ready():
        return
    folder = ROOT / environment.folder
    if python or not environment.is_here():
        maker = chosen(python)
    if not environment.is_here():
        if subprocess.run([*maker, "-m", "venv", "--clear", str(folder)]).returncode:
            sys.exit(
                f"Expected {' '.join(maker)!r} to make the folder {environment.folder}, but it "
                "could not: read its message above, and check that there is room on the disk."
            )
    (folder / ".ready").unlink(missing_ok=True)
    print(
        f"Installing the workbook's packages into {environment.folder} with Python "
        f"{version([str(ROOT / environment.python)])}: once, a few minutes, about 2.5 GB.",
        flush=True,
    )
    if pip(environment, *environment.install):
        sys.exit(
            "The packages could not all be installed: check the network connection and the room on "
            "the disk (the message above says which), and run the same command again."
        )
    (folder / ".ready").write_text(environment.wanted(), encoding="utf-8")


def pip(environment, *what):
    """Install packages into an `Environment`, with its pins. Returns pip's exit status."""
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    how = ["-m", "pip", "install", *quiet, "--disable-pip-version-check", "-c", environment.pins]
    return subprocess.run([str(ROOT / environment.python), *how, *what], cwd=str(ROOT)).returncode
