"""The thin strip under the layer slider: all layers in their order, and where one is among them."""

from collections.abc import Sequence
from pathlib import Path

import anywidget
from traitlets import Dict, Float, Int, List, Unicode

FLATTEST = 0.2  # of the strip's height, for maps of one position


class LayerStrip(anywidget.AnyWidget):
    """Bars for layers, as high as their maps are large; what happens in the page is in strip.js.

    Traits:
        words: of each layer, for whoever points at it; heights: of its bar, 0 to 1.
        place: of the layer on show, from 0; label: what the strip is, for those who hear it.
        clicked: the last click, {place}; `count` tells two apart.
    """

    _esm = Path(__file__).with_name("strip.js")
    words = List(Unicode()).tag(sync=True)
    heights = List(Float()).tag(sync=True)
    place = Int().tag(sync=True)
    label = Unicode().tag(sync=True)
    clicked = Dict().tag(sync=True)

    def on_click(self, function):
        """Call function(place) for a click on a layer."""
        self.observe(lambda event: function(event["new"]["place"]), "clicked")

    def show(self, view):
        """Show a view's layers, and the one that is chosen."""
        place, known = view.layers.index(view.layer), facts(view.context.network)
        with self.hold_sync():
            self.words = said = [words(view, i, known) for i in range(len(view.layers))]
            self.heights = heights([known.get(name) for name in view.layers])
            self.place, self.label = place, f"All layers in order. Here: {said[place]}"


def facts(network):
    """Return {name: (`Layer`, the input's (h, w))} of a network; empty where only its name is
    known."""
    return {one.name: (one, network.input_size) for one in getattr(network, "layers", ())}


def words(view, place, known):
    """Say where a layer is in the network, and how much of a picture its neurons see."""
    name = view.layers[place]
    text = f"{name}, layer {place + 1} of {len(view.layers)}"
    if name not in known:
        return text
    layer, (height, width) = known[name]
    text += f": {layer.channels} maps of {layer.height} × {layer.width}"
    if layer.receptive_field is None:
        return text
    down, across = layer.receptive_field
    whole = f"{height} × {width} pixels"
    if down >= height and across >= width:
        return f"{text}, a neuron sees all {whole}"
    return f"{text}, a neuron sees {min(down, height)} × {min(across, width)} of {whole}"


def heights(known: Sequence) -> list[float]:
    """Return how high each layer's bar is, 0 to 1: as the root of its maps' side, so that small
    maps are still seen, or the same for all where their size is not known.

    >>> heights([None, None])
    [0.6, 0.6]
    """
    if not all(known):
        return [0.6] * len(known)
    sizes = [(layer.height * layer.width) ** 0.25 for layer, _ in known]
    return [round(FLATTEST + (1 - FLATTEST) * one / max(sizes), 3) for one in sizes]
