"""The atlas explorer's picture and text, and what a click on the picture means."""

import html

from PIL import Image, ImageDraw

from ..atlas.picture import grid
from ..draw import strips
from ..draw.page import PAPER
from . import nine as of_nine

NONE_YET = (
    "There is no atlas of {network!r} over {photographs} yet.",
    'Press "Build its atlas", or choose a folder of photographs.',
)


def render(view, page=PAPER):
    """Draw a view: nine projections beside nine patches. A PIL image."""
    if view.nine is None:
        return nothing_yet(view, page)
    return of_nine.drawn(view.nine, title(view), view.place, page)


def title(view):
    """Say which feature map it is."""
    return f"{view.context.seen_by}, {view.layer}, feature map {view.state.channel}"


def nothing_yet(view, page=PAPER):
    """Say on an empty picture that there is no atlas yet."""
    canvas = Image.new("RGB", grid((), 9, True, page).size, page.shades.empty)
    draw = ImageDraw.Draw(canvas)
    for i, line in enumerate(none_yet(view)):
        room = canvas.width - 2 * (strips.MARGIN + 16)
        at = strips.MARGIN + 16, canvas.height // 2 + (i - 1) * page.text(30)
        strips.words(draw, at, line, page.text(15), page.shades.ink, room, bold=not i)
    return canvas


def none_yet(view):
    """Return the sentences on an atlas that is not there."""
    about = {"network": view.context.seen_by, "photographs": view.context.chosen}
    return [line.format(**about) for line in NONE_YET]


def caption(view):
    """Say in words what a view shows."""
    if view.nine is None:
        return " ".join(none_yet(view))
    nine, context = view.nine, view.context
    text = f"{title(view)}: {of_nine.said(nine)}."
    if nine.neurons:
        patch = nine.patches[view.place]
        at = f"row {patch.neuron.row}, column {patch.neuron.column}"
        text += f" Framed: {view.place + 1}, {patch.name}, {at}."
    text += "".join(f" Note that {note}." for note in of_nine.notes(nine))
    skipped = len(context.atlas.skipped)
    few = "1 photograph" if skipped == 1 else f"{skipped} photographs"
    return f"{text} {few} could not be read (listed below)." if skipped else text


def place_at(view, x, y, page=PAPER):
    """Find which neuron's projection or patch is at a pixel of the picture: its place, or None."""
    if view.nine is None:
        return None
    place = of_nine.grid_of(view.nine, page).at(x, y)
    return place if place is not None and place < len(view.nine.neurons) else None


def skipped(view, most=50):
    """List the photographs that could not be read, each with its sentence: HTML to be unfolded."""
    found = view.context.atlas.skipped if view.context.atlas else []
    if not found:
        return ""
    lines = [f"<li>{html.escape(f'{one}: {why}')}</li>" for one, why in found[:most]]
    rest = f"<li>and {len(found) - most} more</li>" if len(found) > most else ""
    few = "1 photograph" if len(found) == 1 else f"{len(found)} photographs"
    listed = "".join(lines) + rest
    return f"<details><summary>{few} could not be read</summary><ul>{listed}</ul></details>"
