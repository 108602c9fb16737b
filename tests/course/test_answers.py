"""Whatever is answered, a check says one sentence; a bug of a check's own is not hidden."""

import collections
import types

import keras
import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers.course import answers
from zv_helpers.course.do_parts_correspond import checks as parts
from zv_helpers.course.hide_a_part import checks as hide
from zv_helpers.course.how_far_to_believe_it import checks as far
from zv_helpers.course.how_far_to_believe_it.three import three_pictures
from zv_helpers.course.move_grow_turn import checks as move
from zv_helpers.course.step1 import checks as one
from zv_helpers.course.step2 import checks as two
from zv_helpers.course.step3 import checks as three
from zv_helpers.course.step4 import checks as four
from zv_helpers.course.step5 import checks as five
from zv_helpers.course.step6 import checks as six
from zv_helpers.course.which_rule_to_believe import checks as which
from zv_helpers.course.without_max_pools import checks as pools


class Hostile:
    """Refuses whatever is asked of it."""

    def _refuse(self, *_, **__):
        raise RuntimeError("no")

    __eq__ = __repr__ = __str__ = __array__ = __len__ = __iter__ = __getitem__ = __bool__ = _refuse
    __float__ = __int__ = __getattr__ = _refuse
    __hash__ = None


class Odd(dict):
    """A dict that cannot be read."""

    def __getitem__(self, key):
        raise OSError("not now")


def generator():
    yield 1


NAN, INF = float("nan"), float("inf")
ODD = {
    "word": "fifteen",
    "number as text": "15",
    "long text": "lorem ipsum\n" * 1000,
    "bytes": b"\x00\xff",
    "true": True,
    "empty list": [],
    "list of texts": ["1", "1", "3", "4"],
    "ragged": [[1, 2], [3]],
    "none inside": [1, None, 3, 4],
    "all none": [[None, None], [None, None]],
    "nan": NAN,
    "inf": -INF,
    "nan inside": [[NAN, 0.0], [0.25, 0.0]],
    "huge": 10**5000,
    "minus one": -1,
    "very large": 1e308,
    "too large for int64": 2**64,
    "complex": 3 + 4j,
    "complex array": np.ones((2, 2), complex),
    "set": {1, 2, 3, 4},
    "dict": {"top": 1, "left": 1, "bottom": 3, "right": 4},
    "dict of arrays": {"A": np.ones(3), "B": [], "C": {}},
    "dict of rules with one more": {"A": "gradient", "B": "deconvnet", "C": "guided", "D": 1},
    "dict that raises": Odd(A="gradient", B="deconvnet", C="guided"),
    "counter": collections.Counter("abc"),
    "generator": generator(),
    "range": range(3),
    "class": int,
    "function": len,
    "module": types,
    "ellipsis": ...,
    "object": object(),
    "hostile": Hostile(),
    "hostile inside": [Hostile()] * 4,
    "empty array": np.zeros((0, 3)),
    "wrong shape": np.zeros((5, 1, 7)),
    "objects": np.array([object()] * 4).reshape(2, 2),
    "booleans": np.ones((3, 3), bool),
    "dates": np.array(["2020-01-01"], "datetime64[D]"),
    "records": np.zeros(4, [("x", float)]),
    "symbolic tensor": keras.Input((4,)),
    "tensor": keras.ops.ones((2, 3, 4)),
    "neuron of nowhere": zv.Neuron("fire77", 0, 0, 0, 1.0),
    "neuron outside": zv.Neuron("fire5", 9999, -1, 10**6, NAN),
    "neuron of oddities": zv.Neuron(Hostile(), "x", None, [], Hostile()),
    "features": None,  # filled in below
    "unbuilt model": keras.Sequential(),
    "two inputs": keras.Model([a := keras.Input((4,)), b := keras.Input((4,))], a + b),
}


