"""Which patches of many photographs a feature map answers to most strongly (Zeiler & Fergus 2014,
figure 2)."""

from ..features import extract_features
from ..images import load_image


def patch(image, box):
    """Cut a box (top, left, bottom, right) out of what a network sees: uint8 (h, w, channels)."""
    top, left, bottom, right = box
    return image.pixels[top:bottom, left:right]


def strongest_patches(network, photographs, layer, channel, count=9):
    """Find the `count` photographs (sources for `load_image`) in which a feature map answers most
    strongly, one neuron each: [(name, Neuron, patch uint8 (h, w, channels)), ...], strongest first.
    (Zeiler & Fergus 2014, §4 and figure 2.)"""
    found = []
    for source in photographs:
        features = extract_features(network, load_image(source, network), upto=layer)
        neuron = features.strongest(layer, channel)
        seen = patch(features.image, features.receptive_field(neuron)).copy()
        found.append((features.image.name, neuron, seen))
    return sorted(found, key=lambda one: -one[1].activation)[:count]
