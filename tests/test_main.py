"""The six steps from a terminal."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from zv_helpers import photographs
from zv_helpers.__main__ import main
from zv_helpers.trust import examine
from zv_helpers.trust.drawing import draw_verdict
from zv_helpers.trust.verdict import written

CAT = str(photographs()["tabby_cat"])


def test_a_photograph_becomes_five_classes_and_one_picture(tmp_path, capsys):
    path = tmp_path / "new" / "cat.png"
    assert main([CAT, "--model", "squeezenet", "--output", str(path)]) == 0
    out = capsys.readouterr().out
    assert "squeezenet sees in tabby_cat" in out and out.count("%") >= 5 and "tabby" in out
    assert str(path) in out
    picture = np.asarray(Image.open(path).convert("RGB"))
    assert picture.shape[1] > 2 * picture.shape[0] > 400  # panels side by side
    assert picture.std() > 20


def test_a_network_without_classes(tmp_path, capsys):
    path = tmp_path / "cat.png"
    arguments = [CAT, "--model", "vgg16-conv", "--layer", "block3_conv3", "--rule", "guided"]
    assert main([*arguments, "--output", str(path)]) == 0
    out = capsys.readouterr().out
    assert "vgg16-conv has no classes" in out and "block3_conv3" in out and path.is_file()


@pytest.mark.parametrize("name", ["tabby", "281"])
def test_a_class_by_name_or_index(tmp_path, capsys, name):
    path = tmp_path / "cat.png"
    arguments = [CAT, "--model", "squeezenet", "--class", name, "--output", str(path)]
    assert main(arguments) == 0
    assert "Explained: class 281, 'tabby'" in capsys.readouterr().out


def test_the_heatmap_is_tested_and_the_picture_carries_it(tmp_path, capsys, shepherd):
    path, plain = tmp_path / "tested.png", tmp_path / "plain.png"
    arguments = ["german_shepherd", "--model", "squeezenet", "--output"]
    assert main([*arguments, str(plain)]) == 0
    assert "Hiding" not in capsys.readouterr().out
    assert main([*arguments, str(path), "--test"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    verdict = examine(shepherd, progress=False)
    assert set(verdict.sentences) <= set(lines) and len(verdict.sentences) == 3
    rows = {line[:18].strip(): line[18:].split() for line in lines if line.count("  ") > 3}
    assert rows["hidden"][:2] == ["0%", "10%"] and rows["hidden"][-1] == "100%"
    for name, values in list(verdict.measured.items())[1:]:
        assert rows[name] == [written(one) for one in values]
    without, carried = (np.asarray(Image.open(one)) for one in (plain, path))
    assert np.array_equal(carried[: len(without)], without)
    below, words = np.hsplit(carried[len(without) :], [600])
    assert np.array_equal(below, np.asarray(draw_verdict(shepherd, verdict)))
    assert words.min() < 50 and words.mean() > 230


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["no_such_photo.jpg", "--model", "squeezenet"], "no_such_photo"),
        ([CAT, "--model", "alexnet"], "'alexnet'"),
        ([CAT, "--model", "squeezenet", "--layer", "fire99"], "no layer 'fire99'"),
        ([CAT, "--model", "squeezenet", "--class", "unicorn"], "no class named 'unicorn'"),
        ([CAT, "--model", "squeezenet", "--class", "1000"], "class 1000"),
        ([CAT, "--model", "vgg16-conv", "--class", "281"], "no class scores"),
    ],
)
def test_a_mistake_is_answered_in_one_sentence(tmp_path, capsys, arguments, words):
    assert main([*arguments, "--output", str(tmp_path / "x.png")]) == 1
    said = capsys.readouterr()
    assert words in said.err and said.err.count("\n") == 1 and "Traceback" not in said.err
    assert not (tmp_path / "x.png").exists()


def test_an_unknown_option_ends_with_the_usage(capsys):
    with pytest.raises(SystemExit) as caught:
        main([CAT, "--rule", "lrp"])
    assert caught.value.code == 2 and "usage: python -m zv_helpers" in capsys.readouterr().err


@pytest.mark.parametrize("way", ["KERAS_BACKEND", "keras.json"])
def test_another_backend_is_answered_in_one_sentence(tmp_path, way):
    """Before anything is imported that takes long or is not installed."""
    (tmp_path / "keras.json").write_text('{"backend": "jax"}' if way == "keras.json" else "{}")
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    environment |= {"KERAS_HOME": str(tmp_path)}
    environment |= {"KERAS_BACKEND": "torch"} if way == "KERAS_BACKEND" else {}
    command = [sys.executable, "-m", "zv_helpers", "tabby_cat", "--model", "squeezenet"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    backend = "torch" if way == "KERAS_BACKEND" else "jax"
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and not done.stdout
    assert done.stderr.startswith("Expected Keras to run on TensorFlow, but ")
    assert f"{way} says {backend}: set KERAS_BACKEND=tensorflow" in done.stderr
