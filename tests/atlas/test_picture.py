"""Figure 2: patches and projections of a map's strongest neurons, at one scale."""

import pickle

import numpy as np
import pytest
from looking_alone import looked_at_alone
from PIL import Image

import zv_helpers as zv
from zv_helpers.atlas.picture import (
    GAP,
    HEAD,
    LINE,
    MARGIN,
    _tile_size,
    figure,
    grid,
    hatched,
    in_short,
)
from zv_helpers.atlas.sources import list_photographs

pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.images.SmallImageWarning")


@pytest.fixture(scope="module")
def atlas(network, pictures):
    return zv.build_atlas(network, list_photographs(pictures)[:40], progress=False)


@pytest.fixture(scope="module")
def shipped(squeezenet):
    names = list(zv.photographs())[:20]
    return zv.build_atlas(squeezenet, names, ["fire2", "fire5"], progress=False)


def test_patches_are_what_the_neurons_see(atlas, network):
    found = atlas.patches("parts", 2)
    assert len(found) == 9
    for patch, (source, neuron) in zip(found, atlas.neurons("parts", 2), strict=True):
        features = zv.extract_features(network, zv.load_image(source, network))
        top, left, bottom, right = box = features.receptive_field(neuron)
        assert patch.box == box and patch.neuron == neuron and patch.name == features.image.name
        assert np.array_equal(patch.pixels, features.image.pixels[top:bottom, left:right])
    frames = {(p.frame[2] - p.frame[0], p.frame[3] - p.frame[1]) for p in found}
    assert frames == {network.layer("parts").receptive_field}


def test_arrays_have_no_names_and_are_told_apart_by_their_places(network, pictures, tmp_path):
    arrays = [zv.load_image(one, network).pixels for one in list_photographs(pictures)[:9]]
    Image.fromarray(arrays.pop()).save(tmp_path / "array.png")  # a name that a file has stays
    atlas = zv.build_atlas(network, [*arrays, tmp_path / "array.png"], ["parts"], progress=False)
    patches, found = atlas.patches("parts", 2), atlas.neurons("parts", 2)
    places = [next(i for i, one in enumerate(atlas.photographs) if one is s) for s, _ in found]
    names = ["array" if place == 8 else f"array {place}" for place in places]
    assert sorted(places) == [*range(9)] and [patch.name for patch in patches] == names
    title = f"{network.name}, parts, feature map 2"
    expected = figure(title, patches, atlas.projections("parts", 2), atlas.count)
    assert np.array_equal(np.asarray(atlas.picture("parts", 2)), np.asarray(expected))


def test_neurons_are_those_of_the_table(atlas, network):
    sources = atlas.photographs
    expected = [array[3] for array in looked_at_alone(network, sources, ["edges"], 9)["edges"]]
    for i, (source, neuron) in enumerate(atlas.neurons("edges", 3)):
        place = neuron.activation, sources.index(source), neuron.row, neuron.column
        assert place == tuple(array[i] for array in expected)
    with pytest.raises(IndexError, match="feature maps 0 to 5, but 6"):
        atlas.neurons("edges", 6)
    with pytest.raises(KeyError, match="has no layer 'edge': edges, pool, parts"):
        atlas["edge"]


@pytest.mark.parametrize("rule", ["deconvnet", "guided", "gradient"])
def test_projections_are_those_of_each_photograph(shipped, squeezenet, rule):
    found = shipped.projections("fire5", 241, rule)
    source, neuron = shipped.neurons("fire5", 241)[1]
    features = zv.extract_features(squeezenet, zv.load_image(source, squeezenet))
    alone = zv.project(features, neuron, rule)
    assert len(found) == 9 and found[1].rule == rule and found[1].box == alone.box
    largest = np.abs(alone.pixels).max()
    np.testing.assert_allclose(found[1].pixels, alone.pixels, rtol=0, atol=1e-5 * largest)


