"""Time and quality of exposure compensation and pose refinement, on photos with known errors, on one GPU.

    python -m benchmarks.corrections PHOTOS MODEL --preset draft --errors none exposure poses

PHOTOS is a folder and MODEL its COLMAP reconstruction; every 8th photo is held out. With errors of `exposure`
each training photo's values are multiplied by random gains, and all are darkened so that few overflow; with
errors of `poses` each training photo's pose is rotated and translated at random.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.fits import make_trainer, prune_as_delivered
from benchmarks.training import pose
from components.shared.rasterize import make_rasterizer
from components.shared.scene import Camera, Scene
from components.train.loop.schedule import LEVELS
from components.train.quality.measure import color_corrected_psnr_db, measure, render_photos
from components.train.scene.scene_scale import compute_viewing_distance
from components.train.scene.views import TrainingView, Views, load_views
from components.train.settings import TrainSettings

ERRORS = ("none", "exposure", "poses")
_DARKENED, _SPREAD, _TINT = 0.75, 0.25, 0.05
"""Log gains are uniform within the spread, and each channel's besides within the tint."""
_TURN_RAD = _SHIFT = 0.003
"""Standard deviations; shifts in viewing distances."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--preset", default="draft")
    parser.add_argument("--errors", nargs="+", choices=ERRORS, default=list(ERRORS))
    arguments = parser.parse_args()
    draw = make_rasterizer("auto")
    with tempfile.TemporaryDirectory() as folder:
        scene = pose(arguments.photos, arguments.model, Path(folder))
        views = load_views(scene, 1_600, 8, LEVELS, draw.device)
    print(
        "| errors | exposure | refined poses | seconds | PSNR dB | color-corrected dB | SSIM |\n"
        + "|---" * 7
        + "|"
    )
    for errors in arguments.errors:
        for exposure, refine_poses in _choices(errors):
            settings = TrainSettings.model_validate(
                {"preset": arguments.preset, "exposure": exposure, "refine_poses": refine_poses}
            )
            print(run(errors, scene, perturb(views, scene, errors), settings))
            sys.stdout.flush()


def _choices(errors: str) -> list[tuple[str, bool]]:
    """Settings worth a run where the photos have such errors."""
    if errors == "poses":
        return [("off", False), ("off", True)]
    return [("off", False), ("on", False), ("auto", False)]


def run(errors: str, scene: Scene, views: Views, settings: TrainSettings) -> str:
    """A row of the table."""
    draw = make_rasterizer(settings.backend)
    begun = time.monotonic()
    trainer = make_trainer(scene, views, settings, draw)
    started, state = time.monotonic() - begun, trainer.state
    trainer.run(lambda: None)
    prune_as_delivered(trainer, draw, views)
    renders = render_photos(trainer.render, views.held_out)
    psnr_db, ssim = measure(renders, views.held_out)
    corrected = color_corrected_psnr_db(renders, views.held_out)
    is_on = "on" if state.corrections.exposure else "off"
    seconds = f"{state.seconds:.1f} + {started:.1f}"
    figures = f"{seconds} | {psnr_db:.2f} | {corrected:.2f} | {ssim:.4f}"
    return f"| {errors} | {settings.exposure}: {is_on} | {settings.refine_poses} | {figures} |"


def perturb(views: Views, scene: Scene, errors: str) -> Views:
    rng = np.random.default_rng(0)
    count = len(views.training[0])
    if errors == "exposure":
        logs = rng.uniform(-_SPREAD, _SPREAD, (count, 1)) + rng.uniform(-_TINT, _TINT, (count, 3))
        gains = _DARKENED * np.exp(logs)
        return Views(
            [[_brighten(photo, gains[photo.index]) for photo in photos] for photos in views.training],
            [_brighten(photo, np.full(3, _DARKENED)) for photo in views.held_out],
        )
    if errors == "poses":
        moves = rng.normal(size=(count, 2, 3)) * [[[_TURN_RAD], [_SHIFT * compute_viewing_distance(scene)]]]
        moves -= moves.mean(axis=0)
        training = [[_nudge(photo, *moves[photo.index]) for photo in photos] for photos in views.training]
        return Views(training, views.held_out)
    return views


def _brighten(photo: TrainingView, gains: np.ndarray) -> TrainingView:
    factors = torch.tensor(gains, dtype=torch.float32, device=photo.pixels.device)
    return replace(photo, pixels=(photo.pixels * factors).round().clamp(0, 255).to(torch.uint8))


def _nudge(photo: TrainingView, turn: np.ndarray, shift: np.ndarray) -> TrainingView:
    """Small angles: the turn is the matrix of its cross product, made orthogonal."""
    camera = photo.camera
    x, y, z = turn
    matrix, _ = np.linalg.qr(np.eye(3) + np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]))
    viewmat = np.eye(4)
    viewmat[:3, :3] = camera.viewmat[:3, :3] @ (matrix * np.sign(np.diag(matrix)))
    viewmat[:3, 3] = -viewmat[:3, :3] @ (camera.center + shift)
    return replace(photo, camera=Camera(viewmat, camera.K, camera.width, camera.height))


if __name__ == "__main__":
    main()
