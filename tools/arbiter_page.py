"""docs/arbiter.md and the six rows of the README, made of docs/arbiter/*.csv alone."""

import re
from pathlib import Path

import arbiter_numbers as numbers
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PAGE, README = ROOT / "docs" / "arbiter.md", ROOT / "README.md"
START, END = "<!-- arbiter: written by make arbiter -->", "<!-- arbiter: end -->"
MIDDLE, SIX = (
    "middle",
    (
        "relevance gradient",
        "relevance gradient, lower",
        "occlusion",
        "deconvnet deconvnet",
        "deconvnet guided",
        "deconvnet gradient",
    ),
)
ALIKE = 0.9  # as in trust.verdict


def falls_more(than):
    return lambda one: numbers.at_a_tenth(one, than) - numbers.at_a_tenth(one, "hottest")


COLUMNS = {  # heading: each photograph's number
    "deletion ↓": lambda one: numbers.area(one, "hottest"),
    "insertion ↑": lambda one: numbers.area(one, "coldest"),
    "hottest tenth ↑": lambda one: (
        one["before"] / one["scale"] - numbers.at_a_tenth(one, "hottest")
    ),
    "more than elsewhere ↑": falls_more("elsewhere"),
    "more than coldest ↑": falls_more("coldest"),
    "top layer random ↓": lambda one: one["random 0"],
    "all random ↓": lambda one: one["random 1"],
    "second class": lambda one: one["second"],
    "middle class ↓": lambda one: one["middle"],
    "points at it ↑": lambda one: one["pointing"],
    "noise ↑": lambda one: one["noise"],
}
ESSENCE = (
    *("more than elsewhere ↑", "all random ↓", "middle class ↓", "points at it ↑", "noise ↑"),
)

QUESTIONS = """\
## What was asked

A heatmap claims: *here is what counts*. Twelve ways to draw one are asked whether that is so: three
methods (activation times gradient, “relevance”; Grad-CAM; the magnitude of the projection,
“deconvnet”) with the three rules for the reverse pass, and occlusion. At the last layer the rules
cannot differ, since no ReLU lies between it and what is explained, and where there are classes
relevance and Grad-CAM are one there; so both are asked by each rule at a *lower* layer too. The
*middle* is no heatmap: it always points at the middle of the picture, and whoever does no better
has shown nothing. (Lower: {lower}.)

Each photograph is asked for its most probable class, right or wrong. VGG-16 ships without classes:
there the strongest neuron of its last layer is explained, and the checks that need classes are left
out. A cell is the mean over photographs, and between brackets the range in which 95 % of such means
lie when the photographs are drawn again (bootstrap, 2000 draws, seeded). An arrow says which way is
better. A dash: this was not asked.
"""

MEANINGS = (
    ("column", "what was done"),
    (
        "deletion, insertion",
        "Grey hides the hottest pixels first, or all but these: the area under the value, a "
        "probability; for VGG-16 the activation, as a share of the untouched one",
    ),
    ("hottest tenth", "how far the value falls when the hottest tenth of the pixels is hidden"),
    (
        "more than elsewhere, than coldest",
        "how much further than with the same heatmap moved to three other places, and with the "
        "coldest tenth",
    ),
    (
        "top layer random, all random",
        "rank correlation with the heatmap of the same network, its top layer or all its layers "
        "made random (Adebayo et al. 2018); near 0 is unlike",
    ),
    (
        "second class, middle class",
        "rank correlation with the heatmap of the second most probable class, and of one in the "
        "middle of the order. The second is often a neighbour: its likeness convicts nobody",
    ),
    ("points at it", "how often the hottest pixel lies in the box round the subject"),
    (
        "noise",
        "mean rank correlation with the heatmaps of three noisy copies that get the same answer "
        "(at most 4 of 255 in each pixel)",
    ),
)

