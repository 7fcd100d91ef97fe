"""Quality of training from random initial positions, on a capture with given poses.

    python -m benchmarks.posed_capture OUT
    python -m benchmarks.posed_capture OUT --runs fast "fast random_init_fraction=0.4" "fast strategy=mcmc"

    python -m benchmarks.posed_capture OUT --runs

The demo's objects as a capture of Blender's kind: 100 transparent photos of 400 x 400 px to train on, 20 to
test. They go through ingest and sfm as any capture; OUT/scene.tar and OUT/surface.npz are what remains, and
are used again. Without runs that is all, so that it can be done where there is no GPU. A run is a preset,
perhaps with other settings; each starts from random places and, in a second row, from those of the surface.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.fits import make_trainer, prune_as_delivered
from components.shared.rasterize import make_rasterizer
from components.shared.scene import Scene, read_scene
from components.shared.settings import parse_text
from components.train.loop.schedule import LEVELS
from components.train.quality.divergence import measure_flat_psnr_db
from components.train.quality.measure import measure, render_photos
from components.train.scene.views import load_views
from components.train.settings import PRESETS, TrainSettings

_SURFACE_POINTS = 50_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--runs", nargs="*", default=list(PRESETS))
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--size", type=int, default=400, help="of the photos, px")
    parser.add_argument("--random-only", action="store_true")
    arguments = parser.parse_args()
    if not (arguments.out / "scene").exists():
        prepare(arguments.out, arguments.photos, arguments.size)
    if arguments.runs:
        measure_all(arguments.out, arguments.runs, random_only=arguments.random_only)


def prepare(out: Path, photos: int, size: int) -> None:
    # What measures needs nothing of these.
    from components.ingest.ingest import ingest
    from components.ingest.settings import IngestSettings
    from components.sfm.reconstruct import reconstruct
    from components.sfm.settings import SfmSettings
    from demo_capture.posed import ObjectCapture

    capture = ObjectCapture.plan(train=photos, test=photos // 5, size=size)
    capture.write(out / "capture")
    places, colors = capture.surface_points(_SURFACE_POINTS)
    np.savez(out / "surface.npz", places=places, colors=colors)
    ingest(str(out / "capture"), out / "ingested", IngestSettings())
    reconstruct(out / "ingested", out / "scene", SfmSettings())


def measure_all(out: Path, runs: list[str], *, random_only: bool) -> None:
    scene = read_scene(out / "scene")
    if torch.cuda.is_available():
        run("draft steps=200", scene)  # Kernels are compiled by a first run, which does not count.
    print(
        "| run | start | seconds before | seconds | flat dB | PSNR dB | SSIM | Gaussians |\n"
        + "|---" * 8
        + "|"
    )
    starts = {"random": scene}
    if not random_only:
        starts["surface"] = with_surface(scene, out / "surface.npz")
    for name in runs:
        for start, started in starts.items():
            print(f"| {name} | {start} | {run(name, started)} |")
            sys.stdout.flush()


def with_surface(scene: Scene, surface: Path) -> Scene:
    """As if structure from motion had found places of the true surface."""
    with np.load(surface) as file:
        places, colors = file["places"], file["colors"]
    transform = np.linalg.inv(scene.info.world.capture_from_scene)
    return replace(scene, points=places @ transform[:3, :3].T + transform[:3, 3], point_colors=colors)


def run(name: str, scene: Scene) -> str:
    """The figures of a row; `flat` is what one colour reaches."""
    preset, _, options = name.partition(" ")
    draw = make_rasterizer("auto")
    settings = TrainSettings.model_validate({"preset": preset, **parse_text("train", options)})
    plan = settings.plan(draw.device.type)
    views = load_views(scene, plan.image_max_side_px, settings.test_every, LEVELS, draw.device)
    begun = time.monotonic()
    trainer = make_trainer(scene, views, settings, draw)
    before, state = time.monotonic() - begun, trainer.state
    trainer.run(lambda: None)
    if draw.device.type == "cuda":
        torch.cuda.synchronize()
    seconds = time.monotonic() - begun - before
    prune_as_delivered(trainer, draw, views)
    psnr_db, ssim = measure(render_photos(trainer.render, views.held_out), views.held_out)
    flat_psnr_db = measure_flat_psnr_db(views.held_out)
    times = f"{before:.1f} | {seconds:.1f}"
    return f"{times} | {flat_psnr_db:.2f} | {psnr_db:.2f} | {ssim:.4f} | {len(state.gaussians):,}"


if __name__ == "__main__":
    main()
