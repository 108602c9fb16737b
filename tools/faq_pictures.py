"""Make the pictures of docs/faq with the workbook: python tools/faq_pictures.py [NAME …]"""

import io
import sys
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

import zv_helpers as zv
from zv_helpers import choose
from zv_helpers.atlas import patch
from zv_helpers.course import panels, picture, signal
from zv_helpers.course.step4 import figures, trace

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "faq"
LARGEST = 40_000  # bytes
NAMES = ("Egyptian cat", "grand piano")
MEAN = np.array([103.939, 116.779, 123.68], np.float32)


def seen_by(model, photograph, **how):
    """Load a network, or take one, and return its features of a photograph."""
    network = zv.load_model(model) if isinstance(model, str) else model
    return zv.extract_features(network, zv.load_image(photograph, network, **how))


def same_picture():
    cat = seen_by("squeezenet", "tabby_cat")
    figure, axes = panels(4, width=2.1)
    ways = [(method, name) for method in ("deconvnet", "relevance") for name in NAMES]
    for ax, (method, name) in zip(axes, ways, strict=True):
        blurred = {"smoothing": 3} if method == "deconvnet" else {}
        heat = zv.heatmap(cat, name, method=method, **blurred)
        picture(ax, zv.overlay(cat.image, heat, alpha=0.7), f"{method}: {name}")
    return figure


def unpooling():
    cat = seen_by("squeezenet", "tabby_cat")
    projection = zv.project(cat, cat.strongest("fire5", 241), trace=True)
    return trace.steps_on_the_way(trace.around_last_unpooling(projection)[:3])


def switches():
    cat, fish = (seen_by("squeezenet", name) for name in ("tabby_cat", "boarfish"))
    unit = cat.strongest("fire9")
    rows = [
        ("own", cat, zv.project(cat, unit)),
        ("boarfish", fish, zv.project(fish, fish.strongest(unit.layer, unit.channel))),
        ("its switches", fish, zv.project(fish, unit)),
    ]
    return figures.pairs(rows)


def batch_norm():
    photographs = ("tabby_cat", "boarfish")
    cat, fish = (seen_by("efficientnet-lite0", name) for name in photographs)
    layer = choose.worth_seeing(cat)[0]
    channel = choose.shared_map(cat, fish, layer)
    rows = [
        (f"{f.image.name}\n{rule}", f, zv.project(f, choose.inner_neuron(f, layer, channel), rule))
        for rule in ("deconvnet", "guided")
        for f in (cat, fish)
    ]
    return figures.pairs(rows)


def negative_pixels():
    cat = seen_by("squeezenet", "tabby_cat")
    projection = zv.project(cat, cat.strongest("fire5", 241))
    pixels = projection.pixels
    shown = {
        "as it is: grey is zero": pixels,
        "negative cut off": np.maximum(pixels, 0),
        "absolute values": np.abs(pixels),
    }
    figure, axes = panels(3, width=2.1)
    for ax, (title, values) in zip(axes, shown.items(), strict=True):
        signal(ax, values, title, projection.scale)
    return figure


def modifier():
    cat = seen_by("efficientnet-lite0", "tabby_cat")
    neuron = cat.strongest(*choose.worth_seeing(cat))
    shown = {"asked for: guided": "guided", "what came: gradient": "gradient"}
    figure, axes = panels(3, width=2.1)
    picture(axes[0], patch(cat.image, cat.receptive_field(neuron)), "what the neuron sees")
    for ax, (title, rule) in zip(axes[1:], shown.items(), strict=True):
        picture(ax, zv.project(cat, neuron, rule).picture(), title)
    return figure


def top_nine():
    return zv.load_atlas("squeezenet").picture("fire5", 241)


def speed():
    cat = seen_by("squeezenet", "tabby_cat")
    neuron = cat.strongest("fire5", 241)
    return trace.window_growing(cat, zv.project(cat, neuron, trace=True))


def not_reproduced():
    own = seen_by("squeezenet", "tabby_cat")
    model, names = own.network.keras_model, own.network.class_names
    rgb = zv.load_model(model, preprocess=lambda pixels: pixels - MEAN, class_names=names)
    neuron = own.strongest("fire5", 241)
    wrong = seen_by(rgb, "tabby_cat")
    letterboxed = seen_by(own.network, "tabby_cat", fit="letterbox")
    shown = {
        "the picture": zv.project(own, neuron),
        "guided rule": zv.project(own, neuron, "guided"),
        "channels in wrong order": zv.project(wrong, wrong.strongest("fire5", 241)),
        "letterboxed": zv.project(letterboxed, letterboxed.strongest("fire5", 241)),
        "the next map": zv.project(own, own.strongest("fire5", 242)),
    }
    figure, axes = panels(5, width=1.7)
    for ax, (title, projection) in zip(axes, shown.items(), strict=True):
        picture(ax, projection.picture(), title)
    return figure


def with_one_relu(model, last):
    """Copy a chain of convolutions and pools up to `last`, with a single ReLU layer for all."""
    keras, _ = zv.network.keras_and_tensorflow()
    relu, made = keras.layers.ReLU(), []
    maps = inputs = keras.Input(model.input_shape[1:])
    for layer in model.layers[1:]:
        config = layer.get_config()
        if isinstance(layer, keras.layers.Conv2D):
            config["activation"] = "linear"
        copy = type(layer).from_config(config)
        maps = copy(maps)
        made.append((copy, layer))
        if isinstance(layer, keras.layers.Conv2D):
            maps = relu(maps)
        if layer.name == last:
            break
    for copy, layer in made:
        copy.set_weights(layer.get_weights())
    return keras.Model(inputs, maps)


def shared_relu():
    each = seen_by("vgg16-conv", "tabby_cat")
    neuron = each.strongest("block4_conv2")
    model = with_one_relu(each.network.keras_model, neuron.layer)
    one = seen_by(zv.load_model(model, preprocess="caffe"), "tabby_cat")
    same = one.neuron(one.network.layers[-1].name, neuron.channel, neuron.row, neuron.column)
    first, second = zv.project(each, neuron), zv.project(one, same)
    print(f"shared ReLU: differ by {np.abs(first.pixels - second.pixels).max():.2g}")
    return figures.pairs([("a ReLU each", each, first), ("one for all nine", one, second)])


PICTURES = {
    "same_picture_for_every_class": same_picture,
    "where_is_the_unpooling": unpooling,
    "why_switches": switches,
    "batch_norm_and_resnet": batch_norm,
    "negative_pixels": negative_pixels,
    "a_modifier_that_fails_silently": modifier,
    "top_nine_on_my_data": top_nine,
    "why_is_it_slow": speed,
    "picture_not_reproduced": not_reproduced,
    "a_shared_relu": shared_relu,
}


def save(drawn, path):
    """Save a figure or a PIL image as a JPEG of at most `LARGEST` bytes, as good as that allows."""
    if not isinstance(drawn, Image.Image):
        file = io.BytesIO()
        drawn.savefig(file, dpi=90)
        drawn = Image.open(file).convert("RGB")
    for quality in range(90, 30, -5):
        drawn.save(path, quality=quality)
        if path.stat().st_size <= LARGEST:
            return
    raise ValueError(f"Expected a picture of at most {LARGEST} bytes, but {path.name} is larger.")


def main(names):
    warnings.simplefilter("ignore", zv.ProjectionWarning)  # one of the pages is about it
    for name in names or PICTURES:
        save(PICTURES[name](), FOLDER / f"{name}.jpg")


if __name__ == "__main__":
    main(sys.argv[1:])
