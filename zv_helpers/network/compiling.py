"""Functions of tensors that TensorFlow compiles on another thread while they already work."""

import os
import threading
import time
import warnings
import weakref
from collections.abc import Callable
from typing import Any

from .tensorflow import keras_and_tensorflow

PATIENCE = 0.02  # seconds that compiling waits for whoever works with the network


def seconds_before() -> float:
    """Return how many seconds to wait before compiling begins: `$ZV_COMPILE_AFTER`, by default 0.5;
    who looks at one photograph only is done by then. What is no such number counts as none, with a
    warning."""
    usual = 0.5
    said = os.environ.get("ZV_COMPILE_AFTER") or usual
    try:
        seconds = float(said)
    except ValueError:
        seconds = -1
    if seconds >= 0:
        return seconds
    warnings.warn(
        f"Expected ZV_COMPILE_AFTER to be a number of seconds, 0 or more, but got {said!r}: "
        f"{usual} is taken.",
        stacklevel=2,
    )
    return usual


LATER = seconds_before()
_one_at_a_time = threading.Lock()
_here = threading.local()


class Stopped(Exception):
    """Compiling was given up, because Python is about to end."""


class Beside:
    """A function of tensors that runs as it is, step by step, until it is compiled beside.

    Attributes:
        function: takes tensors and returns a list of tensors.
        specs: (shape, dtype) of each tensor it takes; None in a shape stands for any number.
        lock: of the network it belongs to: compiling makes way for whoever holds it.
        compiled: the compiled function, once there is one; it takes the same tensors.
    """

    def __init__(self, function: Callable, specs: list[tuple], lock: Any) -> None:
        self.function, self.specs, self.lock = function, specs, lock
        self.compiled: Callable | None = None
        self._thread: threading.Thread | None = None
        self._now = threading.Event()

    def __call__(self, *tensors: Any, again: bool = True) -> list:
        """Return function(*tensors); again: more calls will come, so compiling is worth it."""
        if self.compiled is not None:
            return self.compiled(*tensors)
        found = self.function(*tensors)
        if again:
            self.begin_later()
        return found

    def begin(self, later: float = 0) -> threading.Thread:
        """Start to compile, once, some seconds later; the thread's `join()` waits until that is
        done."""
        if not later:
            self._now.set()
        if self._thread is None:
            # Not a pool: that waits for its threads before it says that Python ends.
            about = weakref.ref(self), self._now, later
            self._thread = threading.Thread(target=_compile_later, args=about, name="zv-compiler")
            self._thread.start()
        return self._thread

    def begin_later(self) -> None:
        """Start to compile in a moment, if this is still wanted then."""
        self.begin(LATER)

    def compile(self) -> None:
        """Compile now."""
        _, tf = keras_and_tensorflow()
        _here.lock = self.lock
        try:
            make_way()
            specs = [tf.TensorSpec(*spec) for spec in self.specs]
            traced = tf.function(self.function, input_signature=specs, autograph=False)
            compiled = called_at_once(traced.get_concrete_function())
            make_way()
            compiled(*(tf.zeros([n or 1 for n in shape], kind) for shape, kind in self.specs))
            self.compiled = compiled  # only now: the first run optimises it, half a second or more
        except Exception:
            # Some layers only work step by step, which goes on to give the right answer.
            self.compiled = None
        finally:
            _here.lock = None


def called_at_once(concrete: Any) -> Callable:
    """Return a compiled function as one operation on tensors, which are not looked at again.

    Calling it TensorFlow's usual way compares each tensor's type with the signature, before and
    after: 1 to 2 ms of the 12 that SqueezeNet takes.
    """
    _, tf = keras_and_tensorflow()
    variables, kinds = concrete.captured_inputs, [one.dtype for one in concrete.outputs]

    def run(*tensors):
        return tf.raw_ops.StatefulPartitionedCall(
            args=[*tensors, *variables], Tout=kinds, f=concrete
        )

    return run


def _compile_later(about, now, later):
    """Compile a `Beside` after some seconds, or as soon as `now` is set; not if it is gone by then,
    and with it its network, or if Python ends."""
    until = time.monotonic() + later
    while not now.wait(0.05) and time.monotonic() < until:
        if about() is None or not threading.main_thread().is_alive():
            return
    with _one_at_a_time:
        beside = about()
        if beside is not None:
            beside.compile()


def make_way() -> None:
    """While compiling, let the thread that works with the network go first; raise `Stopped` once
    Python ends. Elsewhere, do nothing."""
    lock = getattr(_here, "lock", None)
    if lock is None:
        return
    if not threading.main_thread().is_alive():
        raise Stopped
    if lock.acquire(timeout=PATIENCE):
        lock.release()
