"""Three heatmaps that look alike, of the exercise: one of them is right."""

import warnings
from dataclasses import dataclass, field

import numpy as np

from ...features import Features, extract_features
from ...heatmaps import heatmap
from ...images import SmallImageWarning, load_image
from ...network import Network
from ...trust import randomised

# In SqueezeNet both classes have half of the probability, and all three are hot on the same fish.
PHOTO, WEIGHTS = "swallowtail_seaperch", 5
KINDS = ("right", "other", "random")


@dataclass(frozen=True, eq=False)
class ThreePictures:
    """Three heatmaps of one photograph. Made by `three_pictures`.

    Attributes:
        features: of the photograph.
        classes: the two most probable classes: the one that was asked for, and the other.
        heats: {"A": float32 (h, w), "B": …, "C": …}.
        kinds: {"A": which it is, …}: "right"; "other", of the other class; "random", of the class
            that was asked for, in the same network with random weights in its last layer.
    """

    features: Features
    classes: tuple[int, int]
    heats: dict[str, np.ndarray] = field(repr=False)
    kinds: dict[str, str] = field(repr=False)


def three_pictures(network: Network, seed: int = 0) -> ThreePictures:
    """Draw the three and shuffle them. network: SqueezeNet; seed: of the order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallImageWarning)  # ten pixels short, for all three
        features = extract_features(network, load_image(PHOTO, network))
    (asked, *_), (other, *_) = features.top_classes(2)
    _, without = next(randomised(features, seed=WEIGHTS, progress=False))
    drawn = {
        "right": heatmap(features, asked),
        "other": heatmap(features, other),
        "random": heatmap(without, asked),
    }
    order = np.random.default_rng(seed).permutation(KINDS).tolist()
    kinds = dict(zip("ABC", order, strict=True))
    heats = {name: drawn[kind] for name, kind in kinds.items()}
    return ThreePictures(features, (asked, other), heats, kinds)
