"""Independent answers to compare with: TensorFlow's automatic differentiation, and plain loops.

Nothing here reads the package's graph or its table of rules. The same Keras model runs forward
under a gradient tape,
its ReLUs exchanged for ones that have the deconvnet's or guided backpropagation's gradient.
"""

import contextlib

import numpy as np

import zv_helpers as zv

keras, tf = zv.network.keras_and_tensorflow()


def reading(model, names):
    """The same model with the outputs of the named layers ("logits": its own), in its own
    precision."""
    outputs = [
        model.outputs[0] if n in ("logits", None) else model.get_layer(n).output for n in names
    ]
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(model.inputs[0].dtype)
    try:
        return keras.Model(model.inputs[0], outputs)
    finally:
        keras.config.set_dtype_policy(policy)


def rectifier_forms(layer):
    """The forward function of a layer that is a ReLU, and its slope below zero; None for another
    layer."""
    if isinstance(layer, keras.layers.ReLU):
        slope, top, threshold = layer.negative_slope, layer.max_value, layer.threshold

        def forward(x):
            y = tf.where(x > threshold, x, slope * (x - threshold))
            return y if top is None else tf.minimum(y, tf.cast(top, x.dtype))

        return forward, float(slope)
    if isinstance(layer, keras.layers.LeakyReLU):
        return lambda x: tf.nn.leaky_relu(x, layer.negative_slope), float(layer.negative_slope)
    if isinstance(layer, keras.layers.PReLU):
        slope = layer.alpha.numpy()
        return lambda x: tf.maximum(x, 0) - tf.cast(slope, x.dtype) * tf.maximum(-x, 0), slope
    if type(layer).__name__ in ("Relu", "LeakyRelu"):  # keras.ops.relu and leaky_relu
        slope = float(getattr(layer, "negative_slope", 0.0))
        return lambda x: tf.where(x > 0, x, slope * x), slope
    return None


def everything_in(model):
    """Every layer and every operation of a model and of the models inside it."""
    for one in model.operations:
        yield one
        if isinstance(one, keras.Model):
            yield from everything_in(one)


INLINE = {
    "relu": (tf.nn.relu, 0.0),
    "relu6": (tf.nn.relu6, 0.0),
    "leaky_relu": (lambda x: tf.nn.leaky_relu(x, 0.2), 0.2),
}


def with_rule(forward, slope, rule):
    """A ReLU whose gradient is the rule's; `slope` is what a leaking one lets through below
    zero."""

    @tf.custom_gradient
    def rectifier(x):
        def gradient(s):
            if rule != "gradient":
                s = tf.where(s > 0, s, tf.cast(slope, s.dtype) * s)
            if rule == "deconvnet":
                return s
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = forward(x)
            return tape.gradient(y, x, output_gradients=s)

        return forward(x), gradient

    return rectifier


@contextlib.contextmanager
def other_rectifiers(model, rule):
    """Exchange every ReLU of a model (and of the models inside it) for one with the rule's
    gradient."""
    changed = []
    for layer in everything_in(model):
        inline = getattr(getattr(layer, "activation", None), "__name__", "")
        form = rectifier_forms(layer)
        if form is not None:
            changed.append((layer, "call", layer.__dict__.get("call")))
            layer.call = with_rule(*form, rule)
        elif inline in INLINE:
            changed.append((layer, "activation", layer.activation))
            layer.activation = with_rule(*INLINE[inline], rule)
    try:
        yield len(changed)
    finally:
        for layer, name, value in changed:
            if value is None:
                del layer.call
            else:
                setattr(layer, name, value)


def reverse_by_tape(model, batch, picks, rule):
    """Reverse pass by automatic differentiation.

    Args:
        model: a `keras.Model` of several outputs; batch: (1, h, w, 3), the network's input.
        picks: list of (number of the output, index into it without the batch axis), one for each
            picture; where an index selects several numbers, their sum is taken.

    Returns:
        float (len(picks), h, w, 3), for each pick the signal at the input, which starts from 1.
    """
    inputs = tf.repeat(tf.cast(batch, model.inputs[0].dtype), len(picks), axis=0)
    with other_rectifiers(model, rule), tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = model(inputs, training=False)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        # Pictures of a batch do not meet, so one gradient of the sum holds them all.
        total = sum(
            tf.reduce_sum(outputs[number][(i, *index)]) for i, (number, index) in enumerate(picks)
        )
    return tape.gradient(total, inputs).numpy()


def random_weights(model, seed=0):
    """Fill a model with random weights: both signs, and batch-norm statistics that are not
    trivial."""
    rng = np.random.default_rng(seed)
    for variable in model.variables:
        name, shape = variable.name, tuple(variable.shape)
        if len(shape) > 1:
            fan_in = np.prod(shape[:-1]) if "depthwise" not in variable.path else np.prod(shape[:2])
            values = rng.standard_normal(shape, np.float32) * np.sqrt(2 / fan_in)
        elif "variance" in name:
            values = rng.uniform(0.3, 3, shape)
        elif "gamma" in name:
            values = rng.uniform(0.5, 1.5, shape) * rng.choice([-1, 1, 1, 1], shape)
        elif np.issubdtype(np.dtype(variable.dtype), np.floating):
            values = rng.normal(0, 0.3, shape)  # bias, beta, moving mean
        else:
            continue
        variable.assign(values.astype(variable.dtype))
    return model


