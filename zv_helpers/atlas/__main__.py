"""An atlas from a terminal:  python -m zv_helpers.atlas FOLDER --network NAME --out DIR"""

import argparse
import contextlib
import logging
import sys

from .. import DataError, build_atlas, load_model
from ..network.spec import WAYS


def main(arguments: list[str] | None = None) -> int:
    """Build an atlas and say what is in it. Returns the exit status."""
    options = parser().parse_args(arguments)
    try:
        build(options)
    except KeyboardInterrupt:
        print(f"Stopped. The same command goes on with what is in {options.out}.", file=sys.stderr)
        return 130
    except (DataError, ValueError, RuntimeError, LookupError, OSError, ImportError) as error:
        print(error.args[0] if isinstance(error, KeyError) else error, file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m zv_helpers.atlas",
        description="Find the photographs that every feature map of a network answers to most "
        "strongly. Stop it at any moment: the same command goes on where it stopped.",
    )
    add = parser.add_argument
    what = 'a folder, with the folders in it, or a pattern such as "photos/**/*.jpg"'
    add("photographs", metavar="FOLDER", help=what)
    names = "squeezenet, efficientnet-lite0, vgg16-conv, vgg16, resnet50, inception_v3"
    own = "or one of your own: its .keras or .h5 file, or its name in data/my_networks"
    add("--network", metavar="NAME", help=f"{names}, {own} (default: $ZV_MODEL)")
    way = "what happens to the pixels before a network of your own (default: nothing)"
    add("--preprocess", choices=WAYS, help=way)
    add("--out", metavar="DIR", required=True, help="the folder to write the atlas into")
    add("--count", type=int, default=9, help="neurons for each feature map (default: 9)")
    add("--layers", nargs="+", metavar="LAYER", help="the layers to look at (default: all)")
    where = parser.add_mutually_exclusive_group()
    address = "the address of a Dask scheduler, for instance tcp://10.0.0.1:8786"
    where.add_argument("--scheduler", metavar="ADDRESS", help=address)
    workers = "how many Dask workers to start on this machine (default: none, one process)"
    where.add_argument("--workers", type=int, metavar="N", help=workers)
    return parser


def build(options):
    """Build the atlas and print what became of it."""
    network = load_model(options.network or None, preprocess=options.preprocess)
    with cluster(options) as client:
        about = network, options.photographs, options.layers, options.count
        atlas = build_atlas(*about, out=options.out, client=client)
    print(f"{atlas}.")
    for photograph, why in atlas.skipped:
        print(f"Skipped: {photograph}: {why}", file=sys.stderr)
    print(f"Written to {options.out}; zv.load_atlas({options.out!r}) opens it.")


@contextlib.contextmanager
def cluster(options):
    """Give a client of the cluster that is asked for, or None for this process."""
    if options.workers is None and options.scheduler is None:
        yield None
        return
    if options.workers is not None and options.workers < 1:
        raise ValueError(
            f"Expected --workers to be 1 or more, but got {options.workers}: leave it out for "
            "one process."
        )
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise ImportError(
            'Expected Dask, but it is not installed: pip install "dask[distributed]".'
        ) from None
    with contextlib.ExitStack() as stack:
        address = options.scheduler
        if address is None:
            logging.getLogger("distributed").setLevel(logging.ERROR)
            address = stack.enter_context(LocalCluster(**local(options.workers)))
        try:
            client = stack.enter_context(Client(address, timeout=10, set_as_default=False))
        except (OSError, ValueError) as error:
            raise RuntimeError(
                f"Expected a Dask scheduler at {address}, but nobody answers there: start one with "
                "`dask scheduler`, and check the address."
            ) from error
        yield client


def local(workers: int) -> dict:
    """Return how to start a `LocalCluster` of so many workers, each a process that looks at one
    chunk at a time. TensorFlow has as many threads in it as here: so it rounds the same."""
    return {
        "n_workers": workers,
        "threads_per_worker": 1,
        "dashboard_address": ":0",
        "silence_logs": logging.ERROR,
    }


if __name__ == "__main__":
    sys.exit(main())
