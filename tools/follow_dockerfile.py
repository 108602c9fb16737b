"""Follow the Dockerfile step by step without Docker, in an empty folder, and measure what it takes.

    python tools/follow_dockerfile.py FOLDER [--notebooks notebooks/01*.ipynb …] [--memory 1.2]

The packages are really installed, the server is started as CMD says, and each notebook runs through
it as in a browser. The folder stands for the image's root: /srv is FOLDER/srv. Where the system
allows it, what comes after USER runs as that number; `adduser` only makes the home. At the end
stands the most memory that server and kernel took, in a table. `--memory` gives them so many GB and
no swap, as `docker run --memory=1.2g --memory-swap=1.2g` does: a process that needs more is ended.
"""

import argparse
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

from environment import ROOT, runs
from memory_group import forget_files, group

PLACES = re.compile(r"(?<![\w.}/])/(srv|home)\b")
USER_ID = 1000
AS_USER = ["setpriv", f"--reuid={USER_ID}", f"--regid={USER_ID}", "--clear-groups"]
OWN = f"chown {USER_ID}:{USER_ID}" if os.geteuid() == 0 else ":"


def steps(text):
    """Return the steps of a Dockerfile: [(INSTRUCTION, what it says)]."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in whole.splitlines() if line.strip()]


def ignored(context):
    """Return a function for shutil.copytree that leaves out what .dockerignore names: the clone
    has hardly anything of it."""
    patterns = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    names = [one.split("/")[-1] for one in patterns if "!" not in one and "*/" not in one]
    return shutil.ignore_patterns(*(name for name in names if name != "*"))


def put_python(python, folder):
    """Put a Python into an empty folder: a virtual environment; a copy of it where user 1000 could
    not reach what that stands on, such as root's own."""
    code = "import sys; print(sys.base_prefix)"
    prefix = Path(subprocess.check_output([python, "-c", code], text=True).strip())
    if os.geteuid() or runs([*AS_USER, python], ""):
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
        return
    leave = shutil.ignore_patterns("site-packages", "test", "__pycache__")
    shutil.copytree(prefix, folder, symlinks=True, ignore=leave)
    subprocess.run([folder / "bin" / "python3", "-m", "ensurepip", "--default-pip"], check=True)


class Image:
    """What a Dockerfile's steps make, in a folder that stands for the image's root."""

    def __init__(self, folder):
        self.folder, self.values, self.command = folder, {}, None
        self.workdir, self.prefix = folder, []
        self.bin = folder / "usr" / "local" / "bin"

    def here(self, text):
        """Return a text with the folder's own paths for the image's, and with ARG and ENV."""
        text = re.sub(r"\$\{(\w+)\}", lambda found: self.values.get(found[1], ""), text)
        return PLACES.sub(lambda found: str(self.folder / found[1]), text)

    def environment(self):
        """Return the environment variables of a step."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "JUPYTER"))}
        places = {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "LD_LIBRARY_PATH": str(self.bin.with_name("lib")),  # of a Python that was copied
        }
        return {**kept, **self.values, **places}

    def FROM(self, text):
        version = re.match(r"python:(3\.\d+)", text)[1]
        fits = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != {version!r})"
        by_pyenv = Path.home().glob(f".pyenv/versions/{version}*/bin/python3")
        named = [f"python{version}", *map(str, by_pyenv)]
        python = next((one for one in named if runs([one], fits)), sys.executable)
        if not runs([python], fits):
            print(f"    no Python {version} is here; this one is taken: {sys.version.split()[0]}")
        put_python(python, self.folder / "usr" / "local")
        stand_in = self.bin / "adduser"
        stand_in.write_text(f'#!/bin/sh\nmkdir -p "$HOME"\n{OWN} "$HOME"\n', encoding="utf-8")
        stand_in.chmod(0o755)

    def ARG(self, text):
        name, _, value = text.partition("=")
        self.values[name] = self.here(value)

    def ENV(self, text):
        for word in shlex.split(text):
            self.ARG(word)

    def RUN(self, text):
        text = PLACES.sub(lambda found: str(self.folder / found[1]), text)
        if os.geteuid():
            text = text.replace("chown ", ": ")
        subprocess.run(
            [*self.prefix, "sh", "-ec", text], cwd=self.workdir, env=self.environment(), check=True
        )

    def WORKDIR(self, text):
        self.workdir = Path(self.here(text))
        self.workdir.mkdir(parents=True, exist_ok=True)

    def COPY(self, text):
        owner, source, target = self.here(text).split()
        if source != "." or owner != f"--chown={USER_ID}:{USER_ID}":
            raise ValueError(f"Expected COPY of all, for the user, but got {text!r}: teach me.")
        context = self.folder / "context"
        subprocess.run(["git", "clone", "-q", "--depth=1", ROOT.as_uri(), context], check=True)
        where, leave = self.workdir / target, ignored(context)
        shutil.copytree(context, where, ignore=leave, dirs_exist_ok=True)
        shutil.rmtree(context)
        subprocess.run(["sh", "-c", f'{OWN} -R "$0"', where], check=True)

    def USER(self, text):
        if os.geteuid() == 0:
            self.prefix = AS_USER
        else:
            print("    only root can be another user: what follows runs as you")

    def EXPOSE(self, text):
        pass

    def CMD(self, text):
        self.command = json.loads(text)


def free_port():
    """Return the number of a port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextlib.contextmanager
