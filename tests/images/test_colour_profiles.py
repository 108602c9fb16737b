"""Pictures with a colour profile become sRGB, as an independent computation has it."""

import io
import struct
import warnings

import numpy as np
import pytest
from pictures import NETWORK, encoded, noise
from PIL import Image, ImageCms

from zv_helpers.data import data_folder
from zv_helpers.images import load_image

D50 = 0.9642, 1.0, 0.8249
# The primaries in XYZ under D50, a row for each of X, Y, Z, and the gamma (None: that of sRGB).
SRGB = ((0.43607, 0.38515, 0.14307), (0.22249, 0.71687, 0.06061), (0.01392, 0.09708, 0.71410)), None
SPACES = {
    "Adobe RGB": (
        ((0.60974, 0.20528, 0.14919), (0.31111, 0.62567, 0.06322), (0.01947, 0.06087, 0.74457)),
        563 / 256,
    ),
    "Display P3": (
        ((0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407)),
        None,
    ),
    "ProPhoto": (
        ((0.79767, 0.13519, 0.03134), (0.28804, 0.71187, 0.00009), (0.00000, 0.00000, 0.82491)),
        1.8,
    ),
}


# ---- profiles, written by hand


def profile(name, space, tags, kind=b"mntr", connection=b"XYZ "):
    """An ICC profile of version 2."""
    text = name.encode() + b"\0"
    tags = {b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78), **tags}
    tags[b"cprt"] = b"text\0\0\0\0nobody\0"
    tags[b"wtpt"] = xyz(D50)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">4s4s4s4s4s", b"test", b"\x02\x40\0\0", kind, space, connection)
    head += struct.pack(">6H4s", 2026, 11, 25, 0, 0, 0, b"acsp") + bytes(28)
    head += xyz(D50)[8:] + bytes(48)
    assert len(head) == 124
    return struct.pack(">I", 128 + len(table + body)) + head + table + body


def xyz(values):
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))


def curve(gamma):
    if gamma is not None:
        return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
    values = np.rint(linear(np.linspace(0, 1, 1024), None) * 65535).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", len(values)) + values.tobytes()


def rgb_profile(name, primaries, gamma):
    columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), np.transpose(primaries), strict=True)
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(gamma))
    return profile(name, b"RGB ", {tag: xyz(column) for tag, column in columns} | curves)


def grey_profile(gamma):
    return profile("a grey", b"GRAY", {b"kTRC": curve(gamma)})


def inks(amounts):
    """Lab of inks, (..., 4) of 0 or 1: bright paper to a black that is a dark grey."""
    colours = (1 - amounts[..., :3]) * (1 - amounts[..., 3:])
    lab = np.empty(colours.shape)
    lab[..., 0] = 10 + 90 * colours @ (0.3, 0.5, 0.2)
    lab[..., 1] = 30 * (colours[..., 0] - colours[..., 1])
    lab[..., 2] = 30 * (colours[..., 1] - colours[..., 2])
    return np.rint(lab * (2.55, 1, 1)) / (2.55, 1, 1)


def cmyk_profile():
    corners = np.stack(np.meshgrid(*[(0, 1)] * 4, indexing="ij"), -1).reshape(16, 4)
    grid = np.rint(inks(corners) * (2.55, 1, 1) + (0, 128, 128)).astype(np.uint8)
    ramp = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0))
    table += struct.pack(">9i", *np.eye(3, dtype=int).ravel() * 65536)
    table += ramp * 4 + grid.tobytes() + ramp * 3
    # The way back, from which the darkest ink is found: all inks for L = 0, none for L = 100.
    back = b"mft1\0\0\0\0" + bytes((3, 4, 2, 0)) + table[12:48]
    back += ramp * 3 + bytes([255] * 16 + [0] * 16) + ramp * 4
    return profile("some inks", b"CMYK", {b"A2B0": table, b"B2A0": back}, b"prtr", b"Lab ")


