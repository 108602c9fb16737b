"""Looking at photographs on the workers of a Dask cluster. The one module that needs Dask, imported
when it is used.

A task looks at one chunk of photographs, and tasks that merge what they found make a tree. Each
worker loads the network once. What a lost worker had, others do again.
"""

import contextlib
import math
import pickle
import threading
import uuid
import warnings
from collections.abc import Generator, Iterator
from typing import Any

from ..network import Network
from ..network.sentences import first_line
from .best import Best, merged
from .folders import Contents, Found
from .looking import Skipped, decoded, look_at
from .peaks import peaks_in
from .sources import as_whole_paths, cut

FAN = 8  # results that one task merges
GROUPS = 64  # results that come back, at most: each lets the folder grow
IN_FLIGHT = 4  # chunks for each thread of the cluster
PATIENCE = 60  # seconds until the first worker is there

_loaded: dict[str, Network] = {}  # in a worker: the network that it looks with
_loading = threading.Lock()


def look_on_workers(
    client: Any, network: Network, contents: Contents, found: Found, chunks: dict[int, range]
) -> Generator:
    """Yield (numbers of chunks, best, skipped) for groups of chunks, as soon as they are done.

    chunks: {number: the photographs' numbers}; found: what was found so far, which grows. Raises
    ValueError if `client` is no Dask client, RuntimeError if the cluster has no workers, is lost,
    or loses one worker after the other over the same photographs.
    """
    from distributed import as_completed

    _check(client)
    _check_photographs(contents.photographs)
    groups = iter(cut(list(chunks), math.ceil(len(chunks) / GROUPS)) if chunks else ())
    under_way: dict[Any, list[int]] = {}  # {future of a group: its chunks}
    done = as_completed(with_results=True, loop=client.loop)
    with _one_sentence():
        client.wait_for_workers(1, timeout=PATIENCE)
        data = _send(client, network)
        try:
            while True:
                if client.status != "running":  # to ask for its workers would take long
                    raise OSError("the connection to its scheduler was lost")
                room = IN_FLIGHT * sum(client.nthreads().values())
                while sum(map(len, under_way.values())) < max(room, 1):
                    group = next(groups, None)
                    if group is None:
                        break
                    future = _submit(client, data, contents, found, {i: chunks[i] for i in group})
                    under_way[future] = group
                    done.add(future)
                if not under_way:
                    return
                future, result = next(done)
                yield under_way.pop(future), *result
        finally:
            with contextlib.suppress(Exception):
                client.cancel([*under_way, data])


def _send(client, network):
    """Send the network's bytes to the cluster; return their future."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
        return client.submit(_as_is, pickle.dumps(network), key=f"zv-network-{uuid.uuid4().hex}")


def _submit(client, data, contents, found, chunks):
    """Send a group of chunks off; return the future of what they give together."""
    name, layers = f"zv-atlas-{uuid.uuid4().hex[:12]}", tuple(contents.layers)
    about = data, contents.digest, layers, contents.count, found.best.floor.copy()
    futures = []
    for number, chunk in chunks.items():
        sources = as_whole_paths(contents.photographs[chunk.start : chunk.stop])
        key = f"{name}-look-{number}"
        futures.append(client.submit(_look, *about, chunk, sources, key=key))
    level = 0
    while len(futures) > 1:
        level += 1
        futures = [
            client.submit(_merge, *some, key=f"{name}-merge-{level}-{i}")
            for i, some in enumerate(cut(futures, FAN))
        ]
    return futures[0]


def _as_is(data):
    """Hand the network's bytes on: what a task gives can be made again where a worker is lost."""
    return data


def _look(data, digest, layers, count, floor, numbers, sources):
    peaks = peaks_in(_network(data, digest), layers)
    with decoded(sources, peaks) as pictures:
        return look_at(peaks, numbers, pictures, count, floor)


def _network(data, digest):
    """Load the network once in a worker, and let go of another one."""
    with _loading:
        if digest not in _loaded:
            _loaded.clear()
            _loaded[digest] = pickle.loads(data)
        return _loaded[digest]


def _merge(*results: tuple[Best, Skipped]) -> tuple[Best, Skipped]:
    skipped: Skipped = {}
    for _, some in results:
        skipped |= some
    return merged([best for best, _ in results]), skipped


def _check(client):
    if not all(hasattr(client, name) for name in ("submit", "scheduler", "wait_for_workers")):
        came = type(client).__name__
        raise ValueError(
            f"Expected a dask.distributed.Client, but got {came}: "
            "make one with Client(LocalCluster()) or Client(address)."
        )


def _check_photographs(photographs):
    for number, one in enumerate(photographs):
        if isinstance(one, (str, bytes)):
            continue
        try:
            pickle.dumps(one)
        except Exception:  # an object of the learner's may raise anything
            raise ValueError(
                "Expected photographs that can be sent to Dask's workers, but number "
                f"{number} is of type {type(one).__name__}: give its path instead."
            ) from None


@contextlib.contextmanager
def _one_sentence() -> Iterator[None]:
    """Say in a sentence that the cluster is lost."""
    from distributed import CancelledError, KilledWorker

    try:
        yield
    except KilledWorker as error:
        raise RuntimeError(
            "Expected workers that live until they have looked at their photographs, but several "
            f"ended over the same ones ({first_line(error)}): give the workers more memory."
        ) from error
    except (CancelledError, OSError, TimeoutError) as error:
        raise RuntimeError(
            f"Expected a Dask cluster that is there until the end, but it is not ({_why(error)}): "
            "start it again and call build_atlas again, which goes on with what is kept in out."
        ) from error


def _why(error):
    known = {"scheduler-connection-lost": "the connection to its scheduler was lost"}
    return known.get(getattr(error, "reason", ""), first_line(error))
