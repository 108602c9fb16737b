"""Step 1: shipped networks, networks that Keras downloads, and any model of one's own."""

import dataclasses
import hashlib
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from independent import random_image, random_weights

import zv_helpers as zv
from zv_helpers.network import loading, network, reading

PACKAGE = Path(zv.__file__).parent
VGG16_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"


@pytest.fixture(scope="module")
def L(keras):
    return keras.layers


def small(keras, *layers, shape=(16, 16, 3)):
    return keras.Sequential([keras.Input(shape), *layers])


# --- the shipped networks ------------------------------------------------------------------------


def test_squeezenet(squeezenet):
    names = [layer.name for layer in squeezenet.layers]
    assert names[0] == "conv1" and names[-1] == "conv10"
    assert [n for n in names if re.fullmatch(r"fire\d", n)] == [f"fire{i}" for i in range(2, 10)]
    assert squeezenet.input_size == (224, 224) and len(squeezenet.class_names) == 1000
    assert squeezenet.layer("fire9").switches == 3
    assert (squeezenet.layer("fire5").height, squeezenet.layer("fire5").channels) == (27, 256)
    assert all(layer.reverse.startswith("yes") for layer in squeezenet.layers)
    assert squeezenet.keras_model.count_params() == 1_235_496


def test_vgg16_conv(vgg16):
    names = [layer.name for layer in vgg16.layers]
    assert len(names) == 18 and names[-1] == "block5_pool"
    assert vgg16.class_names is None and vgg16.logits is None
    assert [layer.switches for layer in vgg16.layers if "pool" in layer.name] == [1, 2, 3, 4, 5]
    table = repr(vgg16.summary())
    assert "block5_conv3" in table and "196 × 196" in table and "yes (no switches)" in table


def test_only_layers_before_the_first_pool_have_no_switches(squeezenet):
    without = [layer.name for layer in squeezenet.layers if layer.reverse == "yes (no switches)"]
    assert without == ["conv1"]


def test_class_names_need_no_download(squeezenet):
    names = squeezenet.class_names
    assert names[281] == "tabby" and names[0] == "tench"
    assert len(names) == len(set(names)) == 1000  # the two cranes and the two maillots as well
    assert squeezenet.class_index("tabby") == 281
    with pytest.raises(KeyError, match="knows no class named 'taby'.*tabby"):
        squeezenet.class_index("taby")


def test_an_unknown_layer_is_answered_with_near_names(squeezenet):
    with pytest.raises(KeyError, match="no layer 'fire99': try fire9"):
        squeezenet.layer("fire99")
    with pytest.raises(KeyError, match="'probabilities' of squeezenet keeps no feature maps"):
        squeezenet.layer("probabilities")


# --- preprocessing -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["caffe", "tf", "torch"])
def test_preprocessing_is_that_of_keras_and_goes_back(keras, L, how):
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 5, 4, 3)).astype(np.float32)
    before = pixels.copy()
    net = zv.load_model(small(keras, L.Conv2D(2, 3)), preprocess=how)
    theirs = keras.applications.imagenet_utils.preprocess_input(pixels.copy(), mode=how)
    ours = net.spec.prepare(pixels)
    assert ours.dtype == np.float32 and np.allclose(ours, theirs, atol=1e-5)
    assert np.array_equal(pixels, before)
    assert np.allclose(net.spec.restore(ours), pixels, atol=1e-3)
    assert net.spec.reads_bgr == (how == "caffe")


def test_a_preprocessing_function_that_changes_its_argument_gets_a_copy(keras, L):
    way_in = keras.applications.vgg16.preprocess_input
    net = zv.load_model(small(keras, L.Conv2D(2, 3)), preprocess=way_in)
    pixels = np.full((1, 2, 2, 3), 100, np.float32)
    assert not np.array_equal(net.spec.prepare(pixels), pixels)
    assert (pixels == 100).all() and net.spec.reads_bgr and "preprocess_input" in net.spec.text


def test_an_unknown_preprocessing_is_refused(keras, L):
    with pytest.raises(ValueError, match="caffe, tf, torch, 0-1, none or a function.*'imagenet'"):
        zv.load_model(small(keras, L.Conv2D(2, 3)), preprocess="imagenet")


# --- networks of keras.applications and one's own ------------------------------------------------


