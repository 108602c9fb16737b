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
    empty = peaks.input_of(np.zeros((*peaks.spec.size, peaks.spec.channels), np.uint8))
    # A little lower, so that what is equal comes in; more than a number that counts as zero.
    lowest = floor - np.maximum(1e-6 * np.abs(floor), 1e-30).astype(np.float32)
    best, skipped = nothing_yet(peaks.maps.count, count), dict[int, str]()
    for batch in cut(numbers, peaks.at_once):
        inputs = []
        for number in batch:
            picture = next(pictures)
            if isinstance(picture, str):
                skipped[number] = picture
                picture = empty  # so the others keep their places
            inputs.append(picture)
        photographs, *found = peaks(np.stack(inputs), np.maximum(best.floor, lowest))
        order = np.argsort(photographs.astype(np.uint16), kind="stable")
        ends = np.cumsum(np.bincount(photographs, minlength=len(batch)))
        for number, chosen in zip(batch, np.split(order, ends[:-1]), strict=True):
            if number not in skipped:
                best.insert(number, *(array[chosen] for array in found))
        more(len(batch))
    return best, skipped