def positive_weights(model, seed=0):
    """Fill a model with positive weights that neither grow nor vanish: no signal is zero by
    accident."""
    rng = np.random.default_rng(seed)
    for variable in model.variables:
        name, shape = variable.name, tuple(variable.shape)
        if len(shape) > 1:
            values = rng.uniform(0.5, 1.5, shape) / np.prod(shape[:-1])
        elif "mean" in name:
            values = np.zeros(shape)
        elif np.issubdtype(np.dtype(variable.dtype), np.floating):
            values = rng.uniform(0.5, 1.5, shape)
        else:
            continue
        variable.assign(values.astype(variable.dtype))
    return model


def random_image(network, seed=0):
    """Noise with structure in it, of exactly the network's size."""
    rng = np.random.default_rng(seed)
    height, width = network.input_size
    rows, columns = np.mgrid[:height, :width]
    waves = 90 * np.sin(rows / 5 + rng.uniform(0, 6)) * np.cos(columns / 7 + rng.uniform(0, 6))
    pixels = 128 + waves[..., None] + rng.normal(0, 30, (height, width, 3))
    return zv.load_image(np.clip(pixels, 0, 255).astype(np.uint8), network)


# --- plain loops ---------------------------------------------------------------------------------


def loop_convolution(maps, kernel, bias, stride, before, outputs):
    """A convolution, one number at a time."""
    height, width, _ = maps.shape
    rows, columns, _, maps_out = kernel.shape
    result = np.zeros((*outputs, maps_out))
    for y in range(outputs[0]):
        for x in range(outputs[1]):
            result[y, x] = bias
            for i in range(rows):
                for j in range(columns):
                    r, c = y * stride + i - before, x * stride + j - before
                    if 0 <= r < height and 0 <= c < width:
                        result[y, x] += maps[r, c] @ kernel[i, j]
    return result


def loop_convolution_back(signal, kernel, stride, before, size):
    """The transpose: each output's signal goes to every input it read, times the weight it read it
    with."""
    rows, columns, maps_in, _ = kernel.shape
    result = np.zeros((*size, maps_in))
    for y in range(signal.shape[0]):
        for x in range(signal.shape[1]):
            for i in range(rows):
                for j in range(columns):
                    r, c = y * stride + i - before, x * stride + j - before
                    if 0 <= r < size[0] and 0 <= c < size[1]:
                        result[r, c] += kernel[i, j] @ signal[y, x]
    return result


def loop_pool(maps, pool, stride):
    """A max-pool without padding, and where each maximum was: (pooled, {(y, x, channel): (row,
    column)})."""
    height, width, channels = maps.shape
    outputs = (height - pool) // stride + 1, (width - pool) // stride + 1
    pooled, switches = np.zeros((*outputs, channels)), {}
    for y in range(outputs[0]):
        for x in range(outputs[1]):
            for k in range(channels):
                best = None
                for r in range(y * stride, y * stride + pool):
                    for c in range(x * stride, x * stride + pool):
                        if best is None or maps[r, c, k] > maps[best + (k,)]:
                            best = (r, c)
                pooled[y, x, k] = maps[best + (k,)]
                switches[y, x, k] = best
    return pooled, switches


def loop_unpool(signal, switches, shape):
    """Every value back to its switch."""
    result = np.zeros(shape)
    for (y, x, k), (r, c) in switches.items():
        result[r, c, k] += signal[y, x, k]
    return result


def loop_rectify(signal, maps, rule):
    """ReLU, one number at a time."""
    result = np.zeros_like(signal)
    for place in np.ndindex(signal.shape):
        s, z = signal[place], maps[place]
        if rule == "deconvnet" and s > 0:
            result[place] = s
        if rule == "guided" and s > 0 and z > 0:
            result[place] = s
        if rule == "gradient" and z > 0:
            result[place] = s
    return result


@contextlib.contextmanager
def double_precision():
    """Build Keras layers in float64, so that no rounding decides a switch or a sign."""
    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy("float64")
    keras.config.set_floatx("float64")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
        keras.config.set_floatx(floatx)


def in_double_precision(network):
    """A shipped network again, with the same weights, in float64."""
    with double_precision():
        # The layers were built in float32 and say so in their configuration: take them as new ones.
        def renewed(layer):
            config = layer.get_config()
            config["dtype"] = "float64"
            return type(layer).from_config(config)

        model = keras.models.clone_model(network.keras_model, clone_function=renewed)
        model.set_weights([w.astype(np.float64) for w in network.keras_model.get_weights()])
    return zv.load_model(model, preprocess="caffe", class_names=network.class_names)


def worst(ours, theirs):
    """The largest difference over the largest value of the reference, which must not be all
    zero."""
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    largest = np.abs(theirs).max()
    assert largest > 0, "the reference is zero everywhere, so agreeing with it proves nothing"
    return np.abs(ours - theirs).max() / largest


# --- heatmaps that every sorting orders alike ----------------------------------------------------


def reference_heat(coarse, size):
    """A heatmap without ties, float (h, w), of a coarse map of whole numbers: each pixel has the
    number of its square, and a part of one for a place of its own that is drawn."""
    coarse = np.asarray(coarse, float)
    rows, columns = (np.arange(n) * side // n for n, side in zip(size, coarse.shape, strict=True))
    places = np.random.default_rng(0).permutation(size[0] * size[1]).reshape(size)
    return coarse[np.ix_(rows, columns)] + places / places.size
