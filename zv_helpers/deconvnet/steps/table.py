"""The table of steps: which one stands for which reversal."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from ...network.graph import Operation
from ..rules import filtering, moving, pooling, scaling
from ..rules.table import reversal_of
from .filtering import filter_back, filter_dense, filter_depthwise
from .moving import copy, cut, move, reshape, scale_norm
from .pooling import rectify, spread, spread_all, unpool
from .step import PASSED, Step, after


def steps_of(
    operations: Iterable[Operation],
    rule: str,
    wanted: Collection[int] = (),
    kept: Collection[int] = (),
) -> list[Step] | None:
    """List the steps of operations, or None where one has none. Some are taken with another: the
    scale of a batch norm with the filters before it, for a kernel has fewer numbers than the maps;
    and the ReLUs that meet in a concatenation all at once, there.

    wanted: the numbers of values whose own signals are asked for; kept: of those of the forward
    pass that are at hand.
    """
    operations = list(operations)
    readers = Counter(number for one in operations for number in one.inputs)
    alone = {number for number, count in readers.items() if count == 1}.difference(wanted)
    norms, joins = _norms_to_take(operations, alone), _joins_to_gate(operations, alone, kept)
    taken = {id(one) for relus in joins.values() for one in relus}
    taken |= {id(one) for one in operations if one.layer in norms.values()}
    steps = []
    for one in operations:
        step = PASSED if id(one) in taken else step_of(one, rule, norms.get(one.output))
        if step is not None and one in joins:
            gate = rectify(replace(joins[one][0], output=one.output), rule)
            step = gate and after(gate, step)
        if step is None:
            return None
        steps.append(step)
    return steps


def step_of(operation: Operation, rule: str, norm: Any = None) -> Step | None:
    """Return an operation's reversal for whole maps, or None where there is none here; norm: a
    batch norm's layer whose scale these filters take."""
    make = _maker(operation)
    if make is None:
        return None
    return make(operation, rule) if norm is None else make(operation, rule, norm)


def _maker(operation):
    reversal, _ = reversal_of(operation)
    return reversal and STEPS.get(reversal.reverse)


def _norms_to_take(operations, alone):
    """{the value between: the batch norm's layer} for those that alone follow filters."""
    filters = {one.output for one in operations if _maker(one) in TAKING}
    calls = Counter(one.layer for one in operations)
    return {
        one.inputs[0]: one.layer
        for one in operations
        if _maker(one) is scale_norm and calls[one.layer] == 1
        if one.inputs[0] in filters & alone
    }


def _joins_to_gate(operations, alone, kept):
    """{a concatenation: the ReLUs, all alike, that it alone reads and nothing else}."""
    relus = {one.output: one for one in operations if _maker(one) is rectify}
    joins = {}
    for one in operations:
        if _maker(one) is cut and one.output in kept and alone.issuperset(one.inputs):
            found = [relus[number] for number in one.inputs if number in relus]
            if len(found) == len(one.inputs) and len({relu.rectifier for relu in found}) == 1:
                joins[one] = found
    return joins


TAKING = {filter_back, filter_depthwise, filter_dense}  # a batch norm's scale
STEPS = {
    filtering.filter_transposed: filter_back,
    filtering.filter_depthwise: filter_depthwise,
    filtering.filter_dense: filter_dense,
    pooling.rectify_signal: rectify,
    pooling.unpool_max: unpool,
    pooling.spread_average: spread,
    pooling.spread_global_average: spread_all,
    moving.move_window: move,
    moving.reshape_back: reshape,
    moving.pass_unchanged: lambda operation, rule: PASSED,
    scaling.scale_batch_norm: scale_norm,
    scaling.copy_terms: copy,
    scaling.cut_concatenate: cut,
}
