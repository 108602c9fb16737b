"""Which atlas of a network is at hand for an explorer."""

from ..atlas import Atlas, AtlasError, atlases, load_atlas
from ..network import Network


def atlas_at_hand(network: Network, layer: str, given: Atlas | None = None) -> Atlas | None:
    """Return the atlas that was given, else the one that an explorer showed last, else the one that
    ships, as far as it is of a network; one with the layer, if there is one. None without any."""
    last = network.cache.once(_shown).get("last")
    found = [one for one in (given, last) if one is not None and one.is_of(network)]
    if (shipped := shipped_atlas(network)) is not None:
        found.append(shipped)
    return next((one for one in found if layer in one.layers), found[0] if found else None)


def remember(network: Network, atlas: Atlas) -> None:
    """Have an atlas at hand for every explorer of its network."""
    network.cache.once(_shown)["last"] = atlas


def shipped_atlas(network: Network) -> Atlas | None:
    """Return the atlas of a network over the photographs that ship, or None."""
    try:
        return load_atlas(network.name, network) if network.name in atlases() else None
    except AtlasError:  # another network of that name
        return None


def _shown():
    return {}
