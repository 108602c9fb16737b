"""The grey square that slides over a photograph, against one forward pass after the other."""

import keras
import numpy as np
import pytest
from independent import random_image, random_weights
from odd_networks import value_of

import zv_helpers as zv
from zv_helpers.experiments.occluding import hidden_image, occlusion_maps
from zv_helpers.heatmaps import occlude, occlusion, squares
from zv_helpers.progress import Cancelled


def winner_of(odd, outputs):
    if odd.name == "segmentation":
        wins = np.bincount(outputs.argmax(axis=-1).ravel(), minlength=3)
        assert np.sort(wins)[-2] > 0  # not one class everywhere
        return wins.argmax()
    return int(outputs[0] > 0.5) if outputs.shape == (1,) else outputs.argmax()


@pytest.mark.parametrize("size, stride", [(8, 6), (11, 11), (20, 7)])
def test_every_place_against_keras_one_at_a_time(odd, size, stride):
    """Zeiler & Fergus 2014, §4.2, one grey square after the other, in any network that loads."""
    pixels, (height, width) = odd.features.image.pixels, odd.network.input_size
    maps = occlusion_maps(odd.features, size=size, stride=stride, batch=3, progress=False)
    assert maps.layer == odd.layer and maps.target == odd.features.target()
    untouched, outputs = odd.see(pixels)
    strongest = np.unravel_index(untouched.argmax(), untouched.shape)[2]
    assert maps.channel == strongest
    assert maps.activation_before == pytest.approx(untouched[..., strongest].sum(), rel=1e-4)
    assert maps.value_before == pytest.approx(
        value_of(odd, maps.target, untouched, outputs), rel=1e-4
    )
    tops = sorted({*range(0, height - size + 1, stride), height - size})
    lefts = sorted({*range(0, width - size + 1, stride), width - size})
    assert maps.activation.shape == maps.value.shape == (len(tops), len(lefts))
    assert maps.activation.dtype == maps.value.dtype == np.float32
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            covered = pixels.copy()
            covered[top : top + size, left : left + size] = 128
            seen, outputs = odd.see(covered)
            total = seen[..., strongest].sum()
            assert maps.boxes[i, j].tolist() == [top, left, top + size, left + size]
            assert maps.activation[i, j] == pytest.approx(total, rel=1e-4, abs=1e-3)
            value = value_of(odd, maps.target, seen, outputs)
            assert maps.value[i, j] == pytest.approx(value, rel=1e-3, abs=1e-5)
            if odd.name != "no classes":
                assert maps.most_probable[i, j] == winner_of(odd, outputs)
    if odd.name == "no classes":
        assert maps.most_probable is None and maps.most_probable_before is None
    else:
        assert maps.most_probable_before == winner_of(odd, odd.see(pixels)[1])


def test_it_is_the_heatmaps_occlusion_seen_from_other_sides(shepherd):
    maps = occlusion_maps(shepherd, size=56, stride=56, progress=False)
    _, grid = occlusion(shepherd, maps.target, 56, 56)
    np.testing.assert_allclose(maps.value, grid, atol=1e-5)
    assert maps.value_before == pytest.approx(shepherd.probabilities[235], abs=1e-6)


def test_layer_map_and_class_can_be_chosen(oblong):
    maps = occlusion_maps(oblong.features, 2, "first", 4, size=10, stride=10, progress=False)
    assert (maps.layer, maps.channel, maps.target) == ("first", 4, zv.ClassScore(2))
    covered = occlude(oblong.features.image, 10, 16, 10)  # the last place
    again = zv.extract_features(oblong.network, zv.load_image(covered, oblong.network))
    assert maps.activation[-1, -1] == pytest.approx(again["first"][..., 4].sum(), rel=1e-5)
    assert maps.value[-1, -1] == pytest.approx(again.probabilities[2], rel=1e-4)


def test_the_values_that_are_read_need_not_lie_above_each_other():
    pixels = keras.Input((16, 16, 3))
    one, other = (
        keras.layers.Conv2D(4, 3, padding="same", activation="relu", name=name)(pixels)
        for name in ("left", "right")
    )
    model = random_weights(keras.Model(pixels, keras.layers.Add()([one, other])), seed=3)
    network = zv.load_model(model, preprocess="tf")
    features = zv.extract_features(network, random_image(network))
    for layer, aside in (("left", "right"), ("right", "left")):
        target = features.strongest(aside)
        maps = occlusion_maps(features, target, layer, size=6, stride=5, progress=False)
        _, grid = occlusion(features, target, 6, 5)
        np.testing.assert_allclose(maps.value, grid, rtol=1e-5)
        assert maps.value_before == pytest.approx(target.activation)
        assert np.ptp(maps.activation) > 0


def test_a_square_that_a_neuron_does_not_see_changes_nothing(oblong):
    target = oblong.features.strongest("first")
    maps = occlusion_maps(oblong.features, target, size=4, stride=4, progress=False)
    top, left, bottom, right = oblong.features.receptive_field(target)
    far = (
        (maps.boxes[..., 2] <= top)
        | (maps.boxes[..., 0] >= bottom)
        | (maps.boxes[..., 3] <= left)
        | (maps.boxes[..., 1] >= right)
    )
    assert 0 < far.sum() < far.size
    np.testing.assert_allclose(maps.value[far], maps.value_before, rtol=1e-5)
    assert np.abs(maps.value[~far] - maps.value_before).max() > 0.1 * maps.value_before


