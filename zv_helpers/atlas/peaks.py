"""The largest activation of every feature map and where it lies, found inside the compiled forward
pass: only what is found leaves it, never the maps themselves."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..network import InputSpec, Network, as_array, keras_and_tensorflow
from ..network.caps import cap_of
from ..network.compiling import Beside
from ..network.graph import Graph, is_from_keras
from ..network.receptive_fields import pool_geometry
from ..network.running import pictures_at_once, walk, with_releases

AT_ONCE = 16  # photographs; more are no quicker


@dataclass(frozen=True, eq=False)
class Maps:
    """Which feature maps are looked at, each once: those of a concatenation are those of its parts.

    Attributes:
        values: the numbers of the network's values that hold them, one after the other.
        of_layer: {layer: int32 (channels,)}, where each of its maps lies among them.
        shapes: {layer: (h, w, channels)}; count: of maps.
    """

    values: tuple[int, ...]
    of_layer: dict[str, np.ndarray] = field(repr=False)
    shapes: dict[str, tuple[int, int, int]] = field(repr=False)
    count: int


def maps_of(network: Network, layers: tuple[str, ...]) -> Maps:
    """Find the maps of some layers. Raises KeyError if the network has no such layer."""
    graph, starts, where = network.graph, dict[int, int](), {}
    count = 0
    for layer in layers:
        parts = []
        for number in _parts(graph, network.layer_value(layer)):
            channels = graph.shapes[number][2]
            if number not in starts:
                starts[number], count = count, count + channels
            parts.append(np.arange(starts[number], starts[number] + channels, dtype=np.int32))
        where[layer] = np.concatenate(parts)
    shapes = {layer: graph.shapes[network.layer_value(layer)] for layer in layers}
    return Maps(tuple(starts), where, shapes, count)


def _parts(graph: Graph, number: int) -> list[int]:
    """List the values whose maps, one after the other, are those of a value."""
    one, shape = graph.producers.get(number), graph.shapes[number]
    if one is None or one.kind != "Concatenate" or one.constants:
        return [number]
    shapes = [graph.shapes[part] for part in one.inputs]
    along = all(s[:2] == shape[:2] for s in shapes) and sum(s[2] for s in shapes) == shape[2]
    computed = all(n in graph.producers and graph.producers[n].compute for n in one.inputs)
    alike = {cap_of(graph, part) for part in one.inputs} == {cap_of(graph, number)}
    if not (along and computed and alike):
        return [number]
    return [part for source in one.inputs for part in _parts(graph, source)]


def peaks_in(network: Network, layers: tuple[str, ...]) -> "Peaks":
    """Return the `Peaks` of some layers of a network, compiled once."""
    return network.cache.once(_compiled, layers, owner=network)


def _compiled(network, layers):
    return Peaks(network.graph, network.spec, network.lock, maps_of(network, layers))


class Peaks:
    """The largest activation of every map for batches of photographs, compiled. Made by
    `peaks_in`.

    What it finds is, bit for bit, what the compiled forward pass gives for each photograph alone.

    Attributes:
        at_once: how many photographs a batch has.
    """

    def __init__(self, graph: Graph, spec: InputSpec, lock: Any, maps: Maps) -> None:
        self.graph, self.spec, self.maps, self._lock = graph, spec, maps, lock
        self.at_once = pictures_at_once(graph, max(maps.values), most=AT_ONCE)
        caps = {number: cap_of(graph, number) for number in maps.values}
        self._caps = {number: cap for number, cap in caps.items() if cap is not None}
        steps = [one for one in graph.below(*maps.values) if one.compute is not None]
        covers = covers_of(graph, caps.keys() - self._caps.keys(), steps)
        self._covers = {number: Cover(number) for number in maps.values} | covers
        read = frozenset(cover.value for cover in self._covers.values())
        self._plan = with_releases(steps, read.union(maps.values))
        self._order, numbers = spec.numbers or (1, np.zeros((3, spec.channels), np.float32))
        self._idle = [bool((n == i).all()) for n, i in zip(numbers, (1, 0, 1), strict=True)]
        self._numbers = np.tile(numbers, spec.size[1])
        kind = "float32" if callable(spec.preprocess) else "uint8"
        like = [((None, *spec.size, spec.channels), kind), ((maps.count,), "float32")]
        self._run = Beside(self._walked, [*like, (self._numbers.shape, "float32")], lock)
        with lock:
            self._run.compile()
        if not self._is_the_same_alone():
            self.at_once = 1

    def _is_the_same_alone(self) -> bool:
        """Say whether pictures give the same in a batch as alone, to the last bit. TensorFlow may
        add up in another order for a batch of one, as in a first layer that reads grey."""
        noise = np.random.default_rng(0).random((self.at_once, *self.spec.size, self.spec.channels))
        batch = np.stack([self.input_of(one) for one in (255 * noise).astype(np.uint8)])
        everything = np.full(self.maps.count, -np.inf, np.float32)
        photographs, *together = self(batch, everything)
        for number in range(0, len(batch), 5):
            _, *alone = self(batch[[number]], everything)
            mine = (array[photographs == number] for array in together)
            if not all(map(np.array_equal, mine, alone)):
                return False
        return True

    def input_of(self, pixels: np.ndarray) -> np.ndarray:
        """Return what a batch holds of a photograph's pixels, uint8 (h, w, channels): the same, or
        what the network's own function makes of them. A named preprocessing is compiled too."""
        return self.spec.prepare(pixels[None])[0] if callable(self.spec.preprocess) else pixels

    def __call__(self, batch: np.ndarray, floor: np.ndarray) -> tuple[np.ndarray, ...]:
        """Find the peaks of a batch of `input_of`, (n, h, w, channels), above a floor, float32
        (maps,): (photographs, maps, activations, positions), each (peaks,)."""
        keras, _ = keras_and_tensorflow()
        tensors = map(keras.ops.convert_to_tensor, (batch, floor, self._numbers))
        with self._lock:
            found = self._run(*tensors, again=False)
        return tuple(map(as_array, found))

    def _prepared(self, batch: Any, rows: Any) -> Any:
        """Prepare pixels as `InputSpec.prepare` does, bit for bit. TensorFlow is not told the
        numbers beforehand: it would multiply by 1 / 255 instead of dividing by 255."""
        _, tf = keras_and_tensorflow()
        if callable(self.spec.preprocess):
            return batch
        turned = tf.reverse(batch, [-1]) if self._order < 0 else batch
        height, width = self.spec.size
        # Row by row: three numbers for each pixel would take many times as long.
        values = tf.reshape(tf.cast(turned, "float32"), (-1, height, width * self.spec.channels))
        steps = tf.divide, tf.subtract, tf.divide
        for step, numbers, idle in zip(steps, tf.unstack(rows), self._idle, strict=True):
            values = values if idle else step(values, numbers)
        return tf.reshape(values, (-1, height, width, self.spec.channels))

    def _walked(self, batch: Any, floor: Any, rows: Any) -> list:
        _, tf = keras_and_tensorflow()
        values, shapes = walk(self._plan, {0: self._prepared(batch, rows)}), self.graph.shapes
        read = {cover.value for cover in self._covers.values()}
        whole = {
            number: tf.reshape(tf.cast(values[number], "float32"), (-1, *shapes[number]))
            for number in read.union(self.maps.values)
        }
        maps = {number: whole[number] for number in self.maps.values}
        rows = {number: _largest_of_rows(whole[number]) for number in read}
        below = {
            number: _largest_of_rows(tf.where(maps[number] < cap, maps[number], 0))
            for number, cap in self._caps.items()
        }
        parts = maps, rows, below

        def find(floor, *arrays):
            return self._found(floor, *tf.nest.pack_sequence_as(parts, arrays))

        # In NumPy: so many small steps take TensorFlow longer than it takes to find the rows.
        kinds = tf.int32, tf.int32, tf.float32, tf.int32
        return tf.numpy_function(find, [floor, *tf.nest.flatten(parts)], kinds, stateful=False)

    def _found(self, floor, maps, rows, below):
        """Return (photographs, maps, activations, positions) of the peaks of all values."""
        found, start = [], 0
        for number in self.maps.values:
            cover, channels = self._covers[number], maps[number].shape[3]
            seen = rows[cover.value][..., cover.first : cover.first + channels]
            if number in below:
                active = below[number].max(axis=1) > 0
                seen = np.where(active[:, None], below[number], seen)
            above = floor[start : start + channels]
            photographs, which, *rest = _peaks(maps[number], seen, above, cover)
            found.append((photographs, which + start, *rest))
            start += channels
        kinds = np.int32, np.int32, np.float32, np.int32
        joined = map(np.concatenate, zip(*found, strict=True))
        return [array.astype(kind) for array, kind in zip(joined, kinds, strict=True)]


