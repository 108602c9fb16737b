"""Looking at photographs one batch after the other, while others are decoded beside."""

import collections
import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ..data import DataError
from ..images import seen_pixels
from .best import Best, nothing_yet
from .peaks import Peaks
from .sources import cut

THREADS = 2  # that decode
AHEAD = 64  # photographs that are decoded before they are needed
Skipped = dict[int, str]  # {number of a photograph: why it cannot be read}


@contextlib.contextmanager
def decoded(sources: Iterable, peaks: Peaks) -> Iterator[Iterator[np.ndarray | str]]:
    """Decode photographs in threads, a few ahead: each as `peaks.input_of` has it, (h, w,
    channels), or the sentence that says why it cannot be read. However many there are, only
    `AHEAD` of them are held."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="zv-decoder")
    try:
        yield _in_order(pool, sources, peaks)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool, sources, peaks):
    waiting: collections.deque = collections.deque()
    for source in sources:
        waiting.append(pool.submit(_decode, source, peaks))
        if len(waiting) == AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _decode(source, peaks):
    try:
        return peaks.input_of(seen_pixels(source, peaks.spec))
    except (ValueError, OSError, DataError) as error:
        return str(error)


def look_at(
    peaks: Peaks,
    numbers: range,
    pictures: Iterator[np.ndarray | str],
    count: int,
    floor: np.ndarray,
    more: Callable[[int], Any] = lambda done: None,
) -> tuple[Best, Skipped]:
    """Look at photographs and return their strongest neurons and which cannot be read.

    Args:
        numbers: of the photographs; pictures: as many of them, from `decoded`; floor: float32
            (maps,), only what is as strong counts; more: is told how many were looked at, a batch
            at a time.
    """
    # A little lower, so that what is equal comes in; more than a number that counts as zero.
    lowest = floor - np.maximum(1e-6 * np.abs(floor), 1e-30).astype(np.float32)
    best, skipped = nothing_yet(peaks.maps.count, count), dict[int, str]()
    # While TensorFlow computes a batch, the next is put together and the last one sorted in.
    with ThreadPoolExecutor(1, thread_name_prefix="zv-looking") as beside:
        last, computing = range(0), None
        for batch in cut(numbers, peaks.at_once):
            inputs = _batch_of(peaks, batch, pictures, skipped)
            following = beside.submit(peaks, inputs, np.maximum(best.floor, lowest))
            if computing is not None:
                _sort_in(best, last, skipped, computing.result())
                more(len(last))
            last, computing = batch, following
        if computing is not None:
            _sort_in(best, last, skipped, computing.result())
            more(len(last))
    return best, skipped


def _batch_of(peaks, batch, pictures, skipped):
    """Put the next photographs together, (n, h, w, channels); note which cannot be read."""
    inputs = []
    for number in batch:
        picture = next(pictures)
        if isinstance(picture, str):
            skipped[number] = picture
            # So the others keep their places.
            picture = peaks.input_of(np.zeros((*peaks.spec.size, peaks.spec.channels), np.uint8))
        inputs.append(picture)
    return np.stack(inputs)


def _sort_in(best, batch, skipped, found):
    places, *rest = found
    numbers = np.arange(batch.start, batch.stop, dtype=np.int32)[places]
    if skipped:
        there = ~np.isin(numbers, list(skipped))
        numbers, *rest = (array[there] for array in (numbers, *rest))
    best.insert(numbers, *rest)
