"""Deletion and insertion against Xplique's and Quantus's numbers (tests/data/README.md)."""

import json
from pathlib import Path

import numpy as np
import pytest
from independent import reference_heat

import zv_helpers as zv
from zv_helpers.trust import deletion, insertion

FOLDER = Path(__file__).parents[1] / "data"
REFERENCE = json.loads((FOLDER / "trust_reference.json").read_text(encoding="utf-8"))
BAR = {"atol": 1e-6, "rtol": 1e-2}  # most values are so small that 1e-4 says nothing of them


@pytest.fixture(scope="module", params=sorted(REFERENCE["heats"]))
def asked(request, squeezenet):
    """A photograph's name, its features, the class, and the heatmap that all were given."""
    with np.load(FOLDER / "captum_reference.npz", allow_pickle=False) as kept:
        pixels = kept[f"{request.param}/image"]
    features = zv.extract_features(squeezenet, zv.load_image(pixels, squeezenet))
    given = REFERENCE["heats"][request.param]
    return request.param, features, given["class"], reference_heat(given["map"], pixels.shape[:2])


@pytest.mark.parametrize("way", [deletion, insertion])
def test_xplique_measures_the_same(asked, way):
    name, features, index, heat = asked
    theirs = REFERENCE[way.__name__][name]
    ours = way(features, index, heat, steps=14, progress=False)
    np.testing.assert_allclose(ours.values, theirs["values"], atol=1e-4)
    np.testing.assert_allclose(ours.values, theirs["values"], **BAR)
    assert ours.area == pytest.approx(theirs["area"], abs=1e-5)
    moved = way(features, index, heat, order="elsewhere", steps=14, progress=False)
    assert np.abs(moved.values - theirs["values"]).max() > 0.1  # what agrees might have differed


def test_quantus_measures_the_same_after_whole_pixels(asked):
    name, features, index, heat = asked
    theirs = REFERENCE["pixel_flipping"][name]["values"]
    ours = deletion(features, index, heat, steps=7, progress=False)
    np.testing.assert_allclose(ours.values[1:], theirs[2::3], **BAR)
    assert np.abs(ours.values[1:] - theirs[1::3]).max() > 0.01  # between, parts of pixels are
