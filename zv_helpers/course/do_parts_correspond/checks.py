"""Checks for the exercises of the lab. Each returns one sentence."""

from ...experiments.corners import corners_round, seen_boxes
from ...experiments.corresponding import correspondence
from ..answers import exercise, number, numbers
from .toys import CAT_MAPS, OWL_MAPS, delta, over_positions


@exercise("answer_1 = [0.5, 0]")
def check_toy(answer):
    """Check Δ of the toy's two maps, whole and after the mean over positions.

    answer: two numbers, or None.
    """
    expected = "two numbers, [whole, mean over positions]"
    given = numbers(answer, expected)
    if given.shape != (2,):
        return f"Expected {expected}, but got an array of shape {given.shape}."
    both = [CAT_MAPS, OWL_MAPS]
    whole, pooled = delta(both), delta(over_positions(both))
    if abs(given[0] - 8 * whole) < 1e-6:
        return "Not quite: you counted the components that differ; divide by all eight of them."
    if abs(given[0] - whole) > 1e-6:
        return (
            "Not quite: write the signs of the eight components of each animal under each other; "
            "in what share of them do the two differ?"
        )
    if abs(given[1] - pooled) > 1e-6:
        return (
            "Not quite: the first is right. Now the mean of each map, two numbers for each animal: "
            "in what share of the two do their signs differ?"
        )
    return "Right: the same happened to both animals, in other places."


@exercise(
    """\
noses = {"nose": corners_round(seen_boxes(more, "nose"), size, network.input_size)}
many = correspondence(more, noses, size, [layers.deep])
answer_2 = many.pooled[layers.deep, "nose"].delta"""
)
def check_noses(features, layer, size, answer):
    """Check Δ of the noses of many animals, of each map's mean over its positions.

    Args:
        features: `Features` of the animals; layer: the one asked about.
        size: of the square in pixels.
        answer: a number, or None.
    """
    given = number(answer, "a number from 0 to 1")
    if not 0 <= given <= 1:
        return f"Expected a number from 0 to 1, a share of the feature maps, but got {given:g}."
    extent = features[0].network.input_size
    noses = {"nose": corners_round(seen_boxes(features, "nose"), size, extent)}
    found = correspondence(features, noses, size, [layer], progress=False)
    right = found.pooled[layer, "nose"].delta
    if abs(given - right) < 0.0051:
        return f"Right: {right:.3f}, over all pairs of {len(features)} animals."
    if abs(given - found.whole[layer, "nose"].delta) < 0.0051:
        return "Not quite: that is Δ of the whole feature vectors; take those in pooled."
    return (
        f"Not quite: hide the nose of all {len(features)} animals with squares of {size} pixels, "
        f"and read delta of pooled at {layer}."
    )
