"""Boxes drawn by hand: they lie in their photographs, and are found where the fit shows them."""

import re
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from pictures import NETWORK, CaffeNetwork, sentence
from PIL import Image, ImageOps

from zv_helpers.data import DataError, data_folder
from zv_helpers.images import (
    ImageError,
    MarkedBox,
    SmallImageWarning,
    load_image,
    marked_boxes,
    photographs,
    seen_box,
)
from zv_helpers.images.boxes import PARTS

FITS = ("crop", "letterbox", "stretch")
SUBJECTS = {box.photograph: box for box in marked_boxes(part="subject")}
WIDE = CaffeNetwork((120, 224))
README = (data_folder() / "boxes" / "README.md").read_text(encoding="utf-8")


def loaded(source, network=NETWORK, fit="crop"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallImageWarning)
        return load_image(source, network, fit)


def refusal(function, *arguments):
    """The sentence with which a call is refused."""
    with pytest.raises(ImageError) as caught:
        function(*arguments)
    return sentence(caught.value)


def upright(name):
    with Image.open(data_folder() / "photos" / f"{name}.jpg") as picture:
        return np.array(ImageOps.exif_transpose(picture).convert("RGB"))


def inside(small, large):
    return (
        large.top <= small.top < small.bottom <= large.bottom
        and large.left <= small.left < small.right <= large.right
    )


def test_every_box_lies_in_its_photograph():
    for box in marked_boxes():
        height, width = upright(box.photograph).shape[:2]
        assert inside(box, MarkedBox(box.photograph, "all", 0, 0, height, width)), box
        assert box.corners == (box.top, box.left, box.bottom, box.right)


def test_every_photograph_has_one_subject_or_a_reason_why_not():
    shipped = {path.stem for path in (data_folder() / "photos").glob("*.jpg")}
    table = README.split("## Photographs without a box")[1]
    without = set(re.findall(r"`(\w+)`", table))
    assert set(SUBJECTS) | without == shipped and not set(SUBJECTS) & without
    assert len(marked_boxes(part="subject")) == len(SUBJECTS) == 64


def test_the_readme_counts_right():
    counts = [len(marked_boxes(part=part)) for part in PARTS]
    said = f"{counts[0]} subjects, {counts[1] + counts[2]} eyes and {counts[3]} noses"
    assert said in README
    animals = {box.photograph for box in marked_boxes() if box.part != "subject"}
    said = (
        f"the subjects of {counts[0]} photographs, and round the eyes and noses of {len(animals)}"
    )
    assert said in (data_folder() / "README.md").read_text(encoding="utf-8")


def test_eyes_and_noses_lie_in_the_subject_each_once_and_apart():
    for name, subject in SUBJECTS.items():
        parts = {box.part: box for box in marked_boxes(name)}
        assert len(parts) == len(marked_boxes(name))
        del parts["subject"]
        canvas = np.zeros((subject.bottom, subject.right), int)
        for box in parts.values():
            assert inside(box, subject), box
            canvas[box.top : box.bottom, box.left : box.right] += 1
        assert canvas.max() <= 1, name
        if {"left eye", "right eye"} <= set(parts):  # the animal's own, seen from in front
            assert parts["right eye"].right <= parts["left eye"].left, name


def test_a_fish_from_the_side_shows_the_eye_of_that_side():
    """Its head points where its nose is: to the left of a picture, we see its left side."""
    seen = 0
    for name in SUBJECTS:
        parts = {box.part: box for box in marked_boxes(name)}
        eyes = [part for part in ("left eye", "right eye") if part in parts]
        if len(eyes) == 1:
            eye, nose = parts[eyes[0]], parts["nose"]
            assert (eyes[0] == "left eye") == (nose.left + nose.right < eye.left + eye.right), name
            seen += 1
    assert seen == 16


def test_boxes_are_chosen_by_photograph_and_part(tmp_path, monkeypatch):
    assert [box.part for box in marked_boxes("owl")] == list(PARTS)
    assert marked_boxes("owl", "left eye") == (MarkedBox("owl", "left eye", 114, 328, 127, 350),)
    assert {box.part for box in marked_boxes(part="nose")} == {"nose"}
    assert marked_boxes("chickens") == ()
    assert len(marked_boxes()) == sum(len(marked_boxes(part=part)) for part in PARTS)


