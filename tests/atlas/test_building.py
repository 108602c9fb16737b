"""An atlas holds exactly what looking at each photograph alone gives."""

import io
import shutil

import numpy as np
import pytest
from looking_alone import L, branched, compiled, loaded, looked_at_alone, same, same_atlas
from PIL import Image

import zv_helpers as zv
from zv_helpers.atlas import building, folders, looking, peaks
from zv_helpers.atlas.looking import decoded
from zv_helpers.atlas.sources import list_photographs
from zv_helpers.network.spec import COLOURED, WAYS

pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.images.SmallImageWarning")


def paths(folder, count):
    return list(list_photographs(folder))[:count]


def sevenths(*layers):
    return loaded(L.Conv2D(4, 3, name="maps"), *layers)


NETWORKS = {
    "relu": lambda: loaded(L.Conv2D(6, 3, activation="relu", name="maps")),
    "of either sign": lambda: loaded(L.Conv2D(6, 3, name="maps")),
    "capped": lambda: sevenths(L.ReLU(max_value=0.3)),
    "never below its cap": lambda: sevenths(L.ReLU(max_value=1e-12)),
    "capped and pooled": lambda: sevenths(L.ReLU(max_value=0.3), L.MaxPooling2D(3, 2)),
    "one column": lambda: loaded(L.Conv2D(4, (3, 24), name="maps")),
    "one position": lambda: loaded(L.Conv2D(4, 24, name="maps")),
    "branched": branched,
    "half precision": lambda: loaded(L.Conv2D(4, 3, dtype="mixed_float16", name="maps")),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_what_each_photograph_alone_gives(name, pictures):
    network, sources = NETWORKS[name](), paths(pictures, 37)  # 37: the last batch is not full
    if name == "half precision":
        compiled(network)
    atlas = zv.build_atlas(network, sources, count=4, progress=False)
    assert atlas.layers == tuple(layer.name for layer in network.layers)
    expected = looked_at_alone(network, sources, atlas.layers, 4)
    assert all(same(atlas[layer], expected[layer]) for layer in atlas.layers)


def test_what_cannot_be_compiled_is_looked_at_step_by_step(pictures, monkeypatch):
    monkeypatch.setattr(peaks.Beside, "compile", lambda self: None)
    network, sources = branched(), paths(pictures, 20)
    atlas = zv.build_atlas(network, sources, count=4, progress=False)
    expected = looked_at_alone(network, sources, atlas.layers, 4)
    assert all(same(atlas[layer], expected[layer]) for layer in atlas.layers)


def test_all_layers_of_squeezenet(squeezenet):
    names = list(zv.photographs())[:11]
    atlas = zv.build_atlas(squeezenet, names, count=5, progress=False)
    expected = looked_at_alone(squeezenet, names, atlas.layers, 5)
    assert len(atlas.layers) == 37 and sum(len(atlas[n].rows) for n in atlas.layers) == 6952
    assert all(same(atlas[layer], expected[layer]) for layer in atlas.layers)


EVERY = pytest.param(None, marks=pytest.mark.thorough)


@pytest.mark.parametrize("layers", [EVERY, ["block2_1_add", "head_relu"]], ids=["all", "some"])
def test_a_network_with_batch_norms_agrees_with_its_compiled_pass(lite0, layers):
    """Step by step, TensorFlow rounds a batch norm otherwise than compiled."""
    names = list(zv.photographs())[:3]
    compiled(lite0)
    atlas = zv.build_atlas(lite0, names, layers, count=3, progress=False)
    some = ["block2_1_add", "block5_2_project_bn", "head_relu"] if layers is None else layers
    expected = looked_at_alone(lite0, names, some, 3)
    assert all(same(atlas[layer], expected[layer]) for layer in some)


def test_a_grey_network(grey_network, pictures):
    sources = paths(pictures, 20)
    atlas = zv.build_atlas(grey_network, sources, progress=False)
    assert same(atlas["edges"], looked_at_alone(grey_network, sources, ["edges"], 9)["edges"])


def test_some_layers_are_the_same_as_in_all(network, pictures):
    whole = zv.build_atlas(network, pictures, progress=False)
    assert len(whole.photographs) == 300 > looking.AHEAD
    part = zv.build_atlas(network, pictures, layers=["parts"], progress=False)
    assert part.layers == ("parts",) and whole.layers == ("edges", "pool", "parts")
    assert same(part["parts"], tuple(vars(whole["parts"]).values()))
    one = zv.build_atlas(network, pictures, layers="pool", count=2, progress=False)
    first = (array[:, :2] for array in vars(whole["pool"]).values())
    assert same(one["pool"], tuple(first))


def test_two_branches_side_by_side_are_looked_at(pictures):
    network, sources = branched(), paths(pictures, 20)
    atlas = zv.build_atlas(network, sources, ["right", "left"], progress=False)
    expected = looked_at_alone(network, sources, ["left", "right"], 9)
    assert all(same(atlas[layer], expected[layer]) for layer in ("left", "right"))


def test_the_maps_of_a_concatenation_are_looked_at_once(squeezenet):
    maps = peaks.maps_of(squeezenet, ("fire2_expand1x1", "fire2", "fire2_expand3x3"))
    assert maps.count == 128 and len(maps.values) == 2
    assert maps.of_layer["fire2"].tolist() == list(range(128))
    assert maps.of_layer["fire2_expand3x3"].tolist() == list(range(64, 128))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_are_prepared_to_the_last_bit(way, channels, pictures):
    """A map that is one of the prepared colours, times one: its largest value says how."""
    if channels == 1 and way in COLOURED:
        return
    network = loaded(L.Conv2D(channels, 1, name="maps"), channels=channels, preprocess=way)
    kernel = np.eye(channels, dtype=np.float32)[None, None]
    network.keras_model.get_layer("maps").set_weights([kernel, np.zeros(channels, np.float32)])
    greys = [np.full((24, 24), grey, np.uint8) for grey in range(256)]
    sources = [np.stack([grey, 255 - grey, grey // 2], axis=2) for grey in greys]
    sources = greys if channels == 1 else sources
    atlas = zv.build_atlas(network, sources, count=256, progress=False)
    values = np.concatenate([zv.load_image(one, network).batch[:, 0, 0] for one in sources])
    ordered = np.take_along_axis(values.T, atlas["maps"].photographs, axis=1)
    assert np.array_equal(atlas["maps"].activations, ordered)


def test_a_function_prepares_each_photograph_by_itself(pictures):
    def against_its_mean(pixels):
        return pixels - pixels.mean()

    network = loaded(L.Conv2D(4, 3, name="maps"), preprocess=against_its_mean)
    sources = paths(pictures, 20)
    atlas = zv.build_atlas(network, sources, progress=False)
    assert same(atlas["maps"], looked_at_alone(network, sources, ["maps"], 9)["maps"])


# --- ties ----------------------------------------------------------------------------------------


def test_the_same_photograph_under_two_names_comes_twice_the_earlier_first(
    network, pictures, tmp_path
):
    sources = paths(pictures, 8)
    for name in ("z", "a"):
        shutil.copy(sources[3], tmp_path / f"{name}.png")
    twice = [str(tmp_path / "z.png"), *sources, str(tmp_path / "a.png")]
    atlas = zv.build_atlas(network, twice, progress=False)
    alike = {0, 4, 9}
    for layer in atlas.layers:
        for row in atlas[layer].photographs:
            together = [number for number in row.tolist() if number in alike]
            assert together == sorted(together)
    assert (atlas["parts"].photographs == 4).any()
    assert same(atlas["parts"], looked_at_alone(network, twice, ["parts"], 9)["parts"])


def test_of_equal_neurons_the_first_in_reading_order_is_taken():
    network = loaded(L.Conv2D(2, 1, activation="relu", use_bias=False, name="maps"))
    network.keras_model.get_layer("maps").set_weights([np.ones((1, 1, 3, 2), np.float32)])
    pixels = np.zeros((24, 24, 3), np.uint8)
    pixels[2, 5], pixels[4, 1], pixels[2, 9] = 200, 200, 200
    dark = np.zeros((24, 24, 3), np.uint8)
    atlas = zv.build_atlas(network, [dark, pixels, dark], count=3, progress=False)
    maps = atlas["maps"]
    assert maps.rows.tolist() == [[2, 0, 0]] * 2 and maps.columns.tolist() == [[5, 0, 0]] * 2
    assert maps.photographs.tolist() == [[1, 0, 2]] * 2


POOLS = [  # (pool size, strides, padding, side of the photograph, whether it reads all)
    *((2, 2, "valid", 24, True), (2, 2, "valid", 25, False), (2, 2, "same", 25, True)),
    *((3, 2, "valid", 25, True), (3, 2, "valid", 24, False), (3, 2, "same", 24, True)),
    *((3, 1, "same", 24, True), (5, 3, "same", 25, True), (2, 3, "valid", 24, False)),
    *(((2, 3), (2, 1), "same", 25, True), ((1, 4), (1, 4), "valid", 24, True)),
]


@pytest.mark.parametrize("size, strides, padding, side, reads_all", POOLS)
def test_through_a_pool_the_first_of_equal_neurons_is_found_too(
    size, strides, padding, side, reads_all
):
    pool = L.MaxPooling2D(size, strides, padding, name="pool")
    network = loaded(L.Conv2D(4, 1, name="maps"), pool, L.Conv2D(2, 2, name="more"), side=side)
    found = peaks.peaks_in(network, ("maps", "pool", "more"))
    number, above = (network.layer_value(layer) for layer in ("maps", "pool"))
    assert found._covers[number].value == (above if reads_all else number)
    rng = np.random.default_rng(0)
    sources = [rng.choice([0, 90, 91], (side, side, 3)).astype(np.uint8) for _ in range(20)]
    atlas = zv.build_atlas(network, sources, count=20, progress=False)
    expected = looked_at_alone(network, sources, atlas.layers, 20)
    assert all(same(atlas[layer], expected[layer]) for layer in atlas.layers)


def test_the_earlier_photograph_wins_also_when_it_is_looked_at_later(network, pictures, tmp_path):
    """The second 256 photographs, the same as the first, were looked at before them."""
    sources = paths(pictures, 256) * 2
    whole = zv.build_atlas(network, sources, progress=False)
    assert (np.sort(whole["edges"].photographs)[:, -1] >= 256).all()
    contents = building._contents_of(network, tuple(sources), None, 9)
    found = building._nothing_found(network, contents)
    found.done[0] = True
    (result,) = building._here(network, contents, found, None, lambda done: None)
    found.done[0] = False
    found.add(*result)
    folders.begin(tmp_path, contents)
    folders.keep(tmp_path, found)
    atlas = zv.build_atlas(network, sources, out=tmp_path, progress=False)
    assert same_atlas(atlas, whole)


def test_where_there_are_fewer_all_is_minus_one(network, pictures):
    atlas = zv.build_atlas(network, paths(pictures, 2), count=3, progress=False)
    for array, kind in zip(vars(atlas["edges"]).values(), "fiii", strict=True):
        assert (array[:, 2] == -1).all() and array.dtype.kind == kind and array.itemsize == 4
        assert not array.flags.writeable
    assert len(atlas.neurons("edges", 0)) == 2


# --- what cannot be read -------------------------------------------------------------------------


def bomb():
    """A PNG of a few kilobytes that has 64 million pixels."""
    file = io.BytesIO()
    Image.new("1", (8000, 8000)).save(file, "PNG")
    return file.getvalue()


def test_broken_and_hostile_files_are_skipped_and_listed(network, pictures, tmp_path):
    sources = paths(pictures, 200)
    for number, source in enumerate(sources):
        shutil.copy(source, tmp_path / f"{number:03}.png")
    whole = (tmp_path / "002.png").read_bytes()
    bad = {
        "017.png": (whole[: len(whole) // 2], "damaged or cut short"),
        "018.png": (b"", "is empty"),
        "099.png": (b"<html>not found</html>", "web page"),
        "150.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n(x) print\n", "PostScript"),
        "199.png": (bomb(), "at most 51 million pixels"),
    }
    for name, (data, _) in bad.items():
        (tmp_path / name).write_bytes(data)
    atlas = zv.build_atlas(network, tmp_path, count=200, progress=False)
    assert [path for path, _ in atlas.skipped] == [str(tmp_path / name) for name in bad]
    for (_, sentence), (_, words) in zip(atlas.skipped, bad.values(), strict=True):
        assert words in sentence and sentence.startswith("Expected ")
    good = [p for p in atlas.photographs if p.rsplit("/", 1)[1] not in bad]
    clean = zv.build_atlas(network, good, count=200, progress=False)
    for layer in atlas.layers:
        mine, its = vars(atlas[layer]), vars(clean[layer])
        assert (mine["photographs"] >= 0).sum(axis=1).max() == 195
        named = np.array([*atlas.photographs, ""])[mine.pop("photographs")]
        assert np.array_equal(named, np.array([*good, ""])[its.pop("photographs")])
        assert all(np.array_equal(mine[key], its[key]) for key in mine)
    assert "5 skipped" in repr(atlas)


def test_a_file_that_vanishes_in_the_middle_is_skipped(network, pictures, tmp_path):
    for number, source in enumerate(paths(pictures, 290)):
        shutil.copy(source, tmp_path / f"{number:03}.png")
    gone = tmp_path / "280.png"
    atlas = zv.build_atlas(network, tmp_path, progress=lambda *_: gone.unlink(missing_ok=True))
    ((path, sentence),) = atlas.skipped
    assert path == str(gone) and "there is no file" in sentence
    assert not any((atlas[layer].photographs == 280).any() for layer in atlas.layers)
    assert any((atlas[layer].photographs == 281).any() for layer in atlas.layers)


def test_a_small_photograph_is_no_reason_to_warn(squeezenet, pictures, recwarn):
    zv.build_atlas(squeezenet, paths(pictures, 2), layers=["conv1"], progress=False)
    assert not recwarn.list


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong, error, words",
    [
        ({"network": "squeezenet"}, ValueError, "make one with load_model"),
        ({"count": 0}, ValueError, "got 0"),
        ({"count": True}, ValueError, "got True"),
        ({"count": 2.5}, ValueError, "got 2.5"),
        ({"layers": []}, ValueError, "got none"),
        ({"layers": ["edge"]}, KeyError, "try edges"),
        ({"photographs": []}, ValueError, "it is empty"),
        ({"photographs": [b"no", b"picture"]}, ValueError, "none of 2 can be"),
        ({"client": "tcp://127.0.0.1:9"}, ValueError, "make one with Client"),
    ],
)
def test_what_is_asked_for_wrongly_is_refused_in_a_sentence(network, pictures, wrong, error, words):
    asked = {"network": network, "photographs": paths(pictures, 2), "progress": False} | wrong
    with pytest.raises(error, match=words) as caught:
        zv.build_atlas(**asked)
    assert str(caught.value.args[0]).count("Expected") == (error is ValueError) + (
        "can be;" in str(caught.value)
    )


# --- decoding beside, progress -------------------------------------------------------------------


def test_only_some_photographs_are_decoded_ahead(network, pictures):
    taken = []

    def sources():
        for path in paths(pictures, 300):
            taken.append(path)
            yield path

    with decoded(sources(), peaks.peaks_in(network, ("edges",))) as found:
        for number in range(3):
            picture = next(found)
            assert picture.shape == (24, 24, 3) and picture.dtype == np.uint8
            assert len(taken) == looking.AHEAD + number
    with Image.open(taken[2]) as image:
        assert np.array_equal(picture, np.asarray(image))


def test_progress_counts_photographs(network, pictures):
    told = []
    zv.build_atlas(network, pictures, progress=lambda *both: told.append(both))
    assert told[0] == (0, 300) and told[-1] == (300, 300)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_a_bar_tells_photographs_a_second(network, pictures, capsys, monkeypatch):
    monkeypatch.setattr("zv_helpers.progress.SILENT_FOR", 0)
    zv.build_atlas(network, pictures)
    assert "photographs/s" in capsys.readouterr().err
    monkeypatch.setenv("TQDM_DISABLE", "1")
    zv.build_atlas(network, pictures)
    assert capsys.readouterr().err == ""


def test_it_is_the_same_again(network, pictures):
    first, second = (zv.build_atlas(network, pictures, progress=False) for _ in range(2))
    assert same_atlas(first, second)
