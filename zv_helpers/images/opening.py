"""Opening picture files: named formats only, never too large, in silence; how one is refused."""

import codecs
import contextlib
import ctypes
import functools
import io
import logging
import re
import threading
import warnings
from collections.abc import Iterator

from PIL import Image

# What photographs and pictures of the web come in. Each is decoded by Pillow itself: an EPS file
# would be run by Ghostscript, an IPTC file may hold an EPS, and any data at all may pass for a TGA.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "DIB", "JPEG2000", "PPM", "ICO")
# Measured: 51 million pixels take 1 to 2 s (JPEG 2000: 4 s) and less than 1 GB.
LARGEST_PIXELS = 51_000_000
LARGEST_FILE = 512 * 2**20  # bytes; some decoders take the whole file into memory
HEIC = "an HEIC picture, the format of many telephones"
BEGINNINGS = {
    rb".{4}ftyp(heic|heix|heim|heis|hevc|hevx|heif|mif1|msf1)": HEIC,
    rb"\xff\xd8": "a JPEG that is damaged or cut short",
    rb"\x89PNG": "a PNG that is damaged or cut short",
    rb"GIF8": "a GIF that is damaged or cut short",
    rb"%PDF": "a PDF document",
    rb"%!PS": "a PostScript document",
    rb"PK\x03\x04": "a zip archive or an office document",
}

logging.getLogger("PIL").addHandler(logging.NullHandler())  # else Python writes errors to stderr
_one_at_a_time = threading.RLock()


class ImageError(ValueError):
    """A picture cannot be used: one sentence with what was expected, what came, what to do."""


class SmallImageWarning(UserWarning):
    """The photograph has fewer pixels than the network's input, so fine details are not there."""


def refused(expected: str, came: str, advice: str) -> ImageError:
    """Make the error that says what was expected, what came and what to do."""
    return ImageError(f"Expected {expected}, but {came}: {advice}.")


def shown(value: object) -> str:
    """Write any value into a sentence: on one line, and cut in the middle where it is long."""
    try:
        text = repr(value).replace("\n", " ")
    except Exception:  # an object that cannot even be written down
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= 200 else f"{text[:120]} … {text[-60:]}"


def printable(name: str) -> str:
    """Write "?" for what cannot be shown in the name of a file, such as bytes that are no text."""
    return "".join(character if character.isprintable() else "?" for character in name)


def kind_of_file(head: bytes) -> str:
    """Name what a file holds that could not be opened as a picture, from its first bytes.

    >>> kind_of_file(b"<html><body>Not found</body></html>")
    'a web page or other text with tags'
    """
    for beginning, kind in BEGINNINGS.items():
        if re.match(beginning, head, re.DOTALL):
            return kind
    # The head may end in the middle of a character; what is no text becomes unprintable.
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(head)
    if not all(character.isprintable() or character.isspace() for character in text):
        return "no picture of a format that is read here"
    return "a web page or other text with tags" if text.lstrip().startswith("<") else "plain text"


@functools.cache
def readable_formats() -> tuple[str, ...]:
    """Return the names of the formats that a photograph may have, as Pillow names them."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


@functools.cache
def readable_suffixes() -> frozenset[str]:
    """Return the suffixes of `readable_formats` in small letters, and HEIC's, to say what to do."""
    formats = (*readable_formats(), "MPO")  # MPO is a JPEG with a second picture behind it
    known = (suffix for suffix, name in Image.registered_extensions().items() if name in formats)
    return frozenset(known) | {".heic", ".heif"}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence what decoders remark: Pillow as warnings, libtiff on file descriptor 2. Both are of
    the whole process: one thread at a time is in here, of the others only Pillow is silenced."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\b")
        before = _tell_libtiff_errors_to()(None)
        try:
            yield
        finally:
            _tell_libtiff_errors_to()(before)


@functools.cache
def _tell_libtiff_errors_to():
    """Return libtiff's function that sets the handler of its errors and returns the one before."""
    try:
        function = ctypes.CDLL(Image.core.__file__).TIFFSetErrorHandler
    except (AttributeError, OSError, TypeError):
        # Pillow for Windows hides it; but there Jupyter does not show file descriptor 2.
        return lambda handler: None
    function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_void_p
    return function


@contextlib.contextmanager
def decoding(what: str, damaged: ImageError) -> Iterator[None]:
    """Raise `damaged` for whatever a decoder raises; a picture of too many pixels is too large."""
    try:
        yield
    except Image.DecompressionBombError:
        raise too_large(what) from None
    except Exception:  # Pillow's readers raise errors of many types on damaged files
        raise damaged from None


def open_picture(file, what, least=None):
    """Open the picture in a binary file that can seek, called `what` in errors, but decode it not.

    Returns (PIL image, (width, height) before a JPEG was reduced to no less than `least`, or halved
    above LARGEST_PIXELS, else None). Raises ImageError: no picture, another format, too large.
    """
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(512) if length else b""
    if not head:
        raise refused("a picture", f"{what} is empty", "save or copy it once more")
    if length > LARGEST_FILE:
        most, came = f"a picture of at most {LARGEST_FILE // 2**20} MB", f"{length // 2**20} MB"
        raise refused(most, f"{what} has {came}", "save a smaller copy as JPEG or PNG")
    formats, kind = readable_formats(), kind_of_file(head)
    advice = "open it in an image program and save it as JPEG or PNG"
    if kind == HEIC:
        try:
            import pillow_heif

            pillow_heif.register_heif_opener()
            formats += ("HEIF",)
        except ImportError:
            advice = "save it as JPEG, or install the package pillow-heif"
    with quiet(), decoding(what, refused("a picture", f"{what} is {kind}", advice)):
        image = Image.open(file, formats=formats)
    width, height = image.size
    # The decoder of a progressive JPEG holds all of it at once, whatever size is asked for.
    large = width * height > LARGEST_PIXELS and "progressive" not in image.info
    if image.format in ("JPEG", "MPO") and (large or least):
        image.draft(None, least or (width // 2, height // 2))
    check_size(image.size, what)
    return image, None if image.size == (width, height) else (width, height)


def check_size(size: tuple[int, int], what: str) -> None:
    """Refuse a picture of (width, height) that has too many pixels, or none."""
    width, height = size
    if not width * height:
        raise refused("a picture", f"{what} is {width}x{height}", "use a larger one")
    if width * height > LARGEST_PIXELS:
        raise too_large(what, f" ({width}x{height})")


def too_large(what: str, size: str = "") -> ImageError:
    """Make the error for a picture with more pixels than can be held."""
    most = f"a picture of at most {LARGEST_PIXELS // 1_000_000} million pixels"
    return refused(most, f"{what} has more{size}", "make it smaller in an image program")
