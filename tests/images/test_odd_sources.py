"""Whatever is given to load_image, the answer is a picture or one sentence, and soon."""

import contextlib
import os
import signal
import sys
import warnings

import numpy as np
import pytest
from odd_sources import PNG, RGB, NoWords, all_sources
from pictures import NETWORK, noise, sentence
from PIL import Image

from zv_helpers.data import data_folder
from zv_helpers.images import ImageError, InputImage, load_image, photographs


class TookTooLong(BaseException):
    """Not an Exception, so that nothing takes it for an answer."""


@contextlib.contextmanager
def soon(seconds=5):
    def stop(*_):
        raise TookTooLong

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def answer(source):
    """The InputImage, or the message of an ImageError that is one sentence."""
    with soon(), warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=UserWarning, message=".*the network sees")
        try:
            image = load_image(source, NETWORK)
        except ImageError as error:
            return sentence(error)
    assert isinstance(image, InputImage) and image.pixels.shape == (224, 224, 3)
    assert all(text.isprintable() for text in (image.name, *image.notes)) and image.name
    return image


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of np.matrix
def test_every_odd_source_is_a_picture_or_a_sentence(tmp_path):
    wrong, seen = [], {}
    with contextlib.ExitStack() as stack:
        sources = all_sources(stack, tmp_path)
        for name, source in sources:
            try:
                seen[name] = answer(source)
            except (Exception, TookTooLong) as error:
                wrong.append(f"{name}: {type(error).__name__}: {error}")
    assert not wrong, f"{len(wrong)} of {len(sources)}:\n" + "\n".join(wrong)
    assert len(sources) > 250
    pictured = {name for name, value in seen.items() if isinstance(value, InputImage)}
    assert 60 < len(pictured) < len(seen) - 100
    for name in ("good path", "PathLike of bytes", "array of >u2", "memoryview backwards",
                 "seek raises KeyError(1)", "negative strides", "mode YCbCr", "mmap",
                 "read takes nothing", "raw file", "masked array without a mask"):  # fmt: skip
        assert name in pictured, seen[name]
    for name in ("masked array", "FIFO", "RGB of (0, 0)", "file at its end", "open /dev/zero"):
        assert name not in pictured


def test_big_endian_numbers_are_the_same_picture():
    deep = RGB.astype(np.uint16) * 257
    for kind in (">u2", "<u2"):
        np.testing.assert_array_equal(load_image(deep.astype(kind), NETWORK).original, RGB)


def test_the_fit_may_be_odd_too():
    for fit in (None, 7, [], np.zeros(3), np.array(["crop", "x"]), NoWords(), "crop\n"):
        with pytest.raises(ImageError) as caught:
            load_image(RGB, NETWORK, fit)
        sentence(caught.value)


def test_a_picture_of_the_learner_s_is_not_changed():
    for mode in ("RGB", "RGBA", "L", "P"):
        picture = Image.fromarray(noise(300, 3000, 3)).convert(mode)
        before = picture.copy()
        load_image(picture, NETWORK)
        assert picture == before and picture.size == (3000, 300)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and such names are of Unix")
def test_odd_files_among_ones_own_photographs_cost_nothing(tmp_path, monkeypatch):
    own = tmp_path / "my_photos"
    own.mkdir()
    for name in ("photos", "SHA256SUMS"):
        (tmp_path / name).symlink_to(data_folder() / name)
    monkeypatch.setenv("ZV_DATA", str(tmp_path))
    os.mkfifo(own / "pipe.jpg")
    (own / "loop.jpg").symlink_to(own / "loop.jpg")
    (own / "folder.jpg").mkdir()
    for name in (b"caf\xe9.png", b"caf\xe8.png", b"two\nlines.png", b"good.png"):
        (own / os.fsdecode(name)).write_bytes(PNG)
    found = [name for name, path in photographs().items() if path.parent == own]
    assert found == ["caf?", "my_photos/caf?", "good", "two?lines"] or len(found) == 4
    for name in found:
        np.testing.assert_array_equal(load_image(name, NETWORK).original, RGB)
    for path in own.iterdir():
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    own.rmdir()
    own.write_bytes(b"a file instead of a folder")
    assert "tabby_cat" in photographs()
