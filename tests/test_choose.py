"""Every chooser finds something worth showing in any network, and all agree where classes are."""

import keras
import numpy as np
import pytest

import zv_helpers as zv
from zv_helpers import choose

LAYERS = keras.layers


def features_of(*layers, seed=1, **how):
    """Features of noise in a small network of its own."""
    keras.utils.set_random_seed(seed)
    network = zv.load_model(keras.Sequential([keras.Input((24, 24, 3)), *layers]), **how)
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 24, 3), np.uint8)
    return zv.extract_features(network, zv.load_image(pixels, network))


def convolution(name, maps=6, size=3, activation="relu"):
    return LAYERS.Conv2D(maps, size, activation=activation, padding="same", name=name)


def classifier(**how):
    """Ends as SqueezeNet does: a map for each class, and their means."""
    return features_of(
        convolution("first"),
        LAYERS.MaxPooling2D(2, name="pool"),
        convolution("second", 8),
        LAYERS.MaxPooling2D(2, name="pool2"),
        convolution("third", 8),
        convolution("classes", 5, 1),
        LAYERS.GlobalAveragePooling2D(),
        LAYERS.Activation("softmax"),
        **how,
    )


def body():
    return features_of(convolution("first"), LAYERS.MaxPooling2D(2, name="pool"), convolution("b"))


@pytest.mark.parametrize("names", [None, tuple("abcde")])
def test_all_choosers_pass_over_the_classes_with_names_or_without(names):
    features = classifier(class_names=names)
    network, target = features.network, features.target()
    assert choose.last_layer(features) == "classes"
    assert choose.layer_below(features, target) == "classes"
    assert choose.three_layers(network).deep == "third"
    assert choose.neuron_layer(features) == "third"
    assert choose.shared_layer(features, target) == "third"
    assert choose.before_pools(network) == ("first", "second", "third")
    assert choose.layers_of_each_size(features, target) == ["first", "second", "third"]


def test_squeezenet_without_class_names(squeezenet):
    network = zv.load_model(squeezenet.keras_model, preprocess="caffe")
    assert choose.three_layers(network) == choose.three_layers(squeezenet)
    assert choose.before_pools(network) == choose.before_pools(squeezenet)


def test_the_shipped_networks_layers(squeezenet, vgg16):
    assert choose.before_pools(squeezenet) == ("conv1", "fire3", "fire5", "fire9")
    assert choose.before_pools(vgg16) == (
        *(f"block{n}_conv2" for n in (1, 2)),
        *(f"block{n}_conv3" for n in (3, 4, 5)),
    )
    assert choose.max_pools(squeezenet) == ("pool1", "pool3", "pool5")
    assert choose.three_layers(squeezenet) == choose.Choice("conv1", "fire5", "fire9")
    assert choose.three_layers(vgg16) == choose.Choice(
        "block1_conv2", "block4_conv3", "block5_conv3"
    )


def test_a_network_without_max_pools_has_layers_to_show_too(lite0):
    """Its last layer sees more than the whole picture: nothing to compare two photographs by."""
    layout = choose.three_layers(lite0)
    assert layout == choose.Choice("block2_1_expand_relu", "block4_2_add", "head_relu")
    assert max(lite0.layer(layout.lowest).receptive_field) <= 56
    assert choose.before_pools(lite0) == (
        *(f"block{n}_0_expand_relu" for n in (1, 2, 3, 5)),
        "head_relu",
    )
    assert choose.max_pools(lite0) == ()


def test_a_network_that_shrinks_by_strides_shows_the_last_layer_of_each_size():
    strided = [LAYERS.Conv2D(8, 3, 2, "same", activation="relu", name=name) for name in "ab"]
    network = features_of(*strided, convolution("c")).network
    assert choose.before_pools(network) == ("a", "c")
    assert choose.three_layers(network) == choose.Choice("a", "a", "c")


