"""What load_image gives: the part that is used, how it is fitted, and what is said."""

import io
import warnings
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from pictures import MEAN, NETWORK, QUADRANTS, CaffeNetwork, noise, quadrants
from PIL import Image

from zv_helpers.images import SmallImageWarning, fit_boxes, load_image, with_pixels


def test_a_shipped_photograph_as_the_network_sees_it():
    image = load_image("tabby_cat", NETWORK)
    assert image.name == "tabby_cat" and image.fit == "crop"
    assert image.pixels.shape == (224, 224, 3) and image.pixels.dtype == np.uint8
    assert image.batch.shape == (1, 224, 224, 3) and image.batch.dtype == np.float32
    np.testing.assert_array_equal(image.batch[0], image.pixels[..., ::-1] - MEAN)
    assert image.original.shape == (300, 451, 3) and image.original_size == (300, 451)
    assert image.box == (0, 75, 300, 375) and image.place == (0, 0, 224, 224)
    assert image.notes == ("cropped 451x300 to the middle 300x300, then resized to 224x224",)
    assert repr(image) == (
        "InputImage('tabby_cat', photograph 451x300, fit='crop', network sees 224x224)"
    )


def test_nothing_in_an_input_image_can_be_changed():
    image = load_image("tabby_cat", NETWORK)
    for array in (image.pixels, image.batch, image.original):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(FrozenInstanceError):
        image.name = "dog"


def test_a_photograph_knows_its_file_until_that_is_changed(tmp_path, monkeypatch):
    assert load_image("tabby_cat", NETWORK).source == "tabby_cat"
    path = tmp_path / "red.png"
    Image.new("RGB", (300, 240), "red").save(path)
    image = load_image(path, NETWORK)
    assert image.source == str(path) and image.origin.path == path
    monkeypatch.chdir(tmp_path)
    near = load_image("red.png", NETWORK)
    assert near.source == "red.png" and near.origin.path == path
    monkeypatch.chdir(tmp_path.parent)
    assert near.source is near.original  # from here "red.png" means no file
    Image.new("RGB", (300, 240), "blue").save(path)
    assert image.source is image.original and not image.origin.is_as_read
    path.unlink()
    assert image.source is image.original


def test_what_was_read_from_no_file_has_no_origin(tmp_path):
    path = tmp_path / "red.png"
    Image.new("RGB", (300, 240), "red").save(path)
    pixels = np.array(Image.open(path))
    for source in (
        pixels,
        Image.fromarray(pixels),
        path.read_bytes(),
        io.BytesIO(path.read_bytes()),
    ):
        image = load_image(source, NETWORK)
        assert image.origin is None and image.source is image.original
    image = load_image(path, NETWORK)
    assert with_pixels(image, image.pixels[::-1].copy(), "turned").origin is None


def test_the_learner_s_array_is_neither_changed_nor_locked():
    array = noise(224, 224, 3)
    before = array.copy()
    image = load_image(array, NETWORK)
    np.testing.assert_array_equal(array, before)
    array[0] = 0
    np.testing.assert_array_equal(image.pixels, before)


def test_a_picture_of_the_networks_size_passes_through_bit_identical(tmp_path):
    array = noise(224, 224, 3)
    path = tmp_path / "exact.png"
    Image.fromarray(array).save(path)
    for source in (array, array[None], Image.fromarray(array), path, path.read_bytes()):
        for fit in ("crop", "letterbox", "stretch"):
            image = load_image(source, NETWORK, fit)
            np.testing.assert_array_equal(image.pixels, array)
            assert image.notes == ("already 224x224, so used unresampled",)


def test_a_crop_that_leaves_the_networks_size_is_not_resampled():
    array = noise(224, 300, 3)
    np.testing.assert_array_equal(load_image(array, NETWORK).pixels, array[:, 38:262])


def test_every_way_in_gives_the_same_picture(tmp_path):
    array = noise(260, 300, 3)
    path = tmp_path / "mine.png"
    Image.fromarray(array).save(path)
    data = path.read_bytes()
    expected = load_image(array, NETWORK).pixels
    sources = [path, str(path), data, bytearray(data), io.BytesIO(data), Image.open(path)]
    images = [load_image(source, NETWORK) for source in sources]
    with open(path, "rb") as file:
        images += [load_image(file, NETWORK), load_image(file, NETWORK)]
    for image in images:
        np.testing.assert_array_equal(image.pixels, expected)
    assert [image.name for image in images] == [
        *("mine", "mine", "picture", "picture", "picture"),
        *("mine", "mine", "mine"),
    ]
    assert load_image(array, NETWORK).name == "array"


