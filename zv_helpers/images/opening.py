"""Opening picture files: only formats that are named here, never too large, and in silence."""

import contextlib
import ctypes
import functools
import io
import logging
import threading
import warnings
from collections.abc import Iterator

from PIL import Image, ImageFile

from zv_helpers.images.errors import HEIC, ImageError, kind_of_file, refused

# What photographs and pictures of the web come in. Each is decoded by Pillow itself: an EPS file
# would be run by Ghostscript, an IPTC file may hold an EPS, and any data at all may pass for a TGA.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "DIB", "JPEG2000", "PPM", "ICO")
# Measured: 51 million pixels take 1 to 2 s (JPEG 2000: 4 s) and less than 1 GB.
LARGEST_PIXELS = 51_000_000
LARGEST_FILE = 512 * 2**20  # bytes; some decoders take the whole file into memory

logging.getLogger("PIL").addHandler(logging.NullHandler())  # else Python writes errors to stderr
_one_at_a_time = threading.RLock()


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
    """Silence what decoders remark: Pillow as warnings, libtiff on file descriptor 2.

    Filters and handlers belong to the whole process, so one thread at a time is in here, and
    nothing of the others is silenced but Pillow.
    """
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
    """Open the picture in a binary file that can seek; it is decoded when it is loaded.

    `what` names it in errors. A JPEG is reduced to no less than `least` (width, height), or to half
    its size where it has more than LARGEST_PIXELS. Returns (PIL image, its (width, height) before
    that, or None). Raises ImageError: no picture, one of another format, or too large a one.
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


def check_image(image: Image.Image, what: str) -> None:
    """Refuse a PIL image that is too large, or whose file waits to be decoded in another format."""
    waits = isinstance(image, ImageFile.StubImageFile) or getattr(image, "tile", None)
    if waits and image.format not in (*readable_formats(), "MPO", "HEIF"):
        came = f"{what} comes from one of format {image.format}"
        raise refused("a photograph's file", came, "save it as JPEG or PNG")
    check_size(image.size, what)


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
