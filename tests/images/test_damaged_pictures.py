"""Damaged files are a picture or a sentence, and their decoders' remarks reach nobody."""

import io
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from pictures import NETWORK, encoded, noise, quadrants, sentence
from PIL import Image, TiffImagePlugin

from zv_helpers.data import data_folder
from zv_helpers.images import ImageError, InputImage, load_image
from zv_helpers.images.opening import quiet

OPTIONS = {
    "JPEG": {"quality": 80},
    "progressive": {"format": "JPEG", "progressive": True},
    "PNG": {},
    "WEBP": {"quality": 70},
    "GIF": {},
    "BMP": {},
    "TIFF": {},
    "LZW": {"format": "TIFF", "compression": "tiff_lzw"},
    "deflate": {"format": "TIFF", "compression": "tiff_deflate"},
    "JPEG in TIFF": {"format": "TIFF", "compression": "jpeg"},
    "AVIF": {"speed": 10},
    "ICO": {},
    "JPEG2000": {},
}
SECONDS = 40  # at most; a slow machine tries fewer


def mutated(data, rng):
    """The bytes with a few of them changed, exchanged, left out or cut off, mostly early on."""
    data = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        place = int(len(data) * rng.random() ** rng.choice([1, 1, 4]))
        kind = rng.integers(0, 12)
        if kind == 0:
            del data[place : place + rng.integers(1, 200)]
        elif kind == 1:
            data[place:place] = rng.bytes(rng.integers(1, 9))
        elif kind == 2 and len(data) > 300:
            data[place : place + 16] = data[-16:]
        else:
            data[place : place + 1] = rng.bytes(1)
    return bytes(data[: len(data) * 3 // 4] if rng.random() < 0.1 else data)


@pytest.fixture(scope="module")
def originals():
    """Small shipped photographs in many formats: {name: bytes}."""
    files = {}
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    for photo in ("tabby_cat", "owl"):
        with Image.open(data_folder() / "photos" / f"{photo}.jpg") as picture:
            picture = picture.resize((240, 240)).convert("RGB")
        for name, options in OPTIONS.items():
            kind = options.get("format", name)
            rest = {key: value for key, value in options.items() if key != "format"}
            if kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
                rest["exif"] = exif
            files[f"{photo} as {name}"] = encoded(picture, kind, **rest)
    return files


def test_damaged_files_are_a_picture_or_a_sentence_and_nothing_is_printed(originals, capfd):
    rng = np.random.default_rng(8)
    deadline, tried, pictures, wrong = time.monotonic() + SECONDS, 0, 0, []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for _ in range(24):
            for name, data in originals.items():
                if time.monotonic() > deadline:
                    break
                tried, bad = tried + 1, mutated(data, rng)
                try:
                    pictures += isinstance(load_image(bad, NETWORK), InputImage)
                except ImageError as error:
                    sentence(error)
                except Exception as error:
                    wrong.append(f"{name}: {type(error).__name__}: {error}")
    said = [f"{w.category.__name__}: {w.message}" for w in said if "network sees" not in str(w)]
    assert not wrong and not said
    assert capfd.readouterr().err == ""
    assert tried > 100 and 0.2 < pictures / tried < 0.8, (pictures, tried)


def talkative():
    """Files that Pillow and libtiff have much to say about."""
    array = noise(240, 240, 3)
    for compression in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg"):
        data = bytearray(encoded(Image.fromarray(array), "TIFF", compression=compression))
        data[2000:9000] = bytes(7000)
        yield bytes(data)
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[TiffImagePlugin.SAMPLESPERPIXEL] = 7
    data = encoded(Image.fromarray(array), "TIFF", tiffinfo=info)
    place = data.index((277).to_bytes(2, "little"))
    yield data[: place + 8] + (40000).to_bytes(2, "little") + data[place + 10 :]
    exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\x01\0\0\0"
    yield encoded(Image.fromarray(array), "JPEG", exif=exif)
    palette = Image.fromarray(array[..., 0]).convert("P")
    yield encoded(palette, "PNG", transparency=bytes(range(256)))


def test_nothing_is_written_without_pytest_either(tmp_path):
    for number, data in enumerate(talkative()):
        (tmp_path / f"{number}.tif").write_bytes(data)
    code = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[2]);"
        "from pictures import NETWORK; from zv_helpers.images import load_image, ImageError\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    for source in (path, path.read_bytes()):\n"
        "        try: print(load_image(source, NETWORK).name)\n"
        "        except ImageError as error: print(error)\n"
    )
    run = subprocess.run(
        [
            sys.executable,
            "-W",
            "always::UserWarning",
            "-c",
            code,
            str(tmp_path),
            str(Path(__file__).parent),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0 and run.stderr == ""
    assert len(run.stdout.splitlines()) == 14


def test_silence_ends_with_the_decoding(capfd):
    bad = next(talkative())
    filters = list(warnings.filters)
    with pytest.raises(ImageError):
        load_image(bad, NETWORK)
    assert warnings.filters == filters and capfd.readouterr().err == ""
    with pytest.raises(OSError), Image.open(io.BytesIO(bad)) as picture:
        picture.load()
    assert "not yet in table" in capfd.readouterr().err  # libtiff speaks to others as before


def test_only_what_pillow_says_is_silenced():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with quiet():
            warnings.warn("of the learner", UserWarning, stacklevel=1)
            warnings.warn_explicit("of Pillow", UserWarning, "x.py", 1, "PIL.TiffImagePlugin")
    assert [str(w.message) for w in said] == ["of the learner"]


def test_many_threads_at_once_leave_the_warnings_as_they_were():
    good, bad = encoded(Image.fromarray(quadrants()), "PNG"), next(talkative())
    before, wrong = list(warnings.filters), []

    def work():
        for data in [good, bad] * 10:
            try:
                load_image(data, NETWORK)
            except ImageError:
                continue
            except BaseException as error:
                wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and warnings.filters == before


def test_an_error_filter_does_not_make_a_sound_picture_damaged():
    exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\x01\0\0\0"
    data = encoded(Image.fromarray(quadrants()), "JPEG", exif=exif)
    with quiet():
        opened = Image.open(io.BytesIO(data))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_image(data, NETWORK).original_size == (240, 320)
        assert load_image(opened, NETWORK).original_size == (240, 320)
