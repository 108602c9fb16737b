"""What an explorer shows, and what the browser would send it."""

import datetime
import html
import io
import threading
import time

import numpy as np
from PIL import Image
from traitlets import Bunch

from zv_helpers import explorers
from zv_helpers.draw import strips

# The explorers that are made from features.
OTHERS = ("atlas_explorer", "evolution_explorer", "photograph_chooser")
EVERY = [name for name in explorers.__all__ if name not in OTHERS]


def seen(explorer):
    """The pixels that an explorer shows."""
    return np.asarray(Image.open(io.BytesIO(explorer.picture.value)))


def drawn(picture):
    """The pixels that arrive on the screen for a picture that was rendered."""
    return np.asarray(Image.open(io.BytesIO(strips.jpeg(picture))))


def shows(explorer, module, state):
    """Check that an explorer shows a state: its picture, its line and its text alternative."""
    view = module.resolve(explorer.context, state)
    np.testing.assert_array_equal(seen(explorer), drawn(module.render(view)))
    assert module.caption(view) in unescaped(explorer)
    assert module.caption(view) in explorer.picture.alt


def captioned(module, context, state):
    """The text of a state."""
    return module.caption(module.resolve(context, state))


def pictured(module, context, state):
    """The picture of a state, a PIL image."""
    return module.render(module.resolve(context, state))


def unescaped(explorer):
    return html.unescape(explorer.line.value)


def complaint(explorer):
    """The sentence of an error, or None."""
    return unescaped(explorer) if 'role="alert"' in explorer.line.value else None


def upload(name, content):
    """What the browser sends for one file."""
    return Bunch(
        name=name,
        type="image/jpeg",
        size=len(content),
        content=memoryview(content),
        last_modified=datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC),
    )


def a_jpeg(size=(300, 260), colour=(200, 40, 40)):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "jpeg")
    return file.getvalue()


def click(picture, x, y):
    """What the page sends for a click."""
    picture.clicked = {"x": x, "y": y, "count": picture.clicked.get("count", 0) + 1}


def press(picture, key, times=1):
    """What the page sends for a key that was pressed, if the picture takes it."""
    picture.pressed = {**picture.pressed, key: picture.pressed.get(key, 0) + times}


def until(condition, seconds=180):
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def at_rest():
    """Whether no explorer does anything beside."""
    return not any(thread.name == "zv-explorer" for thread in threading.enumerate())
