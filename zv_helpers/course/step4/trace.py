"""The figures of step 4 that follow one traced projection from its neuron down to the pixels."""

import numpy as np

from ...draw.colours import COLOURS, signed_colormap
from ...draw.signals import clear_scale
from ...network.network import Table
from ..panels import frame, panels, picture, signal


def milestones(projection):
    """List the steps of a traced projection that count: those at which its window grew, every
    unpooling, and the last. Returns a `Table`."""
    rows, largest = [], 0
    for step in projection.trace:
        (top, left, bottom, right), (h, w) = step.pixels_box, step.values.shape[:2]
        area = (bottom - top) * (right - left)
        if area > largest or step.title == "unpool" or step is projection.trace[-1]:
            largest = max(area, largest)
            where = f"rows {top}–{bottom - 1}, columns {left}–{right - 1}"
            rows.append((step.layer, step.title, f"{h} × {w}", where))
    return Table(("layer reversed", "step", "window", "lies on the pixels"), tuple(rows))


def window_growing(features, projection):
    """Draw a traced projection's windows: at its start, after each unpooling, and in the pixels.

    Beside it the signal it ends in, laid into the whole input. Returns the Figure.
    """
    trace = projection.trace
    chosen = [trace[0], *(s for s in trace if s.title == "unpool"), trace[-1]]
    figure, axes = panels(2, width=3.0)
    picture(axes[0], features.image.pixels, "the window growing on the photograph")
    for number, step in enumerate(chosen):
        frame(axes[0], step.pixels_box, colour=COLOURS[number % len(COLOURS)])
        h, w = step.values.shape[:2]
        name = "pixels" if step is trace[-1] else f"{step.layer}: {step.title}"
        axes[0].plot([], [], lw=3, color=COLOURS[number % len(COLOURS)], label=f"{h} × {w}  {name}")
    legend = axes[0].legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.02), fontsize=7, frameon=False
    )
    legend.set_in_layout(True)
    signal(axes[1], projection.on_canvas(), "the signal in the pixels", projection.scale)
    return figure


def around_last_unpooling(projection):
    """Return the steps of a traced projection around its last unpooling: at most five `TraceStep`s.

    The step before it, the unpooling, what follows, and the pixels last; without unpooling, the
    last five steps.
    """
    unpooled = [i for i, step in enumerate(projection.trace) if step.title == "unpool"]
    at = unpooled[-1] if unpooled else len(projection.trace) - 4
    steps = list(projection.trace[max(at - 1, 0) :])
    return steps if len(steps) <= 5 else [*steps[:4], steps[-1]]


def steps_on_the_way(steps, reach=28):
    """Show the signal after each of some steps of the reverse pass, close up; returns the Figure.

    Of a signal with many feature maps one is shown, the same as long as it is there and at the same
    scale: that with the most of both signs. Blue is negative, white zero, red positive. The last
    step's signal is a picture, zero is mid-grey.

    steps: `TraceStep`s; reach: how many pixels are shown to each side of the strongest place.
    """
    figure, axes = panels(len(steps), width=1.75)
    channel, channels, centre, scale = None, None, None, None
    for ax, step in zip(np.atleast_1d(axes), steps, strict=True):
        n = step.values.shape[2]
        title = f"{step.layer}\n{step.title}, negative {np.mean(step.values < 0):.0%}"
        if n != channels and n not in (1, 3):
            channels, scale = n, None
            positive, negative = (np.maximum(s * step.values, 0).sum(axis=(0, 1)) for s in (1, -1))
            channel = int(np.minimum(positive, negative).argmax())
        if centre is None:
            centre = strongest_pixel(step, channel)
        values = close_up(step, centre, reach)
        if n in (1, 3):
            signal(ax, values, title)
        else:
            values = values[..., channel]
            scale = scale or clear_scale(values) or 1.0
            picture(ax, values, title, cmap=signed_colormap(), vmin=-scale, vmax=scale)
    return figure


def strongest_pixel(step, channel):
    """Find the pixel (row, column) over which a step's signal is strongest in one feature map."""
    h, w = step.values.shape[:2]
    top, left, bottom, right = step.pixels_box
    sizes = np.abs(step.values if channel is None else step.values[..., [channel]]).sum(axis=2)
    row, column = np.unravel_index(np.argmax(sizes), (h, w))
    return top + (row + 0.5) * (bottom - top) / h, left + (column + 0.5) * (right - left) / w


def close_up(step, centre, reach):
    """Cut what lies within `reach` pixels of a place on the photograph out of a step's signal."""
    h, w = step.values.shape[:2]
    top, left, bottom, right = step.pixels_box
    rows, columns = ((bottom - top) / h, (right - left) / w)
    first = (
        max(round((centre[0] - reach - top) / rows), 0),
        max(round((centre[1] - reach - left) / columns), 0),
    )
    last = round((centre[0] + reach - top) / rows), round((centre[1] + reach - left) / columns)
    return step.values[first[0] : max(last[0], first[0] + 1), first[1] : max(last[1], first[1] + 1)]
