"""The strongest patches of a feature map."""

from zv_helpers import atlas


def test_strongest_patches_are_sorted_and_cut(squeezenet):
    found = atlas.strongest_patches(
        squeezenet, ["espresso", "tabby_cat", "duck"], "fire5", 241, count=2
    )
    assert found[0][0] == "tabby_cat"
    assert found[0][1].activation > found[1][1].activation
    assert found[0][2].shape == (63, 63, 3)
