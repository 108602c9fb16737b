"""Random networks: whatever Keras layers can be reversed, in any order, with branches, in float64.

Each function of a table takes hypothesis's `draw` and a tensor (n, h, w, channels) and returns
another one, or None where it does not fit. All slopes, caps and scales are exact in float32, in
which Keras keeps some of them. (No strategy builds a network: Keras asks Python's random numbers
for seeds, which hypothesis would complain of.)
"""

import numpy as np
from hypothesis import note
from hypothesis import strategies as st
from independent import double_precision, random_weights
from names import keras

L, ops = keras.layers, keras.ops
LARGEST = 1600  # values of one tensor
CHANNELS = 8


def one_of(draw, *values):
    return draw(st.sampled_from(values))


def number(draw, low, high):
    return draw(st.integers(low, high))


def both(draw, low, high):
    """One number for rows and columns, or two."""
    first = number(draw, low, high)
    return (first, first if draw(st.booleans()) else number(draw, low, high))


def padding_that_fits(draw, x, extent):
    fits = all(e <= n for e, n in zip(extent, x.shape[1:3], strict=True))
    return one_of(draw, "same", "valid") if fits else "same"


def steps(draw, x, alike=False):
    """The arguments that convolutions share: kernel, strides or dilation, padding, bias."""
    size, strides, dilation = both(draw, 1, 4), (1, 1), (1, 1)
    if draw(st.booleans()):
        strides = both(draw, 1, 3)
    elif draw(st.booleans()):
        dilation = both(draw, 1, 3)
    if alike:  # TensorFlow's depthwise convolution takes one stride for rows and columns
        strides = strides[:1] * 2
    extent = tuple((k - 1) * d + 1 for k, d in zip(size, dilation, strict=True))
    return {
        "kernel_size": size,
        "strides": strides,
        "dilation_rate": dilation,
        "padding": padding_that_fits(draw, x, extent),
        "use_bias": draw(st.booleans()),
        "activation": one_of(draw, None, "relu", "relu", "relu6"),
    }


def convolution(draw, x, maps=None):
    how = steps(draw, x)
    maps = maps or number(draw, 1, 6)
    groups = [g for g in (1, 1, 1, 2, 3) if x.shape[3] % g == 0 and maps % g == 0]
    return L.Conv2D(maps, groups=one_of(draw, *groups), **how)(x)


def same_size(draw, x, maps=None):
    """A convolution after which the maps are as large as before."""
    size, dilation = both(draw, 1, 3), both(draw, 1, 2)
    activation = one_of(draw, None, "relu")
    return L.Conv2D(
        maps or x.shape[3], size, padding="same", dilation_rate=dilation, activation=activation
    )(x)


def depthwise(draw, x):
    many = number(draw, 1, 3)
    if x.shape[3] * many > CHANNELS:
        return None
    return L.DepthwiseConv2D(depth_multiplier=many, **steps(draw, x, alike=True))(x)


def separable(draw, x):
    how = steps(draw, x, alike=True)
    return L.SeparableConv2D(number(draw, 1, 5), depth_multiplier=number(draw, 1, 2), **how)(x)


def transposed(draw, x):
    how = {"strides": both(draw, 1, 3), "padding": one_of(draw, "same", "valid")}
    activation = one_of(draw, None, "relu")
    return L.Conv2DTranspose(number(draw, 1, 4), both(draw, 1, 4), activation=activation, **how)(x)


def pool(draw, x):
    kind = one_of(draw, L.MaxPooling2D, L.MaxPooling2D, L.AveragePooling2D)
    size = both(draw, 1, 4)
    return kind(size, both(draw, 1, 3), padding_that_fits(draw, x, size))(x)


def batch_norm(draw, x):
    # 2⁻¹⁰: Keras's own 0.001 is not the same number in float32.
    return L.BatchNormalization(
        epsilon=2.0**-10, scale=draw(st.booleans()), center=draw(st.booleans())
    )(x)


def rectifier(draw, x):
    """Every form of ReLU."""
    slope = one_of(draw, 0.0, 0.25, 0.5)
    forms = [
        lambda: L.ReLU(),
        lambda: L.Activation(one_of(draw, "relu", "relu6")),
        lambda: L.LeakyReLU(negative_slope=slope),
        lambda: L.ReLU(negative_slope=slope, threshold=one_of(draw, 0.0, 0.125)),
        lambda: L.ReLU(max_value=number(draw, 1, 10**6) / 2**20, negative_slope=slope),
        lambda: L.PReLU(shared_axes=one_of(draw, None, [1, 2], [3])),
    ]
    return one_of(draw, *forms)()(x)


