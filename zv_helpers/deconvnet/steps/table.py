"""The table of steps: which one stands for which reversal."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from ...network.graph import Operation
from ..rules import filtering, moving, pooling, scaling
from ..rules.table import reversal_of
from .filtering import filter_back, filter_dense, filter_depthwise
from .moving import copy, cut, move, reshape, scale_norm
from .pooling import rectify, spread, spread_all, unpool
from .step import PASSED, Step


def steps_of(
    operations: Iterable[Operation], rule: str, wanted: Collection = ()
) -> list[Step] | None:
    """List the steps of operations, or None where one has none; wanted: the numbers of values whose
    own signals are asked for. Where a batch norm follows filters, its scale is taken into them: a
    kernel has fewer numbers than the maps."""
    operations = list(operations)
    norms = _norms_to_take(operations, wanted)
    layers = set(norms.values())
    steps = [
        PASSED if one.layer in layers else step_of(one, rule, norms.get(one.output))
        for one in operations
    ]
    known = [step for step in steps if step is not None]
    return known if len(known) == len(steps) else None


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


def _norms_to_take(operations, wanted):
    """{the value between: the batch norm's layer} for those that alone follow filters."""
    readers = Counter(number for one in operations for number in one.inputs)
    filters = {one.output for one in operations if _maker(one) in TAKING}
    calls = Counter(one.layer for one in operations)
    return {
        one.inputs[0]: one.layer
        for one in operations
        if _maker(one) is scale_norm and calls[one.layer] == 1
        if one.inputs[0] in filters.difference(wanted) and readers[one.inputs[0]] == 1
    }


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
