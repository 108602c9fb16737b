"""The switches of a photograph hold what its max-pools kept."""

import pytest

from zv_helpers import choose
from zv_helpers.deconvnet import kept_positions, switches_of
from zv_helpers.deconvnet.switches import pooled


@pytest.mark.parametrize("which", ["cat", "vgg_cat"])
def test_kept_positions_hold_the_pooled_values(which, request):
    features = request.getfixturevalue(which)
    pool = choose.pool_to_show(features)
    maps = pooled(features, pool)
    for channel in features.strongest_channels(pool, 3):
        rows, columns = kept_positions(features, pool, channel)
        values = features[pool][..., channel]
        assert set(maps[rows, columns, channel]) == set(values[values > 0])


def test_what_is_no_pool_has_no_switches(cat):
    with pytest.raises(KeyError, match="its pools are"):
        switches_of(cat, "fire5")
