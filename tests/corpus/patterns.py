"""Networks as tutorials and people write them, tiny, with random weights."""

import warnings

import numpy as np
from entries import keras, network

L, ops, applications = keras.layers, keras.ops, keras.applications
TF = {"preprocess": "tf"}
INPUTS, BLOCKS, ENDS, WHOLE = (
    "Preprocessing and input",
    "Layers and blocks",
    "Endings",
    "Whole networks and how they are put together",
)


def conv(maps, size=3, activation="relu", **how):
    return L.Conv2D(maps, size, padding="same", activation=activation, **how)


def tail(x, classes=4, activation="softmax"):
    """Two convolutions, a pool between them, and classes."""
    x = L.MaxPooling2D()(conv(6)(x))
    x = L.GlobalAveragePooling2D()(conv(8)(x))
    return L.Dense(classes, activation=activation)(x)


def image(height=24, width=24, channels=3, **how):
    return keras.Input((height, width, channels), **how)


def pattern(part, around, **always):
    """Networks of one kind, each what its decorated function makes, where `around` puts it."""

    def named(name, what, refused=None, part=part, **more):
        def enter(own):
            @network(name, part, what, refused, **always, **more)
            def build():
                inputs = image()
                return keras.Model(inputs, around(own, inputs))

            return own

        return enter

    return named


# Of a first convolution, the block, and a tail; of what begins on the pixels; of what ends.
block = pattern(BLOCKS, lambda middle, x: tail(middle(conv(6)(x))), how=TF)
start = pattern(INPUTS, lambda first, x: tail(first(x)))
ending = pattern(ENDS, lambda last, x: last(conv(8)(L.MaxPooling2D()(conv(6)(x)))))


# --- preprocessing and input ----------------------------------------------------------------------


def augmentation():
    return keras.Sequential([L.RandomFlip("horizontal"), L.RandomRotation(0.2)])


def base(size, **how):
    return applications.MobileNetV2(
        input_shape=(size, size, 3), include_top=False, weights=None, alpha=0.35, **how
    )


@network(
    "Transfer learning",
    WHOLE,
    "`RandomFlip`, `preprocess_input`, MobileNetV2 inside, global average, dropout, one logit",
)
def transfer_learning():
    inputs, body = image(32, 32), base(32)
    x = applications.mobilenet_v2.preprocess_input(augmentation()(inputs))
    x = L.GlobalAveragePooling2D()(body(x, training=False))
    return keras.Model(inputs, L.Dense(1)(L.Dropout(0.2)(x)))


@network(
    "Transfer learning with a scale layer",
    WHOLE,
    "`Rescaling(1/127.5, offset=-1)`, a frozen MobileNet inside, sigmoid",
)
def transfer_with_scale():
    body = applications.MobileNet(
        input_shape=(32, 32, 3), include_top=False, weights=None, alpha=0.25
    )
    body.trainable = False
    inputs = image(32, 32)
    x = body(L.Rescaling(1 / 127.5, offset=-1)(inputs), training=False)
    x = L.Dropout(0.2)(L.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, L.Dense(1, activation="sigmoid")(x))


@network("Fine-tuned, Sequential", WHOLE, "a body, Flatten and dense layers in `Sequential`")
def sequential_on_a_body():
    body = applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    small = keras.Model(body.input, body.get_layer("block2_pool").output)
    head = [L.Flatten(), L.Dense(8, activation="relu"), L.Dropout(0.5)]
    return keras.Sequential([image(32, 32), small, *head, L.Dense(3, activation="softmax")])


@start("preprocess_input, Caffe's", "`resnet50.preprocess_input` inside: BGR less the mean")
def caffe_inside(x):
    return applications.resnet50.preprocess_input(x)


@start("preprocess_input, TensorFlow's", "`mobilenet_v2.preprocess_input` inside: −1 to 1")
def tf_inside(x):
    return applications.mobilenet_v2.preprocess_input(x)


@start("preprocess_input, Torch's", "`densenet.preprocess_input` inside")
def torch_inside(x):
    return applications.densenet.preprocess_input(x)


@start("x / 255", "arithmetic on the input")
def over_255(x):
    return x / 255.0


