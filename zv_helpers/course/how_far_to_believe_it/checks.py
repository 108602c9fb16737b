"""The check of the lab on how far to believe a heatmap: which of three is right?"""

from ..answers import exercise, words
from .three import KINDS

NO_KINDS = "Not answered yet: write right, other or random beside each of A, B and C."


@exercise(
    """\
left = {
    name: [trust.deletion(three.features, one, heat).at(0.1) for one in three.classes]
    for name, heat in three.heats.items()
}
right = min(left, key=lambda name: left[name][0])
other = min(left.keys() - {right}, key=lambda name: left[name][1])
answer_1 = dict.fromkeys(left, "random") | {right: "right", other: "other"}""",
    NO_KINDS,
)
def check_three(three, answer):
    """Check that each of three heatmaps is called what it is.

    three: from `three_pictures`; answer: {"A": "right", "other" or "random", "B": …, "C": …}, or
    None.
    """
    given = words(answer, three.kinds, KINDS)
    if not any(given.values()):
        return NO_KINDS
    if None in given.values():
        return "One is still missing: each of the three words is used once."
    if len(set(given.values())) < len(given):
        return "Not quite: use each of the three words once."
    if given == three.kinds:
        return (
            "Right: hide the hottest tenth, and the right one costs the first class most, the "
            "other the second class most, the random one neither much."
        )
    taken = next(three.kinds[name] for name, kind in given.items() if kind == "right")
    if taken == "random":
        return (
            "Not quite: the one that you call right costs the first class little. Hide the hottest "
            "tenth of all three with trust.deletion, and compare what is left."
        )
    if taken == "other":
        return (
            "Not quite: the one that you call right costs the first class something, but one costs "
            "it more. Hide the hottest tenth of all three, and ask for the second class too."
        )
    return (
        "Not quite: what it costs the first class does not tell the last two apart. Ask what it "
        "costs the second class, or draw that class's heatmap and compare with trust.likeness."
    )
