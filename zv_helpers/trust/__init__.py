"""Does a picture deserve belief? Measures that ask the photograph or the network, not the eye."""

from .game import OCCLUSION, REVERSE_WAYS, WAYS, PointingGame, pointing_game, pointing_game_of_four
from .likeness import Likeness, likeness
from .pointing import hottest, pointing
from .randomising import Randomisation, randomisation, randomised

__all__ = [
    "OCCLUSION",
    "REVERSE_WAYS",
    "WAYS",
    "Likeness",
    "PointingGame",
    "Randomisation",
    "hottest",
    "likeness",
    "pointing",
    "pointing_game",
    "pointing_game_of_four",
    "randomisation",
    "randomised",
]
