"""From whatever the learner has (file, bytes, array …) to an upright sRGB picture of 8 bits."""

import io
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageFile

from zv_helpers.data import DataError
from zv_helpers.images import opening
from zv_helpers.images.opening import ImageError, printable, refused
from zv_helpers.images.photographs import find_photograph

Source = str | os.PathLike | bytes | bytearray | memoryview | BinaryIO | Image.Image | np.ndarray
PARTS = 64  # an array is scaled in parts, so that no large one lies in between
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # EXIF orientation: Image.Transpose
KINDS = {"1": "black and white", "L": "grey", "LA": "grey", "La": "grey", "P": "a palette"}
FROM_GREY = f"from {KINDS['L']} to RGB"  # a note
LEVELS_ALIKE = 2  # sRGB profiles of different makers differ by this much of 255
# A colour that sRGB has stays as it is, one that it lacks is clipped, white and black stay so.
# Cameras' and screens' profiles know no other way; printers' perceptual tables change every colour.
INTENT, FLAGS = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION


def read_picture(source: Source) -> tuple[str, Image.Image, tuple[int, int], list[str]]:
    """Turn a path or known name, bytes, binary file, PIL image or array into a picture.

    Returns (name, RGB image that is nobody else's, (H, W) before its decoder reduced it, notes).
    Raises ImageError where it cannot be read, DataError where it ships and is missing or damaged.
    """
    try:
        if isinstance(source, np.ndarray):
            picture, notes = picture_from_array(source)
            return "array", picture, (picture.height, picture.width), notes
        name, what, file = _opened(source)
        if file is source:
            picture, *rest = _upright_rgb(what, source)
            return name, picture.copy() if picture is source else picture, *rest
        with file:
            return name, *_upright_rgb(what, *opening.open_picture(file, what))
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
    """Return (name of the picture, what to call it in errors, the PIL image that it is, once its
    format and size are known, or else a binary file that can seek)."""
    if isinstance(source, Image.Image):
        name = _stem(getattr(source, "filename", None))
        waits = isinstance(source, ImageFile.StubImageFile) or getattr(source, "tile", None)
        if waits and source.format not in (*opening.readable_formats(), "MPO", "HEIF"):
            came = f"the PIL image {name!r} comes from one of format {source.format}"
            raise refused("a photograph's file", came, "save it as JPEG or PNG")
        opening.check_size(source.size, f"the PIL image {name!r}")
        return name, f"the PIL image {name!r}", source
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
        endless = stat.S_ISCHR(status.st_mode) or status.st_size > opening.LARGEST_FILE
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
    notes: list[str] = []
    eight = Image.fromarray(_eight_bits(pixels, "the array", notes))
    return _rgb(eight, "the array", notes), notes


def _upright_rgb(what, image, full=None):
    """Decode a PIL image, which errors call `what`, of size `full` (w, h) before its decoder's
    reduction, if any: (upright RGB of 8 bits, (H, W) before that, notes)."""
    data = f"{image.format or 'its'} data, {image.width}x{image.height}"
    came, notes = f"{what} is damaged or cut short ({data})", []
    damaged = refused("a whole picture", came, "save, copy or download it once more")
    with opening.quiet():
        with opening.decoding(what, damaged):
            # Asked first: a TIFF turns itself when it is loaded and forgets that it did.
            orientation = _orientation(image)
            image.load()
            turn = TURNS.get(_orientation(image))
            picture = image if turn is None else image.transpose(turn)
        opening.check_size(picture.size, what)
        if full:
            limit = opening.LARGEST_PIXELS // 1_000_000
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
            deep = _deep_grey(picture, image.format, what)
            picture = Image.fromarray(_eight_bits(deep, what, notes))
        picture = _rgb(picture, what, notes, image.info.get("icc_profile"))
    width, height = full or picture.size
    sideways = full and orientation in (5, 6, 7, 8)
    return picture, (width, height) if sideways else (height, width), notes


def _orientation(image):
    """Return the EXIF orientation, 1 (upright) to 8, or None where the EXIF data is broken."""
    with suppress(Exception):  # Pillow reads EXIF data by hand, which fails in many ways
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
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


def _eight_bits(pixels, what, notes):
    """Scale an array to uint8, and add to the notes how."""
    kind = pixels.dtype
    if kind == np.uint8:
        return pixels
    if kind.newbyteorder("=") == np.uint16:
        factor, note = 1 / 257, "scaled from 16 bits to 8 (0 to 65535)"
    elif kind.kind == "f":
        low, high = float(pixels.min()), float(pixels.max())
        if not (low >= 0 and high <= 255):  # or not a number
            came, advice = f"{low:g} to {high:g}", "undo its preprocessing, or scale it"
            if not np.isfinite([low, high]).all():
                came = "NaN, infinite or masked ones"
                advice = "replace them, for instance with np.nan_to_num"
            raise refused("values from 0 to 1 or 0 to 255", f"{what} has {came}", advice)
        factor, note = 1.0, "values from 0 to 255 were rounded to whole numbers"
        if high <= 1:
            factor, note = 255.0, "values from 0 to 1 were times 255"
    else:
        advice = "convert values from 0 to 255 with array.astype('uint8')"
        raise refused("values of type uint8, uint16 or float", f"{what} has {kind}", advice)
    parts = [np.rint(part * factor).astype(np.uint8) for part in np.array_split(pixels, PARTS)]
    notes.append(note)
    return np.concatenate(parts)


def _rgb(picture, what, notes, profile=None):
    """Convert 8 bits to RGB in sRGB, transparent parts on white, and add to the notes how."""
    if (mode := picture.mode) not in ("RGB", "RGBA", "RGBa", "RGBX"):
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
    return rgb if target == "RGB" else rgb.convert("RGB")


def to_srgb(picture, rgb, data):
    """Convert a PIL image, as its file has it and as RGB or RGBA, by its ICC profile (bytes): (RGB
    or RGBA image, notes), which are `rgb` itself and none where it is sRGB already."""
    grey, cmyk = picture.mode in ("1", "L", "LA", "La"), picture.mode == "CMYK"
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        space = printable(profile.profile.xcolor_space.strip())
        name = printable(ImageCms.getProfileDescription(profile).strip())[:60]
        if space == "GRAY" and grey:
            source = rgb.getchannel(0)
        elif space == "RGB" and not cmyk or space == "CMYK" and cmyk:
            source = picture if cmyk else rgb
        else:
            return rgb, [f"its colour profile {name!r} is for {space} colours, so it was not used"]
        srgb, mode = ImageCms.createProfile("sRGB"), "RGBA" if source.mode == "RGBA" else "RGB"
        transform = ImageCms.buildTransform(profile, srgb, source.mode, mode, INTENT, FLAGS)
        if not cmyk and _changes_nothing(transform, source.mode):
            return rgb, []
        converted = transform.apply(source)
        if converted.mode != rgb.mode:  # grey with transparent parts
            converted.putalpha(rgb.getchannel("A"))
    except Exception:  # littleCMS refuses a broken profile in many ways
        return rgb, ["its colour profile is damaged, so it was not used"]
    return converted, [f"colours converted to sRGB by its profile {name!r}"]


def _changes_nothing(transform, mode):
    levels = np.arange(0, 256, 15, dtype=np.uint8)  # colours from all over the cube
    cube = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3)
    before = Image.fromarray(cube).convert(mode)
    after = np.asarray(transform.apply(before))[..., :3]
    return abs(after.astype(int) - np.asarray(before.convert("RGB"))).max() <= LEVELS_ALIKE
