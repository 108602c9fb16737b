"""Only named formats are opened, in one place, and never more pixels than the limit."""

import ast
import io
import struct
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pictures import NETWORK, CaffeNetwork, encoded, noise, quadrants, refusal
from PIL import EpsImagePlugin, Image

import zv_helpers
from zv_helpers.explorers import thumbnails
from zv_helpers.explorers.uploads import kept_upload, read_upload
from zv_helpers.images import ImageError, load_image, opening
from zv_helpers.images.reading import preview

EPS = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 300 300\n%%EndComments\n"
    b"0 0 300 300 rectfill showpage\n%%EOF\n"
)


def iptc(content):
    """An IPTC file, which Pillow unpacks and opens in whatever format its content has."""

    def field(record, dataset, data):
        return bytes((0x1C, record, dataset)) + struct.pack(">H", len(data)) + data

    size = field(3, 20, struct.pack(">I", 300)) + field(3, 30, struct.pack(">I", 300))
    head = field(3, 60, b"\1\0") + size + field(3, 120, b"\5")
    return head + field(8, 10, content) + bytes(5)


@pytest.fixture
def ghostscript(tmp_path, monkeypatch):
    """A program of that name that leaves a file behind when it is started."""
    started, folder = tmp_path / "started", tmp_path / "bin"
    folder.mkdir()
    (folder / "gs").write_text(f"#!/bin/sh\ntouch {started}\n")
    (folder / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    return started


@pytest.mark.skipif(sys.platform == "win32", reason="its stand-in is a shell script")
@pytest.mark.parametrize("content", [EPS, iptc(EPS)], ids=["EPS", "EPS in IPTC"])
def test_no_way_in_starts_ghostscript(content, ghostscript, tmp_path, monkeypatch):
    with pytest.raises(OSError), Image.open(io.BytesIO(content)) as picture:
        picture.load()
    assert ghostscript.exists()  # it would be started
    ghostscript.unlink()
    EpsImagePlugin.gs_binary = None
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    for source in (path, content, io.BytesIO(content), memoryview(content), Image.open(path)):
        refusal(source)
    thumbnails.thumbnail(path, 1)
    with pytest.raises(ImageError):
        read_upload("x.jpg", content, NETWORK)
    assert not ghostscript.exists()


def test_one_place_opens_pictures():
    places = set()
    for path in Path(zv_helpers.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Image.open"):
                places.add(path.name)
                assert "formats" in {keyword.arg for keyword in node.keywords}, path
    assert places == {"opening.py"}


def test_formats_that_run_programs_are_not_named():
    assert not {"EPS", "IPTC", "WMF", "MPEG", "PDF"} & set(opening.readable_formats())
    assert {".jpg", ".jpeg", ".png", ".webp", ".tif", ".heic"} <= opening.readable_suffixes()
    assert not {".eps", ".ps", ".wmf", ".iim", ".tga", ".h5"} & opening.readable_suffixes()


@pytest.mark.parametrize("kind", [*opening.readable_formats(), "MPO"])
def test_every_named_format_is_read(kind):
    array = quadrants(256, 256)
    image = load_image(encoded(Image.fromarray(array), kind), NETWORK)
    assert abs(image.original.astype(int) - array)[8::16, 8::16].max() <= 16


def test_a_large_jpeg_is_decoded_at_half_its_size(monkeypatch):
    array = np.kron(quadrants(500, 602), np.ones((2, 2, 1), np.uint8))  # 1000 x 1204
    data = encoded(Image.fromarray(array), "JPEG", quality=95)
    whole = load_image(data, NETWORK)
    monkeypatch.setattr(opening, "LARGEST_PIXELS", 1000 * 1204 - 1)
    image = load_image(data, NETWORK)
    assert image.original_size == whole.original_size == (1000, 1204)
    assert (image.box, image.place) == (whole.box, whole.place)
    assert image.notes == (
        "decoded at half its size, as it has more than 1 million pixels",
        *whole.notes,
    )
    assert image.original.shape == (500, 602, 3)
    assert abs(image.pixels.astype(int) - whole.pixels)[8::16, 8::16].max() <= 6
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(Image.fromarray(np.rot90(array)), "JPEG", quality=95, exif=exif)
    turned = load_image(turned, NETWORK)
    assert turned.original_size == (1000, 1204) and turned.box == whole.box
    assert abs(turned.pixels.astype(int) - whole.pixels)[8::16, 8::16].max() <= 6
    refusal(encoded(Image.fromarray(array), "JPEG", progressive=True), "1204x1000")


def test_the_whole_box_of_a_reduced_photograph_of_odd_sides_is_inside(monkeypatch):
    monkeypatch.setattr(opening, "LARGEST_PIXELS", 40_000)
    data = encoded(Image.fromarray(np.full((251, 301, 3), 200, np.uint8)), "JPEG")
    for fit in ("crop", "letterbox", "stretch"):
        image = load_image(data, CaffeNetwork((96, 96)), fit)
        assert image.original_size == (251, 301)
        top, left, bottom, right = image.place
        assert (image.pixels[top:bottom, left:right] == 200).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "PIL", "array"])
