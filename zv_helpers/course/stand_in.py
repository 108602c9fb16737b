"""A network that stands in where a notebook's own has nothing to show."""

from ..choose import max_pools
from ..features import extract_features
from ..images import load_image
from ..network import load_model


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
