"""Checks for the exercises of step 1. Each returns one sentence."""

from ...network import keras_and_tensorflow, load_model
from ..answers import came, exercise, number

# Convolution 5 × 5: 5. Pool 3 × 3 with stride 2: 7, the step is now 2. Convolutions 3 × 3: 11, 15.
TOY_FIELD = 15


@exercise("answer_1 = 15")
def check_receptive_field(answer):
    """Check the receptive field after four layers, windows 5, 3, 3, 3, the second of stride 2.

    answer: one side in pixels, or None.
    """
    side = number(answer, "one number, the pixels along one side")
    if side == TOY_FIELD:
        return "Right: 5, then 7, then 11 and 15, because after the pool a step is two pixels."
    hints = {
        7: "7 is the receptive field after the pool; two convolutions are still to come.",
        11: "11 stops one convolution early, or forgets that after the pool a step is two pixels.",
        13: "one of the last two convolutions was counted with a step of one pixel; both have two.",
        14: "the pool doubles the step, not the receptive field that was there before it.",
        19: "the step doubles only where the stride is 2, so it stays two pixels after the pool.",
    }
    if side in hints:
        return f"Not quite: {hints[side]}"
    return f"Not {side:g}: write down field and step after each layer, starting from 1 and 1."


@exercise(
    """\
my_model = keras.Sequential([
    keras.Input((64, 64, 3)),
    keras.layers.Conv2D(8, 5, activation="relu"),
    keras.layers.MaxPooling2D(2),
    keras.layers.Conv2D(16, 3, activation="relu"),
    keras.layers.MaxPooling2D(2),
    keras.layers.Conv2D(16, 3, activation="relu"),
])"""
)
def check_model(answer, side=20):
    """Check a model of the learner's: reversible all the way, with switches, seeing `side` pixels.

    answer: a `keras.Model`, or None.
    """
    keras, _ = keras_and_tensorflow()
    if not isinstance(answer, keras.Model):
        return (
            f"Expected a built keras.Model, as load_model takes it, but got {came(answer)}: begin "
            "with keras.Sequential([keras.Input((64, 64, 3)), …])."
        )
    try:
        network = load_model(answer)
    except ValueError as error:
        return f"load_model refuses it: {error}"
    if not network.layers:
        return "It has no feature maps to look at: put a Conv2D first."
    for layer in network.layers:
        if not layer.reverse.startswith("yes"):
            return f"Not yet, because a signal would stop on its way down: {layer.reverse}."
    last = network.layers[-1]
    if last.switches == 0:
        return "Not yet: no max-pool lies below its last layer, so no switches would be kept."
    field = "{} × {}".format(*last.receptive_field)
    if min(last.receptive_field) < side:
        return (
            f"Not yet: {last.name!r} sees {field} pixels and should see at least {side} × {side}; "
            "add a convolution or a pool, or give them larger windows."
        )
    return f"Right: {last.name!r} sees {field} pixels, and every layer can be reversed."