def test_vgg16_of_keras_with_its_dense_layers(keras):
    model = keras.applications.VGG16(weights=None, input_shape=(32, 32, 3), classes=10)
    net = zv.load_model(random_weights(model), preprocess="caffe", class_names=list("abcdefghij"))
    features = zv.extract_features(net, random_image(net))
    assert [layer.name for layer in net.layers][-1] == "block5_pool"
    theirs = model.predict(features.image.batch, verbose=0)[0]
    assert np.allclose(features.probabilities, theirs, atol=1e-5)
    assert features.top_classes(1)[0][1] == "abcdefghij"[theirs.argmax()]
    picture = zv.project(features, features.class_neuron(4))
    assert picture.pixels.shape == (32, 32, 3) and picture.pixels.any()


def test_a_convolution_before_padding_or_dropout_keeps_its_row(keras):
    """ResNet-50 pads after its first ReLU, MobileNet before each stride: these layers must not
    vanish."""
    resnet = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(32, 32, 3))
    names = [layer.name for layer in zv.load_model(resnet).layers]
    assert "conv1_relu" in names and "conv1_pad" not in names
    mobile = keras.applications.MobileNet(weights=None, input_shape=(32, 32, 3), classes=10)
    net = zv.load_model(mobile)
    names = [layer.name for layer in net.layers]
    assert {"conv1_relu", "conv_pw_1_relu", "conv_dw_2_relu", "conv_pw_13_relu"} <= set(names)
    assert net.logits is not None


def test_batch_norm_and_relu_belong_to_their_convolution(keras):
    resnet = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(32, 32, 3))
    layers = {layer.name: layer for layer in zv.load_model(resnet).layers}
    assert layers["conv2_block1_1_relu"].kind == "Conv2D + ReLU"
    assert layers["conv2_block1_out"].kind == "Add + ReLU"
    assert "conv2_block1_1_bn" not in layers and "conv2_block1_1_conv" not in layers
    assert layers["conv5_block3_out"].switches == 1


@pytest.mark.parametrize(
    "ending, has_classes",
    [("dense", True), ("softmax", True), ("sigmoid", True), ("pooled", True), ("maps", False)],
)
def test_where_class_scores_are(keras, L, ending, has_classes):
    layers = [L.Conv2D(4, 3, activation="relu")]
    if ending != "maps":
        layers.append(L.GlobalAveragePooling2D())
    if ending in ("dense", "softmax", "sigmoid"):
        layers.append(L.Dense(3, activation=None if ending == "dense" else ending))
    model = random_weights(small(keras, *layers))
    net = zv.load_model(model, preprocess="tf")
    features = zv.extract_features(net, random_image(net))
    assert (net.logits is not None) == has_classes
    if not has_classes:
        with pytest.raises(ValueError, match="ends in feature maps and has no class scores"):
            _ = features.logits
        return
    theirs = model.predict(features.image.batch, verbose=0)[0]
    plain = ending in ("dense", "pooled")
    theirs = np.exp(theirs) / np.exp(theirs).sum() if plain else theirs
    assert np.allclose(features.probabilities, theirs, atol=1e-5)


@pytest.mark.parametrize(
    "activation, kind",
    [("leaky_relu", "LeakyReLU"), ("relu6", "ReLU6"), ("relu", "ReLU"), ("swish", "swish")],
)
def test_the_table_names_the_activation(keras, L, activation, kind):
    net = zv.load_model(small(keras, L.Conv2D(2, 3, activation=activation)))
    assert net.layers[0].kind == f"Conv2D + {kind}"


@pytest.mark.parametrize("name", ["relu", "relu6", "leaky_relu"])
def test_a_relu_is_known_wherever_it_comes_from(keras, tf, name):
    functions = [getattr(home, name) for home in (keras.activations, keras.ops, tf.nn)]
    layer = keras.layers.Activation(name)
    assert {reading.rectifier_of(one) for one in [*functions, layer]} == {reading.RELUS[name]}
    assert reading.rectifier_of(tf.nn.elu) is None and reading.rectifier_of([]) is None


def subclassed(keras):
    """A model with a `call` of its own, built."""

    class Mine(keras.Model):
        def __init__(self):
            super().__init__()
            self.c = keras.layers.Conv2D(2, 3)

        def call(self, x):
            return self.c(x)

    model = Mine()
    model(np.zeros((1, 16, 16, 3), np.float32))
    return model


def saved_model(keras):
    """A layer that hides a whole SavedModel."""
    with tempfile.TemporaryDirectory() as folder:
        small(keras, keras.layers.Conv2D(3, 3, padding="same")).export(folder, verbose=False)
        hidden = keras.layers.TFSMLayer(folder)
    return small(keras, keras.layers.Conv2D(3, 3, padding="same"), hidden)


def two(keras, what):
    a, b = (keras.Input((8, 8, 3)) for _ in range(2))
    conv = keras.layers.Conv2D(2, 3, name="conv")
    if what == "inputs":
        return keras.Model([a, b], conv(a + b))
    return keras.Model(a, [conv(a), a + 1])


