"""A network's graph: one flat list of operations, in forward order, without any weight."""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .separable import Picks, listed, matrices_of, picks_of
from .windows import Listed

# These kinds name a form, not a class of Keras's.
FORMS = ("Rectifier", "Classifier", "Identity")
MAX_POOLS = ("MaxPooling2D", "GlobalMaxPooling2D", "Max")
RECTIFIERS = ("Rectifier", "PReLU")
# What is random while a network is trained; and all that does nothing in inference.
DROPPING = ("AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout2D")
AUGMENTING = tuple(
    "AugMix CutMix Equalization MixUp RandAugment RandomBrightness RandomColorDegeneration "
    "RandomColorJitter RandomContrast RandomCrop RandomElasticTransform RandomErasing RandomFlip "
    "RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective "
    "RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear "
    "RandomTranslation RandomZoom Solarization".split()
)
IDLE = (*DROPPING, *AUGMENTING, "ActivityRegularization", "Cast", "Identity", "Permute", "Pipeline")
# What a layer may go on with; what goes on only with its ReLU; what has no maps of its own to see.
INSIDE = ("BatchNormalization", *RECTIFIERS, "Activation")
ENDING = ("MaxPooling2D", "Add", "Concatenate")
PADDING = ("Pad", "PadImages", "ZeroPadding2D")
PLAIN = ("Classifier", "Normalization", "Rescaling", *DROPPING, *AUGMENTING, "Cast", *PADDING)
# What, done to the pixels, leaves them pixels: preprocessing inside the network.
PREPARING = (
    *(*PLAIN, *IDLE, "Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Negative"),
    *("GetItem", "Stack", "ExpandDims", "Take", "Flip", "Repeat", "Split", "Unstack"),
    *("Concatenate", "RGBToGrayscale", "Resizing", "Resize", "CenterCrop"),
    *("CropImages", "Cropping2D"),
)


def is_from_keras(thing: Any) -> bool:
    """Say whether a layer, an operation or a function is one of Keras's own objects."""
    return type(thing).__module__.startswith("keras.")


@dataclass(frozen=True)
class Rectifier:
    """A ReLU of Keras's: slope below zero, and a cap (None: none) above. What it let through can be
    read off its output, so a threshold needs no field of its own."""

    slope: float = 0.0
    cap: float | None = None

    @property
    def name(self) -> str:
        """What the model table calls it: ReLU, LeakyReLU, or ReLU6 for a cap at 6."""
        name = "LeakyReLU" if self.slope else "ReLU"
        return name if self.cap is None else f"{name}{self.cap:g}"


@dataclass(frozen=True, eq=False)
class Operation:
    """One call of one layer. `inputs` and `output` number the values that flow through the network
    (its input is 0); `shapes` has no batch axis; `kind` is the layer's class name or one of
    `FORMS`: "Rectifier" for any ReLU, "Classifier" for a final softmax or sigmoid. `compute` maps
    the tensors that `reads` numbers to the output tensor (None where the next operation, an
    activation inside the same layer, computes both); `constants` are the call's other arguments,
    (position, value); `problem` says why it cannot be reversed, if so."""

    name: str
    kind: str
    layer: Any
    inputs: tuple[int, ...]
    output: int
    shapes: tuple[tuple, ...]
    output_shape: tuple
    reads: tuple[int, ...]
    compute: Callable | None = field(repr=False)
    constants: tuple = ()
    rectifier: Rectifier | None = None
    problem: str | None = None

    @functools.cached_property
    def picks(self) -> Picks | None:
        """What each row, column and channel of the output reads; see `separable.picks_of`."""
        return picks_of(self)

    @functools.cached_property
    def matrices(self) -> tuple | None:
        """How rows and columns are mixed; see `separable.matrices_of`."""
        return matrices_of(self)

    @functools.cached_property
    def lines(self) -> Listed | None:
        """Which rows and columns those matrices read."""
        return None if self.matrices is None else listed(self.matrices)

    def entry(self, table: Mapping) -> Any:
        """Return this operation's entry in a table by kind, or None. A layer of your own is found
        by its class; having the name of a Keras class is not enough."""
        known = self.kind in FORMS or is_from_keras(self.layer)
        return table.get(type(self.layer)) or (table.get(self.kind) if known else None)


