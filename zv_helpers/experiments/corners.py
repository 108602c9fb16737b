"""Where a grey square goes that hides a part of a photograph: corners (top, left) in pixels."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..features import Features
from ..images import marked_boxes
from ..network.receptive_fields import Box


def seen_boxes(features: Sequence[Features], part: str) -> list[Box]:
    """Say where a part of each photograph lies in what the network sees: [(top, left, bottom,
    right)] in pixels.

    features: `Features` of shipped photographs; part: "subject", "left eye", "right eye" or "nose".
    Raises a ValueError where none is marked or the fit cuts it off, an ImageError for a part or a
    photograph that is not there.
    """
    found = []
    for image in (one.image for one in features):
        boxes = marked_boxes(image.name, part)
        if not boxes or (place := image.locate(boxes[0])) is None:
            why = f"fit={image.fit!r} cuts it off" if boxes else "none is marked"
            raise ValueError(f"Expected to see the {part} of {image.name!r}, but {why}.")
        found.append(place)
    return found


def corners_round(boxes: Iterable[Box], size: int, extent: tuple[int, int]) -> np.ndarray:
    """Put a square's middle on the middle of each box, or as near as lets it lie whole on the
    photograph: int (boxes, 2).

    Args:
        boxes: (top, left, bottom, right) in pixels; size: the square's side.
        extent: (h, w) of the photographs.

    >>> corners_round([(10, 4, 16, 8), (0, 0, 2, 2)], 4, (20, 26)).tolist()
    [[11, 4], [0, 0]]
    """
    middles = [((top + bottom) / 2, (left + right) / 2) for top, left, bottom, right in boxes]
    corners = np.floor(np.subtract(middles, size / 2) + 0.5).astype(int)
    return np.clip(corners, 0, np.subtract(extent, size))


def random_corners(
    boxes: Sequence[Box],
    size: int,
    extent: tuple[int, int],
    draws: int = 1,
    seed: int = 0,
    away: ArrayLike | None = None,
    together: bool = False,
) -> np.ndarray:
    """Draw random places for a square whose middle lies in a box: int (draws, boxes, 2).

    Args:
        boxes: one for each photograph; size, extent: as in `corners_round`.
        away: corners (parts, boxes, 2) of squares in the same photographs, not to be overlapped.
        together: the same place in every photograph of a draw, its middle in all the boxes, with
            `away` heeded in all.

    Raises a ValueError if there is no such place.
    """
    kept = np.empty((0, len(boxes), 2)) if away is None else np.asarray(away)
    free = [_free(box, size, extent, kept[:, i]) for i, box in enumerate(boxes)]
    if together:
        free = [np.logical_and.reduce(free)] * len(boxes)
    if not all(one.any() for one in free):
        raise ValueError(
            f"Expected a place for a square of {size} pixels with its middle in the box, but there "
            "is none: make the square smaller."
        )
    places, random = [np.argwhere(one) for one in free], np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        if together:
            found.append([places[0][random.integers(len(places[0]))]] * len(boxes))
        else:
            found.append([one[random.integers(len(one))] for one in places])
    return np.array(found)


def _free(box, size, extent, away):
    """Say for each corner whether the square may begin there: bool (rows, columns)."""
    rows, columns = (np.arange(side - size + 1) for side in extent)
    top, left, bottom, right = np.subtract(box, size / 2)
    free = ((rows >= top) & (rows < bottom))[:, None] & (columns >= left) & (columns < right)
    for first, start in away:
        free &= (np.abs(rows - first) >= size)[:, None] | (np.abs(columns - start) >= size)
    return free
