"""Train the networks of the lab `a_network_that_cheats` and save them (data/trained/signs_*.npz),
with their SHA-256 in data/SHA256SUMS.

Run it after a change of the signs or of the network. On another processor the weights come out a
little otherwise, so look at the lab again.
"""

import hashlib

from zv_helpers.course.a_network_that_cheats import networks
from zv_helpers.data import data_folder
from zv_helpers.experiments.trained import FOLDER, save_trained


def write(name, network):
    """Save one network and put it into the list of checksums."""
    name = f"{FOLDER}/{name}.npz"
    path, sums = data_folder() / name, data_folder() / "SHA256SUMS"
    save_trained(path, [network.keras_model])
    lines = [one for one in sums.read_text().splitlines() if not one.endswith(f"  {name}")]
    lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}")
    sums.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    print(f"{name}: {path.stat().st_size / 1000:.0f} kB")


def main():
    suspect = networks.suspect(train=True)
    write(networks.SUSPECT, suspect)
    suspect = networks.shipped(networks.SUSPECT)  # in half precision, as it ships
    for share, name in networks.TUNED.items():
        write(name, networks.tuned(suspect, share, train=True))
    write(networks.SECOND, networks.second(train=True))


if __name__ == "__main__":
    main()
