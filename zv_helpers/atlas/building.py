"""`build_atlas`: one pass over many photographs."""

import contextlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np

from ..images.opening import shown
from ..network import Network
from ..network.digest import digest_of
from ..progress import Progress, counted
from .atlas import Atlas
from .best import nothing_yet
from .folders import (
    CHUNK,
    AtlasError,
    Contents,
    Found,
    begin,
    is_begun,
    keep,
    read_contents,
    read_found,
)
from .looking import decoded, look_at
from .peaks import maps_of, peaks_in
from .sources import as_whole_paths, cut, list_photographs


def build_atlas(
    network: Network,
    photographs: Any,
    layers: Any = None,
    count: int = 9,
    out: str | os.PathLike | None = None,
    client: Any = None,
    progress: Progress = True,
) -> Atlas:
    """Find, for every feature map, the photographs that it answers to most strongly (Zeiler &
    Fergus 2014, §4 and figure 2), in one pass: memory does not grow with the photographs.

    One neuron a photograph, the one that `extract_features(network, image).strongest(layer,
    channel)` gives; ties in the order of the photographs. Activations are, to the last bit, those
    of the compiled forward pass; the first photograph of a network goes through step by step, which
    rounds batch norms a little otherwise.

    Args:
        network: a `Network`, with classes or none.
        photographs: a folder, with the folders in it; a pattern such as `photos/**/*.jpg`; or a
            list of what `load_image` takes. What cannot be read is skipped and listed.
        layers: the names of the layers to look at; by default all.
        count: of neurons for each feature map.
        out: a folder that is written as the atlas grows. Call again after a break, with the same
            network, photographs, layers and count, and it goes on where it stopped.
        client: a `dask.distributed.Client`, whose workers look at the photographs, which they must
            find at the same paths; without one, this process does. The result is the same, to the
            last bit where TensorFlow has as many threads and the processors are of one kind.
        progress: True for a bar, False for none, or a function (see `progress.watched`).

    Raises ValueError where there are no photographs, none can be read, or `out` holds an atlas of
    something else; KeyError for an unknown layer; OSError if `out` cannot be written; RuntimeError
    if the cluster is lost.
    """
    contents = _contents_of(network, list_photographs(photographs), layers, count)
    folder = None if out is None else Path(out)
    found = _taken_up(folder, contents) if folder is not None else None
    if found is None:
        found = _nothing_found(network, contents)
        if folder is not None:
            begin(folder, contents)
    done = sum(len(numbers) for numbers in _chunks(contents, found.done))
    what = f"atlas of {network.name}"
    with counted(len(contents.photographs), what, progress, " photographs", done) as more:
        look = _here if client is None else _on_workers
        with contextlib.closing(look(network, contents, found, client, more)) as results:
            for result in results:
                found.add(*result)
                if folder is not None:
                    keep(folder, found)
    if len(found.skipped) == len(contents.photographs):
        first = next(iter(found.skipped.values()))
        raise ValueError(
            f"Expected photographs that can be read, but none of {len(found.skipped)} can be; "
            f"of the first it is said: {first}"
        )
    return Atlas(contents, found, network)


def _contents_of(network, photographs, layers, count):
    """Check what is asked for and return it as `Contents`."""
    if not isinstance(network, Network):
        came = type(network).__name__
        raise ValueError(f"Expected a network, but got {came}: make one with load_model().")
    whole = isinstance(count, (int, np.integer)) and not isinstance(count, bool)
    if not whole or count < 1:
        raise ValueError(
            f"Expected count to be a whole number of neurons, 1 or more, but got {shown(count)}: "
            "nine make the figure of Zeiler and Fergus."
        )
    if layers is None:
        layers = [layer.name for layer in network.layers]
    names = tuple(dict.fromkeys([layers] if isinstance(layers, str) else layers))
    if not names:
        raise ValueError(
            f"Expected layers of {network.name!r} to look at, but got none: "
            "name some, see network.summary(), or leave layers out."
        )
    shapes = {name: network.graph.shapes[network.layer_value(name)] for name in names}
    about = network.name, digest_of(network), network.recipe
    return Contents(*about, shapes, int(count), photographs)


def _nothing_found(network, contents):
    maps = maps_of(network, tuple(contents.layers))
    best = nothing_yet(maps.count, contents.count)
    return Found(maps.of_layer, best, np.zeros(contents.chunks, bool), {})


def _taken_up(folder, contents):
    """Return what was found in a folder before a break, or None if it was not begun. Raises
    ValueError if the folder's atlas is of something else."""
    if not is_begun(folder):
        return None
    kept = read_contents(folder)
    asked = {
        "network": (kept.digest, contents.digest),
        "layers": (kept.layers, contents.layers),
        "count": (kept.count, contents.count),
        "photographs": (kept.photographs, contents.photographs),
    }
    for what, (was, now) in asked.items():
        if was != now:
            raise AtlasError(
                f"Expected a folder for an atlas of {_asked(contents, what)}, but the one in "
                f"{shown(str(folder))} is of {_asked(kept, what, other=True)}: name another "
                "folder, or remove this one."
            )
    return read_found(folder, kept)


def _asked(contents, what, other=False):
    """Say in words which network, layers, count or photographs an atlas is of."""
    if what == "network":
        same = "another network or other weights, called " if other else ""
        return f"{same}{contents.name!r}"
    if what == "layers":
        return f"{len(contents.layers)} {'other ' if other else ''}layers"
    if what == "count":
        return f"{contents.count} neurons a map"
    size = f"list of {len(contents.photographs)} photographs"
    return f"another {size}" if other else f"this {size}"


def _chunks(contents: Contents, which: np.ndarray) -> list[range]:
    """List the numbers of the photographs in some chunks."""
    chunks = cut(range(len(contents.photographs)), CHUNK)
    return [chunks[i] for i in np.flatnonzero(which)]


def _here(network: Network, contents: Contents, found: Found, client: Any, more: Any) -> Generator:
    """Yield ([chunk], best, skipped) for each chunk that is left, in this process."""
    peaks = peaks_in(network, tuple(contents.layers))
    chunks = _chunks(contents, ~found.done)
    given = ((contents.photographs[i] for i in chunk) for chunk in chunks)
    sources = (one for some in given for one in as_whole_paths(some))
    with decoded(sources, peaks) as pictures:
        for chunk in chunks:
            result = look_at(peaks, chunk, pictures, contents.count, found.best.floor, more)
            yield [chunk.start // CHUNK], *result


def _on_workers(
    network: Network, contents: Contents, found: Found, client: Any, more: Any
) -> Generator:
    """Yield (chunks, best, skipped) for groups of the chunks that are left, from Dask's workers."""
    from .cluster import look_on_workers

    chunks = {chunk.start // CHUNK: chunk for chunk in _chunks(contents, ~found.done)}
    for group, *result in look_on_workers(client, network, contents, found, chunks):
        yield group, *result
        more(sum(len(chunks[i]) for i in group))
