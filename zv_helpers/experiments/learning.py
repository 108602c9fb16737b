"""Training a small network, and keeping its weights at several moments to look back at (Zeiler &
Fergus 2014, §4, "Feature Evolution During Training")."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..network import keras_and_tensorflow
from ..progress import Progress, watched
from .trained import load_trained, save_trained

MAPS = (16, 24, 24, 24, 24)  # of the five convolutions of `small_network`
SPREAD = (0.01, 0.03)  # of the first weights: of its first convolution, and of the others


@dataclass(frozen=True, eq=False)
class Learning:
    """How a network learnt. Made by `train`, or by `kept_learning` of a file.

    Attributes:
        moments: int (moments,), after how many steps each look at the weights was taken; 0 is
            before the first.
        weights: for each moment the arrays that `model.set_weights` takes.
        losses: float32 (steps,), the loss of each step's batch.
        batch: how many pictures a step shows; pictures: how many there are in all.
    """

    moments: np.ndarray
    weights: list[list[np.ndarray]] = field(repr=False)
    losses: np.ndarray = field(repr=False)
    batch: int
    pictures: int

    @property
    def epochs(self) -> np.ndarray:
        """The moments in epochs, how often each picture was seen: float (moments,)."""
        return self.moments * self.batch / self.pictures

    def keep(self, path: str | os.PathLike) -> None:
        """Write it into a small file, with the weights rounded to float16; see `kept_learning`."""
        numbers = {name: getattr(self, name) for name in ("moments", "batch", "pictures")}
        save_trained(path, self.weights, losses=self.losses.astype(np.float16), **numbers)


def kept_learning(name: str | os.PathLike) -> Learning:
    """Read what `Learning.keep` wrote: the name of a file that ships in data/trained, or a path.
    Raises DataError as `load_trained` does."""
    found = load_trained(name)
    one = found.numbers
    losses = one["losses"].astype(np.float32)
    return Learning(one["moments"], found.weights, losses, int(one["batch"]), int(one["pictures"]))


def doubling_moments(steps: int, count: int = 8) -> np.ndarray:
    """Return at which steps to look at a network that learns for that many: before the first, and
    then each time after twice as many, the last at the end: int (at most count,), rising.

    >>> doubling_moments(320).tolist(), doubling_moments(3, 4).tolist()
    ([0, 5, 10, 20, 40, 80, 160, 320], [0, 1, 2, 3])
    """
    halves = np.floor(steps / 2.0 ** np.arange(count - 1) + 0.5).astype(int)
    return np.unique(np.append(halves, 0))


def small_network(
    size: tuple[int, int] = (64, 64),
    classes: int = 4,
    kernel: int = 7,
    stride: int = 2,
    maps: Sequence[int] = MAPS,
    seed: int = 0,
    name: str = "small",
) -> Any:
    """Build an untrained Keras model of five convolutions (`conv1` to `conv5`, each with its ReLU)
    and three max-pools, which reads RGB pixels in [0, 255] and ends in a softmax. As in the paper
    (§3) its filters begin small: what one sees in them later was learnt.

    Args:
        size: (h, w) of its input; classes: how many it tells apart.
        kernel, stride: of the first convolution; the others are 3 × 3 without strides.
        maps: how many each convolution has; seed: of its first weights.
    """
    keras, _ = keras_and_tensorflow()
    layers, normal = keras.layers, keras.initializers.RandomNormal
    how = {"padding": "same", "activation": "relu"}
    body: list[Any] = [keras.Input((*size, 3)), layers.Rescaling(1 / 127.5, -1, name="scaled")]
    for i, count in enumerate(maps):
        wide, far = (kernel, stride) if i == 0 else (3, 1)
        start = normal(stddev=SPREAD[min(i, 1)], seed=seed + i)
        how |= {"kernel_initializer": start, "name": f"conv{i + 1}"}
        body.append(layers.Conv2D(count, wide, far, **how))
        if i in (0, 1, 3):
            body.append(layers.MaxPooling2D(2, name=f"pool{i + 1}"))
    body.append(layers.GlobalAveragePooling2D(name="mean"))
    start = normal(stddev=SPREAD[1], seed=seed + len(maps))
    body.append(layers.Dense(classes, "softmax", kernel_initializer=start, name="classes"))
    return keras.Sequential(body, name=name)


def train(
    model: Any,
    inputs: np.ndarray,
    labels: ArrayLike,
    epochs: float = 8,
    batch: int = 50,
    rate: float = 3e-3,
    moments: int = 8,
    seed: int = 0,
    tell: Callable[[np.ndarray], Any] | None = None,
    progress: Progress = True,
) -> Learning:
    """Train a Keras model that ends in probabilities, by Adam, and keep its weights at several
    moments. On one processor the same seed gives the same weights, up to rounding.

    Args:
        model: it is changed, and compiled anew.
        inputs: (n, h, w, channels), as the model takes them; labels: int (n,), the true classes.
        epochs: how often each is shown; batch: how many a step shows; rate: the learning rate.
        moments: how many looks to keep, see `doubling_moments`; seed: of the pictures' order.
        tell: is called after each step with the losses so far, float32 (steps,).
        progress: as for `watched`; a function that raises `Cancelled` ends it.

    Returns a `Learning`. Raises a ValueError where labels and inputs differ in number, or are none.
    """
    keras, _ = keras_and_tensorflow()
    labels = np.asarray(labels)
    if len(inputs) != len(labels) or not len(labels):
        raise ValueError(
            "Expected a label for each of one or more inputs, but got "
            f"{len(inputs)} inputs and {len(labels)} labels."
        )
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    batch = min(batch, len(inputs))
    steps = max(1, round(epochs * len(inputs) / batch))
    when, losses = doubling_moments(steps, moments), np.zeros(steps, np.float32)
    kept = [model.get_weights()]
    batches = _batches(len(inputs), batch, seed)
    for step in watched(range(steps), "learning", progress):
        some = next(batches)
        model.reset_metrics()  # else Keras returns the mean over all steps
        losses[step] = model.train_on_batch(inputs[some].astype(np.float32), labels[some])
        if step + 1 in when:
            kept.append(model.get_weights())
        if tell is not None:
            tell(losses[: step + 1])
    return Learning(when, kept, losses, batch, len(inputs))


def _batches(count, size, seed):
    """Yield the numbers of the pictures of each step, int (size,), each picture once an epoch."""
    random, left = np.random.default_rng(seed), np.array([], int)
    while True:
        if len(left) < size:
            left = np.append(left, random.permutation(count))
        some, left = left[:size], left[size:]
        yield some


def accuracy(model: Any, inputs: np.ndarray, labels: ArrayLike, batch: int = 100) -> float:
    """Return the share, 0 to 1, of inputs (n, h, w, channels) whose most probable class is the one
    that the labels, int (n,), name."""
    parts = np.split(inputs, range(batch, len(inputs), batch))
    found = [model(one.astype(np.float32), training=False).numpy().argmax(-1) for one in parts]
    return float(np.mean(np.concatenate(found) == np.asarray(labels)))
