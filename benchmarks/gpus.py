"""Training on one GPU against training on several of this machine: the same presets, seeds and photos.

    python -m benchmarks.gpus PHOTOS MODEL --gpus 1 2 --presets fast quality

PHOTOS is a folder and MODEL its COLMAP reconstruction; every 8th photo is held out. Seconds are those of the
steps, without the start of the processes.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.training import pose
from components.train.settings import PRESETS, TrainSettings
from components.train.train import train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--gpus", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=["fast"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pose(arguments.photos, arguments.model, folder / "posed")
        # Kernels are compiled by a first run, which does not count.
        measure(folder, TrainSettings(preset="draft", backend="gsplat"))
        print("| preset | GPUs | seconds | photos/s | times one GPU | PSNR dB | SSIM | Gaussians |")
        print("|---" * 8 + "|")
        for preset in arguments.presets:
            alone = None
            for gpus in arguments.gpus:
                row, speed = measure(folder, TrainSettings(preset=preset, backend="gsplat", gpus=gpus), alone)
                alone = alone or speed
                print(row, flush=True)


def measure(folder: Path, settings: TrainSettings, alone: float | None = None) -> tuple[str, float]:
    """A row of the table, and photos a second; `alone` is that of the first row.

    `folder` has the scene in `posed`.
    """
    result = train(folder / "posed", folder, settings, str(folder / "saved"))
    speed = result.steps / result.seconds
    cells = [
        settings.preset,
        f"{settings.gpus}",
        f"{result.seconds:.1f}",
        f"{speed:.0f}",
        f"{speed / (alone or speed):.2f}",
        f"{result.psnr_db:.2f}",
        f"{result.ssim:.4f}",
        f"{result.gaussians:,}",
    ]
    return f"| {' | '.join(cells)} |", speed


if __name__ == "__main__":
    main()
