"""Write docs/networks.md: what becomes of every network of the corpus (tests/corpus)."""

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "corpus")]

from page import PATH, whole  # noqa: E402  once it can be found

if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(whole(), encoding="utf-8")
    print(f"Written: {PATH.relative_to(ROOT)}")
