"""Build the atlases that ship, data/atlas, and write their sums: python tools/atlases.py

The same network, photographs and processor give the same files, to the last bit."""

import hashlib
import os

import zv_helpers as zv
from zv_helpers.atlas.folders import FILES
from zv_helpers.atlas.shipped import shipped_photographs
from zv_helpers.network.loading import SHIPPED


def main():
    data = zv.data_folder()
    sums = data / "SHA256SUMS"
    kept = [line for line in sums.read_text().splitlines() if "  atlas/" not in line]
    for name in sorted(SHIPPED):
        atlas = zv.build_atlas(zv.load_model(name), shipped_photographs())
        atlas.save(data / "atlas" / name)
        paths = [f"atlas/{name}/{file}" for file in FILES]
        kept += (f"{hashlib.sha256((data / one).read_bytes()).hexdigest()}  {one}" for one in paths)
        size = sum(os.path.getsize(data / one) for one in paths)
        print(f"{atlas}: {size / 1e6:.2f} MB")
    sums.write_text("\n".join(kept) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