def tiles(picture, side, count=9):
    """(the projections' tiles, the patches' tiles) of a figure, each uint8 (h, w, 3)."""
    across = int(np.ceil(np.sqrt(count)))
    pixels, (height, width) = np.asarray(picture), side
    block = across * (width + GAP) - GAP
    second = picture.width - MARGIN - block
    found = [], []
    for left, some in zip((MARGIN, second), found, strict=True):
        for i in range(count):
            x = left + i % across * (width + GAP)
            y = MARGIN + HEAD + i // across * (height + LINE + GAP)
            some.append(pixels[y : y + height, x : x + width])
    return found


def test_the_figure_has_nine_and_nine_and_hatches_what_the_border_cuts(shipped):
    patches, projections = shipped.patches("fire5", 241), shipped.projections("fire5", 241)
    side = _tile_size(patches)
    drawn = tiles(shipped.picture("fire5", 241), side)
    cut = [one.box != one.frame for one in patches]
    assert any(cut) and not all(cut)
    scale = max(one.scale for one in projections)
    hatch = np.asarray(hatched(side))
    for both in zip(*drawn, patches, projections, cut, strict=True):
        signal, seen, patch, projection, is_cut = both
        empty = [(tile == hatch).all(axis=2).mean() for tile in (signal, seen)]
        top, left, bottom, right = patch.frame
        inside = (patch.box[2] - patch.box[0]) * (patch.box[3] - patch.box[1])
        outside = 1 - inside / ((bottom - top) * (right - left))
        assert (outside > 0) == is_cut and abs(empty[1] - outside) < 0.05
        if not is_cut:  # each signal's pixel is drawn as it is, at the scale of all nine
            expected, rows = zv.signal_picture(projection.pixels, scale), signal.shape[0]
            at = (np.arange(rows) + 0.5) * len(expected) / rows
            assert np.array_equal(signal, expected[at.astype(int)][:, at.astype(int)])


def test_a_receptive_field_larger_than_the_photograph_shows_all_of_it(squeezenet):
    atlas = zv.build_atlas(squeezenet, ["tabby_cat", "duck"], ["conv10"], progress=False)
    patches = atlas.patches("conv10", 281)
    assert squeezenet.layer("conv10").receptive_field[0] < 224
    assert len(patches) == 2 and atlas.picture("conv10", 281).width > 500
    whole = zv.load_model("squeezenet", input_size=64)
    atlas = zv.build_atlas(whole, ["tabby_cat"], ["fire9"], progress=False)
    assert atlas.patches("fire9", 0)[0].frame == (0, 0, 64, 64)
    assert atlas.picture("fire9", 0).height > 100


def test_a_map_without_neurons_and_a_grey_one_are_drawn(grey_network, pictures):
    one = zv.build_atlas(grey_network, list_photographs(pictures)[:1], count=9, progress=False)
    picture = one.picture("edges", 0)
    left, right = tiles(picture, _tile_size(one.patches("edges", 0)))
    assert (left[0][..., 0] == left[0][..., 2]).all() and (right[1] == 255).all()


def test_the_figure_says_what_weakens_it_instead_of_warning(shipped, squeezenet, recwarn):
    atlas = zv.build_atlas(squeezenet, ["duck"], ["conv1"], progress=False)
    plain, noted = shipped.picture("fire2", 0), atlas.picture("conv1", 0)
    assert not [one for one in recwarn.list if one.category is zv.ProjectionWarning]
    assert noted.height != plain.height


def test_a_wide_figure_has_one_row_of_each_and_frames_the_chosen_neuron(shipped):
    patches, projections = shipped.patches("fire5", 241), shipped.projections("fire5", 241)
    where = grid(patches, 9, wide=True)
    picture = figure("wide", patches, projections, 9, wide=True, chosen=2)
    assert picture.size == where.size and picture.width > 2 * picture.height
    square = np.asarray(figure("square", patches, projections, 9))
    pixels, (height, width), second = np.asarray(picture), where.tile, grid(patches, 9)
    for i in range(9):
        for (x, y), (left, top) in zip(where.places(i), second.places(i), strict=True):
            one = pixels[y : y + height, x : x + width]
            other = square[top : top + height, left : left + width]
            assert np.array_equal(one, other) == (i != 2)
            if i == 2:  # its inner part is the same
                assert np.array_equal(one[4:-4, 4:-4], other[4:-4, 4:-4])


