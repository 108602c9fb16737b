"""What the explorers of changed photographs share: one feature map, its strongest neuron and the
most probable classes, before the change and now."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from .. import choose
from ..deconvnet import Projection, project
from ..draw import colours, strips
from ..draw.colours import ORANGE, map_colours
from ..draw.page import PAPER, Page
from ..experiments.moving import relative_distance
from ..features import Features, extract_features
from ..targets import Neuron
from .complaints import quietly
from .controls import Control

COUNT = 4  # classes that are shown, those that the untouched photograph shows most
SIDE = strips.PANEL


@dataclass(frozen=True, eq=False)
class Seen:
    """What a network makes of a changed photograph: what is drawn and said of it, not its features.

    Attributes:
        pixels: uint8 (h, w, channels); change: what was done to them, in words.
        before, now: the `Neuron` that is strongest in the feature map, untouched and changed.
        box: its receptive field; maps: float32 (h, w), the map; largest: the same map's largest
            activation, untouched or changed; totals: the map's sums, untouched and changed.
        projection: of the neuron; None where there is a problem; problem: why, or None.
        values: [(name, the target's value, its value now)]; measure: what these are.
        distance: how far the layer's features lie from the untouched ones, over their length.
    """

    pixels: np.ndarray = field(repr=False)
    change: str
    before: Neuron
    now: Neuron
    box: tuple
    maps: np.ndarray = field(repr=False)
    largest: float
    totals: tuple[float, float]
    projection: Projection | None
    problem: str | None
    values: list
    measure: str
    distance: float


def look(features: Features, changed: Callable, change: tuple, layer: str, channel: int) -> Seen:
    """Look at a changed photograph: changed(image, *change) gives it as an `InputImage`."""
    network, image = features.network, changed(features.image, *change)
    now = extract_features(network, image)
    before, neuron = (one.strongest(layer, channel) for one in (features, now))
    maps, untouched = (one[layer][..., channel] for one in (now, features))
    problem = network.problem(network.layer_value(layer))
    targets = choose.strongest_targets(features, COUNT)
    names = [target.name(network) for target in targets]
    newcomer = choose.default_target(now)
    if newcomer.name(network) not in names and newcomer.class_index(network) is not None:
        targets.append(features.target(newcomer.class_index(network)))
    return Seen(
        pixels=image.pixels,
        change=image.notes[-1],
        before=before,
        now=neuron,
        box=now.receptive_field(neuron) or (0, 0, *network.input_size),
        maps=maps.copy(),
        largest=float(max(maps.max(), untouched.max())),
        totals=(float(untouched.sum()), float(maps.sum())),
        projection=None if problem else quietly(project, now, neuron),
        problem=problem,
        values=[(one.name(network), one.of(features), one.of(now)) for one in targets],
        measure=targets[0].measure,
        distance=relative_distance(features, now, layer),
    )


def layer_and_map(features: Features, state: Any) -> tuple[str, int]:
    """Return the layer and the feature map that a state means: by default the last layer that has
    not one map for each class, and the map with its strongest neuron on the untouched
    photograph."""
    layer = state.layer or choose.neuron_layer(features)
    channel = features.strongest(layer).channel if state.channel is None else state.channel
    return layer, channel


def fitting_map(features: Features, state: Any) -> dict:
    """Return the fields of a state's feature map as they fit other features."""
    if state.layer not in features.layers or state.channel is None:
        return {"layer": state.layer if state.layer in features.layers else None, "channel": None}
    fits = state.channel < features[state.layer].shape[2]
    return {"layer": state.layer, "channel": state.channel if fits else None}


def render(view: Any, page: Page = PAPER) -> Image.Image:
    """Draw a view: the changed photograph, the map, what its strongest neuron sees, that neuron's
    projection, and the classes before and now, below on a narrow page. A PIL image of one size."""
    seen, name = view.seen, view.context.features.image.name
    fine, (top, left, bottom, right) = strips.is_fine(seen.pixels), seen.box
    spot = (seen.now.row, seen.now.column, seen.now.row + 1, seen.now.column + 1)
    values = map_colours(seen.maps, seen.largest, min(0.0, float(seen.maps.min())))
    part, scale = seen.pixels[top:bottom, left:right], seen.projection and seen.projection.scale
    note = "this layer cannot be reversed" if scale is None else f"deconvnet, ±{scale:.3g}"
    panels = [
        strips.Panel(
            seen.pixels, name, "framed: what the neuron sees", ((seen.box, ORANGE),), fine
        ),
        strips.Panel(
            values,
            f"{view.layer}, map {seen.now.channel}",
            f"framed: {seen.now.activation:.3g}, untouched {seen.before.activation:.3g}",
            ((spot, ORANGE),),
        ),
        strips.Panel(part, "what it sees", "enlarged", smooth=fine),
        strips.Panel(seen.projection and seen.projection.picture(), "its projection", note),
    ]
    side = page.side(SIDE)
    whole = page.width - 2 * strips.MARGIN if page.narrow else side
    last = strips.Panel(bars(seen, whole, side, page), seen.measure, "grey: untouched; blue: now")
    if not page.narrow:
        return strips.strip([*panels, last], side, side, page)
    below = strips.strip([last], whole, side, page)
    return strips.stacked([strips.strip(panels, side, side, page), below], page)


def bars(seen: Seen, width: int, height: int, page: Page = PAPER) -> Image.Image:
    """Draw the targets' values untouched and now, the largest now with its name in bold: a PIL
    image."""
    shades, canvas = page.shades, Image.new("RGB", (width, height), page.shades.ground)
    draw, pitch = ImageDraw.Draw(canvas), height // (COUNT + 1)
    size = min(page.text(12), pitch - 13)
    numbers = [_written(seen, now) for _, _, now in seen.values]
    face, under = strips.font(size), size + 5  # the bars are under the names
    wide = width - 6 - max(round(face.getlength(one)) for one in numbers)
    largest = 1.0 if seen.measure == "probability" else _largest(seen)
    most = max(now for _, _, now in seen.values)
    small = min(strips.fitting(name, size, wide, now == most) for name, _, now in seen.values)
    for i, (name, before, now) in enumerate(seen.values):
        y = i * pitch
        strips.words(draw, (0, y), name, small, shades.ink, wide, bold=now == most)
        right = width - face.getlength(numbers[i])
        strips.words(draw, (right, y), numbers[i], size, shades.ink)
        high = min((pitch - under - 2) // 2, 8)
        for j, (value, colour) in enumerate(((before, shades.grey), (now, colours.BLUE))):
            length, top = max(value, 0) / largest * (width - 1), y + under + j * high
            draw.rectangle((0, top, length, top + high - 1), fill=colour)
    return canvas


def _written(seen, value):
    return f"{value:.0%}" if seen.measure == "probability" else f"{value:.3g}"


def _largest(seen):
    return max((max(pair) for _, *pair in seen.values), default=0.0) or 1.0


def caption(view: Any) -> str:
    """Say in words what a view shows."""
    seen, features = view.seen, view.context.features
    name, before, now = seen.values[0]
    best = max(seen.values, key=lambda one: one[2])
    text = (
        f"{features.image.name} in {features.network.name}, {seen.change}: "
        f"{name} has {seen.measure} {now:.2f}, untouched {before:.2f}"
    )
    if best[0] != name:
        text += f"; most probable now: {best[0]}, {best[2]:.2f}"
    text += (
        f". Feature map {seen.now.channel} of {view.layer} adds up to {total(seen.totals[1])}, "
        f"untouched {total(seen.totals[0])}; its strongest neuron is at row {seen.now.row}, "
        f"column {seen.now.column}, untouched at row {seen.before.row}, column "
        f"{seen.before.column}. The layer's features moved by {seen.distance:.2f} of their length."
    )
    return text if seen.problem is None else f"{text} There is no projection: {seen.problem}."


def total(values):
    """Write what a feature map adds up to, with four digits or all those before the point.

    >>> total(5567.8), total(10321.4), total(0.12345)
    ('5568', '10321', '0.1235')
    """
    return f"{values:.4g}" if abs(values) < 10_000 else f"{values:.0f}"


def number(view):
    """Show the feature map's number."""
    return {"max": view.context.features[view.layer].shape[2] - 1, "value": view.seen.now.channel}


# fmt: off
FEATURE_MAP = Control("channel", "BoundedIntText", "Feature map",
                      "The feature map's number; up and down keys move it", 170, number)
# fmt: on
