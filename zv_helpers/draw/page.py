"""The page a picture is drawn for: how wide it is, how dark, and from how far it is read.

Whatever draws for an explorer takes a `Page` as its last argument, and so does whatever says what
lies at a pixel: both get the same sizes from it.
"""

from dataclasses import dataclass

from .colours import ON_DARK, ON_WHITE, Shades

MARGIN, GAP = 8, 12  # pixels, round panels and between them
WIDE = 1096  # pixels, of a picture as wide as a notebook on a screen of 1280
NARROW = 560  # pixels; on a narrower page two panels stand beside each other
LARGER = 1.65  # times as large, words that are read from the last row
HEAD = 42  # pixels, of a title and a note over a panel


@dataclass(frozen=True)
class Page:
    """What a picture is drawn for; without arguments, for a white page as wide as a notebook.

    Attributes:
        width: in pixels; on a narrow page panels wrap after the second one. dark: light words on a
            dark ground. large: words that can be read from the last row of a lecture hall.
    """

    width: int = WIDE
    dark: bool = False
    large: bool = False

    @property
    def narrow(self) -> bool:
        """Whether panels wrap."""
        return self.width < NARROW

    @property
    def shades(self) -> Shades:
        """The colours of the ground and of what is written on it."""
        return ON_DARK if self.dark else ON_WHITE

    def text(self, pixels: int) -> int:
        """Return the size of words, and of the room they take, that is usually so many pixels.

        >>> Page().text(12), Page(large=True).text(12)
        (12, 20)
        """
        return round(pixels * LARGER) if self.large else pixels

    def side(self, pixels: int) -> int:
        """Return the side of a panel that is usually so many pixels.

        >>> Page().side(206), Page(400).side(206), Page(400).side(90)
        (206, 186, 90)
        """
        return min(pixels, (self.width - 2 * MARGIN - GAP) // 2) if self.narrow else pixels

    def across(self, count: int) -> int:
        """Return how many of so many panels stand beside each other."""
        return min(count, 2) if self.narrow else count

    @property
    def title(self) -> int:
        """The size of a title's words."""
        return self.text(13 if self.narrow else 14)

    @property
    def feature_map(self) -> str:
        """What a feature map is called in a title, "map" where there is little room."""
        return "map" if self.narrow or self.large else "feature map"

    @property
    def lines(self) -> int:
        """How many lines the note over a panel may have."""
        return 2 if self.narrow or self.large else 1

    @property
    def head(self) -> int:
        """The height of a title and its note, in pixels."""
        return self.text(HEAD) + (self.lines - 1) * self.text(15)


PAPER = Page()
