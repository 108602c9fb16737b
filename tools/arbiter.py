"""Ask every check of every way to draw a heatmap, of all shipped photographs and networks, and
write docs/arbiter.md: python tools/arbiter.py [--photographs 6] [--kept] [--page]

What is done is kept in results/arbiter, a file for each network and photograph, until weights,
photograph or checks change: stop it, call it again, and it goes on.

The budget: 30 minutes on two cores, 3600 CPU seconds. CPU seconds for one photograph, measured
while others worked on the same two cores; alone they are fewer, for VGG-16 by little:

                    SqueezeNet  EfficientNet-Lite0  VGG-16
    heatmaps               0.4                 0.8     5
    hiding                 3                   5.5    44
    other class            1.5                 2       –
    noise                  2                   1.3    12
    random weights         7.5                11      25
    ablation               1.4                 2.7    14

So the last two are asked of every third photograph (`DEEP`), and VGG-16 looks at every sixth
(`RARE`): about 3200. Of the curves six places and three moved heatmaps must do; of random weights
five depths; of noise three copies; of a layer 32 feature maps; and occlusion's square moves by its
whole side. The page says so.
"""

import argparse
import datetime
import functools
import hashlib
import importlib.metadata
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import arbiter_numbers  # noqa: E402  once it can be found
import arbiter_page  # noqa: E402

import zv_helpers as zv  # noqa: E402
from zv_helpers import data  # noqa: E402
from zv_helpers.images import marked_boxes  # noqa: E402
from zv_helpers.trust import every_check, game  # noqa: E402

CHECKS = 1  # one more whenever a check's numbers change: what is kept is then computed again
NETWORKS = ("squeezenet", "efficientnet-lite0", "vgg16-conv")
DEEP = 3  # every third photograph is asked the slow checks too
SELDOM = "vgg16-conv"  # looks at every sixth photograph only
RARE = 2 * DEEP
MIDDLE = game.MIDDLE, None  # asked only what needs no network to draw it
KEPT = ROOT / "results" / "arbiter"


def tasks(photographs):
    """List what is to be done: (network, photograph, whether the slow checks are asked too)."""
    every = sorted(zv.photographs())
    third, sixth = set(every[::DEEP]), set(every[::RARE])
    return [
        (network, name, name in third)
        for name in photographs
        for network in NETWORKS
        if network != SELDOM or name in sixth
    ]


