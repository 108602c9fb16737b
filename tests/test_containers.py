"""Dockerfile and binder/: the same pins, nobody's root, the server's settings."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="they are for Linux")
INSTALL = ["-c", "constraints.txt", "-e", ".[lab]"]


@pytest.fixture(scope="module")
def follow():
    sys.path.append(str(ROOT / "tools"))
    import follow_dockerfile

    return follow_dockerfile


@pytest.fixture(scope="module")
def steps(follow):
    return follow.steps((ROOT / "Dockerfile").read_text(encoding="utf-8"))


def test_steps_are_read_as_docker_reads_them(follow):
    text = '# no step\nFROM a\n\nRUN one \\\n    && two\n# none\nCMD ["x"]\n'
    assert follow.steps(text) == [("FROM", "a"), ("RUN", "one && two"), ("CMD", '["x"]')]


def test_the_dockerfile_installs_the_pins_for_a_user_who_is_not_root(steps):
    names = [name for name, _ in steps]
    assert names[0] == "FROM" and names[-1] == "CMD" and names.index("USER") > names.index("COPY")
    assert ("ARG", "NB_UID=1000") in steps and ("USER", "${NB_USER}") in steps
    assert ("EXPOSE", "8888") in steps
    (install,) = [said for name, said in steps if name == "RUN" and "pip" in said]
    assert shlex.split(install)[:7] == ["pip", "install", "--no-cache-dir", *INSTALL]
    *_, program, no_browser, ip, port = json.loads(steps[-1][1])
    assert (program, ip, port) == ("tools/lab.py", "--ip=0.0.0.0", "--port=8888")
    words = [word for name, said in steps if name == "ENV" for word in said.split()]
    settings = dict(word.split("=", 1) for word in words)
    (workdir,) = [said for name, said in steps if name == "WORKDIR"]
    assert settings["JUPYTER_CONFIG_PATH"] == f"{workdir}/tools/jupyter"


def test_binder_installs_the_same(steps):
    lines = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    words = " ".join(line for line in lines if not line.startswith("#")).split()
    assert words == ["-c", "../constraints.txt", *INSTALL[2:]]
    version = (ROOT / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    assert steps[0] == ("FROM", f"{version.replace('-', ':')}-slim")
    for name in ("postBuild", "start"):
        assert os.access(ROOT / "binder" / name, os.X_OK), name


def test_binders_server_takes_large_uploads(tmp_path):
    """Its own start, with a command that asks Jupyter for its settings."""
    code = (
        "from jupyter_server.serverapp import ServerApp; app = ServerApp(); "
        "app.load_config_file(); print(app.tornado_settings)"
    )
    done = subprocess.run(
        [ROOT / "binder" / "start", sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert "'websocket_max_message_size': 104857600" in done.stdout, done.stderr


def test_lab_takes_large_uploads_and_sends_no_pings():
    sys.path.append(str(ROOT / "tools"))
    from lab import lab_options

    (said,) = [one for one in lab_options() if "tornado_settings" in one]
    expected = {"websocket_max_message_size": 100 * 2**20, "ws_ping_interval": 0}
    assert said == f"--ServerApp.tornado_settings={expected}"


def test_a_group_ends_what_needs_more_memory_and_nothing_else(follow, capsys):
    from memory_group import group

    held = [sys.executable, "-c", "import sys; b'x' * int(sys.argv[1])"]
    try:
        with group(80_000_000) as small:
            fits = subprocess.run([*small.words, *held, "30_000_000"]).returncode
            first = str(small)
            needs_more = subprocess.run([*small.words, *held, "120_000_000"]).returncode
            assert (fits, needs_more, small.ended) == (0, -signal.SIGKILL, 1)
            assert 0.03 < small.peak < 0.0805
        assert first.endswith("no process was ended") and not small.folder.exists()
        refused = pytest.raises(SystemExit, match="Expected 0.08 GB to be enough")
        with refused, follow.limited(ROOT / "binder", 0.08) as words:
            subprocess.run([*words, *held, "120_000_000"])
        assert "1 process was ended" in capsys.readouterr().out
    except OSError as error:
        pytest.skip(f"no group here: {error}")


def test_the_image_leaves_out_what_git_does():
    ours = set((ROOT / ".gitignore").read_text(encoding="utf-8").replace("/", "").split())
    theirs = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    named = set(re.sub(r"\*\*/|/", "", theirs).split())
    assert {".venv", ".venv-colab", "results", "__pycache__", "datamy_photos*"} <= ours & named
