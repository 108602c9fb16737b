"""Start JupyterLab on the first notebook, with the workbook's settings (`make lab` runs this).

Options after the file's name go to JupyterLab: `python tools/lab.py --no-browser --port=9999`.
"""

import json
import os
import sys
from pathlib import Path

try:
    import zmq
    from jupyterlab.labapp import LabApp
except ImportError:
    sys.exit(
        f"JupyterLab is not installed for {sys.executable}: "
        "run `make lab`, or the Python of the environment that the README sets up."
    )

ROOT = Path(__file__).resolve().parents[1]
# Defaults for JupyterLab's own settings: no question about news, which would need a network; and
# for the server's, with which Binder and a JupyterHub start it.
SETTINGS = ROOT / "tools" / "jupyter"
FIRST_NOTEBOOK = "notebooks/01_define_the_model.ipynb"


def lab_options():
    """JupyterLab's command-line options for the workbook, as a list of str."""
    settings = json.loads((SETTINGS / "jupyter_server_config.json").read_text(encoding="utf-8"))
    # A photograph comes in one message; above the usual 10 MB the connection drops silently.
    for_messages = settings["ServerApp"]["tornado_settings"]
    # Pings are for connections through the net. Here they would print a warning for each one
    # opened, and a time-out short enough to silence it drops every connection after 30 s.
    options = [
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}",
        f"--ServerApp.tornado_settings={for_messages | {'ws_ping_interval': 0}}",
        # Only the address is worth a newcomer's attention.
        "--ServerApp.log_level=WARN",
        "--LabApp.log_level=WARN",
    ]
    if zmq.has("curve"):
        # The kernel encrypts what it sends, and so has no warning to print about it.
        options.append("--KernelManager.transport_encryption=auto")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    return options


def main():
    os.chdir(ROOT)
    folders = [str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, folders))
    LabApp.launch_instance(lab_options() + sys.argv[1:])


if __name__ == "__main__":
    main()
