"""Run notebooks through a Jupyter server, as a browser does, and measure the memory that takes.

`tools/follow_dockerfile.py` calls it, with the Python of what it has installed:
    python tools/through_server.py URL TOKEN SERVER'S-PROCESS NOTEBOOK …
"""

import contextlib
import json
import re
import sys
import threading
import time
import uuid
from pathlib import Path

import requests
import websocket

MOST = 1.2  # GB, server and kernel together, without mapped libraries
PATIENCE = 300  # seconds, for one cell or for the server's start
ENDED = ("restarting", "autorestarting", "dead")  # what a server says of a kernel that has ended


def wait_for(url, headers, server):
    """Wait until the server, a process, answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and Path(f"/proc/{server}/exe").exists():
        try:
            if requests.get(f"{url}/api/status", headers=headers, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.5)
    sys.exit("Expected the server to answer, but it did not.")


def family(process):
    """Return the numbers of a process and all that it has started."""
    try:
        found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:  # it has ended meanwhile
        return []
    return [process, *(one for child in found for one in family(int(child)))]


def held(server, what):
    """Return how much memory the server and its kernels hold together, in GB. what: "VmHWM", the
    most that ever was resident, each process by itself; "RssAnon", now and without the mapped
    libraries, which a container gives back when memory is short."""
    total = 0
    for process in family(int(server)):
        with contextlib.suppress(OSError):  # it may have ended meanwhile
            text = Path(f"/proc/{process}/status").read_text()
            total += sum(map(int, re.findall(rf"{what}:\s+(\d+)", text)))  # none, once it ends
    return total * 1024 / 1e9


class Watch:
    """Looks at the memory that cannot be given back, ten times a second; `most` is the most."""

    def __init__(self, server):
        self.server, self.most = server, 0.0
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self):
        while True:
            self.most = max(self.most, held(self.server, "RssAnon"))
            time.sleep(0.1)


def execute(socket, code):
    """Run one cell; returns its error as text, or None. Ends the program if the kernel ends."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "zv"}
    header |= {"username": "", "version": "5.3", "date": ""}
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    socket.send(json.dumps(message | {"channel": "shell"}))
    error, idle, replied = None, False, False
    while not (idle and replied):
        answer = socket.recv()
        if isinstance(answer, bytes):  # a widget's picture
            continue
        answer = json.loads(answer)
        if answer["msg_type"] == "status" and answer["content"]["execution_state"] in ENDED:
            sys.exit(f"Expected the kernel to live, but it ended in the cell {code[:80]!r}.")
        if answer["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        content = answer["content"]
        if answer["msg_type"] == "execute_reply":
            replied = True
            error = "\n".join(content["traceback"]) if content["status"] == "error" else None
        idle |= answer["msg_type"] == "status" and content["execution_state"] == "idle"
    return error


def run(url, headers, path):
    """Run one notebook in a session of its own; returns (cells, the session's number)."""
    about = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
    answer = requests.post(f"{url}/api/sessions", json=about, headers=headers, timeout=60)
    answer.raise_for_status()
    session = answer.json()
    address = f"{url.replace('http', 'ws')}/api/kernels/{session['kernel']['id']}/channels"
    authorised = [f"{name}: {value}" for name, value in headers.items()]
    socket = websocket.create_connection(address, header=authorised, timeout=PATIENCE)
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    for cell in code:
        error = execute(socket, "".join(cell["source"]))
        if error and "raises-exception" not in cell["metadata"].get("tags", []):
            sys.exit(f"{path}: {error}")
    socket.close()
    return len(code), session["id"]


def main(url, token, server, *notebooks):
    headers = {"Authorization": f"token {token}"}
    wait_for(url, headers, server)
    print(f"the server alone: {held(server, 'VmHWM'):.2f} GB")
    most, watch = 0.0, Watch(server)
    for path in notebooks:
        started, watch.most = time.perf_counter(), 0.0
        count, session = run(url, headers, path)
        taken, resident = watch.most, held(server, "VmHWM")
        seconds = time.perf_counter() - started
        print(
            f"{path}: {count} cells, {seconds:.0f} s, at most {taken:.2f} GB, "
            f"with mapped libraries {resident:.2f}",
            flush=True,
        )
        requests.delete(f"{url}/api/sessions/{session}", headers=headers, timeout=60)
        most = max(most, taken)
    if most > MOST:
        sys.exit(f"Expected at most {MOST} GB, but {most:.2f} were needed.")


if __name__ == "__main__":
    main(*sys.argv[1:])
