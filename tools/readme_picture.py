"""Make the README's picture with the workbook: python tools/readme_picture.py"""

from pathlib import Path

import zv_helpers as zv
from zv_helpers.course import frame, panels, picture, signal

TARGET = Path(__file__).resolve().parents[1] / "docs" / "shepherd.jpg"


def main():
    body = zv.load_model("vgg16-conv")
    features = zv.extract_features(body, zv.load_image("german_shepherd", body))
    neuron = features.strongest("block5_conv3")
    deconvnet = zv.project(features, neuron)
    guided = zv.project(features, neuron, rule="guided")

    squeezenet = zv.load_model("squeezenet")
    image = zv.load_image("german_shepherd", squeezenet)
    scores = zv.extract_features(squeezenet, image)
    heat = zv.heatmap(scores)
    index, name, probability = scores.top_classes(1)[0]

    figure, axes = panels(5, width=2.4)
    frame(
        picture(axes[0], image.pixels, "photograph, and what one\nneuron of VGG-16 sees"),
        deconvnet.box,
    )
    signal(
        axes[1],
        deconvnet.pixels,
        f"its deconvnet projection\n({neuron.layer}, map {neuron.channel})",
    )
    signal(axes[2], guided.pixels, "the same neuron\nwith the guided rule")
    picture(
        axes[3],
        heat,
        f"heatmap: SqueezeNet,\n“{name}” ({probability:.0%})",
        cmap="inferno",
        vmin=0,
        vmax=1,
    )
    picture(axes[4], zv.overlay(image, heat), "overlay\n")
    figure.savefig(TARGET, dpi=100, pil_kwargs={"quality": 90})


if __name__ == "__main__":
    main()
