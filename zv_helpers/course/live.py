"""What a notebook shows while a network learns: a curve that grows, in one place."""

import time

import numpy as np

from ..draw.colours import BLUE, GREY
from .panels import encoded, panels

BETWEEN = 1.0  # seconds between two pictures


class LiveLosses:
    """A function to call with the losses so far, float (steps,): it draws them under the cell, at
    most once a second, and for the last time when all steps are there.

    steps: how many there will be.
    """

    def __init__(self, steps):
        self.steps, self.handle, self.drawn = steps, None, 0.0

    def __call__(self, losses):
        now, last = time.monotonic(), len(losses) == self.steps
        if not last and now - self.drawn < BETWEEN:
            return
        self.drawn = now
        self.show(losses_curve(losses, self.steps), f"The loss after {len(losses)} steps.")

    def show(self, figure, alt):
        from IPython.display import display

        data = {"image/jpeg": encoded(figure), "text/plain": alt}
        how = {"raw": True, "metadata": {"image/jpeg": {"alt": alt}}}
        if self.handle is None:
            self.handle = display(data, display_id=True, **how)
        else:
            self.handle.update(data, **how)


def losses_curve(losses, steps=None, moments=()):
    """Draw the losses of the steps, and their mean over twenty; returns a Figure.

    Args:
        losses: float (steps so far,); steps: how many there will be, by default as many.
        moments: the steps at which to draw a thin line.
    """
    figure, ax = panels(width=6.4, height=1.9)
    losses, steps = np.asarray(losses, float), steps or len(losses)
    places = np.arange(1, len(losses) + 1)
    ax.plot(places, losses, color=GREY, lw=0.8)
    sums = np.cumsum(np.insert(losses, 0, 0.0))
    wide = np.minimum(places, 20)
    ax.plot(places, (sums[places] - sums[places - wide]) / wide, color=BLUE, lw=1.5)
    for moment in moments:
        ax.axvline(moment, color="0.6", lw=0.6, ls=":")
    ax.set(xlim=(0, steps), ylim=(0, 1.1 * max(losses.max(initial=0), 0.1)))
    ax.set_title("loss of each step's pictures, and the mean of twenty steps", fontsize=9)
    ax.set_xlabel("steps", fontsize=8)
    ax.tick_params(labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    return figure
