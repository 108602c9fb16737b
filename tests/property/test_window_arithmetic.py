"""Windows, their joins and their crops, against sets of positions and whole canvases."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from names import (
    Enlarging,
    Listed,
    Signal,
    Sliding,
    Spreading,
    Whole,
    examples,
    fit_boxes,
    fitted,
    joined,
    moved,
    place,
    same_padding,
    tf,
    windows,
)

AXES = st.sampled_from((0, 1))
SMALL = st.integers(1, 5)


def pairs(numbers):
    return st.tuples(numbers, numbers)


@st.composite
def sliding(draw):
    return Sliding(draw(pairs(SMALL)), draw(pairs(SMALL)), draw(pairs(st.integers(-4, 4))))


@st.composite
def intervals(draw, low=-9, high=30):
    start = draw(st.integers(low, high))
    return start, start + draw(st.integers(1, 9))


def hull(positions):
    return min(positions), max(positions) + 1


# --- which inputs take part -----------------------------------------------------------------------


@examples(200)
@given(sliding(), intervals(), AXES)
def test_a_sliding_window_reads_what_its_taps_read(window, interval, axis):
    read = {
        output * window.strides[axis] - window.before[axis] + tap
        for output in range(*interval)
        for tap in range(window.extent[axis])
    }
    assert window.inputs(*interval, axis) == hull(read)


@examples(200)
@given(pairs(SMALL), intervals(low=0), AXES)
def test_an_enlarged_output_is_a_copy_of_one_input(factors, interval, axis):
    inputs = np.repeat(np.arange(interval[1]), factors[axis])
    read = {int(inputs[output]) for output in range(*interval)}
    assert Enlarging(factors).inputs(*interval, axis) == hull(read)


@examples(200)
@given(sliding(), intervals(), AXES)
def test_a_painted_output_reads_the_inputs_whose_windows_reach_it(window, interval, axis):
    """The transpose of `Sliding`; where no window reaches, one place is kept."""
    far = range(-60, 60)
    painted = {p for p in far if {*range(*window.inputs(p, p + 1, axis))} & {*range(*interval)}}
    found = Spreading(window.extent, window.strides, window.before).inputs(*interval, axis)
    assert found == hull(painted) if painted else found[1] - found[0] == 1


@examples(200)
@given(SMALL, SMALL, st.integers(4, 6), st.integers(1, 6), intervals(), AXES)
def test_a_list_of_inputs_goes_on_beyond_its_ends(size, count, turns, width, interval, axis):
    """`size` inputs become `count` outputs, again and again, as where a picture is resized."""
    size, count = size // np.gcd(size, count), count // np.gcd(size, count)

    def first(p):
        return int((2 * p + 1) * size // (2 * count) - width // 2)

    firsts = tuple(map(first, range(count * turns)))
    stops = tuple(one + width for one in firsts)
    window = Listed((firsts, firsts), (stops, stops), (int(size * turns),) * 2)
    read = {first(p) + i for p in range(*interval) for i in range(width)}
    assert window.inputs(*interval, axis) == hull(read)


@examples(50)
@given(pairs(st.integers(1, 30)), intervals(), AXES)
def test_whatever_is_asked_of_a_whole_reads_all(shape, interval, axis):
    assert Whole(shape).inputs(*interval, axis) == (0, shape[axis])


@examples(200)
@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 5))
def test_same_padding_is_as_little_as_possible_and_the_odd_one_comes_after(size, extent, stride):
    before, after = same_padding(size, extent, stride)
    outputs = len(range(0, size, stride))
    assert min(before, after) >= 0 and after - before in (0, 1)
    fits = [n for n in range(100) if (size + n - extent) // stride + 1 >= outputs]
    assert before + after == min(n for n in fits if size + n >= extent)


@examples(60)
@given(st.integers(1, 20), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
def test_same_padding_is_tensorflows(size, taps, stride, dilation):
    """Each tap has a power of two as its weight, so that the sum says which taps lay inside."""
    dilation = dilation if stride == 1 else 1
    before, _ = same_padding(size, (taps - 1) * dilation + 1, stride)
    weights = 2.0 ** np.arange(taps)
    theirs = tf.nn.conv2d(
        np.ones((1, size, 1, 1)),
        weights.reshape(taps, 1, 1, 1),
        (stride, 1),
        "SAME",
        dilations=(dilation, 1),
    ).numpy()[0, :, 0, 0]
    places = (np.arange(len(theirs)) * stride - before)[:, None] + np.arange(taps) * dilation
    assert theirs.tolist() == (((places >= 0) & (places < size)) @ weights).tolist()


# --- windows of one size --------------------------------------------------------------------------


@examples(200)
@given(
    st.lists(st.integers(-12, 30), min_size=1, max_size=4), st.integers(1, 15), st.integers(1, 20)
)
def test_fitted_intervals_lie_inside_and_lose_nothing_that_does(starts, size, extent):
    new_starts, length = fitted(starts, size, extent)
    inside = [set(range(s, s + size)) & set(range(extent)) for s in starts]
    assert length == max(1, *map(len, inside))  # none is longer than need be
    for new, kept in zip(new_starts, inside, strict=True):
        assert 0 <= new <= new + length <= extent
        assert kept <= set(range(new, new + length))


def canvas(values, starts, size, margin=40):
    """Whole pictures (n, h, w, channels), the values in their places, what sticks out cut off."""
    n, h, w, channels = values.shape
    whole = np.zeros((n, size[0] + 2 * margin, size[1] + 2 * margin, channels))
    for i, (top, left) in enumerate(starts):
        whole[i, top + margin : top + margin + h, left + margin : left + margin + w] = values[i]
    return whole[:, margin:-margin, margin:-margin]


@st.composite
def signals(draw, size, count, inside=True, channels=2):
    """A signal of `count` neurons whose windows lie in a picture of `size`."""
    h, w = (draw(st.integers(1, extent)) for extent in size)
    low, high = (0, 0) if inside else (-6, 6)
    starts = tuple(
        (draw(st.integers(low, size[0] - h + high)), draw(st.integers(low, size[1] - w + high)))
        for _ in range(count)
    )
    seed = draw(st.integers(0, 99))
    return Signal(np.random.default_rng(seed).normal(size=(count, h, w, channels)), starts)


@st.composite
def in_one_picture(draw, how_many=1, inside=True):
    size, count = draw(pairs(st.integers(1, 9))), draw(st.integers(1, 3))
    return size, [draw(signals(size, count, inside)) for _ in range(how_many)]


@examples(150)
@given(in_one_picture(how_many=2))
def test_joined_signals_add(drawn):
    size, (first, second) = drawn
    before = first.values.copy(), second.values.copy()
    total = joined(first, second, size)
    expected = canvas(first.values, first.starts, size) + canvas(second.values, second.starts, size)
    assert np.array_equal(canvas(total.values, total.starts, size), expected)
    for i, (top, left) in enumerate(total.starts):
        assert top >= 0 and left >= 0
        box = total.box(i)
        assert box[2] <= size[0] and box[3] <= size[1]
    assert np.array_equal(first.values, before[0]) and np.array_equal(second.values, before[1])


@examples(150)
@given(in_one_picture(), st.data())
def test_a_moved_signal_is_the_same_signal(drawn, data):
    """Moved to a window of any place and size, also one that sticks out, and read from there."""
    size, (signal,) = drawn
    new_size = data.draw(pairs(st.integers(1, 12)))
    new_starts = [data.draw(pairs(st.integers(-6, 9))) for _ in signal.starts]
    laid = moved(signal.values, signal.starts, new_starts, new_size)
    whole = canvas(signal.values, signal.starts, size)
    mask = canvas(np.ones((len(laid), *new_size, 1)), new_starts, size)
    assert laid.shape == (len(laid), *new_size, 2)
    assert np.array_equal(canvas(laid, new_starts, size), whole * mask)
    assert np.abs(laid).sum() <= np.abs(whole * mask).sum() * (1 + 1e-12)  # and nothing outside


@examples(150)
@given(pairs(st.integers(1, 9)), st.data())
def test_a_window_shows_the_maps_and_is_filled_where_it_sticks_out(size, data):
    maps = np.random.default_rng(data.draw(st.integers(0, 99))).normal(size=(1, *size, 2))
    starts = data.draw(st.lists(pairs(st.integers(-12, 12)), min_size=1, max_size=3))
    h, w = data.draw(pairs(st.integers(1, 8)))
    fill = data.draw(st.sampled_from((0.0, -np.inf)))
    around = np.pad(maps[0], ((20, 20), (20, 20), (0, 0)), constant_values=fill)
    cut = windows(maps, starts, (h, w), fill)
    assert cut.shape == (len(starts), h, w, 2)
    for one, (top, left) in zip(cut, starts, strict=True):
        assert np.array_equal(one, around[top + 20 : top + 20 + h, left + 20 : left + 20 + w])


@examples(150)
@given(in_one_picture(), sliding(), pairs(st.integers(1, 20)), st.data())
def test_a_place_keeps_all_of_a_signal_that_lies_in_the_picture(drawn, window, shape, data):
    """What a rule computes in the windows of `place`, cropped and moved as the engine does it."""
    _, (outer,) = drawn
    at = place(outer.starts, outer.values.shape[1:3], window, (*shape, 2))
    raw = np.random.default_rng(data.draw(st.integers(0, 99))).normal(
        size=(len(outer.values), *at.size, 2)
    )
    top, bottom, left, right = at.cut
    part = raw[:, top : at.size[0] - bottom, left : at.size[1] - right]
    if 0 not in part.shape:
        starts = tuple((row + top, column + left) for row, column in at.starts)
        if at.moves:
            part, starts = moved(part, starts, at.new_starts, at.new_size), at.new_starts
        assert starts == at.new_starts and part.shape[1:3] == at.new_size
        margin = 80
        expected = canvas(raw, at.starts, shape, margin)
        assert np.array_equal(canvas(part, starts, shape, margin), expected)
    for row, column in at.new_starts:
        assert 0 <= row <= row + at.new_size[0] <= shape[0]
        assert 0 <= column <= column + at.new_size[1] <= shape[1]


# --- the part of a photograph that is used --------------------------------------------------------

SIDES = pairs(st.integers(1, 5000))
SEEN = pairs(st.integers(8, 400))


def sides(box):
    return box[2] - box[0], box[3] - box[1]


def is_in_the_middle(box, size):
    top, left, bottom, right = box
    return 0 <= size[0] - bottom - top <= 1 and 0 <= size[1] - right - left <= 1


def is_largest_of_proportions(box, size, proportions):
    """One side is used whole, and the other is as long as the proportions say, to half a pixel."""
    used = sides(box)
    scale = min(size[0] / proportions[0], size[1] / proportions[1])
    ideal = [max(1, side * scale) for side in proportions]
    return (used[0] == size[0] or used[1] == size[1]) and all(
        abs(mine - theirs) <= 0.5 + 1e-9 for mine, theirs in zip(used, ideal, strict=True)
    )


@examples(300)
@given(SIDES, SEEN)
def test_a_crop_is_the_largest_middle_part_of_the_networks_proportions(size, seen):
    box, shown = fit_boxes(size, seen, "crop")
    assert shown == (0, 0, *seen)
    assert is_in_the_middle(box, size) and min(sides(box)) >= 1
    assert is_largest_of_proportions(box, size, seen)


@examples(300)
@given(SIDES, SEEN)
def test_a_letterbox_shows_the_whole_photograph_in_its_own_proportions(size, seen):
    box, shown = fit_boxes(size, seen, "letterbox")
    assert box == (0, 0, *size)
    assert is_in_the_middle(shown, seen) and min(sides(shown)) >= 1
    assert is_largest_of_proportions(shown, seen, size)


@examples(50)
@given(SIDES, SEEN)
def test_to_stretch_is_to_use_everything(size, seen):
    assert fit_boxes(size, seen, "stretch") == ((0, 0, *size), (0, 0, *seen))
