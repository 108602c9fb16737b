"""The evolution explorer: one feature map while the network learns, with a slider over time."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from .. import choose
from ..draw import colours, strips
from ..draw.colours import ORANGE
from ..draw.page import PAPER
from ..experiments.evolving import Evolution, LayerEvolution
from . import as_code, tables
from .controls import LAYER, Control
from .shell import Context, Explorer

SIDE, SMALL = 190, 62  # pixels, of a panel, and of a picture in the film
LARGE_SIDE, LARGE_SMALL = 260, 110  # the same where it need not fit on a screen
APART = 6  # pixels, between two pictures of the film


@dataclass(frozen=True)
class EvolutionState:
    """What was chosen in the evolution explorer: a layer, one of its feature maps, and a moment, by
    its place among the moments; None for the last one."""

    layer: str
    channel: int = 0
    moment: int | None = None


@dataclass(frozen=True, eq=False)
class EvolutionView:
    """An `EvolutionState` looked up.

    Attributes:
        layers, layer, channel, moment: all layers that can be chosen, and what is shown.
        evolution: of that layer.
    """

    context: Context
    state: EvolutionState
    layers: tuple
    layer: str
    channel: int
    moment: int
    evolution: LayerEvolution

    @property
    def curve(self):
        """The map's largest activation at each moment, float (moments,)."""
        return self.evolution.peaks[:, :, self.channel].max(axis=1)

    @property
    def picture(self):
        """The number of the picture in which the map is strongest at this moment."""
        return int(self.evolution.pictures[self.moment, self.channel])

    @property
    def before(self):
        """The picture's number at the moment before; None at the first."""
        at = self.moment - 1
        return None if at < 0 else int(self.evolution.pictures[at, self.channel])


def resolve(context, state):
    """Look a state up: an `EvolutionView`. Raises KeyError or IndexError for what is not there."""
    subject = context.subject
    if state.layer not in subject.layers:
        known = ", ".join(subject.layers)
        raise KeyError(f"there is no layer {state.layer!r} to follow: choose one of {known}")
    found = subject.layers[state.layer]
    moments, _, maps = found.peaks.shape
    moment = moments - 1 if state.moment is None else state.moment
    for what, value, count in (("feature map", state.channel, maps), ("moment", moment, moments)):
        if not 0 <= value < count:
            raise IndexError(
                f"{state.layer} has {what}s 0 to {count - 1}, but {what} {value} was asked for"
            )
    return EvolutionView(
        context, state, tuple(subject.layers), state.layer, state.channel, moment, found
    )


def render(view, page=PAPER):
    """Draw a view: the picture in which the map is strongest at this moment, what its strongest
    neuron sees, and its projection; the map's strength over time, as wide as there is room; and
    under them the projections of all moments. A PIL image of one size."""
    projection = projection_at(view, view.moment)
    pixels = view.context.subject.images[view.picture].pixels
    fine, frames, note, scale = strips.is_fine(pixels), (), "active in no picture", ""
    if projection is not None:
        frames, note = ((projection.box, ORANGE),), "framed: what it sees"
        scale = f"deconvnet, ±{projection.scale:.3g}"
    panels = [
        strips.Panel(pixels, f"picture {view.picture}", note, frames, fine),
        strips.Panel(patch(view, view.moment), "what it sees", "enlarged", smooth=fine),
        strips.Panel(projection and projection.picture(), "its projection", scale),
    ]
    side, _ = sides(page)
    room = side if in_rows(page) else page.width - 3 * (side + strips.GAP) - 3 * strips.MARGIN
    last = strips.Panel(over_time(view, room, page), "how strong it is", "blue: now; red: a jump")
    if in_rows(page):
        above = strips.strip([*panels, last], side, side, page)
    else:
        parts = strips.strip(panels, side, side, page), strips.strip([last], room, side, page)
        above = strips.beside(parts, page)
    return strips.stacked([above, film(view, page)], page)