def test_other_large_pictures_are_refused_before_they_are_decoded(kind, monkeypatch):
    array = noise(224, 230, 3)
    source = {"PIL": Image.fromarray(array), "array": array}.get(kind)
    source = encoded(Image.fromarray(array), kind) if source is None else source
    load_image(source, NETWORK)
    monkeypatch.setattr(opening, "LARGEST_PIXELS", 224 * 230 - 1)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("it was decoded"))
    refusal(source, "0 million pixels", "230x224", "smaller")


def test_the_limit_lets_pictures_of_telephones_and_cameras_in():
    for width, height in ((8064, 6048), (8192, 6144), (8688, 5792)):
        opening.check_size((width, height), "it")
    assert opening.LARGEST_PIXELS < Image.MAX_IMAGE_PIXELS
    message = refusal(encoded(Image.new("1", (9000, 9000)), "PNG"))
    assert "at most 51 million pixels" in message and "9000x9000" in message


def test_a_file_of_too_many_bytes_is_refused_before_it_is_read(monkeypatch, tmp_path):
    data = encoded(Image.fromarray(noise(224, 230, 3)), "WEBP")
    monkeypatch.setattr(opening, "LARGEST_FILE", 2**10)
    path = tmp_path / "x.webp"
    path.write_bytes(data)
    refusal(data, "0 MB")
    refusal(path, "0 MB", "x.webp")
    with open(path, "rb") as file:
        refusal(file)


def test_an_array_of_more_pixels_than_memory_is_refused_at_once():
    start = time.perf_counter()
    for dtype in (np.uint8, np.uint16, np.float64):
        huge = np.lib.stride_tricks.as_strided(
            np.zeros(3, dtype), (10**7, 10**7, 3), (0, 0, np.dtype(dtype).itemsize)
        )
        refusal(huge, "10000000x10000000")
    assert time.perf_counter() - start < 1


def test_a_preview_is_small_upright_and_in_srgb(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 3
    turned = Image.fromarray(np.ascontiguousarray(quadrants(960, 1280)[::-1, ::-1]))
    turned.save(tmp_path / "x.jpg", exif=exif, quality=95)
    picture = preview(tmp_path / "x.jpg", 108)
    assert picture.size == (160, 120) and picture.mode == "RGB"
    assert abs(np.asarray(picture)[20, 20].astype(int) - (250, 10, 10)).max() < 12


def test_thumbnails_of_what_is_no_picture_or_gone_show_a_question_mark(tmp_path, monkeypatch):
    paths = {"gone": tmp_path / "gone.jpg", "loop": tmp_path / "loop.jpg"}
    paths["loop"].symlink_to(paths["loop"])
    (tmp_path / "text.jpg").write_text("no picture")
    paths["text"] = tmp_path / "text.jpg"
    monkeypatch.setattr(thumbnails, "photographs", lambda: paths)
    sheet = thumbnails.sheet(["gone", "loop", "text", "never there"], "text", 4)
    assert sheet.getpixel((4 + 3, 4 + 3)) == (225, 225, 225)


@pytest.mark.parametrize("name", ["x", "x.xyz", "x.tga", "photo.jpg"])
def test_an_upload_of_any_name_can_be_used_afterwards(name, tmp_path, monkeypatch):
    for path in zv_helpers.data_folder().iterdir():
        if path.name != "my_photos":
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / "my_photos").mkdir()
    monkeypatch.setenv("ZV_DATA", str(tmp_path))
    data = encoded(Image.fromarray(noise(224, 230, 3)), "PNG")
    image = read_upload(name, memoryview(data), NETWORK)
    image, note = kept_upload(image, name, memoryview(data))
    known = note.split('PHOTO = "')[1].split('"')[0]
    assert image.name == known
    np.testing.assert_array_equal(load_image(known, NETWORK).pixels, image.pixels)
    assert (tmp_path / "my_photos" / name).read_bytes() == data
    monkeypatch.setattr(Path, "write_bytes", lambda *_: pytest.fail("it was written again"))
    assert kept_upload(image, name, data)[0].name == known


def test_an_upload_that_cannot_be_written_whole_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("ZV_DATA", str(tmp_path))
    (tmp_path / "my_photos" / "x.png").mkdir(parents=True)  # a folder of that name is let be

    def half(path, content):
        with open(path, "wb") as file:
            file.write(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    data = encoded(Image.fromarray(noise(224, 230, 3)), "PNG")
    image, note = kept_upload(read_upload("x.png", data, NETWORK), "x.png", data)
    assert image.original_size == (224, 230) and "No space left" in note
    assert [path.name for path in (tmp_path / "my_photos").iterdir()] == ["x.png"]
