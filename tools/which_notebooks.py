"""Which notebooks there are, and in what order: the six steps, then the labs."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def every_notebook():
    """List the paths of all notebooks."""
    folder = ROOT / "notebooks"
    return [*sorted(folder.glob("0*.ipynb")), *sorted(folder.glob("labs/*.ipynb"))]


def ask_which(parser):
    """Give a program's parser the argument `notebooks`, a list of paths; by default all of them."""
    parser.add_argument(
        "notebooks",
        nargs="*",
        type=Path,
        default=every_notebook(),
        help="which ones (default: all)",
    )
