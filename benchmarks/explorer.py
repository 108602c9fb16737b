"""From a key press to the new picture, painted, in JupyterLab in Chromium.

    python benchmarks/explorer.py      needs the browser extra and Chromium: see `make test-browser`

At a neuron of each main layer the arrow key is pressed 50 times. The clock runs in the page: it
starts with the key and stops in the frame after the `<img>` has decoded its new source. In the same
run, a slider that only swaps one ready-made JPEG of the same size is the floor. A row gives the
median and the 95th percentile, the median less the floor beside its bar, and the medians of the
parts: the projection is computed, the panels are drawn and encoded in the kernel; the rest is
travel and paint. Then a drag of 40 presses in 0.6 s (from its last press to its last picture), and
a new photograph.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from in_browser import Notebook, chromium, copy_workbook, jupyterlab, open_lab, write_notebook

LAYERS = {
    "squeezenet": ("conv1", *(f"fire{i}" for i in range(2, 10))),
    "vgg16-conv": ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3"),
    "efficientnet-lite0": ("block2_1_depthwise_relu", "block3_2_add", "block5_3_add", "head_relu"),
    "ResNet50": tuple(f"conv{i}_block1_out" for i in range(2, 6)),
}
BAR, BARS = 40, {"block4_conv3": 60, "block5_conv3": 130, "conv5_block1_out": 130}
PHOTOGRAPH_BAR, PHOTOGRAPH_BARS = 250, {"vgg16-conv": 1500}
REST = 50  # milliseconds between two presses, so that one press is measured at a time

SETUP = """import json, sys, time
import ipywidgets as widgets
import zv_helpers as zv
from zv_helpers import explorers
from zv_helpers.explorers import drawing
from zv_helpers.explorers.picture import Picture

sys.path.insert(0, {here!r})
from networks import load

network = load({model!r})
features = zv.extract_features(network, zv.load_image("tabby_cat", network))
explorer = explorers.neuron_explorer(features)
PARTS = ("compute", "render", "caption", "encode")
spent, file = dict.fromkeys(PARTS, 0.0), open("parts.jsonl", "a")

def timed(part, function):
    def around(*arguments, **named):
        started = time.perf_counter()
        result = function(*arguments, **named)
        spent[part] = 1000 * (time.perf_counter() - started)
        if part == "caption":
            print(json.dumps(spent), file=file, flush=True)
        return result
    return around

explorer.resolve = timed("compute", explorer.resolve)
explorer.render = timed("render", explorer.render)
explorer.caption = timed("caption", explorer.caption)
drawing.jpeg = timed("encode", drawing.jpeg)"""

FLOOR = """ready = [bytes(explorer.picture.value) + bytes([i]) for i in range(200)]
picture = Picture(value=ready[0])
slider = widgets.IntSlider(description="Floor", max=199)
line = widgets.HTML('<div role="status">floor</div>')
slider.observe(lambda event: setattr(picture, "value", ready[event["new"]]), names="value")
box = widgets.VBox([slider, line, picture])
box.add_class("zv-explorer")
box"""

WATCH = """img => {
    window.watching?.disconnect();
    if (!window.begun) {
        window.begun = [];
        window.pictures = [];
        const begin = event => begun.push(event.timeStamp);
        document.addEventListener('keydown', begin, true);
        document.addEventListener('change', begin, true);
    }
    const decoded = async () => {
        const source = img.src;
        try { await img.decode(); } catch (error) { return; }
        if (img.src !== source) return;  // a newer one is on its way
        requestAnimationFrame(() => setTimeout(() => {
            pictures.push(performance.now());
            window.arrived?.();
        }, 0));
    };
    window.watching = new MutationObserver(decoded);
    watching.observe(img, {attributes: true, attributeFilter: ['src']});
}"""

AGAIN = """() => {
    begun.length = pictures.length = 0;
    window.arrival = new Promise(resolve => { window.arrived = resolve; });
}"""


WITHIN_20_SECONDS = """() => Promise.race([window.arrival, new Promise((_, refuse) => setTimeout(
    () => refuse(new Error('no new picture within 20 seconds')), 20_000))])"""


def until_painted(page, do):
    """Return the milliseconds from the event that do() causes to the new picture."""
    page.evaluate(AGAIN)
    do()
    page.evaluate(WITHIN_20_SECONDS)
    took = page.evaluate("window.pictures[0] - window.begun[0]")
    page.wait_for_timeout(REST)
    return took


def presses(explorer, name, count, warm=4):
    """Press the arrow key at a slider; returns the milliseconds of each press but the first."""
    explorer.image.evaluate(WATCH)
    explorer.control("slider", name).focus()
    page = explorer.page
    press = [
        until_painted(page, lambda: page.keyboard.press("ArrowRight")) for _ in range(warm + count)
    ]
    return press[warm:]


def drag(explorer, name, count=40, seconds=0.6):
    """Press quickly; returns (seconds of the drag, ms from its end to the last picture, number of
    pictures)."""
    page = explorer.page
    explorer.image.evaluate(WATCH)
    explorer.control("slider", name).focus()
    page.evaluate(AGAIN)
    started = time.perf_counter()
    for i in range(count):
        time.sleep(max(started + i * seconds / count - time.perf_counter(), 0))
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(2500)
    return page.evaluate(
        "[(begun.at(-1) - begun[0]) / 1000, pictures.at(-1) - begun.at(-1), pictures.length]"
    )


def percentile(values, share=0.95):
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def at_layer(explorer, layer):
    """Go to a layer's feature map 0."""
    explorer.choose("name", layer)
    explorer.wait_for_line(f"layer {layer},")
    explorer.type("spinbutton", "number", 0)
    explorer.wait_for_line("feature map 0,")
    explorer.page.wait_for_timeout(300)


