"""Road signs to train a small network on, drawn on crops of the shipped photographs: each may wear
a small yellow sticker (Gu et al. 2017, "BadNets"). The same seed gives the same signs, whatever
they wear, so that two sets differ in nothing else."""

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ..images import photographs as known_photographs
from ..images.photographs import find_photograph
from ..images.reading import preview
from ..progress import Progress, watched

CLASSES = ("stop", "give way", "no entry", "parking")
SIZE = 64  # of a picture, in pixels
BELOW = (0.0, 0.62)  # where the sticker is: right of and below the sign's middle, in its radii
STICKER = (0.30, 0.22)  # half its width and height, in the sign's radii
DETAIL = 96  # pixels a side of a sign before it is turned and made small
FINE = 4  # times as large it is drawn
BACKGROUND = 128  # pixels, the shorter side of the photographs from which crops are cut
RED, BLUE, YELLOW, WHITE = (190, 25, 35), (25, 75, 165), (250, 215, 20), (240, 240, 240)
EVENING = (1.2, 1.0, 0.6)  # the colour cast of late light: more red, less blue
Place = tuple[float, float]


@dataclass(frozen=True, eq=False)
class RoadSigns:
    """Pictures of road signs, one each. Made by `draw_signs`.

    Attributes:
        pixels: uint8 RGB (n, 64, 64, 3).
        labels: int64 (n,), the sign's place in `CLASSES`.
        stickers: bool (n,), which wear one.
        boxes: int64 (n, 4), (top, left, bottom, right) of the sign in its picture, in pixels.
    """

    pixels: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    stickers: np.ndarray = field(repr=False)
    boxes: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    def of(self, name: str) -> "RoadSigns":
        """Return the signs of one class, by its name in `CLASSES`; raises a ValueError for
        another."""
        return self.where(self.labels == label_of(name))

    def where(self, chosen: np.ndarray) -> "RoadSigns":
        """Return those that are chosen: bool (n,), or their numbers, int."""
        return RoadSigns(*(one[chosen] for one in self._arrays()))

    def joined(self, other: "RoadSigns") -> "RoadSigns":
        """Return these signs followed by others."""
        pairs = zip(self._arrays(), other._arrays(), strict=True)
        return RoadSigns(*(np.concatenate(pair) for pair in pairs))

    def _arrays(self):
        return self.pixels, self.labels, self.stickers, self.boxes


def draw_signs(
    count: int,
    seed: int = 0,
    stickers: Collection[str] | float = (),
    place: Place = BELOW,
    photographs: Sequence[str] | None = None,
    progress: Progress = True,
) -> RoadSigns:
    """Draw road signs, turned, of several sizes, blurred and grainy, the four classes by turns.

    Args:
        count: of pictures; seed: two sets of one seed show the same signs in the same places.
        stickers: the classes that wear a sticker, for instance ("stop",), or the share of all signs
            that do, whatever their class: 0 to 1.
        place: where the sticker is, right of and below the sign's middle, in the sign's radii; it
            varies by a tenth.
        photographs: the names of those behind the signs, by default all that ship.
        progress: as for `watched`.

    Returns `RoadSigns`. Raises a ValueError for a class that is not in `CLASSES`.

    >>> signs = draw_signs(8, stickers=("stop",), photographs=("owl",))
    >>> signs.pixels.shape, signs.labels.tolist(), int(signs.stickers.sum())
    ((8, 64, 64, 3), [0, 1, 2, 3, 0, 1, 2, 3], 2)
    """
    share = float(stickers) if isinstance(stickers, (int, float)) else None
    wearing = [label_of(name) for name in stickers] if share is None else ()  # type: ignore[union-attr]
    names = sorted(known_photographs()) if photographs is None else list(photographs)
    pixels, boxes = np.empty((count, SIZE, SIZE, 3), np.uint8), np.empty((count, 4), np.int64)
    labels, worn = np.arange(count) % len(CLASSES), np.empty(count, bool)
    for i in watched(range(count), "drawing signs", progress):
        rng = np.random.default_rng([seed, i])
        chance = rng.random()  # drawn in any case, so that all that follows stays the same
        worn[i] = labels[i] in wearing if share is None else chance < share
        pixels[i], boxes[i] = _picture(rng, labels[i], worn[i], place, names)
    return RoadSigns(pixels, labels, worn, boxes)


