"""The explorers of the notebooks: choose, and see it while the slider moves.

Only this package needs ipywidgets. Each explorer is a pure `render(context, state)` and a thin
shell of widgets round it (`shell.py`).
"""

from .atlas import atlas_explorer
from .chooser import photograph_chooser
from .evolving import evolution_explorer
from .heats import heatmap_explorer
from .hiding import hide_explorer
from .moves import move_explorer
from .neuron import neuron_explorer
from .overlay import overlay_explorer
from .relevance import relevance_explorer
from .steps import step_explorer

__all__ = [
    "atlas_explorer",
    "evolution_explorer",
    "heatmap_explorer",
    "hide_explorer",
    "move_explorer",
    "neuron_explorer",
    "overlay_explorer",
    "photograph_chooser",
    "relevance_explorer",
    "step_explorer",
]
