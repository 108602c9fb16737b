"""The overlay explorer: how strongly the heatmap covers the photograph, and how it is coloured."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from ..draw import strips
from ..draw.colours import coloured
from ..draw.page import PAPER
from ..features import Features
from ..overlays import overlay
from . import as_code, heats, tables
from .classes import CLASS
from .controls import Control
from .heats import METHOD, HeatState, HeatView
from .photographs import PHOTOGRAPH
from .saving import NARROWEST, captioned, stem_of, write
from .testing import TEST, TestedExplorer

SIDES = 236, 324  # pixels, of the parts and of the whole
COLORMAPS = ("inferno", "viridis", "magma", "plasma", "cividis", "gray")


@dataclass(frozen=True)
class OverlayState(HeatState):
    """What was chosen in the overlay explorer: a heatmap, and the arguments of `overlay`."""

    alpha: float = 0.5
    colormap: str = "inferno"
    contour: float | None = None


@dataclass(frozen=True, eq=False)
class OverlayView(HeatView):
    """An `OverlayState` worked out; pixels: uint8 (h, w, 3), what `overlay` returns."""

    pixels: np.ndarray


def resolve(context, state):
    """Work out a state: an `OverlayView`."""
    view = heats.resolve(context, state)
    image = context.features.image
    pixels = overlay(image, view.heat, state.alpha, state.colormap, state.contour)
    return OverlayView(**vars(view), pixels=pixels)


def render(view, page=PAPER):
    """Draw a view: the photograph, the heatmap, and the overlay, largest. A PIL image."""
    image, state = view.context.features.image, view.state
    name = view.target.name(view.context.features.network)
    line = "" if state.contour is None else f", line at {state.contour:.2f}"
    heat, fine = coloured(view.heat, state.colormap), strips.is_fine(image.pixels)
    parts = [
        strips.Panel(image.pixels, image.name, "what the network sees", smooth=fine),
        strips.Panel(heat, name, f"heatmap, {state.method}", smooth=fine),
    ]
    whole = [strips.Panel(view.pixels, "overlay", f"alpha {state.alpha:.2f}{line}", smooth=fine)]
    return heats.laid_out(parts, whole, SIDES, state.colormap, page)


def caption(view):
    """Say in words what a view shows."""
    features, state = view.context.features, view.state
    line = "no line"
    if state.contour is not None:
        line = f"a line where the heatmap reaches {state.contour:.2f}"
    return (
        f"{features.image.name}: {features.describe(view.target)}, {state.method}; "
        f"alpha {state.alpha:.2f} ({state.alpha:.0%} heatmap, {1 - state.alpha:.0%} photograph), "
        f"colormap {state.colormap}, {line}."
    )


def save(view, name="", verdict=(), below=True):
    """Write a view's overlay as PNG into the folder `results`; returns the Path that was written.

    verdict: sentences on the heatmap, which become the file's "Description"; below: whether the
    first of them is also written under the overlay.

    See `saving.write`; raises a ValueError too if the name holds a folder.
    """
    features = view.context.features
    stem = stem_of(name, f"{features.image.name}_{features.network.name}_overlay")
    overlaid = Image.fromarray(view.pixels)
    if verdict and below:
        width = max(overlaid.width, NARROWEST)
        about = f"{view.target.name(features.network)}, {view.state.method}."
        overlaid = captioned(overlaid, (about, verdict[0]), max(width // 20, 11))
    return write(stem, overlaid, " ".join((caption(view), *verdict)) if verdict else "")[0]


def colormap(view):
    """Show a view's colormap among all, even if it is none of ours."""
    options = tuple(dict.fromkeys((*COLORMAPS, view.state.colormap)))
    return {"options": options, "value": view.state.colormap}


def to_save(explorer, _):
    """Save what is shown, and say where."""
    view, below = explorer.now(), explorer.controls["With its verdict"].value
    found = explorer.found(view)
    path = save(view, explorer.controls["File name"].value, found, below)
    carries = ", with its verdict below" if found and below else ""
    explorer.remark = f"Written: {path.as_posix()}{carries}."
    return {}


# fmt: off
ALPHA = Control("alpha", "FloatSlider", "Alpha",
                "0 shows the photograph alone, 1 the heatmap alone", 290,
                how={"min": 0, "max": 1, "step": 0.05, "readout_format": ".2f"})
COLORMAP = Control("colormap", "Dropdown", "Colormap", "All of them grow lighter evenly", 210,
                   colormap)
LINE = Control("contour", "Checkbox", "Line", "Draw the line where the heatmap reaches a level", 70,
               lambda view: {"value": view.state.contour is not None},
               lambda explorer, on: {"contour": explorer.controls["Line at"].value if on else None})
LEVEL = Control("contour", "FloatSlider", "Line at", "The level of the line", 240,
                # without a line it stays
                lambda view: {} if view.state.contour is None else {"value": view.state.contour},
                how={"min": 0.05, "max": 0.95, "step": 0.05, "value": 0.5, "readout_format": ".2f"})
SAVE = (
    Control(None, "Text", "File name", "Without a folder; empty for a name of its own", 260,
            how={"placeholder": "chosen for you"}),
    Control(None, "Button", "Save as PNG", "Write the overlay into the folder results; once it was "
            "tested, the verdict stands in the file's description", 130, write=to_save),
    Control(None, "Checkbox", "With its verdict", "Once the picture was tested: save the verdict "
            "as a line under the overlay too", 150, how={"value": True}),
)
# fmt: on


class OverlayExplorer(TestedExplorer):
    """The widgets of `overlay_explorer`."""

    movers = ((ALPHA,), (LEVEL,))
    switches = (CLASS, LINE, TEST)
    folded = (PHOTOGRAPH, (replace(METHOD, label="Heatmap", width=210), COLORMAP), SAVE)
    in_fold = "Photograph, network, heatmap, colours and saving"
    takes_long = heats.takes_long
    resolve, render, caption = staticmethod(resolve), staticmethod(render), staticmethod(caption)
    kind, code, numbers = "overlay", staticmethod(as_code.overlay), staticmethod(tables.heat)
    fitting = staticmethod(heats.fitted)

    @property
    def pixels(self):
        """The overlay that is shown, uint8 (h, w, 3)."""
        return self.view.pixels


def overlay_explorer(
    features: Features,
    class_index: Any = None,
    alpha: float = 0.5,
    colormap: str = "inferno",
    contour: float | None = None,
    large: bool = False,
    **heat: Any,
) -> OverlayExplorer:
    """Explore overlays: alpha, colormap and contour line, and save what you see.

    Args:
        features: `Features` of a forward pass.
        class_index, heat: as in `heatmap` (method, layer, smoothing, threshold).
        alpha, colormap, contour: as in `overlay`, for what is shown first.
        large: words that can be read from the last row of a lecture hall.

    Returns the explorer; its `pixels` is the overlay on show.
    """
    heat.update(alpha=alpha, colormap=colormap, contour=contour)
    return OverlayExplorer(features, OverlayState(class_index, **heat)).sized(large)