REFUSED = {
    "a subclassed model": (subclassed, "is a subclassed one.*keras.Model\\(pixels, model.call"),
    "a subclassed model inside": (
        lambda keras: small(keras, subclassed(keras)),
        "hides its graph in its own call method",
    ),
    "a SavedModel inside": (saved_model, "holds a TFSMLayer, which hides a whole SavedModel"),
    "not built": (
        lambda keras: keras.Sequential([keras.layers.Conv2D(2, 3)]),
        "that has been built, but .* has no input shape yet",
    ),
    "two inputs": (lambda keras: two(keras, "inputs"), "one input, but .* has 2"),
    "two outputs": (
        lambda keras: two(keras, "outputs"),
        r"one output, but .* has 2, 'conv' \(6, 6, 2\), 'add.*' \(8, 8, 3\): .*output='conv'",
    ),
    "five channels": (
        lambda keras: small(keras, keras.layers.Conv2D(2, 3), shape=(8, 8, 5)),
        r"pictures of shape \(h, w, 3\), or \(h, w, 1\) in grey, but .*\(None, 8, 8, 5\)",
    ),
    "channels first": (
        lambda keras: small(keras, keras.layers.Flatten(), shape=(3, 8, 8)),
        "its channels first: build it with data_format=.channels_last",
    ),
    "no axis for channels": (
        lambda keras: small(keras, keras.layers.Flatten(), shape=(28, 28)),
        r"give it an input of shape \(h, w, 1\)",
    ),
    "a table": (
        lambda keras: small(keras, keras.layers.Dense(2), shape=(784,)),
        "a network of dense layers alone has no feature maps",
    ),
    "no feature maps": (
        lambda keras: small(keras, keras.layers.Flatten(), keras.layers.Dense(2)),
        "a convolutional network, but .* has no layer with feature maps",
    ),
    "too large": (
        lambda keras: small(keras, keras.layers.Conv2D(2, 3), shape=(1025, 8, 3)),
        "at most 1024 pixels a side, but .* takes 1025 × 8",
    ),
    "a softmax over one number": (
        lambda keras: small(
            keras,
            keras.layers.Conv2D(2, 3),
            keras.layers.Flatten(),
            keras.layers.Dense(1, activation="softmax"),
        ),
        "a single number, which is always 1: end it in a sigmoid",
    ),
    "a layer": (lambda keras: keras.layers.Conv2D(2, 3), "keras.Model, but got Conv2D"),
    "a path": (lambda keras: Path("model.keras"), "there is none called 'model.keras'"),
    "a misspelt name": (
        lambda keras: "vgg19",
        r"squeezenet, efficientnet-lite0, vgg16-conv.*but got 'vgg19' \(close to it: vgg16",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_loaded_is_refused_in_one_sentence(keras, what):
    make, words = REFUSED[what]
    with pytest.raises(ValueError, match=words) as caught:
        zv.load_model(make(keras))
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_names_and_sizes_that_do_not_fit_are_refused(keras, L):
    model = small(keras, L.Conv2D(2, 3), L.Flatten(), L.Dense(3))
    with pytest.raises(ValueError, match="2 class names came with .*one name for each class"):
        zv.load_model(model, class_names=["a", "b"])
    with pytest.raises(ValueError, match=r"16 × 16 pixels, so input_size \(20, 20\) does not fit"):
        zv.load_model(model, input_size=(20, 20))


# --- networks that Keras downloads, without a connection -----------------------------------------

OFFLINE = """
import json, sys
import zv_helpers as zv
said = {}
for name in sys.argv[1:]:
    try:
        zv.load_model(name or None)
        said[name] = "loaded"
    except Exception as error:
        said[name] = [type(error).__name__, str(error)]
print(json.dumps(said))
"""


def offline(home, *names, **environment):
    """What load_model says in a process of its own, whose downloads lead nowhere: {name: [error,
    message]}."""
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:9")
    inherited = {k: v for k, v in os.environ.items() if k.lower() != "no_proxy" and k != "ZV_MODEL"}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, *names],
        env={**inherited, **nowhere, "KERAS_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout.splitlines()[-1]), done.stdout


def test_offline_every_download_says_what_is_missing_and_what_works_now(tmp_path):
    """No file for two of them; for the third one of the right size whose content is wrong."""
    (tmp_path / "models").mkdir()
    wrong = tmp_path / "models" / loading.DOWNLOADS["inception_v3"].path.name
    with open(wrong, "wb") as file:
        file.truncate(96_112_376)
    said, printed = offline(tmp_path, "vgg16", "resnet50", "inception_v3", "")
    for name in ("vgg16", "resnet50", "inception_v3"):
        how = loading.DOWNLOADS[name]
        error, message = said[name]
        assert error == "RuntimeError" and "\n" not in message
        assert (
            str(tmp_path / "models" / how.path.name) in message
        )  # which file, and where it belongs
        assert how.md5 in message
        assert '"squeezenet" or "vgg16-conv", which ship' in message
        assert f"{how.megabytes} MB" in printed or name == "inception_v3"
    assert "is not there" in said["vgg16"][1] and "is not there" in said["resnet50"][1]
    assert "is damaged or incomplete" in said["inception_v3"][1]
    assert said[""] == "loaded" and "Network: squeezenet (it ships with the workbook" in printed


def test_the_default_network(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("ZV_MODEL", raising=False)
    assert loading.default_name()[0] == "squeezenet"
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / VGG16_FILE).write_bytes(b"other weights")
    assert loading.default_name()[0] == "squeezenet"  # its MD5 is wrong
    right = hashlib.md5(b"other weights").hexdigest()
    how = dataclasses.replace(loading.DOWNLOADS["vgg16"], md5=right)
    monkeypatch.setitem(loading.DOWNLOADS, "vgg16", how)
    assert loading.default_name() == ("vgg16", "its verified weights are in the Keras cache")
    monkeypatch.setenv("ZV_MODEL", "vgg16-conv")
    assert loading.default_name() == ("vgg16-conv", "ZV_MODEL names it")


@pytest.mark.parametrize("name", ["squeezenet", "resnet50"])
@pytest.mark.parametrize("what", ["preprocess", "class_names", "output"])
def test_what_a_network_knows_is_not_taken_from_you(name, what):
    with pytest.raises(ValueError, match=f"{what}= with a network of your own, but '{name}'"):
        zv.load_model(name, **{what: "tf"})


def test_no_name_says_which_network_and_why(monkeypatch, capsys):
    monkeypatch.setenv("ZV_MODEL", "squeezenet")
    assert zv.load_model().name == "squeezenet"
    assert capsys.readouterr().out == "Network: squeezenet (ZV_MODEL names it).\n"


def test_the_hashes_are_those_that_keras_expects(keras):
    """Keras checks these itself; a new Keras with other files must not leave our sentence
    behind."""
    for name, where in (
        ("vgg16", "vgg16"),
        ("resnet50", "resnet"),
        ("inception_v3", "inception_v3"),
    ):
        how = loading.DOWNLOADS[name]
        source = inspect.getsource(sys.modules[getattr(keras.applications, how.builder).__module__])
        assert how.md5 in source, where
        assert how.path.name in source or name == "resnet50"


# --- Keras's private attributes ------------------------------------------------------------------


def test_the_private_attributes_of_keras_that_the_graph_needs_exist(keras, L):
    """reading.py reads `_functional` and `_nodes_by_depth`, and of each node what is named here."""
    functional = small(keras, L.Conv2D(2, 3, activation="relu"), L.Flatten())
    assert hasattr(functional, "_functional"), "keras.Sequential._functional is gone"
    nodes = functional._functional._nodes_by_depth
    assert isinstance(nodes, dict) and sorted(nodes) == [0, 1, 2]
    node = nodes[0][0]
    for name in ("operation", "arguments", "outputs", "is_input"):
        assert hasattr(node, name), f"a node has no {name}"
    for name in ("keras_tensors", "fill_in", "args", "kwargs"):
        assert hasattr(node.arguments, name), f"a node's arguments have no {name}"
    pixels = keras.Input((4, 4, 3))
    assert hasattr(keras.Model(pixels, L.Flatten()(pixels)), "_nodes_by_depth")


def test_only_the_graph_uses_private_attributes_of_keras():
    private = re.compile(
        r"_nodes_by_depth|_functional\b|_inbound_nodes|_keras_history|_flatten_layers"
    )
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if private.search(path.read_text(encoding="utf-8"))
    }
    assert users == {"network/reading.py"}
    assert "_nodes_by_depth" in reading.__doc__ and "_functional" in reading.__doc__


def test_a_table_prints_in_columns():
    table = network.Table(("a", "long name"), (("xxxx", "1"), ("y", "2")))
    assert repr(table).splitlines() == ["a     long name", "────  ─────────", "xxxx  1", "y     2"]


def test_two_inputs_that_are_no_pictures_are_refused_too(keras, L):
    left, right = keras.Input((4,)), keras.Input((4,))
    model = keras.Model([left, right], L.Add()([left, right]))
    with pytest.raises(ValueError, match="a network with one input, but .* has 2"):
        zv.load_model(model)
