"""From whatever the learner has (a file, bytes, an array …) to an upright RGB picture of 8 bits."""

import io
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image

from zv_helpers.data import DataError
from zv_helpers.images import opening
from zv_helpers.images.colours import to_srgb
from zv_helpers.images.errors import ImageError, printable, refused
from zv_helpers.images.opening import LARGEST_FILE, LARGEST_PIXELS
from zv_helpers.images.photographs import find_photograph

Source = str | os.PathLike | bytes | bytearray | memoryview | BinaryIO | Image.Image | np.ndarray
PARTS = 64  # an array is scaled in parts, so that no large one lies in between
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # EXIF orientation: Image.Transpose
KINDS = {"1": "black and white", "L": "grey", "LA": "grey", "La": "grey", "P": "a palette"}


def read_picture(source: Source) -> tuple[Image.Image, tuple[int, int], str, list[str]]:
    """Turn a path or known name, bytes, binary file, PIL image or array into a picture.

    Returns (PIL image of mode RGB, (H, W), name, notes): the picture is nobody else's; (H, W) is
    its size before its decoder reduced it; each note says one thing that was done.
    Raises ImageError where it cannot be read, DataError where it ships and is missing or damaged.
    """
    try:
        if isinstance(source, np.ndarray):
            picture, notes = picture_from_array(source)
            return picture, (picture.height, picture.width), "array", notes
        if isinstance(source, Image.Image):
            name = _stem(getattr(source, "filename", None))
            what = f"the PIL image {name!r}"
            opening.check_image(source, what)
            picture, size, notes = _upright_rgb(what, source)
            return picture.copy() if picture is source else picture, size, name, notes
        name, what, file = _opened(source)
        with file:
            picture, size, notes = _upright_rgb(what, *opening.open_picture(file, what))
        return picture, size, name, notes
    except (ImageError, DataError):
        raise
    except Exception as error:  # an object of the learner's may raise anything when asked
        came = f"this value of type {type(source).__name__} raised {type(error).__name__}"
        advice = "give a file's path instead"
        raise refused("a photograph that can be read", came, advice) from error


def preview(path: Path, side: int) -> Image.Image:
    """Read a file as RGB, a JPEG reduced to no less than `side`. Raises OSError or ImageError."""
    with open(path, "rb") as file:
        what = repr(path.name)
        return _upright_rgb(what, *opening.open_picture(file, what, (side, side)))[0]


def _opened(source):
    """Return (name of the picture, what to call it in errors, binary file that can seek)."""
    if isinstance(source, (str, os.PathLike)):
        path = find_photograph(source)
        try:
            return printable(path.stem), repr(path.name), open(path, "rb")
        except OSError as error:
            came = f"{path.name!r} may not ({error.strerror})"
            advice = "change its permissions, or copy it to data/my_photos"
            raise refused("a photograph that may be read", came, advice) from None
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "picture", "the bytes given", io.BytesIO(bytes(source))
    if callable(getattr(source, "read", None)):
        name = _stem(getattr(source, "name", None))
        return name, f"the file object {name!r}", io.BytesIO(_contents(source))
    kinds = "a photograph as path, bytes, binary file, PIL image or NumPy array"
    came = "None" if source is None else f"a value of type {type(source).__name__}"
    raise refused(kinds, f"got {came}", 'give for instance "tabby_cat"')


def _stem(name):
    return printable(Path(name).stem if isinstance(name, str) else "") or "picture"


def _contents(file):
    """Read a file object to its end and put its position back, so that it can be read again."""
    start, data, endless = None, None, False
    with suppress(Exception):  # most are no files of the system; a device may never end
        status = os.fstat(file.fileno())
        endless = stat.S_ISCHR(status.st_mode) or status.st_size > LARGEST_FILE
    with suppress(Exception):
        start = file.tell() if file.seekable() else None
    with suppress(Exception):  # closed, of text that is none, or the learner's own
        data = None if endless else file.read()
    if start is not None:
        with suppress(Exception):
            file.seek(start)
    if not isinstance(data, (bytes, bytearray, memoryview)):
        came = "cannot be read" if data is None else f"gives {type(data).__name__}"
        raise refused("a binary file object", f"this one {came}", "open it with open(path, 'rb')")
    return bytes(data)


def picture_from_array(array: np.ndarray) -> tuple[Image.Image, list[str]]:
    """Turn an array, alone or as a batch of one, into (PIL image of mode RGB, list of notes).

    (h, w) or (h, w, 1 or 3 or 4), RGB and alpha; uint8, uint16 or floats in [0, 1] or [0, 255].
    Raises ImageError: another shape, type or range, a masked value, or too many pixels.
    """
    masked = np.ma.is_masked(array)
    array = np.ma.filled(array.astype(float), np.nan) if masked else np.asarray(array)
    pixels = array[0] if array.ndim == 4 and len(array) == 1 else array
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.size == 0 or pixels.ndim < 2 or pixels.shape[2:] not in ((), (3,), (4,)):
        advice = "give one photograph with its channels last"
        if pixels.ndim == 3 and pixels.shape[0] in (1, 3, 4):
            advice = "move its channels to the end with np.moveaxis(array, 0, -1)"
        elif array.ndim == 4 and len(array) > 1:
            advice = "give one photograph at a time, for instance array[0]"
        shapes = "an array of shape (h, w), (h, w, 3) or (h, w, 4)"
        raise refused(shapes, f"got {array.shape}", advice)
    opening.check_size((pixels.shape[1], pixels.shape[0]), "the array")
    pixels, notes = _eight_bits(pixels, "the array")
    picture, more = _rgb(Image.fromarray(pixels), "the array")
    return picture, notes + more