# ---- the independent computation


def linear(values, gamma):
    if gamma is not None:
        return values**gamma
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def srgb_of_xyz(colours):
    light = np.clip(colours @ np.linalg.inv(SRGB[0]).T, 0, 1)
    values = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(values * 255)


def srgb_of(pixels, primaries, gamma):
    return srgb_of_xyz(linear(pixels / 255, gamma) @ np.transpose(primaries))


def xyz_of_lab(lab):
    middle = (lab[..., 0] + 16) / 116
    t = np.stack([middle + lab[..., 1] / 500, middle, middle - lab[..., 2] / 200], -1)
    return np.where(t > 6 / 29, t**3, 3 * (6 / 29) ** 2 * (t - 4 / 29)) * D50


def load(source, fit="crop"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_image(source, NETWORK, fit)


# ---- the tests


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "PIL"])
def test_photographs_in_wider_colours_become_srgb(space, kind):
    data = rgb_profile(space, *SPACES[space])
    for name in ("owl", "tabby_cat"):
        picture = Image.open(data_folder() / "photos" / f"{name}.jpg")
        pixels = np.array(picture)
        if kind == "PIL":
            source = Image.fromarray(pixels)
            source.info["icc_profile"] = data
        else:
            options = {"lossless": True} if kind == "WEBP" else {}
            source = encoded(Image.fromarray(pixels), kind, icc_profile=data, **options)
        image = load(source)
        assert f"colours converted to sRGB by its profile '{space}'" in image.notes
        expected = srgb_of(pixels, *SPACES[space])
        assert abs(expected - pixels).max() >= 20  # it matters
        difference = abs(image.original - expected)
        # In the dark one step of a steep gamma is several of sRGB, so rounding shows there.
        assert difference.mean() < 0.5 and difference.max() <= 4
        if kind == "PIL":
            np.testing.assert_array_equal(np.asarray(source), pixels)


def test_a_jpeg_of_a_telephone_in_display_p3():
    photo = Image.open(data_folder() / "photos" / "owl.jpg")
    data = rgb_profile("Display P3", *SPACES["Display P3"])
    stored = encoded(photo, "JPEG", quality=95, icc_profile=data)
    pixels = np.asarray(Image.open(io.BytesIO(stored)))
    expected = srgb_of(pixels, *SPACES["Display P3"])
    assert abs(load(stored).original - expected).max() <= 4


def test_srgb_by_whatever_name_changes_nothing():
    photo = Image.open(data_folder() / "photos" / "owl.jpg")
    plain = load(encoded(photo, "PNG"))
    ours = [rgb_profile(name, *SRGB) for name in ("sRGB IEC61966-2.1", "c2", "")]
    for data in (*ours, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()):
        tagged = load(encoded(photo, "PNG", icc_profile=data))
        np.testing.assert_array_equal(tagged.original, plain.original)
        np.testing.assert_array_equal(tagged.pixels, plain.pixels)
        assert tagged.notes == plain.notes


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_profiles(mode):
    grey = np.arange(224 * 240, dtype=np.uint32).reshape(224, 240) % 256
    picture = Image.fromarray(grey.astype(np.uint8))
    if mode == "LA":
        picture = picture.convert("LA")
        picture.putalpha(Image.fromarray(np.full((224, 240), 255, np.uint8)))
    if mode == "I;16":
        picture = Image.fromarray((grey * 257).astype(np.uint16))
    image = load(encoded(picture, "PNG", icc_profile=grey_profile(1.8)))
    expected = srgb_of_xyz(linear(grey / 255, 1.8)[..., None] * D50)
    assert abs(image.original - expected).max() <= 2
    assert abs(expected[..., 0] - grey).max() > 15
    assert "colours converted to sRGB by its profile 'a grey'" in image.notes


