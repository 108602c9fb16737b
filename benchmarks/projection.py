"""What one projection costs, and what limits it: the same VGG-16 weights and neurons, side by side
in one run.

    python benchmarks/projection.py            without Captum's column, unless it is installed
    pip install torch==2.13.0 captum           for that column

For the last layer of each of VGG-16's blocks, and the five strongest feature maps in each of five
photographs, it takes the median time of
    kept      project(), with the features of the forward pass at hand
    cold      from the pixels: the forward pass as deep as it must go, then project()
    gradient  TensorFlow's whole-image gradient of that neuron
    captum    Captum's Deconvolution on PyTorch, whole image
and compares the kept time with two limits:
    floor     the floating-point operations of the windows, at the rate of a large matrix product
    bare      TensorFlow's own convolutions of just those windows, and nothing else
"""

import argparse
import statistics
import time

import numpy as np

import zv_helpers as zv
from zv_helpers.network import keras_and_tensorflow

LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")
PHOTOS = ("tabby_cat", "german_shepherd", "espresso", "chickens", "owl")


def seconds(function, times=1):
    took = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        took.append(time.perf_counter() - start)
    return statistics.median(took)


def warmed(function, times, warm_up=0.1):
    """Call a function for a tenth of a second, then return the seconds of each of `times` calls."""
    start = time.perf_counter()
    while time.perf_counter() - start < warm_up:
        function()
    return [seconds(function) for _ in range(times)]


def matrix_multiply_rate(tf, size=2048):
    """Floating-point operations a second of a large float32 matrix product, the best of ten."""
    a = tf.ones((size, size))
    return 2 * size**3 / min(seconds(lambda: tf.matmul(a, a).numpy()) for _ in range(10))


def window_operations(features, neuron):
    """Floating-point operations of transposed filtering in the windows of one neuron."""
    network, total, inside = features.network, 0, None
    for step in zv.project(features, neuron, trace=True).trace:
        if step.title == "filter":
            kernel = network.keras_model.get_layer(step.layer).kernel.shape
            total += 2 * inside[0] * inside[1] * int(np.prod(kernel))
        inside = step.values.shape
    return total


