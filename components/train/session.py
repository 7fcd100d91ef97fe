"""One process of a training: load the photos, train, measure, write."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from components.shared.contracts.training import (
    TRAINING_FILE,
    Budget,
    BudgetReduction,
    CleanUp,
    EarlyEnd,
    TrainingInfo,
)
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.rasterize.interface import Rasterizer
from components.shared.run_layout import SPLAT_PLY
from components.shared.scene import Scene, read_scene
from components.shared.splats import write_ply
from components.shared.versions import installed_versions
from components.train.clean_up.clean_up import clean_up
from components.train.clean_up.evidence import gather_evidence
from components.train.initialize.initialize import start_training
from components.train.loop.schedule import LEVELS
from components.train.loop.trainer import TrainContext, Trainer
from components.train.losses.depth import check_tracks
from components.train.memory.budget import fitting_now, free_bytes, grant_budget
from components.train.memory.forecast import Workload
from components.train.model.gaussians import Gaussians
from components.train.model.process_group import ProcessGroup
from components.train.quality.measure import color_corrected_psnr_db, measure, render_photos
from components.train.quality.prune import prune, sum_contributions
from components.train.recovery.checkpoint import Checkpoints, checkpoint_key
from components.train.recovery.interrupt import catch_termination
from components.train.recovery.supervise import SaveInterval, Supervisor, Training
from components.train.scene.scene_scale import compute_scene_scale
from components.train.scene.views import load_views
from components.train.scene.write_views import write_views
from components.train.settings import TrainSettings, decisions
from components.train.strategies.bounds import compute_bounds
from components.train.telemetry.statistics import TRAINED, note_of, step_reporter

_PACKAGES = ("kubesplat", "torch", "numpy", "numba", "scipy", "gsplat", "triton")
"""Packages that the result depends on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainJob:
    """Inputs and outputs of a training, alike on all ranks; see `components.train.train.train`."""

    scene: Path
    output: Path
    settings: TrainSettings
    checkpoints: str
    scene_hash: str
    """Name of the scene in the key of the checkpoints."""


def run_session(
    job: TrainJob,
    group: ProcessGroup,
    rasterizer: Rasterizer,
    on_progress: OnProgress = ignore_progress,
    reductions: Sequence[BudgetReduction] = (),
) -> TrainingInfo | None:
    """Train as one rank of the group. Returns the result on rank 0, which reports progress and writes files.

    `reductions` are those of the budget in earlier processes; the last one limits the budget.

    Raises: what `components.train.train.train` raises.
    """
    device = rasterizer.device
    report = on_progress if group.is_main else ignore_progress
    with limit_torch_threads(1 if device.type == "cpu" else torch.get_num_threads()):
        report(Progress("load photos", 0.0))
        scene, context = _load(job, group, rasterizer, _end(job.settings))
        wanted = context.plan.max_gaussians
        workload = Workload.of(context.views, context.settings, context.plan, group.size)
        budget = _grant(context, workload, reductions)
        training = Training(
            start=lambda budget: start_training(
                scene, context.views, context.settings, context.plan, budget, device
            ),
            make_trainer=lambda state: Trainer(context, state),
            on_step=step_reporter(report, wanted),
            fitting_budget=lambda: fitting_now(workload, device),
        )
        checkpoints = Checkpoints(job.checkpoints, _key(job, context))
        interval = SaveInterval(job.settings.checkpoint_every_seconds, job.settings.checkpoint_every_steps)
        with catch_termination() as interruption:
            supervisor = Supervisor(
                training, checkpoints, interval, interruption, group, budget.granted, reductions
            )
            trainer = supervisor.run()
        _gather(trainer, group)
        if not group.is_main:
            return None
        report(Progress("measure", TRAINED, note_of(trainer, wanted)))
        pruned, cleaned = _tidy(context, trainer, job.output)
        splats = trainer.state.gaussians.to_splats(job.settings.antialiased)
        with ThreadPoolExecutor(1, "write") as writer:  # while photos are measured
            ply = writer.submit(write_ply, splats, job.output / SPLAT_PLY)
            views = writer.submit(write_views, context.views, job.output)
            info = _measure(context, trainer, budget, supervisor.resumed_from_step, pruned, cleaned)
            ply.result()
            views.result()
    info.write(job.output / TRAINING_FILE)
    checkpoints.clear()
    return info


def _end(settings: TrainSettings) -> float | None:
    """When training is to end, if not by its steps, on the clock of `time.monotonic`."""
    return None if settings.max_minutes is None else time.monotonic() + 60 * settings.max_minutes


