"""The figure of the lab on naming a feature map: photographs to choose from."""

import warnings

from ...images import SmallImageWarning, load_image
from ..panels import panels, picture


def photographs(network, names):
    """Draw photographs of `zv.photographs()` side by side, as a network gets them; returns a
    Figure."""
    figure, axes = panels(len(names), width=1.7, height=1.9, squeeze=False)
    for ax, name in zip(axes[0], names, strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SmallImageWarning)  # to choose from, not to look into
            pixels = load_image(name, network).pixels
        picture(ax, pixels, name)  # as it is typed
    return figure
