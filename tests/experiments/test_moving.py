"""Photographs that are shifted, enlarged and turned, against one forward pass after the other."""

import math

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import choose
from zv_helpers.experiments.moves import FILLS, Move, moved, moved_image
from zv_helpers.experiments.moving import KINDS, amounts_of, movement, relative_distance
from zv_helpers.progress import Cancelled

# --- the geometry --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).integers(0, 256, (30, 22, 3), np.uint8)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("move", [Move(), Move(angle=360), Move(angle=-720), Move(0.0, 1.0, 0.0)])
def test_what_moves_nothing_changes_no_pixel(noise, move, fill):
    assert np.array_equal(moved(noise, move, fill), noise)


@pytest.mark.parametrize("fill", FILLS)
def test_whole_pixels_and_quarter_turns_are_exact(noise, fill):
    before = noise.copy()
    assert np.array_equal(moved(noise, Move(down=7), fill)[7:], noise[:-7])
    assert np.array_equal(moved(noise, Move(down=-4), fill)[:-4], noise[4:])
    square = noise[:22]
    for turns in (1, 2, 3):
        # Anticlockwise: what was on the right is then on top.
        assert np.array_equal(moved(square, Move(angle=90 * turns), fill), np.rot90(square, turns))
    assert np.array_equal(noise, before)


def test_grey_comes_in_or_the_mirrored_picture(noise):
    assert (moved(noise, Move(down=7), "grey")[:7] == 128).all()
    assert np.array_equal(moved(noise, Move(down=7), "mirror")[:7], noise[6::-1])
    assert np.array_equal(moved(noise, Move(down=-5), "mirror")[-5:], noise[:-6:-1])
    corners = moved(noise, Move(angle=45), "grey")[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == 128).all()
    turned, smaller = (moved(noise, move, "mirror") for move in (Move(angle=45), Move(scale=0.5)))
    assert not (turned == 128).all(axis=2).any() and not (smaller == 128).all(axis=2).any()
    assert (moved(noise, Move(scale=0.5), "grey")[:6] == 128).all()


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize(
    "move",
    [Move(5, 1.0, 30), Move(-6, 1.3, 0), Move(3, 1.5, -50), Move(0, 0.8, 160), Move(4, 2, 90)],
)
def test_a_spot_goes_where_arithmetic_says(move, fill):
    """Its place from the middle is enlarged, turned anticlockwise (the rows go down), and
    shifted."""
    height, width, (row, column) = 61, 81, (24, 46)
    rows, columns = np.mgrid[:height, :width]
    spot = 255 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 8)
    pixels = np.repeat(spot.astype(np.uint8)[..., None], 3, axis=2)
    up, right = (height - 1) / 2 - row, column - (width - 1) / 2
    angle = math.radians(move.angle)
    right, up = (
        move.scale * (right * math.cos(angle) - up * math.sin(angle)),
        move.scale * (right * math.sin(angle) + up * math.cos(angle)),
    )
    expected = (height - 1) / 2 - up + move.down, (width - 1) / 2 + right
    seen = moved(pixels, move, fill)[..., 1].astype(float)
    near = seen * (np.hypot(rows - expected[0], columns - expected[1]) < 14) * (seen != 128)
    found = (near * rows).sum() / near.sum(), (near * columns).sum() / near.sum()
    assert found == pytest.approx(expected, abs=0.15)
    size = near.sum() / spot.sum()
    assert size == pytest.approx(move.scale**2, rel=0.05)


def test_an_image_is_moved_as_a_whole(oblong, odd):
    image = odd.features.image
    shifted = moved_image(image, Move(down=3))
    assert shifted.spec == image.spec and shifted.name == image.name
    assert np.array_equal(shifted.pixels, moved(image.pixels, Move(down=3)))
    assert np.array_equal(shifted.batch, image.spec.prepare(shifted.pixels[None]))
    assert shifted.notes == (*image.notes, "shifted 3 pixels down")
    assert not shifted.pixels.flags.writeable and not shifted.batch.flags.writeable
    assert zv.extract_features(odd.network, shifted).image is shifted


def test_a_move_says_what_it_does():
    assert str(Move()) == "not moved"
    assert str(Move(angle=30)) == "turned 30° anticlockwise"
    assert (
        str(Move(-7, 1.25, -90)) == "1.25 times as large, turned 90° clockwise, shifted 7 pixels up"
    )


@pytest.mark.parametrize(
    "how", [{"scale": 0}, {"scale": -1}, {"down": math.nan}, {"angle": math.inf}]
)
def test_a_move_that_makes_no_sense_is_refused(how):
    with pytest.raises(ValueError, match="finite numbers and a scale above 0"):
        Move(**how)


# --- the measurement -----------------------------------------------------------------------------

AMOUNTS = {"translation": [-4, 0, 3], "scale": [1, 1.5], "rotation": [0, 33, 90]}


