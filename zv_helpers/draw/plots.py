"""Curves and dots with Pillow, for the explorers: axes in words, smooth lines, small pictures."""

import numpy as np
from PIL import Image, ImageDraw

from . import strips
from .page import PAPER

FINER = 3  # lines are drawn this much larger, and made smaller again
TEXT = 13  # pixels
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 66, 44  # round what is plotted
LINE, ROW = 17, 21  # pixels, of each line more of a name, and of each row more of the key


class Plot:
    """What is plotted, in the data's units, on axes with ticks and names.

    size: (width, height) in pixels; where the names or the key take more than a line, it grows.
    across, up: the (lowest, highest) value of each axis; names: in words, of the axis across and of
    the one that goes up, which is written over it; key: explains what is drawn, over the plot, as
    (text, colour, "line", "dashes", "area" or "dot") each.
    """

    def __init__(self, size, across, up, names, percent=False, page=PAPER, key=()):
        width, height = size
        room, rows = width - 2 * strips.MARGIN, _rows(key, width)
        self.below = strips.broken(names[0], TEXT, room)
        self.above = strips.broken(names[1], TEXT + 1, room, bold=True)
        self.top = TOP + _more(self.above) * LINE + _more(rows) * ROW
        self.bottom = BOTTOM + _more(self.below) * LINE
        self.size, self.percent = (width, height + self.top - TOP + self.bottom - BOTTOM), percent
        self.across, self.up = _some(across), _some(up)
        self.shades = shades = page.shades
        self.canvas = Image.new("RGB", tuple(FINER * side for side in self.size), shades.ground)
        self.draw, self.texts = ImageDraw.Draw(self.canvas), []
        self.ticks = [_ticks(*ends) for ends in (self.across, self.up)]
        for value in self.ticks[0]:
            self.line((value, value), self.up, shades.empty, 1)
        for value in self.ticks[1]:
            self.line(self.across, (value, value), shades.empty, 1)
        for ends in ((self.across[0],) * 2, self.up), (self.across, (self.up[0],) * 2):
            self.line(*ends, shades.pale, 1)
        for i, row in enumerate(rows):
            self._explain(row, 28 + _more(self.above) * LINE + i * ROW)

    def at(self, x, y):
        """Return where (x, y) of the data is in the picture, in pixels."""
        (width, height), (left, right), (low, high) = self.size, self.across, self.up
        share = (np.asarray(x) - left) / (right - left), (np.asarray(y) - low) / (high - low)
        return (
            LEFT + share[0] * (width - LEFT - RIGHT),
            height - self.bottom - share[1] * (height - self.top - self.bottom),
        )

    def _points(self, xs, ys):
        return [(FINER * x, FINER * y) for x, y in zip(*self.at(xs, ys), strict=True)]

    def area(self, xs, low, high, colour):
        """Fill what lies between two curves."""
        there, back = self._points(xs, low), self._points(xs, high)[::-1]
        self.draw.polygon(there + back, fill=colour)

    def line(self, xs, ys, colour, width=2.5, dash=0):
        """Draw a line through points; dash: its dashes' length in pixels, 0 for none."""
        points, thick = np.array(self._points(xs, ys)), max(round(FINER * width), 1)
        if not dash:
            self.draw.line([tuple(one) for one in points], colour, thick, joint="curve")
            return
        along = np.r_[0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
        for start in np.arange(0, along[-1], FINER * 1.6 * dash):
            ends = np.clip([start, start + FINER * dash], 0, along[-1])
            inside = along[(along > ends[0]) & (along < ends[1])]
            stops = np.r_[ends[0], inside, ends[1]]
            piece = [np.interp(stops, along, points[:, axis]) for axis in (0, 1)]
            self.draw.line(list(zip(*piece, strict=True)), colour, thick, joint="curve")

    def dot(self, x, y, colour, radius=5):
        """Draw a dot with a rim."""
        ((x, y),) = self._points([x], [y])
        for reach, shade in ((FINER * (radius + 1), self.shades.ground), (FINER * radius, colour)):
            self.draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=shade)

    def mark(self, x, text):
        """Draw an upright line, and write over the plot what it marks."""
        self.line((x, x), self.up, self.shades.ink, 1, dash=4)
        place = float(self.at(x, 0)[0]) - strips.font(TEXT).getlength(text) / 2
        self.texts.append(((place, self.top - 17), text))

    def _explain(self, row, top):
        """Draw a row of the key."""
        x, y = LEFT, FINER * (top + 8)
        for text, colour, kind in row:
            left, right = FINER * x, FINER * (x + 22)
            if kind == "area":
                self.draw.rectangle((left, y - 15, right, y + 15), fill=colour)
            elif kind == "dot":
                self.draw.ellipse((right - 30, y - 15, right, y + 15), fill=colour)
            else:
                for a, b in ((0, 66),) if kind == "line" else ((0, 27), (39, 66)):
                    self.draw.line((left + a, y, left + b, y), colour, 8)
            self.texts.append(((x + 27, top), text))
            x += _wide(text)

    def finished(self):
        """Return the plot with its axes' names: a PIL image."""
        picture = self.canvas.resize(self.size, Image.Resampling.LANCZOS)
        draw, (width, height) = ImageDraw.Draw(picture), self.size
        face, ink, pale = strips.font(TEXT), self.shades.ink, self.shades.pale
        for value in self.ticks[0]:
            text = f"{value:.0%}" if self.percent else _written(value)
            x = float(self.at(value, self.up[0])[0]) - face.getlength(text) / 2
            x = min(x, width - face.getlength(text))
            strips.words(draw, (x, height - self.bottom + 5), text, TEXT, pale)
        for value in self.ticks[1]:
            text, y = _written(value), float(self.at(self.across[0], value)[1])
            left = LEFT - 6 - face.getlength(text)
            strips.words(draw, (left, y - TEXT / 2 - 1), text, TEXT, pale)
        for i, line in enumerate(self.below):
            long = face.getlength(line)
            x = max(min((LEFT + width - RIGHT - long) / 2, width - long), strips.MARGIN)
            y = height - 20 - (len(self.below) - 1 - i) * LINE
            strips.words(draw, (x, y), line, TEXT, ink)
        for i, line in enumerate(self.above):
            at = strips.MARGIN, 6 + i * LINE
            strips.words(draw, at, line, TEXT + 1, ink, width, bold=True)
        for place, text in self.texts:
            strips.words(draw, place, text, TEXT, ink)
        return picture


def _more(lines):
    """Return how many lines there are after the first."""
    return max(len(lines) - 1, 0)


def _wide(text):
    """Return how much room an entry of the key takes, in pixels."""
    return 27 + strips.font(TEXT).getlength(text) + 16


def _rows(key, width):
    """Break the entries of a key into rows that fit into a width."""
    rows, right = [], width
    for one in key:
        right += _wide(one[0])
        if right > width + 16:  # behind the last one there may be nothing
            rows.append([])
            right = LEFT + _wide(one[0])
        rows[-1].append(one)
    return rows


def _some(ends):
    """Return (lowest, highest) with some room between the two."""
    low, high = map(float, ends)
    return (low, high) if high > low else (low - 1, high + 1)


def _ticks(low, high):
    """Return round values between two."""
    from matplotlib.ticker import MaxNLocator

    found = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    room = 1e-6 * (high - low)
    return [float(one) for one in found if low - room <= one <= high + room]


def _written(value):
    return f"{value + 0:.4g}".replace("-", "−")
