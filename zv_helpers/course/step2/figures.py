"""Figures of step 2: how a photograph fits, its channels, and what a network says of it."""

import numpy as np

from ...draw.colours import BLUE
from ..panels import frame, numbers, panels, picture

CHANNELS = ("red", "green", "blue")


def before_and_after(image):
    """Show the photograph, the used part framed, and what the network sees; returns a Figure."""
    figure, axes = panels(2)
    photograph(axes[0], image, f"{image.name}: the part that is used")
    height, width = image.pixels.shape[:2]
    picture(axes[1], image.pixels, f"what the network sees, {height} × {width}")
    return figure


def photograph(ax, image, title=""):
    """Show the whole photograph of an InputImage, the part that is used framed; returns `ax`."""
    picture(ax, image.original, title)
    shrunk = image.original.shape[0] / image.original_size[0]
    return frame(ax, tuple(edge * shrunk for edge in image.box))


def fits(images):
    """Show one photograph in several fits; returns a Figure. images: [InputImage, ...]."""
    figure, axes = panels(len(images) + 1, width=2.0)
    picture(axes[0], images[0].original, "the photograph")
    for ax, image in zip(axes[1:], images, strict=True):
        picture(ax, image.pixels, image.fit)
    return figure


def channels(pixels, network):
    """Show a toy picture's channels as numbers, before and after preprocessing; returns a Figure.

    pixels: uint8 RGB (h, w, 3); network: the Network that preprocesses them.
    """
    order = CHANNELS[::-1] if network.spec.reads_bgr else CHANNELS
    batch = network.spec.prepare(pixels[None])
    figure, axes = panels(3, 2, width=1.9)
    for i in range(3):
        numbers(axes[0, i], pixels[..., i], f"pixels, channel {i}: {CHANNELS[i]}", 255)
        values = np.rint(batch[0, ..., i]) + 0.0  # no negative zeros
        numbers(axes[1, i], values, f"input, channel {i}: {order[i]}", 255)
    return figure


def round_trip(image, network):
    """Show the pixels, the input as if it were a picture, and the way back; returns a Figure."""
    figure, axes = panels(3, width=2.2)
    picture(axes[0], image.pixels, "pixels")
    span = np.abs(image.batch).max() or 1.0
    raw = np.rint(127.5 + 127.5 * image.batch[0] / span).astype(np.uint8)
    picture(axes[1], raw, "input, shown as it is")
    picture(axes[2], taken_for(network, image.batch), "input, after the way back")
    return figure


def taken_for(network, batch):
    """Send an input back to the picture that a network takes it for.

    batch: float (1, h, w, channels), prepared in any way; network: the Network that reads it.
    Returns uint8 (h, w, channels).
    """
    return np.rint(np.clip(network.spec.restore(batch)[0], 0, 255)).astype(np.uint8)


def answers(pictures, features, titles):
    """Show pictures and, under each, its three most probable classes as bars; returns a Figure.

    Args:
        pictures: uint8 RGB (h, w, 3) each; features: `Features` of each; titles: one each.
    """
    count = len(pictures)
    figure, axes = panels(count, 2, width=1.9, height=1.7, height_ratios=(2, 1))
    axes = axes.reshape(2, count)
    for column in range(count):
        picture(axes[0, column], pictures[column], titles[column])
        written_bars(axes[1, column], features[column].top_classes(3))
    return figure


def written_bars(ax, classes):
    """Show classes [(index, name, probability), ...] as bars with their names; returns `ax`."""
    ax.barh(range(len(classes)), [share for _, _, share in classes], color=BLUE, alpha=0.35)
    for i, (_, name, share) in enumerate(classes):
        ax.text(0.02, i, f"{name} {share:.2f}", va="center", fontsize=8)
    ax.set_xlim(0, 1)
    ax.set_ylim(len(classes) - 0.5, -0.5)
    ax.set_yticks([])
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"], fontsize=7)
    ax.set_xlabel("probability", fontsize=8)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax


def details(pictures, box, titles):
    """Show pictures of one scene, and under each the same box of it enlarged; returns a Figure.

    pictures: uint8 RGB (h, w, 3) each, of one size; box: (top, left, bottom, right).
    """
    top, left, bottom, right = box
    figure, axes = panels(len(pictures), 2, width=1.7)
    for column, pixels in enumerate(pictures):
        frame(picture(axes[0, column], pixels, titles[column]), box)
        picture(axes[1, column], pixels[top:bottom, left:right], "the framed part")
    return figure
