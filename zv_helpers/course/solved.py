"""Which exercises are solved: the checks note it in `results/progress.json`, and `progress` shows
it at the top of each notebook. Nothing leaves the machine."""

import contextlib
import importlib
import json
import os
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

# {folder of the course: title of its notebook}, in the order in which they are read.
LESSONS = {
    "step1": "Define the model",
    "step2": "Define the input image",
    "step3": "Extract features",
    "step4": "Calculate relevance scores",
    "step5": "Generate the heatmap",
    "step6": "Overlay the heatmap",
    "first_filters": "First filters",
    "name_a_map": "Name a map",
    "without_max_pools": "Without max-pools",
    "move_grow_turn": "Move, grow, turn",
    "which_rule_to_believe": "Which rule to believe",
    "watch_a_network_learn": "Watch a network learn",
    "hide_a_part": "Hide a part",
    "do_parts_correspond": "Do parts correspond?",
    "how_far_to_believe_it": "How far to believe it",
    "a_network_that_cheats": "A network that cheats",
    "what_no_heatmap_shows": "What no heatmap shows",
}
SOLVED, OPEN = "✓", "○"
PATIENCE = 2.0  # seconds to wait for another notebook that is writing


def file() -> Path | None:
    """Return the path of the record: `$ZV_PROGRESS`; by default `results/progress.json` in the
    clone that the package lies in, or in the working directory where it lies in none. None where
    `ZV_PROGRESS=0` says to keep no record."""
    chosen = os.environ.get("ZV_PROGRESS")
    if chosen:
        return None if chosen == "0" else Path(chosen)
    clone = Path(__file__).resolve().parents[2]
    return (clone if (clone / "notebooks").is_dir() else Path()) / "results" / "progress.json"


def recorded() -> dict[str, list[str]]:
    """Read the record, {lesson: [names of its solved checks]}; what cannot be read is no record."""
    path = file()
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {
            lesson: [name for name in names if isinstance(name, str)]
            for lesson, names in found.items()
            if isinstance(names, list)
        }
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def record(lesson: str, name: str) -> None:
    """Note that a check was passed. Several notebooks may do so at once: each waits for its turn,
    and the file is replaced as a whole. A file or folder that cannot be written stays as it is."""
    path = file()
    if path is None or name in recorded().get(lesson, ()):
        return
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path.with_suffix(".lock")):
            solved = recorded()
            solved[lesson] = sorted({*solved.get(lesson, ()), name})
            new = path.with_suffix(f".{os.getpid()}")
            new.write_text(json.dumps(solved, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            os.replace(new, path)


@contextlib.contextmanager
def _alone(lock):
    """Hold a lock, a file that only one process can make; one that is left over is taken away."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if time.monotonic() > end:
                break
            time.sleep(0.01)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def exercises(lesson: str) -> list[str]:
    """List the checks of a lesson, in the order of its exercises."""
    checks = importlib.import_module(f"zv_helpers.course.{lesson}.checks")
    return [name for name, value in vars(checks).items() if hasattr(value, "solution")]


@dataclass(frozen=True)
class Overview:
    """Which exercises are solved, to show in a notebook. Made by `progress`.

    Attributes:
        lesson: the notebook's own, a key of `LESSONS`.
        solved: {lesson: whether each of its exercises is solved}.
    """

    lesson: str
    solved: dict[str, tuple[bool, ...]]

    def __repr__(self):
        return "\n".join([self._here(), self._steps(), *self._labs()])

    def _repr_html_(self):
        rest = "<br>".join([self._steps(), " ".join(line.strip() for line in self._labs())])
        return f"<details><summary>{self._here()}</summary><small>{rest}</small></details>"

    def _here(self):
        own = self.solved[self.lesson]
        ticks = "  ".join(f"{_tick(done)} {i}" for i, done in enumerate(own, 1))
        done = sum(map(sum, self.solved.values()))
        return f"Exercises here: {ticks} · {done} of {sum(map(len, self.solved.values()))} in all"

    def _steps(self):
        steps = [one for one in self.solved if one.startswith("step")]
        return "Steps: " + "  ".join(f"{one[4:]} {self._ticks(one)}" for one in steps)

    def _labs(self):
        labs = [one for one in self.solved if not one.startswith("step")]
        # Spaces that do not break keep a title and its ticks together.
        named = [f"{LESSONS[one]} {self._ticks(one)}".replace(" ", "\xa0") for one in labs]
        how = {"subsequent_indent": "  ", "break_on_hyphens": False}
        lines = textwrap.wrap("Labs: " + " · ".join(named), 100, **how)
        return [line.replace("\xa0", " ") for line in lines]

    def _ticks(self, lesson):
        return "".join(map(_tick, self.solved[lesson]))


def _tick(done):
    return SOLVED if done else OPEN


def progress(lesson: int | str) -> Overview:
    """Show which exercises of this notebook, of the six steps and of the labs are solved.

    lesson: the number of a step, or the name of a lab's notebook, "hide_a_part". A check that
    answers "Right" notes it in `results/progress.json` of the workbook; delete the file to begin
    again. Raises a ValueError for a lesson that is not there.
    """
    name = f"step{lesson}" if isinstance(lesson, int) else lesson
    if name not in LESSONS:
        labs = ", ".join(one for one in LESSONS if not one.startswith("step"))
        raise ValueError(f"Expected a step, 1 to 6, or a lab ({labs}), but got {lesson!r}.")
    passed = recorded()
    return Overview(
        name, {one: tuple(c in passed.get(one, ()) for c in exercises(one)) for one in LESSONS}
    )
