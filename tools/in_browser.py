"""JupyterLab and Chromium for the browser tests and the benchmark of the explorers.

`jupyterlab` serves a copy of the notebooks; `chromium` is the browser; `Notebook` and `OnScreen`
do in it what a learner does: run all cells, press keys, choose, and look at the picture.
"""

import base64
import contextlib
import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import numpy as np
from environment import python_path
from lab import ROOT, SETTINGS, lab_options
from PIL import Image

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 60
ACTION_SECONDS = 20
# Nothing but the page itself may use the two cores that are measured, or the network.
CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
)

# The page has been painted as it is now: the second frame from here shows it.
PAINTED = """() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(() => done())))"""
# A picture that is replaced while it is decoded is refused: then the next one is asked for.
PIXELS = """async img => {
    for (let source; source !== img.src;) {
        source = img.src;
        await img.decode().catch(error => { if (source === img.src) throw error; });
    }
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [img.naturalWidth, img.naturalHeight];
    const drawing = canvas.getContext('2d');
    drawing.drawImage(img, 0, 0);
    const bytes = drawing.getImageData(0, 0, canvas.width, canvas.height).data;
    let text = '';
    for (let i = 0; i < bytes.length; i += 32768)
        text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return [canvas.height, canvas.width, btoa(text)];
}"""

# What was folded away is laid out.
UNFOLDED = """([fold, on]) =>
    fold.closest('.zv-explorer').querySelector('.zv-folded').clientHeight > 0 === on"""

OUTPUTS = """() => {
    const cells = [...jupyterapp.shell.currentWidget.content.model.cells];
    return cells.map(cell => cell.toJSON()).filter(cell => cell.cell_type === 'code').map(cell => ({
        source: [cell.source].flat().join(''),
        tags: cell.metadata.tags || [],
        count: cell.execution_count,
        outputs: cell.outputs,
    }));
}"""

SCROLL = """async i => {
    const notebook = jupyterapp.shell.currentWidget.content;
    const tagged = notebook.widgets.filter(
        cell => (cell.model.metadata.tags || []).includes('explorer'));
    notebook.activeCellIndex = notebook.widgets.indexOf(tagged[i]);
    await notebook.scrollToItem(notebook.activeCellIndex, 'start');
}"""

OPEN = """async ([path, kernelPreference]) => {
    const opened = await jupyterapp.commands.execute('docmanager:open', {path, kernelPreference});
    await opened.context.ready;
}"""

NO_KERNEL = {"shouldStart": False, "autoStartDefault": False, "canStart": False}

# The connection is closed: it would refuse the widgets, of which it knows nothing.
START_KERNEL = """async () => {
    const kernel = await jupyterapp.serviceManager.kernels.startNew();
    kernel.dispose();
    return kernel.id;
}"""

EXECUTE = """async code => {
    const kernel = jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
    const {content} = await kernel.requestExecute({code, silent: true}).done;
    if (content.status !== 'ok') throw new Error(`${content.ename}: ${content.evalue}`);
}"""

IDLE = """() => window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.session?.kernel
    ?.status === 'idle'"""


def chromium_path():
    """Return the path of Chromium: $ZV_CHROMIUM, or the system's."""
    found = os.environ.get("ZV_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise FileNotFoundError(
            "Expected Chromium, but none is installed: install the system's package, for instance "
            "`apt-get install chromium`, or name a Chromium or Chrome in ZV_CHROMIUM."
        )
    return found


