"""The explorers of the notebooks: choose, and see it while the slider moves.

Only this package needs ipywidgets. Each explorer is a pure `render(context, state)` and a thin
shell of widgets round it (`shell.py`).
"""

from .atlas import atlas_explorer
from .chooser import photograph_chooser
from .heats import heatmap_explorer
from .neuron import neuron_explorer
from .overlay import overlay_explorer
from .relevance import relevance_explorer
from .steps import step_explorer

__all__ = [
    "atlas_explorer",
    "heatmap_explorer",
    "neuron_explorer",
    "overlay_explorer",
    "photograph_chooser",
    "relevance_explorer",
    "step_explorer",
]
