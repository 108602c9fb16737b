"""The numbers that each explorer shows, as a table for a spreadsheet: (header, rows).

Pictures become grids: a row of the table for each of their rows, one below the other, each under
the columns it has in the map or in the photograph.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .saving import Table

COLOURS = {1: ("grey",), 3: ("red", "green", "blue")}


def neuron(view: Any) -> Table:
    """The neuron's feature map, and of its projection the signal of each colour in the window that
    it sees, at the rows and columns of the photograph; then the same of what is pinned."""
    return grids(_of_every(view, _of_neuron))


def heat(view: Any) -> Table:
    """The heatmap's values in [0, 1], (h, w) at the pixels; then those of what is pinned."""
    return grids(_of_every(view, lambda one: {"heatmap": (one.heat, (0, 0))}))


def relevance(view: Any) -> Table:
    """The relevance score of every feature map of the layer, in order; then of what is pinned."""
    header = "explained", "layer", "feature map", "relevance score"
    return header, itertools.chain.from_iterable(map(_scores, (view, *_pinned(view))))


def steps(view: Any) -> Table:
    """The signal at this step where it is not zero by construction: of the strongest feature map,
    and the sum of the sizes over all of them; at the pixels, of each colour."""
    moment = view.moment
    corner = moment.box[:2]
    if moment.pixels is not None:
        return grids(_colours(moment.pixels, corner, "signal, "))
    name = f"signal of feature map {moment.channel}"
    return grids({name: (moment.strongest, corner), "sum of sizes": (moment.total, corner)})


def changed(view: Any) -> Table:
    """What is read of the changed photograph, beside the untouched one: the classes in the bars,
    the feature map's sum and its strongest activation, and how far the layer moved."""
    seen = view.seen
    name = f"feature map {seen.now.channel} of {view.layer}"
    rows = [(f"{what}, {seen.measure}", before, now) for what, before, now in seen.values]
    rows += [(f"{name}, sum", *seen.totals)]
    rows += [(f"{name}, largest activation", seen.before.activation, seen.now.activation)]
    moved = f"features of {view.layer}, distance over their length"
    return ("what", "untouched", "now"), [*rows, (moved, 0.0, seen.distance)]


def atlas(view: Any) -> Table:
    """The strongest neurons of the feature map, strongest first: photograph, position, activation;
    no rows without an atlas."""
    header = "place", "photograph", "layer", "feature map", "row", "column", "activation"
    found = view.nine.patches if view.nine else ()
    neurons = ((place, one.name, one.neuron) for place, one in enumerate(found, 1))
    return header, [
        (place, name, one.layer, one.channel, one.row, one.column, one.activation)
        for place, name, one in neurons
    ]


def evolution(view: Any) -> Table:
    """The feature map at every moment: its largest activation, the number of the picture in which
    that is, and its correlation with itself at the end."""
    moments, layer = view.context.subject.moments, view.evolution
    maps = (part[:, view.channel] for part in (layer.pictures, layer.correlations))
    header = "moment", "largest activation", "picture", "correlation with the end"
    return header, list(zip(moments, *map(_written, (view.curve, *maps)), strict=True))


def photograph(view: Any) -> Table:
    """The values of what the network sees, 0 to 255, (h, w) for each colour."""
    return grids(_colours(view.state.image.pixels, (0, 0)))


def grids(parts: Mapping[str, tuple[np.ndarray, tuple[int, int]]]) -> Table:
    """Lay grids one below the other under common columns.

    parts: {what it is: (values (h, w), (row, column) of the first of them)}.

    >>> header, rows = grids({"a": (np.eye(2), (0, 0)), "b": (np.array([[7.5]]), (3, 2))})
    >>> header
    ('what', 'row', 0, 1, 2)
    >>> list(rows)
    [('a', 0, '1.0', '0.0', ''), ('a', 1, '0.0', '1.0', ''), ('b', 3, '', '', '7.5')]
    """
    width = max((left + values.shape[1] for values, (_, left) in parts.values()), default=0)
    return ("what", "row", *range(width)), _rows(parts, width)


def _rows(parts: Mapping, width: int) -> Iterator[tuple]:
    for what, (values, (top, left)) in parts.items():
        before, after = [""] * left, [""] * (width - left - values.shape[1])
        for row, line in enumerate(values, top):
            yield what, row, *before, *_written(line), *after


def _written(values):
    """Write numbers as shortly as they can be read again."""
    return np.asarray(values).astype(str).tolist()


def _pinned(view):
    pin = view.state.pin
    return () if pin is None else (pin,)


def _of_every(view, parts_of):
    """Collect the parts of a view, and those of the one that is pinned."""
    found = parts_of(view)
    for pin in _pinned(view):
        found |= {f"pinned: {what}": part for what, part in parts_of(pin).items()}
    return found


def _of_neuron(view):
    one = view.neuron
    found = {f"{one.layer}, feature map {one.channel}": (view.maps, (0, 0))}
    if view.projection is None:
        return found
    return found | _colours(view.projection.pixels, view.projection.box[:2], "signal, ")


def _colours(pixels, corner, prefix=""):
    """Return the grids of each colour of pixels (h, w, channels)."""
    names = COLOURS[pixels.shape[2]]
    return {f"{prefix}{name}": (pixels[..., i], corner) for i, name in enumerate(names)}


def _scores(view):
    name = view.target.name(view.context.features.network)
    for channel, score in enumerate(_written(view.scores)):
        yield name, view.layer, channel, score