LIMITS = """\
## What the table cannot say

- It speaks of {of} photographs, most of them of animals and buildings in the middle of the picture,
  and of three networks. The intervals say how much other photographs *of this kind* would change a
  mean; nothing in them speaks of other kinds, other networks or other training.
- Many intervals stand beside each other, and by chance alone one in twenty of them misses its mean.
- Grey patches are something no network has learnt from: what falls may fall because of their edges.
- A heatmap that changes with the weights may be wrong all the same, and a coarse one keeps some
  likeness by its form alone. An empty one is alike to nothing: its correlation counts as 0. So with
  random weights 0 may mean that nothing is drawn any more, as of a neuron that they silence.
- A neuron's heatmap fades towards the border of what the neuron sees, whatever the weights are: a
  part of VGG-16's likeness under random weights may be that.
- The boxes were drawn by eye, one each round the subjects of 64 photographs; a network may rightly
  go by what lies beside.
- Where noise changed the answer in all three copies, a photograph has no number in that column.
- To fit into half an hour: six places on each curve; every third photograph for random weights and
  ablation, every sixth for VGG-16; at most 32 feature maps of a layer; a square for
  occlusion that moves by its whole side, a quarter of the picture's.
"""

REPRODUCE = """\
## How to get the same numbers

    make arbiter

computes what is missing in `results/arbiter`, and writes [numbers.csv](arbiter/numbers.csv),
[ablation.csv](arbiter/ablation.csv), the figures and this page. All that is drawn at random is
seeded; another processor may change the last digit. The page follows from the two files alone.
"""

FIGURES = (
    (
        "deletion",
        "Three panels, one a network: curves that fall as more of the hottest pixels are hidden, "
        "for six ways to draw a heatmap, with bands; dotted, the same number hidden elsewhere.",
        "The value while the hottest pixels are hidden; dotted, the mean of the six ways moved "
        "elsewhere. Bands: 95 % bootstrap intervals of the mean.",
    ),
    (
        "random",
        "Three panels, one a network: the likeness of the heatmap to the one with learnt weights, "
        "for six ways, while more and more layers are made random from the top down.",
        "Likeness to the heatmap with learnt weights, while layers are made random from the top "
        "down; the first point is the top layer alone.",
    ),
)


def cell(values):
    """Write a mean and its interval: "0.52 [0.41, 0.63]", or a dash."""
    mean, low, high, count = numbers.mean(values)
    if count == 0:
        return "–"
    return plain(mean) + (f" [{plain(low)}, {plain(high)}]" if count > 1 else "")


def plain(number):
    """Write a number with two digits and a typographic minus.

    >>> plain(-0.004), plain(-0.126), plain(1)
    ('0.00', '−0.13', '1.00')
    """
    digits = f"{number:.2f}"
    return ("0.00" if digits == "-0.00" else digits).replace("-", "−")


def rows_of(cells):
    """Write a Markdown table of rows, the first its head."""
    head, *rest = ("| " + " | ".join(row) + " |" for row in cells)
    return "\n".join([head, "|" + "---|" * len(cells[0]), *rest])


def table(ways):
    """Write one network's table."""
    rows = [["way", *COLUMNS]]
    for way, one in ways.items():
        rows.append([way, *(cell(ask(one)) for ask in COLUMNS.values())])
    return rows_of(rows)


def findings(ways):
    """Say in three or four sentences what the intervals of a network leave no doubt about."""
    heats = {way: one for way, one in ways.items() if way != MIDDLE}
    lines = [
        f"Hiding their hottest tenth costs more than {what}: {listed(surely(falls, heats), heats)}."
        for what, falls in (
            ("elsewhere", COLUMNS["more than elsewhere ↑"]),
            ("hiding the middle of the picture", lambda one: more_than_middle(ways, one)),
        )
    ]
    alike = {way: numbers.mean(one["middle"]) for way, one in heats.items()}
    if any(np.isfinite(one[0]) for one in alike.values()):
        same = [way for way, (mean, _, _, _) in alike.items() if mean >= ALIKE]
        lines.append(
            f"Nearly the same (rank correlation {ALIKE} or more) for a class of middle rank: "
            + listed(same, heats)
            + "."
        )
    kept = {way: numbers.mean(one["random 1"]) for way, one in heats.items()}
    still = [way for way, (mean, _, _, _) in kept.items() if mean >= 0.5]
    lines.append(
        "Still alike (0.5 or more) when all weights are random: " + listed(still, heats) + "."
    )
    return "\n".join(f"- {line}" for line in lines)


