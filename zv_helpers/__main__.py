"""The six steps from a terminal, for one photograph:  python -m zv_helpers photo.jpg"""

import argparse
import sys
import warnings
from pathlib import Path

from . import DataError, extract_features, heatmap, load_image, load_model, overlay, project
from .choose import neuron_layer
from .draw.colours import ORANGE, coloured
from .draw.strips import Panel, beside, colourbar, is_fine, paragraph, stacked, strip
from .network.spec import WAYS
from .trust.drawing import draw_verdict
from .trust.examining import examine
from .trust.verdict import written

SIDE = 300  # pixels, of one panel


def main(arguments: list[str] | None = None) -> int:
    """Run the six steps, print the top five classes and write one picture. Returns the exit
    status."""
    options = parser().parse_args(arguments)
    warnings.showwarning = lambda message, *_: print(f"Note: {message}", file=sys.stderr)
    try:
        steps(options)
    except (DataError, ValueError, RuntimeError, LookupError, OSError, ImportError) as error:
        print(error.args[0] if isinstance(error, KeyError) else error, file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m zv_helpers",
        description="Show what a convolutional network sees in a photograph: the strongest "
        "neuron's projection, the heatmap of the top class, and the overlay.",
    )
    add = parser.add_argument
    add("photo", help="a picture file, or the name of a shipped photograph (tabby_cat)")
    own = "or one of your own: its .keras or .h5 file, or its name in data/my_networks"
    names = "squeezenet, efficientnet-lite0, vgg16-conv, vgg16, resnet50, inception_v3"
    add("--model", help=f"{names}, {own} (default: $ZV_MODEL)")
    what = "what happens to the pixels before a network of your own (default: nothing)"
    add("--preprocess", choices=WAYS, help=what)
    add("--layer", help="the layer of the neuron (default: the last convolution)")
    add("--class", dest="name", help="the class to explain, by name or index")
    add("--rule", default="deconvnet", choices=["deconvnet", "guided", "gradient"])
    add("--fit", default="crop", choices=["crop", "letterbox", "stretch"])
    what = "test the heatmap: hide its hottest tenth, and as much elsewhere; ask for other classes"
    add("--test", action="store_true", help=f"{what}; print what was found, and add its picture")
    add("--output", help="the picture to write (default: results/PHOTO_MODEL.png)")
    return parser


def steps(options):
    """Walk from the model to the overlay, and print and write what is found."""
    network = load_model(options.model or None, preprocess=options.preprocess)  # step 1
    if network.recipe is None:  # one's own: wrong answers often come from here
        print(f"{network.name} takes {network.spec}.")
    image = load_image(options.photo, network, options.fit)  # step 2
    features = extract_features(network, image)  # step 3
    if network.class_count is None:
        print(f"{network.name} has no classes; its strongest neuron is explained instead.")
    elif network.class_maps is None:
        print(f"{network.name} sees in {image.name}:")
        for index, name, probability in features.top_classes(5):
            print(f"  {probability:6.1%}  {name} ({index})")
    name = options.name
    target = features.target(int(name) if name and name.isdecimal() else name)
    neuron = features.strongest(options.layer or neuron_layer(features))
    projection = project(features, neuron, options.rule)  # step 4
    verdict = examine(features, target) if options.test else None
    heat = verdict.heat if verdict else heatmap(features, target)  # step 5
    laid_over = overlay(image, heat)  # step 6
    path = Path(options.output or Path("results") / f"{image.name}_{network.name}.png")
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = sheet(features, projection, heat, laid_over, target)
    if verdict:
        words = paragraph(verdict.sentences, 15, 2 * SIDE)
        drawn = stacked([drawn, beside([draw_verdict(features, verdict), words])])
    drawn.save(path)
    print(f"Strongest neuron: {neuron}")
    print(f"Explained: {features.describe(target)}")
    if verdict:
        print("Tested, the heatmap of its relevance:", *found(verdict), sep="\n  ")
    print(f"Picture: {path}")


def found(verdict):
    """Return what was found of a heatmap in lines: its sentences, and all values."""
    lines = [*verdict.sentences, f"The {verdict.target.measure} as more and more is hidden:"]
    for name, values in verdict.measured.items():
        write = "{:.0%}".format if name == "hidden" else written
        lines.append(f"{name:18} " + " ".join(f"{write(one):>7}" for one in values))
    return lines


def sheet(features, projection, heat, laid_over, target):
    """Draw the photograph, the projection, the heatmap and the overlay side by side: a PIL
    image."""
    image, (top, left, bottom, right) = features.image, projection.box
    seen, explained = image.pixels[top:bottom, left:right], target.name(features.network)
    where = f"{projection.neuron.layer}, feature map {projection.neuron.channel}"
    frames = ((projection.box, ORANGE),)
    size, fine = f"{bottom - top} × {right - left} pixels", is_fine(image.pixels)
    first = [
        Panel(image.pixels, image.name, "framed: what the neuron sees", frames, smooth=fine),
        Panel(seen, "the neuron's receptive field", size, smooth=fine),
        Panel(projection.picture(), f"its projection, {projection.rule}", where),
        Panel(coloured(heat), "heatmap", explained, smooth=fine),
    ]
    last = [Panel(laid_over, "overlay", explained, smooth=fine)]
    return beside([strip(first, SIDE, SIDE), colourbar(SIDE), strip(last, SIDE, SIDE)])


if __name__ == "__main__":
    sys.exit(main())
