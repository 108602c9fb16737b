"""Zeiler visualizing, one station after the other: model → image → features → relevance → heatmap →
overlay."""

from . import trust
from .atlas import Atlas, build_atlas, load_atlas
from .data import DataError, data_folder
from .deconvnet import (
    Projection,
    ProjectionWarning,
    Verification,
    find_switches,
    project,
    rectify,
    reverse_rule,
    reverse_signal,
    transposed_filter,
    unpool,
    verify,
)
from .draw.signals import signal_picture
from .features import Features, extract_features
from .heatmaps import heatmap
from .images import InputImage, credit, load_image, photographs
from .network import InputSpec, Layer, Network, load_model, networks
from .overlays import overlay
from .relevance import relevance_scores
from .targets import ClassScore, Neuron, Region, Target

__all__ = [
    "Network",
    "Layer",
    "InputSpec",
    "load_model",
    "networks",
    "reverse_rule",
    "InputImage",
    "load_image",
    "photographs",
    "credit",
    "Features",
    "Target",
    "ClassScore",
    "Neuron",
    "Region",
    "extract_features",
    "find_switches",
    "unpool",
    "rectify",
    "transposed_filter",
    "Projection",
    "ProjectionWarning",
    "project",
    "reverse_signal",
    "Verification",
    "verify",
    "signal_picture",
    "relevance_scores",
    "heatmap",
    "overlay",
    "Atlas",
    "build_atlas",
    "load_atlas",
    "trust",
    "DataError",
    "data_folder",
]
