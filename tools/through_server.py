"""Run notebooks through a Jupyter server, as a browser does, and measure the memory that takes.

`tools/follow_dockerfile.py` calls it, with the Python of what it has installed:
    python tools/through_server.py URL TOKEN SERVER'S-PROCESS NOTEBOOK …
"""

import json
import sys
import time
import uuid
from pathlib import Path

import requests
import websocket

MOST = 1.2  # GB, server and kernel together
PATIENCE = 300  # seconds, for one cell or for the server's start


def wait_for(url, headers):
    """Wait until the server answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if requests.get(f"{url}/api/status", headers=headers, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.5)
    sys.exit("Expected the server to answer, but it did not.")


def family(process):
    """Return the numbers of a process and all that it has started."""
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(one for child in found for one in family(int(child)))]


def peak(processes):
    """Return the most memory that processes ever had, each by itself, added up: GB."""
    total = 0
    for process in processes:
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                total += int(line.split()[1])
    return total * 1024 / 1e9


def execute(socket, code):
    """Run one cell; returns its error as text, or None."""
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
    wait_for(url, headers)
    print(f"the server alone: {peak(family(int(server))):.2f} GB")
    most = 0.0
    for path in notebooks:
        started = time.perf_counter()
        count, session = run(url, headers, path)
        taken = peak(family(int(server)))
        seconds = time.perf_counter() - started
        print(f"{path}: {count} cells, {seconds:.0f} s, at most {taken:.2f} GB", flush=True)
        requests.delete(f"{url}/api/sessions/{session}", headers=headers, timeout=60)
        most = max(most, taken)
    if most > MOST:
        sys.exit(f"Expected at most {MOST} GB, but {most:.2f} were needed.")


if __name__ == "__main__":
    main(*sys.argv[1:])