def test_what_is_not_there_is_refused():
    message = refusal(marked_boxes, "oul")
    assert "'oul' is none" in message and "owl" in message
    assert "'tail'" in refusal(marked_boxes, "owl", "tail")


def test_a_photograph_of_ones_own_has_no_box(tmp_path, monkeypatch):
    data = tmp_path / "data"
    for name in ("SHA256SUMS", "boxes/boxes.csv"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(data_folder() / name, data / name)
    (data / "my_photos").mkdir()
    Image.fromarray(upright("owl")).save(data / "my_photos" / "mine.png")
    monkeypatch.setenv("ZV_DATA", str(data))
    assert "mine" in photographs() and marked_boxes("mine") == ()
    with open(data / "boxes" / "boxes.csv", "a", encoding="utf-8") as file:
        file.write("mine,subject,0,0,9,9\n")
    with pytest.raises(DataError, match="boxes.csv is damaged"):
        marked_boxes("mine")


# Where they lie in what the network sees


def painted(box, fit, network):
    """Where a box shows: its photograph with it painted black, and white, and how far they differ,
    from 0 to 1, (h, w)."""
    pixels = [upright(box.photograph) for _ in range(2)]
    for picture, value in zip(pixels, (0, 255), strict=True):
        picture[box.top : box.bottom, box.left : box.right] = value
    black, white = (loaded(one, network, fit).pixels.astype(int) for one in pixels)
    return (white - black).mean(axis=2) / 255


@pytest.mark.parametrize("network", [NETWORK, WIDE], ids=["square", "wide"])
@pytest.mark.parametrize("fit", FITS)
def test_a_box_lies_on_its_own_pixels(fit, network):
    """Painted on real photographs, and found again in what the network sees."""
    cut_off = 0
    for box in marked_boxes()[:: 4 if fit == "crop" else 8]:
        place, shares = loaded(box.photograph, network, fit).locate(box), painted(box, fit, network)
        if place is None:
            assert abs(shares).max() < 0.2  # at most the filter's reach over the border
            cut_off += 1
            continue
        top, left, bottom, right = place
        rows, columns = np.nonzero(shares > 0.5)  # those that are more than half within
        assert top <= rows.min() <= top + 1 and bottom - 1 <= rows.max() + 1 <= bottom, box
        assert left <= columns.min() <= left + 1 and right - 1 <= columns.max() + 1 <= right, box
        assert shares[top + 1 : bottom - 1, left + 1 : right - 1].min(initial=1) > 0.5
    assert (cut_off > 0) == (fit == "crop")


def test_every_subject_is_seen_by_the_shipped_networks():
    for name, box in SUBJECTS.items():
        top, left, bottom, right = loaded(name).locate(box)
        assert 0 <= top < bottom <= 224 and 0 <= left < right <= 224


def test_corners_stand_for_a_box_and_those_of_another_photograph_are_refused():
    image, box = loaded("owl"), SUBJECTS["owl"]
    assert image.locate(box.corners) == image.locate(box)
    assert "'owl'" in refusal(image.locate, SUBJECTS["cow"])
    for wrong in ((0, 0, 361, 10), (0, 0, 10, 541), (-1, 0, 5, 5), (5, 0, 5, 5), (9, 0, 5, 5)):
        assert "360 rows and 540 columns" in refusal(image.locate, wrong)


def test_a_box_is_grown_to_whole_pixels_and_no_further():
    whole = (0, 0, 10, 10)
    assert seen_box((1, 2, 4, 9), whole, whole) == (1, 2, 4, 9)
    assert seen_box((1, 2, 4, 9), whole, (0, 0, 5, 5)) == (0, 1, 2, 5)
    assert seen_box((2, 4, 4, 6), whole, (7, 3, 12, 8)) == (8, 5, 9, 6)
    assert seen_box((0, 0, 3, 10), (3, 0, 10, 10), whole) is None  # touching is not being seen
    # Thirds and tenths that no float holds exactly: 7 rows of 70 become one of 10.
    assert seen_box((21, 0, 28, 70), (0, 0, 70, 70), whole) == (3, 0, 4, 10)


def test_boxes_of_a_photograph_loaded_by_its_path():
    image = loaded(Path(data_folder()) / "photos" / "owl.jpg")
    assert image.locate(SUBJECTS["owl"]) == loaded("owl").locate(SUBJECTS["owl"])
