"""A scene in, Gaussians out: loads the photos, trains, measures, writes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from components.shared.archive import unpack
from components.shared.files import write_json
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.scene import Scene, read_scene
from components.shared.splats import write_ply
from components.train.bounds import scene_bounds
from components.train.budget import BudgetGrant, fitting_now, free_bytes, grant_budget
from components.train.checkpoint import Checkpoints, checkpoint_key
from components.train.corrections.corrections import start_corrections
from components.train.depth import check_tracks
from components.train.evidence import Evidence
from components.train.fit import Fit
from components.train.forecast import Workload
from components.train.initialize import initialize, scene_extent
from components.train.interrupt import catch_termination
from components.train.measure import color_corrected_psnr_db, measure
from components.train.prune import prune
from components.train.rasterize import rasterizer as choose_rasterizer
from components.train.rasterize.interface import Rasterizer
from components.train.schedule import LEVELS
from components.train.settings import Plan, TrainSettings
from components.train.state import BudgetReduction, HistoryEntry, TrainingState
from components.train.statistics import Journal, statistics_of
from components.train.supervise import Pace, Supervisor
from components.train.views import Photo, Views, load_views

_LOADED, _TRAINED = 0.02, 0.97
_REPORT_EVERY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What was trained, on what, and how good it is on photos it never saw."""

    backend: str
    device: str
    steps: int
    gaussians: int
    seconds: float
    resumed_from_step: int | None
    image_max_side_px: int
    antialiased: bool
    held_out: list[str]
    psnr_db: float
    ssim: float
    psnr_color_corrected_db: float | None
    """In the held-out photos' exposures, where training learned those of its own; else None."""
    corrections: list[dict[str, Any]] | None
    """What training photos have of their own, where that was learned."""
    budget: BudgetGrant
    budget_reductions: list[BudgetReduction]
    """Where memory ran out, and what training went on with."""
    history: list[HistoryEntry]

    def to_json(self) -> dict[str, Any]:
        """The content of `training.json`."""
        return {"schema": 1, **asdict(self)}

    def figures(self) -> dict[str, Any]:
        """The `train` part of `report.json`."""
        names = ("backend", "device", "steps", "gaussians", "psnr_db", "ssim", "seconds", "resumed_from_step")
        return {**{name: getattr(self, name) for name in names}, "lpips": None}

    def metrics(self) -> dict[str, float]:
        """Flat figures with their unit in the name."""
        return {
            "gaussians": self.gaussians,
            "held_out_psnr_db": self.psnr_db,
            "held_out_ssim": self.ssim,
            "training_seconds": self.seconds,
        }

    @property
    def gpu_seconds(self) -> float | None:
        return None if self.device == "cpu" else self.seconds


def train(
    scene: Path,
    splat: Path,
    training_json: Path,
    settings: TrainSettings,
    checkpoints: str,
    on_progress: OnProgress = ignore_progress,
) -> TrainResult:
    """Train on the scene archive; write a 3DGS ply and the training's record.

    `checkpoints` is a folder or an s3:// prefix: the same call goes on there after a kill, and leaves
    nothing there when it is done.

    Raises:
        InputError: too few views.
        TrainingDivergedError: NaN, collapse, or nothing learned, twice.
        OutOfMemoryError: not even the smallest budget of Gaussians fits.
        TrainingInterruptedError: SIGTERM came; the work is saved.
    """
    rasterizer = choose_rasterizer(settings.backend, settings.antialiased)
    with torch_threads(1 if rasterizer.device.type == "cpu" else torch.get_num_threads()):
        return _train(scene, splat, training_json, settings, checkpoints, on_progress, rasterizer)


