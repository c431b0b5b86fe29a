"""Explain every decision of generated graphs, and run what would have led elsewhere.

python benchmarks/explained.py [GRAPHS]
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.explained import proved


def main(graphs):
    told = sum((proved(seed) for seed in range(graphs)), Counter())
    print(f"{graphs:,} generated graphs, {told['decisions']:,} decisions, {told['explained']:,} explained")
    print(f"{told['flips']:,} flips, {told['confirmed']:,} confirmed by running them")
    print(f"{told['without a flip']:,} decisions without a flip")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
