"""Step 1: what a Keras model's graph says, in all the forms in which people write it."""

import numpy as np
import pytest
from independent import double_precision, random_image, random_weights, reverse_by_tape, worst

import zv_helpers as zv
from zv_helpers.network.reading import read_graph
from zv_helpers.network.weights import first_filters

keras, tf = zv.network.keras_and_tensorflow()
L, ops, applications = keras.layers, keras.ops, keras.applications
pytestmark = pytest.mark.filterwarnings("ignore::zv_helpers.ProjectionWarning")
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def adapted():
    layer = L.Normalization(axis=-1)
    layer.adapt(np.random.default_rng(0).uniform(0, 255, (4, 5, 5, 3)).astype("float32"))
    return layer


# What stands before the first convolution, as Keras writes it and as people do.
PREPROCESSING = {
    "tf of Keras": applications.mobilenet_v2.preprocess_input,
    "torch of Keras": applications.densenet.preprocess_input,
    "caffe of Keras": applications.vgg16.preprocess_input,
    "x / 255": lambda x: x / 255.0,
    "x / 127.5 - 1": lambda x: x / 127.5 - 1,
    "x * (1 / 127.5) - 1": lambda x: x * (1 / 127.5) - 1,
    "1 - x / 255": lambda x: 1 - x / 255.0,
    "torch by hand": lambda x: (x / 255.0 - MEAN) / DEVIATION,
    "torch in tensors": lambda x: (x / 255.0 - tf.constant(MEAN)) / tf.constant(DEVIATION),
    "caffe by hand": lambda x: x[..., ::-1] - np.array([103.939, 116.779, 123.68]),
    "flipped": lambda x: ops.flip(x, axis=-1) / 255.0,
    "taken": lambda x: ops.take(x, [2, 1, 0], axis=-1) - 127.0,
    "split": lambda x: L.Concatenate()(ops.split(x, 3, axis=-1)[::-1]),
    "unstacked": lambda x: ops.stack(ops.unstack(x, axis=-1)[::-1], axis=-1),
    "ops": lambda x: ops.subtract(ops.divide(x, 127.5), 1.0),
    "multiplied": lambda x: ops.multiply(ops.add(x, -127.5), 1 / 127.5),
    "Rescaling": lambda x: L.Rescaling(1 / 127.5, offset=-1)(x),
    "Rescaling by channel": lambda x: L.Rescaling(1 / (255 * DEVIATION), -MEAN / DEVIATION)(x),
    "Normalization": lambda x: L.Normalization(mean=255 * MEAN, variance=(255 * DEVIATION) ** 2)(x),
    "Normalization of all": lambda x: L.Normalization(axis=None, mean=128.0, variance=4000.0)(x),
    "Normalization adapted": lambda x: adapted()(x),
    "Normalization inverted": lambda x: L.Normalization(mean=1.0, variance=0.01, invert=True)(x),
    "cast": lambda x: ops.cast(x, "float64") / 255.0,
    "augmented": lambda x: L.Rescaling(1 / 255)(L.RandomFlip("horizontal")(x)),
    "resized": lambda x: L.Rescaling(1 / 255)(L.Resizing(14, 15)(x)),
    "centred": lambda x: L.Rescaling(1 / 255)(L.CenterCrop(10, 12)(x)),
    "padded": lambda x: ops.pad(x / 255.0, ((0, 0), (3, 3), (3, 3), (0, 0))),
    "grey": lambda x: ops.image.rgb_to_grayscale(x / 255.0),
    "grey, three times": lambda x: ops.repeat(ops.image.rgb_to_grayscale(x), 3, axis=-1),
    "one colour": lambda x: L.Concatenate()([x[..., 1:2]] * 3),
}


def network(preparing, shape=(19, 17, 3), seed=2, dtype=None):
    pixels = keras.Input(shape, dtype=dtype)
    x = L.Conv2D(4, 3, activation="relu", name="first")(preparing(pixels))
    x = L.Conv2D(4, 3, activation="relu", name="last")(L.MaxPooling2D(2)(x))
    return random_weights(keras.Model(pixels, x), seed)


