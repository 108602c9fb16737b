"""The strongest neurons of every map: one by one, and tables merged, against one sort of all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zv_helpers.atlas.best import merged, nothing_yet


def by_sorting(values, count):
    """(activations, photographs, positions), each (maps, count), of values (photographs, maps)."""
    tables = np.full((values.shape[1], count), -np.inf), *np.full((2, values.shape[1], count), -1)
    for one_map, column in enumerate(values.T):
        order = sorted(range(len(column)), key=lambda n: (-column[n], n))[:count]
        for place, number in enumerate(order):
            for table, value in zip(tables, (column[number], number, 10 * number), strict=True):
                table[one_map, place] = value
    return tables


def table_of(values, numbers, count, together=1):
    """What a `Best` holds when `together` photographs go in at once."""
    best = nothing_yet(values.shape[1], count)
    for some in np.split(np.array(numbers), range(together, len(numbers), together)):
        maps, numbers = np.meshgrid(np.arange(values.shape[1]), some)
        neurons = (a.ravel() for a in (numbers, maps, values[some], 10 * numbers))
        best.insert(*neurons)
    return best


def check(best, expected):
    for mine, its in zip(best.arrays, expected, strict=True):
        assert np.array_equal(mine, its.astype(mine.dtype))


values = st.integers(0, 2**32 - 1).map(
    # Few different values: so there are many ties.
    lambda seed: np.random.default_rng(seed).integers(-2, 4, (13, 5)).astype(np.float32)
)


@given(values, st.integers(1, 15), st.integers(1, 14), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_one_by_one_and_some_at_once_gives_what_sorting_gives(values, count, together, random):
    numbers = random.sample(range(13), 13)
    check(table_of(values, numbers, count, together), by_sorting(values, count))


@given(values, st.integers(1, 6), st.permutations(range(4)))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_tables_are_merged_in_any_order(values, count, order):
    parts = [range(0, 3), range(3, 4), range(4, 10), range(10, 13)]
    tables = [table_of(values, parts[i], count) for i in order]
    before = [table.activations.copy() for table in tables]
    check(merged(tables), by_sorting(values, count))
    tree = merged([merged(tables[:2]), merged(tables[2:])])
    check(tree, by_sorting(values, count))
    assert all(np.array_equal(t.activations, b) for t, b in zip(tables, before, strict=True))


@pytest.mark.parametrize("first", [True, False])
def test_nothing_merged_with_something_is_that(first):
    something, nothing = table_of(np.ones((2, 3), np.float32), range(2), 4), nothing_yet(3, 4)
    both = [nothing, something] if first else [something, nothing]
    check(merged(both), something.arrays)


def test_some_maps_only_may_have_a_new_neuron():
    best = table_of(np.array([[1, 5, 3]], np.float32), range(1), 2)
    best.insert(np.ones(2, int), np.array([2, 0]), np.array([4.0, 0.5]), np.array([7, 8]))
    assert best.activations.tolist() == [[1, 0.5], [5, -np.inf], [4, 3]]
    assert best.photographs.tolist() == [[0, 1], [0, -1], [1, 0]]
    assert best.positions.tolist() == [[0, 8], [0, -1], [7, 0]]
