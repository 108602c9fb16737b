"""What an explorer looks at, and what was computed from it last."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

DRAWN_AHEAD = 48


@dataclass(frozen=True, eq=False)
class Context:
    """The features (or the atlas) an explorer looks at, and what was computed from them last.

    Attributes:
        subject: `Features`, or an `Atlas`.
        chosen, seen_by: the names by which the photograph and the network were chosen.
        names, networks: the names of all photographs and networks that can be chosen.
    """

    subject: object
    chosen: str = ""
    seen_by: str = ""
    names: tuple = ()
    networks: tuple = ()
    kept: OrderedDict = field(default_factory=OrderedDict, repr=False)
    lock: object = field(default_factory=threading.Lock, repr=False)

    @property
    def features(self):
        """The subject, where it is `Features`."""
        return self.subject

    @property
    def network(self):
        """The network that is explored."""
        return self.subject.network

    def knows(self, function, *arguments):
        """Say whether `once` has the answer at hand."""
        with self.lock:
            return (function, arguments) in self.kept

    def once(self, function, *arguments):
        """Return function(subject, *arguments), computed once; the oldest results are
        forgotten."""
        key = (function, arguments)
        with self.lock:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
        found = function(self.subject, *arguments)  # not under the lock: it may take long
        with self.lock:
            self.kept[key] = found
            while len(self.kept) > DRAWN_AHEAD:
                self.kept.popitem(last=False)
        return found
