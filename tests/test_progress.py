"""Signs of life: a bar or a function, and how a computation is cancelled."""

import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.heatmaps import occlusion
from zv_helpers.network.running import MEMORY, memory_of, pictures_at_once
from zv_helpers.progress import Cancelled, watched, watching
from zv_helpers.relevance import ablation


def test_a_short_computation_shows_nothing(capsys):
    assert list(watched(range(3), "counting")) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_a_long_one_shows_a_bar(capsys, monkeypatch):
    monkeypatch.setattr("zv_helpers.progress.SILENT_FOR", 0)
    assert list(watched(range(3), "counting")) == [0, 1, 2]
    assert "counting" in capsys.readouterr().err


def some_squares(features, target, **how):
    return occlusion(features, target, 56, 56, batch=4, **how)


def some_maps(features, target, **how):
    return ablation(features, target, "fire9_squeeze1x1", batch=16, **how)


@pytest.mark.parametrize("compute", [some_squares, some_maps])
def test_the_function_is_told_and_may_cancel(cat, compute):
    told = []
    whole = compute(cat, 281, progress=lambda done, count: told.append((done, count)))
    count = told[-1][1]
    assert told == [(done, count) for done in range(count + 1)] and count > 2
    kept = {number: value.copy() for number, value in cat.values.items()}

    def cancel(done, count):
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        compute(cat, 281, progress=cancel)
    assert all(np.array_equal(cat.values[number], kept[number]) for number in kept)
    again = compute(cat, 281, progress=False)
    np.testing.assert_allclose(again[0], whole[0], atol=1e-4)


def test_batches_heed_memory(squeezenet):
    graph = squeezenet.graph
    largest = 4 * 111 * 111 * 64  # conv1's maps, float32
    assert largest < memory_of(graph, graph.scores) < 3 * largest
    assert pictures_at_once(graph, graph.scores) == 32
    large = zv.load_model("vgg16-conv", input_size=(512, 512))
    number = large.graph.scores
    assert memory_of(large.graph, number) >= 2 * 4 * 512 * 512 * 64  # both of block1's
    assert pictures_at_once(large.graph, number) == MEMORY // memory_of(large.graph, number) < 4


def test_who_watches_from_outside_is_told(cat):
    told = []
    with watching(lambda done, count: told.append(done)):
        zv.heatmap(cat, 281, method="occlusion", stride=56, batch=4)
        assert len(told) > 2
        zv.heatmap(cat, 281, method="occlusion", stride=56, batch=4, progress=False)
    count = len(told)
    zv.heatmap(cat, 281, method="occlusion", stride=56, batch=4)
    assert len(told) == count