def test_shrinking_leaves_no_false_pattern():
    stripes = np.zeros((1120, 1120, 3), np.uint8)
    stripes[:, ::2] = 255  # finer than the network's pixels: grey is all that can be left
    pixels = load_image(stripes, NETWORK).pixels[:, 4:-4]
    assert abs(pixels.astype(int) - 128).max() <= 8


def test_an_enormous_photograph_keeps_a_reduced_original():
    image = load_image(np.full((100, 5000, 3), 77, np.uint8), CaffeNetwork((32, 32)))
    assert image.original_size == (100, 5000) and image.original.shape == (41, 2048, 3)
    assert image.box == (0, 2450, 100, 2550)


# ---- fits


def test_crop_takes_the_middle():
    wide = np.zeros((300, 900, 3), np.uint8)
    wide[:, 300:600] = 255
    image = load_image(wide, NETWORK)
    assert image.box == (0, 300, 300, 600) and image.pixels.min() == 255
    tall = load_image(wide.transpose(1, 0, 2), NETWORK)
    assert tall.box == (300, 0, 600, 300) and tall.pixels.min() == 255


def test_crop_follows_a_network_that_is_not_square():
    image = load_image(noise(400, 400, 3), CaffeNetwork((100, 200)))
    assert image.box == (100, 0, 300, 400) and image.pixels.shape == (100, 200, 3)


@pytest.mark.parametrize(
    ("height", "width", "place"),
    [(300, 600, (56, 0, 168, 224)), (600, 300, (0, 56, 224, 168)), (500, 500, (0, 0, 224, 224))],
)
def test_letterbox_shows_the_whole_between_grey_bars(height, width, place):
    image = load_image(np.full((height, width, 3), 200, np.uint8), NETWORK, "letterbox")
    top, left, bottom, right = image.place
    assert image.place == place and image.box == (0, 0, height, width)
    assert (image.pixels[top:bottom, left:right] == 200).all()
    bars = np.ones((224, 224), bool)
    bars[top:bottom, left:right] = False
    assert (image.pixels[bars] == 128).all()
    assert ("mid-grey bars" in image.notes[0]) == bars.any()


def test_stretch_uses_everything_and_says_that_it_distorts():
    image = load_image(quadrants(400, 800), NETWORK, "stretch")
    assert image.box == (0, 0, 400, 800)
    np.testing.assert_array_equal(image.pixels[::200, ::200], QUADRANTS)
    assert image.notes == ("800x400 resized to 224x224, which distorts it",)


@pytest.mark.parametrize("seen", [(224, 224), (299, 299), (97, 161), (8, 8)])
def test_boxes_stay_inside_and_keep_the_proportions(seen):
    rng = np.random.default_rng(1)
    for height, width in rng.integers(16, 3000, (200, 2)).tolist():
        top, left, bottom, right = fit_boxes((height, width), seen, "crop")[0]
        assert 0 <= top < bottom <= height and 0 <= left < right <= width
        assert bottom - top == height or right - left == width
        assert abs(top - (height - bottom)) <= 1 and abs(left - (width - right)) <= 1
        assert abs((right - left) * seen[0] - (bottom - top) * seen[1]) <= max(seen)
        box, (top, left, bottom, right) = fit_boxes((height, width), seen, "letterbox")
        assert box == (0, 0, height, width)
        assert 0 <= top < bottom <= seen[0] and 0 <= left < right <= seen[1]
        assert bottom - top == seen[0] or right - left == seen[1]


# ---- small pictures


def test_a_small_photograph_warns_and_says_so_in_its_notes():
    with pytest.warns(SmallImageWarning, match="180x120 and the network sees 224x224") as caught:
        image = load_image(noise(120, 180, 3), NETWORK, "stretch")
    assert len(caught) == 1 and caught[0].filename == __file__
    assert image.notes[-1] == (
        "the photograph is 180x120 and the network sees 224x224: "
        "fine details are not there; use a larger one"
    )


def test_it_is_the_used_part_that_counts():
    wide = noise(150, 1000, 3)
    with pytest.warns(SmallImageWarning, match="part of the photograph that is used is 150x150"):
        load_image(wide, NETWORK)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_image(wide, NETWORK, "letterbox")  # shown at 224x34, so nothing is enlarged
        load_image(noise(224, 224, 3), NETWORK)
