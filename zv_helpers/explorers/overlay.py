"""The overlay explorer: how strongly the heatmap covers the photograph, and how it is coloured."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from ..draw import strips
from ..draw.colours import coloured
from ..draw.strips import Panel
from ..features import LOGITS
from ..heatmaps import METHODS
from ..overlays import overlay
from . import heats
from .classes import class_choice
from .heats import HeatState
from .photographs import PhotographRow
from .shell import Context, Explorer, labelled, row

COLORMAPS = ("inferno", "viridis", "magma", "plasma", "cividis", "gray")


@dataclass(frozen=True)
class OverlayState:
    """What the overlay explorer shows: a heatmap (`HeatState`), and the arguments of `overlay`."""

    heat: HeatState = HeatState()
    alpha: float = 0.5
    colormap: str = "inferno"
    contour: float | None = None


def overlay_of(context, state):
    """Return a state's overlay, uint8 (h, w, 3): what `overlay` returns for the same arguments."""
    heat = heats.heat_of(context, state.heat)
    return overlay(context.features.image, heat, state.alpha, state.colormap, state.contour)


def render(context, state):
    """Draw a state: the photograph, the heatmap, and the overlay, largest.

    Returns:
        (PIL image, text).
    """
    features, heat = context.features, heats.heat_of(context, state.heat)
    target = features.target(state.heat.class_index)
    name = (
        features.network.class_name(target.channel)
        if target.layer == LOGITS
        else f"neuron of {target.layer}"
    )
    parts, _ = strips.strip(
        [
            Panel(features.image.pixels, features.image.name, "what the network sees", smooth=True),
            Panel(
                coloured(heat, state.colormap), name, f"heatmap, {state.heat.method}", smooth=True
            ),
        ],
        250,
        250,
    )
    line = "" if state.contour is None else f", line at {state.contour:.2f}"
    whole, _ = strips.strip(
        [
            Panel(
                overlay_of(context, state), "overlay", f"alpha {state.alpha:.2f}{line}", smooth=True
            )
        ],
        336,
        336,
    )
    return strips.beside([parts, strips.colourbar(250, state.colormap), whole]), describe(
        context, state
    )


def describe(context, state):
    """Say in words what a state shows."""
    features = context.features
    target = features.target(state.heat.class_index)
    line = (
        "no line"
        if state.contour is None
        else f"a line where the heatmap reaches {state.contour:.2f}"
    )
    return (
        f"{features.image.name}: {features.describe(target)}, {state.heat.method}; "
        f"alpha {state.alpha:.2f} ({state.alpha:.0%} heatmap, {1 - state.alpha:.0%} photograph), "
        f"colormap {state.colormap}, {line}."
    )


def save(context, state, name=""):
    """Write a state's overlay as PNG into the folder `results`; returns the Path that was written.

    The folder is made where the notebook runs. No file is replaced: a number is added.

    Raises:
        ValueError: the name holds a folder, or the file cannot be written.
    """
    from PIL import Image

    features = context.features
    stem = name.strip() or f"{features.image.name}_{features.network.name}_overlay"
    if re.search(r'[/\\:*?"<>|\0]', stem):
        raise ValueError(
            f"Expected a file's name without a folder, but got {name!r}: use letters and digits."
        )
    stem = stem.removesuffix(".png").replace(" ", "_")
    folder = Path("results")
    try:
        folder.mkdir(exist_ok=True)
        names = (stem if i == 1 else f"{stem}_{i}" for i in range(1, 10_000))
        path = next(p for p in (folder / f"{n}.png" for n in names) if not p.exists())
        Image.fromarray(overlay_of(context, state)).save(path)
    except OSError as error:
        raise ValueError(
            f"The overlay could not be written to results/ ({error.strerror})."
        ) from None
    return path


class OverlayExplorer(Explorer):
    """The widgets of `overlay_explorer`."""

    def __init__(self, features, heat, **how):
        super().__init__(Context(features), OverlayState(heat, **how))

    render = staticmethod(render)

    @property
    def pixels(self):
        """The overlay that is shown, uint8 (h, w, 3)."""
        return overlay_of(self.context, self.state)

    def controls(self):
        import ipywidgets as widgets

        self.chooser = PhotographRow(self)
        self.classes = class_choice(self)
        self.method = labelled(
            "Dropdown", "Heatmap", "How the heatmap is computed", "210px", options=METHODS
        )
        self.alpha = labelled(
            "FloatSlider",
            "Alpha",
            "0 shows the photograph alone, 1 the heatmap alone",
            "290px",
            min=0,
            max=1,
            step=0.05,
            readout_format=".2f",
        )
        self.colormap = labelled(
            "Dropdown", "Colormap", "All of them grow lighter evenly", "210px", options=COLORMAPS
        )
        self.line_on = labelled(
            "Checkbox",
            "Line",
            "Draw the line where the heatmap reaches a level",
            "70px",
            value=False,
            indent=False,
        )
        self.level = labelled(
            "FloatSlider",
            "at",
            "The level of the line",
            "240px",
            min=0.05,
            max=0.95,
            step=0.05,
            value=0.5,
            readout_format=".2f",
        )
        self.name = labelled(
            "Text",
            "File name",
            "Without a folder; empty for a name of its own",
            "260px",
            placeholder="chosen for you",
            continuous_update=False,
        )
        self.button = widgets.Button(
            description="Save as PNG",
            tooltip="Write the overlay into the folder results",
            layout=widgets.Layout(width="130px"),
        )
        self.on(self.method, self._to_method)
        self.on(self.alpha, lambda value: {"alpha": value})
        self.on(self.colormap, lambda value: {"colormap": value})
        self.on(self.line_on, lambda on: {"contour": self.level.value if on else None})
        self.on(self.level, lambda value: {"contour": value})
        self.button.on_click(lambda _: self.act(self._save))
        return [
            self.chooser.box,
            row(self.classes.widget, self.method, self.colormap),
            row(self.alpha, self.line_on, self.level, self.name, self.button),
        ]

    def sync(self):
        state = self.state
        self.classes.sync(state.heat.class_index)
        self.method.value, self.alpha.value = state.heat.method, state.alpha
        if state.colormap not in self.colormap.options:
            self.colormap.options = (*self.colormap.options, state.colormap)
        self.colormap.value = state.colormap
        self.line_on.value = state.contour is not None
        if state.contour is not None:
            self.level.value = state.contour
        self.chooser.sync()

    def act(self, function):
        def changes():
            found = function()
            if found and "class_index" in found:
                return {"heat": replace(self.state.heat, class_index=found["class_index"])}
            return found

        super().act(changes)

    def fitting(self, context, state):
        return replace(state, heat=heats.fitted(context, state.heat))

    def _to_method(self, method):
        if method == "occlusion":
            self.busy("Sliding the grey square over the photograph …")
        return {"heat": replace(self.state.heat, method=method)}

    def _save(self):
        path = save(self.context, self.state, self.name.value)
        self.remark = f"Written: {path.as_posix()}."
        return {}


def overlay_explorer(
    features, class_index=None, alpha=0.5, colormap="inferno", contour=None, **heat
):
    """Explore overlays: alpha, colormap and contour line, and save what you see.

    Args:
        features: `Features` of a forward pass.
        class_index, heat: as in `heatmap` (method, layer, smoothing, threshold).
        alpha, colormap, contour: as in `overlay`, for what is shown first.

    Returns:
        the explorer; its `pixels` is the overlay on show.
    """
    heat = HeatState(class_index, **heat)
    return OverlayExplorer(features, heat, alpha=alpha, colormap=colormap, contour=contour)