def test_a_network_of_one_size_shows_its_last_four_layers():
    network = features_of(*map(convolution, "abcde")).network
    assert choose.before_pools(network) == tuple("bcde")
    one_pool = features_of(*map(convolution, "abc"), LAYERS.MaxPooling2D(2), convolution("d"))
    assert choose.before_pools(one_pool.network) == ("c", "d")


def test_a_padded_pool_is_no_reason_to_show_one_layer_only():
    padded = LAYERS.ZeroPadding2D(1), LAYERS.MaxPooling2D(3, 2, name="pool")
    network = features_of(convolution("a"), *padded, convolution("b"), convolution("c")).network
    assert choose.before_pools(network) == ("a", "c")


def test_the_layer_that_sees_half(squeezenet, vgg16, lite0):
    for network in (squeezenet, vgg16, lite0):
        name = choose.layer_seeing_half(network)
        assert 56 < max(network.layer(name).receptive_field) <= 112
    wide = features_of(convolution("first", size=15), convolution("second", size=3)).network
    assert choose.layer_seeing_half(wide) == "first"


def test_growing_layers_grow_and_end_with_the_largest(squeezenet):
    names = choose.growing_layers(squeezenet)
    sides = [squeezenet.layer(name).receptive_field[0] for name in names]
    assert sides == sorted(set(sides)) and len(sides) == 6
    assert sides[-1] == max(layer.receptive_field[0] for layer in squeezenet.layers)


def test_targets(cat, vgg_cat):
    first, second = choose.strongest_targets(cat, 2)
    assert first == cat.target() and second.index == cat.top_classes(2)[1][0]
    strongest, other = choose.strongest_targets(vgg_cat, 2)
    assert strongest == vgg_cat.target() and other.channel != strongest.channel
    assert choose.default_target(cat) == first and choose.default_target(vgg_cat) == strongest
    assert strongest.activation == vgg_cat["block5_conv3"].max()


def test_the_targets_of_a_network_that_names_every_position():
    features = features_of(convolution("first"), convolution("answer", 4, 1, "softmax"))
    wins = np.bincount(features["answer"].argmax(axis=-1).ravel(), minlength=4)
    targets = choose.strongest_targets(features, 4)
    assert wins[[target.channel for target in targets]].tolist() == sorted(wins)[::-1]
    assert choose.default_target(features) == targets[0] == features.target()
    assert choose.neuron_layer(features) == choose.three_layers(features.network).deep == "first"
    assert choose.same_target(features, targets[0]) == targets[0]


def test_a_layer_with_as_many_maps_as_classes_below_the_classes_is_passed_over_by_all():
    ends = LAYERS.GlobalAveragePooling2D(), LAYERS.Activation("softmax")
    features = features_of(convolution("a", 6), convolution("b", 5), convolution("c", 5), *ends)
    assert choose.neuron_layer(features) == choose.three_layers(features.network).deep == "a"


def test_shared_layer_has_maps_that_share_the_score(cat, vgg_cat):
    assert choose.shared_layer(cat, cat.target()) == "fire9"
    assert choose.shared_layer(vgg_cat, vgg_cat.target()) == "block5_conv2"
    for features in (cat, vgg_cat):
        target = features.target()
        scores = zv.relevance_scores(features, target, choose.shared_layer(features, target))
        assert (scores != 0).sum() > 10


def test_layers_of_each_size_differ_in_size(cat):
    names = choose.layers_of_each_size(cat, cat.target())
    assert names == ["conv1", "fire3", "fire5", "fire9"]


def test_layers_below_a_neuron_are_those_it_depends_on(cat):
    neuron = cat.strongest("fire2_expand3x3")
    assert choose.layers_below(cat, neuron) == ("conv1", "pool1", "fire2_squeeze1x1")
    assert choose.layer_below(cat, neuron) == "fire2_squeeze1x1"
    assert choose.layer_below(cat, cat.strongest("conv1")) == "conv1"  # nothing lies below it
    assert choose.layers_below(cat, cat.target()) == cat.layers


