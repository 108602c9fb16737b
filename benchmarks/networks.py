"""What other networks cost: the forward pass and projections, beside one compiled function each,
measured by turns in one run.

    python benchmarks/networks.py                     eight networks, some minutes
    python benchmarks/networks.py ResNet50 DenseNet121

Those that do not ship are keras.applications with random weights: they cost the same.

    first      extract_features of the first photograph, step by step
    features   extract_features of any other, compiled
    function   one tf.function that returns the same maps

and for the strongest neuron of five layers, from the first to the deepest,

    gradient   one tf.function: the whole-image gradient of that neuron
    cold       extract_features as deep as it must go, then project
    kept       project, the features at hand

Times are medians in milliseconds. A ratio above 1 says that this package is quicker.
"""

import argparse
import statistics
import threading
import time
import warnings

import numpy as np

import zv_helpers as zv
from zv_helpers.network import keras_and_tensorflow
from zv_helpers.network.running import plan_of, walk

NETWORKS = (
    *("squeezenet", "vgg16-conv", "efficientnet-lite0"),
    *("ResNet50", "InceptionV3", "MobileNetV2", "DenseNet121", "Xception"),
)


def load(name):
    """A network that ships, or one of keras.applications with random weights that neither grow nor
    vanish, and batch-norm statistics that are not trivial."""
    if name.islower():
        return zv.load_model(name)
    keras, _ = keras_and_tensorflow()
    model, rng = getattr(keras.applications, name)(weights=None), np.random.default_rng(0)
    for variable in model.variables:
        shape = tuple(variable.shape)
        if len(shape) > 1:
            fan_in = np.prod(shape[:2] if "depthwise" in variable.path else shape[:-1])
            variable.assign(rng.standard_normal(shape, np.float32) * np.sqrt(2 / fan_in))
        elif variable.name in ("moving_variance", "gamma"):
            variable.assign(rng.uniform(0.6, 1.4, shape))
    return zv.load_model(model, preprocess="tf")


def by_turns(methods, rounds):
    """Call each function in turn, `rounds` times: {name: median milliseconds}."""
    took = {name: [] for name in methods}
    for function in methods.values():
        function()
    for _ in range(rounds):
        for name, function in methods.items():
            started = time.perf_counter()
            function()
            took[name].append(1e3 * (time.perf_counter() - started))
    return {name: statistics.median(times) for name, times in took.items()}


def settle():
    """Wait until everything that compiles beside is compiled."""
    for thread in threading.enumerate():
        if thread.name == "zv-compiler":
            thread.join()


def settled(function, times=4):
    """Call a function until all that it uses is compiled, and return it."""
    for _ in range(times):
        function()
        settle()
    return function


def forward_function(network, batch):
    """One tf.function that returns all feature maps that `extract_features` keeps."""
    _, tf = keras_and_tensorflow()
    plan = plan_of(network.graph, network.graph.scores, network.graph.kept)
    function = tf.function(lambda pixels: list(walk(plan, {0: pixels}).values()), autograph=False)
    return lambda: function(batch)


def gradient_function(network, batch, neuron):
    """One tf.function with the whole-image gradient of a neuron."""
    _, tf = keras_and_tensorflow()
    number = network.layer_value(neuron.layer)
    plan = plan_of(network.graph, number)

    def gradient(pixels, channel, row, column):
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            value = walk(plan, {0: pixels})[number][0, row, column, channel]
        return tape.gradient(value, pixels)

    function = tf.function(gradient, autograph=False)
    place = [tf.constant(i) for i in (neuron.channel, neuron.row, neuron.column)]
    return lambda: function(batch, *place).numpy()


def layers_to_look_at(features):
    """Five layers from the first to the deepest that is not the classes."""
    network = features.network
    names = [one.name for one in network.layers if one.channels != network.class_count]
    return [names[round(i)] for i in np.linspace(0, len(names) - 1, 5)]


def measure(name, rounds):
    _, tf = keras_and_tensorflow()
    network = load(name)
    photographs = [zv.load_image(one, network) for one in ("german_shepherd", "tabby_cat")]
    started = time.perf_counter()
    features = zv.extract_features(network, photographs[0])
    first = 1e3 * (time.perf_counter() - started)
    image, batch = photographs[1], tf.constant(photographs[1].batch)
    ms = by_turns(
        {
            "features": settled(lambda: zv.extract_features(network, image)),
            "function": settled(forward_function(network, batch)),
        },
        rounds,
    )
    forward = (network.name, first, ms["features"], ms["function"])
    features, rows = zv.extract_features(network, image), []
    for layer in layers_to_look_at(features):
        neuron = features.strongest(layer)
        methods = {
            "gradient": gradient_function(network, batch, neuron),
            "cold": lambda: zv.project(
                zv.extract_features(network, image, layer), neuron, "gradient"
            ),
            "kept": lambda: zv.project(features, neuron, "gradient"),
        }
        for function in methods.values():
            settled(function)
        theirs = methods["gradient"]()[0] * neuron.activation
        theirs = theirs[..., ::-1] if network.spec.reads_bgr else theirs
        ours = methods["kept"]().on_canvas()
        worst = np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-30)
        ms = by_turns(methods, rounds)
        rows.append((network.name, layer, ms["gradient"], ms["cold"], ms["kept"], worst))
    return forward, rows


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("networks", nargs="*", default=NETWORKS)
    options.add_argument("--rounds", type=int, default=9, help="times each one is measured")
    options = options.parse_args()
    warnings.simplefilter("ignore")
    forwards, projections = [], []
    for name in options.networks:
        forward, rows = measure(name, options.rounds)
        forwards.append(forward)
        projections += rows
        print(f"{name} done", flush=True)
    print(
        f"\n{'median ms':20}{'first':>8}{'features':>10}{'function':>10}{'features/function':>19}"
    )
    for name, first, features, function in forwards:
        ratio = features / function
        print(f"{name:20}{first:8.0f}{features:10.1f}{function:10.1f}{ratio:19.2f}")
    print(f"\n{'median ms':20}{'layer':30}{'gradient':>9}{'cold':>8}{'kept':>8}", end="")
    print(f"{'gradient/cold':>15}{'gradient/kept':>15}{'difference':>12}")
    for name, layer, gradient, cold, kept, worst in projections:
        print(f"{name:20}{layer:30}{gradient:9.1f}{cold:8.1f}{kept:8.1f}", end="")
        print(f"{gradient / cold:15.2f}{gradient / kept:15.2f}{worst:12.0e}")


if __name__ == "__main__":
    main()