def bare_convolutions(tf, features, neuron):
    """Return a function that convolves windows of the sizes a projection meets, one for each layer
    it passes but the neuron's own, whose single value needs no convolution."""
    calls, inside = [], None
    for step in zv.project(features, neuron, trace=True).trace:
        if step.title == "filter" and inside is not None and inside[:2] != (1, 1):
            kernel = features.network.keras_model.get_layer(step.layer).kernel
            rows, columns = (
                2 + n - m for n, m in zip(step.values.shape[:2], inside[:2], strict=True)
            )
            edges = [rows // 2, rows - rows // 2, columns // 2, columns - columns // 2]
            calls.append(
                {
                    "input": tf.random.normal((1, *inside)),
                    "filter": tf.constant(kernel.numpy().transpose(0, 1, 3, 2)),
                    "explicit_paddings": [0, 0, *edges, 0, 0],
                }
            )
        inside = step.values.shape

    def run():
        for call in calls:
            tf.raw_ops.Conv2D(**call, strides=[1, 1, 1, 1], padding="EXPLICIT")

    return run


def captum_deconvolution(network):
    """Return a function (batch, layer, neuron) that runs Captum on the same weights, or None
    without Captum."""
    try:
        import torch
        from captum.attr import NeuronDeconvolution
    except ImportError:
        return None
    torch.set_num_threads(2)
    parts, ends = [], {}
    for layer in network.keras_model.layers[1:]:
        if "pool" in layer.name:
            parts.append(torch.nn.MaxPool2d(2, 2))
            continue
        kernel, bias = layer.get_weights()
        convolution = torch.nn.Conv2d(kernel.shape[2], kernel.shape[3], 3, padding=1)
        convolution.weight.data = torch.tensor(kernel.transpose(3, 2, 0, 1).copy())
        convolution.bias.data = torch.tensor(bias)
        parts += [convolution, torch.nn.ReLU()]
        ends[layer.name] = len(parts)
    body = torch.nn.Sequential(*parts).eval()
    methods = {}
    for name in LAYERS:
        part = body[: ends[name]]
        methods[name] = NeuronDeconvolution(part, part[-1])

    def run(batch, neuron):
        pixels = torch.tensor(batch.transpose(0, 3, 1, 2).copy(), requires_grad=True)
        place = (neuron.channel, neuron.row, neuron.column)
        return methods[neuron.layer].attribute(pixels, place).detach().numpy()[0].transpose(1, 2, 0)

    return run


def gradient_functions(network):
    """Return {layer: function (batch, neuron)}: TensorFlow's whole-image gradient of one neuron."""
    keras, tf = keras_and_tensorflow()

    def make(layer):
        body = keras.Model(network.keras_model.input, network.keras_model.get_layer(layer).output)

        @tf.function(reduce_retracing=True)
        def gradient(batch, place):
            with tf.GradientTape() as tape:
                tape.watch(batch)
                score = tf.gather_nd(body(batch), place[None])
            return tape.gradient(score, batch)

        return lambda batch, neuron: gradient(
            batch, tf.constant([0, neuron.row, neuron.column, neuron.channel])
        ).numpy()

    return {layer: make(layer) for layer in LAYERS}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--neurons", type=int, default=5, help="neurons a layer and photograph")
    options.add_argument("--repeats", type=int, default=5, help="times each one is measured")
    options = options.parse_args()
    keras, tf = keras_and_tensorflow()
    network = zv.load_model("vgg16-conv")
    images = [zv.load_image(name, network, fit="letterbox") for name in PHOTOS]
    captum = captum_deconvolution(network)
    gradients = gradient_functions(network)
    rows, rates, worst = [], [], 0.0
    for layer in LAYERS:
        times = {"kept": [], "cold": [], "gradient": [], "captum": [], "floor": [], "bare": []}
        for image in images:
            features = zv.extract_features(network, image)
            batch = tf.constant(image.batch)
            for channel in features.strongest_channels(layer, options.neurons):
                neuron = features.strongest(layer, int(channel))
                picture = zv.project(features, neuron).on_canvas()[..., ::-1]
                methods = {
                    "kept": lambda: zv.project(features, neuron),
                    "cold": lambda: zv.project(zv.extract_features(network, image, layer), neuron),
                    "gradient": lambda: gradients[layer](batch, neuron),
                    "bare": bare_convolutions(tf, features, neuron),
                }
                if captum:
                    theirs = captum(image.batch, neuron) * neuron.activation
                    worst = max(worst, np.abs(picture - theirs).max() / np.abs(theirs).max())
                    times["captum"] += warmed(lambda: captum(image.batch, neuron), options.repeats)
                # Half a second in which PyTorch's threads stop spinning; a sleep would cool the
                # processor down. And a shared machine is not equally fast at all times.
                rates.append(matrix_multiply_rate(tf))
                times["floor"].append(window_operations(features, neuron) / rates[-1])
                for method, run in methods.items():
                    times[method] += warmed(run, options.repeats)
        rows.append((layer, {k: statistics.median(v) * 1e3 for k, v in times.items() if v}))
    rate = statistics.median(rates) / 1e9
    print(f"Matrix product of 2048 × 2048 beside each neuron: {rate:.0f} Gflop/s (median).")
    print_projections(rows)
    if captum:
        print(f"Largest difference to Captum over its largest value, all neurons: {worst:.1e}")
    print_many(network, images[0])
    print_forward(network, images[0], keras, tf)


def print_projections(rows):
    print(
        f"\n{'median ms':14}{'kept':>8}{'cold':>8}{'gradient':>10}{'captum':>8}{'floor':>8}"
        f"{'bare':>8}",
        end="",
    )
    print(
        f"{'captum/kept':>13}{'captum/cold':>13}{'gradient/kept':>15}{'kept/floor':>12}"
        f"{'kept/bare':>11}"
    )
    for layer, ms in rows:
        captum = ms.get("captum", float("nan"))
        print(
            f"{layer:14}{ms['kept']:8.2f}{ms['cold']:8.1f}{ms['gradient']:10.1f}{captum:8.1f}"
            f"{ms['floor']:8.2f}{ms['bare']:8.2f}{captum / ms['kept']:13.1f}"
            f"{captum / ms['cold']:13.2f}{ms['gradient'] / ms['kept']:15.1f}"
            f"{ms['kept'] / ms['floor']:12.2f}{ms['kept'] / ms['bare']:11.2f}"
        )


def print_many(network, image):
    """Nine neurons of one layer, asked for together and one by one."""
    features = zv.extract_features(network, image)
    print(f"\n{'nine neurons':14}{'together':>10}{'one by one':>12}{'ratio':>8}")
    for layer in LAYERS:
        nine = [features.strongest(layer, int(c)) for c in features.strongest_channels(layer, 9)]
        zv.project(features, nine)
        pairs = [
            (
                seconds(lambda: zv.project(features, nine)),
                seconds(lambda: [zv.project(features, one) for one in nine]),
            )
            for _ in range(9)
        ]
        together, single = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
        print(f"{layer:14}{together:10.1f}{single:12.1f}{single / together:8.2f}")


def print_forward(network, image, keras, tf):
    """extract_features beside the bare forward pass, and the memory it keeps."""
    print(
        f"\n{'forward to':14}{'features ms':>12}{'bare ms':>10}{'ratio':>8}{'kept MB':>9}"
        f"{'maps MB':>9}"
    )
    batch = tf.constant(image.batch)
    for layer in LAYERS:
        body = keras.Model(network.keras_model.input, network.keras_model.get_layer(layer).output)
        features = zv.extract_features(network, image, layer)
        body(batch)
        pairs = [
            (
                seconds(lambda: zv.extract_features(network, image, layer)),
                seconds(lambda: body(batch)),
            )
            for _ in range(15)
        ]
        ours, bare = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
        maps = sum(features[name].nbytes for name in features.layers) / 1e6
        print(
            f"{layer:14}{ours:12.1f}{bare:10.1f}{ours / bare:8.2f}"
            f"{features.megabytes:9.1f}{maps:9.1f}"
        )


if __name__ == "__main__":
    main()