def test_the_same_target_in_another_photograph_or_network(cat, vgg_cat, squeezenet):
    owl = zv.extract_features(squeezenet, zv.load_image("owl", squeezenet))
    target = choose.same_target(owl, cat.target())
    assert target == cat.target() and target.of(owl) < target.of(cat)
    assert choose.same_target(owl, cat.strongest("fire5", 7)) == owl.strongest("fire5", 7)
    assert choose.same_target(vgg_cat, cat.target()) == vgg_cat.target()
    assert choose.same_target(vgg_cat, cat.strongest("fire5", 7)) == vgg_cat.strongest(
        "block5_conv3"
    )
    few = classifier()
    assert choose.same_target(few, cat.class_neuron(999)) == few.target()


def test_pool_to_show():
    assert choose.pool_to_show(classifier()) == "pool"  # pool2 has only six rows
    with pytest.raises(ValueError, match="has none"):
        choose.pool_to_show(features_of(convolution("only")))


def test_worth_seeing(cat, vgg_cat, lite_cat):
    assert choose.worth_seeing(lite_cat) == ("block4_0_expand_relu", 269)
    assert choose.worth_seeing(cat) == ("fire5", 241)
    assert choose.worth_seeing(vgg_cat) == ("block4_conv3", 309)
    features = body()
    layer, channel = choose.worth_seeing(features)
    assert layer == "b" and channel == features.strongest("b").channel


def test_worth_looking_up(squeezenet, lite0):
    atlas, look = zv.load_atlas("squeezenet", squeezenet), choose.worth_looking_up
    assert look(squeezenet, atlas) == look(squeezenet, None) == ("fire5", 241)
    assert look(squeezenet, atlas, "fire5") == ("fire5", 241)
    assert look(lite0, None, "head_relu") == ("head_relu", 0)
    peaks = atlas["fire8"].activations[:, 0]
    assert look(squeezenet, atlas, "fire8") == ("fire8", peaks.argmax())
    few = zv.build_atlas(squeezenet, ["duck"], ["conv1", "fire3", "fire4"], progress=False)
    layer, channel = look(squeezenet, few)
    assert layer in few.layers and channel == few[layer].activations[:, 0].argmax()
    for unknown in (atlas, None):
        with pytest.raises(KeyError, match="fire55"):
            look(squeezenet, unknown, "fire55")


def test_middle_neurons_are_in_the_middle_strongest_first(cat):
    neurons = choose.middle_neurons(cat, "fire5", 4)
    assert [(n.row, n.column) for n in neurons] == [(13, 13)] * 4
    strengths = [n.activation for n in neurons]
    assert strengths == sorted(strengths, reverse=True)
    assert strengths[0] == cat["fire5"][13, 13].max()


def test_an_inner_neuron_sees_a_whole_receptive_field(cat):
    for layer in ("conv1", "fire5"):
        expected = cat.network.layer(layer).receptive_field
        for channel in (0, 3, 50):
            neuron = choose.inner_neuron(cat, layer, channel)
            top, left, bottom, right = cat.receptive_field(neuron)
            assert (bottom - top, right - left) == expected
    # From the last layer every position sees past some border.
    neuron = choose.inner_neuron(cat, "fire9", 426)
    assert neuron == cat.strongest("fire9", 426) or cat.receptive_field(neuron)


def test_a_shared_map_answers_to_both(cat, squeezenet):
    owl = zv.extract_features(squeezenet, zv.load_image("owl", squeezenet))
    channel = choose.shared_map(cat, owl, "fire5")
    weaker = np.minimum(*(f["fire5"].max(axis=(0, 1)) for f in (cat, owl)))
    assert weaker[channel] == weaker.max() > 0


