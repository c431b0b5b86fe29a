"""Draw growth.svg from what `beside.py` measured; it runs where matplotlib is."""

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "growth"

from matplotlib import pyplot as plt  # noqa: E402  # after the backend is chosen

LABELS = {"floor": "floor: only what is new", "notebook_agent_full": "notebook_agent"}


def main():
    data, path = sys.argv[1:]
    growths = json.loads(Path(data).read_text())
    figure, sides = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for name, marks in growths.items():
        ours = name == "notebook_agent_full"
        steps, sizes, seconds = zip(*marks, strict=True)
        look = {
            "label": LABELS.get(name, name),
            "linewidth": 2.6 if ours else 1.3,
            "zorder": 3 if ours else 2,
        }
        look |= {"marker": "o", "markersize": 3, "linestyle": "--" if name == "floor" else "-"}
        sides[0].loglog(steps, [size / 1e6 for size in sizes], **look)
        sides[1].loglog(steps, seconds, **look)
    for side, title in zip(sides, ("MB on disk", "seconds in all"), strict=True):
        side.set(title=title, xlabel="steps of 1 KB each")
        side.grid(visible=True, which="major", alpha=0.3)
    sides[0].legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})
    print("{}")


if __name__ == "__main__":
    main()