@dataclass(frozen=True, eq=False)
class Graph:
    """The operations of a network, in forward order; `output`, the number of its last value; and
    `shapes`, {number: shape without the batch axis}."""

    operations: tuple[Operation, ...]
    output: int
    shapes: dict[int, tuple]

    @functools.cached_property
    def producers(self) -> dict[int, Operation]:
        """{value number: the operation that computes it}."""
        return {operation.output: operation for operation in self.operations}

    @functools.cached_property
    def layer_values(self) -> dict[str, int]:
        """{layer name: value number} of every layer whose feature maps can be looked at. A
        convolution, its batch norm and its ReLU are one layer, named after the last of them.
        Preprocessing inside the network makes pixels of pixels, no feature maps."""
        readers: dict[int, list[str]] = {}
        for operation in self.operations:
            for number in operation.inputs:
                readers.setdefault(number, []).append(operation.kind)
        found, pixels = {}, {0}
        for one in self.operations:
            if one.kind in PREPARING and pixels.issuperset(one.inputs):
                pixels.add(one.output)
                continue
            followers = readers.get(one.output, [])
            next_kind = followers[0] if len(followers) == 1 else None
            goes_on = next_kind in RECTIFIERS or next_kind in INSIDE and one.kind not in ENDING
            if len(one.output_shape) == 3 and one.kind not in PLAIN and not goes_on:
                found[one.name] = one.output
        return found

    @functools.cached_property
    def scores(self) -> int:
        """The number of the value before a final softmax or sigmoid; without one, the output."""
        final = self.producers.get(self.output)
        return final.inputs[0] if final is not None and final.kind == "Classifier" else self.output

    @functools.cached_property
    def kept(self) -> frozenset[int]:
        """The numbers of the values a forward pass keeps: all feature maps, the class scores, and
        what the reverse pass reads: what went into each pool, what came out of each ReLU (or went
        into it, where the output does not tell)."""
        read = [one.inputs for one in self.operations if one.kind in MAX_POOLS]
        for one in self.operations:
            if one.kind in RECTIFIERS:
                told = one.rectifier is not None and one.rectifier.slope >= 0
                read.append((one.output,) if told else one.inputs)
        reads = {number for numbers in read for number in numbers}
        return frozenset({0, self.scores, *self.layer_values.values()} | reads)

    def below(self, *numbers: int) -> list[Operation]:
        """List the operations between the pixels and a value, or several, in forward order."""
        wanted, found = set(numbers), []
        for operation in reversed(self.operations):
            if operation.output in wanted:
                wanted.update(operation.inputs)
                found.append(operation)
        return found[::-1]


_refusal: Callable[[Operation], str | None] | None = None


def answer_with(function: Callable[[Operation], str | None]) -> None:
    """Let `function` say why an operation cannot be reversed: a sentence, or None. `deconvnet`,
    further right, knows; it hands its answer in when it is imported, and no import points back."""
    global _refusal
    _refusal = function


def refusal(operations: Iterable[Operation]) -> str | None:
    """Say why the first of these operations that cannot be reversed cannot, or return None."""
    return None if _refusal is None else next(filter(None, map(_refusal, operations)), None)


def cautions(operations: Iterable[Operation]) -> list[str]:
    """Say in a word or two what weakens a deconvnet picture through these operations: a list."""
    kinds = {operation.kind for operation in operations}
    found = ["no switches"] if kinds.isdisjoint(MAX_POOLS) else []
    return [*found, "average pools"] if "AveragePooling2D" in kinds else found