def test_the_counting_neuron_adds_or_takes_most(cat):
    product = np.zeros(cat["fire9"].shape)
    product[2, 3, 5], product[4, 1, 5], product[0, 0, 6] = 7, -8, 9
    most = choose.counting_neuron(cat, "fire9", 5, product)
    least = choose.counting_neuron(cat, "fire9", 5, product, against=True)
    assert (most.row, most.column, least.row, least.column) == (2, 3, 4, 1)


def test_neurons_are_chosen_below_the_cap_of_their_relu(lite_cat):
    layer = "block4_0_expand_relu"
    maps = lite_cat[layer]
    crowded = int((maps == 6).sum(axis=(0, 1)).argmax())
    assert choose.inner_neuron(lite_cat, layer, crowded).activation < 6
    neurons = choose.middle_neurons(lite_cat, layer, 20)
    assert (maps[7, 7] == 6).any() and all(0 < one.activation < 6 for one in neurons)
    product = maps.copy()
    assert choose.counting_neuron(lite_cat, layer, crowded, product).activation < 6
    assert choose.counting_neuron(lite_cat, layer, crowded, -product, True).activation < 6
    assert choose.shared_map(lite_cat, lite_cat, layer) == lite_cat.strongest(layer).channel
    product[maps < 6] = 0  # only what lies at the cap adds to the score
    assert choose.counting_neuron(lite_cat, layer, crowded, product).activation == 6


@pytest.mark.parametrize(
    "layers",
    [
        (convolution("only"),),
        (LAYERS.MaxPooling2D(2, name="pool"),),
        (convolution("one", 4, 3), LAYERS.GlobalAveragePooling2D(), LAYERS.Dense(4)),
        (LAYERS.Conv2D(4, 24, activation="relu", name="narrow"),),
    ],
    ids=["one convolution", "one pool", "as many maps as classes", "one position"],
)
def test_small_networks_have_something_to_show_too(layers):
    features = features_of(*layers)
    network, target = features.network, choose.default_target(features)
    names = set(features.layers)
    assert {choose.last_layer(features), choose.neuron_layer(features)} <= names
    assert {choose.layer_below(features, target), choose.shared_layer(features, target)} <= names
    assert set(choose.layers_below(features, target)) <= names
    assert set(choose.before_pools(network)) <= names
    assert set(choose.growing_layers(network)) <= names
    layout = choose.three_layers(network)
    assert {layout.lowest, layout.middle, layout.deep} <= names
    assert choose.worth_seeing(features)[0] in names


def test_common_neurons_are_strong_on_every_photograph(cat, squeezenet):
    shepherd = zv.extract_features(squeezenet, zv.load_image("german_shepherd", squeezenet))
    found = choose.common_neurons([cat, shepherd], "fire5", 3)
    least = np.minimum(cat["fire5"][13, 13], shepherd["fire5"][13, 13])
    assert [one.channel for one in found] == np.argsort(-least, kind="stable")[:3].tolist()
    assert {(one.row, one.column) for one in found} == {(13, 13)} and least[found[0].channel] > 0
    assert found[0] == cat.neuron("fire5", found[0].channel, 13, 13)


def test_the_last_layer_in_common_has_enough_neurons_active_on_each(lite0):
    names = ("german_shepherd", "tabby_cat", "espresso")
    several = [zv.extract_features(lite0, zv.load_image(name, lite0)) for name in names]
    enough = {}
    for layer in several[0].layers:
        row, column = (size // 2 for size in several[0][layer].shape[:2])
        middles = [one.below_cap(layer)[row, column] for one in several]
        enough[layer] = np.sum(np.min(middles, axis=0) > 0)
    found = []
    for count in (1, 4, max(enough.values()), 10**6):
        last = [layer for layer, number in enough.items() if number >= count] or list(enough)
        found.append(choose.last_in_common(several, count))
        assert found[-1] == last[-1]
    assert len(set(found)) > 1
