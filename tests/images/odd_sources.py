"""Odd things to give to load_image, each with a name."""

import array
import io
import mmap
import os
import pathlib
import socket
import sys

import numpy as np
from pictures import NETWORK, encoded, noise
from PIL import Image, ImageFile

from zv_helpers.images import load_image

RGB = noise(224, 230, 3)
PNG = encoded(Image.fromarray(RGB), "PNG")
MODES = "1 L P RGB RGBA CMYK YCbCr LAB HSV I F LA PA RGBX RGBa La I;16 I;16L I;16B I;16N".split()


class Raises:
    """Every question about it raises."""

    def __getattribute__(self, name):
        raise RuntimeError(name)


class NoWords:
    def __repr__(self):
        raise RuntimeError("no words")

    __str__ = __repr__


class OddPath:
    def __init__(self, answer):
        self.answer = answer

    def __fspath__(self):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class Reader:
    """A file object with one odd method or attribute."""

    def __init__(self, read=PNG, **odd):
        self.odd = {"read": read, "tell": 0, "seek": 0, "seekable": True, **odd}

    def __getattr__(self, name):
        if name.startswith("__") or name not in self.odd:
            raise AttributeError(name)
        value = self.odd[name]
        if name == "name":
            return value

        def method(*_):
            if isinstance(value, Exception):
                raise value
            return value

        return method


class Reads:
    read = "not a function"


class OddArray(np.ndarray):
    def __getitem__(self, key):
        raise RuntimeError("no item")

    def __array_function__(self, *_, **__):
        raise RuntimeError("no function")


class OddImage(Image.Image):
    def load(self):
        raise RuntimeError("no load")


class OddFile(ImageFile.ImageFile):
    def _open(self):
        self._size, self._mode, self.tile = (300, 300), "RGB", []

    def load(self):
        raise KeyError("no load")


def with_info(mode="RGB", **info):
    picture = Image.fromarray(RGB).convert(mode)
    picture.info.update(info)
    return picture


def with_attribute(name, value, mode="RGB"):
    picture = Image.fromarray(RGB).convert(mode)
    setattr(picture, name, value)
    return picture


def closed(picture):
    picture.close()
    return picture


def picture_of_mode(mode):
    picture = Image.new(mode, (230, 224))
    if mode in ("P", "PA"):
        picture.putpalette([*range(256)] * 3)
    return picture


def released():
    view = memoryview(PNG)
    view.release()
    return view


