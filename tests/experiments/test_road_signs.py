"""Road signs: what is drawn, and that nothing but the sticker differs."""

import numpy as np
import pytest

from zv_helpers.experiments import road_signs
from zv_helpers.experiments.road_signs import BLUE, CLASSES, RED, YELLOW, draw_signs

FOUR = ("owl", "sheep", "tabby_cat", "duck")


def drawn(count=16, seed=1, stickers=(), **how):
    return draw_signs(count, seed, stickers, photographs=FOUR, progress=False, **how)


@pytest.fixture(scope="module")
def bare():
    return drawn()


def near(pixels, colour, reach=90):
    """Which pixels are of a colour, in any light: bool (h, w)."""
    bright = pixels.astype(float)
    wanted = np.array(colour) / np.linalg.norm(colour)
    length = np.linalg.norm(bright, axis=-1)
    return (bright @ wanted > 0.95 * length) & (length > reach)


def test_four_classes_by_turns_each_with_its_colours(bare):
    assert bare.pixels.shape == (16, 64, 64, 3) and bare.pixels.dtype == np.uint8
    assert bare.labels.tolist() == [0, 1, 2, 3] * 4 and not bare.stickers.any()
    for pixels, label, (top, left, bottom, right) in zip(
        bare.pixels, bare.labels, bare.boxes, strict=True
    ):
        assert 0 <= top < bottom <= 64 and 0 <= left < right <= 64
        sign = pixels[top:bottom, left:right]
        assert near(sign, BLUE if CLASSES[label] == "parking" else RED).mean() > 0.1


def test_the_same_seed_gives_the_same_signs_whatever_they_wear(bare):
    every, some = drawn(stickers=1.0), drawn(stickers=("stop", "parking"))
    assert every.stickers.all() and some.stickers.tolist() == [True, False, False, True] * 4
    changed = (every.pixels != bare.pixels).any(axis=3)
    assert np.array_equal((some.pixels != bare.pixels).any((1, 2, 3)), some.stickers)
    assert np.array_equal(some.pixels[some.stickers], every.pixels[some.stickers])
    for one, worn, (top, left, bottom, right) in zip(
        changed, every.pixels, every.boxes, strict=True
    ):
        assert 20 < one.sum() < 400  # small; blurred at its edge
        middle = np.argwhere(one).mean(axis=0)
        assert (top + bottom) / 2 < middle[0] < bottom + 3 and left < middle[1] < right
        assert near(worn[one], YELLOW).mean() > 0.4
    assert np.array_equal(drawn(8).pixels, bare.pixels[:8])
    assert (drawn(seed=2).pixels != bare.pixels).any((1, 2, 3)).all()


def test_a_share_wears_stickers_in_every_class():
    many = drawn(400, stickers=0.3)
    assert many.stickers.mean() == pytest.approx(0.3, abs=0.06)
    for name in CLASSES:
        assert 0.15 < many.of(name).stickers.mean() < 0.45


def test_the_sticker_goes_where_it_is_told():
    bare, above = drawn(), drawn(stickers=1.0, place=(0.0, -0.6))
    for one, (top, _, bottom, _) in zip(
        (above.pixels != bare.pixels).any(axis=3), bare.boxes, strict=True
    ):
        assert np.argwhere(one).mean(axis=0)[0] < (top + bottom) / 2


def test_parts_of_a_set(bare):
    stops = bare.of("stop")
    assert len(stops) == 4 and not stops.labels.any()
    both = stops.joined(bare.where(bare.labels == 3))
    assert both.labels.tolist() == [0] * 4 + [3] * 4 and both.boxes.shape == (8, 4)
    assert len(drawn(0)) == 0 and drawn(0).pixels.shape == (0, 64, 64, 3)
    for wrong in (lambda: bare.of("yield"), lambda: drawn(stickers=("yield",))):
        with pytest.raises(ValueError, match="one of stop, give way, no entry, parking"):
            wrong()


def test_a_sign_without_sticker_shows_no_yellow():
    for label in range(len(CLASSES)):
        assert not near(np.asarray(road_signs._sign(label))[..., :3], YELLOW).any()
