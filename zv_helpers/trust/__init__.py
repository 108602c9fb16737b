"""Does a picture deserve belief? Measures that ask the photograph or the network, not the eye."""

from .curves import MEASURES, Comparison, Curve, compared, deletion, insertion
from .examining import examine
from .game import OCCLUSION, REVERSE_WAYS, WAYS, PointingGame, pointing_game, pointing_game_of_four
from .hiding import BASELINES, baseline_picture, hidden
from .orders import ORDERS, pixel_order
from .pointing import hottest, pointing
from .verdict import Verdict

__all__ = [
    "BASELINES",
    "MEASURES",
    "OCCLUSION",
    "ORDERS",
    "REVERSE_WAYS",
    "WAYS",
    "Comparison",
    "Curve",
    "PointingGame",
    "Verdict",
    "baseline_picture",
    "compared",
    "deletion",
    "examine",
    "hidden",
    "hottest",
    "insertion",
    "pixel_order",
    "pointing",
    "pointing_game",
    "pointing_game_of_four",
]
