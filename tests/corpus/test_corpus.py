"""Networks as people have them: each is reversed rightly, or refused in the sentence it should be.

`reverse.py` gives the independent answer. docs/networks.md tells people; run `make networks-page`
after a change that it shows.
"""

import re

import pytest
from entries import ENTRIES
from outcomes import RULES, outcome
from page import PATH, row, whole

SILENT = 1 / 4  # of the comparisons may have no signal: neurons above a ReLU6 at its cap


def test_the_corpus_is_large():
    assert len(ENTRIES) >= 45


@pytest.mark.parametrize("name", ENTRIES)
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


def test_the_page_tells_it():
    assert PATH.read_text(encoding="utf-8") == whole()
