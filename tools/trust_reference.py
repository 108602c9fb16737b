"""Write what Xplique and Quantus measure to tests/data/trust_reference.json, for tests/trust.

They run in an environment of their own (tests/data/README.md names it). Of the workbook it takes
SqueezeNet and the heatmaps; the measures are theirs.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import keras  # noqa: E402  once it can be found, and TensorFlow is told to be quiet
import numpy as np  # noqa: E402
import quantus  # noqa: E402
import xplique.metrics  # noqa: E402
from independent import reference_heat  # noqa: E402

import zv_helpers as zv  # noqa: E402

FOLDER = ROOT / "tests" / "data"
PATH = FOLDER / "trust_reference.json"
GREY, STEPS, FLIPS = 128.0, 14, 7  # 224² pixels can be divided by both numbers
MEANS = (103.939, 116.779, 123.68)  # of SqueezeNet's input, BGR


def from_pixels(network):
    """Return a Keras model from RGB pixels, float32 (n, 224, 224, 3), to probabilities: whatever is
    hidden is then grey in all channels."""
    pixels = keras.Input((224, 224, 3))
    centred = keras.layers.Rescaling(1.0, offset=[-mean for mean in MEANS])(pixels[..., ::-1])
    shares = network.keras_model(centred)
    return keras.Model(pixels, keras.layers.Activation("linear")(shares))  # Quantus looks for one


def photographs():
    """Yield (name, the exact pixels that were fed, uint8 (224, 224, 3))."""
    with np.load(FOLDER / "captum_reference.npz", allow_pickle=False) as kept:
        for key in kept.files:
            if key.endswith("/image"):
                yield key.split("/")[0], kept[key]


def by_xplique(model, pixels, index, heat):
    """Return {"deletion": {"values", "area"}, "insertion": the same}."""
    found, wanted = {}, np.eye(1, 1000, index, dtype=np.float32)
    for measure in (xplique.metrics.Deletion, xplique.metrics.Insertion):
        inputs = pixels[None].astype(np.float32)
        metric = measure(model, inputs, wanted, baseline_mode=GREY, steps=STEPS)
        curve = metric.detailed_evaluate(heat[None])
        found[measure.__name__.lower()] = {
            "values": [float(value) for value in curve.values()],
            "area": float(metric.evaluate(heat[None])),
        }
    return found


def by_quantus(model, pixels, index, heat):
    """Return {"values"}, after each step. The channels of a pixel are three features to it, and a
    step must be a part of the pixels' number: so every third value is one of whole pixels."""
    metric = quantus.PixelFlipping(
        features_in_step=heat.size // FLIPS,
        perturb_baseline=GREY,
        normalise=False,
        disable_warnings=True,
    )
    inputs = pixels[None].astype(np.float32)
    (values,) = metric(model, inputs, np.array([index]), a_batch=heat[None, None], softmax=False)
    return {"values": [float(value) for value in values]}


def measured():
    """Return what is written, {measure: {photograph: …}}, and the heatmaps that were used."""
    network = zv.load_model("squeezenet")
    model, found = from_pixels(network), {"heats": {}}
    for name, pixels in photographs():
        features = zv.extract_features(network, zv.load_image(pixels, network))
        target = features.target()
        raw = np.maximum(zv.heatmaps.raw_map(features, target), 0)
        coarse = np.rint(1000 * raw / raw.max()).astype(int).tolist()
        heat = reference_heat(coarse, pixels.shape[:2])
        found["heats"][name] = {"class": target.index, "map": coarse}
        parts = by_xplique(model, pixels, target.index, heat)
        parts["pixel_flipping"] = by_quantus(model, pixels, target.index, heat)
        for measure, values in parts.items():
            found.setdefault(measure, {})[name] = values
    return found


if __name__ == "__main__":
    known = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    PATH.write_text(json.dumps(known | measured(), indent=1) + "\n", encoding="utf-8")
    print(f"Written: {PATH.relative_to(ROOT)}")
