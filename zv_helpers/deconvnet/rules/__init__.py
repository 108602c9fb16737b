"""One reversal for each kind of layer: what happens to the signal on its way down.

Each takes the signal at the layer's output and returns that at its input, see `reverse_rule`; for
layers that Zeiler & Fergus did not have, by the transpose of the layer's linear map.
"""

from . import filtering, moving, pooling, resampling, scaling  # noqa: F401  they fill the table
from .table import REVERSALS, Reversal, reversal_of, reverse_rule

__all__ = ["REVERSALS", "Reversal", "reversal_of", "reverse_rule"]
