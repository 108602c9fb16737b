"""Our projections against Captum's, on PyTorch, with the same weights: tests/data/README.md says
where they come from."""

import functools
from pathlib import Path

import numpy as np
import pytest
from independent import reading, reverse_by_tape, worst

import zv_helpers as zv
from zv_helpers.deconvnet import RULES, switches_of

PHOTOS = ("tabby_cat", "german_shepherd")
LAYERS = {
    "vgg16": ["block1_conv2", "block2_conv2", "block3_conv3", "block4_conv2", "block5_conv3"],
    "squeezenet": ["fire2", "fire5", "fire9", "logits"],
}
CASES = [(photo, net, layer) for photo in PHOTOS for net in LAYERS for layer in LAYERS[net]]
BAR = 1e-4
# What the pictures prove is said elsewhere; here they are only compared.
pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.ProjectionWarning")


@pytest.fixture(scope="module")
def reference():
    path = Path(__file__).parents[1] / "data" / "captum_reference.npz"
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def theirs(reference, key):
    """Captum's picture on the whole input: float64 (224, 224, 3) RGB."""
    top, left, bottom, right = reference[f"{key}/box"]
    steps = np.ascontiguousarray(reference[f"{key}/planes"].T).view("<i4")
    canvas = np.zeros((224, 224, 3))
    canvas[top:bottom, left:right, ::-1] = steps.reshape(bottom - top, right - left, 3)
    return canvas * reference[f"{key}/step"]


@pytest.fixture(scope="module")
def passes(reference, request):
    """Features of a photograph by a network in a precision, one forward pass for each that is
    asked for: passes(photo, net, "" or "64")."""

    @functools.cache
    def features(photo, net, precision):
        network = request.getfixturevalue(
            net + ("_64" if net == "vgg16" else "64") * bool(precision)
        )
        return zv.extract_features(network, zv.load_image(reference[f"{photo}/image"], network))

    return features


def neuron_of(reference, features, key, layer):
    channel, row, column = (int(n) for n in reference[f"{key}/neuron"])
    if layer == "logits":
        return features.class_neuron(channel)
    return features.neuron(layer, channel, row, column)


def ours(features, neuron, rule):
    """Our picture as Captum makes it: from 1 at the neuron."""
    picture = zv.project(features, neuron, rule).on_canvas()
    return picture if neuron.layer is None else picture / neuron.activation


def test_the_file_holds_every_case(reference):
    assert len(CASES) * len(RULES) == 54
    assert {key.rsplit("/", 1)[0] for key in reference if key.endswith("/planes")} == {
        f"{photo}/{net}/{layer}/{rule}" for photo, net, layer in CASES for rule in RULES
    }
    assert all(array.dtype != object for array in reference.values())


SLOW = [  # VGG-16 in float64: one photograph in every run
    pytest.param(*one, marks=pytest.mark.thorough if one[:2] == (PHOTOS[1], "vgg16") else ())
    for one in CASES
]


@pytest.mark.parametrize("photo, net, layer", SLOW)
def test_every_case_in_float64(reference, passes, photo, net, layer):
    """Largest difference over largest value, where no rounding decides a switch."""
    features, key = passes(photo, net, "64"), f"{photo}/{net}/{layer}"
    neuron = neuron_of(reference, features, key, layer)
    assert np.isclose(neuron.of(features, "score"), reference[f"{key}/activation"], rtol=1e-4)
    for rule in RULES:
        picture = ours(features, neuron, rule)
        assert worst(picture, theirs(reference, f"{key}/{rule}")) <= BAR, rule
        canvas = np.ones((224, 224), bool)
        top, left, bottom, right = features.receptive_field(neuron)
        canvas[top:bottom, left:right] = False
        assert not theirs(reference, f"{key}/{rule}")[canvas].any()


def decided_otherwise(single, double, neuron):
    """Whether rounding to float32 changes a switch, or what a ReLU lets through, in a window this
    neuron's signal passes."""

    def chosen(features, pool):
        """Where a pool's switches are: bool, the shape of the maps before it."""
        operation = next(o for o in features.network.graph.operations if o.name == pool)
        before = features.values[operation.inputs[0]][0]
        switches, mask = (
            switches_of(features, pool),
            np.zeros((before[..., 0].size, before.shape[2]), bool),
        )
        mask[switches, np.arange(before.shape[2])] = True
        return mask.reshape(before.shape)

    for step in zv.project(single, neuron, "gradient", trace=True).trace:
        top, left, bottom, right = step.box
        if step.title == "rectify":
            number = next(
                o.output
                for o in single.network.graph.operations
                if o.name == step.layer and o.kind == "Rectifier"
            )
            pair = [features.values[number][0] > 0 for features in (single, double)]
        elif step.title == "unpool":
            pair = [chosen(features, step.layer) for features in (single, double)]
        else:
            continue
        if np.any(pair[0][top:bottom, left:right] != pair[1][top:bottom, left:right]):
            return True
    return False


@pytest.mark.parametrize("photo, net, layer", CASES)
def test_every_case_in_float32(reference, passes, photo, net, layer):
    """As the learner runs it.

    Where two activations tie to the last digit, the processor's order of summation decides a
    switch, so two right
    answers differ. Such a case must agree with TensorFlow's own automatic differentiation instead.
    """
    features, key = passes(photo, net, ""), f"{photo}/{net}/{layer}"
    neuron = neuron_of(reference, features, key, layer)
    for rule in RULES:
        picture = ours(features, neuron, rule)
        assert picture.dtype == np.float32
        if worst(picture, theirs(reference, f"{key}/{rule}")) <= BAR:
            continue
        double = passes(photo, net, "64")
        assert decided_otherwise(features, double, neuron), (rule, "no near tie explains it")
        place = (
            (neuron.index,) if layer == "logits" else (neuron.row, neuron.column, neuron.channel)
        )
        probe = reading(features.network.keras_model, [layer])
        tape = reverse_by_tape(probe, features.image.batch, [(0, place)], rule)
        assert worst(picture, tape[0][..., ::-1]) <= BAR, rule


def test_a_wrong_picture_would_be_noticed(reference, passes):
    """The bar is far below what a mistake makes: a rule for another, the flipped channels, a
    neighbour's picture."""
    features, key = passes("tabby_cat", "vgg16", ""), "tabby_cat/vgg16/block3_conv3"
    neuron = neuron_of(reference, features, key, "block3_conv3")
    captum = theirs(reference, f"{key}/deconvnet")
    picture = ours(features, neuron, "deconvnet")
    assert worst(picture, captum) <= BAR
    assert worst(ours(features, neuron, "guided"), captum) > 100 * BAR
    assert worst(picture[..., ::-1], captum) > 100 * BAR
    assert worst(np.roll(picture, 1, axis=0), captum) > 100 * BAR