@start("Mean and deviation by hand", "`(x - mean) / deviation`, one number a channel")
def by_hand(x):
    mean, deviation = np.array([[123.7, 116.3, 103.5], [58.4, 57.1, 57.4]], "float32")
    return (x - mean) / deviation


@start("Channels by slicing", "`x[..., ::-1]`: BGR")
def reversed_channels(x):
    return x[..., ::-1] / 255.0


@start("Rescaling and Random*", "`Rescaling(1/255)` and six layers of augmentation")
def augmented(x):
    x = L.RandomContrast(0.2)(L.RandomZoom(0.2)(L.RandomRotation(0.1)(L.RandomFlip()(x))))
    x = L.RandomBrightness(0.2, value_range=(0, 255))(L.RandomTranslation(0.1, 0.1)(x))
    return L.Rescaling(1.0 / 255)(x)


@start("RandomCrop", "in inference it resizes, then crops the middle", "random_crop")
def random_crop(x):
    return L.RandomCrop(20, 20)(x)


@start("Normalization, adapted", "`Normalization()` after `adapt`", weights=False)
def normalization(x):
    layer = L.Normalization()
    layer.adapt(np.random.default_rng(0).uniform(0, 255, (8, 24, 24, 3)))
    return layer(x)


@start("Normalization of all channels", "`Normalization(axis=None)`")
def normalization_of_all(x):
    return L.Normalization(axis=None, mean=120.0, variance=3600.0)(x)


@start("CenterCrop", "`CenterCrop(16, 16)` inside")
def center_crop(x):
    return L.CenterCrop(16, 16)(x)


@start("Resizing, smaller", "`Resizing(15, 17)` inside, bilinear")
def resizing(x):
    return L.Resizing(15, 17)(x)


@start("Resizing, larger", "`Resizing(40, 36)` inside, bilinear")
def resizing_up(x):
    return L.Resizing(40, 36)(x)


@start("Resizing, nearest", "`Resizing(15, 31, interpolation='nearest')`")
def resizing_nearest(x):
    return L.Resizing(15, 31, interpolation="nearest")(x)


@start("Random noise and dropout", "`GaussianNoise`, `SpatialDropout2D`, `AlphaDropout`")
def noise(x):
    x = L.GaussianNoise(0.2)(L.Rescaling(1 / 255)(x))
    return L.AlphaDropout(0.1)(L.SpatialDropout2D(0.1)(L.GaussianDropout(0.1)(x)))


@network("Grey (28, 28, 1)", INPUTS, "keras.io's MNIST network")
def mnist():
    return keras.Sequential(
        [
            image(28, 28, 1),
            L.Conv2D(32, kernel_size=(3, 3), activation="relu"),
            L.MaxPooling2D(pool_size=(2, 2)),
            L.Conv2D(64, kernel_size=(3, 3), activation="relu"),
            L.MaxPooling2D(pool_size=(2, 2)),
            L.Flatten(),
            L.Dropout(0.5),
            L.Dense(10, activation="softmax"),
        ]
    )


@network("Not square", INPUTS, "an input of 20 × 33")
def not_square():
    inputs = image(20, 33)
    return keras.Model(inputs, tail(conv(6, strides=2)(inputs)))


@network("Open size", INPUTS, "`Input((None, None, 3))`", how={"input_size": (26, 31)})
def open_size():
    inputs = image(None, None)
    return keras.Model(inputs, tail(conv(6)(inputs)))


@network("Fixed batch", INPUTS, "`Input(batch_shape=(1, 24, 24, 3))`")
def fixed_batch():
    inputs = keras.Input(batch_shape=(1, 24, 24, 3))
    return keras.Model(inputs, tail(conv(6)(inputs)))


def of_bytes(dtype):
    keras.utils.set_random_seed(0)
    inputs = image(dtype=dtype)
    model = keras.Model(inputs, tail(conv(6)(L.Rescaling(1 / 255)(inputs))))
    for variable in model.variables:
        shape = tuple(variable.shape)
        variable.assign(np.random.default_rng(len(shape)).normal(0, 0.3, shape))
    return model


network(
    "Whole numbers as input",
    INPUTS,
    "`Input(dtype='uint8')`",
    weights=False,
    double=False,
    twin=lambda: of_bytes("float32"),
    tolerance=1e-4,  # float32
)(lambda: of_bytes("uint8"))


