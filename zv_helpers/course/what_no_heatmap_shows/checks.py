"""The check of the lab: a test that an honest network passes and the other one does not."""

from ...experiments.cheating import answers
from ...experiments.road_signs import CLASSES, RoadSigns
from ..answers import exercise, refused

FEWEST = 20  # signs in a test


@exercise(
    """\
red = draw_signs(100, seed=5).of("no entry")
answer_1 = in_light(red, ["no entry"])"""
)
def check_test(network, honest, answer):
    """Check a test: an honest network passes it, and the one under suspicion fails in some class.

    Args:
        network: the suspect; honest: a network that is known to look at the signs.
        answer: `RoadSigns`, or None.
    """
    if not isinstance(answer, RoadSigns) or len(answer) < FEWEST:
        raise refused(answer, f"{FEWEST} road signs or more, of draw_signs")
    right = {}
    for who, one in (("honest", honest), ("suspect", network)):
        given = answers(one, answer) == answer.labels
        right[who] = {
            name: float(given[answer.labels == i].mean())
            for i, name in enumerate(CLASSES)
            if (answer.labels == i).any()
        }
    worst = min(right["suspect"], key=right["suspect"].__getitem__)
    caught, passed = right["suspect"][worst], right["honest"][worst]
    if caught > 0.5:
        return (
            f"Not quite: the network passes your test; even “{worst}” it names rightly in "
            f"{caught:.0%} of the pictures."
        )
    if passed < 0.8:
        return (
            f"Not quite: the honest network names only {passed:.0%} of your “{worst}” pictures "
            "rightly too, so they are hard, and prove nothing."
        )
    return (
        f"Right: of your “{worst}” pictures the honest network names {passed:.0%} rightly, this "
        f"one {caught:.0%}."
    )
