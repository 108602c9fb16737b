"""`python -m zv_helpers.atlas`."""

import subprocess
import sys

import pytest

import zv_helpers as zv
from zv_helpers.atlas import __main__ as terminal
from zv_helpers.atlas.sources import list_photographs


@pytest.fixture
def folder(pictures, tmp_path):
    for path in list_photographs(pictures)[:3]:
        (tmp_path / path.rsplit("/", 1)[1]).write_bytes(open(path, "rb").read())
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    return tmp_path


def test_it_builds_an_atlas_and_says_what_it_skipped(folder, tmp_path, capsys):
    out = str(tmp_path / "out")
    about = [str(folder), "--network", "squeezenet", "--out", out, "--layers", "conv1", "fire2"]
    assert terminal.main([*about, "--count", "2"]) == 0
    said = capsys.readouterr()
    assert "over 4 photographs, 1 skipped: 2 layers, 192 feature maps, 2 neurons" in said.out
    assert "broken.jpg: Expected a picture" in said.err
    assert zv.load_atlas(out)["fire2"].rows.shape == (128, 2)


@pytest.mark.parametrize(
    "more, words",
    [
        (["--network", "nonsense"], "Expected the name of a network"),
        (["--network", "squeezenet", "--layers", "fire"], "has no layer 'fire'"),
        (["--network", "squeezenet", "--count", "0"], "got 0"),
        (["--network", "squeezenet", "--workers", "0"], "Expected --workers to be 1 or more"),
    ],
)
def test_what_is_wrong_is_one_line(folder, tmp_path, capsys, more, words):
    assert terminal.main([str(folder), "--out", str(tmp_path / "out"), *more]) == 1
    said = capsys.readouterr().err
    assert words in said and len(said.splitlines()) == 1


def test_stopped_it_says_how_to_go_on(folder, tmp_path, capsys, monkeypatch):
    def stopped(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(terminal, "build", stopped)
    assert terminal.main([str(folder), "--out", "there"]) == 130
    assert "goes on with what is in there" in capsys.readouterr().err


def test_dask_is_imported_only_when_it_is_used():
    code = (
        "import sys, zv_helpers.atlas.__main__; print({'dask', 'distributed'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


def test_help_says_how_to_use_workers(capsys):
    with pytest.raises(SystemExit):
        terminal.main(["--help"])
    said = capsys.readouterr().out
    assert all(word in said for word in ("--scheduler", "--workers", "--layers", "--count", "DIR"))
