"""What an atlas of a folder costs beside the bare forward pass, in time and in memory, and on two
Dask workers; measured by turns in one run.

    python benchmarks/folder.py                         SqueezeNet, 2,000 photographs, some minutes
    python benchmarks/folder.py --network vgg16-conv --photographs 200

The photographs are those that ship, cropped and turned.

    bare      the compiled forward pass, in the same batches, of pictures that are decoded already
    decoded   build_atlas of such pictures
    folder    build_atlas of their files, decoded beside the computing

The bars: decoded at least 0.85 times the rate of bare; less than 50 MB more at the peak for 4,000
photographs than for 500; two workers within 15 % of one process.
"""

import argparse
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

import zv_helpers as zv
from zv_helpers.atlas.__main__ import local
from zv_helpers.atlas.best import merged, nothing_yet
from zv_helpers.atlas.peaks import peaks_in
from zv_helpers.images import seen_pixels
from zv_helpers.network import keras_and_tensorflow
from zv_helpers.network.running import plan_of, walk

SIDE = 256  # pixels, of the photographs that are made


def make_folder(folder, count):
    """Write `count` photographs: those that ship, each time another part, turned or mirrored."""
    rng = np.random.default_rng(0)
    shipped = [Image.open(path).convert("RGB") for path in zv.photographs().values()]
    for number in range(count):
        picture = shipped[number % len(shipped)]
        side = int(min(picture.size) * rng.uniform(0.6, 1))
        left, top = (int(rng.integers(0, whole - side + 1)) for whole in picture.size)
        part = picture.crop((left, top, left + side, top + side)).resize((SIDE, SIDE))
        turned = part.transpose(Image.Transpose(int(rng.integers(0, 7))))
        path = folder / f"{number // 500}" / f"{number:05}.jpg"
        path.parent.mkdir(exist_ok=True)
        turned.save(path, quality=90)


def bare_pass(network, at_once, pictures):
    """The compiled forward pass up to the deepest layer, of pictures in batches."""
    _, tf = keras_and_tensorflow()
    number = max(network.graph.layer_values.values())
    plan = plan_of(network.graph, number)
    like = tf.TensorSpec((None, *network.spec.size, network.spec.channels), "float32")
    run = tf.function(lambda x: walk(plan, {0: x})[number], [like], autograph=False)
    inputs = [
        network.spec.prepare(np.stack(pictures[i : i + at_once]))
        for i in range(0, min(len(pictures), 20 * at_once), at_once)
    ]

    def once():
        for start in range(0, len(pictures), at_once):
            size = len(pictures[start : start + at_once])
            run(tf.constant(inputs[start // at_once % len(inputs)][:size]))

    return once


def seconds(function):
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def rates(network, folder, rounds):
    """Print the rate of each way, by turns, and what decoding takes."""
    paths = sorted(map(str, folder.rglob("*.jpg")))
    pictures = [seen_pixels(path, network.spec) for path in paths]
    peaks = peaks_in(network, tuple(layer.name for layer in network.layers))
    ways = {
        "bare": bare_pass(network, peaks.at_once, pictures),
        "decoded": lambda: zv.build_atlas(network, pictures, progress=False),
        "folder": lambda: zv.build_atlas(network, folder, progress=False),
    }
    ways["bare"]()
    took = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            took[name].append(seconds(way))
    bare = statistics.median(took["bare"])
    some = paths[:200]
    decoding = seconds(
        lambda: [network.spec.prepare(seen_pixels(path, network.spec)[None]) for path in some]
    )
    print(f"{len(paths)} photographs in batches of {peaks.at_once}, {peaks.maps.count} maps")
    print(f"{'':10}{'ms each':>10}{'a second':>10}{'of bare':>10}")
    for name, times in took.items():
        median = statistics.median(times)
        rate = len(paths) / median
        print(f"{name:10}{1e3 / rate:10.2f}{rate:10.1f}{bare / median:10.2f}")
    print(f"decoding one takes {1e3 * decoding / len(some):.2f} ms of one processor")
    return statistics.median(took["folder"])


def peak_of(network, folder, count):
    """Build an atlas of `count` photographs; the peak of memory in MB. Run in its own process."""
    warnings.simplefilter("ignore")
    paths = sorted(map(str, Path(folder).rglob("*.jpg")))
    paths = (paths * (count // len(paths) + 1))[:count]
    zv.build_atlas(zv.load_model(network), paths, progress=False)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if _mac() else 1e3)


def _mac():
    return sys.platform == "darwin"


def memory(network, folder, few, many):
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        low, high = (pool.apply(peak_of, (network.name, str(folder), n)) for n in (few, many))
    print(f"peak of memory: {low:.0f} MB for {few}, {high:.0f} MB for {many}: {high - low:+.0f} MB")


def workers(network, folder, alone, rounds):
    from distributed import Client, LocalCluster

    with LocalCluster(**local(2)) as cluster, Client(cluster, set_as_default=False) as client:
        first = seconds(
            lambda: zv.build_atlas(network, folder, client=client, progress=False)
        )  # loads the network
        took = [
            seconds(lambda: zv.build_atlas(network, folder, client=client, progress=False))
            for _ in range(rounds)
        ]
    median = statistics.median(took)
    print(f"two Dask workers: {median:.1f} s ({first:.1f} s the first time), one process")
    print(f"{alone:.1f} s: {median / alone:.2f} times as long")


def merging(network):
    """Print what a thousand partial results cost to merge."""
    peaks = peaks_in(network, tuple(layer.name for layer in network.layers))
    rng = np.random.default_rng(0)
    tables = []
    for chunk in range(1000):
        best = nothing_yet(peaks.maps.count, 9)
        best.activations[:] = -np.sort(-rng.random(best.activations.shape, np.float32), axis=1)
        best.photographs[:] = rng.integers(256 * chunk, 256 * (chunk + 1), best.photographs.shape)
        tables.append(best)
    size = sum(array.nbytes for array in tables[0].arrays) / 1e6
    for count in (10, 100, 1000):
        took = seconds(lambda count=count: merged(tables[:count]))
        each = 1e3 * took / count
        print(f"merging {count:5} results of {size:.2f} MB: {took:.2f} s, {each:.1f} ms each")
    with tempfile.TemporaryDirectory() as folder:
        atlas = zv.build_atlas(network, ["tabby_cat"], progress=False)
        atlas.save(folder)
        sizes = {path.name: path.stat().st_size for path in Path(folder).iterdir()}
    print(f"an atlas of one photograph on the disk: {json.dumps(sizes)} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="squeezenet")
    parser.add_argument("--photographs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["rates", "memory", "workers", "merging"])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    network = zv.load_model(options.network)
    print(f"{network.name}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_folder(folder, options.photographs)
        alone = None
        if options.only in (None, "rates"):
            alone = rates(network, folder, options.rounds)
        if options.only in (None, "memory"):
            memory(network, folder, options.photographs // 4, 2 * options.photographs)
        if options.only in (None, "workers"):
            once = lambda: zv.build_atlas(network, folder, progress=False)  # noqa: E731
            workers(network, folder, alone or seconds(once), options.rounds)
        if options.only in (None, "merging"):
            merging(network)


if __name__ == "__main__":
    main()