def test_projections_that_are_still_to_come_are_as_if_they_were_empty(shipped):
    patches, projections = shipped.patches("fire5", 241), shipped.projections("fire5", 241)
    where = grid(patches, 9)
    some = [one if i < 4 else None for i, one in enumerate(projections)]
    coming = np.asarray(figure("", patches, some, 9, rule="deconvnet"))
    none_there = np.asarray(figure("", patches, [None] * 9, 9, rule="deconvnet"))
    never = np.asarray(figure("", patches, [None] * 9, 9))
    assert coming.shape == none_there.shape == never.shape
    height, width = where.tile
    hatch = np.asarray(hatched(where.tile))
    for i, patch in enumerate(patches):
        x, y = where.places(i)[0]
        tiles = (one[y : y + height, x : x + width] for one in (coming, none_there, never))
        now, later, nothing = tiles
        outside = (later == hatch).all(axis=2)
        assert ((later == 128).all(axis=2) | outside).all() and (nothing == 240).all()
        assert outside.any() == (patch.box != patch.frame)
        assert np.array_equal(now, later) == (i >= 4)
    second = where.starts[1][0]
    assert np.array_equal(coming[:, second:], never[:, second:])


def test_every_tile_is_found_at_its_own_pixels():
    for wide in (False, True):
        where = grid((), 7, wide)
        assert where.across * where.down >= 7 and where.stacked == wide
        for i in range(7):
            for x, y in where.places(i):
                height, width = where.tile
                ends = ((x, y), (x + width - 1, y + height - 1))
                assert [where.at(*one) for one in ends] == [i, i]
                around = (x - 1, y), (x, y - 1), (x + width, y), (x, y + height)
                assert [where.at(*one) for one in around] == [None] * 4
                assert x + width <= where.size[0] and y + height <= where.size[1]


def test_activations_are_written_in_short():
    assert [in_short(a) for a in (0, 0.012345, 783.4, 1151.6)] == ["0", "0.0123", "783", "1152"]


# What the explorers ask


def test_patches_need_no_forward_pass_and_each_photograph_once(shipped, monkeypatch):
    from zv_helpers import features
    from zv_helpers.atlas import atlas as of_atlas

    def never(*arguments, **named):
        raise AssertionError("a forward pass")

    read, named_pixels = [], of_atlas.named_pixels

    def counted(source, spec):
        read.append(source)
        return named_pixels(source, spec)

    monkeypatch.setattr(features, "forward", never)
    monkeypatch.setattr(of_atlas, "named_pixels", counted)
    again = zv.Atlas(shipped._contents, shipped._found, shipped.network)
    for channel in range(12):
        assert len(again.patches("fire5", channel)) == 9
    assert len(read) == len(set(read)) > 9


def test_one_projection_is_that_of_its_place(shipped):
    every = shipped.projections("fire2", 7, "guided")
    for place in (0, 8):
        one = shipped.projection("fire2", 7, place, "guided")
        assert one.neuron == every[place].neuron and one.rule == "guided"
        np.testing.assert_allclose(one.pixels, every[place].pixels, atol=1e-4 * one.scale)
    for place in (-1, 9):
        with pytest.raises(IndexError, match=f"has 9 neurons of fire2, .* {place} was asked for"):
            shipped.projection("fire2", 7, place)


def test_it_knows_its_network_and_can_be_pickled(atlas, network, grey_network):
    assert atlas.is_of(network) and not atlas.is_of(grey_network)
    atlas.patches("parts", 2)
    again = pickle.loads(pickle.dumps(atlas))
    assert again.is_of(network) and again.photographs == atlas.photographs
    assert again.neurons("parts", 2) == atlas.neurons("parts", 2)