def chosen(count=None):
    """Return the photographs' names; of a part of them, those that are asked everything."""
    every = sorted(zv.photographs())
    some = every[::RARE]
    return every if count is None else some[:: max(1, len(some) // count)][:count]


def key(network, photograph, deep):
    """Return what a result depends on, as a number in hexadecimal."""
    sums = data.checksums(zv.data_folder())
    parts = [(name, sums[name]) for name in sorted(sums) if name.startswith(("weights/", "boxes/"))]
    parts += [CHECKS, network, deep, sums[f"photos/{photograph}.jpg"]]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def path_of(network, photograph):
    return KEPT / network / f"{photograph}.json"


def is_done(task):
    path = path_of(*task[:2])
    return path.exists() and json.loads(path.read_text(encoding="utf-8"))["key"] == key(*task)


def measured(network, photograph, deep, ways=None, checks=None):
    """Ask one photograph: {"target", "measure", "rows": {way: {column: number}}, "lower": the
    lower layer, "ablation": {layer: {rule: number}}, "seconds": {check: CPU seconds}}.

    network: a `Network`; ways: for `every_check.heats_of`, by default `every_check.ways_of`;
    checks: names of some of them, by default all.
    """
    seconds, began = {}, time.process_time()
    features = zv.extract_features(network, zv.load_image(photograph, network))
    target = features.target()
    heats = every_check.heats_of(features, target, ways or every_check.ways_of(network))
    seconds["heatmaps"] = time.process_time() - began
    beside = heats | {MIDDLE: game.heat_of(features, target, game.MIDDLE)}
    boxes = marked_boxes(photograph, "subject")
    rows = {way: {} for way in beside}
    asked = {"hiding": lambda: every_check.by_hiding(features, target, beside)}
    if boxes:
        asked["pointing"] = lambda: every_check.by_pointing(features, target, beside, boxes[0])
    if network.class_count is not None:
        asked["other class"] = lambda: every_check.by_other_class(features, target, heats)
    asked["noise"] = lambda: every_check.by_noise(features, target, heats)
    if deep:
        asked["random weights"] = lambda: every_check.by_random_weights(features, target, heats)
    for name, ask in asked.items():
        if checks is None or name in checks:
            began = time.process_time()
            for way, numbers in ask().items():
                rows[way] |= numbers
            seconds[name] = time.process_time() - began
    found = {"target": str(target), "measure": target.measure, "rows": rows, "seconds": seconds}
    found["lower"] = next((layer for _, layer in heats if layer), None)
    if deep and (checks is None or "ablation" in checks):
        began = time.process_time()
        found["ablation"] = every_check.by_ablation(features, target)
        seconds["ablation"] = time.process_time() - began
    return found


network_of = functools.cache(zv.load_model)


def done(task):
    """Ask one photograph in this process, and keep the answers in its file, whole or not at all."""
    name, photograph, deep = task
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # how small a photograph is, what has no max-pool
        found = measured(network_of(name), photograph, deep)
    found["rows"] = {arbiter_numbers.named(way): row for way, row in found["rows"].items()}
    about = {"key": key(*task), "network": name, "photograph": photograph, **made_by()}
    path = path_of(name, photograph)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(about | found, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


@functools.cache
def made_by():
    """Return {"version", "commit", "date"} of the code that computes."""

    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)

    commit = git("rev-parse", "--short=10", "HEAD").stdout.strip() or "unknown"
    changed = git("diff", "--quiet", "HEAD", "--", "zv_helpers", "tools", "data").returncode
    return {
        "version": importlib.metadata.version("zeiler-workbook"),
        "commit": commit + ("-changed" if changed else ""),
        "date": datetime.date.today().isoformat(),
    }


def compute(missing, workers=2):
    """Do what is missing in some processes, with a bar; Ctrl-C keeps what is done."""
    from tqdm import tqdm

    os.environ |= {
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }  # a process, a core
    context = multiprocessing.get_context("spawn")
    leave_it = (signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends this process, and it ends the others
    with context.Pool(workers, signal.signal, leave_it) as pool:
        answers = pool.imap_unordered(done, missing)
        for _ in tqdm(answers, "arbiter", len(missing), unit="photograph"):
            pass


def report(results):
    """Print the mean CPU seconds of each check for one photograph, and what all would take."""
    every = tasks(chosen())
    whole = 0.0
    for network in NETWORKS:
        of_this = [one["seconds"] for one in results if one["network"] == network]
        for check in sorted({name for one in of_this for name in one}):
            found = [one[check] for one in of_this if check in one]
            slow = check in ("random weights", "ablation")
            count = sum(one[0] == network and (one[2] or not slow) for one in every)
            whole += count * sum(found) / len(found)
            print(f"{network:20} {check:16} {sum(found) / len(found):7.2f} s, {count} times")
    print(f"The whole: {whole:.0f} CPU seconds")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--photographs", type=int, help="only so many, to try it")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kept", action="store_true", help="compute nothing, write what is kept")
    parser.add_argument("--page", action="store_true", help="only write the page again")
    options = parser.parse_args()
    if not options.page:
        wanted = tasks(chosen(options.photographs))
        missing = [] if options.kept else [task for task in wanted if not is_done(task)]
        try:
            if missing:
                compute(missing, options.workers)
        except KeyboardInterrupt:
            print("Stopped. What is done is kept: call it again, and it goes on.")
            return 1
        kept = [path_of(*task[:2]) for task in wanted if is_done(task)]
        results = [json.loads(path.read_text(encoding="utf-8")) for path in kept]
        report(results)
        arbiter_numbers.write(results, len(zv.photographs()))
    arbiter_page.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
