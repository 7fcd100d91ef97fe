"""Held-out PSNR over seconds of training, as a figure, from the results of `benchmarks.training --json`.

python -m benchmarks.curves results.json curves.svg
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import ScalarFormatter

REFERENCE = "gsplat default"
_OURS = {"draft": "#f0a04b", "fast": "#d1495b", "quality": "#7b2d5b"}
_THEIRS = {"gsplat default": "#8d99ae", "gsplat MCMC 1M": "#2b4162"}


def draw(results: list[dict[str, Any]], path: Path) -> None:
    """One line per run and seed; the dotted line is the final PSNR of the reference."""
    figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
    for name in dict.fromkeys(each["name"] for each in results):
        _curves(axes, name, [each["curve"] for each in results if each["name"] == name])
    goal = next((each["psnr_db"] for each in results if each["name"] == REFERENCE), None)
    if goal is not None:
        axes.axhline(goal, color=_THEIRS[REFERENCE], linewidth=1, linestyle=":")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.set_xticks([1, 2, 5, 10, 20, 50, 100, 200])
    axes.set_xlabel("seconds of training")
    axes.set_ylabel("PSNR of held-out photos, dB")
    axes.set_ylim(bottom=20)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)


def _curves(axes: Axes, name: str, curves: list[list[tuple[float, float, int]]]) -> None:
    color: Any = {**_OURS, **_THEIRS}.get(name)
    for seed, curve in enumerate(curves):
        seconds, psnr_db, _ = zip(*curve, strict=True)
        label = name if seed == 0 else None
        (line,) = axes.plot(seconds, psnr_db, color=color, label=label, linewidth=2 if name in _OURS else 1.5)
        color = line.get_color()
        axes.plot(seconds[-1], psnr_db[-1], "o", color=color, markersize=4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("figure", type=Path, help="ends with .svg or .png")
    arguments = parser.parse_args()
    draw(json.loads(arguments.results.read_text()), arguments.figure)


if __name__ == "__main__":
    main()