def test_grey_and_palettes_with_a_profile_for_rgb():
    data = rgb_profile("ProPhoto", *SPACES["ProPhoto"])
    grey = noise(224, 224)
    for picture in (Image.fromarray(grey), Image.fromarray(grey).convert("P")):
        image = load(encoded(picture, "PNG", icc_profile=data))
        expected = srgb_of(np.repeat(grey[..., None], 3, 2), *SPACES["ProPhoto"])
        assert abs(image.original - expected).max() <= 4


def test_transparent_parts_stay_transparent():
    pixels = noise(224, 224, 4)
    pixels[:, :100, 3], pixels[:, 100:, 3] = 0, 255
    data = rgb_profile("Adobe RGB", *SPACES["Adobe RGB"])
    image = load(encoded(Image.fromarray(pixels), "PNG", icc_profile=data))
    assert (image.original[:, :100] == 255).all()
    expected = srgb_of(pixels[:, 100:, :3], *SPACES["Adobe RGB"])
    assert abs(image.original[:, 100:] - expected).max() <= 4


@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_inks(kind):
    amounts = np.stack(np.meshgrid(*[(0, 1)] * 4, indexing="ij"), -1).reshape(4, 4, 4)
    pixels = np.kron(amounts * 255, np.ones((64, 64, 1))).astype(np.uint8)
    picture = Image.frombytes("CMYK", (256, 256), pixels.tobytes())
    if kind == "JPEG":  # which holds inks upside down, as Adobe began to do
        data = encoded(picture, kind, quality=100, icc_profile=cmyk_profile())
    else:
        data = encoded(picture, kind, icc_profile=cmyk_profile())
    image = load(data)
    assert "colours converted to sRGB by its profile 'some inks'" in image.notes
    colours = xyz_of_lab(inks(amounts.astype(float)))
    black = xyz_of_lab(np.array([inks(np.ones(4))[0], 0, 0]))
    colours = (colours - black) / (D50 - black) * D50  # so that the darkest ink is black
    seen = image.original[32::64, 32::64]
    assert abs(seen - srgb_of_xyz(colours)).max() <= 4
    assert seen[0, 0].min() >= 254 and seen[3, 3].max() <= 2


def test_a_broken_profile_is_a_note_and_no_error():
    good = rgb_profile("Adobe RGB", *SPACES["Adobe RGB"])
    pixels = noise(224, 224, 3)
    rng = np.random.default_rng(3)
    broken = [b"nonsense", good[:100], good[:200], good[:-40], bytes(len(good)), good[:12] * 40]
    for _ in range(200):
        data = np.frombuffer(good, np.uint8).copy()
        data[rng.integers(0, len(data), 12)] = rng.integers(0, 256, 12)
        broken.append(data.tobytes())
    unused = 0
    for data in broken:
        image = load(encoded(Image.fromarray(pixels), "PNG", icc_profile=data))
        assert image.original.shape == pixels.shape and all(n.isprintable() for n in image.notes)
        said = [note for note in image.notes if "was not used" in note]
        if said:
            np.testing.assert_array_equal(image.original, pixels)
        unused += bool(said)
    assert unused >= 6
    source = Image.fromarray(pixels)
    for odd in (b"nonsense", "text", 7, [1], object()):
        source.info["icc_profile"] = odd
        assert "its colour profile is damaged, so it was not used" in load(source).notes


def test_a_profile_for_other_colours_is_not_used():
    pixels = noise(224, 224, 3)
    for data, space in ((cmyk_profile(), "CMYK"), (grey_profile(1.8), "GRAY")):
        image = load(encoded(Image.fromarray(pixels), "PNG", icc_profile=data))
        np.testing.assert_array_equal(image.original, pixels)
        assert f"is for {space} colours, so it was not used" in image.notes[0]
    inks_with_rgb = Image.fromarray(pixels).convert("CMYK")
    inks_with_rgb.info["icc_profile"] = rgb_profile("P3", *SPACES["Display P3"])
    assert "is for RGB colours, so it was not used" in load(inks_with_rgb).notes[1]
