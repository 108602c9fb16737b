"""From whatever the learner has (a file, bytes, an array …) to an upright RGB picture of 8 bits."""

import io
import os
import warnings
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from zv_helpers.images.errors import ImageError, is_heic, kind_of_file
from zv_helpers.images.photographs import find_photograph, readable_formats


def read_picture(source):
    """Turn `source` into a picture.

    Args:
        source: path (str or Path) or known name, bytes, binary file object, PIL image, or array
            as `picture_from_array` takes it.

    Returns:
        (PIL image of mode RGB, name, list of notes): each note says one thing that was done.

    Raises:
        ImageError: it is no picture that can be read.
        DataError: it is a shipped photograph and is missing or damaged.
    """
    if isinstance(source, np.ndarray):
        picture, notes = picture_from_array(source)
        return picture, "array", notes
    if isinstance(source, Image.Image):
        name = Path(getattr(source, "filename", "") or "picture").stem
        return _upright_rgb(source, f"the PIL image {name!r}", name)
    if isinstance(source, (str, os.PathLike)):
        path = find_photograph(source)
        try:
            file = open(path, "rb")
        except OSError as error:
            raise ImageError(
                f"Expected a photograph that may be read, but {path.name!r} may not "
                f"({error.strerror}): change its permissions, or copy it to data/my_photos."
            ) from None
        with file:
            return _open(file, repr(path.name), path.stem)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _open(io.BytesIO(source), "the bytes given", "picture")
    if callable(getattr(source, "read", None)):
        name = getattr(source, "name", None)
        name = Path(name).stem if isinstance(name, str) and name else "picture"
        return _open(io.BytesIO(_contents(source)), f"the file object {name!r}", name)
    came = "None" if source is None else f"a value of type {type(source).__name__}"
    raise ImageError(
        "Expected a photograph as path, bytes, binary file, PIL image or NumPy array, "
        f'but got {came}: give for instance "tabby_cat".'
    )


def picture_from_array(array):
    """Turn an array into a PIL image of mode RGB.

    Args:
        array: (h, w), (h, w, 1), (h, w, 3) or (h, w, 4), or one of these as a batch of one;
            RGB and alpha; uint8, uint16 (0 to 65535) or floats in [0, 1] or [0, 255].

    Returns:
        (PIL image, list of notes).

    Raises:
        ImageError: another shape, type or range.
    """
    shape = array.shape
    pixels = array[0] if array.ndim == 4 and shape[0] == 1 else array
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.size == 0 or not (pixels.ndim == 2 or pixels.ndim == 3 and pixels.shape[2] in (3, 4)):
        advice = "give one photograph with its channels last"
        if pixels.ndim == 3 and pixels.shape[0] in (1, 3, 4):
            advice = "move its channels to the end with np.moveaxis(array, 0, -1)"
        elif array.ndim == 4 and shape[0] > 1:
            advice = "give one photograph at a time, for instance array[0]"
        raise ImageError(
            f"Expected an array of shape (h, w), (h, w, 3) or (h, w, 4), but got {shape}: {advice}."
        )
    pixels, notes = _eight_bits(pixels, "the array")
    picture, more = _rgb(Image.fromarray(np.ascontiguousarray(pixels)), "the array")
    return picture, notes + more


def _contents(file):
    """Read a file object to its end and put its position back, so that it can be read again."""
    try:
        start = file.tell() if file.seekable() else None
    except (AttributeError, OSError, ValueError):
        start = None
    try:
        data = file.read()
        if start is not None:
            file.seek(start)
    except (OSError, ValueError):  # a closed file, or a file of text that is none
        data = None
    if not isinstance(data, bytes):
        came = "cannot be read" if data is None else f"gives {type(data).__name__}"
        raise ImageError(
            f"Expected a binary file object, but this one {came}: open it with open(path, 'rb')."
        )
    return data


def _open(file, what, name):
    """Read the picture in a binary file that is at its beginning; `what` names it in errors."""
    head = file.read(512)
    if not head:
        raise ImageError(f"Expected a picture, but {what} is empty: save or copy it once more.")
    file.seek(0)
    heic = _heic_reader() if is_heic(head) else ()
    try:
        with warnings.catch_warnings():
            # Pillow warns at one limit and refuses at twice that; here the first one refuses.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=readable_formats() + heic)
    except Image.DecompressionBombError:
        raise _too_large(what) from None
    except Exception:  # Pillow's readers raise errors of many types on damaged files
        advice = "open it in an image program and save it as JPEG or PNG"
        if is_heic(head) and not heic:
            advice = "save it as JPEG, or install the package pillow-heif"
        raise ImageError(
            f"Expected a picture, but {what} is {kind_of_file(head)}: {advice}."
        ) from None
    if Image.MAX_IMAGE_PIXELS and image.width * image.height > Image.MAX_IMAGE_PIXELS:
        raise _too_large(what, f" ({image.width}x{image.height})")
    return _upright_rgb(image, what, name)


def _heic_reader():
    """Return the formats that pillow-heif adds, once it is registered; () where it is absent."""
    try:
        import pillow_heif
    except ImportError:
        return ()
    pillow_heif.register_heif_opener()
    return ("HEIF",)


