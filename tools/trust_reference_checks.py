"""Write what Quantus and Xplique say of likeness, sensitivity and pointing to
tests/data/trust_reference.json, for tests/trust.

They run in an environment of their own (tests/data/README.md names it). Of the workbook it takes
SqueezeNet, its pictures and its noise; the measures are theirs.
"""

import json
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

import keras  # noqa: E402  once TensorFlow is told to be quiet
import numpy as np  # noqa: E402
import quantus  # noqa: E402
import tensorflow as tf  # noqa: E402
from quantus.functions.similarity_func import correlation_spearman  # noqa: E402
from xplique.metrics.randomization import ssim  # noqa: E402

import zv_helpers as zv  # noqa: E402
from zv_helpers.images import with_pixels  # noqa: E402
from zv_helpers.trust.noise import noisy  # noqa: E402
from zv_helpers.trust.pictures import picture_of  # noqa: E402

PATH = ROOT / "tests" / "data" / "trust_reference.json"
PHOTOGRAPH, CLASS, OTHER = "tabby_cat", 285, 607
NOISE = {"count": 4, "amplitude": 2, "seed": 3}  # so little that no copy becomes another class
WAYS = (("relevance", "gradient"), ("deconvnet", "guided"), ("projection", "gradient"))
BOXES = {"upper left": (0, 0, 112, 112), "middle": (56, 56, 168, 168), "right": (0, 112, 224, 224)}


def small(picture):
    """Every eighth pixel of a picture, one colour of a signal, in thousandths of the largest, a
    heatmap from 0 on, since Xplique goes by the values' range: a list of rows, each a text."""
    some = picture[::8, ::8] if picture.ndim == 2 else picture[::8, ::8, 1]
    some = some - some.min() if picture.ndim == 2 else some
    thousandths = np.rint(1000 * some / np.abs(some).max()).astype(int)
    return [" ".join(map(str, row)) for row in thousandths.tolist()]


def from_rows(rows):
    """Turn these texts into float32 (h, w) again."""
    return np.array([row.split() for row in rows], np.float32) / 1000


def likeness(features):
    """Return [{"first", "second", "rank", "absolute_rank", "structure"}], the last for heatmaps."""
    found = []
    for method, rule in (*WAYS, ("deconvnet", "gradient"), ("projection", "deconvnet")):
        rows = [small(picture_of(features, one, method, rule)) for one in (CLASS, OTHER)]
        one, other = map(from_rows, rows)
        entry = {"method": method, "rule": rule, "first": rows[0], "second": rows[1]}
        entry["rank"] = float(correlation_spearman(one.ravel(), other.ravel()))
        absolute = np.abs(one).ravel(), np.abs(other).ravel()
        entry["absolute_rank"] = float(correlation_spearman(*absolute))
        if method != "projection":
            tensors = (tf.constant(picture[..., None]) for picture in (one, other))
            entry["structure"] = float(ssim(*tensors))
        found.append(entry)
    return found


def sensitivity(features, measure):
    """Return {"photograph", "class", "noise", "values": {"method rule": what Quantus measures}}."""
    image, network, values = features.image, features.network, {}
    for method, rule in WAYS:
        noise, copies = np.random.default_rng(NOISE["seed"]), []

        def perturbed(arr, copies=copies, noise=noise, **how):
            pixels = noisy(image.pixels, noise, NOISE["amplitude"])
            copies.append(zv.extract_features(network, with_pixels(image, pixels, "noise")))
            assert copies[-1].target() == features.target()  # Quantus would count it all the same
            return channels_first(copies[-1].image.batch).reshape(arr.shape)

        def explained(model, inputs, targets, copies=copies, about=(method, rule), **how):
            np.testing.assert_array_equal(inputs, channels_first(copies[-1].image.batch))
            return channels_first(picture_of(copies[-1], int(targets[0]), *about)[None])

        metric = measure(nr_samples=NOISE["count"], perturb_func=perturbed, disable_warnings=True)
        (value,) = metric(
            with_linear_end(network.keras_model),
            channels_first(image.batch),
            np.array([CLASS]),
            a_batch=channels_first(picture_of(features, CLASS, method, rule)[None]),
            explain_func=explained,
            channel_first=True,
        )
        values[f"{method} {rule}"] = float(value)
    return {"photograph": PHOTOGRAPH, "class": CLASS, "noise": NOISE, "values": values}


def channels_first(batch):
    """Lay (1, h, w) or (1, h, w, channels) out as Quantus has it, (1, channels, h, w)."""
    return batch[:, None] if batch.ndim == 3 else batch.transpose(0, 3, 1, 2)


def with_linear_end(model):
    """Quantus looks for an activation at the end."""
    return keras.Model(model.inputs, keras.layers.Activation("linear")(model.outputs[0]))


def pointing(features):
    """Return [{"method", "rule", "box", "hit"}]."""
    found, height, width = [], *features.network.input_size
    for method, rule in WAYS[:2]:
        heat = zv.heatmap(features, CLASS, method=method, rule=rule)
        for top, left, bottom, right in BOXES.values():
            mask = np.zeros((1, 1, height, width), bool)
            mask[..., top:bottom, left:right] = True
            metric = quantus.PointingGame(disable_warnings=True, normalise=False)
            (hit,) = metric(
                with_linear_end(features.network.keras_model),
                channels_first(features.image.batch),
                np.array([CLASS]),
                a_batch=heat[None, None],
                s_batch=mask,
                channel_first=True,
            )
            box = [top, left, bottom, right]
            found.append({"method": method, "rule": rule, "box": box, "hit": bool(hit)})
    return found


def measured():
    """Return what is written."""
    network = zv.load_model("squeezenet")
    features = zv.extract_features(network, zv.load_image(PHOTOGRAPH, network))
    return {
        "likeness": likeness(features),
        "max_sensitivity": sensitivity(features, quantus.MaxSensitivity),
        "avg_sensitivity": sensitivity(features, quantus.AvgSensitivity),
        "pointing": pointing(features),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    known = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    PATH.write_text(json.dumps(known | measured(), indent=1) + "\n", encoding="utf-8")
    print(f"Written: {PATH.relative_to(ROOT)}")
