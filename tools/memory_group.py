"""A group of processes that together may hold only so much memory, as `docker run --memory` makes
one: a cgroup of Linux, of version 2 or 1. Only root can make it."""

import contextlib
import os
import re
import time
from pathlib import Path

# The files of each version: the limit; the one that forbids swap, and what it is then (None: the
# limit); the most that was held; how many processes were ended for it.
VERSIONS = {
    2: ("memory.max", ("memory.swap.max", 0), "memory.peak", "memory.events"),
    1: (
        "memory.limit_in_bytes",
        ("memory.memsw.limit_in_bytes", None),
        "memory.max_usage_in_bytes",
        "memory.oom_control",
    ),
}


class Group:
    """A cgroup with a limit.

    Attributes:
        folder: its place in the file system of cgroups; version: of these, 2 or 1.
        words: to put before a command, so that it and all that it starts are in the group.
    """

    def __init__(self, folder, version):
        self.folder, self.version = folder, version
        script = 'echo $$ > "$0" && exec "$@"'
        self.words = ["sh", "-ec", script, str(folder / "cgroup.procs")]

    def read(self, name):
        """Return what a file of the group says."""
        return (self.folder / name).read_text(encoding="ascii")

    def limit(self, size):
        """Let the group hold at most so many bytes, and no swap."""
        most, (swap, allowed), *_ = VERSIONS[self.version]
        (self.folder / most).write_text(str(size), encoding="ascii")
        with contextlib.suppress(OSError):  # no such file where the kernel counts no swap
            (self.folder / swap).write_text(str(size if allowed is None else allowed))

    @property
    def peak(self):
        """The most that was held, in GB: what was read from files too, until it is given back."""
        return int(self.read(VERSIONS[self.version][2])) / 1e9

    @property
    def read_again(self):
        """How much was given back, because there was no room, and then read from a file again, in
        GB: if that is much, the processes waited for it."""
        text = self.read("memory.stat")
        pages = re.search(r"^(?:total_)?workingset_refault_file (\d+)", text, re.M)[1]
        return int(pages) * os.sysconf("SC_PAGESIZE") / 1e9

    @property
    def ended(self):
        """How many processes were ended, because nothing more could be given back."""
        return int(re.search(r"^oom_kill (\d+)", self.read(VERSIONS[self.version][3]), re.M)[1])

    def __str__(self):
        ended = {0: "no process was", 1: "1 process was"}.get(self.ended, f"{self.ended} were")
        again = f"{self.read_again:.2f} GB read again"
        return f"at most {self.peak:.2f} GB with what was read from files, {again}, {ended} ended"


def parent():
    """Return (the folder in which a group with a limit can be made, the version)."""
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    own = Path("/proc/self/cgroup").read_text(encoding="utf-8")
    for line in mounts:
        before, _, after = line.partition(" - ")
        place, (kind, _, options) = Path(before.split()[4]), after.split()[:3]
        if kind == "cgroup" and "memory" in options.split(","):
            return place / re.search(r":memory:/(.*)$", own, re.M)[1], 1
        if kind == "cgroup2" and "memory" in (place / "cgroup.controllers").read_text().split():
            return place, 2  # not in the own one: there only groups or processes may be
    raise OSError("this system counts no memory in groups (cgroups)")


@contextlib.contextmanager
def group(size, name="zeiler-workbook"):
    """Give a `Group` that may hold so many bytes. Its processes have to end before it does. Raises
    an OSError where there can be none."""
    above, version = parent()
    if version == 2:
        (above / "cgroup.subtree_control").write_text("+memory", encoding="ascii")
    made = Group(above / f"{name}-{os.getpid()}", version)
    made.folder.mkdir()
    try:
        made.limit(size)
        yield made
    finally:
        end = time.monotonic() + 30
        while made.read("cgroup.procs").strip() and time.monotonic() < end:
            time.sleep(0.1)
        made.folder.rmdir()


def forget_files(folder):
    """Take what was read of a folder's files out of memory: else they count for whoever read them
    before, and not for the group."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with open(path, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
