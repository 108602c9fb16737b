"""The arbiter's page: it follows from its numbers, and these from the photographs."""

import csv
import doctest
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import zv_helpers as zv

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools")]

import arbiter  # noqa: E402  once it can be found
import arbiter_numbers as numbers  # noqa: E402
import arbiter_page  # noqa: E402

WAYS = ((("relevance", "gradient"), None), (("deconvnet", "guided"), None))


@pytest.fixture(scope="module")
def found():
    return numbers.read()


# --- the page ------------------------------------------------------------------------------------


def test_the_page_follows_from_the_numbers(found):
    made = arbiter_page.page(found, numbers.read_ablation(), numbers.about())
    assert made == arbiter_page.PAGE.read_text(encoding="utf-8"), "run make arbiter"


def test_the_readme_has_its_six_rows(found):
    text = arbiter_page.README.read_text(encoding="utf-8")
    rows = arbiter_page.readme_rows(text)
    assert rows == arbiter_page.essence(found, numbers.about()), "run make arbiter"
    assert rows.count("\n|") == 1 + 6
    middle = found["squeezenet"]["middle"]
    pointing = arbiter_page.plain(numbers.mean(middle["pointing"])[0])
    assert f", {pointing} · " in rows.splitlines()[-1]
    assert arbiter_page.readme(text, found, numbers.about()) == text


def test_the_figures_are_small_and_there():
    for name, *_ in arbiter_page.FIGURES:
        assert 10_000 < (numbers.FOLDER / f"{name}.jpg").stat().st_size < 150_000


def test_a_part_says_that_it_is_one():
    about = {"version": ["1"], "commit": ["abc"], "date": ["2026-01-02"], "of": 75}
    whole, part = (arbiter_page.origin(about | {"photographs": n}) for n in (75, 6))
    assert "from 6 of 75 photographs" in part and "partial" in part
    assert "from 75 of 75 photographs" in whole and "partial" not in whole


@pytest.mark.parametrize("module", [numbers, arbiter_page], ids=lambda module: module.__name__)
def test_the_examples_in_the_tools(module):
    failed, tried = doctest.testmod(module)
    assert failed == 0 and tried > 0


# --- the numbers, by hand ------------------------------------------------------------------------


def columns(scale=1.0):
    """One photograph, at 0, 5, 10, 25, 50 and 100 %: from 8 down to 1, in each order otherwise."""
    shares = numbers.SHARES[1:-1]
    rows = {"hottest": (4, 2, 1, 1), "coldest": (8, 8, 8, 6), "elsewhere": (8, 7, 6, 5)}
    made = {"before": [8.0], "hidden": [1.0], "scale": [scale]}
    made |= {
        f"{order} {share}": [float(value)]
        for order, values in rows.items()
        for share, value in zip(shares, values, strict=True)
    }
    return {name: np.array(values) for name, values in made.items()}


def test_each_column_by_hand():
    for scale in (1.0, 8.0):
        got = {
            name: arbiter_page.COLUMNS[name](columns(scale))
            for name in list(arbiter_page.COLUMNS)[:5]
        }
        hottest = (0.05 * 6 + 0.05 * 3 + 0.15 * 1.5 + 0.25 * 1 + 0.5 * 1) / scale
        coldest = (0.05 * 8 + 0.05 * 8 + 0.15 * 8 + 0.25 * 7 + 0.5 * 3.5) / scale
        expected = [hottest, coldest, 6 / scale, 5 / scale, 6 / scale]
        np.testing.assert_allclose([one[0] for one in got.values()], expected)


def test_the_mean_and_its_interval():
    """Near the mean plus and minus two standard errors, and the same when asked again."""
    values = np.random.default_rng(3).normal(5, 2, 400)
    mean, low, high, count = numbers.mean([*values, np.nan])
    assert (mean, count) == (pytest.approx(values.mean()), 400)
    error = 1.96 * values.std() / 20
    assert (low, high) == (
        pytest.approx(mean - error, abs=0.03),
        pytest.approx(mean + error, abs=0.03),
    )
    assert numbers.mean(values) == numbers.mean(values)
    assert numbers.mean([2.0, 2.0, 2.0]) == (2.0, 2.0, 2.0, 3)
    assert arbiter_page.cell([2.0]) == "2.00" and arbiter_page.cell([np.nan]) == "–"
    assert arbiter_page.cell([-1.0, -1.0]) == "−1.00 [−1.00, −1.00]"


