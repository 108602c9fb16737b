"""An atlas in a folder: taken up again after any break, and refused where it does not fit."""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from looking_alone import same_atlas, small

import zv_helpers as zv
from zv_helpers.atlas import building, folders
from zv_helpers.atlas.sources import list_photographs
from zv_helpers.progress import Cancelled

CHILD = """
import sys
sys.path[:0] = sys.argv[3:]
import zv_helpers as zv
from zv_helpers.atlas.sources import list_photographs
from looking_alone import small

def told(done, count):
    print(done, flush=True)

sources = list_photographs(sys.argv[1]) * 4
zv.build_atlas(small(), sources, count=3, out=sys.argv[2], progress=told)
"""


class Break(Exception):
    """What stops a pass, in a test."""


def stop_at(number, error=Break):
    def told(done, count):
        if done >= number:
            raise error

    return told


def done_in(folder):
    return folders.read_found(folder, folders.read_contents(folder)).done.sum()


@pytest.fixture(scope="module")
def many(pictures):
    """1,200 photographs, four times the same 300: five chunks."""
    return list_photographs(pictures) * 4


@pytest.fixture(scope="module")
def whole(network, many):
    return zv.build_atlas(network, many, count=3, progress=False)


# --- breaks --------------------------------------------------------------------------------------


def test_after_kill_9_it_goes_on_and_counts_nothing_twice(pictures, network, many, whole, tmp_path):
    """A process is killed, and this one goes on where it was."""
    places = os.path.dirname(__file__), os.path.dirname(os.path.dirname(__file__))
    arguments = [sys.executable, "-c", CHILD, pictures, tmp_path, *places]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        while (line := process.stdout.readline()) and int(line) < 600:  # photographs
            pass
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(20) == -signal.SIGKILL
    finished = done_in(tmp_path)
    assert 1 <= finished < 5
    looked = []
    told = zv.build_atlas(
        network, many, count=3, out=tmp_path, progress=lambda *both: looked.append(both)
    )
    assert looked[0] == (256 * finished, 1200) and looked[-1] == (1200, 1200)
    assert same_atlas(told, whole) and same_atlas(zv.load_atlas(tmp_path, network), whole)