@pytest.fixture(scope="module")
def checks(cat, shepherd, squeezenet):
    image, heat, pictures = cat.image, zv.heatmap(cat), three_pictures(squeezenet)
    return {
        "receptive field": one.check_receptive_field,
        "model": one.check_model,
        "round trip": lambda answer: two.check_round_trip(image, answer),
        "smallest side": lambda answer: two.check_smallest_side(squeezenet, answer),
        "switches": three.check_switches,
        "neuron": lambda answer: three.check_neuron(cat, "fire5", answer),
        "unpool": four.check_unpool,
        "rules": four.check_rules,
        "against": lambda answer: which.check_against(answer, cat, "fire5"),
        "finish": five.check_finish,
        "threshold": lambda answer: five.check_threshold(heat, answer),
        "box": six.check_box,
        "place": lambda answer: six.check_place(cat, cat.target(), answer),
        "three pictures": lambda answer: far.check_three(pictures, answer),
        "hidden toy": hide.check_toy,
        "places": lambda answer: hide.check_places(cat, answer),
        "moved toy": move.check_toy,
        "angle": lambda answer: move.check_angle(cat, answer),
        "toy parts": parts.check_toy,
        "noses": lambda answer: parts.check_noses([cat, shepherd], "fire5", 32, answer),
        "toy pool": pools.check_toy,
        "first layer": lambda answer: pools.check_first_layer([cat, shepherd], answer),
    }


NAMES = (
    "receptive field, model, round trip, smallest side, switches, neuron, unpool, rules, against, "
    "finish, threshold, box, place, three pictures, hidden toy, places, moved toy, angle, "
    "toy parts, noses, toy pool, first layer"
).split(", ")


@pytest.mark.parametrize("name", NAMES)
def test_every_odd_answer_gets_one_sentence(checks, name, cat):
    assert set(checks) == set(NAMES) and len(ODD) >= 25
    for odd, answer in {**ODD, "features": cat}.items():
        try:
            sentence = checks[name](answer)
        except Exception as error:
            pytest.fail(f"check_{name} raised {error!r} on {odd}")
        assert type(sentence) is str, odd
        assert sentence.isprintable() and sentence[-1] in ".!" and 20 < len(sentence) < 400, odd
        assert not sentence.startswith("Right"), (odd, sentence)
        assert " at 0x" not in sentence, (odd, sentence)
    assert checks[name](None).startswith("Not answered yet")


def test_the_sentence_says_what_was_expected_and_what_came():
    assert six.check_box({}) == "Expected four numbers (top, left, bottom, right), but got {}."
    said = "Expected four numbers (top, left, bottom, right), but got an object."
    assert six.check_box(object()) == said
    assert five.check_finish("ab") == "Expected a map of 2 × 2, but got 'ab'."
    assert answers.came("x" * 100) == "a str" and answers.came(Hostile()) == "a Hostile"


def test_bugs_of_a_check_are_raised():
    @answers.exercise("answer = 1")
    def check(answer):
        given = answers.number(answer, "a number")
        return 1 / (given - 1)

    assert check("x") == "Expected a number, but got 'x'."
    with pytest.raises(ZeroDivisionError):
        check(1)
    with pytest.raises(TypeError):
        check()


def test_words_are_read_and_those_not_there_yet_are_none():
    answer = {"one": "left", "two": None}
    assert answers.words(answer, ("one", "two"), ("left", "right")) == answer
    said = "Expected left or right for each of one and two, but got .*: "
    for wrong, hint in (({"one": "up", "two": None}, "mind"), ({**answer, 3: None}, "no more")):
        with pytest.raises(answers.Unreadable, match=said + hint if hint == "mind" else "no more"):
            answers.words(wrong, ("one", "two"), ("left", "right"))


def test_numbers_of_every_kind_are_read():
    for answer in (3, np.int8(3), 3.0, np.array(3), np.float16(3), keras.ops.convert_to_tensor(3)):
        assert answers.number(answer, "") == 3
    assert answers.numbers(((1, 2), [3, 4.5]), "").tolist() == [[1, 2], [3, 4.5]]