def surely(ask, heats):
    """Return the ways of which the whole interval of a number lies above 0."""
    found = {way: numbers.mean(ask(one)) for way, one in heats.items()}
    return [way for way, (_, low, _, _) in found.items() if low > 0]


def more_than_middle(ways, one):
    """Return how much further each photograph's value falls than with its middle tenth hidden."""
    return numbers.at_a_tenth(ways[MIDDLE], "hottest") - numbers.at_a_tenth(one, "hottest")


def listed(names, every):
    """Say which of them: their names have commas."""
    if not names:
        return "none of them"
    return "all of them" if len(names) == len(every) else "; ".join(names)


def ablation_table(layers):
    rules = list(next(iter(layers.values())))
    rows = [["layer", *rules]]
    rows += [[layer, *(cell(found[rule]) for rule in rules)] for layer, found in layers.items()]
    return rows_of(rows)


def essence(found, about):
    """Write the README's six rows: two networks with classes, side by side; and where from."""
    first, second = (found[name] for name in ("squeezenet", "efficientnet-lite0"))
    rows = [["way", *ESSENCE]]
    for way in SIX:
        pairs = (
            [numbers.mean(COLUMNS[name](one[way]))[0] for one in (first, second)]
            for name in ESSENCE
        )
        rows.append(
            [way, *(" · ".join("–" if np.isnan(n) else plain(n) for n in pair) for pair in pairs)]
        )
    middle = (
        " · ".join(plain(numbers.mean(COLUMNS[name](one[MIDDLE]))[0]) for one in (first, second))
        for name in ("more than elsewhere ↑", "points at it ↑")
    )
    beside = (
        "A heatmap that always points at the middle has {} in the first column, {} in the fourth."
    )
    return f"{rows_of(rows)}\n\n*From {counted(about)}. {beside.format(*middle)}*"


def counted(about):
    return f"{about['photographs']} of {about['of']} photographs"


def origin(about):
    """Say where the numbers come from."""
    part = about["photographs"] < about["of"]
    made = (
        f"Version {', '.join(about['version'])}, commit {', '.join(about['commit'])}, "
        f"{about['date'][-1]}"
    )
    return f"{made}, from {counted(about)}." + (
        " **A partial run: believe no digit of it.**" if part else ""
    )


def page(found, agreed, about):
    """Write the whole page as Markdown."""
    parts = ["# The arbiter: which heatmap deserves belief?", origin(about)]
    parts.append(QUESTIONS.format(lower=", ".join(about["lower"])).strip())
    parts.append(rows_of(MEANINGS))
    for network, ways in found.items():
        count = len(next(iter(ways.values()))["before"])
        parts += [f"## {network}, {count} photographs", table(ways), findings(ways)]
    parts.append("## The curves")
    for name, alt, caption in FIGURES:
        parts += [f"![{alt}](arbiter/{name}.jpg)", f"*{caption}*"]
    parts.append(
        "## Do relevance scores agree with ablation?\n\nRank correlation of a layer's relevance "
        "scores, by rule, with what happens when each feature map is zeroed. Where only a mean and "
        "a sum lie above a layer, the score is the effect: 1.00."
    )
    for network, layers in agreed.items():
        parts += [f"### {network}", ablation_table(layers)]
    parts += [LIMITS.format(of=about["of"]).strip(), REPRODUCE.strip()]
    return "\n\n".join(parts) + "\n"


def readme_rows(text):
    """Return what stands between the README's markers."""
    return re.search(f"{START}\n(.*?)\n{END}", text, re.DOTALL)[1]


def readme(text, found, about):
    """Return the README with its six rows written again."""
    return text.replace(readme_rows(text), essence(found, about))


def write():
    """Write page, figures and the README's rows from the two files."""
    import arbiter_figures

    found = numbers.read()
    about, text = numbers.about(), README.read_text(encoding="utf-8")
    PAGE.write_text(page(found, numbers.read_ablation(), about), encoding="utf-8")
    README.write_text(readme(text, found, about), encoding="utf-8")
    arbiter_figures.draw(found)
    print(f"Written: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    write()
