"""What stands in where a notebook's own network has nothing to show."""

from ..atlas import Atlas, AtlasError, atlases, build_atlas, load_atlas
from ..choose import max_pools
from ..features import extract_features
from ..images import load_image, photographs
from ..network import Network, load_model


def with_max_pools(features, photo):
    """Return the features if their network has a max-pool; otherwise say so, and return those of
    SqueezeNet for the same photograph.

    features: `Features`; photo: the source they were made from.
    """
    if max_pools(features.network):
        return features
    print(f"{features.network.name} has no max-pool, so no switches: SqueezeNet stands in here.")
    network = load_model("squeezenet")
    return extract_features(network, load_image(photo, network))


def atlas_of(network: Network, layer: str) -> Atlas:
    """Return the atlas that ships of a network; of another network, an atlas of one layer over the
    photographs to choose from, which is built now."""
    if network.name in atlases():
        try:
            return load_atlas(network.name, network)
        except AtlasError:  # one of the same name, with other weights
            pass
    return build_atlas(network, list(photographs()), layers=[layer])
