"""Does a picture deserve belief? Measures that ask the photograph or the network, not the eye."""

from .ablating import AblationAgreement, ablation_agreement
from .game import OCCLUSION, REVERSE_WAYS, WAYS, PointingGame, pointing_game, pointing_game_of_four
from .likeness import Likeness, likeness
from .noise import NoiseSensitivity, noise_sensitivity
from .other_class import OtherClass, other_class
from .pointing import hottest, pointing
from .randomising import Randomisation, randomisation, randomised

__all__ = [
    "OCCLUSION",
    "REVERSE_WAYS",
    "WAYS",
    "AblationAgreement",
    "Likeness",
    "NoiseSensitivity",
    "OtherClass",
    "PointingGame",
    "Randomisation",
    "ablation_agreement",
    "hottest",
    "likeness",
    "noise_sensitivity",
    "other_class",
    "pointing",
    "pointing_game",
    "pointing_game_of_four",
    "randomisation",
    "randomised",
]
