"""Does a picture deserve belief? Measures that ask the photograph or the network, not the eye."""

from .ablating import AblationAgreement, ablation_agreement
from .curves import MEASURES, Comparison, Curve, compared, curves_of, deletion, insertion
from .examining import examine
from .examining_scores import ScoreVerdict, examine_scores
from .game import (
    OCCLUSION,
    REVERSE_WAYS,
    WAYS,
    PointingGame,
    heat_of,
    pointing_game,
    pointing_game_of_four,
)
from .hiding import BASELINES, baseline_picture, hidden
from .likeness import Likeness, likeness
from .noise import NoiseSensitivity, noise_sensitivity, noisy_copies
from .orders import ORDERS, pixel_order
from .other_class import OtherClass, other_class
from .pointing import hottest, pointing
from .randomising import Randomisation, randomisation, randomised
from .verdict import Verdict

__all__ = [
    "BASELINES",
    "MEASURES",
    "OCCLUSION",
    "ORDERS",
    "REVERSE_WAYS",
    "WAYS",
    "AblationAgreement",
    "Comparison",
    "Curve",
    "Likeness",
    "NoiseSensitivity",
    "OtherClass",
    "PointingGame",
    "Randomisation",
    "ScoreVerdict",
    "Verdict",
    "ablation_agreement",
    "baseline_picture",
    "compared",
    "curves_of",
    "deletion",
    "examine",
    "examine_scores",
    "heat_of",
    "hidden",
    "hottest",
    "insertion",
    "likeness",
    "noise_sensitivity",
    "noisy_copies",
    "other_class",
    "pixel_order",
    "pointing",
    "pointing_game",
    "pointing_game_of_four",
    "randomisation",
    "randomised",
]