def _train(
    scene: Path,
    splat: Path,
    training_json: Path,
    settings: TrainSettings,
    checkpoints: str,
    on_progress: OnProgress,
    rasterizer: Rasterizer,
) -> TrainResult:
    plan = settings.plan(rasterizer.device.type)
    store = Checkpoints(checkpoints, _key(scene, settings, plan, rasterizer))
    with tempfile.TemporaryDirectory(prefix="kubesplat-train-") as folder:
        on_progress(Progress("load photos", 0.0))
        unpack(scene, Path(folder))
        posed = read_scene(Path(folder), tracks=settings.depth_weight > 0.0)
        if settings.depth_weight:
            check_tracks(posed)
        views = load_views(posed, plan.image_max_side_px, settings.test_every, LEVELS, rasterizer.device)
    workload = Workload.of(views, settings, plan)
    grant = grant_budget(settings, plan, workload, free_bytes(rasterizer.device))
    supervisor, fit = _fit(posed, views, settings, plan, rasterizer, store, on_progress, grant.granted)
    resumed_from_step = supervisor.resumed_from_step
    result = _finish(fit, views, settings, plan, rasterizer, resumed_from_step, on_progress, grant)
    write_ply(fit.state.gaussians.to_splats(settings.antialiased), splat)
    write_json(training_json, result.to_json())
    store.clear()
    return result


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """On the CPU the rasterizer's own threads fill the cores; torch's would only spin beside them."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _key(scene: Path, settings: TrainSettings, plan: Plan, rasterizer: Rasterizer) -> str:
    # How often to save decides nothing about the result. Nor does free memory make another training of it:
    # the plan has the budget that is wanted, and the state the one that was granted.
    decisions = replace(settings, checkpoint_every_seconds=0.0, checkpoint_every_steps=None)
    return checkpoint_key(scene, asdict(decisions), asdict(plan), rasterizer.name)


def _fit(
    scene: Scene,
    views: Views,
    settings: TrainSettings,
    plan: Plan,
    rasterizer: Rasterizer,
    store: Checkpoints,
    on_progress: OnProgress,
    budget: int,
) -> tuple[Supervisor, Fit]:
    extent, bounds = scene_extent(scene), scene_bounds(scene, rasterizer.device)

    def start(budget: int) -> TrainingState:
        gaussians = initialize(
            scene, views.training[0], budget, plan.sh_degree, settings.seed, rasterizer.device, plan.recipe
        )
        evidence = Evidence.none(len(gaussians), rasterizer.device)
        corrections = start_corrections(scene, views.training[0], settings, rasterizer.device)
        return TrainingState(
            gaussians, evidence, start_count=len(gaussians), budget=budget, corrections=corrections
        )

    with catch_termination() as interruption:
        supervisor = Supervisor(
            start,
            lambda state: Fit(views, extent, bounds, settings, plan, rasterizer, state),
            store,
            Pace(settings.checkpoint_every_seconds, settings.checkpoint_every_steps),
            interruption,
            _reporter(on_progress, plan.max_gaussians),
            budget=budget,
            device=rasterizer.device,
            fitting=lambda: fitting_now(Workload.of(views, settings, plan), rasterizer.device),
        )
        return supervisor, supervisor.run()


def _finish(
    fit: Fit,
    views: Views,
    settings: TrainSettings,
    plan: Plan,
    rasterizer: Rasterizer,
    resumed_from_step: int | None,
    on_progress: OnProgress,
    grant: BudgetGrant,
) -> TrainResult:
    state = fit.state
    on_progress(Progress("measure", _TRAINED, _note(state, plan.max_gaussians)))
    prune(state.gaussians, rasterizer, views.training[0])
    psnr_db, ssim = measure(fit.render, views.held_out)
    return TrainResult(
        backend=rasterizer.name,
        device=_device_name(rasterizer.device),
        steps=state.step,
        gaussians=len(state.gaussians),
        seconds=state.seconds,
        resumed_from_step=resumed_from_step,
        image_max_side_px=plan.image_max_side_px,
        antialiased=settings.antialiased,
        held_out=[photo.name for photo in views.held_out],
        psnr_db=psnr_db,
        ssim=ssim,
        psnr_color_corrected_db=_color_corrected_psnr_db(fit, views.held_out),
        corrections=state.corrections.to_json(views.training[0]),
        budget=grant,
        budget_reductions=state.budget_reductions,
        history=state.history,
    )


def _color_corrected_psnr_db(fit: Fit, photos: list[Photo]) -> float | None:
    return color_corrected_psnr_db(fit.render, photos) if fit.state.corrections.exposure else None


def _reporter(on_progress: OnProgress, wanted: int) -> Callable[[Fit, Journal], None]:
    """Report the last step, and others at most twice a second: reading the loss waits for the device."""
    reported_at = -_REPORT_EVERY_SECONDS

    def report(fit: Fit, journal: Journal) -> None:
        nonlocal reported_at
        state, schedule = fit.state, fit.schedule
        if state.step < schedule.steps and time.monotonic() - reported_at < _REPORT_EVERY_SECONDS:
            return
        reported_at = time.monotonic()
        fraction = _LOADED + (_TRAINED - _LOADED) * schedule.time_fraction(state.step)
        statistics = statistics_of(fit, journal)
        on_progress(Progress(f"Iter {state.step}", fraction, _note(state, wanted), statistics))

    return report


def _note(state: TrainingState, wanted: int) -> str:
    """`wanted` is the budget without limits of memory."""
    parts = [f"Loss={float(state.running_loss):.4f}", f"Gaussians={len(state.gaussians)}"]
    if state.held_out_psnr_db is not None:
        parts.append(f"PSNR={state.held_out_psnr_db:.2f}")
    if state.budget < wanted:
        parts.append(f"Budget={state.budget} of {wanted} (memory)")
    return ", ".join(parts)


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
