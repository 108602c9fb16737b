"""What is on the screen, against what `render` draws for the same state in the test's process."""

import io

import numpy as np
from PIL import Image

from zv_helpers.draw import strips

# Two decoders of JPEG, and two processes' sums, differ by a rounding here and there.
MOST = 24
MEAN = 0.25


def on_screen(picture):
    """The pixels that a PIL image has when it has travelled as JPEG."""
    return np.asarray(Image.open(io.BytesIO(strips.jpeg(picture)))).astype(int)


def differ(seen, expected):
    """Whether two pictures show different things: (bool, largest and mean difference)."""
    if seen.shape != expected.shape:
        return True, seen.shape, expected.shape
    apart = np.abs(seen.astype(int) - expected)
    return bool(apart.max() > MOST or apart.mean() > MEAN), int(apart.max()), float(apart.mean())


def shows(explorer, render, context, state):
    """Check that an explorer shows a state: its text in the line, and its very pixels.

    Returns the picture's pixels.
    """
    picture, text = render(context, state)
    explorer.wait_for_text(text)
    expected = on_screen(picture)
    found = differ(explorer.pixels(), expected)
    assert not found[0], f"the picture is not that of {state}: {found}"
    return expected