def paths(folder):
    """Odd paths, most of them to odd things in a folder."""
    good = folder / "good.png"
    good.write_bytes(PNG)
    (folder / "text.png").write_text("no picture")
    (folder / "empty.png").write_bytes(b"")
    (folder / "folder.png").mkdir()
    (folder / "two\nlines.png").write_bytes(PNG)
    (folder / "no suffix").write_bytes(PNG)
    (folder / ("n" * 240 + ".png")).write_bytes(PNG)
    yield "a path with a tilde", "~/../../nothing.png"
    yield "good path", good
    for name in ("text.png", "empty.png", "folder.png", "two\nlines.png", "no suffix"):
        yield f"path {name!r}", folder / name
    yield "a long name", folder / ("n" * 240 + ".png")
    yield "a name too long", folder / ("n" * 300 + ".png")
    yield "a path too long", "x/" * 5000
    yield "below a file", good / "x.png"
    yield "NUL", "tabby\0cat"
    yield "NUL path", folder / "a\0b.png"
    yield "only NUL", "\0"
    yield "surrogate", "\ud800cat"
    yield "surrogate path", folder / "\udc00.png"
    yield "surrogate at the end", f"{good}\udcff"
    yield "line ends", "\n\r\n"
    yield "line ends in a name", "a\nb\u2028c"
    yield "blanks", "   "
    yield "dots", ".."
    yield "root", "/"
    yield "drive", "C:\\photos\\cat.jpg"
    yield "address", "https://example.org/" + "x" * 3000
    yield "data address", "data:image/png;base64,AAAA"
    yield "wildcard", str(folder / "*.png")
    yield "pure path", pathlib.PurePosixPath(str(good))
    yield "Windows path", pathlib.PureWindowsPath("C:/cat.jpg")
    yield "str subclass", type("Text", (str,), {"__fspath__": None})(str(good))
    yield "PathLike of str", OddPath(str(good))
    yield "PathLike of bytes", OddPath(os.fsencode(good))
    yield "PathLike of undecodable bytes", OddPath(b"\xff\xfe")
    for odd in (None, 7, [], ValueError("no"), MemoryError(), RecursionError(), StopIteration()):
        yield f"PathLike of {odd!r}", OddPath(odd)
    if sys.platform == "win32":
        return
    (folder / os.fsdecode(b"caf\xe9.png")).write_bytes(PNG)
    yield "undecodable name", folder / os.fsdecode(b"caf\xe9.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    yield "symlink loop", folder / "loop.png"
    yield "below a symlink loop", folder / "loop.png" / "x.png"
    (folder / "dangling.png").symlink_to(folder / "nothing.png")
    yield "dangling symlink", folder / "dangling.png"
    (folder / "link.png").symlink_to(good)
    yield "symlink", folder / "link.png"
    os.mkfifo(folder / "pipe.png")
    yield "FIFO", folder / "pipe.png"
    for device in ("null", "zero", "urandom", "tty", "stdin", "fd/0"):
        yield f"/dev/{device}", f"/dev/{device}"
    yield "/proc/self/mem", "/proc/self/mem"
    yield "/proc/self/status", "/proc/self/status"


def files(stack, folder):
    """Odd file objects, and bytes of odd kinds."""
    yield "file of text", io.StringIO("cat")
    yield "file of text that is open", stack.enter_context(open(folder / "text.png"))
    yield "closed file", closed(io.BytesIO(PNG))
    yield "raw file", stack.enter_context(open(folder / "good.png", "rb", buffering=0))
    yield "file for writing", stack.enter_context(open(folder / "new.png", "wb"))
    at_end = io.BytesIO(PNG)
    at_end.seek(0, 2)
    yield "file at its end", at_end
    with open(folder / "good.png", "rb") as file:
        yield "mmap", stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    for device in ("null", "zero"):
        if os.path.exists(f"/dev/{device}"):
            yield f"open /dev/{device}", stack.enter_context(open(f"/dev/{device}", "rb"))
    one, two = map(stack.enter_context, socket.socketpair())
    yield "socket", one
    two.sendall(PNG[:1000])
    two.close()
    yield "socket's file", stack.enter_context(one.makefile("rb"))
    for odd in (None, "text", 7, [PNG], bytearray(PNG), memoryview(PNG), np.frombuffer(PNG, "u1")):
        yield f"read gives {type(odd).__name__}", Reader(odd)
    for odd in (ValueError("no"), KeyError(1), MemoryError(), EOFError(), StopIteration()):
        for method in ("read", "seek", "tell", "seekable"):
            yield f"{method} raises {odd!r}", Reader(**{method: odd})
    for odd in (None, "x", -1, 10**30):
        yield f"tell gives {odd}", Reader(tell=odd, seek=TypeError("no"))
    for odd in (None, 7, b"name.png", "", "\ud800", "a\0b", "x" * 5000, OddPath("x"), Raises()):
        yield f"name is a {type(odd).__name__} {len(str(type(odd)))}", Reader(name=odd)
    for odd in (None, "x", 10**9, -5, ValueError("no")):
        yield f"fileno gives {odd!r}", Reader(fileno=odd)
    yield "read takes nothing", type("R", (), {"read": lambda self: PNG})()
    yield "read takes a size", type("R", (), {"read": lambda self, size: PNG})()
    yield "read is no function", Reads()
    yield "a class with read", io.BytesIO
    for data in (b"", b"\0", b"x" * 600, PNG[:8], PNG[:40], PNG[:-20], PNG[8:], PNG * 2):
        yield f"{len(data)} bytes", data
    yield "bytes of a path", os.fsencode(folder / "good.png")
    yield "bytearray", bytearray(PNG)
    yield "memoryview", memoryview(PNG)
    yield "strided memoryview", memoryview(PNG)[::2]
    yield "memoryview backwards", memoryview(PNG[::-1])[::-1]
    yield "memoryview of pixels", memoryview(RGB)
    yield "memoryview of floats", memoryview(RGB.astype(float))
    yield "released memoryview", released()
    yield "bytes subclass", type("B", (bytes,), {"__len__": lambda self: -1})(PNG)
    yield "array.array", array.array("B", PNG)


def arrays():
    """Odd arrays."""
    for kind in ("?", "i1", "i2", "i8", "u4", "u8", "c8", "c16", "O", "S3", "U3", "M8[s]", "m8[s]"):
        yield f"array of {kind}", np.zeros((224, 224, 3), kind)
    yield "array of records", np.zeros((224, 224, 3), [("red", "u1"), ("green", "u1")])
    yield "recarray", np.zeros((224, 224, 3), [("red", "u1")]).view(np.recarray)
    for kind in (">u2", "<u2", ">f4", ">f8", "f2", "g"):
        yield f"array of {kind}", (RGB / 255).astype(kind)
    yield "masked array", np.ma.masked_less(RGB, 20)
    yield "masked array without a mask", np.ma.array(RGB)
    yield "masked floats", np.ma.masked_less(RGB.astype(float), 20)
    yield "np.ma.masked", np.ma.masked
    yield "matrix", np.asmatrix(RGB[..., 0])
    yield "odd subclass", RGB.view(OddArray)
    yield "chararray", np.full((224, 224, 3), "x").view(np.char.chararray)
    yield "negative strides", RGB[::-1, ::-1, ::-1]
    yield "Fortran order", np.asfortranarray(RGB)
    yield "broadcast", np.broadcast_to(np.uint8(7), (224, 224, 3))
    yield "stride tricks", np.lib.stride_tricks.as_strided(RGB, (224, 224, 3), (0, 1, 1))
    yield (
        "unaligned",
        np.frombuffer(b"x" + RGB.astype("f4").tobytes(), "u1")[1:].view("f4").reshape(RGB.shape),
    )
    yield "read-only", np.frombuffer(RGB.tobytes(), "u1").reshape(RGB.shape)
    for shape in ((0,), (0, 0), (0, 5, 3), (5, 0, 3), (1, 1), (1, 0, 0, 3), (2,) * 30, (2**40, 1)):
        yield f"shape {shape}", np.broadcast_to(np.uint8(0), shape)
    for shape in ((10**8, 10**8, 3), (10**6, 16), (16, 10**7, 3), (1, 10**6, 10**6, 4)):
        yield f"huge {shape}", np.broadcast_to(np.float64(0), shape)
    for value in (np.nan, np.inf, -np.inf, -0.0, -1e-9, 255.0001, 1e308, 5e-324):
        odd = np.ones((224, 224, 3))
        odd[5, 5] = value
        yield f"array with {value}", odd
    yield "scalar", np.float64(3)
    yield "0-d", np.array(3)
    yield "0-d object", np.array(PNG, object)


def pictures(folder):
    """Odd PIL images."""
    for mode in MODES:
        yield f"mode {mode}", picture_of_mode(mode)
    for size in ((0, 0), (0, 5), (5, 0), (1, 1), (300, 1)):
        for mode in ("RGB", "L", "P", "I;16", "F", "RGBA"):
            yield f"{mode} of {size}", Image.new(mode, size)
    for length in (0, 1, 3, 257, 70000):
        for mode in ("P", "L", "RGB", "1", "I;16"):
            yield f"{mode} with transparency {length}", with_info(mode, transparency=bytes(length))
    for odd in (None, -1, 256, 10**30, 1.5, "x", (1,), (1, 2, 3), (1, 2, 300), [], object()):
        for mode in ("P", "L", "RGB"):
            yield f"{mode} with transparency {odd!r}", with_info(mode, transparency=odd)
    for odd in (b"II*\0", b"\xff" * 50, "text", 7, None):
        yield f"exif {odd!r}", with_info(exif=odd)
        yield f"xmp {odd!r}", with_info(xmp=odd)
    yield "closed", closed(Image.open(folder / "good.png"))
    yield "closed in memory", closed(Image.fromarray(RGB))
    with Image.open(folder / "good.png") as picture:
        yield "closed by with", picture
    yield "file cut short", Image.open(io.BytesIO(PNG[:2000]))
    gone = Image.open(io.BytesIO(PNG))
    gone.fp.close()
    yield "file closed under it", gone
    yield "no load", OddImage()
    yield "a file without load", OddFile(io.BytesIO(PNG))
    yield "a bare image", Image.Image()
    for name, odd in (("filename", b"x.png"), ("filename", 7), ("filename", "a\0\ud800"),
                      ("info", None), ("info", []), ("format", 7), ("is_animated", True),
                      ("tile", "x"), ("_size", (3, 3)), ("_mode", "Q"), ("_im", None),
                      ("palette", None), ("n_frames", "x")):  # fmt: skip
        for mode in ("RGB", "P"):
            yield f"{mode} with {name} {odd!r}", with_attribute(name, odd, mode)


def others():
    """What is no picture in any way."""
    for odd in (None, True, 0, -1, 3.5, 1j, ..., NotImplemented, object(), type, Image, len):
        yield f"value {str(odd)[:40]}", odd
    for odd in ([], [1, 2], [[1, 2], [3]], RGB.tolist(), (), {}, {"a": 1}, set(), {1}, frozenset()):
        yield f"{type(odd).__name__} of {len(odd)}", odd
    yield "generator", (x for x in "abc")
    yield "range", range(3)
    yield "iterator", iter([PNG])
    yield "lambda", lambda: PNG
    yield "exception", ValueError("cat")
    yield "raises everything", Raises()
    yield "cannot be written", NoWords()
    yield "the class Path", pathlib.Path
    yield "an image class", Image.Image
    yield "InputImage", load_image(RGB, NETWORK)
    yield "network", NETWORK


def all_sources(stack, folder):
    """Every odd source as (name, source); files are closed with the ExitStack."""
    return [*paths(folder), *files(stack, folder), *arrays(), *pictures(folder), *others()]
