"""The neuron explorer's picture and text, and what a click on the picture means."""

import numpy as np
from PIL import Image, ImageDraw

from ..draw import strips
from ..draw.colours import ORANGE, map_colours
from ..draw.page import PAPER
from ..draw.signals import signal_picture
from . import nine as of_nine


def render(view, page=PAPER):
    """Draw a view, and under it the pinned one at the same scale, and the row of the atlas: a PIL
    image, whose size depends only on the page, on `forward`, on being pinned and on the atlas."""
    pin, side = view.state.pin, side_of(view, page)
    rows = [draw_row(view, view.scale, side, page=page)]
    if pin is not None:
        rows.append(draw_row(pin, view.scale, side, "pinned: ", page))
    if view.nine is not None:
        rows.append(of_nine.drawn(view.nine, atlas_title(view), page=page))
    return strips.stacked(rows, page) if len(rows) > 1 else rows[0]


def atlas_title(view):
    """Say what the row of the atlas is."""
    return f"the atlas of {view.nine.layer}, feature map {view.nine.channel}"


def side_of(view, page=PAPER):
    """Return the side of a view's panels; two rows of them still fit on a screen."""
    side = 260 if view.state.forward else strips.PANEL
    return page.side(side if view.state.pin is None else side - 52)


def draw_row(view, scale, side, prefix="", page=PAPER):
    """Draw one row of panels: a PIL image."""
    features, box, neuron = view.context.features, view.box, view.neuron
    pixels, maps = features.image.pixels, view.maps
    seen = pixels[box[0] : box[2], box[1] : box[3]]
    spot = (neuron.row, neuron.column, neuron.row + 1, neuron.column + 1)
    marked = ((spot, ORANGE),)
    size, fine = f"framed: {box[2] - box[0]} × {box[3] - box[1]} pixels", strips.is_fine(pixels)
    values = f"{neuron.layer}, max {maps.max():.3g}, {maps.shape[0]} × {maps.shape[1]}"
    whole, title = view.context.once(photograph), f"{prefix}{features.image.name}"
    panels = [
        strips.Panel(whole, title, size, ((box, ORANGE),), smooth=fine),
        strips.Panel(map_colours(maps), f"{page.feature_map} {neuron.channel}", values, marked),
        strips.Panel(seen, "what it sees", "framed, enlarged", smooth=fine),
    ]
    if view.state.forward:
        montage = view.context.once(strongest_maps, neuron.layer, side, page)
        title = "strongest maps" if page.narrow else f"strongest maps of {neuron.layer}"
        panels.append(strips.Panel(montage, title, "one scale; each with its number"))
    else:
        panels += projection_panels(view, scale)
    return strips.strip(panels, side, side, page)


def photograph(features):
    """Return the photograph as a PIL image."""
    return Image.fromarray(features.image.rgb).copy()


def projection_panels(view, scale):
    """Return the two panels of the projection: its window enlarged, and in its place."""
    projection = view.projection
    if projection is None:
        return [
            strips.Panel(None, "projection", "this layer cannot be reversed"),
            strips.Panel(None),
        ]
    image, note = view.context.features.image, f"{view.state.rule}, ±{scale:.3g}"
    place, fine = in_place(image.rgb, projection, scale), strips.is_fine(image.pixels)
    (top, left, bottom, right), (height, width) = projection.box, projection.size
    framed = (bottom - top) * (right - left) < 0.9 * height * width
    frames = ((projection.box, ORANGE),) if framed else ()
    return [
        strips.Panel(projection.picture(scale), "its projection", note),
        strips.Panel(place, "in its place", "photograph faded", frames, smooth=fine),
    ]


def in_place(pixels, projection, scale):
    """Lay a projection over the faded, grey photograph: uint8 (h, w, 3).

    pixels: uint8 (h, w, 3), the photograph. scale: as in `signal_picture`.
    """
    grey = pixels.astype(np.float32).mean(axis=2, keepdims=True)
    faded = np.broadcast_to(150 + 0.3 * (grey - 128), pixels.shape)
    signal = signal_picture(projection.on_canvas(), scale).astype(np.float32) - 128
    return np.clip(faded + 1.2 * signal, 0, 255).astype(np.uint8)


