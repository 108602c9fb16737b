"""The families of keras.applications, with random weights, small; and the networks that ship."""

import contextlib

from entries import keras, network

import zv_helpers as zv

applications, L = keras.applications, keras.layers
PART = "Families of `keras.applications`"
SHIPPED = "The networks that ship"
SWISH = "uses (swish|silu)"


@contextlib.contextmanager
def thin(by=4):
    """Give convolutions fewer feature maps; the numbers that Keras works out itself stay."""
    kept = {kind: kind.__init__ for kind in (L.Conv2D, L.SeparableConv2D)}

    def thinner(original):
        def init(self, filters, *args, **how):
            whole = filters % 32 and filters != 728
            original(self, filters if whole else filters // by, *args, **how)

        return init

    for kind, original in kept.items():
        kind.__init__ = thinner(original)
    try:
        yield
    finally:
        for kind, original in kept.items():
            kind.__init__ = original


def family(name, builder, size, what, refused=None, by=1, **how):
    """A network of keras.applications with five classes; by: how many times thinner."""

    @network(
        name,
        PART,
        what,
        refused,
        how={"preprocess": "tf"},
        double=refused is None,
        weights=refused is None,
    )
    def build():
        make, shape = getattr(applications, builder), (size, size, 3)
        with thin(by):
            return make(weights=None, input_shape=shape, **{"classes": 5, **how})


@network("VGG16", PART, "convolutions, max-pools, dense layers", how={"preprocess": "caffe"})
def vgg16():
    with thin():
        body = applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    x = L.Dense(16, activation="relu")(L.Flatten()(body.output))
    return keras.Model(body.input, L.Dense(5, activation="softmax")(x))


family("VGG19, without its top", "VGG19", 32, "it ends in feature maps", by=4, include_top=False)
family("ResNet50", "ResNet50", 32, "batch norm and additions", by=4)
family("ResNet50V2", "ResNet50V2", 32, "batch norm before the convolutions", by=4)
family("InceptionV3", "InceptionV3", 75, "branches that are concatenated", by=4)
family("InceptionResNetV2", "InceptionResNetV2", 75, "branches, scaled and added", by=4)
family("Xception", "Xception", 71, "separable convolutions", by=4)
family("MobileNet", "MobileNet", 32, "depthwise convolutions, ReLU6", alpha=0.25)
family("MobileNetV2", "MobileNetV2", 32, "inverted residuals, ReLU6", alpha=0.35)
family("DenseNet121", "DenseNet121", 32, "every layer reads all those before it", by=4)
family("NASNetMobile", "NASNetMobile", 32, "found by search; ReLU")
minimal = {"minimalistic": True, "alpha": 0.75}
family(
    "MobileNetV3Small, minimalistic", "MobileNetV3Small", 32, "ReLU in place of swish", **minimal
)
family("MobileNetV3Small", "MobileNetV3Small", 32, "squeeze and excitation", "multipl|hard|swish")
family("MobileNetV3Large", "MobileNetV3Large", 32, "the same, larger", "multipl|hard|swish")
family("EfficientNetB0", "EfficientNetB0", 32, "swish, squeeze and excitation", SWISH)
family("EfficientNetV2B0", "EfficientNetV2B0", 32, "swish", SWISH)
family("ConvNeXtTiny", "ConvNeXtTiny", 32, "layer normalization, GELU", "LayerNorm|normali|gelu")


def shipped(name, what, preprocess, size=(48, 48)):
    """Its own weights, in float64."""

    @network(name, SHIPPED, what, weights=False, how={"preprocess": preprocess}, double=False)
    def build():
        from independent import in_double_precision

        return in_double_precision(zv.load_model(name, input_size=size)).keras_model


shipped("squeezenet", "fire modules; the default of the notebooks", "caffe")
shipped("efficientnet-lite0", "depthwise convolutions, ReLU6, additions", "tf")
shipped("vgg16-conv", "VGG-16's convolutions", "caffe")
