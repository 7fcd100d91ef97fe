"""Forecast of peak GPU memory beside the measured peak, over presets, photo sizes and budgets.

    python -m benchmarks.memory                  a painted room
    python -m benchmarks.memory PHOTOS MODEL     a folder, and its COLMAP reconstruction

Runs are shorter than those of the presets, and long enough to reach the budget of Gaussians; a row far below
its budget does not count. `reserved` is the memory that torch reserved on the device, fragmentation included.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.fits import make_trainer, prune_as_delivered
from benchmarks.painted_room import painted_room
from benchmarks.training import pose
from components.shared.rasterize import make_rasterizer
from components.shared.scene import Scene
from components.train.loop.schedule import LEVELS
from components.train.memory.forecast import Workload
from components.train.scene.views import TrainingView, Views, load_views
from components.train.settings import TrainSettings

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Case:
    """`factor` is of the photos' sides."""

    preset: str
    factor: float = 1.0
    settings: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        overrides = [f"{name}={value}" for name, value in (self.settings or {}).items()]
        return " ".join([self.preset, *overrides])


CASES = [
    Case("draft"),
    Case("fast"),
    Case("quality"),
    Case("fast", 0.5),
    Case("fast", 2.0),
    Case("draft", 3.0),
    Case("fast", settings={"max_gaussians": 150_000}),
    Case("fast", settings={"max_gaussians": 2_000_000}),
    Case("fast", settings={"sh_degree": 1}),
    Case("fast", settings={"exposure": "on"}),
    Case("fast", settings={"antialiased": True}),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("model", type=Path, nargs="?")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--only", help="cases whose name contains this")
    arguments = parser.parse_args()
    # Those of other sizes must not lie on the device beside the ones that are trained on.
    scene, views = load(arguments.photos, arguments.model, torch.device("cpu"))
    print(
        "| run | largest photo | Gaussians | forecast MiB | measured MiB | ratio | reserved MiB | busiest |"
    )
    print("|---" * 8 + "|")
    for case in CASES:
        if arguments.only is None or arguments.only in case.name:
            begun = time.monotonic()
            print(row(case, scene, resized(views, case.factor), arguments.steps), flush=True)
            print(f"{case.name}: {time.monotonic() - begun:.1f} s", file=sys.stderr)


def load(photos: Path | None, model: Path | None, device: torch.device) -> tuple[Scene, Views]:
    if photos is None or model is None:
        return painted_room(cameras=64, width=800, height=532, points=80_000, device=device)
    with tempfile.TemporaryDirectory() as folder:
        scene = pose(photos, model, Path(folder))
        return scene, load_views(scene, 1_600, 8, LEVELS, device)


def resized(views: Views, factor: float) -> Views:
    """On the GPU, enlarged or reduced at every size."""
    return Views(
        [[_resized(photo, factor) for photo in photos] for photos in views.training],
        [_resized(photo, factor) for photo in views.held_out],
    )


def _resized(photo: TrainingView, factor: float) -> TrainingView:
    on_device = photo.pixels.cuda()
    if factor == 1.0:
        return replace(photo, pixels=on_device)
    planes = on_device.permute(2, 0, 1)[None].float()
    planes = torch.nn.functional.interpolate(planes, scale_factor=factor, mode="bilinear", antialias=True)
    pixels = planes[0].permute(1, 2, 0).round().to(torch.uint8).contiguous()
    height, width = pixels.shape[:2]
    return replace(photo, pixels=pixels, camera=photo.camera.scaled(width, height), points=None)


def row(case: Case, scene: Scene, views: Views, steps: int) -> str:
    gc.collect()
    torch.cuda.empty_cache()
    settings = TrainSettings.model_validate(
        {"preset": case.preset, "backend": "gsplat", "steps": steps, **(case.settings or {})}
    )
    plan = settings.plan("cuda")
    forecast = Workload.of(views, settings, plan).forecast(plan.max_gaussians)
    torch.cuda.reset_peak_memory_stats()
    count = train(scene, views, settings)
    measured, reserved = torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()
    photo = max(views.training[0], key=lambda photo: photo.pixels.numel())
    cells = [
        case.name,
        f"{photo.camera.width}×{photo.camera.height}",
        f"{count:,}",
        f"{forecast.peak / MIB:,.0f}",
        f"{measured / MIB:,.0f}",
        f"{forecast.peak / measured:.3f}",
        f"{reserved / MIB:,.0f}",
        forecast.busiest,
    ]
    return "| " + " | ".join(cells) + " |"


def train(scene: Scene, views: Views, settings: TrainSettings) -> int:
    """The largest number of Gaussians that there were."""
    draw = make_rasterizer("gsplat", settings.antialiased)
    trainer = make_trainer(scene, views, settings, draw)
    counts = [0]
    trainer.run(lambda: counts.append(trainer.count))
    prune_as_delivered(trainer, draw, views)
    return max(counts)


if __name__ == "__main__":
    main()
