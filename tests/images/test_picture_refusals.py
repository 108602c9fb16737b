"""What is no picture is refused in one sentence that says what to do."""

import io
import os
import warnings

import numpy as np
import pytest
from pictures import NETWORK, encoded, noise, quadrants, refusal
from PIL import Image

from zv_helpers.images import load_image, opening


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
    monkeypatch.setattr(opening, "LARGEST_PIXELS", 3_000_000)
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
        (np.nan, np.float32, ["NaN, infinite"]),
        (np.inf, np.float64, ["NaN, infinite"]),
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
