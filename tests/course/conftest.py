"""What the two labs on networks that cheat share: networks as they ship, and bare signs."""

import pytest

from zv_helpers.course.a_network_that_cheats import networks
from zv_helpers.experiments.road_signs import draw_signs


@pytest.fixture(scope="module")
def suspect():
    return networks.suspect(train=False)


@pytest.fixture(scope="module")
def honest(suspect):
    return networks.tuned(suspect, stickers=0.5, train=False)


@pytest.fixture(scope="module")
def bare():
    return draw_signs(400, seed=1, progress=False)