def _upright_rgb(what, image, full=None):
    """Decode a PIL image: (upright RGB of 8 bits, its size (H, W) before any reduction, notes).

    `full` is (w, h) before its decoder's reduction, or None; `what` names it in errors.
    """
    size = f"{image.format or 'its'} data, {image.width}x{image.height}"
    came = f"{what} is damaged or cut short ({size})"
    damaged = refused("a whole picture", came, "save, copy or download it once more")
    notes = []
    with opening.quiet():
        with opening.decoding(what, damaged):
            # Asked first: a TIFF turns itself when it is loaded and forgets that it did.
            orientation = _orientation(image)
            image.load()
            turn = TURNS.get(_orientation(image))
            picture = image if turn is None else image.transpose(turn)
        opening.check_size(picture.size, what)
        if full:
            limit = LARGEST_PIXELS // 1_000_000
            notes.append(f"decoded at half its size, as it has more than {limit} million pixels")
        if orientation is None:
            notes.append("left as it lies, because its EXIF data cannot be read")
        elif orientation != 1:
            notes.append(f"turned upright by its EXIF orientation ({orientation} of 8)")
        if getattr(image, "is_animated", False):
            frame, count = 0, "several"
            with suppress(Exception):  # a later frame is damaged, the one that is used is not
                count, frame = image.n_frames, image.tell()
            notes.append(f"{f'frame {frame + 1}' if frame else 'first frame'} of {count}")
        if picture.mode.startswith("I") or picture.mode == "F":
            pixels, more = _eight_bits(_deep_grey(picture, image.format, what), what)
            notes, picture = notes + more, Image.fromarray(pixels)
        picture, more = _rgb(picture, what, image.info.get("icc_profile"))
    width, height = full or picture.size
    sideways = full and orientation in (5, 6, 7, 8)
    return picture, (width, height) if sideways else (height, width), notes + more


def _orientation(image):
    """Return the EXIF orientation, 1 (upright) to 8, or None where the EXIF data is broken."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # Pillow reads EXIF data by hand, which fails in many ways
        return None
    return orientation if orientation in range(2, 9) else 1


def _deep_grey(picture, file_format, what):
    """Return the grey values (h, w) of a picture of more than 8 bits."""
    pixels = np.asarray(picture)
    if picture.mode != "I":
        return pixels
    low, high = int(pixels.min()), int(pixels.max())
    if low < 0 or high > 65535:
        came = f"{what} has {low} to {high}"
        raise refused("grey values from 0 to 65535", came, "save it with 8 or 16 bits")
    # Mode I has 32 bits and no fixed white. In PNG and PNM files it stands for 16 bits.
    return pixels.astype("u1" if high <= 255 and file_format not in ("PNG", "PPM") else "u2")


def _eight_bits(pixels, what):
    kind = pixels.dtype
    if kind == np.uint8:
        return pixels, []
    if kind.newbyteorder("=") == np.uint16:
        factor, note = 1 / 257, "scaled from 16 bits to 8 (0 to 65535)"
    elif kind.kind == "f":
        low, high = float(pixels.min()), float(pixels.max())
        ranges = "values from 0 to 1 or 0 to 255"
        if not np.isfinite([low, high]).all():
            came = f"{what} has NaN, infinite or masked ones"
            raise refused(ranges, came, "replace them, for instance with np.nan_to_num")
        if low < 0 or high > 255:
            came = f"{what} has {low:g} to {high:g}"
            raise refused(ranges, came, "undo its preprocessing, or scale it")
        factor, note = 1.0, "values from 0 to 255 were rounded to whole numbers"
        if high <= 1:
            factor, note = 255.0, "values from 0 to 1 were times 255"
    else:
        advice = "convert values from 0 to 255 with array.astype('uint8')"
        raise refused("values of type uint8, uint16 or float", f"{what} has {kind}", advice)
    parts = [np.rint(part * factor).astype(np.uint8) for part in np.array_split(pixels, PARTS)]
    return np.concatenate(parts), [note]


def _rgb(picture, what, profile=None):
    """Convert a picture of 8 bits to RGB in sRGB, transparent parts on white: (picture, notes)."""
    mode, notes = picture.mode, []
    if mode not in ("RGB", "RGBA", "RGBa", "RGBX"):
        notes.append(f"from {KINDS.get(mode, mode)} to RGB")
    wanted, came = "a picture that can become RGB", f"{what} is of mode {mode}"
    with opening.decoding(what, refused(wanted, came, "save it as JPEG or PNG")):
        # Some modes have no way to RGB, some tables of colours have the wrong length.
        target = "RGBA" if picture.has_transparency_data else "RGB"
        rgb = picture.convert("LA") if mode == "La" else picture
        if rgb.mode != target or "transparency" in rgb.info:
            rgb = rgb.convert(target)
    if profile:
        rgb, more = to_srgb(picture, rgb, profile)
        notes += more
    if target == "RGBA" and rgb.getextrema()[3][0] < 255:
        rgb = Image.alpha_composite(Image.new("RGBA", rgb.size, "white"), rgb)
        notes.append("transparent parts laid on white")
    return rgb if target == "RGB" else rgb.convert("RGB"), notes