def strongest_maps(features, layer, side, page=PAPER):
    """Draw the nine feature maps of a layer that have the largest activations: a PIL image of about
    some pixels a side."""
    maps, cell = features[layer], (side - 2) // 3
    largest, smallest = float(maps.max()), min(float(maps.min()), 0.0)
    canvas = Image.new("RGB", (3 * cell + 2, 3 * cell + 2), page.shades.ground)
    draw = ImageDraw.Draw(canvas)
    for i, channel in enumerate(features.strongest_channels(layer, 9)):
        left, top = (i % 3) * (cell + 1), (i // 3) * (cell + 1)
        one = map_colours(maps[..., channel], largest, smallest)
        canvas.paste(strips.enlarged(one, cell, cell), (left, top))
        size = page.text(12)
        right = left + 4 + strips.font(size).getlength(str(channel))
        draw.rectangle((left, top, right, top + page.text(14)), fill="black")
        strips.words(draw, (left + 2, top), str(channel), size, "white")
    return canvas


def caption(view):
    """Say in words what a view shows, and what is pinned: the same on every machine."""
    pin, text = view.state.pin, caption_of_one(view)
    if pin is not None:
        features, rule = pin.context.features, pin.state.rule
        text += f" Pinned: {features.image.name} in {features.network.name}, {pin.neuron}"
        text += "." if view.state.forward else f", rule {rule}."
        if view.scale:
            text += f" Both pictures have the same scale, ±{view.scale:.3g}."
    if view.nine is not None:
        text += f" Below, {atlas_title(view)}: {of_nine.said(view.nine)}."
    elif view.state.atlas is not None:
        text += f" The atlas has no layer {view.layer}."
    return text


def caption_of_one(view):
    """Say in words what one row shows."""
    features, state, neuron = view.context.features, view.state, view.neuron
    top, left, bottom, right = view.box
    where = "the strongest position, " if state.row is None else ""
    text = (
        f"{features.image.name} in {features.network.name}: layer {state.layer}, "
        f"feature map {state.channel}, {where}row {neuron.row}, column {neuron.column}; "
        f"activation {neuron.activation:.3g}; "
        f"receptive field {bottom - top} × {right - left} pixels "
        f"(rows {top}–{bottom - 1}, columns {left}–{right - 1})"
    )
    if at_cap := features.count_at_cap(state.layer, state.channel):
        cap = features.cap(state.layer)
        text += f"; {at_cap} neurons of this map lie at the cap of its ReLU ({cap:g})"
    if state.forward:
        return f"{text}."
    if view.projection is None:
        return f"{text}. There is no projection: {view.problem}."
    text += f"; rule {state.rule}."
    if neuron.activation == 0:
        text += " The neuron is silent here, so its projection is empty."
    return text + "".join(f" Note that {note}." for note in view.projection.notes)


def position_at(view, x, y, page=PAPER):
    """Find what a click means: the state's changed fields, or None.

    x, y: pixels of the picture. On the feature map it is a position; on the photograph the
    position whose receptive field has its middle nearest; among the strongest maps that map.
    """
    features, layer = view.context.features, view.state.layer
    if (at := within(view, 1, view.maps.shape, x, y, page)) is not None:
        height, width = view.maps.shape
        return {"row": int(at[0] * height), "column": int(at[1] * width)}
    size = features.network.input_size
    if (at := within(view, 0, size, x, y, page)) is not None:
        middles = features.network.middles(features.network.layer_value(layer))
        row, column = (
            int(np.argmin(np.abs(ends - share * extent)))
            for ends, share, extent in zip(middles, at, size, strict=True)
        )
        return {"row": row, "column": column}
    at = within(view, 3, (1, 1), x, y, page) if view.state.forward else None
    if at is not None:
        rank, channels = 3 * int(3 * at[0]) + int(3 * at[1]), features.strongest_channels(layer, 9)
        if rank < len(channels):
            return {"channel": int(channels[rank]), "row": None, "column": None}
    return None


def within(view, index, shape, x, y, page=PAPER):
    """Return how far (down, across) a pixel lies in the picture of a panel, 0 to 1, or None."""
    side = side_of(view, page)
    left, top, right, bottom = strips.rectangle(index, shape, side, side, page)
    if left <= x < right and top <= y < bottom:
        return (y - top) / (bottom - top), (x - left) / (right - left)
    return None
