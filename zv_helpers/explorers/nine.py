"""The strongest neurons of one feature map in an atlas: patches at once, projections as they
come."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from PIL.Image import Image

from ..atlas import Atlas
from ..atlas.picture import Grid, figure, grid, in_short
from ..draw.page import PAPER, Page
from .complaints import quietly
from .shell import Context


@dataclass(frozen=True, eq=False)
class Nine:
    """A feature map of an atlas, whose count of neurons is most often nine.

    Attributes:
        atlas, layer, channel, rule: what is shown.
        neurons: ((photograph, `Neuron`), ...), strongest first; patches: what they see.
        projections: theirs, each None until it is there.
        problem: why the layer cannot be reversed, or None.
    """

    atlas: Atlas
    layer: str
    channel: int
    rule: str
    neurons: tuple
    patches: tuple
    projections: tuple
    problem: str | None

    @property
    def whole(self) -> bool:
        """Whether all its projections are there, or there are none to come."""
        return self.problem is not None or None not in self.projections

    @property
    def scale(self) -> float:
        """The one scale of its projections."""
        return max((one.scale for one in self.projections if one is not None), default=0.0)

    @property
    def cut(self) -> int:
        """How many receptive fields a border of the photograph cuts."""
        return sum(one.box != one.frame for one in self.patches)


def nines(context: Context, atlas: Atlas, layer: str, channel: int, rule: str) -> Iterator[Nine]:
    """Yield a feature map as `Nine`: first with the projections that are at hand, then with one
    more each time, until it is whole. Raises KeyError or IndexError if the atlas has no such layer
    or feature map, ValueError for an unknown rule."""
    network, neurons = atlas.network, tuple(atlas.neurons(layer, channel))
    problem = network.problem(network.layer_value(layer))
    about = [(atlas, layer, channel, place, rule) for place in range(len(neurons))]
    patches = context.once(patches_of, atlas, layer, channel)
    found = [context.once(projected, *one) if _known(context, one) else None for one in about]
    nine = Nine(atlas, layer, channel, rule, neurons, patches, tuple(found), problem)
    yield nine
    if problem is not None:
        return
    for place, one in enumerate(about):
        if found[place] is None:
            found[place] = context.once(projected, *one)
            yield (nine := replace(nine, projections=tuple(found)))


def are_known(context: Context, atlas: Atlas, layer: str, channel: int, rule: str) -> bool:
    """Say whether all projections of a feature map are at hand."""
    places = range(len(atlas.neurons(layer, channel)))
    return all(_known(context, (atlas, layer, channel, place, rule)) for place in places)


def _known(context, about):
    return context.knows(projected, *about)


def patches_of(subject, atlas, layer, channel):
    """Return the patches of a feature map."""
    return tuple(atlas.patches(layer, channel))


def projected(subject, atlas, layer, channel, place, rule):
    """Return the projection of one of its neurons."""
    return quietly(atlas.projection, layer, channel, place, rule)


def drawn(nine: Nine, title: str, chosen: int | None = None, page: Page = PAPER) -> Image:
    """Draw it as `Atlas.picture` does, each block in one row where there is room: a PIL image of
    the same size for all maps of a layer."""
    rule = None if nine.problem else nine.rule
    parts = nine.patches, nine.projections, nine.atlas.count
    return figure(title, *parts, True, chosen, rule, noted=False, page=page)


def grid_of(nine: Nine, page: Page = PAPER) -> Grid:
    """Return where the tiles of its picture lie."""
    return grid(nine.patches, nine.atlas.count, True, page)


def said(nine: Nine) -> str:
    """Say in words which photographs excite it, how strongly, and how that is drawn."""
    over = len(nine.atlas.photographs) - len(nine.atlas.skipped)
    most = len(nine.neurons)
    if not nine.neurons or nine.neurons[0][1].activation <= 0:
        return f"none of {over} photographs excites it"
    first, last = (
        f"{p.name} ({in_short(p.neuron.activation)})" for p in (nine.patches[0], nine.patches[-1])
    )
    to = f", from {first} to {last}" if most > 1 else f", {first}"
    top, left, bottom, right = nine.patches[0].frame
    text = (
        f"the {most} of {over} photographs that excite it most{to}; "
        f"receptive field {bottom - top} × {right - left} pixels"
    )
    if nine.cut:
        text += f", hatched where a border of the photograph cuts it ({nine.cut} of {most})"
    if nine.problem:
        return f"{text}; there are no projections: {nine.problem}"
    text += f"; rule {nine.rule}"
    return f"{text}, one scale, ±{nine.scale:.3g}" if nine.whole else f"{text}, projections to come"


def notes(nine: Nine) -> list[str]:
    """List the sentences on what weakens its projections."""
    there = [one for one in nine.projections if one is not None]
    return list(dict.fromkeys(note for one in there for note in one.notes))
