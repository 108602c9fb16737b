#!/bin/sh
# Makes .venv with the pinned packages; every make target that runs Python calls it.
# Done once: later calls find .venv/.ready and return at once. PYTHON names the Python to build it with.
set -eu
cd "$(dirname "$0")/.."
here=$(pwd -P)
python=.venv/bin/python
ready=.venv/.ready

# The folder is part of it: a virtual environment does not survive being moved.
wanted() {
    echo "$here"
    cat constraints.txt pyproject.toml
}

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

can_make_venv() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

fail() {
    echo "$1" >&2
    exit 1
}

if [ -f "$ready" ] && wanted | cmp -s - "$ready" && fits "$python"; then
    exit 0
fi

if [ -n "${PYTHON:-}" ]; then
    fits "$PYTHON" || fail "Expected PYTHON to name Python 3.11, 3.12 or 3.13, but '$PYTHON' is not one of them or does not run: name another, as in 'make lab PYTHON=path/to/python3.12', or leave PYTHON out."
    candidates=$PYTHON
else
    candidates="python3.13 python3.12 python3.11 python3 python"
fi

chosen=
without_venv=
IFS_before=$IFS
[ -z "${PYTHON:-}" ] || IFS='
'
for candidate in $candidates; do
    fits "$candidate" || continue
    if can_make_venv "$candidate"; then
        chosen=$candidate
        break
    fi
    without_venv=${without_venv:-$candidate}
done
IFS=$IFS_before

if [ -z "$chosen" ] && [ -n "$without_venv" ]; then
    version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    fail "Python $version is here, but without its venv and ensurepip modules: install them (on Debian and Ubuntu: sudo apt install python$version-venv) and run the same command again."
fi
[ -n "$chosen" ] || fail "Expected Python 3.11, 3.12 or 3.13, but found none of them: install one (from python.org or your system's packages), or say where it is, as in 'make lab PYTHON=path/to/python3.12'."

if ! fits "$python" || ! grep -qF "$here/.venv" .venv/pyvenv.cfg; then
    "$chosen" -m venv --clear "$here/.venv" ||
        fail "Expected '$chosen' to make the folder .venv, but it could not: read its message above, and check that there is room on the disk."
fi

echo "Installing the workbook's packages into .venv with $("$python" --version): once, a few minutes, about 2.5 GB."
quiet=--quiet
[ ! -t 1 ] || quiet=
rm -f "$ready"
"$python" -m pip install $quiet --disable-pip-version-check -c constraints.txt -e '.[test]' ||
    fail "The packages could not all be installed: check the network connection and the room on the disk (the message above says which), and run the same command again."
wanted >"$ready"