@pytest.mark.parametrize("name", PREPROCESSING)
def test_preprocessing_inside_the_network_is_reversed_down_to_the_pixels(name):
    with double_precision():
        net = zv.load_model(network(PREPROCESSING[name]))
        features = zv.extract_features(net, random_image(net))
        model = net.keras_model
        theirs = model(features.image.batch, training=False)[0]
    np.testing.assert_allclose(features["last"], theirs, rtol=1e-4, atol=1e-5)
    assert [layer.name for layer in net.layers if "pool" not in layer.name] == ["first", "last"]
    assert all(layer.reverse.startswith("yes") for layer in net.layers)
    neuron, rules = features.strongest("last"), ("deconvnet", "guided", "gradient")
    for rule in rules:
        place = (neuron.row, neuron.column, neuron.channel)
        (reference,) = reverse_by_tape(
            keras.Model(model.inputs[0], [model.outputs[0]]),
            features.image.batch,
            [(0, place)],
            rule,
        )
        ours = zv.project(features, neuron, rule)
        assert worst(ours.on_canvas() / neuron.activation, reference) < 1e-5, rule
        assert ours.box == features.receptive_field(neuron)


def test_bytes_go_in_and_are_cast_inside():
    net = zv.load_model(network(lambda x: ops.cast(x, "float32") / 255.0, dtype="uint8"))
    features = zv.extract_features(net, random_image(net))
    theirs = net.keras_model.predict(features.image.pixels[None], verbose=0)[0]
    np.testing.assert_allclose(features["last"], theirs, rtol=1e-4, atol=1e-5)
    assert zv.project(features, features.strongest("last")).pixels.any()


def test_a_projection_is_in_rgb_wherever_the_colours_are_turned_round():
    """Before the network (preprocess="caffe") or inside it: the same picture. The signal ends at
    the photograph's own channels, so what the network does to them comes off by itself."""
    outside = zv.load_model(network(lambda x: x), preprocess="caffe")
    inside = zv.load_model(network(applications.vgg16.preprocess_input))
    assert outside.spec.reads_bgr and not inside.spec.reads_bgr
    pictures = []
    for net in (outside, inside):
        features = zv.extract_features(net, random_image(net))
        pictures.append(zv.project(features, features.strongest("last")).on_canvas())
    assert worst(*pictures) < 1e-5
    assert worst(pictures[0][..., ::-1], pictures[1]) > 0.1


def test_the_first_filters_are_in_rgb_wherever_the_colours_are_turned_round():
    outside = zv.load_model(network(lambda x: x), preprocess="caffe")
    inside = zv.load_model(network(applications.vgg16.preprocess_input))
    same = zv.load_model(network(lambda x: x / 255.0))
    assert np.array_equal(first_filters(inside), first_filters(outside))
    assert np.array_equal(first_filters(same), first_filters(outside)[..., ::-1])


def test_keras_own_transfer_learning_pattern():
    """RandomFlip, preprocess_input, MobileNetV2 inside: reversed from its last layer."""
    how = {"include_top": False, "weights": None, "alpha": 0.35}
    base = applications.MobileNetV2(input_shape=(32, 32, 3), **how)
    augmentation = keras.Sequential([L.RandomFlip("horizontal"), L.RandomRotation(0.2)])
    pixels = keras.Input((32, 32, 3))
    x = applications.mobilenet_v2.preprocess_input(augmentation(pixels))
    x = L.Dropout(0.2)(L.GlobalAveragePooling2D()(base(x, training=False)))
    net = zv.load_model(random_weights(keras.Model(pixels, L.Dense(2)(x))))
    assert len(net.layers) > 50
    assert {layer.reverse for layer in net.layers} == {"yes (no switches)"}
    features = [zv.extract_features(net, random_image(net)) for _ in range(3)]
    assert all(np.array_equal(one.logits, features[0].logits) for one in features)


def test_preprocessing_without_a_network_has_no_layers():
    pixels = keras.Input((8, 8, 3))
    graph = read_graph(keras.Model(pixels, L.Rescaling(1 / 255)(pixels)), (8, 8, 3))
    assert graph.layer_values == {}


def test_a_splitting_operation_becomes_one_for_each_part():
    net = zv.load_model(network(PREPROCESSING["split"]))
    parts = [one for one in net.graph.operations if one.kind == "Split"]
    assert [one.picks[2].tolist() for one in parts] == [[0], [1], [2]]
    assert [one.name.split("#")[-1] for one in parts[1:]] == ["2", "3"]
