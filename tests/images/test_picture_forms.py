"""Whatever form a picture has, the network sees the same colours the same way up."""

import io
import warnings

import numpy as np
import pytest
from pictures import NETWORK, CaffeNetwork, encoded, noise, quadrants
from PIL import Image

from zv_helpers.images import load_image


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
