"""The reverse pass from one layer as a compiled function: the same windows and rules as the walk.

A program is made for the neurons of one layer (or for signals that fill a value), one rule, and the
weights at one moment. Until it is compiled, and for layers that `steps` does not know, the engine
walks.
"""

import functools
import math
from typing import Any

import numpy as np

from ..network.compiling import Beside, make_way
from ..network.graph import Graph
from ..network.tensorflow import as_array, as_tensor, keras_and_tensorflow
from ..network.weights import Weights
from .frames import Frame, frames_of, whole
from .signals import Signal, listed, moved
from .steps import steps_of, window_of

SHORT = 6  # up to so many operations, a walk is as quick
HEAVY = 60e6  # from so many multiplications an operation on, too: it cuts windows at the border
LARGE_REGION = 0.1  # of a map's positions; a smaller part is walked, in its window


def through(
    features: Any, number: int, route: list, seed: Signal, rule: str, wanted: frozenset
) -> dict | None:
    """Take one signal down a route in one: {value number: Signal} of those wanted. None as long as
    that is not compiled, and where it cannot be or would not pay."""
    network, values = features.network, seed.values
    single, place = values.ndim == 4 and values.shape[1:3] == (1, 1), (0, 0)
    if len(route) <= SHORT:
        return None
    if single:
        place = seed.starts[0]
    elif values.ndim == 4:
        extent = network.graph.shapes[number][:2]
        if values[0, ..., 0].size < LARGE_REGION * np.prod(extent):
            return None
        values = moved(values, seed.starts, (place,), extent)
    about = (network.graph, number, tuple(route), single, rule, wanted, str(values.dtype))
    program = features.weights.once(Program, *about, network.lock)
    if not program.ready():
        return None
    kept = features.compute(program.maps)
    maps = [as_tensor(kept[one]) for one in program.maps]
    found = program.beside.compiled(as_tensor(values), np.asarray(place, np.int32), *maps)
    return {
        one: Signal(as_array(signal), (program.start(one, place),))
        for one, signal in zip(program.found, found, strict=True)
    }