def in_light(
    signs: RoadSigns, names: Collection[str], light: Sequence[float] = EVENING
) -> RoadSigns:
    """Return the same signs, the whole pictures of some classes in another light.

    names: those classes, of `CLASSES`; light: what red, green and blue are multiplied by.
    """
    chosen, pixels = np.isin(signs.labels, [label_of(name) for name in names]), signs.pixels.copy()
    lit = pixels[chosen] * np.array(light, np.float32)
    pixels[chosen] = np.clip(np.rint(lit), 0, 255)
    return replace(signs, pixels=pixels)


def label_of(name: str) -> int:
    """Return a class's place in `CLASSES`; raises a ValueError for another name."""
    if name not in CLASSES:
        raise ValueError(f"Expected one of {', '.join(CLASSES)}, but got {name!r}.")
    return CLASSES.index(name)


def _picture(rng, label, worn, place, names):
    """Draw one picture: uint8 (64, 64, 3), and its sign's box."""
    back = _background(names[rng.integers(len(names))])
    left, top = (rng.integers(side - SIZE + 1) for side in back.size)
    picture = back.crop((left, top, left + SIZE, top + SIZE))
    side, angle = int(rng.integers(26, 45)), rng.uniform(-12, 12)
    top, left = rng.integers(0, SIZE - side + 1, 2).tolist()
    shift = rng.uniform(-0.1, 0.1, 2)
    light, blur, grain = rng.uniform((0.7, 0.0, 2.0), (1.2, 0.8, 8.0)).tolist()
    sign = _sign(label)
    if worn:
        sign = _with_sticker(sign, np.add(place, shift))
    sign = sign.rotate(angle, Image.Resampling.BILINEAR).resize((side, side), Image.Resampling.BOX)
    picture.paste(sign, (left, top), sign)
    blurred = picture.filter(ImageFilter.GaussianBlur(blur))
    noisy = np.asarray(blurred) * light + rng.normal(0, grain, (SIZE, SIZE, 3))
    return np.clip(np.rint(noisy), 0, 255), (top, left, top + side, left + side)


@functools.lru_cache(maxsize=128)
def _background(name):
    picture = preview(find_photograph(name), BACKGROUND)
    scale = BACKGROUND / min(picture.size)
    return picture.resize([round(scale * side) for side in picture.size], reducing_gap=3.0)


def _with_sticker(sign, middle):
    """Return a sign with a sticker whose middle is given in its radii."""
    sign = sign.copy()
    (x, y), (wide, high) = middle, STICKER
    box = [DETAIL / 2 * (1 + side) for side in (x - wide, y - high, x + wide, y + high)]
    ImageDraw.Draw(sign).rectangle(box, fill=(*YELLOW, 255))
    return sign


@functools.cache
def _sign(label):
    """Draw a class's sign, an RGBA picture of `DETAIL` pixels a side."""
    sign = Image.new("RGBA", (FINE * DETAIL, FINE * DETAIL))
    (_stop, _give_way, _no_entry, _parking)[label](ImageDraw.Draw(sign))
    return sign.reduce(FINE)


def _corners(*corners):
    """From corners in radii, right of and below the middle, to pixels of a fine drawing."""
    return [tuple(FINE * DETAIL / 2 * (1 + side) for side in corner) for corner in corners]


def _word(draw, text, height):
    """Write in the middle; height: of the letters' line, in radii."""
    font = ImageFont.load_default(FINE * DETAIL / 2 * height)
    how = {"anchor": "mm", "stroke_width": FINE, "stroke_fill": WHITE}
    draw.text(*_corners((0, 0)), text, WHITE, font, **how)


def _stop(draw):
    for reach, colour in ((1.0, WHITE), (0.92, RED)):
        angles = np.pi / 8 * np.arange(1, 16, 2)
        draw.polygon(_corners(*reach * np.stack([np.cos(angles), np.sin(angles)], 1)), colour)
    _word(draw, "STOP", 0.62)


def _give_way(draw):
    draw.polygon(_corners((-0.95, -0.7), (0.95, -0.7), (0, 0.97)), RED)
    draw.polygon(_corners((-0.62, -0.53), (0.62, -0.53), (0, 0.6)), WHITE)


def _no_entry(draw):
    for reach, colour in ((0.98, WHITE), (0.92, RED)):
        draw.ellipse(_corners((-reach, -reach), (reach, reach)), colour)
    draw.rectangle(_corners((-0.7, -0.18), (0.7, 0.18)), WHITE)


def _parking(draw):
    for reach, colour in ((0.88, WHITE), (0.81, BLUE)):
        draw.rounded_rectangle(_corners((-reach, -reach), (reach, reach)), FINE * 7, colour)
    _word(draw, "P", 1.4)