@network(
    "Mixed precision",
    INPUTS,
    "`mixed_float16`: as exact as half precision",
    double=False,
    tolerance=0.05,  # half precision has 11 bits, and adds in another order on the way back
)
def mixed():
    kept = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        inputs = image()
        x = L.BatchNormalization()(conv(6, activation=None)(L.Rescaling(1 / 255)(inputs)))
        return keras.Model(inputs, tail(L.ReLU()(x)))
    finally:
        keras.config.set_dtype_policy(kept)


@network("Float64", INPUTS, "double precision throughout")
def double():
    inputs = image()
    return keras.Model(inputs, tail(conv(6)(inputs)))


# --- layers and blocks ----------------------------------------------------------------------------


@block("LeakyReLU", "as a layer, and by name in a convolution")
def leaky(x):
    return conv(6, activation="leaky_relu")(L.LeakyReLU(negative_slope=0.125)(x - 0.5))


@block("LeakyReLU, slope below zero", "`ops.leaky_relu(x, -0.5)`")
def leaky_below(x):
    return ops.leaky_relu(conv(6, activation=None)(x), negative_slope=-0.5)


@block("PReLU", "one slope a position, as Keras's default is")
def prelu(x):
    return L.PReLU()(conv(6, activation=None)(x))


@block("PReLU, shared", "`PReLU(shared_axes=[1, 2])`: one slope a feature map")
def prelu_shared(x):
    return L.PReLU(shared_axes=[1, 2])(conv(6, activation=None)(x))


@block("ReLU6", "as a layer, by name, and as an operation")
def relu6(x):
    x = L.ReLU(max_value=6.0)(conv(6, activation=None)(x))
    return ops.relu6(conv(6, activation=None)(conv(6, activation="relu6")(x)))


@block("ReLU with a threshold", "`ReLU(threshold=0.25, negative_slope=0.125)`")
def threshold(x):
    return L.ReLU(threshold=0.25, negative_slope=0.125)(conv(6, activation=None)(x))


@block("ReLU as an operation", "`keras.ops.relu(x)` and `keras.activations.relu(x)`")
def relu_operation(x):
    return keras.activations.relu(conv(6, activation=None)(ops.relu(conv(6, activation=None)(x))))


@block("Groups and dilation", "`Conv2D(groups=3)`, `Conv2D(dilation_rate=2)`")
def groups(x):
    return conv(6, dilation_rate=2)(conv(6, groups=3)(x))


@block("Separable and depthwise", "`SeparableConv2D`, `DepthwiseConv2D`")
def separable(x):
    x = L.SeparableConv2D(8, 3, padding="same", activation="relu", depth_multiplier=2)(x)
    return L.DepthwiseConv2D(3, strides=2, padding="same", activation="relu")(x)


@block("Conv2DTranspose", "strides of 2, both paddings")
def transposed(x):
    x = L.Conv2DTranspose(5, 3, strides=2, padding="same", activation="relu")(L.MaxPooling2D()(x))
    return L.Conv2DTranspose(4, (2, 3), padding="valid", activation="relu")(x)


@block("Max-pools that overlap", "pools of 3 with steps of 2, padded")
def overlapping(x):
    return L.MaxPooling2D(3, 2, padding="same")(conv(6)(L.MaxPooling2D(3, 1, padding="same")(x)))


@block("Average pools", "padded and not")
def averages(x):
    x = L.AveragePooling2D(3, 2, padding="same")(x)
    return L.AveragePooling2D(2, 1)(conv(6)(x))


@block("Global max-pool", "`GlobalMaxPooling2D`, beside the global average")
def global_max(x):
    far = L.GlobalMaxPooling2D(keepdims=True)(conv(6)(x))
    return L.UpSampling2D((4, 5))(
        L.Concatenate()([far, L.GlobalAveragePooling2D(keepdims=True)(x)])
    )


@block("Upsampling, bilinear", "`UpSampling2D(2, interpolation='bilinear')`")
def bilinear(x):
    return L.UpSampling2D(2, interpolation="bilinear")(L.MaxPooling2D()(x))