def _load(
    job: TrainJob, group: ProcessGroup, rasterizer: Rasterizer, ends_at: float | None
) -> tuple[Scene, TrainContext]:
    settings, device = job.settings, rasterizer.device
    plan = settings.plan(device.type)
    scene = read_scene(job.scene, tracks=settings.depth_weight > 0.0)
    if settings.depth_weight:
        check_tracks(scene)
    return scene, TrainContext(
        views=load_views(scene, plan.image_max_side_px, settings.test_every, LEVELS, device),
        scene_scale=compute_scene_scale(scene),
        bounds=compute_bounds(scene, device),
        settings=settings,
        plan=plan,
        rasterizer=rasterizer,
        group=group,
        ends_at=ends_at,
    )


def _grant(context: TrainContext, workload: Workload, reductions: Sequence[BudgetReduction]) -> Budget:
    """The budget that fits on the smallest GPU of the group."""
    free = free_bytes(context.rasterizer.device)
    grant = grant_budget(context.settings, context.plan, workload, free)
    granted = min([grant.granted, *(each.after for each in reductions[-1:])])
    return grant.replace(granted=context.group.all_reduce_min(granted))


def _key(job: TrainJob, context: TrainContext) -> str:
    decided = decisions(job.settings, context.plan)
    return checkpoint_key(job.scene_hash, *decided, context.rasterizer.name)


def _gather(trainer: Trainer, group: ProcessGroup) -> None:
    """Bring the Gaussians of all ranks to each, without moments."""
    state = trainer.state
    if group.size > 1:
        state.gaussians.forget_moments()
        rows = {name: group.all_gather_rows(tensor) for name, tensor in state.gaussians.tensors.items()}
        state.gaussians = Gaussians(rows)


def _tidy(context: TrainContext, trainer: Trainer, folder: Path) -> tuple[int, CleanUp | None]:
    """Prune and clean up; what was removed, with pictures in `folder`."""
    gaussians, rasterizer, views = trainer.state.gaussians, context.rasterizer, context.views
    least, before = context.plan.hyperparameters.min_contribution, len(gaussians)
    gaussians.forget_moments()
    if not context.settings.clean_up:
        prune(gaussians, sum_contributions(gaussians, rasterizer, views.training[0]), least)
        return before - len(gaussians), None
    evidence = gather_evidence(gaussians.tensors, rasterizer, views.training[0])
    kept = prune(gaussians, evidence.contribution, least)
    pruned = before - len(gaussians)
    return pruned, clean_up(gaussians, evidence.select(kept), views, trainer.render_tensors, folder)


def _measure(
    context: TrainContext,
    trainer: Trainer,
    budget: Budget,
    resumed_from_step: int | None,
    pruned: int,
    cleaned: CleanUp | None,
) -> TrainingInfo:
    """Measure on the held-out photos."""
    state, plan, device = trainer.state, context.plan, context.rasterizer.device
    photos, held_out = context.views.training[0], context.views.held_out
    renders = render_photos(trainer.render, held_out)
    psnr_db, ssim = measure(renders, held_out)
    is_exposed = state.corrections.exposure is not None
    return TrainingInfo(
        backend=context.rasterizer.name,
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        gpus=0 if device.type == "cpu" else context.group.size,
        steps=state.step,
        gaussians=len(state.gaussians),
        pruned=pruned,
        clean_up=cleaned,
        seconds=state.seconds,
        resumed_from_step=resumed_from_step,
        ended_early=_early_end(context, trainer),
        image_max_side_px=plan.image_max_side_px,
        antialiased=context.settings.antialiased,
        held_out=[photo.name for photo in held_out],
        psnr_db=psnr_db,
        ssim=ssim,
        psnr_color_corrected_db=color_corrected_psnr_db(renders, held_out) if is_exposed else None,
        corrections=state.corrections.learned(photos),
        budget=budget,
        budget_reductions=state.budget_reductions,
        history=state.history,
        settings=context.settings.resolved_by(plan),
        versions=installed_versions(*_PACKAGES),
    )


def _early_end(context: TrainContext, trainer: Trainer) -> EarlyEnd | None:
    """Training that ended before its last step, with the time that the others would have taken."""
    state, schedule, minutes = trainer.state, trainer.schedule, context.settings.max_minutes
    if state.step >= schedule.steps or minutes is None:
        return None
    done = schedule.time_fraction(max(1, state.step))
    return EarlyEnd(
        limit_seconds=60 * minutes,
        steps_left=schedule.steps - state.step,
        saved_seconds=state.seconds * (1 / done - 1),
    )


@contextmanager
def limit_torch_threads(count: int) -> Iterator[None]:
    """Limit torch's threads: on the CPU those of the rasterizer use all cores, torch's would only spin."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
