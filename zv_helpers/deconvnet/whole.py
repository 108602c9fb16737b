"""Whole maps: a section of the reverse pass as one compiled function. See `sections`."""

from typing import Any

from ..network.compiling import Beside, make_way
from ..network.tensorflow import as_array, as_tensor
from .signals import Signal, moved
from .steps import steps_of


def through(features: Any, section: Any, signal: Signal, rule: str) -> Signal | None:
    """Take one neuron's signal from the top of a `Section` down to its bottom; None as long as that
    is not compiled, and for what cannot be."""
    network, dtype = features.network, signal.values.dtype
    made = network.cache.once(_program, section, rule, str(dtype), owner=network)
    if made is None:
        return None
    program, steps = made
    if program.compiled is None:
        program.begin_later()
        return None
    shape, values = network.graph.shapes[section.top], signal.values
    if values.ndim == 4 and values.shape[1:3] != shape[:2]:
        values = moved(values, signal.starts, ((0, 0),), shape[:2])
    numbers = [number for step in steps for number in step.maps]
    kept = features.compute(numbers)
    weights = [features.weights.once(*about) for step in steps for about in step.arrays]
    maps = [as_tensor(kept[number]) for number in numbers]
    (found,) = program.compiled(as_tensor(values), *maps, *weights)
    return Signal(as_array(found), ((0, 0),))


def _program(network, section, rule, dtype):
    """Return (the section as a function beside, its steps), or None where it cannot be compiled: a
    rule of the learner's own has come into it."""
    steps = steps_of(section.operations, rule)
    if steps is None:
        return None
    shapes, held = network.graph.shapes, network.held[0]
    numbers = [number for step in steps for number in step.maps]
    arrays = [held.once(*about) for step in steps for about in step.arrays]

    def run(signal, *tensors):
        maps, weights = iter(tensors[: len(numbers)]), iter(tensors[len(numbers) :])
        signals = {section.top: signal}
        for operation, step in zip(section.operations, steps, strict=True):
            make_way()
            own = signals.pop(operation.output)
            read = [next(maps) for _ in step.maps] + [next(weights) for _ in step.arrays]
            parts = step.apply(own, *read)
            parts = parts if isinstance(parts, (list, tuple)) else [parts]
            for number, part in zip(operation.inputs, parts, strict=True):
                signals[number] = signals[number] + part if number in signals else part
        return [signals[section.bottom]]

    specs = [((1, *shapes[number]), dtype) for number in (section.top, *numbers)]
    specs += [(tuple(array.shape), array.dtype) for array in arrays]
    return Beside(run, specs, network.lock), steps
