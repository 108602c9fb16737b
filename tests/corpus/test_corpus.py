"""Networks as people have them: each is reversed rightly, or refused in the sentence it should be.

`reverse.py` gives the independent answer. docs/networks.md tells people; run `make networks-page`
after a change that it shows.
"""

import re

import pytest
from entries import ENTRIES
from outcomes import RULES, outcome
from page import PATH, cell, row, whole

LARGE = (  # four to twenty seconds each, in layers that smaller ones have too: `make thorough`
    "InceptionV3",
    "InceptionResNetV2",
    "Xception",
    "ResNet50V2",
    "DenseNet121",
    "NASNetMobile",
    "MobileNetV3Large",
    "EfficientNetV2B0",
    "ConvNeXtTiny",
    "vgg16-conv",
)
SILENT = 1 / 4  # of the comparisons may have no signal: neurons above a ReLU6 at its cap


def test_the_corpus_is_large():
    assert len(ENTRIES) >= 45


def marked(name):
    return pytest.param(name, marks=pytest.mark.thorough if name in LARGE else ())


@pytest.mark.parametrize("name", [marked(name) for name in ENTRIES])
def test_it_is_reversed_or_refused(name):
    entry, found = ENTRIES[name], outcome(name)
    differences = found.differences or {}
    wrong = {key: one for key, one in differences.items() if one > entry.tolerance}
    assert not wrong
    if entry.refused is None:
        assert found.sentence is None
        assert found.reversed == found.layers
        assert len(differences) >= len(RULES) and len(found.silent) <= SILENT * len(differences)
    else:
        assert found.sentence is not None, "it should be refused, and is not"
        assert re.search(entry.refused, found.sentence)
    assert row(name) in PATH.read_text(encoding="utf-8").splitlines()


def test_the_page_has_a_row_for_each():
    lines = PATH.read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[1].strip() for line in lines if line.startswith("| ")]
    names = [name for name in rows if name != "network"]
    assert sorted(names) == sorted(map(cell, ENTRIES))


@pytest.mark.thorough
def test_the_page_tells_it():
    assert PATH.read_text(encoding="utf-8") == whole()
