"""What an atlas of a folder costs beside the bare forward pass, in time and in memory, and on two
Dask workers; measured by turns in one run.

    python benchmarks/folder.py                         SqueezeNet, 2,000 photographs, some minutes
    python benchmarks/folder.py --network vgg16-conv --photographs 200
    python benchmarks/folder.py --only merging          what 1,000 partial results cost to merge

The photographs are those that ship, cropped and turned.

    bare      the compiled forward pass, in the same batches, of pictures that are decoded already
    decoded   build_atlas of such pictures
    folder    build_atlas of their files, decoded beside the computing

The bars: decoded at least 0.85 times the rate of bare; less than 50 MB more at the peak for 4,000
photographs than for 500; two workers within 15 % of one process.
"""

import argparse
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
from zv_helpers.atlas.folders import CHUNK, Contents, Found, begin, keep
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


def workers(network, folder, rounds):
    """Print how long two workers take, beside one process, by turns."""
    from distributed import Client, LocalCluster

    with LocalCluster(**local(2)) as cluster, Client(cluster, set_as_default=False) as client:
        ways = {
            "workers": lambda: zv.build_atlas(network, folder, client=client, progress=False),
            "alone": lambda: zv.build_atlas(network, folder, progress=False),
        }
        first = seconds(ways["workers"])  # loads the network
        took = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                took[name].append(seconds(way))
    both, alone = (statistics.median(took[name]) for name in ("workers", "alone"))
    print(f"two Dask workers: {both:.1f} s ({first:.1f} s the first time), one process by turns")
    print(f"{alone:.1f} s: {both / alone:.2f} times as long")


def partial(maps, count, number, rng):
    """What a chunk of photographs might give: of each map the strongest `count` of 256 random
    activations, exponentially distributed, at random positions."""
    best = nothing_yet(len(maps), count)
    below = np.ones(len(maps))
    for place in range(count):  # the largest of n uniform numbers, then that of those below it, …
        below = below * rng.random(len(maps)) ** (1 / (CHUNK - place))
        best.activations[:, place] = -np.log1p(-below)
    best.photographs[:] = rng.integers(CHUNK * number, CHUNK * (number + 1), (len(maps), count))
    best.positions[:] = rng.integers(0, maps[:, None], (len(maps), count))
    return best


def merging(network, layers, count, most):
    """Print what partial results cost to merge, one after the other into the whole, as one process
    does, and eight in one task, as Dask does; and what the whole takes on the disk."""
    found = peaks_in(network, layers).maps
    places = np.zeros(found.count, int)
    for layer, maps in found.of_layer.items():
        places[maps] = np.prod(found.shapes[layer][:2])
    rng, whole, took = np.random.default_rng(0), nothing_yet(found.count, count), 0.0
    size = sum(array.nbytes for array in whole.arrays) / 1e6
    print(f"{len(layers)} layers, {found.count} maps, {count} neurons each: {size:.2f} MB a result")
    for number in range(most):
        part = partial(places, count, number, rng)
        started = time.perf_counter()
        whole = merged([whole, part])
        last = time.perf_counter() - started
        took += last
        if number + 1 in (10, 100, 1000, most):
            print(f"  merging {number + 1:5}: {took:6.2f} s, the last one {1e3 * last:5.1f} ms")
    eight = [partial(places, count, number, rng) for number in range(8)]
    print(f"  eight in one task: {1e3 * seconds(lambda: merged(eight)):.1f} ms")
    names = tuple(f"n{i % 1000:08}/n{i % 1000:08}_{i:08}.JPEG" for i in range(CHUNK * most))
    contents = Contents(network.name, "0" * 64, network.recipe, found.shapes, count, names)
    everything = Found(found.of_layer, whole, np.ones(most, bool), {})
    with tempfile.TemporaryDirectory() as folder:
        begin(Path(folder), contents)
        kept = seconds(lambda: keep(Path(folder), everything))
        grown = Path(folder, "best.npz").stat().st_size / 1e6
        keep(Path(folder), everything, small=True)
        sizes = {path.name: path.stat().st_size / 1e6 for path in Path(folder).iterdir()}
    print(f"  on the disk: best.npz {grown:.2f} MB as it grows ({1e3 * kept:.0f} ms to write),")
    print(
        f"  saved {sizes['best.npz']:.2f} MB; {len(names)} names {sizes['photographs.json']:.2f} MB"
    )


def merging_by_layers(network, counts, most):
    """The same for all layers and several counts, and for the last layer alone."""
    layers = tuple(layer.name for layer in network.layers)
    for count in counts:
        merging(network, layers, count, most)
    merging(network, layers[-1:], counts[0], most)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="squeezenet")
    parser.add_argument("--photographs", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--counts", type=int, nargs="+", default=[9, 1, 25], help="for merging")
    parser.add_argument("--partials", type=int, default=1000, help="results that are merged")
    parser.add_argument("--only", choices=["rates", "memory", "workers", "merging"])
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    network = zv.load_model(options.network)
    print(f"{network.name}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.only != "merging":
            make_folder(folder, options.photographs)
        if options.only in (None, "rates"):
            rates(network, folder, options.rounds)
        if options.only in (None, "memory"):
            memory(network, folder, options.photographs // 4, 2 * options.photographs)
        if options.only in (None, "workers"):
            workers(network, folder, options.rounds)
        if options.only in (None, "merging"):
            merging_by_layers(network, options.counts, options.partials)


if __name__ == "__main__":
    main()