def test_numbers_are_written_and_read(tmp_path, monkeypatch):
    monkeypatch.setattr(numbers, "FOLDER", tmp_path)
    monkeypatch.setattr(numbers, "NUMBERS", tmp_path / "numbers.csv")
    monkeypatch.setattr(numbers, "ABLATION", tmp_path / "ablation.csv")
    rows = {"occlusion": {"before": 250.0, "noise": 0.123456}, "middle": {"before": 250.0}}
    one = {"network": "net", "photograph": "a", "measure": "activation", "rows": rows}
    one |= {"lower": "low", "version": "1", "commit": "abc", "date": "2026-01-02"}
    two = one | {"photograph": "b", "measure": "probability", "ablation": {"low": {"guided": 0.5}}}
    numbers.write([one, two], 75)
    got = numbers.read()["net"]["occlusion"]
    assert got["before"].tolist() == [250, 250] and got["scale"].tolist() == [250, 1]
    assert got["noise"].tolist() == [0.1235, 0.1235] and np.isnan(got["second"]).all()
    assert numbers.read_ablation() == {"net": {"low": {"guided": [0.5]}}}
    assert numbers.about()["photographs"] == 2 and numbers.about()["commit"] == ["abc"]
    assert numbers.about()["lower"] == ["low in net"]


def test_what_the_intervals_leave_no_doubt_about():
    def of(middle, end, fall):
        one = columns()
        one["hottest 0.1"] = one["elsewhere 0.1"] - fall
        found = {name: np.repeat(values, 3) for name, values in one.items()}
        return found | {"middle": np.full(3, middle), "random 1": np.full(3, end)}

    text = arbiter_page.findings(
        {
            "right": of(0.1, 0.2, 2),
            "middling": of(0.2, 0.3, 1),
            "wrong": of(0.95, 0.6, 0),
            "middle": of(1, 1, 1),
        }
    )
    falls, further, alike, still = text.splitlines()
    assert falls.endswith("elsewhere: right; middling.")
    assert further.endswith("the middle of the picture: right.")
    assert arbiter_page.listed(["a, lower", "b"], "abc") == "a, lower; b"
    assert alike.endswith("rank: wrong.") and still.endswith("random: wrong.")


# --- the run -------------------------------------------------------------------------------------


def test_tasks():
    """Two networks look at all photographs, the slow checks at every third, VGG-16 at every
    sixth."""
    tasks, count = arbiter.tasks(arbiter.chosen()), len(zv.photographs())
    third, sixth = -(-count // 3), -(-count // 6)
    assert len(tasks) == 2 * count + sixth == len(set(tasks))
    assert sum(deep for _, _, deep in tasks) == 2 * third + sixth
    assert {deep for network, _, deep in tasks if network == "vgg16-conv"} == {True}
    some = arbiter.chosen(6)
    assert len(some) == 6 and len(arbiter.tasks(some)) == 18


def test_a_result_is_kept_until_what_it_depends_on_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(arbiter, "KEPT", tmp_path)
    calls, rows = [], {WAYS[0]: {"noise": 1.0}}

    def measured(network, photograph, deep):
        calls.append((network.name, photograph, deep))
        return {"measure": "probability", "rows": rows, "seconds": {}}

    monkeypatch.setattr(arbiter, "measured", measured)
    task = "squeezenet", "owl", False
    assert not arbiter.is_done(task)
    arbiter.done(task)
    assert calls == [task] and arbiter.is_done(task)
    assert [path.name for path in (tmp_path / "squeezenet").iterdir()] == ["owl.json"]
    assert not arbiter.is_done(("squeezenet", "owl", True))
    assert not arbiter.is_done(("squeezenet", "duck", False))
    keys = {
        arbiter.key(*one)
        for one in (task, ("vgg16-conv", "owl", False), ("squeezenet", "duck", False))
    }
    assert len(keys) == 3
    monkeypatch.setattr(arbiter, "CHECKS", 0)
    assert not arbiter.is_done(task)


@pytest.mark.parametrize("file", ["weights/", "boxes/", "photos/owl.jpg"])
def test_the_key_depends_on_every_file_that_counts(file, monkeypatch):
    task, sums = ("squeezenet", "owl", True), zv.data.checksums(zv.data_folder())
    before = arbiter.key(*task)
    (name, *_) = (one for one in sums if one.startswith(file))
    monkeypatch.setattr(zv.data, "checksums", lambda folder: sums | {name: "another"})
    assert arbiter.key(*task) != before


@pytest.mark.parametrize("place", [0, -1])
def test_a_photograph_gives_the_numbers_that_are_kept(found, squeezenet, place):
    """Its cheap checks once more."""
    with open(numbers.NUMBERS, encoding="utf-8", newline="") as file:
        file.readline()
        rows = [row for row in csv.DictReader(file) if row["network"] == "squeezenet"]
    name = rows[place]["photograph"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        checks = "hiding", "pointing", "other class"
        got = arbiter.measured(squeezenet, name, False, WAYS, checks)["rows"]
    for way in WAYS:
        (kept,) = (
            row for row in rows if (row["photograph"], row["way"]) == (name, numbers.named(way))
        )
        assert {"hottest 0.1", "second", "middle", "elsewhere 0.5"} <= set(got[way])
        for column, value in got[way].items():
            assert float(kept[column]) == pytest.approx(value, abs=2e-3), (way, column)
