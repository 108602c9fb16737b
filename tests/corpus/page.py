"""docs/networks.md: what became of every network of the corpus, for a person who looks for hers."""

import math
from pathlib import Path

import families
import patterns
from entries import ENTRIES
from outcomes import outcome

PATH = Path(__file__).resolve().parents[2] / "docs" / "networks.md"
HEADER = "| network | what is in it | reversed | difference | why not |\n|---|---|---|---|---|"
EXACT = 1e-5

INTRODUCTION = """\
# Does my network work?

The deconvnet is defined for ReLU and for what is linear: convolutions, pools, batch norm in
inference, additions, and all that moves or copies values. Networks made of that are reversed;
anything else is refused by the name of the layer, never drawn wrong. Ask yours:

    import zv_helpers as zv

    network = zv.load_model("mine.keras")    # or a keras.Model
    print(network.summary())                 # which layers go down to the pixels, and why not
    print(zv.verify(network))                # is it right? against automatic differentiation

Below are {count} networks that the tests build, load and compare: the families of
`keras.applications`, and the patterns of tutorials, small and with random weights. *Reversed* says
how many of the layers with feature maps go down to the pixels, and whether the class scores do (or
the class maps, which name every position). *Difference* is the largest one of the three rules from
automatic differentiation over the Keras model itself, over its largest value, from three depths and
two classes.

This page is generated (`make networks-page`), and a test compares it with what the corpus gives.
"""

ADVICE = """\
## What to do about a refusal

- **Swish, GELU, ELU, tanh, a sigmoid in between**: the rule for ReLU says nothing about them. Train
  with ReLU in their place, or look at the layers below: `network.summary()` lists them, and
  `zv.project` goes down from each of them.
- **Squeeze and excitation, attention, layer and group normalization**: two signals are multiplied,
  or every value depends on all others. MobileNetV3 has a `minimalistic=True` form without, and
  EfficientNet-Lite0, which ships, is EfficientNet without.
- **A subclassed model**: call it once on a `keras.Input` and make a functional one,
  `keras.Model(inputs, outputs)`, of the layers its `call` uses.
- **Several inputs**: make a `keras.Model` of the branch that reads the picture.
  **Several outputs**: `zv.load_model(model, output="name")`.
- **Layers called with `training=True`**: they are random, or depend on the other pictures of a
  batch. Build the network again with `training=False`, and load its weights.
- **A quantized network**: load it from before `quantize()`.
- **A layer of your own, a `Lambda`**: say how it is reversed, in one function, with
  `@zv.reverse_rule` (see CONTRIBUTING.md), and let `zv.verify` check it. A `Lambda` becomes a
  layer class of your own first.
"""


def row(name):
    """One row of the table."""
    entry, found = ENTRIES[name], outcome(name)
    return "| " + " | ".join(map(cell, (name, entry.what, *told(found)))) + " |"


def told(found):
    """What is reversed, how exactly, and why not all of it."""
    if found.at_load:
        return "not loaded", "", found.sentence
    layers = f"{found.reversed} of {found.layers} layers" if found.layers else "no layers"
    end = f", {found.end}" if found.end and not found.sentence else ""
    return layers + end, exactness(found), found.sentence or ""


def exactness(found):
    """A class that does not depend on the machine: below 1e-5, or the next power of ten."""
    if not found.differences:
        return ""
    if found.worst < EXACT:
        return "below 1e-5"
    return f"1e{math.ceil(math.log10(found.worst))}"


def cell(text):
    """Text for a Markdown table, in one line."""
    quoted = text.split("`")  # what stands between backticks is taken as it is
    quoted[::2] = [part.replace("*", "\\*").replace("_", "\\_") for part in quoted[::2]]
    return " ".join("`".join(quoted).replace("|", "\\|").split())


def whole():
    """The page."""
    parts = dict.fromkeys(entry.part for entry in ENTRIES.values())
    tables = [
        f"## {part}\n\n{HEADER}\n"
        + "".join(f"{row(name)}\n" for name, entry in ENTRIES.items() if entry.part == part)
        for part in sorted(parts, key=ORDER.index)
    ]
    return "\n".join([INTRODUCTION.format(count=len(ENTRIES)), *tables, ADVICE])


ORDER = [
    families.SHIPPED,
    families.PART,
    patterns.WHOLE,
    patterns.INPUTS,
    patterns.BLOCKS,
    patterns.ENDS,
]