def limited(folder, memory):
    """Give the words that put a command into a group of so many GB (None: no limit). In the end say
    what was held, and end the program if a process was ended for it."""
    if memory is None:
        yield []
        return
    forget_files(folder)  # installing has read and written them: in a container they count anew
    with contextlib.ExitStack() as stack:
        try:
            made = stack.enter_context(group(int(memory * 1e9)))
        except OSError as error:
            sys.exit(f"Expected a group of processes that may hold {memory} GB, but {error}.")
        yield made.words
        print(f"in {memory} GB: {made}", flush=True)
        if made.ended:
            sys.exit(f"Expected {memory} GB to be enough, but processes were ended.")


def serve_and_run(image, notebooks, words):
    """Start the image's command and run notebooks through its server; returns the exit status.
    words: to put before the command."""
    port, token = free_port(), "follow"
    known = {"ZV_MODEL": "squeezenet", "ZV_TRAIN": "0", "TQDM_DISABLE": "1", "JUPYTER_TOKEN": token}
    environment = image.environment() | known
    local = ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    command = [word for word in image.command if not word.startswith(("--ip", "--port"))]
    server = subprocess.Popen(
        [*words, *image.prefix, *command, *local],
        cwd=image.workdir,
        env=environment,
        start_new_session=True,
    )
    try:
        about = [f"http://127.0.0.1:{port}", token, str(server.pid)]
        script = Path(__file__).with_name("through_server.py")
        python = str(image.bin / "python")
        return subprocess.run(
            [python, str(script), *about, *notebooks], cwd=image.workdir, env=environment
        ).returncode
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="an empty folder; 2 GB go into it")
    one = ["notebooks/01_define_the_model.ipynb"]
    parser.add_argument(
        "--notebooks", nargs="*", default=one, help="which ones (default: the first)"
    )
    parser.add_argument("--memory", type=float, help="GB; needs root (default: no limit)")
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        sys.exit(f"Expected an empty folder, but {options.folder} is not.")
    image = Image(folder)
    for instruction, said in steps((ROOT / "Dockerfile").read_text(encoding="utf-8")):
        print(f"{instruction} {said}", flush=True)
        getattr(image, instruction)(said)
    with limited(folder, options.memory) as words:
        status = serve_and_run(image, options.notebooks, words)
    sys.exit(status)


if __name__ == "__main__":
    main()
