"""The six steps from a terminal, for one photograph:  python -m zv_helpers photo.jpg"""

import argparse
import sys
import warnings
from pathlib import Path

from . import (
    DataError,
    extract_features,
    heatmap,
    load_image,
    load_model,
    overlay,
    project,
)
from .images import ImageError


def main(arguments=None):
    """Run the six steps, print the top five classes and write one picture. Returns the exit
    status."""
    options = parser().parse_args(arguments)
    warnings.showwarning = lambda message, *_: print(f"Note: {message}", file=sys.stderr)
    try:
        steps(options)
    except (DataError, ImageError, ValueError, RuntimeError, LookupError, OSError) as error:
        message = error.args[0] if isinstance(error, KeyError) else error
        print(message, file=sys.stderr)
        return 1
    return 0


def parser():
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m zv_helpers",
        description="Show what a convolutional network sees in a photograph: the strongest "
        "neuron's projection, the heatmap of the top class, and the overlay.",
    )
    parser.add_argument(
        "photo", help="a picture file, or the name of a shipped photograph (tabby_cat)"
    )
    parser.add_argument(
        "--model",
        help="squeezenet, vgg16-conv, vgg16, resnet50 or inception_v3 (default: $ZV_MODEL)",
    )
    parser.add_argument("--layer", help="the layer of the neuron (default: the last convolution)")
    parser.add_argument("--class", dest="name", help="the class to explain, by name or index")
    parser.add_argument("--rule", default="deconvnet", choices=["deconvnet", "guided", "gradient"])
    parser.add_argument("--fit", default="crop", choices=["crop", "letterbox", "stretch"])
    parser.add_argument("--output", help="the picture to write (default: results/PHOTO_MODEL.png)")
    return parser


def steps(options):
    """Walk from the model to the overlay, and print and write what is found."""
    network = load_model(options.model or None)  # step 1
    image = load_image(options.photo, network, options.fit)  # step 2
    features = extract_features(network, image)  # step 3
    if network.logits is not None:
        print(f"{network.name} sees in {image.name}:")
        for index, name, probability in features.top_classes(5):
            print(f"  {probability:6.1%}  {name} ({index})")
    else:
        print(f"{network.name} has no classes; its strongest neuron is explained instead.")
    target = features.target(class_index(network, options.name))
    layer = options.layer or features.neuron_layer
    neuron = features.strongest(layer)
    projection = project(features, neuron, options.rule)  # step 4
    heat = heatmap(features, target)  # step 5
    laid_over = overlay(image, heat)  # step 6
    path = Path(options.output or Path("results") / f"{image.name}_{network.name}.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure = sheet(features, projection, heat, laid_over, target)
    figure.savefig(path, dpi=100)
    print(f"Strongest neuron: {neuron}")
    print(f"Explained: {features.describe(target)}")
    print(f"Picture: {path}")


def class_index(network, name):
    """Return the index of a class given by name or index, or None for none."""
    if name is None:
        return None
    return int(name) if name.isdecimal() else network.class_index(name)


def sheet(features, projection, heat, laid_over, target):
    """Draw the photograph, the projection, the heatmap and the overlay side by side: a Figure."""
    from .plots import frame, panels, picture, signal

    pixels = features.image.pixels
    figure, axes = panels(5, width=3.2)
    explained = features.describe(target).replace(", row", ",\nrow")
    frame(picture(axes[0], pixels, features.image.name), projection.box)
    top, left, bottom, right = projection.box
    neuron = projection.neuron
    picture(axes[1], pixels[top:bottom, left:right], "the neuron's receptive field")
    signal(
        axes[2],
        projection.pixels,
        f"{projection.rule}: {neuron.layer},\nfeature map {neuron.channel}",
    )
    picture(axes[3], heat, f"heatmap: {explained}", cmap="inferno", vmin=0, vmax=1)
    bar = figure.colorbar(axes[3].images[0], ax=axes[3], shrink=0.8)
    bar.ax.tick_params(labelsize=7)
    picture(axes[4], laid_over, "overlay")
    return figure


if __name__ == "__main__":
    sys.exit(main())
