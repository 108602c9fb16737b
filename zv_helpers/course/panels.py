"""What every figure of the notebooks shares: its panels, its size on the page, and its text
alternative."""

import io

import numpy as np
from PIL import Image

from ..draw.colours import ORANGE, SKY, in_rgb, signed_colours
from ..draw.signals import signal_picture

PANEL = 2.6  # inches


def panels(columns=1, rows=1, width=PANEL, height=None, **how):
    """Make a figure of panels, outside pyplot.

    Args:
        columns, rows: how many panels; width, height: of one of them, in inches.
        how: passed to `Figure.subplots`, for instance width_ratios.

    Returns (Figure, axes): one Axes, or an array of them, (columns,) or (rows, columns).
    """
    from matplotlib.figure import Figure

    size = (columns * width, rows * (width if height is None else height) + 0.2)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, **how)
    return figure, axes


def picture(ax, pixels, title="", **how):
    """Show a picture on `ax`, without ticks and with nearest-neighbour pixels; returns `ax`.

    pixels: uint8 RGB (h, w, 3) or grey (h, w, 1), or (h, w) with a colormap in `how`.
    """
    how.setdefault("interpolation", "nearest")
    # Without this, matplotlib would show grey in its own colours, from its own darkest on.
    ax.imshow(in_rgb(pixels) if np.ndim(pixels) == 3 else pixels, **how)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_title(title, fontsize=9)
    return ax


def signal(ax, values, title="", scale=None):
    """Show a signal at the pixels, float (h, w, 3) or (h, w, 1), zero as mid-grey; returns `ax`."""
    return picture(ax, signal_picture(values, scale), title)


def numbers(ax, values, title="", scale=None, marked=None):
    """Show a small array as coloured squares with its numbers in them, for the 4×4 toys; returns
    `ax`.

    Args:
        values: (h, w); blue is negative, white zero, orange-red positive.
        scale: the absolute value of the strongest colour, by default the largest.
        marked: bool (h, w): squares that get a bold frame.
    """
    from matplotlib.patches import Rectangle

    values = np.asarray(values)
    picture(ax, signed_colours(values, scale, (SKY, ORANGE)), title)
    for (row, column), value in np.ndenumerate(values):
        text = f"{value:g}".replace("-", "−")
        ax.text(column, row, text, ha="center", va="center", fontsize=9)
        if marked is not None and marked[row, column]:
            frame = Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, fill=False, lw=2)
            ax.add_patch(frame)
    ax.set_xticks(np.arange(-0.5, values.shape[1]), minor=True)
    ax.set_yticks(np.arange(-0.5, values.shape[0]), minor=True)
    ax.grid(which="minor", color="0.7", lw=0.6)
    ax.tick_params(which="minor", length=0)
    return ax


def colourbar(ax, unit="", axes=None, shrink=0.8, pad=0.03):
    """Put a colourbar beside the picture on `ax` (or beside several, `axes`); returns `ax`."""
    bar = ax.figure.colorbar(ax.images[0], ax=axes or ax, shrink=shrink, pad=pad)
    bar.ax.tick_params(labelsize=7)
    bar.set_label(unit, fontsize=8)
    return ax


def frame(ax, box, label="", colour=ORANGE, line=1.6):
    """Draw a box (top, left, bottom, right) on a picture, `line` points wide; returns `ax`."""
    from matplotlib.patches import Rectangle

    top, left, bottom, right = box
    corner = (left - 0.5, top - 0.5)
    for width, shade in ((1.875 * line, "black"), (line, colour)):
        ax.add_patch(Rectangle(corner, right - left, bottom - top, fill=False, lw=width, ec=shade))
    if label:
        ax.text(left, top - 4, label, color=colour, fontsize=8, va="bottom")
    return ax


def show(figure, alt):
    """Show a figure in the notebook as a small JPEG, with a text alternative.

    Args:
        figure: a matplotlib Figure, or a PIL image such as `atlas.picture` draws.
        alt: one or two sentences that say what is to be seen. Screen readers read it, and nbval
            compares it.
    """
    from IPython.display import display

    display(
        {"image/jpeg": encoded(figure), "text/plain": alt},
        metadata={"image/jpeg": {"alt": alt}},
        raw=True,
    )


def encoded(figure, dpi=96):
    """Draw a figure, or take a PIL image as it is, and return it as base64 JPEG text."""
    import base64

    file = io.BytesIO()
    if isinstance(figure, Image.Image):
        figure.save(file, format="jpeg", quality=75)
    else:
        how = {"quality": 75, "subsampling": 0}
        figure.savefig(file, format="jpeg", dpi=dpi, pil_kwargs=how)
    return base64.b64encode(file.getvalue()).decode("ascii")
