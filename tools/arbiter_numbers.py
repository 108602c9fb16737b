"""The arbiter's numbers: docs/arbiter/numbers.csv and ablation.csv, and their means."""

import csv
import json
import warnings
from pathlib import Path

import numpy as np
from scipy.stats import bootstrap

from zv_helpers.trust import every_check

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "arbiter"
NUMBERS, ABLATION = FOLDER / "numbers.csv", FOLDER / "ablation.csv"
ORDERS = ("hottest", "coldest", "elsewhere")
RANDOM = tuple(f"random {depth:g}" for depth in every_check.DEPTHS)
COLUMNS = (
    *("before", "hidden"),
    *(f"{order} {share}" for order in ORDERS for share in every_check.FRACTIONS),
    *("pointing", "second", "middle", *RANDOM, "noise", "moved"),
)
SHARES = (0, *every_check.FRACTIONS, 1)
RESAMPLES = 2000


def named(asked):
    """Return the name of a way and its layer: "relevance gradient", "relevance guided, lower".

    >>> named((("relevance", "guided"), "fire5")), named((("occlusion", None), None))
    ('relevance guided, lower', 'occlusion')
    """
    way, layer = asked
    return " ".join(filter(None, way)) + (", lower" if layer else "")


def write(results, photographs):
    """Write what was computed; photographs: how many ship."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    about = {name: sorted({one[name] for one in results}) for name in ("version", "commit", "date")}
    about |= {"photographs": len({one["photograph"] for one in results}), "of": photographs}
    lower = {one["network"]: one["lower"] for one in results}
    about["lower"] = [f"{layer} in {network}" for network, layer in lower.items()]
    rows = [
        [one["network"], one["photograph"], one["measure"], way, *map(short, map(row.get, COLUMNS))]
        for one in results
        for way, row in one["rows"].items()
    ]
    head = ["network", "photograph", "measure", "way", *COLUMNS]
    _write(NUMBERS, [[f"# {json.dumps(about)}"]], [head, *rows])
    rows = [
        [one["network"], one["photograph"], layer, rule, short(rank)]
        for one in results
        for layer, ranks in one.get("ablation", {}).items()
        for rule, rank in ranks.items()
    ]
    _write(ABLATION, [], [["network", "photograph", "layer", "rule", "rank"], *rows])


def _write(path, above, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.writelines(f"{line}\n" for (line,) in above)
        csv.writer(file, lineterminator="\n").writerows(rows)


def short(number):
    """Write a number with four digits; nothing for one that is missing.

    >>> [short(number) for number in (0.98765, -0.5, 1.0, 338.5612, None)]
    ['0.9877', '-0.5', '1', '338.6', '']
    """
    if number is None:
        return ""
    return f"{round(number, 4):.4g}"


def about():
    """Read where the numbers come from: {"version", "commit", "date": lists, "photographs": how
    many, "of": how many ship, "lower": the lower layers in words}."""
    with open(NUMBERS, encoding="utf-8") as file:
        return json.loads(file.readline().removeprefix("# "))


def read():
    """Read the numbers: {network: {way: {column: float (photographs,)}}}, NaN for what is missing;
    the column "scale" is what a network's values are divided by: 1 for probabilities, for
    activations the one before anything is hidden."""
    found = {}
    with open(NUMBERS, encoding="utf-8", newline="") as file:
        file.readline()
        for row in csv.DictReader(file):
            columns = found.setdefault(row["network"], {}).setdefault(row["way"], {})
            for name in COLUMNS:
                columns.setdefault(name, []).append(float(row[name] or "nan"))
            scale = 1.0 if row["measure"] == "probability" else float(row["before"])
            columns.setdefault("scale", []).append(scale)
    return {
        network: {
            way: {name: np.array(values) for name, values in columns.items()}
            for way, columns in ways.items()
        }
        for network, ways in found.items()
    }


def read_ablation():
    """Read the agreement of scores and ablation: {network: {layer: {rule: float (n,)}}}."""
    found = {}
    with open(ABLATION, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rules = found.setdefault(row["network"], {}).setdefault(row["layer"], {})
            rules.setdefault(row["rule"], []).append(float(row["rank"]))
    return found


def curve(columns, order):
    """Return the values at `SHARES` while pixels are hidden in an order: float (photographs, 6)."""
    names = ("before", *(f"{order} {share}" for share in every_check.FRACTIONS), "hidden")
    return np.stack([columns[name] / columns["scale"] for name in names], axis=1)


def area(columns, order):
    """Return the area under each photograph's curve, by trapezoids."""
    return np.trapezoid(curve(columns, order), SHARES, axis=1)


def at_a_tenth(columns, order):
    """Return the values with a tenth hidden, float (photographs,)."""
    return columns[f"{order} 0.1"] / columns["scale"]


def mean(values):
    """Return the mean over photographs and its 95 % bootstrap interval, the percentiles of 2000
    seeded draws: (mean, low, high, how many). NaN are left out; of fewer than two numbers there is
    no interval."""
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    if len(known) < 2:
        return (float(known.mean()) if len(known) else np.nan), np.nan, np.nan, len(known)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that all are equal: then the interval is a point
        found = bootstrap(
            (known,),
            np.mean,
            n_resamples=RESAMPLES,
            method="percentile",
            rng=np.random.default_rng(0),
        ).confidence_interval
    return float(known.mean()), float(found.low), float(found.high), len(known)
