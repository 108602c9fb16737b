"""What a notebook needs on Google Colab, once its first cell has cloned the workbook there.

Colab has TensorFlow and ipywidgets of its own, and no JupyterLab. Nothing of that is changed: only
what is missing is installed. The clone is where the data is, so the package is used from there; the
working directory stays Colab's, where uploaded photographs go.
"""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

CLONE = Path(__file__).resolve().parents[1]


def requirements():
    """List what the workbook's core requires, from pyproject.toml: a list of str."""
    text = (CLONE / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["dependencies"]


def present(names):
    """Return those of some distributions that are installed, as pins: a list of str."""
    found = []
    for name in names:
        try:
            found.append(f"{name}=={importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def pip_command():
    """Return the words that install the workbook from its clone, and what Colab lacks of what it
    requires; what is there stays as it is, or pip says why it cannot."""
    pins = present(re.match(r"[\w.-]+", one)[0] for one in requirements())
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return [*pip, "-e", str(CLONE), *pins]


def install():
    """Install the workbook. Raises a RuntimeError with pip's words if that cannot be."""
    done = subprocess.run(pip_command(), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise RuntimeError(f"The workbook could not be installed on Colab: {done.stderr.strip()}")


def set_up(picture=None):
    """Make the workbook and its explorers work in this notebook; a second call does no harm.

    picture: the title's, a path in the clone, to show here; the title does not find it on Colab.
    """
    if not present(["zeiler-workbook"]):
        install()
    if str(CLONE) not in sys.path:  # installed packages are found in the next session only
        sys.path.insert(0, str(CLONE))
    from google.colab import output

    output.enable_custom_widget_manager()  # else no picture of an explorer is shown
    if picture:
        from IPython.display import Image, display

        display(Image(filename=CLONE / picture, metadata={"alt": "The picture of the title."}))