def edges(draw, most):
    return tuple((number(draw, 0, most), number(draw, 0, most)) for _ in range(2))


def zero_padding(draw, x):
    return L.ZeroPadding2D(edges(draw, 3))(x)


def cropping(draw, x):
    cut = edges(draw, 2)
    if any(sum(pair) >= n for pair, n in zip(cut, x.shape[1:3], strict=True)):
        return None
    return L.Cropping2D(cut)(x)


def upsampling(draw, x):
    return L.UpSampling2D(both(draw, 1, 3))(x)


def resizing(draw, x):
    """To any size, by the nearest value; TensorFlow interpolates in float32 only."""
    size = number(draw, 1, 12), number(draw, 1, 12)
    if draw(st.booleans()):
        return ops.image.resize(x, size, interpolation="nearest")
    return L.Resizing(*size, interpolation="nearest")(x)


def moving(draw, x):
    """Slices, padding and other orders of the channels."""
    _, h, w, channels = x.shape
    (top, bottom), (left, right), (first, last) = (
        sorted((number(draw, 0, n - 1), number(draw, 0, n - 1))) for n in (h, w, channels)
    )
    order = [number(draw, 0, channels - 1) for _ in range(number(draw, 1, 4))]
    ways = [
        lambda: x[:, top : bottom + 1, left : right + 1],
        lambda: x[:, top :: number(draw, 1, 3), left :: number(draw, 1, 3)],
        lambda: x[:, top : bottom + 1, :, first : last + 1],
        lambda: x[..., ::-1],
        lambda: ops.flip(x, axis=-1),
        lambda: ops.take(x, order, axis=-1),
        lambda: ops.stack([x[..., i] for i in order], axis=-1),
        lambda: L.Concatenate()(ops.split(x, [first + 1], axis=-1)[::-1]) if channels > 1 else None,
        lambda: ops.pad(x, ((0, 0), *edges(draw, 3), (0, number(draw, 0, 1)))),
        lambda: L.CenterCrop(bottom + 1, right + 1)(x),
    ]
    return one_of(draw, *ways)()


def dense_on_maps(draw, x):
    return L.Dense(number(draw, 1, 5), activation=one_of(draw, None, "relu"))(x)


def reshape(draw, x):
    h, w, channels = x.shape[1:]
    shape = one_of(draw, (w, h, channels), (channels, h, w), (h, w * channels, 1))
    if shape[2] > CHANNELS:
        return None
    return L.Reshape(shape)(L.Flatten()(x) if draw(st.booleans()) else x)


def through_numbers(draw, x):
    """Flatten or global pools, a dense layer, and back to maps."""
    ways = [
        lambda: L.Flatten()(x),
        lambda: L.GlobalAveragePooling2D()(x),
        lambda: L.GlobalMaxPooling2D()(x),
        lambda: L.Concatenate()([L.GlobalMaxPooling2D()(x), L.GlobalAveragePooling2D()(x)]),
    ]
    h, w, maps = number(draw, 1, 4), number(draw, 1, 4), number(draw, 1, 3)
    flat = L.Dense(h * w * maps, activation=one_of(draw, None, "relu"))(one_of(draw, *ways)())
    return L.Reshape((h, w, maps))(flat)


def global_pool(draw, x):
    kind = one_of(draw, L.GlobalAveragePooling2D, L.GlobalMaxPooling2D)
    return kind(keepdims=True)(x)


def arithmetic(draw, x):
    scale = one_of(draw, 0.5, -2.0, 1.25)
    ways = [
        lambda: scale * x,
        lambda: x / scale,
        lambda: x - scale,
        lambda: scale - x,
        lambda: x + scale,
        lambda: -x,
        lambda: x + np.arange(8.0)[: x.shape[3]],
        lambda: x * (1 + np.arange(8.0)[: x.shape[3]]),
        lambda: x - np.linspace(0, 1, x.shape[1] * x.shape[2]).reshape(*x.shape[1:3], 1),
        lambda: L.Rescaling(scale, offset=1.0)(x),
        lambda: L.Normalization(mean=0.5, variance=one_of(draw, 0.25, 4.0))(x),
    ]
    return one_of(draw, *ways)()


