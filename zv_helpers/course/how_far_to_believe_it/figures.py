"""The figures of the lab on how far to believe a heatmap: who points at the boxes."""

import numpy as np

from ...draw.colours import BLUE, COLOURS, GREY, SKY, VERMILION
from ..panels import frame, panels, picture
from ..parts import bars


def pointing(game, way, columns=8):
    """Draw how many boxes each way hits, and every photograph with its box and the hottest pixel of
    one way: blue in the box, red beside it; a cross marks the middle. Returns a Figure.

    game: a `trust.PointingGame`; way: one of its (method, rule).
    """
    (height, width, channels), count = game.pictures.shape[1:], len(game.boxes)
    rows, gap, here = -(-count // columns), height // 16, game.place(way)
    wall = np.full((rows * (height + gap), columns * (width + gap), channels), 255, np.uint8)
    figure, axes = panels(2, width=4.0, height=4.3, width_ratios=(2.3, 4))
    hits_of(axes[0], game)
    for i in range(count):
        top, left = corner = i // columns * (height + gap), i % columns * (width + gap)
        wall[top : top + height, left : left + width] = game.pictures[i]
        frame(axes[1], np.add(game.places[i], corner * 2), colour="white", line=0.8)
        mark(axes[1], np.add(corner, (height / 2, width / 2)), "white", "+")
        mark(axes[1], corner + game.points[here, i], SKY if game.hits[here, i] else VERMILION)
    picture(axes[1], wall, f"the hottest pixel: {words(way)}", interpolation="antialiased")
    axes[1].set_axis_off()
    return figure


def pointing_of_four(game, ways, first=0, count=4):
    """Draw how many boxes each way hits, and some pictures of four with the boxes and, in the
    colour of the box that is asked for, the hottest pixel: a row for each way. Returns a Figure.

    game: from `trust.pointing_game_of_four`; ways: some of its (method, rule); first, count: which
        of its pictures.
    """
    figure, axes = panels(count + 2, len(ways), width=1.6, height=1.7)
    grid = axes[0, 0].get_gridspec()
    for ax in axes[:, :2].ravel():
        ax.remove()
    hits_of(figure.add_subplot(grid[:, :2]), game)
    for row, way in zip(axes[:, 2:], ways, strict=True):
        for ax, start in zip(row, range(4 * first, 4 * (first + count), 4), strict=True):
            four = slice(start, start + 4)
            points, hits = game.points[game.place(way), four], game.hits[game.place(way), four]
            picture(ax, game.pictures[start], f"{hits.sum()} of 4", interpolation="antialiased")
            for k, place in enumerate(game.places[four]):
                frame(ax, place, colour=COLOURS[k])
                mark(ax, points[k], COLOURS[k], size=10 - 2 * k)  # so that one shows round another
        row[0].set_ylabel(words(way), fontsize=8)
    return figure


def hits_of(ax, game):
    """Draw the counts of a pointing game as bars, the middle of the picture in grey, and a line for
    a pixel at random; returns `ax`."""
    counts, total = game.hits.sum(axis=1), len(game.boxes)
    colours = [GREY if method == "middle" else BLUE for method, _ in game.ways]
    bars(ax, list(map(words, game.ways)), counts, "how often it points at the box", colour=colours)
    for place, number in enumerate(counts):
        ax.text(number + 0.01 * total, place, str(number), va="center", fontsize=8)
    ax.axvline(game.chance * total, color="0.3", ls="--", lw=1)
    ax.set_xlim(0, 1.12 * total)
    ax.set_xlabel(f"of {total} boxes; dashed: a pixel at random", fontsize=8)
    return ax


def words(way):
    """Name a way of a pointing game: its method and its rule.

    >>> words(("gradcam", "guided")), words(("occlusion", None))
    ('gradcam · guided', 'occlusion')
    """
    return " · ".join(filter(None, way))


def mark(ax, point, colour, marker="o", size=4):
    """Mark a place (row, column) on a picture; returns `ax`."""
    edge = colour if marker == "+" else "black"
    ax.plot(point[1], point[0], marker, ms=size, color=colour, mec=edge, mew=0.8)
    return ax