@block("Upsampling, bicubic", "`UpSampling2D(2, interpolation='bicubic')`")
def bicubic(x):
    return L.UpSampling2D(2, interpolation="bicubic")(L.MaxPooling2D()(x))


@block("Padding and cropping", "`ZeroPadding2D`, `Cropping2D`, `ops.pad`")
def padding(x):
    x = L.Cropping2D(((1, 2), (0, 3)))(L.ZeroPadding2D(((1, 0), (2, 2)))(x))
    return ops.pad(x, [[0, 0], [2, 1], [0, 1], [0, 0]])


@block("Padding that mirrors", "`ops.pad(mode='reflect')`", "pad|reflect")
def mirrored(x):
    return ops.pad(x, [[0, 0], [2, 2], [2, 2], [0, 0]], mode="reflect")


@block("Batch norm alone", "without scale, without shift")
def batch_norms(x):
    x = L.BatchNormalization(scale=False)(conv(6, activation=None)(x))
    return L.ReLU()(L.BatchNormalization(center=False, epsilon=1e-5)(x))


@block("A residual block", "`Add`, with a convolution on the way past")
def residual(x):
    y = L.BatchNormalization()(conv(8, activation=None, strides=2)(x))
    y = L.BatchNormalization()(conv(8, activation=None)(L.ReLU()(y)))
    return L.ReLU()(L.Add()([y, L.Conv2D(8, 1, strides=2)(x)]))


@block("An Inception block", "four branches, concatenated")
def inception(x):
    pooled = conv(3, 1)(L.MaxPooling2D(3, 1, padding="same")(x))
    return L.Concatenate()([conv(2, 1)(x), conv(4)(conv(3, 1)(x)), conv(2, 5)(x), pooled])


@block("A fire module", "squeeze, and expand by 1×1 and 3×3")
def fire(x):
    squeezed = conv(3, 1)(x)
    return L.Concatenate()([conv(4, 1)(squeezed), conv(4)(squeezed)])


@block("A dense block", "concatenated with all that came before")
def dense_block(x):
    for _ in range(3):
        x = L.Concatenate()([x, conv(3)(L.ReLU()(L.BatchNormalization()(x)))])
    return x


@block("Maximum", "`Maximum` of two branches", "Maximum|maximum")
def maxout(x):
    return L.Maximum()([conv(6)(x), conv(6)(x)])


@block("Average and Subtract", "of branches")
def average(x):
    x = L.Average()([conv(6)(x), x])
    return L.Subtract()([x, conv(6)(x)])


@block("A map of positions, added", "a constant of the map's shape: no signal, no factor")
def positions(x):
    return x + np.random.default_rng(1).normal(0, 1, (24, 24, 6)).astype("float32")


@block(
    "A map of factors", "a constant of shape (h, 1, 1) where h is the number of maps", "constant"
)
def factors(x):
    return L.MaxPooling2D(4)(x) * np.linspace(0.5, 2, 6).astype("float32").reshape(6, 1, 1)


@block("Flatten, channels first", "`Flatten(data_format='channels_first')`", "channels first")
def channels_first(x):
    x = L.Flatten(data_format="channels_first")(L.MaxPooling2D(4)(x))
    return L.Reshape((6, 6, 6))(x)


@block("Permute", "`Permute((2, 1, 3))`", "Permute|permute")
def permute(x):
    return L.Permute((2, 1, 3))(x)


@block("Swish", "`Conv2D(activation='swish')`", "uses swish")
def swish(x):
    return conv(6, activation="swish")(x)


@block("GELU", "`Conv2D(activation='gelu')`", "uses gelu")
def gelu(x):
    return conv(6, activation="gelu")(x)


@block("ELU", "the layer `ELU`", "ELU|elu")
def elu(x):
    return L.ELU()(conv(6, activation=None)(x))


@block("A hidden sigmoid", "`Conv2D(activation='sigmoid')` in the middle", "uses sigmoid")
def hidden_sigmoid(x):
    return conv(6, activation="sigmoid")(x)


@block("Squeeze and excitation", "maps times numbers that come from them", "multipl")
def squeeze_and_excitation(x):
    share = L.Dense(3, activation="relu")(L.GlobalAveragePooling2D(keepdims=True)(x))
    return L.Multiply()([x, L.Dense(6, activation="sigmoid")(share)])