@contextlib.contextmanager
def chromium():
    """Start Chromium without a window, and close it afterwards."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=list(CHROMIUM_OPTIONS)
        )
        try:
            yield browser
        finally:
            browser.close()


def copy_workbook(folder):
    """Copy the notebooks into `folder`, and a data folder whose my_photos is empty."""
    (folder / "root").mkdir()
    ignore = shutil.ignore_patterns("results", ".ipynb_checkpoints")
    shutil.copytree(ROOT / "notebooks", folder / "root" / "notebooks", ignore=ignore)
    data = folder / "data"
    (data / "my_photos").mkdir(parents=True)
    for path in (ROOT / "data").iterdir():
        if path.name != "my_photos":
            (data / path.name).symlink_to(path)


def write_notebook(path, setup, explorers):
    """Write a notebook: a cell of set-up, then a tagged cell for the source of each explorer."""
    cells = [nbformat.v4.new_code_cell(setup)] + [
        nbformat.v4.new_code_cell(source, metadata={"tags": ["explorer"]}) for source in explorers
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


@contextlib.contextmanager
def jupyterlab(folder, **environment):
    """Serve the copy in `folder` (see `copy_workbook`) on loopback; gives the server's URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "jupyter",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    options = [o for o in lab_options() if "root_dir" not in o and "default_url" not in o]
    options += [
        f"--ServerApp.root_dir={folder / 'root'}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--expose-app-in-browser",
        "--no-browser",
    ]
    environment = {
        **os.environ,
        **{name: str(folder / place) for name, place in own.items()},
        "JUPYTER_CONFIG_PATH": str(SETTINGS),
        "PYTHONPATH": python_path(),
        "ZV_DATA": str(folder / "data"),
        "ZV_MODEL": "squeezenet",
        **environment,
    }
    url, log = f"http://127.0.0.1:{port}", folder / "jupyterlab.log"
    with log.open("w", encoding="utf-8") as file:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=environment,
            cwd=folder / "root",
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_served(server, url, log)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def wait_until_served(server, url, log):
    """Wait until JupyterLab answers; raises RuntimeError with its log if it does not."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/api/status", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')}")


def open_lab(browser, url):
    """Open a page with JupyterLab in which nothing is open; returns the page."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_default_timeout(1000 * ACTION_SECONDS)
    page.goto(f"{url}/lab?reset", timeout=1000 * SECONDS)
    page.wait_for_function("() => window.jupyterapp?.restored", timeout=1000 * SECONDS)
    page.evaluate(
        "jupyterapp.shell.leftCollapsed ||"
        " jupyterapp.commands.execute('application:toggle-left-area')"
    )
    return page


def start_kernel(page):
    """Start a kernel for notebooks that are opened with it one after the other; returns its id."""
    return page.evaluate(START_KERNEL)


class Notebook:
    """A notebook that is open in a page of JupyterLab (see `open_lab`).

    kernel: the id of a kernel that runs already, None for one of its own, or NO_KERNEL.
    """

    def __init__(self, page, path, kernel=None):
        self.page, self.sockets, self.opened = page, [], time.monotonic()
        page.on("websocket", self._add_socket)
        preference = {"id": kernel} if isinstance(kernel, str) else kernel or {}
        page.evaluate(OPEN, [path, preference])
        if kernel is not NO_KERNEL:
            self.wait_until_idle()

    def _add_socket(self, socket):
        self.sockets.append(socket)

    def wait_until_idle(self):
        self.page.wait_for_function(IDLE, timeout=1000 * SECONDS)

    def execute(self, command):
        """Run one of JupyterLab's commands, and wait until it has ended."""
        self.page.evaluate("command => jupyterapp.commands.execute(command)", command)

    def run_all(self):
        """Run all cells; raises RuntimeError with the first error."""
        self.execute("notebook:run-all-cells")
        self.wait_until_idle()
        for cell in self.code_cells():
            for output in cell["outputs"]:
                if output["output_type"] == "error":
                    raise RuntimeError(
                        f"{output['ename']}: {output['evalue']}, from:\n{cell['source']}"
                    )

    def run_silently(self, code):
        """Run code that no cell shows, and that is not counted; raises playwright's Error."""
        self.page.evaluate(EXECUTE, code)

    def code_cells(self):
        """Return the code cells: dicts of source, tags, count and outputs."""
        return self.page.evaluate(OUTPUTS)

    def restart(self):
        """Restart the kernel, as the command does once its question was answered."""
        self.page.evaluate(
            "jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.restart()"
        )
        self.wait_until_idle()

    def scroll_to(self, index):
        """Make an explorer's cell, counted from 0, the active one and scroll to it."""
        self.page.evaluate(SCROLL, index)

    def explorer(self, index=0):
        """Scroll to an explorer; returns it as `OnScreen`."""
        self.scroll_to(index)
        found = self.page.locator(".jp-Cell.jp-mod-active .zv-explorer")
        found.wait_for()
        # The active cell changes with the focus, so the explorer gets a mark of its own.
        found.evaluate("(root, index) => { root.dataset.explorer = index; }", index)
        return OnScreen(self.page, self.page.locator(f".zv-explorer[data-explorer='{index}']"))

    def close(self):
        """Close the notebook; its kernel goes on. Nothing is saved."""
        self.page.evaluate("jupyterapp.shell.currentWidget.dispose()")
        self.page.remove_listener("websocket", self._add_socket)

    def end_kernel(self):
        self.page.evaluate("jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")