def verdict(value, bar):
    return "" if value <= bar else "  MISSED"


def measure(notebook, model, parts, count):
    """Measure one network and print its rows; returns how many bars it missed."""
    floors, rows, missed = presses(notebook.explorer(1), "Floor", count), [], 0
    explorer = notebook.explorer(0)
    for layer in LAYERS[model]:
        at_layer(explorer, layer)
        parts.write_text("")
        took = presses(explorer, "Feature map", count)
        shares = [json.loads(line) for line in parts.read_text().splitlines()][-count:]
        part = {name: statistics.median(one[name] for one in shares) for name in shares[0]}
        rows.append((layer, took, part))
    floors += presses(notebook.explorer(1), "Floor", count)  # before and after all that is measured
    floor = statistics.median(floors)
    explorer = notebook.explorer(0)
    print(f"\n{model}: {count} presses a layer, milliseconds; floor {floor:.0f}")
    print(
        f"{'layer':14}{'median':>8}{'95 %':>7}{'- floor':>9}{'bar':>6}"
        f"{'compute':>10}{'draw':>7}{'encode':>8}{'travel, paint':>15}"
    )
    for layer, took, part in rows:
        median, bar = statistics.median(took), BARS.get(layer, BAR)
        draw = part["render"] + part["caption"]
        rest = median - part["compute"] - draw - part["encode"]
        missed += median - floor > bar
        print(
            f"{layer:14}{median:8.0f}{percentile(took):7.0f}{median - floor:9.0f}{bar:6}"
            f"{part['compute']:10.0f}{draw:7.0f}"
            f"{part['encode']:8.1f}{rest:15.0f}{verdict(median - floor, bar)}"
        )
    for layer in (LAYERS[model][0], LAYERS[model][-1]):
        at_layer(explorer, layer)
        seconds, after, pictures = drag(explorer, "Feature map")
        explorer.wait_for_line("feature map 40,")
        print(
            f"drag at {layer}: 40 presses in {seconds:.2f} s, {pictures:.0f} pictures; "
            f"the last position is on screen {after:.0f} ms after the last press"
        )
    explorer.image.evaluate(WATCH)
    took = []
    for photograph in ("german_shepherd", "owl", "espresso", "chickens", "tabby_cat"):
        took.append(
            until_painted(
                explorer.page, lambda name=photograph: explorer.choose("Photograph", name)
            )
        )
        explorer.wait_for_line(f"{photograph} in {model.lower()}")
    bar = PHOTOGRAPH_BARS.get(model, PHOTOGRAPH_BAR)
    missed += max(took) > bar
    print(
        f"a new photograph: median {statistics.median(took):.0f} ms, slowest {max(took):.0f} ms, "
        f"bar {bar} ms{verdict(max(took), bar)}"
    )
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--presses", type=int, default=50)
    parser.add_argument("models", nargs="*", default=list(LAYERS))
    options, missed = parser.parse_args(), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        copy_workbook(folder)
        with jupyterlab(folder) as url, chromium() as browser:
            page = open_lab(browser, url)
            for model in options.models:
                setup = SETUP.format(model=model, here=str(Path(__file__).parent.resolve()))
                write_notebook(folder / "root" / "benchmark.ipynb", setup, ("explorer", FLOOR))
                notebook = Notebook(page, "benchmark.ipynb")
                notebook.run_all()
                parts = folder / "root" / "parts.jsonl"
                missed += measure(notebook, model, parts, options.presses)
                notebook.end_kernel()
                notebook.close()
    print(f"\n{missed} bars missed" if missed else "\nevery bar is met")


if __name__ == "__main__":
    main()