def in_rows(page):
    """Whether the film has patches in one row and projections in another, not in pairs: where the
    page is narrow, or need not be low."""
    return page.narrow or page.large


def sides(page):
    """Return the side of a panel and of a picture in the film, in pixels."""
    side, small = (LARGE_SIDE, LARGE_SMALL) if page.large else (SIDE, SMALL)
    return page.side(side), small


def projection_at(view, moment):
    """Return the projection of the map's strongest neuron at a moment, or None."""
    return view.evolution.projections[moment][view.channel]


def patch(view, moment):
    """Return the pixels that the map's strongest neuron sees at a moment, or None."""
    projection = projection_at(view, moment)
    if projection is None:
        return None
    top, left, bottom, right = projection.box
    picture = int(view.evolution.pictures[moment, view.channel])
    return view.context.subject.images[picture].pixels[top:bottom, left:right]


def over_time(view, width, page=PAPER):
    """Draw the map's largest activation at each moment as bars, now in blue, with a tick over those
    at which its strongest picture is another one than before: a PIL image."""
    (side, _), shades, size = sides(page), page.shades, page.text(12)
    canvas = Image.new("RGB", (width, side), shades.ground)
    draw, curve = ImageDraw.Draw(canvas), np.maximum(view.curve, 0)
    pitch, top, low = width / len(curve), page.text(26), side - page.text(18)
    largest = float(curve.max()) or 1.0
    names = view.context.subject.moments
    for i, value in enumerate(curve):
        left, right = round(i * pitch) + 2, round((i + 1) * pitch) - 3
        high = low - round(float(value) / largest * (low - top))
        now = i == view.moment
        draw.rectangle((left, high, right, low), fill=colours.BLUE if now else shades.grey)
        if i and view.evolution.jumps[i - 1, view.channel]:
            middle = (left + right) // 2
            draw.rectangle((middle - 1, high - 9, middle + 1, high - 3), fill=colours.VERMILION)
        if now or not i or pitch > 3 * size:  # else two beside each other would not fit
            at = min(left, width - strips.font(size, now).getlength(str(names[i]))), low + 3
            strips.words(draw, at, str(names[i]), size, shades.pale, bold=now)
    strips.words(draw, (2, 0), f"largest {largest:.3g}", page.text(12), shades.ink)
    return canvas


