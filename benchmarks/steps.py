"""What each of the six steps costs on the networks that ship, and as a share of a forward pass.

python benchmarks/steps.py
"""

import statistics
import time
import warnings

import zv_helpers as zv


def milliseconds(function, times=9):
    function()
    took = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        took.append(time.perf_counter() - start)
    return 1e3 * statistics.median(took)


def main():
    warnings.simplefilter("ignore")
    zv.load_model("squeezenet")  # so that TensorFlow's import is not counted
    for name in ("squeezenet", "vgg16-conv"):
        started = time.perf_counter()
        network = zv.load_model(name)
        loaded = 1e3 * (time.perf_counter() - started)
        image = zv.load_image("german_shepherd", network)
        features = zv.extract_features(network, image)
        forward = milliseconds(lambda: network.keras_model(image.batch))
        target = features.target()
        heat = zv.heatmap(features, target)
        layers = [layer for layer in features.layers if "conv" in layer or "fire" in layer]
        stages = [layer for layer in layers if "squeeze1x1" not in layer and "expand" not in layer]
        steps = {
            "load_model": lambda: loaded,
            "load_image": lambda: milliseconds(lambda: zv.load_image("german_shepherd", network)),
            "extract_features": lambda: milliseconds(lambda: zv.extract_features(network, image)),
            **{
                f"project {layer}": lambda layer=layer: milliseconds(
                    lambda: zv.project(features, features.strongest(layer))
                )
                for layer in stages
            },
            "relevance_scores": lambda: milliseconds(
                lambda: zv.relevance_scores(features, target, stages[-2])
            ),
            "heatmap": lambda: milliseconds(lambda: zv.heatmap(features, target)),
            "overlay": lambda: milliseconds(lambda: zv.overlay(image, heat)),
        }
        print(f"\n{name + ', median':28}{'ms':>8}{'of a bare forward pass':>25}")
        print(f"{'bare forward pass':28}{forward:8.1f}{1:25.2f}")
        for step, measure in steps.items():
            took = measure()
            print(f"{step:28}{took:8.1f}{took / forward:25.2f}")


if __name__ == "__main__":
    main()