@block("Layer normalization", "`LayerNormalization`", "LayerNormalization")
def layer_norm(x):
    return L.LayerNormalization()(x)


@block("Group normalization", "`GroupNormalization`", "GroupNormalization")
def group_norm(x):
    return L.GroupNormalization(3)(x)


@block("Attention", "`MultiHeadAttention` over the positions", "MultiHeadAttention")
def attention(x):
    x = L.Reshape((36, 6))(L.MaxPooling2D(4)(x))
    return L.Reshape((6, 6, 6))(L.MultiHeadAttention(2, 3)(x, x))


@block("Recurrent", "`LSTM` over the rows", "LSTM")
def recurrent(x):
    x = L.LSTM(12, return_sequences=True)(L.Reshape((24, 144))(x))
    return L.Reshape((24, 6, 2))(x)


@block("Lambda", "a `Lambda` layer", "Lambda")
def a_lambda(x):
    return L.Lambda(lambda maps: 2.0 * maps)(x)


@keras.saving.register_keras_serializable("zeiler_corpus")
class Scaled(L.Layer):
    """A layer of somebody's own."""

    activation = "linear"  # what it calls so is nobody's business

    def call(self, maps):
        return 2.0 * maps


@block("A layer of your own", "without a reverse rule", "reverse_rule")
def own_layer(x):
    return Scaled()(x)


@block("Dropout, always on", "`Dropout(0.5)(x, training=True)`", "training=True")
def monte_carlo_dropout(x):
    return L.Dropout(0.5)(x, training=True)


@block("Batch norm, always training", "`BatchNormalization()(x, training=True)`", "training=True")
def training_batch_norm(x):
    return L.BatchNormalization()(x, training=True)


# --- endings --------------------------------------------------------------------------------------


@ending("One logit", "`Dense(1)`: keras.io's cats and dogs")
def one_logit(x):
    return L.Dense(1)(L.GlobalAveragePooling2D()(x))


@ending("One sigmoid", "`Dense(1, activation='sigmoid')`")
def one_sigmoid(x):
    return L.Dense(1, activation="sigmoid")(L.Flatten()(x))


@ending("Many sigmoids", "several labels at once")
def many_sigmoids(x):
    return L.Dense(4, activation="sigmoid")(L.GlobalMaxPooling2D()(x))


@ending("Logits", "`Dense(5)`, without softmax")
def logits(x):
    return L.Dense(5)(L.GlobalAveragePooling2D()(x))


@ending("A softmax layer", "`Softmax()` after `Dense(5)`")
def softmax_layer(x):
    return L.Softmax()(L.Dense(5)(L.GlobalAveragePooling2D()(x)))


@ending("Global average as scores", "a 1×1 convolution to classes, then the average")
def average_as_scores(x):
    return L.GlobalAveragePooling2D()(L.Conv2D(5, 1)(x))


@ending("Global average, then softmax", "as SqueezeNet ends")
def average_then_softmax(x):
    return L.Activation("softmax")(L.GlobalAveragePooling2D()(conv(5, 1)(x)))


@ending("Batch norm after Dense", "and a softmax after that")
def batch_norm_last(x):
    x = L.BatchNormalization()(L.Dense(5)(L.GlobalAveragePooling2D()(x)))
    return L.Activation("softmax")(x)


@ending("Batch norm as scores", "nothing after it")
def batch_norm_as_scores(x):
    return L.BatchNormalization()(L.Dense(5)(L.GlobalAveragePooling2D()(x)))


@ending("Hidden dense layers", "`Flatten`, dense layers with ReLU and batch norm")
def hidden_dense(x):
    x = L.BatchNormalization()(L.Dense(9, activation="relu")(L.Flatten()(x)))
    return L.Dense(5, activation="softmax")(L.ReLU()(L.Dense(7)(x)))


@ending("Feature maps", "a body without classes")
def maps(x):
    return L.MaxPooling2D()(x)


@ending("A class at every pixel", "`Conv2D(3, 1, activation='softmax')` on maps of full size")
def pixel_classes(x):
    return L.Conv2D(3, 1, activation="softmax")(L.UpSampling2D(2)(x))


