"""Class names as people keep them: lists, dicts either way round, text and JSON files."""

import json

import numpy as np
import pytest

from zv_helpers.network.class_names import class_names_of

GOOD = {
    "a list": ["cat", "dog"],
    "an array": np.array(["cat", "dog"]),
    "names to indices": {"dog": 1, "cat": 0},  # Keras's class_indices
    "indices to names": {1: "dog", 0: "cat"},
    "NumPy's integers": {"dog": np.int64(1), "cat": np.int64(0)},
    "of JSON": {"1": "dog", "0": "cat"},
    "of Keras": {"0": ["n02123045", "cat"], "1": ["n02085620", "dog"]},
    "pairs": [("n02123045", "cat"), ["n02085620", "dog"]],
}


@pytest.mark.parametrize("form", GOOD)
def test_every_form_gives_the_names_in_class_order(form, tmp_path):
    assert class_names_of(GOOD[form]) == ("cat", "dog")
    if form in ("a list", "names to indices", "of JSON", "of Keras"):
        path = tmp_path / "names.json"
        path.write_text(json.dumps(GOOD[form]))
        assert class_names_of(path) == class_names_of(str(path)) == ("cat", "dog")


def test_digits_are_names_too():
    assert class_names_of(range(3)) == ("0", "1", "2")
    assert class_names_of({"1": 0, "0": 1}) == ("1", "0")  # texts to numbers: names to indices
    assert class_names_of({"0": "7", "1": "3"}) == ("7", "3")
    many = {str(index): f"class {index}" for index in range(12)}
    assert class_names_of(many)[10] == "class 10"
    assert class_names_of(None) is None


BAD = {
    "an index twice": ({"cat": 0, "dog": 0}, "each class index from 0 to 1 once"),
    "an index left out": ({"cat": 0, "dog": 2}, "each class index from 0 to 1 once"),
    "from one": ({1: "cat", 2: "dog"}, "each class index from 0 to 1 once"),
    "numbers to numbers": ({0: 1, 1: 0.5}, "texts, but one of them is 0.5"),
    "texts to texts": ({"a": "cat", "b": "dog"}, "each class index"),
    "an empty dict": ({}, "each class index"),
    "a set": ({"cat", "dog"}, "in class order, .* but got set"),
    "a number": (2, "but got int"),
    "no text": (["cat", None], "texts, but one of them is None"),
    "an empty name": (["cat", " "], "one of the class names is empty"),
    "a name": ("cat", "there is no file called 'cat'"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_gives_no_names_is_refused_in_one_sentence(what):
    given, words = BAD[what]
    with pytest.raises(ValueError, match=words) as caught:
        class_names_of(given)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("names.json", b"[cat]", "cannot be read as JSON"),
        ("names.json", b"3", "holds none"),
        ("names.json", b'{"class_name": "Sequential"}', "'names.json' cannot be used"),
        ("names.txt", b"caf\xe9\n", "cannot be read as text in UTF-8"),
        ("names.txt", b"\n\n", "holds none"),
        ("names.txt", b"cat\n\ndog\n", "'names.txt' cannot be used: .* is empty"),
    ],
)
def test_a_file_that_gives_no_names_is_refused(name, content, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=words) as caught:
        class_names_of(tmp_path / name)
    assert "\n" not in str(caught.value)
