"""Which patches of many photographs a feature map answers to most strongly (Zeiler & Fergus 2014,
figure 2), on one machine or on Dask."""

from .answering import Answer
from .atlas import Atlas, LayerAtlas, load_atlas
from .building import build_atlas
from .folders import AtlasError
from .patches import Patch, patch
from .shipped import atlases

__all__ = [
    "Answer",
    "Atlas",
    "AtlasError",
    "LayerAtlas",
    "Patch",
    "atlases",
    "build_atlas",
    "load_atlas",
    "patch",
]