@ending("Autoencoder", "an image at its end, `sigmoid`")
def autoencoder(x):
    x = conv(6)(L.UpSampling2D(2)(conv(6)(x)))
    return L.Conv2D(3, 3, activation="sigmoid", padding="same")(x)


def two_outputs():
    inputs = image()
    x = conv(6)(L.MaxPooling2D()(conv(6)(inputs)))
    kind = L.Dense(4, activation="softmax", name="kind")(L.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, [kind, L.Dense(2, name="place")(L.Flatten()(x))])


network("Two outputs", ENDS, "none of them chosen", "kind.*place")(two_outputs)


# --- whole networks -------------------------------------------------------------------------------


def xception_blocks(x, sizes):
    before = x
    for size in sizes:
        for _ in range(2):
            x = L.SeparableConv2D(size, 3, padding="same")(L.Activation("relu")(x))
            x = L.BatchNormalization()(x)
        x = L.MaxPooling2D(3, strides=2, padding="same")(x)
        x = before = L.add([x, L.Conv2D(size, 1, strides=2, padding="same")(before)])
    return x


@network("Small Xception", WHOLE, "keras.io's image classification from scratch: one logit")
def small_xception():
    inputs = image(40, 40)
    x = conv(8, activation=None, strides=2)(L.Rescaling(1.0 / 255)(inputs))
    x = xception_blocks(L.Activation("relu")(L.BatchNormalization()(x)), [8, 12])
    x = L.BatchNormalization()(L.SeparableConv2D(16, 3, padding="same")(x))
    x = L.GlobalAveragePooling2D()(L.Activation("relu")(x))
    return keras.Model(inputs, L.Dense(1, activation=None)(L.Dropout(0.25)(x)))


@network("U-Net, Xception-style", WHOLE, "keras.io's image segmentation: `Conv2DTranspose`")
def unet():
    inputs = image(32, 32)
    x = L.Activation("relu")(L.BatchNormalization()(conv(4, activation=None, strides=2)(inputs)))
    x = before = xception_blocks(x, [6, 8])
    for filters in [8, 6, 4]:
        for _ in range(2):
            x = L.Conv2DTranspose(filters, 3, padding="same")(L.Activation("relu")(x))
            x = L.BatchNormalization()(x)
        way = L.Conv2D(filters, 1, padding="same")(L.UpSampling2D(2)(before))
        x = before = L.add([L.UpSampling2D(2)(x), way])
    return keras.Model(inputs, L.Conv2D(3, 3, activation="softmax", padding="same")(x))


@network("U-Net, classic", WHOLE, "`Concatenate` across, bilinear upsampling, one sigmoid map")
def classic_unet():
    inputs = image(32, 32)
    x, ways = inputs / 255.0, []
    for filters in [4, 6]:
        ways.append(conv(filters)(conv(filters)(x)))
        x = L.MaxPooling2D()(ways[-1])
    x = L.Dropout(0.3)(conv(8)(x))
    for filters, way in zip([6, 4], ways[::-1], strict=True):
        x = L.Concatenate()([L.UpSampling2D(interpolation="bilinear")(x), way])
        x = conv(filters)(conv(filters)(x))
    return keras.Model(inputs, L.Conv2D(1, 1, activation="sigmoid")(x))


@network("Fully convolutional", WHOLE, "`Conv2DTranspose` with steps of 4 to full size")
def fully_convolutional():
    inputs = image(24, 24)
    x = L.MaxPooling2D()(conv(6)(L.MaxPooling2D()(conv(6)(inputs))))
    x = L.Conv2DTranspose(2, 8, strides=4, padding="same")(L.Conv2D(4, 1)(x))
    return keras.Model(inputs, x)


@network("Small ResNet", WHOLE, "written from scratch")
def small_resnet():
    inputs = image(32, 32)
    x = L.MaxPooling2D(3, 2, padding="same")(conv(6)(L.Rescaling(1 / 255)(inputs)))
    for maps, step in ((6, 1), (8, 2), (8, 1)):
        x = resnet_block(x, maps, step)
    x = L.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, L.Dense(4, activation="softmax")(x))


