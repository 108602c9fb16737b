"""The atlases that ship: small, up to date, the same as looking, and found from everywhere."""

import os
import shutil

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.atlas import AtlasError, atlases
from zv_helpers.atlas.shipped import shipped_photographs
from zv_helpers.data import DataError
from zv_helpers.network.loading import SHIPPED

pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.images.SmallImageWarning")
ALIKE = 1e-4  # relative: what batches of another size and other processors round otherwise


@pytest.fixture(params=sorted(SHIPPED))
def network(request):
    of_name = {"squeezenet": "squeezenet", "efficientnet-lite0": "lite0", "vgg16-conv": "vgg16"}
    return request.getfixturevalue(of_name[request.param])


def test_one_ships_for_each_network_and_they_are_small():
    assert set(atlases()) == set(SHIPPED)
    files = [path for folder in atlases().values() for path in folder.iterdir()]
    assert len(files) == 3 * len(SHIPPED)
    assert sum(path.stat().st_size for path in files) < 3e6


def test_each_is_of_the_network_and_the_photographs_as_they_are_now(network):
    """After a change of weights, photographs or the digest itself: `make atlases`."""
    atlas = zv.load_atlas(network.name, network)
    assert list(atlas.photographs) == shipped_photographs() and not atlas.skipped
    assert set(atlas.photographs) <= set(zv.photographs()) and atlas.count == 9
    assert atlas.layers == tuple(layer.name for layer in network.layers)
    by_itself = zv.load_atlas(network.name)
    assert by_itself.network.name == network.name


def test_another_network_is_refused_in_a_sentence(vgg16):
    with pytest.raises(AtlasError, match="'squeezenet'.*but 'vgg16-conv' has another graph or"):
        zv.load_atlas("squeezenet", vgg16)
    with pytest.raises(ValueError, match="none in 'squeezenets'.*'squeezenet'"):
        zv.load_atlas("squeezenets")


def test_each_says_what_looking_at_the_photographs_says(network):
    """For some maps of three layers: the photographs, where in them, and how strongly."""
    atlas, rng = zv.load_atlas(network.name, network), np.random.default_rng(0)
    layers = [atlas.layers[i] for i in (1, len(atlas.layers) // 2, -1)]
    names = atlas[layers[1]].photographs[rng.integers(len(atlas[layers[1]].rows))].tolist()
    names += rng.choice(len(atlas.photographs), 3, replace=False).tolist()
    for number in dict.fromkeys(names):
        image = zv.load_image(atlas.photographs[number], network)
        features = zv.extract_features(network, image)
        for layer in layers:
            part = atlas[layer]
            for channel in rng.choice(len(part.rows), 20, replace=False):
                agrees(part, features.strongest(layer, int(channel)), features[layer], number)


def agrees(part, neuron, maps, number):
    """Check one photograph's strongest neuron against a map's row of an atlas."""
    row = part.activations[neuron.channel]
    slack = ALIKE * max(abs(row[0]), 1e-6)
    (at,) = np.nonzero(part.photographs[neuron.channel] == number)
    if not len(at):
        assert neuron.activation <= row[-1] + slack
        return
    place = part.rows[neuron.channel, at[0]], part.columns[neuron.channel, at[0]]
    assert abs(row[at[0]] - neuron.activation) <= slack
    assert place == (neuron.row, neuron.column) or (  # or a tie, but for the rounding
        abs(maps[(*place, neuron.channel)] - neuron.activation) <= slack
    )


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """The workbook's data in another place, and a working directory without any."""
    folder = tmp_path / "another place" / "data"
    shutil.copytree(zv.data_folder(), folder, ignore=shutil.ignore_patterns("my_*", "vgg*"))
    monkeypatch.setenv("ZV_DATA", str(folder))
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    return folder


def test_it_finds_its_photographs_wherever_the_workbook_lies(elsewhere, squeezenet):
    before = zv.load_atlas(os.path.join("..", "another place", "data", "atlas", "squeezenet"))
    atlas = zv.load_atlas("squeezenet")
    assert [patch.name for patch in before.patches("fire4", 3)] == [
        patch.name for patch in atlas.patches("fire4", 3)
    ]
    (elsewhere / "photos" / f"{atlas.neurons('fire4', 3)[0][0]}.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match="damaged"):
        zv.load_atlas("squeezenet").patches("fire4", 3)


def test_an_atlas_of_ones_own_of_that_name_comes_first(elsewhere, squeezenet):
    atlas = zv.build_atlas(squeezenet, ["duck"], ["conv1"], out="squeezenet", progress=False)
    assert zv.load_atlas("squeezenet").photographs == atlas.photographs == ("duck",)


@pytest.mark.parametrize("file", ["atlas.json", "photographs.json", "best.npz"])
def test_a_damaged_or_missing_file_is_named(elsewhere, file):
    path = elsewhere / "atlas" / "squeezenet" / file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=rf"git checkout -- data/atlas/squeezenet/{file}"):
        zv.load_atlas("squeezenet")
    path.unlink()
    with pytest.raises(DataError, match=rf"data/atlas/squeezenet/{file} is missing"):
        zv.load_atlas("squeezenet")
