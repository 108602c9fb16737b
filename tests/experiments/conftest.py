"""What the experiments' tests share, beside the networks of all tests."""

import odd_networks
import pytest


@pytest.fixture
def to_be_trained():
    """Another one of the same, for tests that change its weights."""
    return odd_networks.made("oblong")
