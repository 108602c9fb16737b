"""What the tests of atlases share: a folder of many small pictures, and small networks."""

import numpy as np
import pytest
from looking_alone import grey, small
from PIL import Image


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder of 300 pictures of 24 × 24 pixels, in folders: so there are two chunks."""
    folder, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for number in range(300):
        path = folder / f"part{number // 100}" / f"{number:03}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (24, 24, 3)).astype(np.uint8)).save(path)
    return folder


@pytest.fixture(scope="session")
def network():
    return small()


@pytest.fixture(scope="session")
def grey_network():
    return grey()