def film(view, page=PAPER):
    """Draw patch and projection of every moment, this one framed: a PIL image."""
    moments, shades, head = view.context.subject.moments, page.shades, page.text(20)
    across = min(len(moments), 4) if page.narrow else len(moments)
    panel, small = sides(page)
    wide = page.width - 2 * strips.MARGIN
    if in_rows(page):
        wide = (2 if page.narrow else 4) * (
            panel + strips.GAP
        ) - strips.GAP  # as the panels over it
    pitch, rows = wide // across, 2 if in_rows(page) else 1
    side = min(pitch * rows // 2 - APART, small)
    high = head + rows * side + 26
    size = across * pitch + 2 * strips.MARGIN, -(-len(moments) // across) * high
    canvas = Image.new("RGB", size, shades.ground)
    draw = ImageDraw.Draw(canvas)
    for i, name in enumerate(moments):
        left, top = strips.MARGIN + i % across * pitch, i // across * high
        how = {"colour": shades.ink, "width": pitch - 4, "bold": i == view.moment}
        strips.words(draw, (left, top), f"step {name}", page.text(12), **how)
        seen, shown = patch(view, i), projection_at(view, i)
        for number, pixels in enumerate((seen, shown and shown.picture())):
            away = number * (side + APART)
            place = left + away * (rows == 1), top + head + away * (rows == 2)
            if pixels is None:
                draw.rectangle((*place, place[0] + side, place[1] + side), fill=shades.empty)
                continue
            canvas.paste(strips.enlarged(pixels, side, side), place)
        if i == view.moment:
            right, low = place[0] + side + 2, place[1] + side + 2
            strips.frame(draw, (left - 2, top + head - 2, right, low))
    return canvas


def caption(view):
    """Say in words what a view shows."""
    subject, layer = view.context.subject, view.evolution
    text = (
        f"Feature map {view.channel} of {view.layer} in {subject.network} after "
        f"{subject.moments[view.moment]} steps: "
    )
    strength = view.curve[view.moment]
    if not strength > 0:
        return f"{text}it is active in none of the {len(subject.images)} pictures."
    text += f"it is strongest in picture {view.picture}, with activation {strength:.3g}"
    if view.before is not None and layer.jumps[view.moment - 1, view.channel]:
        text += f", a jump from picture {view.before} the moment before"
    alike = layer.correlations[view.moment, view.channel]
    if np.isfinite(alike):
        text += f". Its correlation with itself at the end is {alike:.2f}"
    return f"{text}."


def time_slider(view):
    """Show the moment by its place among all."""
    return {"max": len(view.context.subject.moments) - 1, "value": view.moment}


def moment(view):
    """Show the moment by its name."""
    options = tuple((f"step {name}", i) for i, name in enumerate(view.context.subject.moments))
    return {"options": options, "value": view.moment}


def number(view):
    """Show the feature map's number."""
    return {"max": view.evolution.peaks.shape[2] - 1, "value": view.channel}


# fmt: off
TIME = (
    Control("moment", "IntSlider", "Time",
            "Move through the moments, from before the first step to the end; arrow keys move it "
            "by one", 300, time_slider),
    Control("moment", "Dropdown", "step", "After how many steps of learning", 190, moment),
)
MAP = (
    Control("channel", "IntSlider", "Feature map",
            "Move through the layer's feature maps; arrow keys move it by one", 300, number),
    Control("channel", "BoundedIntText", "number",
            "The feature map's number; up and down keys move it", 90, number),
)
# fmt: on


class EvolutionExplorer(Explorer):
    """The widgets of `evolution_explorer`."""

    movers = (TIME, LAYER, MAP)
    in_fold, lines = "Large words", 1
    resolve, render, caption = staticmethod(resolve), staticmethod(render), staticmethod(caption)
    kind, code = "evolution", staticmethod(as_code.evolution)
    numbers = staticmethod(tables.evolution)

    @staticmethod
    def called(view):
        return view.context.subject.network

    def to_layer(self, layer):
        return fitted(self.context, replace(self.state, layer=layer))


def fitted(context, state):
    """Return the changed fields of a state whose layer was changed: the map, if there is one of
    that number, else the last."""
    maps = context.subject.layers[state.layer].peaks.shape[2]
    return {"layer": state.layer, "channel": min(state.channel, maps - 1)}


def evolution_explorer(
    evolution: Evolution,
    layer: str | None = None,
    channel: int | None = None,
    moment: int | None = None,
    large: bool = False,
) -> EvolutionExplorer:
    """Explore what the feature maps of a network answered to while it learnt.

    Args:
        evolution: an `Evolution`.
        layer, channel: the feature map to begin with; by default of the last layer, the map that is
            strongest in the end.
        moment: the place of the moment to begin with; by default the last.
        large: words that can be read from the last row of a lecture hall.

    Returns the explorer. Raises a KeyError or IndexError for what is not there, a ValueError for
    anything but an `Evolution`.
    """
    if not isinstance(evolution, Evolution):
        came = type(evolution).__name__
        raise ValueError(f"Expected an Evolution, made by evolution(network, …), but got {came}.")
    layer = next(reversed(evolution.layers)) if layer is None else layer
    if channel is None and layer in evolution.layers:
        channel = choose.learnt_map(evolution, layer)
    state = EvolutionState(layer, channel or 0, moment)
    return EvolutionExplorer(Context(evolution), state).sized(large)