def nothing(draw, x):
    kind = one_of(draw, L.Dropout, L.SpatialDropout2D, L.GaussianNoise, L.AlphaDropout)
    return L.Identity()(x) if draw(st.booleans()) else kind(0.25)(x)


def branches(draw, x):
    """Two or three ways of one size, and where they meet."""
    left, right = same_size(draw, x), one_of(draw, x, same_size(draw, x))
    if draw(st.booleans()):
        left = rectifier(draw, left)
    ways = [
        lambda: L.Add()([left, right]),
        lambda: L.Add()([left, right, x]),
        lambda: L.Subtract()([left, right]),
        lambda: left - right,
        lambda: L.Average()([left, right, left]),
        lambda: L.Concatenate()([left, right]),
        lambda: L.Concatenate()([left, same_size(draw, x, maps=2), x]),
        lambda: L.Add()([left, left]),
    ]
    return one_of(draw, *ways)()


def unequal_reach(draw, x):
    """Branches of which one sees far and one near, one shrinks and grows again."""
    h, w, channels = x.shape[1:]
    if min(h, w) < 2:
        return None
    wide = L.UpSampling2D(2)(pool_by_two(draw, x))
    wide = L.Cropping2D(((0, wide.shape[1] - h), (wide.shape[2] - w, 0)))(wide)
    return one_of(draw, L.Add, L.Concatenate)()([wide, x])


def pool_by_two(draw, x):
    return one_of(draw, L.MaxPooling2D, L.AveragePooling2D)(2, 2, "same")(x)


def shared(draw, x):
    """One layer, called twice or on two branches."""
    layer = L.Conv2D(x.shape[3], both(draw, 1, 3), padding="same", activation="relu")
    return layer(layer(x)) if draw(st.booleans()) else L.Add()([layer(x), layer(-x)])


def nested(draw, x):
    """A model inside the model, called once or twice."""
    inside = keras.Input((None, None, x.shape[3]))
    inner = keras.Model(inside, batch_norm(draw, same_size(draw, inside)))
    return inner(inner(x)) if draw(st.booleans()) else inner(x)


STEPS = (
    *[convolution] * 6,
    *[pool] * 4,
    *[branches] * 3,
    *[rectifier] * 3,
    *[depthwise, separable, batch_norm] * 2,
    *[unequal_reach, shared, nested, zero_padding, cropping, upsampling, dense_on_maps, reshape],
    *[arithmetic, nothing, global_pool, through_numbers, transposed, resizing, moving, moving],
)


def grow(draw, x, choices, count):
    """Put up to `count` layers on top of each other; now and then join with one far below."""
    seen = []
    for _ in range(count):
        seen.append(x)
        fit = [old for old in seen[:-1] if old.shape[1:3] == x.shape[1:3]]
        if fit and number(draw, 0, 3) == 3:
            new = L.Concatenate()([x, one_of(draw, *fit)])
        else:
            new = one_of(draw, *choices)(draw, x)
        if new is not None and new.shape[3] <= CHANNELS:
            h, w, channels = new.shape[1:]
            x = new if h * w * channels <= LARGEST else x
    return x


def describe(model):
    """The layers of a model in a few words each, to print with an example that fails."""
    lines = []
    for layer in model.layers:
        wanted = {
            key: value
            for key, value in layer.get_config().items()
            if isinstance(value, (int, float, str, tuple)) and key not in ("name", "dtype")
        }
        lines.append(f"{layer.name}: {type(layer).__name__} {layer.output.shape[1:]} {wanted}")
    return "\n".join(lines)


def random_network(
    draw, first=convolution, choices=STEPS, most=8, classes=True, weights=random_weights
):
    """A `keras.Model` with weights, in float64: maps at its end, or class scores."""
    with double_precision():
        pixels = keras.Input((number(draw, 4, 15), number(draw, 4, 15), 3))
        x = grow(draw, first(draw, pixels), choices, most)
        if classes and number(draw, 0, 3) == 3:
            end = one_of(draw, L.Flatten, L.GlobalAveragePooling2D, L.GlobalMaxPooling2D)
            x = L.Dense(3, activation=one_of(draw, None, "softmax"))(end()(x))
        model = weights(keras.Model(pixels, x), seed=number(draw, 0, 999))
    note(describe(model))
    return model