class Program:
    """A route as one function: of the signal, the neuron's place and the maps that it reads.

    Attributes:
        beside: that function; None if the route cannot be compiled, or would be no quicker.
        maps: the numbers of the values of the forward pass that it takes.
        found: the numbers of the values whose signals it returns.
    """

    def __init__(
        self,
        weights: Weights,
        graph: Graph,
        number: int,
        route: tuple,
        single: bool,
        rule: str,
        wanted: frozenset,
        dtype: str,
        lock: Any,
    ) -> None:
        self.graph, self.asked = graph, 0
        self._about = weights, number, route, single, rule, wanted, dtype, lock

    @functools.cached_property
    def beside(self) -> Beside | None:
        """The function, made once it is wanted: in deep networks that takes 15 milliseconds."""
        weights, number, route, single, rule, wanted, dtype, lock = self._about
        graph, steps = self.graph, steps_of(route, rule, wanted, self.graph.kept)
        if steps is None:
            return None
        self.steps = dict(zip(route, steps, strict=True))
        self.places, self.frames = (1, 1), dict.fromkeys(graph.shapes)
        if single:
            self.places = graph.shapes[number][:2]
            self.frames = frames_of(graph, route, number, lambda one: self.steps[one].slide)
        if sum(map(self._products, route)) > HEAVY * len(route):
            return None
        self.maps = tuple(dict.fromkeys(one for step in steps for one in step.maps))
        reached = {number, *(one for operation in route for one in operation.inputs)}
        self.found = tuple(sorted(wanted & reached))
        run = functools.partial(self._run, weights, number, wanted)
        size = (1, 1, graph.shapes[number][-1]) if single else graph.shapes[number]
        specs = [((1, *size), dtype), ((2,), "int32")]
        specs += [((1, *graph.shapes[one]), dtype) for one in self.maps]
        return Beside(run, specs, lock)

    def ready(self) -> bool:
        """Whether it is compiled. Who asks for the second time gets it compiled beside."""
        self.asked += 1
        if self.asked == 1 or self.beside is None:
            return False
        if self.beside.compiled is None:
            self.beside.begin_later()
        return self.beside.compiled is not None

    def start(self, number: int, place: tuple) -> tuple[int, int]:
        """Return where the signal at a value begins, (row, column)."""
        frame = self.frames[number]
        return (0, 0) if frame is None else frame.of(place)

    def _products(self, operation):
        """How many multiplications an operation's filters take."""
        kernels = [one.shape for one in getattr(operation.layer, "weights", ())]
        frame, shape = self.frames[operation.output], operation.output_shape
        positions = math.prod(shape[:-1] if frame is None else frame.size)
        return positions * sum(math.prod(one) for one in kernels if len(one) > 1)

    def _run(self, weights, number, wanted, seed, place, *maps):
        _, tf = keras_and_tensorflow()
        kept, signals, found = dict(zip(self.maps, maps, strict=True)), {number: seed}, {}
        for operation, step in self.steps.items():
            make_way()
            signal = signals.pop(operation.output)
            if operation.output in wanted:
                found[operation.output] = signal
            with tf.init_scope():  # laid out once, not within the function
                arrays = [weights.once(*about) for about in step.arrays]
            for value, part in self._parts(operation, step, signal, place, kept, arrays):
                signals[value] = signals[value] + part if value in signals else part
        found.update((value, signal) for value, signal in signals.items() if value in wanted)
        return [found[one] for one in self.found]

    def _parts(self, operation, step, signal, place, kept, arrays):
        """Yield (input number, the signal there in its frame)."""
        frame = self.frames[operation.output]
        if frame is not None and step.slide is None:
            everything = whole(self.graph, operation.output, self.places)
            signal, frame = laid(signal, frame, everything, place), None
        if frame is None:
            parts = step.apply(signal, *(kept[one] for one in step.maps), *arrays)
            yield from zip(operation.inputs, listed(parts), strict=True)
            return
        window = window_of(operation)
        nominal = frame.reads(window)
        maps = [self._cut(kept[one], one, operation, frame, nominal, place) for one in step.maps]
        if any(step.margin):  # one input, and just the window that is wanted there
            nominal = self._frame(operation.inputs[0])
            signal = laid(signal, frame, nominal.around(window, step.margin), place)
        parts = listed(step.slide(signal, *maps, *arrays))
        for value, part in zip(operation.inputs, parts, strict=True):
            yield value, laid(part, nominal, self._frame(value), place)

    def _frame(self, number):
        return self.frames[number] or whole(self.graph, number, self.places)

    def _cut(self, maps, number, operation, frame, nominal, place):
        """The maps that a step reads: at its output, or what its windows cover of its input."""
        everything = whole(self.graph, number, self.places)
        if number == operation.output:
            return laid(maps, everything, frame, place)
        inside = nominal.inside(everything.size)
        return laid(laid(maps, everything, inside, place), inside, nominal, place, -np.inf)


def laid(tensor: Any, of: Frame, to: Frame, place: Any, fill: float = 0.0) -> Any:
    """Lay windows (1, h, w, channels) of one frame into those of another, `fill` around, for a
    neuron at a place, int tensor (2,)."""
    _, tf = keras_and_tensorflow()
    offsets = [there - here for there, here in zip(to.starts, of.starts, strict=True)]
    after = [b + m - a for b, m, a in zip(offsets, to.size, of.size, strict=True)]
    if to.size == of.size and not any(map(np.any, offsets)):
        return tensor
    if all(np.all(one <= 0) for one in offsets) and all(np.all(one >= 0) for one in after):
        edges = [
            (_at(place, axis, -offsets[axis]), _at(place, axis, after[axis])) for axis in (0, 1)
        ]
        tensor = tf.pad(tensor, [(0, 0), *edges, (0, 0)], constant_values=fill)
        return tf.reshape(tensor, [1, *to.size, tensor.shape[-1]])
    around = [
        (max(int(-b.min()), 0), max(int(a.max()), 0)) for b, a in zip(offsets, after, strict=True)
    ]
    if any(map(any, around)):
        tensor = tf.pad(tensor, [(0, 0), *around, (0, 0)], constant_values=fill)
    starts = [_at(place, axis, offsets[axis] + around[axis][0]) for axis in (0, 1)]
    return tf.slice(tensor, [0, *starts, 0], [1, *to.size, tensor.shape[-1]])


def _at(place, axis, numbers):
    """The number for a place along one axis: a tensor, or an int where all are the same."""
    _, tf = keras_and_tensorflow()
    same = numbers.min() == numbers.max()
    return int(numbers[0]) if same else tf.constant(numbers, tf.int32)[place[axis]]