@dataclass(frozen=True)
class Cover:
    """Where the largest activations of a value's rows are read off: itself, or the max-pool that
    reads all of it and has fewer positions.

    Attributes:
        value: its number; first: the channel with which that value's maps begin.
        extent, stride, before: of the pool along the rows: its row p has read `extent` rows from
            p · stride − before on.
    """

    value: int
    first: int = 0
    extent: int = 1
    stride: int = 1
    before: int = 0


def covers_of(graph: Graph, values: Iterable[int], steps: list) -> dict[int, Cover]:
    """Find {value number: Cover} for the values that a max-pool, one of some operations, reads to
    the last row and column; through a concatenation if need be."""
    wanted, found = set(values), dict[int, Cover]()
    for operation in steps:
        if operation.kind != "MaxPooling2D" or not is_from_keras(operation.layer):
            continue
        size, strides, before = pool_geometry(operation)
        sides = zip(*(s[:2] for s in (operation.shapes[0], operation.output_shape)), strict=True)
        ends = zip(size, strides, before, sides, strict=True)
        if not all(s <= k and (out - 1) * s - b + k >= side for k, s, b, (side, out) in ends):
            continue
        first = 0
        for number in _parts(graph, operation.inputs[0]):
            if number in wanted and size[0] <= graph.shapes[number][0]:
                cover = Cover(operation.output, first, size[0], strides[0], before[0])
                found.setdefault(number, cover)
            first += graph.shapes[number][2]
    return found


