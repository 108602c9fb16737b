"""Which maps answer to some photographs and least to the others: against all maxima of all."""

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from looking_alone import loaded

import zv_helpers as zv
from zv_helpers.atlas.sources import list_photographs

keras, _ = zv.network.keras_and_tensorflow()
L = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.images.SmallImageWarning")


@pytest.fixture(scope="module")
def shipped(squeezenet):
    return zv.load_atlas("squeezenet", squeezenet)


@pytest.fixture(scope="module")
def maxima(shipped, squeezenet):
    """{layer: the largest activations, (photographs, maps)} of all the shipped photographs."""
    found = {layer: [] for layer in ("fire3", "fire8")}
    for name in shipped.photographs:
        image = zv.load_image(name, squeezenet)
        features = zv.extract_features(squeezenet, image, upto="fire8")
        for layer, rows in found.items():
            rows.append(features[layer].max(axis=(0, 1)))
    return {layer: np.array(rows) for layer, rows in found.items()}


def by_hand(maxima, chosen, count=9):
    """Each map's score, (maps,), from the maxima of all photographs."""
    scores = []
    for column in maxima.T:
        listed = sorted(range(len(column)), key=lambda i: (-column[i], i))[:count]
        most = max(max(0, column[i]) for i in range(len(column)) if i not in chosen)
        ours = [column[i] for i in chosen if i in listed and column[i] > 0]
        scores.append(sum(one / (one + most) for one in ours) / len(chosen))
    return np.array(scores)


def test_it_is_what_all_maxima_of_all_photographs_give(shipped, maxima):
    rng, found = np.random.default_rng(0), 0
    for layer, size in itertools.product(maxima, (1, 2, 3, 8)):
        for _ in range(2):  # some that a map puts first, so that there is something to find
            row = shipped[layer].photographs[rng.integers(maxima[layer].shape[1])]
            chosen = set(row[:size].tolist())
            expected = by_hand(maxima[layer], chosen)
            names = [shipped.photographs[i] for i in chosen]
            answers = shipped.answering(names, layer, count=10_000)
            scores = np.zeros(len(expected))
            for answer in answers:
                assert answer.layer == layer and 0 < answer.score <= 1
                scores[answer.channel] = answer.score
            np.testing.assert_allclose(scores, expected, atol=2e-4)
            assert [one.score for one in answers] == sorted(scores[scores > 0], reverse=True)
            found += len(answers)
    assert found > 100


def test_all_layers_are_looked_at_and_the_best_come_first(shipped):
    every = shipped.answering("espresso", count=10_000)
    layers = {one.layer for one in every}
    assert {"conv1", "fire9_expand3x3", "conv10"} <= layers
    assert not layers & {"fire2", "fire9"}  # concatenations of what was named
    assert shipped.answering("espresso", count=5) == every[:5]
    assert shipped.answering("espresso") == every[:12]
    layer, channel, score = every[0]
    assert shipped.neurons(layer, channel)[0][0] == "espresso" and score > 0.58


def test_a_map_of_several_layers_is_named_once():
    pixels = keras.Input((24, 24, 3))
    one = L.Conv2D(4, 3, padding="same", activation="relu", name="one")(pixels)
    other = L.Conv2D(4, 3, padding="same", activation="relu", name="other")(pixels)
    both = L.Concatenate(name="both")([one, other])
    network = zv.load_model(keras.Model(pixels, both), preprocess="0-1")
    rng = np.random.default_rng(0)
    pictures = list(rng.integers(0, 256, (12, 24, 24, 3)).astype(np.uint8))
    atlas = zv.build_atlas(network, pictures, progress=False)
    answers = [one for picture in pictures for one in atlas.answering([picture])]
    assert {one.layer for one in answers} == {"one", "other"}
    assert {one.layer for p in pictures for one in atlas.answering([p], "both")} == {"both"}


