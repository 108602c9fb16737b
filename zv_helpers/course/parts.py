"""What figures of several steps are made of: bars, signed maps, and toy arrays in a row."""

import numpy as np

from ..draw.colours import BLUE, signed_colormap
from .panels import colourbar, numbers, panels, picture


def rounded(value):
    """Write a value with few digits, whole from 10 on.

    >>> rounded(123.4), rounded(1.234), rounded(0)
    ('123', '1.2', '0')
    """
    return f"{value:.0f}" if abs(value) >= 9.95 else f"{value:.2g}"


def bars(ax, names, values, title="", unit="", colour=BLUE):
    """Draw named values as horizontal bars, the first on top, on `ax`; returns `ax`.

    colour: one for all, or one for each bar.
    """
    places = np.arange(len(names))
    ax.barh(places, values, color=colour)
    ax.set_yticks(places, names, fontsize=8)
    ax.invert_yaxis()
    ax.axvline(0, color="0.3", lw=0.8)
    ax.set_xlabel(unit, fontsize=8)
    ax.set_title(title, fontsize=9)
    ax.tick_params(labelsize=8)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def signed(ax, values, title="", unit="", bar=True):
    """Draw a signed map (h, w): blue below zero, white at zero, orange-red above; returns `ax`."""
    scale = float(np.abs(values).max(initial=0)) or 1.0
    picture(ax, values, title, cmap=signed_colormap(), vmin=-scale, vmax=scale)
    return colourbar(ax, unit) if bar else ax


def toy_row(arrays):
    """Show small arrays with their numbers in a row; returns a Figure.

    arrays: {title: (h, w)}, or {title: ((h, w), bool (h, w) of squares to frame)}. One colour scale
        serves all.
    """
    pairs = [value if isinstance(value, tuple) else (value, None) for value in arrays.values()]
    scale = max(float(np.abs(values).max(initial=0)) for values, _ in pairs)
    cell, letter = 0.5, 0.07  # inches
    heights = [cell * len(values) for values, _ in pairs]
    widths = [
        max(cell * np.shape(values)[1], letter * len(title))
        for title, (values, _) in zip(arrays, pairs, strict=True)
    ]
    figure, axes = panels(len(pairs), 1, np.mean(widths), max(heights), width_ratios=widths)
    for ax, title, (values, marked) in zip(np.atleast_1d(axes), arrays, pairs, strict=True):
        numbers(ax, values, title, scale, marked)
    return figure


def marked_positions(switches, size):
    """Mark the positions that switches name: bool (H, W). switches: int, row-major in (H, W)."""
    marked = np.zeros(size, bool)
    marked.flat[np.asarray(switches).ravel()] = True
    return marked


def without_empty(axes):
    """Hide the panels on which nothing was drawn."""
    for ax in np.ravel(axes):
        if not ax.has_data():
            ax.set_axis_off()