def resnet_block(x, maps, step):
    y = L.ReLU()(L.BatchNormalization()(conv(maps, activation=None, strides=step)(x)))
    y = L.BatchNormalization()(conv(maps, activation=None)(y))
    if step > 1 or x.shape[-1] != maps:
        x = L.BatchNormalization()(L.Conv2D(maps, 1, strides=step)(x))
    return L.ReLU()(L.Add()([x, y]))


@network("LeNet-5", WHOLE, "grey, tanh and average pools", "uses tanh")
def lenet():
    layers = [L.Conv2D(6, 5, activation="tanh"), L.AveragePooling2D(2), L.Flatten()]
    return keras.Sequential([image(28, 28, 1), *layers, L.Dense(10, activation="softmax")])


@network("A shared branch", WHOLE, "one small model reads two halves of the picture")
def shared_branch():
    inside = image(24, 12)
    branch = keras.Model(inside, L.MaxPooling2D()(conv(5)(inside)), name="branch")
    inputs = image()
    left, right = L.Cropping2D(((0, 0), (0, 12)))(inputs), L.Cropping2D(((0, 0), (12, 0)))(inputs)
    return keras.Model(inputs, tail(L.Subtract()([branch(left), branch(right)])))


@network("A shared layer", WHOLE, "one convolution, called twice")
def shared_layer():
    inputs, layer = image(), conv(6)
    return keras.Model(inputs, tail(layer(layer(conv(6)(inputs)))))


@network("Models in models in models", WHOLE, "three deep, with a ReLU6 at each", how=TF)
def nested():
    def model(depth):
        inside = keras.Input((24, 24, 6))
        x = model(depth - 1)(inside) if depth else inside
        x = L.ReLU(max_value=6)(L.BatchNormalization()(conv(6, activation=None)(x)))
        return keras.Model(inside, x, name=f"depth{depth}")

    inputs = image()
    return keras.Model(inputs, tail(model(2)(conv(6)(inputs))))


@network("Two inputs", WHOLE, "a picture and numbers", "2 inputs|two inputs|[Oo]ne input|has 2")
def two_inputs():
    inputs, numbers = image(), keras.Input((3,))
    x = L.Concatenate()([L.GlobalAveragePooling2D()(conv(6)(inputs)), numbers])
    return keras.Model([inputs, numbers], L.Dense(4, activation="softmax")(x))


@network("A dense network", WHOLE, "`Flatten` and dense layers", "no layer with feature maps")
def dense_only():
    return keras.Sequential([image(12, 12), L.Flatten(), L.Dense(8, activation="relu"), L.Dense(4)])


@keras.saving.register_keras_serializable("zeiler_corpus")
class ScalesFirst(keras.Model):
    """A functional model with a `call` of its own."""

    def call(self, inputs, training=None, mask=None):
        return super().call(inputs / 255.0, training=training, mask=mask)


@network("Functional, with its own call", WHOLE, "a subclass that scales its input", "call")
def own_call():
    inputs = image()
    return ScalesFirst(inputs, tail(conv(6)(inputs)))


@keras.saving.register_keras_serializable("zeiler_corpus")
class Subclassed(keras.Model):
    """A model whose graph is its `call` method."""

    def __init__(self, **how):
        super().__init__(**how)
        self.first, self.pool, self.last = conv(6), L.GlobalAveragePooling2D(), L.Dense(4)

    def call(self, inputs):
        return self.last(self.pool(self.first(inputs)))


@network("Subclassed", WHOLE, "`class Mine(keras.Model)` with a `call`", "call")
def subclassed():
    model = Subclassed()
    model(np.zeros((1, 24, 24, 3)))
    return model


@network(
    "Quantized", WHOLE, "`model.quantize('int8')`", "int8|quantiz", double=False, weights=False
)
def quantized():
    inputs = image()
    model = keras.Model(inputs, tail(conv(6)(L.Rescaling(1 / 255)(inputs))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of layers that have nothing to quantize
        model.quantize("int8")
    return model


@network("LoRA", WHOLE, "`enable_lora` on a convolution and a dense layer")
def lora():
    inputs = image()
    model = keras.Model(inputs, tail(conv(6)(inputs)))
    for layer in model.layers[1], model.layers[-1]:
        layer.enable_lora(2)
    return model


network(
    "Two outputs, one chosen", ENDS, "`load_model(model, output='kind')`", how={"output": "kind"}
)(two_outputs)