class OnScreen:
    """An explorer on the page, `root` (a locator), by the names its controls have."""

    def __init__(self, page, root):
        self.page, self.root = page, root
        self.image = root.locator("img.zv-picture")
        self.line = root.locator("[role=status], [role=alert]")

    def control(self, role, name):
        """Find a control by its role and its accessible name; the fold is opened for it if it is
        folded away."""
        found = self.root.get_by_role(role, name=name, exact=True)
        if not found.count():
            self.unfold()
        return found

    @property
    def fold(self):
        """The line that opens and closes what is folded away, not that of one opened in it."""
        return self.root.locator(".zv-fold").first

    def unfold(self, on=True):
        """Open the fold, or close it."""
        if (self.fold.get_attribute("aria-expanded") == "true") != on:
            self.fold.press("Enter")
        self.page.wait_for_function(UNFOLDED, arg=[self.fold.element_handle(), on])

    def value(self, role, name):
        return self.control(role, name).input_value()

    def choose(self, name, option):
        self.control("combobox", name).select_option(label=option)

    def type(self, role, name, text):
        box = self.control(role, name)
        box.fill(str(text))
        box.press("Enter")

    def press(self, name, key, times=1):
        """Press a key at a slider."""
        handle = self.control("slider", name)
        handle.focus()
        for _ in range(times):
            handle.press(key)

    def wait_for_slider(self, name, value, seconds=ACTION_SECONDS):
        """Wait until a slider stands at a number: the kernel has answered what came before."""
        handle = self.control("slider", name).element_handle()
        self.page.wait_for_function(
            "([handle, value]) => Number(handle.getAttribute('aria-valuenow')) === value",
            arg=[handle, value],
            timeout=1000 * seconds,
        )

    def upload(self, *files):
        self.unfold()
        with self.page.expect_file_chooser() as chooser:
            self.root.locator(".widget-upload").click()
        chooser.value.set_files(*files)

    def wait_for_line(self, text, role="status", seconds=ACTION_SECONDS):
        """Wait until the line says something; returns all of it."""
        self.root.locator(f"[role={role}]", has_text=text).wait_for(timeout=1000 * seconds)
        return self.line.inner_text()

    def wait_for_text(self, text, seconds=ACTION_SECONDS):
        """Wait until the line says exactly this, apart from the milliseconds."""
        try:
            self.page.wait_for_function(
                "([line, text]) => line.querySelector('[role=status]')?.firstChild.textContent"
                ".trim() === text",
                arg=[self.root.element_handle(), text],
                timeout=1000 * seconds,
            )
        except Exception as error:
            came = self.line.inner_text()
            raise AssertionError(f"Expected the line {text!r}, but it says {came!r}") from error

    def pixels(self):
        """Return what is painted, as the browser decoded it: uint8 (h, w, 3)."""
        height, width, text = self.image.evaluate(PIXELS)
        values = np.frombuffer(base64.b64decode(text), np.uint8)
        return values.reshape(height, width, 4)[..., :3]

    def painted(self, do, edges):
        """Return what the screen showed of a part of the picture while do() ran.

        edges: (left, top, right, bottom) in the picture's own pixels. Gives a list of uint8
        (h, w, 3), one for each time the page was painted; the picture must stay where it is.
        """
        self.root.evaluate("root => root.scrollIntoView({block: 'nearest'})")  # and its sliders
        box = self.image.bounding_box()
        factor = box["width"] / self.image.evaluate("img => img.naturalWidth")
        place = [factor * edge + box["xy"[i % 2]] for i, edge in enumerate(edges)]
        assert place[3] < self.page.viewport_size["height"], "what is to be seen is off the screen"
        frames, session = [], self.page.context.new_cdp_session(self.page)

        def painted(event):
            session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})
            frames.append(event["data"])

        session.on("Page.screencastFrame", painted)
        session.send("Page.startScreencast", {"format": "jpeg", "quality": 90})
        try:
            self.page.evaluate(PAINTED)
            for _ in range(100):
                if not frames:
                    self.page.wait_for_timeout(20)
            frames.clear()  # the first comes at once, and may be of before it was scrolled here
            do()
        finally:
            session.send("Page.stopScreencast")
            session.detach()
        assert self.image.bounding_box() == box, "the picture has moved on the screen"
        shots = (Image.open(io.BytesIO(base64.b64decode(frame))) for frame in frames)
        return [np.asarray(shot.crop([round(edge) for edge in place])) for shot in shots]

    def click_picture(self, x, y):
        """Click on a pixel of the picture, given in its own pixels."""
        box, (width, height) = (
            self.image.bounding_box(),
            self.image.evaluate("img => [img.naturalWidth, img.naturalHeight]"),
        )
        place = {"x": x * box["width"] / width, "y": y * box["height"] / height}
        self.image.click(position=place)
