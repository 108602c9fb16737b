"""One reverse rule for each kind of layer: what happens to the signal on its way down.

Each function takes the signal at the layer's output, (n, h, w, channels) in its window, and returns
the signal at the layer's input. `step` answers questions about the layer and the forward pass (see
`engine.Step`). (Zeiler & Fergus 2014, §2.1; for the layers they did not have, the transpose of the
layer's linear map.)
"""

import numpy as np

from ..models.rules import reverse_rule
from ..models.tensorflow import as_array, as_tensor, keras_and_tensorflow
from ..models.windows import Enlarging, Sliding, Whole, same_padding
from .engine import moved, windows
from .mathematics import largest_taps, rectify, taps

MANY_VALUES = 100_000  # above this, TensorFlow rectifies faster, on several cores
FEW_MAPS = 8  # up to so many, adding weighted filters beats a convolution


def _pair(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def weight(variable):
    """View a layer's weight as an array, without copying it."""
    _, tf = keras_and_tensorflow()
    return as_array(tf.convert_to_tensor(variable.value))


def _channels_last(operation):
    if getattr(operation.layer, "data_format", "channels_last") != "channels_last":
        return (
            f"layer {operation.name!r} keeps its channels first; the workbook reads channels last"
        )
    return None


def _whole(operation):
    shape = operation.shapes[0]
    return Whole(shape[:2] if len(shape) == 3 else (1, 1))


# --- pooling and unpooling ---


def pool_geometry(operation):
    """Return (pool size, strides, padding before, padding after) of a pool, each (rows,
    columns)."""
    layer = operation.layer
    size, strides = _pair(layer.pool_size), _pair(layer.strides)
    before, after = (0, 0), (0, 0)
    if layer.padding == "same":
        edges = [
            same_padding(n, k, s)
            for n, k, s in zip(operation.shapes[0], size, strides, strict=False)
        ]
        before, after = zip(*edges, strict=True)
    return size, strides, before, after


def _pool_window(operation):
    size, strides, before, _ = pool_geometry(operation)
    return Sliding(size, strides, before)


@reverse_rule(
    "MaxPooling2D", window=_pool_window, refuse=_channels_last, keeps="input", title="unpool"
)
def unpool_max(signal, step):
    """Each value goes to its switch, the first maximum of its window; shared switches add."""
    size, strides, _, _ = pool_geometry(step.operation)
    outputs = signal.shape[1:3]
    switches = windows(step.found(_switches), step.outer.starts, outputs)
    unpooled = np.zeros((len(signal), *step.size, signal.shape[3]), signal.dtype)
    overlapping = size[0] > strides[0] or size[1] > strides[1]
    for tap, place in enumerate(taps(unpooled, size, strides, outputs)):
        if overlapping:
            place += signal * (switches == tap)
        else:
            np.multiply(signal, switches == tap, out=place)
    return step.crop(unpooled)


def _switches(features, operation):
    """Find the switches of a pool, as positions in its windows: unsigned int (1, h, w,
    channels)."""
    size, strides, before, _ = pool_geometry(operation)
    maps = features.values[operation.inputs[0]][0]
    return largest_taps(maps, size, strides, before, operation.output_shape[:2])[None]


@reverse_rule("AveragePooling2D", window=_pool_window, refuse=_channels_last, title="spread")
def spread_average(signal, step):
    """Each value is spread evenly over its window; padding takes no share."""
    size, strides, before, _ = pool_geometry(step.operation)
    outputs = signal.shape[1:3]
    height, width, _ = step.operation.shapes[0]
    shares = []
    for start in step.outer.starts:
        counts = []
        for axis, extent in enumerate((height, width)):
            first = (start[axis] + np.arange(outputs[axis])) * strides[axis] - before[axis]
            counts.append(np.minimum(first + size[axis], extent) - np.maximum(first, 0))
        shares.append(1 / np.maximum(np.outer(*counts), 1))
    share = signal * np.array(shares, signal.dtype)[..., None]
    spread = np.zeros((len(signal), *step.size, signal.shape[3]), signal.dtype)
    for place in taps(spread, size, strides, outputs):
        place += share
    return step.crop(spread)


@reverse_rule("GlobalAveragePooling2D", window=_whole, refuse=_channels_last, title="spread")
def spread_global_average(signal, step):
    """Each value is spread evenly over the whole map."""
    height, width, channels = step.operation.shapes[0]
    share = signal.reshape(len(signal), 1, 1, channels) / (height * width)
    return np.broadcast_to(share, (len(signal), height, width, channels)).astype(signal.dtype)


@reverse_rule(
    "GlobalMaxPooling2D", window=_whole, refuse=_channels_last, keeps="input", title="unpool"
)
def unpool_global_max(signal, step):
    """Each value goes to the maximum of its map, in equal parts on a tie (as TensorFlow does
    here)."""
    maps = step.features.values[step.operation.inputs[0]]
    largest = maps == maps.max(axis=(1, 2), keepdims=True)
    share = signal.reshape(len(signal), 1, 1, -1) / largest.sum(axis=(1, 2), keepdims=True)
    return (share * largest).astype(signal.dtype)


# --- rectification ---


@reverse_rule("Rectifier", keeps="output", title="rectify")
def rectify_signal(signal, step):
    """ReLU in all its forms, see `mathematics.rectify`."""
    form = step.operation.rectifier
    if step.rule == "deconvnet" and not form.slope and signal.size > MANY_VALUES:
        _, tf = keras_and_tensorflow()
        return as_array(tf.nn.relu(as_tensor(signal)))
    maps = None if step.rule == "deconvnet" else step.output_maps()
    if maps is not None and len(maps) != len(signal):
        maps = np.broadcast_to(maps, signal.shape)
    return rectify(signal, maps, step.rule, form.slope, form.cap)


# --- convolution and transposed filtering ---


def _convolution_window(operation):
    layer = operation.layer
    size, strides, dilation = (
        _pair(layer.kernel_size),
        _pair(layer.strides),
        _pair(layer.dilation_rate),
    )
    extent = tuple((k - 1) * d + 1 for k, d in zip(size, dilation, strict=True))
    before = (0, 0)
    if layer.padding == "same":
        before = tuple(
            same_padding(n, e, s)[0]
            for n, e, s in zip(operation.shapes[0], extent, strides, strict=False)
        )
    return Sliding(extent, strides, before)


def flipped_kernel(layer):
    """Turn the kernel by 180° and exchange its two map axes: (rows, columns, maps out in a group,
    maps in)."""
    _, tf = keras_and_tensorflow()
    kernel, groups = weight(layer.kernel), layer.groups
    rows, columns, maps_in, maps_out = kernel.shape
    flipped = kernel[::-1, ::-1].reshape(rows, columns, maps_in, groups, maps_out // groups)
    flipped = flipped.transpose(0, 1, 4, 3, 2).reshape(rows, columns, maps_out // groups, -1)
    return tf.constant(np.ascontiguousarray(flipped))


def filter_back(signal, flipped, strides, dilation, cut):
    """Transposed filtering of a batch: a convolution with the flipped kernel over the signal with
    zeros round it.

    Args:
        signal: float (n, h, w, maps out); flipped: tensor from `flipped_kernel`.
        strides, dilation: (rows, columns) of the convolution that is reversed.
        cut: (top, bottom, left, right), what is not needed of the result.
    """
    _, tf = keras_and_tensorflow()
    rows, columns, _, _ = flipped.shape
    n, h, w, _ = signal.shape
    if strides != (1, 1):
        stuffed = np.zeros(
            (n, (h - 1) * strides[0] + 1, (w - 1) * strides[1] + 1, signal.shape[3]), signal.dtype
        )
        stuffed[:, :: strides[0], :: strides[1]] = signal
        signal = stuffed
    reach = ((rows - 1) * dilation[0], (columns - 1) * dilation[1])
    edges = [reach[0] - cut[0], reach[0] - cut[1], reach[1] - cut[2], reach[1] - cut[3]]
    spare = [max(-edge, 0) for edge in edges]
    edges = [max(edge, 0) for edge in edges]
    result = tf.raw_ops.Conv2D(
        input=as_tensor(signal),
        filter=flipped,
        strides=[1, 1, 1, 1],
        dilations=[1, *dilation, 1],
        padding="EXPLICIT",
        explicit_paddings=[0, 0, *edges, 0, 0],
    )
    result = as_array(result)
    if any(spare):
        top, bottom, left, right = spare
        result = result[:, top : result.shape[1] - bottom, left : result.shape[2] - right]
    return result


def paint_one(signal, channels, flipped, dilation, cut):
    """Transposed filtering of one position with few feature maps: their filters, weighted, where
    they read from."""
    kernel = as_array(flipped)[::-1, ::-1][:, :, channels]
    painted = np.einsum("c,rsci->rsi", signal[0, 0, 0, channels], kernel)
    rows, columns, maps = painted.shape
    if dilation != (1, 1):
        spread = np.zeros(
            ((rows - 1) * dilation[0] + 1, (columns - 1) * dilation[1] + 1, maps), signal.dtype
        )
        spread[:: dilation[0], :: dilation[1]] = painted
        painted = spread
    height, width = painted.shape[:2]
    return painted[None, cut[0] : height - cut[1], cut[2] : width - cut[3]]


@reverse_rule("Conv2D", window=_convolution_window, refuse=_channels_last, title="filter")
def filter_transposed(signal, step):
    """Transposed filtering: the same filters, flipped and transposed, strides and dilation
    undone."""
    layer = step.layer
    strides, dilation = _pair(layer.strides), _pair(layer.dilation_rate)
    n, h, w, _ = signal.shape
    if layer.groups == 1 and n * h * w == 1:
        channels = np.flatnonzero(signal)
        if len(channels) <= FEW_MAPS:  # the seed of a projection: one feature map
            return paint_one(signal, channels, step.prepared(flipped_kernel), dilation, step.cut)
    if layer.groups == 1 and strides != (1, 1):
        _, tf = keras_and_tensorflow()
        rows, columns = _pair(layer.kernel_size)
        size = ((h - 1) * strides[0] + rows, (w - 1) * strides[1] + columns)
        picture = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=[n, *size, step.operation.shapes[0][2]],
            filter=layer.kernel.value,
            out_backprop=as_tensor(signal),
            strides=[1, *strides, 1],
            padding="VALID",
        )
        return step.crop(as_array(picture))
    return filter_back(signal, step.prepared(flipped_kernel), strides, dilation, step.cut)


def _filter_depthwise(signal, kernel, layer, cut):
    strides, dilation = _pair(layer.strides), _pair(layer.dilation_rate)
    n, h, w, _ = signal.shape
    rows, columns, maps, multiplier = kernel.shape
    height = (h - 1) * strides[0] + (rows - 1) * dilation[0] + 1
    width = (w - 1) * strides[1] + (columns - 1) * dilation[1] + 1
    signal = signal.reshape(n, h, w, maps, multiplier)
    picture = np.zeros((n, height, width, maps), signal.dtype)
    for i in range(rows):
        for j in range(columns):
            top, left = i * dilation[0], j * dilation[1]
            picture[
                :,
                top : top + (h - 1) * strides[0] + 1 : strides[0],
                left : left + (w - 1) * strides[1] + 1 : strides[1],
            ] += (
                (signal * kernel[i, j]).sum(-1)
                if multiplier > 1
                else signal[..., 0] * kernel[i, j, :, 0]
            )
    return picture[:, cut[0] : height - cut[1], cut[2] : width - cut[3]]


@reverse_rule("DepthwiseConv2D", window=_convolution_window, refuse=_channels_last, title="filter")
def filter_depthwise(signal, step):
    """Transposed filtering, each feature map with filters of its own."""
    return _filter_depthwise(signal, weight(step.layer.kernel), step.layer, step.cut)


@reverse_rule("SeparableConv2D", window=_convolution_window, refuse=_channels_last, title="filter")
def filter_separable(signal, step):
    """A 1×1 convolution back, then a depthwise convolution back."""
    pointwise = weight(step.layer.pointwise_kernel)[0, 0]
    depthwise = weight(step.layer.depthwise_kernel)
    return _filter_depthwise(signal @ pointwise.T, depthwise, step.layer, step.cut)


@reverse_rule("Dense", title="filter")
def filter_dense(signal, step):
    """S · Wᵀ."""
    return signal @ weight(step.layer.kernel).T


# --- layers that scale ---


def _along_channels(operation):
    axis = operation.layer.axis
    axis = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
    if axis not in (-1, len(operation.output_shape)):
        return (
            f"layer {operation.name!r} normalizes along axis {axis}; the workbook reads channels "
            "last"
        )
    return None


@reverse_rule("BatchNormalization", refuse=_along_channels, title="scale")
def scale_batch_norm(signal, step):
    """S · γ / √(σ² + ε): the layer's scale in inference."""
    return signal * step.prepared(batch_norm_scale)


def batch_norm_scale(layer):
    """Return γ / √(σ² + ε), float (channels,)."""
    scale = 1 / np.sqrt(weight(layer.moving_variance) + np.float32(layer.epsilon))
    return scale * weight(layer.gamma) if layer.scale else scale


@reverse_rule("Normalization", refuse=_along_channels, title="scale")
def scale_normalization(signal, step):
    """S / σ, or S · σ where the layer inverts."""
    layer = step.layer
    deviation = np.maximum(np.sqrt(np.asarray(layer.variance)), 1e-7).astype(signal.dtype)
    deviation = deviation.reshape(-1)
    return signal * deviation if layer.invert else signal / deviation


@reverse_rule("Rescaling", title="scale")
def scale_rescaling(signal, step):
    """S · scale."""
    return signal * np.asarray(step.layer.scale, signal.dtype)


def _constant(operation):
    """Return the number, or one number a channel, that stands beside the tensor in a call like `0.5
    * x`."""
    values = [np.asarray(value) for _, value in operation.constants if value is not None]
    return values[0] if len(values) == 1 else None


def _scales_channels(operation):
    if len(operation.inputs) == 1:
        constant = _constant(operation)
        if constant is None or constant.size not in (1, operation.output_shape[-1]):
            return (
                f"layer {operation.name!r} works with a constant that is not one number a channel"
            )
        return None
    return None


def _by_a_constant(operation):
    if len(operation.inputs) != 1:
        return (
            f"layer {operation.name!r} multiplies or divides two signals; the reverse rule is "
            "defined for a "
            "constant factor"
        )
    if operation.kind == "Multiply" and not operation.constants:
        return f"layer {operation.name!r} multiplies a signal by itself, which has no reverse rule"
    return _scales_channels(operation)


@reverse_rule("Multiply", refuse=_by_a_constant, title="scale")
def scale_multiply(signal, step):
    """S · constant."""
    return signal * _constant(step.operation).reshape(-1).astype(signal.dtype)


def _divided(operation):
    if operation.constants and operation.constants[0][0] == 0:
        return (
            f"layer {operation.name!r} divides a constant by the signal, which has no reverse rule"
        )
    return _by_a_constant(operation)


@reverse_rule("Divide", "TrueDivide", refuse=_divided, title="scale")
def scale_divide(signal, step):
    """S / constant."""
    return signal / _constant(step.operation).reshape(-1).astype(signal.dtype)


@reverse_rule("Negative", title="scale")
def scale_negative(signal, step):
    """−S."""
    return -signal


# --- where branches meet ---


def _same_shapes(operation):
    for shape in operation.shapes:
        if len(operation.inputs) > 1 and shape != operation.output_shape:
            return (
                f"layer {operation.name!r} stretches one input over another, which has no reverse "
                "rule"
            )
    return _scales_channels(operation) if operation.constants else None


@reverse_rule("Add", refuse=_same_shapes, title="copy")
def copy_add(signal, step):
    """S to every branch."""
    return [signal] * len(step.operation.inputs)


@reverse_rule("Subtract", refuse=_same_shapes, title="copy")
def copy_subtract(signal, step):
    """S to the first branch, −S to the second; a constant takes none."""
    if len(step.operation.inputs) == 1:
        return signal if step.operation.constants[0][0] == 1 else -signal
    return [signal, -signal]


@reverse_rule("Average", refuse=_same_shapes, title="share")
def share_average(signal, step):
    """S / n to each of n branches."""
    return [signal / signal.dtype.type(len(step.operation.inputs))] * len(step.operation.inputs)


def _concatenates_channels(operation):
    axis = operation.layer.axis
    if axis not in (-1, len(operation.output_shape)):
        return (
            f"layer {operation.name!r} joins along axis {axis}; the reverse rule is defined for "
            "channels"
        )
    return None


@reverse_rule("Concatenate", refuse=_concatenates_channels, title="cut")
def cut_concatenate(signal, step):
    """S cut into its slices."""
    ends = np.cumsum([shape[-1] for shape in step.operation.shapes])
    return np.split(signal, ends[:-1], axis=-1)


# --- layers that move or reshape ---


def _padding_window(operation):
    (top, _), (left, _) = operation.layer.padding
    return Sliding(before=(top, left))


@reverse_rule("ZeroPadding2D", window=_padding_window, refuse=_channels_last, title="crop")
def crop_padding(signal, step):
    """The padding is cropped."""
    return step.crop(signal)


def _cropping_window(operation):
    (top, _), (left, _) = operation.layer.cropping
    return Sliding(before=(-top, -left))


@reverse_rule("Cropping2D", window=_cropping_window, refuse=_channels_last, title="pad")
def pad_cropping(signal, step):
    """What was cropped gets no signal: the window just moves."""
    return step.crop(signal)


def _upsampling_window(operation):
    return Enlarging(_pair(operation.layer.size))


def _nearest(operation):
    if operation.layer.interpolation != "nearest":
        return (
            f"layer {operation.name!r} upsamples with {operation.layer.interpolation} "
            "interpolation; the reverse rule is defined for nearest"
        )
    return _channels_last(operation)


@reverse_rule("UpSampling2D", window=_upsampling_window, refuse=_nearest, title="sum")
def sum_upsampling(signal, step):
    """The signals of all copies of a value add."""
    rows, columns = _pair(step.layer.size)
    height, width = step.size
    n, _, _, channels = signal.shape
    blocks = np.zeros((n, height * rows, width * columns, channels), signal.dtype)
    for i, (outer, inner) in enumerate(zip(step.outer.starts, step.place.starts, strict=True)):
        top, left = outer[0] - inner[0] * rows, outer[1] - inner[1] * columns
        blocks[i, top : top + signal.shape[1], left : left + signal.shape[2]] = signal[i]
    blocks = blocks.reshape(n, height, rows, width, columns, channels)
    return step.crop(blocks.sum(axis=(2, 4)))


@reverse_rule("Flatten", "Reshape", window=_whole, title="reshape")
def reshape_back(signal, step):
    """The same numbers in the shape they had."""
    if signal.ndim == 4:  # laid into the whole picture first, zero elsewhere
        corner = ((0, 0),) * len(signal)
        signal = moved(signal, step.outer.starts, corner, step.operation.output_shape[:2])
    return signal.reshape(len(signal), *step.operation.shapes[0])


@reverse_rule(
    "Dropout",
    "SpatialDropout2D",
    "GaussianNoise",
    "GaussianDropout",
    "ActivityRegularization",
    "Identity",
    title="pass",
)
def pass_unchanged(signal, step):
    """Layers that do nothing in inference leave the signal as it is."""
    return signal
