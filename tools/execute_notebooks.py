"""Execute the notebooks and save them ready to commit (`make notebooks` runs this).

Each runs in a fresh kernel, in its own folder, with the network that $ZV_MODEL names (SqueezeNet
otherwise). What would differ on the next machine is taken out: widget state, run times, versions.
A notebook that fails is left as it was.
"""

import argparse
import os
import re
import sys
import time

import nbformat
import zmq
from environment import python_path
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from traitlets.config import Config
from which_notebooks import ask_which

CELL_SECONDS = 300
LARGEST = 1_500_000
CELL_METADATA = ("tags", "slideshow", "jupyter")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
MACHINE_PATH = re.compile(
    r"(?<![\w.:/])/(?:home|root|tmp|Users|work|var|private|opt)/\w|[A-Z]:\\Users"
)


def execute(notebook, folder):
    """Run every cell of `notebook` (an nbformat node) in `folder`, in place."""
    # An encrypted kernel has no warning to print about that.
    encryption = "auto" if zmq.has("curve") else "disabled"
    NotebookClient(
        notebook,
        config=Config(KernelManager={"transport_encryption": encryption}),
        timeout=CELL_SECONDS,
        kernel_name="python3",
        coalesce_streams=True,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    ).execute()


def clean(notebook):
    """Take out of `notebook`, in place, what belongs to one run or one machine."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata}
        cell.metadata = nbformat.from_dict(kept)
        for output in cell.get("outputs", []):
            # Without its state a widget can't be shown; the picture saved beside it can.
            output.get("data", {}).pop(WIDGET_VIEW, None)


def text_of(output):
    """All text of one output, pictures left out, as a str."""
    if output.output_type == "stream":
        return output.text
    data = output.get("data", {})
    return "\n".join(str(value) for kind, value in data.items() if not kind.startswith("image/"))


def complaints(notebook, text):
    """What keeps an executed notebook from being committed, as a list of sentences."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                continue
            match = MACHINE_PATH.search(text_of(output))
            if match:
                found.append(
                    f"the output of cell {cell.execution_count} names a folder of this machine "
                    f"({match.group()}…): print a path relative to the repository"
                )
    size = len(text.encode())
    if size > LARGEST:
        found.append(f"it is {size / 1e6:.1f} MB and at most 1.5 MB fit: show smaller pictures")
    return found


def refresh(path):
    """Execute, clean and save one notebook. Returns a sentence on what is wrong, or None."""
    notebook = nbformat.read(path, as_version=4)
    started = time.perf_counter()
    try:
        execute(notebook, path.parent)
    except (CellExecutionError, CellTimeoutError) as error:
        return f"{path.name} was left as it was, because a cell failed.\n{error}"
    seconds = time.perf_counter() - started
    clean(notebook)
    nbformat.validate(notebook)
    text = nbformat.writes(notebook) + "\n"
    found = complaints(notebook, text)
    if found:
        return f"{path.name} was left as it was: {'; '.join(found)}."
    path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{path.name}: {seconds:.0f} s, {len(text.encode()) / 1000:.0f} kB", flush=True)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask_which(parser)
    paths = parser.parse_args().notebooks
    os.environ.setdefault("ZV_MODEL", "squeezenet")
    os.environ["TQDM_DISABLE"] = "1"  # no progress bar is worth saving
    os.environ["ZV_PROGRESS"] = "0"  # nor are the ticks of whoever saves them
    os.environ["PYTHONPATH"] = python_path()
    wrong = [sentence for sentence in map(refresh, paths) if sentence]
    if wrong:
        sys.exit("\n\n".join(wrong))


if __name__ == "__main__":
    main()