def _too_large(what, size=""):
    """Make the error for a picture with more pixels than Pillow holds to be safe."""
    limit = Image.MAX_IMAGE_PIXELS // 1_000_000
    return ImageError(
        f"Expected a picture of at most {limit} million pixels, but {what} has more{size}: "
        "make it smaller in an image program."
    )


def _upright_rgb(image, what, name):
    """Decode a PIL image: (upright RGB of 8 bits, name, notes)."""
    notes = []
    try:
        # Asked first: a TIFF turns itself when it is loaded and forgets that it did.
        orientation = _orientation(image)
        image.load()
    except Image.DecompressionBombError:
        raise _too_large(what) from None
    except Exception:  # Pillow's readers raise errors of many types on damaged files
        size = f"{image.format or 'its'} data, {image.width}x{image.height}"
        raise ImageError(
            f"Expected a whole picture, but {what} is damaged or cut short ({size}): "
            "save, copy or download it once more."
        ) from None
    try:
        picture = ImageOps.exif_transpose(image)
    except Exception:  # whatever is wrong with the EXIF data, the picture itself is sound
        picture, orientation = image.copy(), None
    if orientation is None:
        notes.append("left as it lies, because its EXIF data cannot be read")
    elif orientation != 1:
        notes.append(f"turned upright by its EXIF orientation ({orientation} of 8)")
    if getattr(image, "is_animated", False):
        notes.append(_which_frame(image))
    if picture.mode.startswith("I") or picture.mode == "F":
        pixels, more = _eight_bits(_deep_grey(picture, image.format, what), what)
        notes, picture = notes + more, Image.fromarray(pixels)
    picture, more = _rgb(picture, what)
    return picture, name, notes + more


def _orientation(image):
    """Return the EXIF orientation, 1 (upright) to 8, or None where the EXIF data is broken."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # EXIF data is read by hand in Pillow and fails in many ways
        return None
    return orientation if orientation in range(2, 9) else 1


def _which_frame(image):
    """Say which frame of an animated picture, or of several in one file, is used."""
    try:
        frame, count = image.tell(), image.n_frames
    except Exception:  # a later frame is damaged, the one that is used is not
        return "first frame of several"
    return f"{f'frame {frame + 1}' if frame else 'first frame'} of {count}"


def _deep_grey(picture, file_format, what):
    """Return the grey values of a picture of more than 8 bits, as an array (h, w)."""
    pixels = np.asarray(picture)
    if picture.mode == "F":
        return pixels
    low, high = int(pixels.min()), int(pixels.max())
    if low < 0 or high > 65535:
        raise ImageError(
            f"Expected grey values from 0 to 65535, but {what} has {low} to {high}: "
            "save it with 8 or 16 bits."
        )
    # Mode I has 32 bits and no fixed white. In PNG and PNM files it stands for 16 bits.
    if picture.mode == "I" and high <= 255 and file_format not in ("PNG", "PPM"):
        return pixels.astype(np.uint8)
    return np.asarray(pixels, dtype="=u2")


def _eight_bits(pixels, what):
    """Scale an array of any shape to uint8: (array, notes)."""
    kind = pixels.dtype
    if kind == np.uint8:
        return pixels, []
    if kind == np.uint16:
        return np.rint(pixels / 257).astype(np.uint8), ["scaled from 16 bits to 8 (0 to 65535)"]
    if kind.kind != "f":
        raise ImageError(
            f"Expected values of type uint8, uint16 or float, but {what} has {kind}: convert "
            "values from 0 to 255 with array.astype('uint8')."
        )
    if not np.isfinite(pixels).all():
        raise ImageError(
            f"Expected values from 0 to 1 or 0 to 255, but {what} has NaN or infinite ones: "
            "replace them, for instance with np.nan_to_num."
        )
    low, high = float(pixels.min()), float(pixels.max())
    if low < 0 or high > 255:
        raise ImageError(
            f"Expected values from 0 to 1 or 0 to 255, but {what} has {low:g} to {high:g}: "
            "undo its preprocessing, or scale it."
        )
    if high <= 1:
        return np.rint(pixels * 255.0).astype(np.uint8), ["values from 0 to 1 were times 255"]
    return np.rint(pixels).astype(np.uint8), ["values from 0 to 255 were rounded to whole numbers"]


def _rgb(picture, what):
    """Convert a picture of 8 bits to RGB, transparent parts on white: (picture, notes)."""
    mode, notes = picture.mode, []
    if mode == "RGB" and "transparency" not in picture.info:
        return picture, notes
    kinds = {"1": "black and white", "L": "grey", "LA": "grey", "La": "grey", "P": "a palette"}
    if mode not in ("RGB", "RGBA", "RGBa", "RGBX"):
        notes.append(f"from {kinds.get(mode, mode)} to RGB")
    try:
        if not picture.has_transparency_data:
            return picture.convert("RGB"), notes
        picture = (picture.convert("LA") if mode == "La" else picture).convert("RGBA")
    except (ValueError, OSError):
        raise ImageError(
            f"Expected a picture that can become RGB, but {what} is of mode {mode}: "
            "save it as JPEG or PNG."
        ) from None
    if picture.getextrema()[3][0] == 255:
        return picture.convert("RGB"), notes
    white = Image.new("RGBA", picture.size, "white")
    return (
        Image.alpha_composite(white, picture).convert("RGB"),
        [*notes, "transparent parts laid on white"],
    )
