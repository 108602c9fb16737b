"""Figures of step 1: the first filters, the toys, and the receptive fields on the photograph."""

import numpy as np

from ...choose import growing_layers
from ...draw.colours import COLOURS
from ...draw.signals import signal_picture
from ..panels import frame, numbers, panels, picture
from ..parts import marked_positions, rounded


def mosaic(filters, columns=16, zoom=6, gap=3):
    """Lay filters side by side as one picture, each with its own scale and zero as mid-grey.

    filters: float (maps, rows, columns, channels). Returns uint8 RGB, white between the filters.
    """
    height, width = (side * zoom for side in filters.shape[1:3])
    lines = -(-len(filters) // columns)
    columns = min(columns, len(filters))
    sheet = np.full((lines * (height + gap) + gap, columns * (width + gap) + gap, 3), 255, np.uint8)
    for i, values in enumerate(filters):
        top = gap + i // columns * (height + gap)
        left = gap + i % columns * (width + gap)
        large = signal_picture(values).repeat(zoom, axis=0).repeat(zoom, axis=1)
        sheet[top : top + height, left : left + width] = large
    return sheet


def filter_sheet(filters, title=""):
    """Show all filters of a first convolution, as in `mosaic`; returns a Figure."""
    sheet = mosaic(filters)
    figure, ax = panels(1, width=6.4, height=6.4 * sheet.shape[0] / sheet.shape[1])
    picture(ax, sheet, title)
    return figure


def filters_and_maps(filters, maps, channels):
    """Show some filters and, under each, its feature map of the photograph; returns a Figure.

    filters: as in `mosaic`; maps: float (h, w, maps); channels: which to show.
    """
    figure, axes = panels(len(channels), 2, width=1.6, height=1.45, height_ratios=(1, 2))
    for column, channel in enumerate(channels):
        picture(axes[0, column], signal_picture(filters[channel]), f"filter {channel}")
        title = f"map {channel}, up to {rounded(maps[..., channel].max())}"
        picture(axes[1, column], maps[..., channel], title, cmap="gray", vmin=0)
    return figure


def forward_toy(light, convolved, rectified, pooled, switches):
    """Show a toy picture, its convolution, ReLU and max-pool as numbers; returns a Figure.

    light: (4, 5); convolved, rectified: (4, 4); pooled, switches: (2, 2), framed.
    """
    kept = marked_positions(switches, rectified.shape)
    figure, axes = panels(4, width=1.9, height=1.7, width_ratios=(5, 4, 4, 2))
    scale = np.abs(light).max()
    numbers(axes[0], light, "picture (light)", scale)
    numbers(axes[1], convolved, "convolution", scale)
    numbers(axes[2], rectified, "ReLU, switches framed", scale, kept)
    numbers(axes[3], pooled, "max-pool", scale)
    return figure


def centre_field(network, layer):
    """Return the box of pixels that a layer's middle position sees: (top, left, bottom, right)."""
    row, column = network.layer(layer).height // 2, network.layer(layer).width // 2
    return network.pixels_of(network.layer_value(layer), (row, column, row + 1, column + 1))


def receptive_fields(image, network, layers=None):
    """Show how the receptive field of the middle neuron grows on the photograph; returns a Figure.

    Args:
        image: InputImage; network: the Network it was loaded for.
        layers: names of at most six layers; by default some between the first and the last.
    """
    layers = tuple(layers or growing_layers(network))
    figure, (left, right) = panels(2, width=3.3, height=3.2, width_ratios=(1, 1))
    picture(left, image.pixels, "the middle neuron's receptive field")
    for colour, name in list(zip(COLOURS, layers, strict=False))[::-1]:
        frame(left, centre_field(network, name), colour=colour)
    sizes = [network.layer(name).receptive_field[0] for name in layers]
    right.barh(range(len(layers)), sizes, color=COLOURS[: len(layers)])
    right.set_yticks(range(len(layers)), layers, fontsize=8)
    right.invert_yaxis()
    for i, size in enumerate(sizes):
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        right.text(
            size + network.input_size[0] / 56, i, str(size), va="center", fontsize=8, bbox=box
        )
    right.axvline(network.input_size[0], color="0.4", ls="--", lw=1, zorder=0)
    right.set_xlim(0, 1.2 * max(*sizes, network.input_size[0]))
    right.set_xlabel("pixels a side (dashed: the whole input)", fontsize=8)
    right.set_title("size where no border cuts it", fontsize=9)
    right.tick_params(labelsize=8)
    right.spines[["top", "right"]].set_visible(False)
    return figure


def branches_toy(signal, scaled, met, maps, cuts):
    """Show what an Add, a batch norm and a Concatenate do to a signal; returns a Figure.

    signal, scaled, met: (h, w), at the Add, below the batch norm of one branch, where the branches
    meet again. maps: (1, n), one value for each feature map at the Concatenate; cuts: two pieces.
    """
    figure, axes = panels(4, 2, width=1.9, height=1.5, height_ratios=(2, 1))
    scale = max(np.abs(met).max(), np.abs(maps).max())
    titles = ("signal at the Add", "one copy, batch norm", "other copy, shortcut", "branches meet")
    for ax, values, title in zip(axes[0], (signal, scaled, signal, met), titles, strict=True):
        numbers(ax, values, title, scale)
    titles = ("at the Concatenate", "first branch's cut", "second branch's cut")
    for ax, values, title in zip(axes[1], (maps, *cuts), titles, strict=False):
        numbers(ax, values, title, scale)
        ax.set_xlim(-0.5, maps.shape[1] - 0.5)
        ax.grid(False, which="both")
        ax.spines[:].set_visible(False)
    axes[1, 3].set_axis_off()
    return figure
