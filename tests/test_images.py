"""Step 2: whatever a learner brings becomes one picture, or one sentence."""

import io
import os
import re
import warnings
from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zv_helpers.data import DataError, checksums, data_folder
from zv_helpers.images import (
    ImageError,
    SmallImageWarning,
    credit,
    fit_boxes,
    load_image,
    photographs,
)

MEAN = np.array([103.939, 116.779, 123.68], np.float32)


@dataclass(frozen=True)
class CaffeNetwork:
    """The two attributes that load_image uses, with the preprocessing of VGG-16."""

    input_size: tuple = (224, 224)

    def preprocess(self, pixels):
        return pixels[..., ::-1] - MEAN


NETWORK = CaffeNetwork()
QUADRANTS = np.array([[[250, 10, 10], [10, 250, 10]], [[10, 10, 250], [240, 240, 20]]], np.uint8)


def quadrants(height=240, width=320):
    """A picture whose four corners differ in colour, so that any turn or mirror image shows."""
    return np.kron(QUADRANTS, np.ones((height // 2, width // 2, 1), np.uint8))


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def refusal(source, *words, network=NETWORK, fit="crop"):
    """The message of the ImageError, which is one sentence and has every word in it."""
    with pytest.raises(ImageError) as caught:
        load_image(source, network, fit)
    message = str(caught.value)
    assert message.startswith("Expected ") and message.endswith(".") and "\n" not in message
    assert not re.search(r"[.!?]\s", message), message
    for word in words:
        assert word in message, message
    return message


@pytest.fixture
def data_copy(tmp_path, monkeypatch):
    """A data folder with two shipped photographs and an empty my_photos."""
    folder = tmp_path / "repository" / "data"
    for part in ("photos", "my_photos"):
        (folder / part).mkdir(parents=True)
    for name in ("SHA256SUMS", "photos/CREDITS.csv", "photos/pig.jpg", "photos/tabby_cat.jpg"):
        (folder / name).write_bytes((data_folder() / name).read_bytes())
    monkeypatch.setenv("ZV_DATA", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


# ---- what comes out


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


# ---- forms of pictures


@pytest.mark.parametrize(("kind", "levels"), [("PNG", 0), ("JPEG", 12), ("TIFF", 0), ("WEBP", 0)])
def test_eight_exif_orientations_show_one_picture(kind, levels, tmp_path):
    upright = quadrants()
    turned = {  # how the camera stored the upright scene, for each value of the tag
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright),
        7: np.rot90(upright, 2).transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95}}.get(kind, {})
    for orientation, stored in turned.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = tmp_path / f"{orientation}.{kind.lower()}"
        Image.fromarray(np.ascontiguousarray(stored)).save(path, kind, exif=exif, **options)
        for source in (path, Image.open(path)):
            image = load_image(source, NETWORK)
            assert image.original_size == (240, 320), orientation
            difference = abs(image.original.astype(int) - upright)[8::32, 8::32]
            assert difference.max() <= levels, orientation
            assert any("EXIF" in note for note in image.notes) == (orientation > 1)


def test_broken_exif_data_does_not_cost_the_picture():
    exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\x01\0\0\0"
    data = encoded(Image.fromarray(quadrants()), "JPEG", exif=exif)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own remark on the data
        assert load_image(data, NETWORK).original_size == (240, 320)


def test_grey_pictures_have_three_equal_channels():
    grey = noise(224, 224)
    sources = [grey, grey[..., None], Image.fromarray(grey), encoded(Image.fromarray(grey), "PNG")]
    for source in sources:
        image = load_image(source, NETWORK)
        np.testing.assert_array_equal(image.pixels, np.repeat(grey[..., None], 3, axis=2))
        assert "from grey to RGB" in image.notes


def test_black_and_white():
    bits = noise(224, 224) > 127
    image = load_image(encoded(Image.fromarray(bits), "PNG"), NETWORK)
    np.testing.assert_array_equal(image.pixels[..., 1], bits * np.uint8(255))


def test_alpha_is_laid_on_white():
    colours = np.zeros((224, 224, 4), np.uint8)
    colours[:, :100] = (200, 0, 0, 255)
    colours[:, 100:200] = (0, 0, 0, 128)
    for source in (colours, Image.fromarray(colours), encoded(Image.fromarray(colours), "PNG")):
        image = load_image(source, NETWORK)
        assert image.pixels[0, [0, 150, 210]].tolist() == [[200, 0, 0], [127] * 3, [255] * 3]
        assert "transparent parts laid on white" in image.notes


def test_an_opaque_alpha_changes_nothing_and_is_not_mentioned():
    colours = noise(224, 224, 4)
    colours[..., 3] = 255
    image = load_image(colours, NETWORK)
    np.testing.assert_array_equal(image.pixels, colours[..., :3])
    assert "transparent parts laid on white" not in image.notes


def test_grey_with_alpha():
    grey = np.full((224, 224, 2), (40, 255), np.uint8)
    grey[:, 100:] = (0, 0)
    image = load_image(encoded(Image.fromarray(grey, "LA"), "PNG"), NETWORK)
    assert image.pixels[0, [0, 200]].tolist() == [[40] * 3, [255] * 3]
    assert image.notes[:2] == ("from grey to RGB", "transparent parts laid on white")


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
@pytest.mark.parametrize("transparent", [False, True])
def test_palettes(kind, transparent):
    indices = np.zeros((224, 224), np.uint8)
    indices[:, 112:] = 1
    picture = Image.fromarray(indices)
    picture.putpalette([250, 10, 10, 10, 10, 250])
    data = encoded(picture, kind, **({"transparency": 1} if transparent else {}))
    image = load_image(data, NETWORK)
    right = [255, 255, 255] if transparent else [10, 10, 250]
    assert image.pixels[0, [0, 200]].tolist() == [[250, 10, 10], right]
    assert ("transparent parts laid on white" in image.notes) == transparent


def test_a_palette_with_several_degrees_of_transparency():
    picture = Image.fromarray(np.repeat(np.arange(4, dtype=np.uint8), 56)[None].repeat(224, 0))
    picture.putpalette([0, 0, 0] * 4)
    data = encoded(picture, "PNG", transparency=bytes([255, 170, 85, 0]))
    assert load_image(data, NETWORK).pixels[0, ::56, 0].tolist() == [0, 85, 170, 255]


def test_cmyk_colours_are_right():
    upright = quadrants(224, 224)
    data = encoded(Image.fromarray(upright).convert("CMYK"), "JPEG", quality=95)
    assert Image.open(io.BytesIO(data)).mode == "CMYK"
    image = load_image(data, NETWORK)
    assert abs(image.pixels.astype(int) - upright)[8::16, 8::16].max() <= 6
    assert "from CMYK to RGB" in image.notes


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bit_grey_files_are_scaled(kind):
    ramp = np.linspace(0, 65535, 224).astype(np.uint16)[None].repeat(224, 0)
    image = load_image(encoded(Image.fromarray(ramp), kind), NETWORK)
    expected = np.linspace(0, 255, 224)
    assert abs(image.pixels[0, :, 0] - expected).max() <= 0.51
    assert image.notes[0] == "scaled from 16 bits to 8 (0 to 65535)"
    np.testing.assert_array_equal(load_image(ramp, NETWORK).pixels, image.pixels)


def test_big_endian_and_turned_sixteen_bits():
    ramp = np.linspace(0, 65535, 224).astype(">u2")[None].repeat(224, 0)
    big = Image.frombytes("I;16B", (224, 224), ramp.tobytes())
    pixels = load_image(big, NETWORK).pixels
    np.testing.assert_array_equal(pixels, load_image(ramp.astype(np.uint16), NETWORK).pixels)
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = encoded(Image.fromarray(np.rot90(ramp).astype(np.uint16)), "PNG", exif=exif)
    np.testing.assert_array_equal(load_image(stored, NETWORK).pixels, pixels)


def test_pictures_of_mode_i_and_f():
    ramp = np.arange(224, dtype=np.uint8)[None].repeat(224, 0)
    expected = load_image(ramp, NETWORK).pixels
    sources = [
        Image.fromarray(ramp).convert("I"),
        Image.fromarray(ramp.astype(np.int32) * 257),
        Image.fromarray(ramp.astype(np.float32)),
        Image.fromarray(ramp.astype(np.float32) / 255),
        encoded(Image.fromarray(ramp.astype(np.float32) / 255), "TIFF"),
    ]
    for source in sources:
        np.testing.assert_array_equal(load_image(source, NETWORK).pixels, expected)


@pytest.mark.parametrize(("kind", "suffix"), [("GIF", "gif"), ("PNG", "png"), ("WEBP", "webp")])
def test_the_first_frame_of_an_animation(kind, suffix, tmp_path):
    frames = [Image.new("RGB", (230, 230), colour) for colour in ("red", "lime", "blue")]
    path = tmp_path / f"moving.{suffix}"
    options = {"lossless": True} if kind == "WEBP" else {}
    frames[0].save(path, kind, save_all=True, append_images=frames[1:], **options)
    image = load_image(path, NETWORK)
    assert image.pixels[100, 100].tolist() == [255, 0, 0]
    assert image.notes[0] == "first frame of 3"
    with Image.open(path) as opened:
        opened.seek(2)
        later = load_image(opened, NETWORK)
        assert opened.tell() == 2
    assert later.pixels[100, 100].tolist() == [0, 0, 255] and later.notes[0] == "frame 3 of 3"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_float_arrays(dtype):
    whole = noise(224, 224, 3)
    image = load_image(whole.astype(dtype), NETWORK)
    np.testing.assert_array_equal(image.pixels, whole)
    assert "0 to 255" in image.notes[0]
    image = load_image((whole / 255).astype(dtype), NETWORK)
    np.testing.assert_array_equal(image.pixels, whole)
    assert "times 255" in image.notes[0]


def test_constant_arrays_are_pictures():
    for value, seen in ((0.0, 0), (1.0, 255), (0.5, 128), (255.0, 255)):
        assert (load_image(np.full((224, 224, 3), value), NETWORK).pixels == seen).all()


def test_a_tiny_network_takes_pictures_of_its_own_size():
    array = noise(8, 8, 3)
    np.testing.assert_array_equal(load_image(array, CaffeNetwork((8, 8))).pixels, array)


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


# ---- names and places


def test_photographs_lists_what_ships_and_then_the_learners_own(data_copy):
    picture = Image.fromarray(noise(230, 230, 3))
    for name in ("zebra.PNG", "Apple.webp", "tabby_cat.jpg", "tabby_cat.png", "._zebra.png"):
        picture.save(data_copy / "my_photos" / name, "PNG")
    (data_copy / "my_photos" / "notes.txt").write_text("not a picture")
    (data_copy / "my_photos" / "iphone.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    (data_copy / "my_photos" / "album.png").mkdir()
    found = photographs()
    assert list(found) == [
        *("pig", "tabby_cat", "Apple", "iphone"),
        *("my_photos/tabby_cat", "my_photos/tabby_cat.png", "zebra"),
    ]
    assert found["tabby_cat"] == data_copy / "photos" / "tabby_cat.jpg"
    for name in ("zebra", "my_photos/tabby_cat", "my_photos/tabby_cat.png"):
        image = load_image(name, NETWORK)
        np.testing.assert_array_equal(image.original, np.asarray(picture))
    assert load_image("tabby_cat", NETWORK).original_size == (300, 451)
    assert credit("zebra") == "your own photograph"


def test_all_shipped_photographs_load_and_have_a_credit():
    shipped = {name: path for name, path in photographs().items() if path.parent.name == "photos"}
    assert len(shipped) == 75 and list(shipped) == sorted(shipped)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallImageWarning)
        for name in shipped:
            assert load_image(name, NETWORK).name == name
            assert re.fullmatch(r".+, (Public domain|CC0 1\.0|CC BY 2\.0), .+", credit(name))
    assert credit("tabby_cat") == (
        "Stefan van der Walt, CC0 1.0, scikit-image: skimage.data.chelsea"
    )


def test_an_unknown_credit_names_close_ones():
    with pytest.raises(ImageError, match=r"'taby_cat' is none \(close to it: tabby_cat\)"):
        credit("taby_cat")


def test_paths_from_the_repository_work_in_any_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for path in ("data/photos/pig.jpg", "photos/pig.jpg", "pig", Path("data/photos/pig.jpg")):
        assert load_image(path, NETWORK).name == "pig"


def test_a_file_in_the_working_folder_comes_first(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    mine = noise(230, 240, 3)
    (tmp_path / "pig").write_bytes(encoded(Image.fromarray(mine), "PNG"))
    np.testing.assert_array_equal(load_image("pig", NETWORK).original, mine)


def test_a_folder_of_that_name_does_not_hide_a_photograph(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pig").mkdir()
    assert load_image("pig", NETWORK).original_size == (361, 481)


def test_a_damaged_or_missing_shipped_photograph_is_reported(data_copy):
    assert "photos/pig.jpg" in checksums(data_copy)
    with open(data_copy / "photos" / "pig.jpg", "r+b") as file:
        file.seek(5000)
        file.write(b"\x00\x01\x02\x03")
    for source in ("pig", data_copy / "photos" / "pig.jpg", "data/photos/pig.jpg"):
        with pytest.raises(DataError, match="photos/pig.jpg is damaged"):
            load_image(source, NETWORK)
    (data_copy / "photos" / "pig.jpg").unlink()
    for source in ("pig", data_copy / "photos" / "pig.jpg", "data/photos/pig.jpg"):
        with pytest.raises(DataError, match="photos/pig.jpg is missing"):
            load_image(source, NETWORK)


def test_own_pictures_load_without_a_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("ZV_DATA", str(tmp_path / "nowhere"))
    path = tmp_path / "mine.png"
    Image.fromarray(noise(230, 230, 3)).save(path)
    assert load_image(path, NETWORK).name == "mine"
    refusal("tabby_cat", "'tabby_cat'")


# ---- what is refused


def test_absent_files_name_close_ones(tmp_path, data_copy):
    assert "my_photos" in refusal("taby_cat", "'taby_cat'", "(close to it: tabby_cat)")
    refusal("data/photos/tabby_cat.png", "data/photos/tabby_cat.png", "close to it: tabby_cat")
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    refusal(tmp_path / "holidya.jpg", "close to it: holiday.jpg")
    assert "close" not in refusal("qqqqqqqq", "'qqqqqqqq'")
    refusal("https://example.org/cat.jpg", "web address", "download")
    refusal("x" * 5000, "no file")
    refusal("a\0b", "no file")
    refusal("~nobody_of_that_name/cat.jpg", "no file")


def test_what_is_no_file(tmp_path):
    refusal(tmp_path, "a folder", str(tmp_path))
    refusal("", "''")
    refusal(os.devnull, "a device or pipe")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is empty"]),
        (b"Dear diary, today I saw a cat.", ["plain text", "JPEG or PNG"]),
        ("Grüße aus Köln. ".encode() * 60, ["plain text"]),
        (b"<!DOCTYPE html><html>404</html>", ["a web page"]),
        (b"%PDF-1.7 ...", ["a PDF document"]),
        (b"PK\x03\x04rest", ["a zip archive"]),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 300 300\n", ["a PostScript document"]),
        (bytes(range(256)) * 4, ["no picture"]),
        (b"\xff\xd8\xff\xe0\x00\x10JF", ["a JPEG that is damaged or cut short"]),
        (b"\x89PNG\r\n\x1a\n", ["a PNG that is damaged or cut short"]),
    ],
)
def test_files_that_are_no_pictures(content, words, tmp_path):
    path = tmp_path / "cat.jpg"
    path.write_bytes(content)
    refusal(path, "'cat.jpg'", *words)
    refusal(content, "the bytes given", *words)
    refusal(io.BytesIO(content), "the file object", *words)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP"])
def test_truncated_pictures_wherever_they_are_cut(kind, tmp_path):
    data = encoded(Image.fromarray(noise(230, 240, 3)), kind)
    path = tmp_path / "cut.jpg"
    for part in (0.02, 0.3, 0.6, 0.9):
        path.write_bytes(data[: int(len(data) * part)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own remark on a TIFF
            refusal(path, "'cut.jpg'")
    path.write_bytes(data[: len(data) // 2])
    assert kind == "WEBP" or "cut short" in refusal(path)


@pytest.mark.parametrize("brand", [b"heic", b"heif", b"mif1"])
def test_heic_without_its_reader(brand, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + bytes(200))
    refusal(path, "'IMG_0001.HEIC'", "HEIC", "save it as JPEG", "pillow-heif")


def test_avif_is_no_heic():
    data = encoded(Image.fromarray(quadrants()), "AVIF")
    assert load_image(data, NETWORK).original_size == (240, 320)


@pytest.mark.parametrize("times", [1.5, 3])  # Pillow only warns below two
def test_decompression_bombs_are_never_decoded(times, monkeypatch):
    data = encoded(Image.new("1", (3000, int(1000 * times))), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3_000_000)
    monkeypatch.setattr(
        "PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("the bomb was decoded")
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        refusal(data, "3 million pixels", "smaller")


@pytest.mark.parametrize(
    ("height", "width", "fit", "words"),
    [
        (1, 1, "crop", ["1x1"]),
        (15, 15, "stretch", ["15x15", "16 pixels a side"]),
        (10, 20000, "crop", ["20000x10", "crop leaves 10x10"]),
        (10, 20000, "stretch", ["20000x10"]),
        (100, 20000, "letterbox", ["20000x100", "letterbox leaves 224x1"]),
    ],
)
def test_pictures_with_nothing_to_see(height, width, fit, words):
    refusal(np.zeros((height, width, 3), np.uint8), *words, fit=fit)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((224,), ["(224,)"]),
        ((224, 224, 2), ["(224, 224, 2)"]),
        ((3, 224, 224), ["(3, 224, 224)", "np.moveaxis"]),
        ((5, 224, 224, 3), ["(5, 224, 224, 3)", "one photograph at a time"]),
        ((1, 3, 224, 224), ["(1, 3, 224, 224)", "np.moveaxis"]),
        ((0, 224, 3), ["(0, 224, 3)"]),
        ((), ["()"]),
    ],
)
def test_wrong_shapes(shape, words):
    refusal(np.zeros(shape, np.uint8), *words)


@pytest.mark.parametrize(
    ("value", "dtype", "words"),
    [
        (-0.5, np.float32, ["-0.5", "0 to 255"]),
        (256, np.float32, ["256"]),
        (np.nan, np.float32, ["NaN or infinite"]),
        (np.inf, np.float64, ["NaN or infinite"]),
        (3, np.int64, ["int64", "astype('uint8')"]),
        (True, bool, ["bool"]),
        (1j, complex, ["complex128"]),
        ("a", object, ["object"]),
    ],
)
def test_wrong_values(value, dtype, words):
    array = np.zeros((224, 224, 3), dtype)
    array[3, 4, 1] = value
    refusal(array, *words)


def test_grey_values_of_32_bits_are_not_guessed():
    refusal(Image.fromarray(np.full((224, 224), 70000, np.int32)), "70000")
    refusal(Image.fromarray(np.full((224, 224), -1, np.int32)), "-1")


@pytest.mark.parametrize(
    ("source", "came"), [(None, "None"), (7, "int"), ([1, 2], "list"), (NETWORK, "CaffeNetwork")]
)
def test_unknown_types(source, came):
    refusal(source, came, "path, bytes")


def test_a_file_object_of_text_or_one_that_is_closed(tmp_path):
    refusal(io.StringIO("a cat"), "gives str", "'rb'")
    path = tmp_path / "cat.jpg"
    path.write_bytes(encoded(Image.fromarray(quadrants()), "JPEG"))
    with open(path, encoding="utf-8") as text:
        refusal(text, "'rb'")
    with open(path, "rb") as file:
        pass
    refusal(file, "cannot be read")
    picture = Image.open(path)
    picture.close()
    refusal(picture, "'cat'")


def test_unknown_fit_and_a_network_that_is_none():
    refusal("tabby_cat", "'zoom'", "'letterbox'", fit="zoom")
    refusal("tabby_cat", "second argument", "str", network="squeezenet")
    refusal("tabby_cat", "second argument", "NoneType", network=None)