def _peaks(maps, rows, floor, cover):
    """Return (photographs, maps, activations, positions) of the peaks of one value above a floor,
    from the largest of each row of its cover. Of equal ones the first in row-major order; behind a
    capped ReLU the largest below its cap, where one is active (see `Features.strongest`)."""
    peaks, (_, height, width, _) = rows.max(axis=1), maps.shape
    photographs, which = np.nonzero(peaks > floor)
    activations = peaks[photographs, which]
    # The first row of the cover that has read a peak; so the first peak is among what it has read.
    row = rows[photographs, :, which].argmax(axis=1)
    tops = np.clip(row * cover.stride - cover.before, 0, height - cover.extent)
    read = tops[:, None] + np.arange(cover.extent)
    lines = maps[photographs[:, None], read, :, which[:, None]]  # (peaks, extent, w)
    lines = lines.reshape(len(lines), cover.extent * width)
    places = (lines == activations[:, None]).argmax(axis=1)
    return photographs, which, activations, tops * width + places


def _largest_of_rows(maps):
    """Return the largest activation of every row, (n, h, channels). A max-pool finds it in half the
    time of `reduce_max`."""
    _, tf = keras_and_tensorflow()
    width = maps.shape[2]
    return maps[:, :, 0] if width == 1 else tf.nn.max_pool2d(maps, (1, width), 1, "VALID")[:, :, 0]
