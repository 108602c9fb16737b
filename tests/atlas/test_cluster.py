"""An atlas on Dask's workers: the same bit for bit, whatever happens to them. Real processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from looking_alone import same_atlas

import zv_helpers as zv
from zv_helpers.atlas import cluster, folders
from zv_helpers.atlas.__main__ import local
from zv_helpers.atlas.best import nothing_yet
from zv_helpers.atlas.sources import list_photographs

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(**local(2)) as workers,
        distributed.Client(workers, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def many(pictures, tmp_path_factory):
    """1,800 photographs, six times the same 300, with one that cannot be read: eight chunks."""
    broken = tmp_path_factory.mktemp("broken") / "broken.png"
    broken.write_bytes(b"no picture")
    sources = list(list_photographs(pictures)) * 6
    sources[700] = str(broken)
    return sources


@pytest.fixture(scope="module")
def whole(network, many):
    return zv.build_atlas(network, many, progress=False)


def test_it_is_bit_for_bit_that_of_one_process(client, network, many, whole):
    told = []
    atlas = zv.build_atlas(network, many, client=client, progress=lambda *both: told.append(both))
    assert same_atlas(atlas, whole) and len(atlas.skipped) == 1
    assert told[0] == (0, 1800) and told[-1] == (1800, 1800)


def test_a_shipped_network_on_workers(client, squeezenet):
    photographs = zv.photographs()
    alone = zv.build_atlas(squeezenet, photographs, ["fire5", "conv10"], progress=False)
    atlas = zv.build_atlas(
        squeezenet, photographs, ["fire5", "conv10"], client=client, progress=False
    )
    assert same_atlas(atlas, alone)


def test_each_worker_loads_the_network_once(client, network, many, monkeypatch):
    assert client.run(_loads) and zv.build_atlas(network, many, client=client, progress=False)
    assert all(count <= 1 for count in client.run(_loads).values())


def _loads():
    """Count in a worker how often a network is loaded from now on, and return how often it was."""
    import pickle

    from zv_helpers.atlas import cluster

    before = getattr(cluster, "counted", 0)
    if not hasattr(cluster, "counted"):
        loads = pickle.loads

        class Counting:
            @staticmethod
            def loads(data):
                cluster.counted += 1
                return loads(data)

            dumps = pickle.dumps

        cluster.pickle = Counting
        cluster._loaded.clear()
    cluster.counted = 0
    return before


def test_many_chunks_are_merged_as_a_tree(client, network, many, whole, monkeypatch):
    monkeypatch.setattr(cluster, "GROUPS", 1)
    monkeypatch.setattr(cluster, "FAN", 3)
    told = []
    atlas = zv.build_atlas(network, many, client=client, progress=lambda *both: told.append(both))
    assert same_atlas(atlas, whole)
    assert told == [(0, 1800), (1800, 1800)]


def test_a_break_keeps_the_chunks_that_are_done_and_one_process_goes_on(
    client, network, many, whole, tmp_path
):
    def stop(done, count):
        if done >= 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        zv.build_atlas(network, many, client=client, out=tmp_path, progress=stop)
    found = folders.read_found(tmp_path, folders.read_contents(tmp_path))
    assert 4 <= found.done.sum() < 8
    atlas = zv.build_atlas(network, many, out=tmp_path, progress=False)
    assert same_atlas(atlas, whole) and same_atlas(zv.load_atlas(tmp_path), whole)


def test_a_killed_worker_costs_time_and_no_results(client, network, many, whole):
    killed = []

    def kill(done, count):
        if done and not killed:
            pids = client.run(os.getpid)
            killed.append(next(iter(pids.values())))
            os.kill(killed[0], signal.SIGKILL)

    atlas = zv.build_atlas(network, many, client=client, progress=kill)
    assert killed and same_atlas(atlas, whole)
    with pytest.raises(ProcessLookupError):
        os.kill(killed[0], 0)


def test_a_photograph_that_cannot_be_sent_is_named(client, network, tmp_path):
    with open(tmp_path / "x.png", "wb") as file, pytest.raises(ValueError, match="its path"):
        zv.build_atlas(network, [file], client=client, progress=False)


@contextlib.contextmanager
def processes(folder):
    """Start a scheduler and a worker as from a terminal: (scheduler's process, its address)."""
    where, started = folder / "scheduler.json", []
    common = ["--scheduler-file", str(where)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = ["scheduler", *common, "--port", "0", "--no-dashboard"]
    worker = ["worker", *common, "--no-dashboard", "--nthreads", "1", "--death-timeout", "20"]
    try:
        for arguments in (scheduler, worker):
            started.append(subprocess.Popen([sys.executable, "-m", "dask", *arguments], **quiet))
            while not (where.exists() and where.read_text()):
                time.sleep(0.05)
        yield started[0], json.loads(where.read_text())["address"]
    finally:
        for process in started:
            process.kill()
            process.wait(20)


def test_a_dead_scheduler_is_one_sentence_and_the_chunks_are_kept(network, many, whole, tmp_path):
    out = tmp_path / "out"
    with processes(tmp_path) as (scheduler, address):
        client = distributed.Client(address, set_as_default=False, timeout=5)

        def kill(done, count):
            if done and scheduler.poll() is None:
                os.kill(scheduler.pid, signal.SIGKILL)
                scheduler.wait(20)

        with pytest.raises(RuntimeError, match="Expected a Dask cluster") as caught:
            zv.build_atlas(network, many, client=client, out=out, progress=kill)
        with contextlib.suppress(Exception):
            client.close(timeout=1)
    assert str(caught.value).count(". ") == 0 and "goes on with what is kept" in str(caught.value)
    assert folders.read_found(out, folders.read_contents(out)).done.sum() >= 1
    assert same_atlas(zv.build_atlas(network, many, out=out, progress=False), whole)


def test_without_workers_it_does_not_wait_for_ever(network, many, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.3)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as nobody,
        distributed.Client(nobody, set_as_default=False) as client,
        pytest.raises(RuntimeError, match="Expected a Dask cluster"),
    ):
        zv.build_atlas(network, many, client=client, progress=False)


def test_a_result_is_a_few_arrays():
    best, skipped = cluster._merge((nothing_yet(3, 2), {1: "one"}), (nothing_yet(3, 2), {7: "two"}))
    assert skipped == {1: "one", 7: "two"} and np.isinf(best.activations).all()