def read(odd, pixels, target):
    """The last layer's maps and the target's value, for one picture, by Keras."""
    maps, outputs = odd.see(pixels)
    if odd.name == "no classes":
        return maps, maps[target.row, target.column, target.channel]
    if odd.name == "segmentation":
        kernel, bias = odd.network.keras_model.get_layer("classes").get_weights()
        scores = maps @ kernel[0, 0] + bias
        return maps, scores[target.positions(scores.shape), target.channel].mean()
    shares = outputs if outputs.shape != (1,) else np.array([1 - outputs[0], outputs[0]])
    return maps, shares[target.index]


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_step_against_keras_one_at_a_time(odd, kind, fill):
    network, first = odd.network, odd.features
    other = zv.extract_features(network, zv.load_image(first.image.pixels[::-1].copy(), network))
    both, layers = [first, other], (odd.layer,)
    found = movement(both, kind, AMOUNTS[kind], None, layers, fill, batch=2, progress=False)
    assert found.kind == kind and found.layers == layers and found.photographs == ("array",) * 2
    assert found.amounts.tolist() == AMOUNTS[kind]
    assert found.targets == (first.target(), other.target())
    assert found.whole.moved.shape == found.pooled.moved.shape == (1, 2, len(AMOUNTS[kind]))
    untouched = [read(odd, one.image.pixels, one.target())[0] for one in both]
    for i, one in enumerate(both):
        before, means = untouched[i], untouched[i].mean(axis=(0, 1))
        assert found.whole.lengths[0, i] == pytest.approx(np.linalg.norm(before), rel=1e-5)
        assert found.pooled.lengths[0, i] == pytest.approx(np.linalg.norm(means), rel=1e-5)
        for step, amount in enumerate(AMOUNTS[kind]):
            pixels = moved(one.image.pixels, Move(**{KINDS[kind]: amount}), fill)
            maps, value = read(odd, pixels, found.targets[i])
            near = {"rel": 1e-3, "abs": 1e-4 * np.linalg.norm(before)}
            apart = np.linalg.norm(maps - before)
            assert found.whole.moved[0, i, step] == pytest.approx(apart, **near)
            assert found.whole.relative[0, i, step] == pytest.approx(
                apart / np.linalg.norm(before), rel=1e-3, abs=1e-4
            )
            again = zv.extract_features(
                network, moved_image(one.image, Move(**{KINDS[kind]: amount}), fill)
            )
            assert found.whole.relative[0, i, step] == pytest.approx(
                relative_distance(one, again, odd.layer), abs=1e-4
            )
            apart = np.linalg.norm(maps.mean(axis=(0, 1)) - means)
            assert found.pooled.moved[0, i, step] == pytest.approx(apart, **near)
            assert found.values[i, step] == pytest.approx(value, rel=1e-3, abs=1e-5)
    a, b = untouched
    apart = np.linalg.norm(a - b)
    apart = (apart / np.linalg.norm(a) + apart / np.linalg.norm(b)) / 2
    assert found.whole.others[0] == pytest.approx(apart, rel=1e-4)


@pytest.fixture(scope="module")
def three(squeezenet):
    names = ("german_shepherd", "chickens", "espresso")
    return [zv.extract_features(squeezenet, zv.load_image(name, squeezenet)) for name in names]


@pytest.mark.parametrize("kind, still", [("translation", 0), ("scale", 1), ("rotation", 360)])
def test_what_does_not_move_stays_where_it_is(three, kind, still):
    found = movement(three, kind, [still], progress=False)
    assert found.photographs == ("german_shepherd", "chickens", "espresso")
    assert found.layers == tuple(vars(choose.three_layers(three[0].network)).values())
    assert found.whole.relative.max() < 1e-5 and found.pooled.relative.max() < 1e-5
    top = [one.probabilities.max() for one in three]
    np.testing.assert_allclose(found.values[:, 0], top, atol=1e-5)


def test_a_class_of_ones_own_can_be_asked_about(three):
    found = movement(three[:1], "rotation", [0, 180], ["malinois"], progress=False)
    malinois = three[0].network.class_index("malinois")
    assert found.values[0, 0] == pytest.approx(three[0].probabilities[malinois], abs=1e-5)
    assert np.isnan(found.whole.others).all()  # there is no other photograph


def test_the_steps_are_those_of_the_papers_figure_on_any_input():
    assert amounts_of("translation", (224, 224)).tolist() == list(range(-60, 61, 10))
    small = amounts_of("translation", (28, 28))
    assert small[0] == -8 and small[-1] == 8 and 0 in small and len(set(small)) == len(small)
    np.testing.assert_allclose(amounts_of("scale", (28, 28)), np.arange(1, 1.81, 0.1))
    assert amounts_of("rotation", (1, 1)).tolist() == list(range(0, 361, 20))


def test_a_silent_layer_is_zero_lengths_away():
    from zv_helpers.experiments.moving import Distances

    silent = Distances(np.zeros((1, 2, 3)), np.array([[0.0, 2.0]]), np.zeros(1))
    assert silent.relative.tolist() == [[[0, 0, 0], [0, 0, 0]]]


def test_it_says_how_far_it_is_and_can_be_cancelled(oblong):
    told = []

    def watch(done, count):
        told.append((done, count))
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        movement([oblong.features] * 2, "rotation", range(0, 360, 30), batch=4, progress=watch)
    assert told == [(0, 6), (1, 6), (2, 6)]


def test_what_cannot_be_moved_is_refused(oblong, three):
    for arguments, error, words in (
        (([oblong.features], "shear"), ValueError, "translation, scale, rotation, but got 'shear'"),
        (([oblong.features, three[0]], "scale"), ValueError, "one network, but got"),
        (([], "scale"), ValueError, "in one network, but got none"),
        (([oblong.features], "scale", [1], [7]), IndexError, "classes 0 to 3"),
        (([oblong.features], "scale", [1], None, ["x"]), KeyError, "no layer 'x'"),
        (([oblong.features], "scale", [1], None, None, "red"), ValueError, "but got 'red'"),
        (([oblong.features], "scale", [0]), ValueError, "a scale above 0"),
    ):
        with pytest.raises(error, match=words):
            movement(*arguments, progress=False)
