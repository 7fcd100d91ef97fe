"""The presets of training against gsplat's example settings, on one GPU, in one process.

    python -m benchmarks.training PHOTOS MODEL --seeds 0 1 2 --runs fast "gsplat default" --json results.json
    python -m benchmarks.training PHOTOS MODEL --seeds 0 --runs fast "fast half_resolution_until=0"

A run is a preset, one with other settings, or one of gsplat's. PHOTOS is a folder and MODEL its COLMAP
reconstruction; every 8th photo is held out. Twenty times a run the PSNR of all held-out photos is measured;
the clock stops meanwhile. `reaches` is the time in s at which a run first has the PSNR that the first seed of
`gsplat default` ends with.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pycolmap
import torch

from benchmarks.fits import make_trainer, prune_as_delivered
from benchmarks.scene_info import registered_scene_info
from components.shared.contracts.scene import SCENE_FILE
from components.shared.rasterize import make_rasterizer
from components.shared.rasterize.interface import Rendered
from components.shared.scene import Camera, Scene, read_scene
from components.shared.settings import parse_text
from components.train.loop.schedule import LEVELS
from components.train.quality.measure import Render, held_out_psnr_db, measure, render_photos
from components.train.scene.views import TrainingView, Views, load_views
from components.train.settings import PRESETS, TrainSettings

REFERENCE = "gsplat default"
GSPLAT_RUNS = (REFERENCE, "gsplat MCMC 1M")
"""Names in `gsplat_reference.recipes`, which needs gsplat installed."""
_MEASUREMENTS = 20


@dataclass(slots=True)
class Result:
    """`curve` holds seconds, PSNR in dB and Gaussians."""

    name: str
    seed: int
    seconds: float = 0.0
    steps: int = 0
    psnr_db: float = 0.0
    ssim: float = 0.0
    gaussians: int = 0
    peak_bytes: int = 0
    curve: list[tuple[float, float, int]] = field(default_factory=list)

    def reaches(self, psnr_db: float) -> float | None:
        return next((seconds for seconds, psnr, _ in self.curve if psnr >= psnr_db), None)


class Clock:
    """Seconds of training, without those of measuring; fills a result's curve."""

    def __init__(self, result: Result, steps: int, photos: list[TrainingView]) -> None:
        self._result, self._every, self._photos = result, steps // _MEASUREMENTS, photos
        torch.cuda.reset_peak_memory_stats()
        self._begun = self._now()
        self._measuring = 0.0

    def after_step(self, step: int, gaussians: int, render: Render) -> None:
        if step % self._every == 0:
            paused = self._now()
            psnr_db = held_out_psnr_db(render, self._photos, len(self._photos))
            self._result.curve.append((paused - self._begun - self._measuring, psnr_db, gaussians))
            self._measuring += self._now() - paused

    def stop(self, steps: int, gaussians: int, render: Render) -> Result:
        """Add the final figures, measured after pruning."""
        result = self._result
        result.seconds = self._now() - self._begun - self._measuring
        result.peak_bytes = torch.cuda.max_memory_allocated()
        result.steps, result.gaussians = steps, gaussians
        result.psnr_db, result.ssim = measure(render_photos(render, self._photos), self._photos)
        result.curve.append((result.seconds, result.psnr_db, gaussians))
        return result

    @staticmethod
    def _now() -> float:
        torch.cuda.synchronize()
        return time.monotonic()


def run_gsplat(name: str, seed: int, scene: Scene, views: Views) -> Result:
    from benchmarks.gsplat_reference import STEPS, GsplatTrainer, recipes

    clock = Clock(Result(name, seed), STEPS, views.held_out)
    trainer = GsplatTrainer(recipes()[name], scene, views.training[0], seed)

    def render(camera: Camera) -> Rendered:
        nothing = torch.empty(0)
        return Rendered(image=trainer.render(camera), alpha=nothing, means2d=nothing)

    trainer.run(lambda step: clock.after_step(step, len(trainer.parameters["means"]), render))
    return clock.stop(STEPS, len(trainer.parameters["means"]), render)


def run_preset(name: str, seed: int, scene: Scene, views: Views) -> Result:
    preset, _, options = name.partition(" ")
    settings = TrainSettings.model_validate(
        {"preset": preset, "backend": "gsplat", "seed": seed, **parse_text("train", options)}
    )
    plan, draw = settings.plan("cuda"), make_rasterizer("gsplat")
    clock = Clock(Result(name, seed), plan.steps, views.held_out)
    trainer = make_trainer(scene, views, settings, draw)
    state = trainer.state
    trainer.run(lambda: clock.after_step(state.step, len(state.gaussians), trainer.render))
    prune_as_delivered(trainer, draw, views)
    return clock.stop(plan.steps, len(state.gaussians), trainer.render)


def run(name: str, seed: int, scene: Scene, views: Views) -> Result:
    return (run_gsplat if name in GSPLAT_RUNS else run_preset)(name, seed, scene, views)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--runs", nargs="+", default=[*GSPLAT_RUNS, *PRESETS])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scene = pose(arguments.photos, arguments.model, Path(folder))
        views = load_views(scene, 1_600, 8, LEVELS, torch.device("cuda"))
    run("draft", 0, scene, views)  # Kernels are compiled by a first run, which does not count.
    results = []
    for result in run_all(arguments.runs, arguments.seeds, scene, views):
        results.append(result)
        print(
            f"{result.name} {result.seed}: {result.psnr_db:.2f} dB, {result.seconds:.1f} s", file=sys.stderr
        )
        if arguments.json:
            arguments.json.write_text(json.dumps([asdict(each) for each in results]))
    print(table(results))


def run_all(names: list[str], seeds: list[int], scene: Scene, views: Views) -> Iterator[Result]:
    for seed in seeds:
        for name in names:
            yield run(name, seed, scene, views)
            torch.cuda.empty_cache()


def pose(photos: Path, model: Path, folder: Path) -> Scene:
    """The photos undistorted, with their cameras and points."""
    pycolmap.undistort_images(str(folder), str(model), str(photos), output_type="COLMAP")
    images = pycolmap.Reconstruction(str(folder / "sparse")).num_reg_images()
    registered_scene_info(images).write(folder / SCENE_FILE)
    return read_scene(folder)


def table(results: list[Result]) -> str:
    """One row per run: means over its seeds, and after ± the largest distance from them."""
    goal = next((each.psnr_db for each in results if each.name == REFERENCE), None)
    rows = ["| run | seconds | steps/s | PSNR dB | SSIM | Gaussians | peak MiB | reaches |", "|---" * 8 + "|"]
    for name in dict.fromkeys(each.name for each in results):
        runs = [each for each in results if each.name == name]
        reached = [each.reaches(goal) if goal is not None else None for each in runs]
        cells = [
            name,
            _spread([each.seconds for each in runs], 1),
            _spread([each.steps / each.seconds for each in runs], 0),
            _spread([each.psnr_db for each in runs], 2),
            _spread([each.ssim for each in runs], 4),
            _spread([each.gaussians for each in runs], 0),
            _spread([each.peak_bytes / 2**20 for each in runs], 0),
            "–" if None in reached else _spread([each for each in reached if each is not None], 1),
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _spread(values: list[float], digits: int) -> str:
    mean = float(np.mean(values))
    text = f"{mean:,.{digits}f}"
    return text if len(values) == 1 else f"{text} ± {max(abs(v - mean) for v in values):,.{digits}f}"


if __name__ == "__main__":
    main()