@pytest.mark.parametrize(
    "place", [(-8, 0), (-30, 3), (20, 0), (99, 5), (0, -8), (4, -40), (7, 26), (7, 70), (-9, -9)]
)
def test_a_square_outside_the_photograph_changes_nothing(oblong, place):
    image = oblong.features.image
    assert np.array_equal(occlude(image, *place, 8), image.pixels)


def test_an_image_is_hidden_as_a_whole(odd):
    image = odd.features.image
    hidden = hidden_image(image, 2, 3, 7)
    assert np.array_equal(hidden.pixels, occlude(image, 2, 3, 7))
    assert np.array_equal(hidden.batch, image.spec.prepare(hidden.pixels[None]))
    assert hidden.notes == (*image.notes, "rows 2–8, columns 3–9 hidden")
    assert hidden.spec == image.spec and not hidden.pixels.flags.writeable
    assert np.array_equal(hidden_image(image, 2, 3, 0).pixels, image.pixels)


@pytest.mark.parametrize("place, inside", [((-3, -5), (5, 3)), ((16, 24), (4, 2))])
def test_a_square_over_the_border_covers_what_lies_inside(oblong, place, inside):
    changed = (occlude(oblong.features.image, *place, 8) != oblong.features.image.pixels).any(
        axis=2
    )
    rows, columns = np.nonzero(changed)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == inside


def test_squares_reach_from_border_to_border():
    for extent in ((20, 26), (28, 28), (5, 9)):
        for size in (1, 3, 5):
            for stride in (1, 2, 5, 30):
                _, *edges = squares(extent, size, stride)
                for side, starts in zip(extent, edges, strict=True):
                    assert starts[0] == 0 and starts[-1] == side - size
                    assert (np.diff(starts) > 0).all() and max(np.diff(starts), default=0) <= stride
    assert squares((224, 224))[0] == 56 and squares((224, 224))[1][:3] == [0, 28, 56]
    with pytest.raises(ValueError, match="a square of 1 to 20 pixels, but got 21"):
        squares((20, 26), 21)


def test_the_lowest_place_is_named(oblong):
    maps = occlusion_maps(oblong.features, size=8, stride=6, progress=False)
    row, column = np.unravel_index(maps.value.argmin(), maps.value.shape)
    top, left = [0, 6, 12][row], [0, 6, 12, 18][column]
    assert maps.lowest(maps.value) == (top, left, top + 8, left + 8)
    assert maps.lowest(np.zeros((3, 4))) == (0, 0, 8, 8)


def test_values_are_laid_where_the_squares_middles_are(oblong):
    maps = occlusion_maps(oblong.features, size=8, stride=6, progress=False)
    values = np.arange(12).reshape(3, 4)
    laid = maps.on_canvas(values)
    assert laid.shape == (20, 26)
    # Middles at 4, 10 and 16, and at 4, 10, 16 and 22: three pixels to each side.
    inside = np.kron(values, np.ones((6, 6)))
    np.testing.assert_array_equal(laid[1:19, 1:25], inside)
    laid[1:19, 1:25] = np.nan
    assert np.isnan(laid).all()
    uneven = occlusion_maps(oblong.features, size=8, stride=7, progress=False)  # 0, 7, 12
    column = uneven.on_canvas(np.arange(12).reshape(3, 4))[:, 4]
    # Middles at 4, 11 and 16; a pixel as near to two belongs to the first.
    assert column[:-1].tolist() == [0] * 8 + [4] * 6 + [8] * 5 and np.isnan(column[-1])
    whole = occlusion_maps(oblong.features, size=20, stride=20, progress=False)  # 0, and 0 and 6
    assert whole.on_canvas(np.ones((1, 2))).shape == (20, 26)
    assert not np.isnan(whole.on_canvas(np.ones((1, 2)))[:, 7:19]).any()


def test_the_share_of_a_signal_under_each_square(oblong):
    maps = occlusion_maps(oblong.features, size=8, stride=6, progress=False)
    signal = np.zeros((20, 26, 3))
    signal[7, 13] = -1, 1, 0  # hidden by the squares that begin at row 0 or 6, column 6 or 12
    signal[19, 25, 2] = 6  # by the last one
    expected = np.zeros((3, 4))
    expected[:2, 1:3], expected[2, 3] = 0.25, 0.75
    np.testing.assert_allclose(maps.shares(signal), expected)
    assert not maps.shares(np.zeros((20, 26, 1))).any()


def test_it_says_how_far_it_is_and_can_be_cancelled(oblong):
    told = []

    def watch(done, count):
        told.append((done, count))
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        occlusion_maps(oblong.features, size=8, stride=3, batch=4, progress=watch)
    assert told == [(0, 9), (1, 9), (2, 9), (3, 9)]


def test_a_network_that_was_trained_on_is_refused(to_be_trained):
    kernel = to_be_trained.network.keras_model.get_layer("first").kernel
    kernel.assign(kernel + 1)
    with pytest.raises(ValueError, match="was trained on since"):
        occlusion_maps(to_be_trained.features, progress=False)


@pytest.mark.parametrize(
    "how, error, words",
    [
        ({"layer": "fire1"}, KeyError, "no layer 'fire1'"),
        ({"channel": 8}, IndexError, "has feature maps 0 to 7"),
        ({"target": 4}, IndexError, "classes 0 to 3"),
        ({"size": 0}, ValueError, "a square of 1 to 20 pixels"),
    ],
)
def test_what_is_not_there_is_refused(oblong, how, error, words):
    with pytest.raises(error, match=words):
        occlusion_maps(oblong.features, progress=False, **how)
