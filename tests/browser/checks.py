"""What is on the screen, against what is drawn for the same state in the process of the test."""

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


def wait_for_picture(explorer, picture, what):
    """Wait until an explorer shows a PIL image: a page that became wide or narrow is drawn for
    once more, and the line stays the same. Returns the image's pixels, as on the screen."""
    expected = on_screen(picture)
    for _ in range(50):
        found = differ(explorer.pixels(), expected)
        if not found[0]:
            return expected
        explorer.page.wait_for_timeout(100)
    raise AssertionError(f"the picture is not that of {what}: {found}")


def shows(explorer, module, context, state):
    """Check that an explorer shows a state: its text in the line, and its very pixels.

    Returns the picture's pixels.
    """
    view = module.resolve(context, state)
    explorer.wait_for_text(module.caption(view))
    return wait_for_picture(explorer, module.render(view), state)


def flickers(seen):
    """Which frames of a part that stays show something else than the last: {number: by how
    much}. seen: list of uint8 (h, w, 3)."""
    assert len(seen) > 10
    expected = seen[-1].astype(int)
    assert expected.std() > 10, "a part in which nothing is to be seen cannot flicker"
    differences = [np.abs(frame - expected).mean() for frame in seen]
    return {number: one for number, one in enumerate(differences) if one >= 8}


def serious_problems(page, where):
    """What the accessibility checker finds serious in an element: [(rule, HTML), ...]."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=where).response
    assert len(found["passes"]) > 5, "the checker looked at nothing"
    return [
        (one["id"], one["nodes"][0]["html"])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def cut_off(root):
    """What sticks out of an element on its right side: a list of HTML."""
    return root.evaluate(
        """root => {
            const width = root.getBoundingClientRect().right + 1;
            const parts = [...root.querySelectorAll('*')].filter(
                one => one.getClientRects().length && !one.closest('.noUi-base'));
            return parts.filter(one => one.getBoundingClientRect().right > width)
                .map(one => one.outerHTML.slice(0, 100));
        }"""
    )