@pytest.mark.parametrize(
    "error, number",
    [(KeyboardInterrupt, 1), (KeyboardInterrupt, 300), (Cancelled, 256), (KeyboardInterrupt, 1199)],
)
def test_an_interrupt_keeps_the_chunks_that_are_done(network, many, whole, tmp_path, error, number):
    with pytest.raises(error):
        zv.build_atlas(network, many, count=3, out=tmp_path, progress=stop_at(number, error))
    if number > 256:
        assert done_in(tmp_path) in (number // 256, number // 256 - 1)
    atlas = zv.build_atlas(network, many, count=3, out=tmp_path, progress=False)
    assert same_atlas(atlas, whole)


@pytest.mark.parametrize("calls, kept", [(6, 1), (7, 2)])  # over the file, and over its new name
def test_a_full_disk_leaves_what_was_written(
    network, many, whole, tmp_path, monkeypatch, calls, kept
):
    written, fsync = [], os.fsync

    def full(number):
        if len(written) == calls:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(number)
        fsync(number)

    monkeypatch.setattr(folders.os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device.*which goes on with what is kept"):
        zv.build_atlas(network, many, count=3, out=tmp_path, progress=False)
    assert sorted(os.listdir(tmp_path)) == ["atlas.json", "best.npz", "photographs.json"]
    monkeypatch.setattr(folders.os, "fsync", fsync)
    assert done_in(tmp_path) == kept
    atlas = zv.build_atlas(network, many, count=3, out=tmp_path, progress=False)
    assert same_atlas(atlas, whole)


def test_what_is_done_is_not_done_again(network, many, whole, tmp_path, monkeypatch):
    zv.build_atlas(network, many, count=3, out=tmp_path, progress=False)
    monkeypatch.setattr(building, "look_at", None)
    atlas = zv.build_atlas(network, many, count=3, out=tmp_path, progress=False)
    assert same_atlas(atlas, whole)


def test_skipped_photographs_are_remembered(network, many, tmp_path):
    sources = ["gone.jpg", *many[:300], "lost.jpg"]
    with pytest.raises(Break):
        zv.build_atlas(network, sources, out=tmp_path, progress=stop_at(280))
    atlas = zv.build_atlas(network, sources, out=tmp_path, progress=False)
    assert [path for path, _ in atlas.skipped] == ["gone.jpg", "lost.jpg"]
    assert zv.load_atlas(tmp_path).skipped == atlas.skipped


# --- a folder of something else ------------------------------------------------------------------


@pytest.mark.parametrize(
    "other, words",
    [
        ({"network": small(seed=5)}, "another network or other weights, called 'mine'"),
        ({"count": 4}, "of 4 neurons a map, but the one in .* is of 3 neurons a map"),
        ({"layers": ["edges"]}, "of 1 layers, but the one in .* is of 3 other layers"),
        ({"photographs": 299}, "list of 299 photographs, but .* another list of 300 photographs"),
    ],
)
def test_a_folder_of_another_atlas_is_refused(network, many, tmp_path, other, words):
    asked = {"network": network, "photographs": many[:300], "count": 3, "layers": None}
    zv.build_atlas(**asked, out=tmp_path, progress=False)
    asked |= other
    if isinstance(asked["photographs"], int):
        asked["photographs"] = many[: asked["photographs"]]
    before = (tmp_path / "best.npz").read_bytes()
    with pytest.raises(ValueError, match=words):
        zv.build_atlas(**asked, out=tmp_path, progress=False)
    assert (tmp_path / "best.npz").read_bytes() == before


def test_a_network_trained_on_is_another(many, tmp_path):
    network = small()
    zv.build_atlas(network, many[:5], out=tmp_path, progress=False)
    network.keras_model.get_layer("parts").bias.assign_add(np.ones(8, np.float32))
    with pytest.raises(ValueError, match="other weights"):
        zv.build_atlas(network, many[:5], out=tmp_path, progress=False)
    with pytest.raises(ValueError, match="another graph or other weights"):
        zv.load_atlas(tmp_path, network)


def test_photographs_without_a_path_are_refused_before_the_pass(network, many, tmp_path):
    sources = [many[0], np.zeros((30, 30, 3), np.uint8)]
    with pytest.raises(ValueError, match="number 1 is of type ndarray: save it as a file first"):
        zv.build_atlas(network, sources, out=tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match="number 1 is of type ndarray"):
        zv.build_atlas(network, sources, progress=False).save(tmp_path / "out")


def test_a_file_is_no_folder(network, many, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match=r"'.*file' is a file"):
        zv.build_atlas(network, many[:3], out=tmp_path / "file", progress=False)


# --- saved and loaded ----------------------------------------------------------------------------


def test_it_is_the_same_saved_and_loaded(whole, network, tmp_path):
    whole.save(tmp_path / "a" / "b")
    again = zv.load_atlas(tmp_path / "a" / "b", network)
    assert same_atlas(again, whole) and again.photographs == whole.photographs
    assert repr(again) == repr(whole) and again.network is network


def test_nothing_in_it_is_pickled(whole, tmp_path):
    whole.save(tmp_path)
    with np.load(tmp_path / "best.npz", allow_pickle=False) as file:
        assert {file[name].dtype.kind for name in file.files} <= set("fiub")
    about = json.loads((tmp_path / "atlas.json").read_text())
    assert about["version"] == folders.VERSION == 1


def test_a_network_of_ones_own_must_be_given_to_draw(whole, tmp_path):
    whole.save(tmp_path)
    atlas = zv.load_atlas(tmp_path)
    assert len(atlas.neurons("edges", 0)) == 3
    with pytest.raises(ValueError, match=r"load_atlas\(folder, network\)"):
        atlas.patches("edges", 0)


def test_a_shipped_network_is_loaded_when_it_is_needed(squeezenet, tmp_path):
    zv.build_atlas(squeezenet, ["tabby_cat"], ["conv1"], progress=False).save(tmp_path)
    atlas = zv.load_atlas(tmp_path)
    assert atlas.network is not squeezenet and atlas.network.name == "squeezenet"
    assert len(atlas.patches("conv1", 3)) == 1


def damage(name, change):
    def damaged(folder):
        path = folder / name
        path.write_bytes(change(path.read_bytes()))

    return damaged


def other_photographs(folder):
    listed = json.loads((folder / "photographs.json").read_text())
    (folder / "photographs.json").write_text(json.dumps(listed[:3]))


DAMAGES = {
    "cut short": damage("best.npz", lambda data: data[: len(data) // 2]),
    "empty": damage("best.npz", lambda data: b""),
    "something else": damage("best.npz", lambda data: b"hello"),
    "no JSON": damage("atlas.json", lambda data: data[:50]),
    "no atlas": damage("atlas.json", lambda data: b"[]"),
    "no recipe": damage(
        "atlas.json", lambda data: data.replace(b'"recipe": null', b'"recipe": []')
    ),
    "other photographs": other_photographs,
    "no list": damage("photographs.json", lambda data: b"7"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_one_is_refused_in_a_sentence(network, many, tmp_path, name):
    zv.build_atlas(network, many[:300], out=tmp_path, progress=False)
    DAMAGES[name](tmp_path)
    with pytest.raises(ValueError, match="is damaged: remove the folder"):
        zv.load_atlas(tmp_path)


def test_another_version_is_refused(whole, tmp_path):
    whole.save(tmp_path)
    damage("atlas.json", lambda data: data.replace(b'"version": 1', b'"version": 2'))(tmp_path)
    with pytest.raises(ValueError, match="of version 1, but that in .* is of version 2"):
        zv.load_atlas(tmp_path)


def test_an_unfinished_one_says_how_far_it_is(network, many, tmp_path):
    with pytest.raises(Break):
        zv.build_atlas(network, many, out=tmp_path, progress=stop_at(600))
    with pytest.raises(ValueError, match=r"has [12] of 5 parts: call build_atlas"):
        zv.load_atlas(tmp_path)
    with pytest.raises(ValueError, match="there is none"):
        zv.load_atlas(tmp_path / "nowhere")


def test_writing_costs_little(whole, tmp_path):
    started = time.perf_counter()
    whole.save(tmp_path)
    assert time.perf_counter() - started < 1
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 200_000
