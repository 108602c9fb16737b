"""What was on show before: one step back for each gesture."""

import time
from collections.abc import Callable
from typing import Any

Moment = tuple[Any, Any]  # (context, state)

STEPS = 50
TOGETHER = 1.0  # seconds: changes by one control that follow so soon are one gesture
MEGABYTES = 300  # of features and photographs that steps alone keep in memory


class History:
    """The steps that can be taken back, the newest last, each what was on show before a gesture.

    A context comes back whole, with its features and what was computed from them. So the oldest
    steps go where there are more than `STEPS`, or where their features and photographs take more
    than `MEGABYTES`; the newest stays whatever it takes.

    clock: gives seconds.

    >>> history, context = History(), object()
    >>> for n in range(3):
    ...     history.note((context, n), (context, n + 1), by="a slider")
    >>> len(history), history.back((context, 3)) == (context, 0), len(history)
    (1, True, 0)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._steps = clock, list[Moment]()
        self._by, self._when = None, 0.0

    def __len__(self) -> int:
        return len(self._steps)

    def note(self, before: Moment, after: Moment, by: Any = None) -> None:
        """Note a change. by: what changed it, a control's name; None for what is never one gesture
        with what came before, such as a click on the picture."""
        if _same(before, after):
            return
        now = self._clock()
        together = by is not None and by == self._by and now - self._when <= TOGETHER
        if not (together and self._steps):
            self._steps.append(before)
        self._by, self._when = by, now
        self.settle(after)
        while len(self._steps) > STEPS or len(self._steps) > 1 and self._heavy(after):
            del self._steps[0]

    def rest(self) -> None:
        """Count from now how soon the next change comes: what came last is drawn."""
        self._when = self._clock()

    def settle(self, present: Moment) -> None:
        """Forget the newest steps that lead nowhere, because they are on show."""
        while self._steps and _same(self._steps[-1], present):
            self._steps.pop()

    def back(self, present: Moment) -> Moment | None:
        """Take the newest step back: what was on show before it, or None."""
        self.settle(present)
        self._by = None
        return self._steps.pop() if self._steps else None

    def _heavy(self, present):
        """Whether the steps keep more in memory than they may, beside what is on show."""
        here = set(_parts(present))
        kept = {part for step in self._steps for part in _parts(step)} - here
        return sum(map(_megabytes, kept)) > MEGABYTES


def _same(one, other):
    return one[0] is other[0] and one[1] == other[1]


def _parts(moment):
    """List what takes memory in a moment: features and photographs."""
    context, state = moment
    subject = getattr(context, "subject", None)
    found = subject, getattr(subject, "image", None), getattr(state, "image", None)
    return [one for one in found if one is not None]


def _megabytes(part):
    """Return how much memory features or a photograph take, in MB; 0 for anything else."""
    if hasattr(part, "megabytes"):
        return part.megabytes
    arrays = (getattr(part, name, None) for name in ("pixels", "batch", "original"))
    return sum(one.nbytes for one in arrays if one is not None) / 1e6
