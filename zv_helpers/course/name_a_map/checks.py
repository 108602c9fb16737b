"""The check of the lab on naming a feature map: which photograph will excite it most?"""

from ..answers import exercise, refused
from ..parts import rounded


def to_predict(ranking, layer, channel, shown=18):
    """Choose four photographs that were not shown yet, sorted by name: the one that excites a
    feature map most, and three more, evenly spread down to the last.

    ranking: an `Atlas` that knows of all its photographs; shown: how many were.
    """
    names = [name for name, _ in ranking.neurons(layer, channel)]
    left = names[shown:] if len(names) >= shown + 4 else names
    return sorted({left[round(i * (len(left) - 1) / 3)] for i in range(4)})


@exercise("answer_1 = next(name for name, _ in ranking.neurons(layer, channel) if name in four)")
def check_prediction(ranking, layer, channel, four, answer):
    """Check which of some photographs the learner believes to excite a feature map most.

    ranking: an `Atlas` that knows of all its photographs; four: names of some; answer: one of
    them, or None.
    """
    strongest = {name: n.activation for name, n in ranking.neurons(layer, channel) if name in four}
    if not isinstance(answer, str) or answer not in four:
        raise refused(answer, f"one of the names {', '.join(four)}")
    best, second = sorted(strongest, key=strongest.get, reverse=True)[:2]
    if answer == best:
        return (
            f"Right: {best} excites map {channel} most, {rounded(strongest[best])}; "
            f"then comes {second}, {rounded(strongest[second])}."
        )
    ours = rounded(strongest.get(answer, 0.0))
    return (
        f"Not quite: {answer} reaches {ours} in map {channel}, but another of the "
        f"{len(four)} reaches {rounded(strongest[best])}: look for the place in each that is most "
        "like the nine patches."
    )
