"""What becomes of a network of the corpus: reversed, and how exactly, or refused, and why."""

import functools
import warnings
from dataclasses import dataclass

import numpy as np
from entries import ENTRIES, keras
from reverse import changed, found, signals

import zv_helpers as zv
from zv_helpers.deconvnet.compiled import Program
from zv_helpers.network.compiling import Beside

RULES = ("deconvnet", "guided", "gradient")
DEPTHS, CLASSES = 3, 2


@dataclass(frozen=True)
class Outcome:
    """`sentence` refuses it (None: reversed to its end), `at_load` or later; `layers` can be looked
    at, of which `reversed` go down to the pixels; `end` says what of classes it ends in;
    `differences`, {(where, rule): the largest difference from automatic differentiation over its
    largest value}; `silent` comparisons had no signal at all."""

    sentence: str | None
    at_load: bool = False
    layers: int = 0
    reversed: int = 0
    end: str = ""
    differences: dict | None = None
    silent: tuple = ()

    @property
    def worst(self):
        return max(self.differences.values(), default=0.0) if self.differences else 0.0


@functools.cache
def outcome(name):
    """Build a network, load it, and compare three depths and the class scores, all rules."""
    # Compiling would cost more than it saves, and would read layers that the tape has changed.
    with changed([(Beside, "begin", lambda self, *wait: None)]):
        return _outcome(ENTRIES[name])


def _outcome(entry):
    keras.utils.clear_session(free_memory=False)  # its counters give layers their names
    keras.utils.set_random_seed(0)
    model = entry.make()
    try:
        network = zv.load_model(model, **entry.how)
    except ValueError as error:
        return Outcome(str(error), at_load=True)
    features = zv.extract_features(network, picture(network))
    twin = model if entry.twin is None else entry.twin()
    if chosen := entry.how.get("output"):
        twin = keras.Model(model.inputs, model.get_layer(chosen).output)
    rows = list(network.graph.layer_values)
    good = [name for name in rows if network.problem(network.layer_value(name)) is None]
    sentence, scores = network.problem(network.graph.scores), class_scores(features)
    picks = neurons(features, good, twin) + ([] if sentence else scores)
    differences, silent = compared(features, twin, picks, entry)
    end = "class scores" if scores else "class maps" if network.class_maps else ""
    return Outcome(sentence, False, len(rows), len(good), end, differences, silent)


def picture(network, seed=0):
    """Noise with structure in it, of exactly the network's size."""
    rng, (height, width) = np.random.default_rng(seed), network.input_size
    rows, columns = np.mgrid[:height, :width]
    waves = 90 * np.sin(rows / 5 + rng.uniform(0, 6)) * np.cos(columns / 7 + rng.uniform(0, 6))
    channels = () if network.spec.channels == 1 else (3,)
    noise = rng.normal(0, 30, (height, width, *channels))
    pixels = 128 + (waves[..., None] if channels else waves) + noise
    return zv.load_image(np.clip(pixels, 0, 255).astype(np.uint8), network)


def neurons(features, layers, model):
    """One neuron at each of a few depths, at every other one on the border, active but not the
    strongest, which may sit at a cap: [(target, path, index, start)]."""
    known = [name for name in layers if there(model, name)]
    places = np.linspace(0, len(known) - 1, min(DEPTHS + 1, len(known)))[1:] if known else []
    places = [0] if len(known) == 1 else places
    picks = []
    for depth, name in enumerate(dict.fromkeys(known[round(place)] for place in places)):
        maps = features[name]
        allowed = on_the_border(maps) if depth % 2 else np.full(maps.shape, True)
        order = np.argsort(np.where(allowed, maps, -np.inf), axis=None, kind="stable")
        active = np.count_nonzero(allowed & (maps > 0))
        which = order[-max(active // 4, 1)]
        row, column, channel = (int(i) for i in np.unravel_index(which, maps.shape))
        target = features.neuron(name, channel, row, column)
        picks.append((target, name, (row, column, channel), None))
    return picks


def on_the_border(maps):
    """Which values lie on the border, where windows reach into the padding; all, if none of those
    is active: bool (h, w, channels)."""
    allowed = np.full(maps.shape, True)
    allowed[1:-1, 1:-1] = False
    return allowed if (maps[allowed] > 0).any() else np.full(maps.shape, True)


def there(model, name):
    """Whether the Keras model knows a layer by this path."""
    try:
        return bool(found(model, name))
    except ValueError:
        return False


def class_scores(features):
    """The two most probable classes, of a network that has classes."""
    if features.network.logits is None:
        return []
    scores = features.logits
    if features.network.graph.shapes[features.network.logits] == (1,):  # −z and z
        return [(zv.ClassScore(i), None, (0,), 2.0 * i - 1) for i in (0, 1)]
    some = np.argsort(-scores, kind="stable")[:CLASSES].tolist()
    return [(zv.ClassScore(i), None, (i,), 1.0) for i in some]


def compared(features, model, picks, entry):
    """Compare `project` with the tape, as it walks and as it is compiled: ({(where, rule):
    difference}, the silent ones)."""
    differences, silent = {}, []
    asked = [(*pick, rule) for rule in RULES for pick in picks]
    theirs = iter(())
    if asked:
        theirs = zip(*signals(model, features.image.batch, [one[1:] for one in asked]), strict=True)
    for rule in RULES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", zv.ProjectionWarning)
            ours = zv.project(features, [pick[0] for pick in picks], rule) if picks else ()
            with changed([(Program, "ready", step_by_step)]):
                again = [zv.project(features, pick[0], rule) for pick in picks]
        for (target, _, _, start), one, same in zip(picks, ours, again, strict=True):
            key, (other, value) = (f"{target}", rule), next(theirs)
            mine, value = target.of(features, "score"), -value if start == -1 else value
            assert np.isclose(mine, value, rtol=entry.tolerance, atol=1e-6), (key, mine, value)
            canvas = one.on_canvas()
            canvas = canvas[..., ::-1] if features.network.spec.reads_bgr else canvas
            assert canvas.shape == other.shape, (canvas.shape, other.shape)
            largest = np.abs(other).max()
            if not largest:
                silent.append(key)
            scale = largest or max(abs(value), 1e-30)
            difference = np.abs(canvas - other).max() / scale
            between = np.abs(one.on_canvas() - same.on_canvas()).max() / scale
            differences[key] = float(difference + between)
    return differences, tuple(silent)


def step_by_step(program):
    """Let a program run as it would be compiled, without the time that takes."""
    if program.beside is not None:
        program.beside.compiled = program.beside.function
    return program.beside is not None
