"""The switches of a photograph: which positions each max-pool kept."""

import numpy as np

from ..features import Features
from ..network.receptive_fields import pool_geometry
from .mathematics import find_switches


def pooled(features: Features, pool: str) -> np.ndarray:
    """Return the maps that a max-pool reads, float32 (H, W, channels); a KeyError if it is none."""
    return features.value(_pool(features.network, pool).inputs[0])[0]


def switches_of(features: Features, pool: str) -> np.ndarray:
    """Return the switches of a max-pool (Zeiler & Fergus 2014, §2.1): int (h, w, channels),
    row-major positions in the plane of the maps that were pooled; a KeyError if it is none."""
    operation = _pool(features.network, pool)
    size, strides, before = pool_geometry(operation)
    outputs = operation.output_shape[:2]
    return find_switches(pooled(features, pool), size, strides, before, outputs)


def kept_positions(features: Features, pool: str, channel: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of a feature map that a max-pool kept: rows, columns, each int (n,).

    Windows in which nothing was active are left out: their switch is a first place among zeros.
    """
    active = features[pool][..., channel] > 0
    kept = np.unique(switches_of(features, pool)[..., channel][active])
    rows, columns = np.unravel_index(kept, pooled(features, pool).shape[:2])
    return rows, columns


def _pool(network, name):
    pools = [one for one in network.graph.operations if one.kind == "MaxPooling2D"]
    names = [one.name for one in pools]
    if name not in names:
        raise KeyError(f"{name!r} is no max-pool of {network.name}: its pools are {names}")
    return pools[names.index(name)]