def test_dead_maps_and_maps_below_zero_do_not_answer():
    """Four maps: dead, below zero, below zero for all but one photograph, and all above."""
    network = loaded(L.Conv2D(4, 1, name="maps"))
    kernel, bias = np.zeros((1, 1, 3, 4)), np.array([0, -1, -0.5, 0])
    kernel[..., 2:] = 1 / 3
    network.keras_model.get_layer("maps").set_weights([kernel, bias])
    greys = [np.full((24, 24, 3), grey, np.uint8) for grey in (*range(40, 51), 200)]
    atlas = zv.build_atlas(network, greys, progress=False)
    assert [(one.layer, one.channel) for one in atlas.answering(greys[-1:])] == [
        ("maps", 2),
        ("maps", 3),
    ]
    scores = [one.score for one in atlas.answering(greys[-1:])]
    np.testing.assert_allclose(scores, [1, 200 / (200 + 50)], rtol=1e-5)
    assert atlas.answering(greys[:1]) == []  # not among the nine of any map that is alive


@pytest.fixture(scope="module")
def few(network, pictures):
    """Over twelve photographs in two folders, of which two have one name and one is broken."""
    folder = pictures.parent / "few"
    for number, path in enumerate(sorted(pictures.rglob("*.png"))[:10]):
        (folder / "a").mkdir(parents=True, exist_ok=True)
        (folder / "a" / f"picture{number}.png").write_bytes(path.read_bytes())
    (folder / "b").mkdir()
    (folder / "b" / "picture0.png").write_bytes((folder / "a" / "picture9.png").read_bytes())
    (folder / "b" / "broken.png").write_bytes(b"no picture")
    return zv.build_atlas(network, folder, count=4, progress=False)


def test_a_photograph_is_found_by_its_path_or_name(few, shipped, monkeypatch):
    path = few.photographs[3]
    expected = few.answering(path, count=99)
    folder, name = os.path.split(path)
    for way in (Path(path), name, "picture3", [path, "picture3"], {"picture3.png"}):
        assert few.answering(way, count=99) == expected != []
    monkeypatch.chdir(folder)
    assert few.answering(os.path.join(".", name), count=99) == expected
    tabby = zv.photographs()["tabby_cat"]
    assert shipped.answering([tabby]) == shipped.answering("tabby_cat") != []


def test_what_cannot_be_chosen_is_refused_in_a_sentence(few, shipped, tmp_path):
    (tmp_path / "picture3.png").write_bytes(Path(few.photographs[3]).read_bytes())
    refused = {
        "'picture33' is none of them .close to it: picture3": "picture33",
        "'picture3.png' is none of them|picture3.png' is none": tmp_path / "picture3.png",
        "'picture0' may be '.*a.picture0.png' or '.*b.picture0.png'": "picture0",
        "'broken' could not be read when the atlas was built: .*broken": "broken",
        "Expected 1 to 3 photographs .* but got 4: choose fewer": [f"picture{i}" for i in "1234"],
        "but got 0: choose some": [],
        "but 7 is none of them": 7,
    }
    for sentence, chosen in refused.items():
        with pytest.raises(ValueError, match=sentence):
            few.answering(chosen)
    with pytest.raises(ValueError, match=r"'taby_cat' is none of them \(close to it: tabby_cat"):
        shipped.answering(["duck", "taby_cat"])
    with pytest.raises(ValueError, match="count to be 1 or more"):
        shipped.answering("duck", count=0)
    with pytest.raises(KeyError, match="no layer 'fire'"):
        shipped.answering("duck", "fire")


def test_one_photograph_has_to_be_left_for_the_others(network, pictures):
    names = list_photographs(pictures)[:3]
    atlas = zv.build_atlas(network, names, progress=False)
    assert atlas.answering(names[:2])
    with pytest.raises(ValueError, match="Expected 1 to 2 photographs .* not all of them, but got"):
        atlas.answering(names)
