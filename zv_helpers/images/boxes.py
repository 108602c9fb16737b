"""Where the subject of a shipped photograph lies, and an animal's eyes and nose: boxes by hand."""

import csv
from dataclasses import dataclass

from zv_helpers.data import shipped_file
from zv_helpers.images.opening import refused, shown
from zv_helpers.images.photographs import check_name

FILE = "boxes/boxes.csv"
PARTS = ("subject", "left eye", "right eye", "nose")
SIDES = ("top", "left", "bottom", "right")


@dataclass(frozen=True)
class MarkedBox:
    """A box round a part of a photograph. data/boxes/README.md says who drew it and how exactly.

    Attributes:
        photograph: the name of a shipped photograph; part: one of `PARTS`; left and right eyes are
            the animal's own, the nose of a bird is its beak, of a fish the tip of its snout.
        top, left, bottom, right: int, in pixels of the upright photograph; bottom and right are not
            included.
    """

    photograph: str
    part: str
    top: int
    left: int
    bottom: int
    right: int

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """(top, left, bottom, right)."""
        return self.top, self.left, self.bottom, self.right


def marked_boxes(photograph: str | None = None, part: str | None = None) -> tuple[MarkedBox, ...]:
    """List the boxes of a photograph, or of all; of one part, or of all, in the file's order.

    There is none for a photograph of the learner's own or one with several subjects. Raises
    ImageError for a photograph or part that is not there, DataError if the file is damaged or gone.

    >>> [box.corners for box in marked_boxes("tabby_cat", "nose")]
    [(225, 239, 260, 293)]
    """
    if part is not None and part not in PARTS:
        known = "the part to be " + ", ".join(map(repr, PARTS))
        raise refused(known, f"got {shown(part)}", "choose one of the four, or None for all")
    if photograph is not None:
        check_name(photograph)
    with open(shipped_file(FILE), encoding="utf-8", newline="") as file:
        boxes = [
            MarkedBox(row["photograph"], row["part"], *(int(row[side]) for side in SIDES))
            for row in csv.DictReader(file)
        ]
    return tuple(
        box for box in boxes if photograph in (None, box.photograph) and part in (None, box.part)
    )
