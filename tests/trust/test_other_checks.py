"""Likeness, sensitivity and pointing as Quantus and Xplique have them: tests/data/README.md."""

import json
from pathlib import Path

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import trust

PATH = Path(__file__).resolve().parents[1] / "data" / "trust_reference.json"
REFERENCE = json.loads(PATH.read_text(encoding="utf-8"))
TOLERANCE = 1e-4
PAIRS = REFERENCE["likeness"]
NOISE = REFERENCE["max_sensitivity"]


def picture(rows):
    return np.array([row.split() for row in rows], np.float32) / 1000


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['method']} {pair['rule']}")
def test_likeness_is_quantus_rank_correlation_and_xpliques_structure(pair):
    one, other = picture(pair["first"]), picture(pair["second"])
    assert np.abs(one).max() == 1 and one.shape == (28, 28)
    found = trust.likeness(one, other)
    assert found.rank == pytest.approx(pair["rank"], abs=TOLERANCE)
    assert found.absolute_rank == pytest.approx(pair["absolute_rank"], abs=TOLERANCE)
    if "structure" in pair:
        assert found.structure == pytest.approx(pair["structure"], abs=TOLERANCE)


def test_the_pairs_are_heatmaps_and_signals():
    signed = [picture(pair["first"]).min() < 0 for pair in PAIRS]
    assert signed == ["structure" not in pair for pair in PAIRS] and 0 < sum(signed) < len(signed)


@pytest.mark.parametrize("way", NOISE["values"])
def test_sensitivity_is_quantus(way, cat):
    """For the same noise, with all copies that are the same class, as Quantus takes them."""
    assert (NOISE["photograph"], NOISE["class"]) == ("tabby_cat", cat.target().index)
    mean = REFERENCE["avg_sensitivity"]
    assert mean["noise"] == NOISE["noise"]
    found = trust.noise_sensitivity(
        cat, None, *way.split(), **NOISE["noise"], tolerance=np.inf, progress=False
    )
    assert len(found.kept) == NOISE["noise"]["count"]
    assert found.largest == pytest.approx(NOISE["values"][way], abs=TOLERANCE)
    assert found.mean == pytest.approx(mean["values"][way], abs=TOLERANCE)


def test_pointing_is_quantus_where_one_pixel_is_hottest(cat):
    """It counts a hit where one of several is in the box, ours where more than half are."""
    hits = []
    for one in REFERENCE["pointing"]:
        heat = zv.heatmap(cat, 285, method=one["method"], rule=one["rule"])
        rows, _ = trust.hottest(heat)
        assert len(rows) == 1
        hits.append(trust.pointing(cat, 285, heat, tuple(one["box"])))
        assert hits[-1] == one["hit"]
    assert 0 < sum(hits) < len(hits)
