"""Colour profiles: networks learned from sRGB, so a photograph in other colours is converted."""

import io

import numpy as np
from PIL import Image, ImageCms

from zv_helpers.images.errors import printable

GREY_MODES = ("1", "L", "LA", "La")
LEVELS_ALIKE = 2  # sRGB profiles of different makers differ by this much of 255
# A colour that sRGB has stays what it is, one that it lacks is clipped, white stays white and black
# black. Cameras' and screens' profiles know no other way; printers' perceptual tables change every
# colour, each in its own way.
INTENT, FLAGS = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION


def to_srgb(picture, rgb, data):
    """Convert a PIL image, given as its file has it and as RGB or RGBA, by its ICC profile (bytes).

    Returns (RGB or RGBA image, list of notes): `rgb` itself and no note where it is sRGB already.
    """
    grey, cmyk = picture.mode in GREY_MODES, picture.mode == "CMYK"
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
