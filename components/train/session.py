"""What one process does of a training: load the photos, train, measure, write."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from pydantic import JsonValue

from components.shared.archive import unpack
from components.shared.contracts.training import Budget, BudgetReduction, TrainingInfo
from components.shared.progress import OnProgress, Progress, ignore_progress
from components.shared.rasterize import make_rasterizer
from components.shared.rasterize.interface import Rasterizer
from components.shared.scene import Scene, read_scene
from components.shared.splats import write_ply
from components.shared.versions import installed_versions
from components.train.initialize.start import start_training
from components.train.loop.schedule import LEVELS
from components.train.loop.trainer import Fit
from components.train.losses.depth import check_tracks
from components.train.memory.budget import fitting_now, free_bytes, grant_budget
from components.train.memory.forecast import Workload
from components.train.model.gaussians import Gaussians
from components.train.model.process_group import Team
from components.train.quality.measure import color_corrected_psnr_db, measure
from components.train.quality.prune import prune
from components.train.recovery.checkpoint import Checkpoints, checkpoint_key
from components.train.recovery.interrupt import catch_termination
from components.train.recovery.supervise import Pace, Supervisor
from components.train.scene.scene_scale import scene_extent
from components.train.scene.views import Views, load_views
from components.train.settings import Plan, TrainSettings
from components.train.strategies.bounds import scene_bounds
from components.train.telemetry.reporting import TRAINED, note_of, step_reporter

_PACKAGES = ("kubesplat", "torch", "numpy", "numba", "scipy", "gsplat", "triton")
"""Packages that decide the numbers of a training."""


@dataclass(frozen=True, slots=True)
class Files:
    """See `components.train.train.train`."""

    scene: Path
    splat: Path
    training_json: Path
    checkpoints: str


def train_alone(files: Files, settings: TrainSettings, on_progress: OnProgress) -> TrainingInfo:
    rasterizer = make_rasterizer(settings.backend, settings.antialiased)
    result = Session(Team(rasterizer.device), rasterizer, files, settings, on_progress).run()
    assert result, "who is alone has the result"
    return result


class Session:
    """One process of a team, whose lead tells progress and writes the files."""

    def __init__(
        self,
        team: Team,
        rasterizer: Rasterizer,
        files: Files,
        settings: TrainSettings,
        on_progress: OnProgress = ignore_progress,
    ) -> None:
        self._team, self._rasterizer, self._device = team, rasterizer, rasterizer.device
        self._files, self._settings = files, settings
        self._plan = settings.plan(self._device.type)
        self._on_progress = on_progress if team.is_lead else ignore_progress

    def run(
        self, most_gaussians: int | None = None, reductions: Sequence[BudgetReduction] = ()
    ) -> TrainingInfo | None:
        """The result, for the lead. `most_gaussians` is what reductions by earlier tries have left.

        Raises: what `components.train.train.train` raises.
        """
        with torch_threads(1 if self._device.type == "cpu" else torch.get_num_threads()):
            scene, views = self._load()
            grant = self._grant(views, most_gaussians)
            store = Checkpoints(self._files.checkpoints, self._key())
            supervisor, fit = self._train(scene, views, store, grant.granted, reductions)
            if not self._has_all(fit):
                return None
            result = self._finish(fit, views, supervisor.resumed_from_step, grant)
        write_ply(fit.state.gaussians.to_splats(self._settings.antialiased), self._files.splat)
        result.write(self._files.training_json)
        store.clear()
        return result

    def _load(self) -> tuple[Scene, Views]:
        settings = self._settings
        self._on_progress(Progress("load photos", 0.0))
        with tempfile.TemporaryDirectory(prefix="kubesplat-train-") as folder:
            unpack(self._files.scene, Path(folder))
            scene = read_scene(Path(folder), tracks=settings.depth_weight > 0.0)
            if settings.depth_weight:
                check_tracks(scene)
            side = self._plan.image_max_side_px
            return scene, load_views(scene, side, settings.test_every, LEVELS, self._device)

    def _grant(self, views: Views, most_gaussians: int | None) -> Budget:
        """What the smallest GPU of the team has room for."""
        grant = grant_budget(self._settings, self._plan, self._workload(views), free_bytes(self._device))
        granted = min(grant.granted, most_gaussians or grant.granted)
        return grant.replace(granted=self._team.least(granted))

    def _workload(self, views: Views) -> Workload:
        return Workload.of(views, self._settings, self._plan, self._team.size)

    def _key(self) -> str:
        # How often to save, and on how many GPUs, decides nothing about the result. Nor does free memory make
        # another training of it: the plan has the budget that is wanted, and the state the one granted.
        decisions = replace(self._settings, checkpoint_every_seconds=0.0, checkpoint_every_steps=None, gpus=1)
        return checkpoint_key(self._files.scene, asdict(decisions), asdict(self._plan), self._rasterizer.name)

    def _train(
        self,
        scene: Scene,
        views: Views,
        store: Checkpoints,
        budget: int,
        reductions: Sequence[BudgetReduction],
    ) -> tuple[Supervisor, Fit]:
        settings, plan, device = self._settings, self._plan, self._device
        extent, bounds = scene_extent(scene), scene_bounds(scene, device)
        with catch_termination() as interruption:
            supervisor = Supervisor(
                lambda budget: start_training(scene, views, settings, plan, budget, device),
                lambda state: Fit(views, extent, bounds, settings, plan, self._rasterizer, state, self._team),
                store,
                Pace(settings.checkpoint_every_seconds, settings.checkpoint_every_steps),
                interruption,
                step_reporter(self._on_progress, plan.max_gaussians),
                budget=budget,
                device=device,
                reductions=reductions,
                team=self._team,
                fitting=lambda: fitting_now(self._workload(views), device),
            )
            return supervisor, supervisor.run()

    def _has_all(self, fit: Fit) -> bool:
        """Bring all Gaussians to each process; whether this is the one that goes on with them."""
        state, team = fit.state, self._team
        if team.size > 1:
            state.gaussians.forget_moments()
            merged = {name: team.merge(tensor) for name, tensor in state.gaussians.tensors.items()}
            state.gaussians = Gaussians(merged)
        return team.is_lead

    def _finish(self, fit: Fit, views: Views, resumed_from_step: int | None, grant: Budget) -> TrainingInfo:
        state, plan = fit.state, self._plan
        self._on_progress(Progress("measure", TRAINED, note_of(fit, plan.max_gaussians)))
        prune(state.gaussians, self._rasterizer, views.training[0], plan.recipe.min_contribution)
        psnr_db, ssim = measure(fit.render, views.held_out)
        return TrainingInfo(
            backend=self._rasterizer.name,
            device=_device_name(self._device),
            gpus=0 if self._device.type == "cpu" else self._team.size,
            steps=state.step,
            gaussians=len(state.gaussians),
            seconds=state.seconds,
            resumed_from_step=resumed_from_step,
            image_max_side_px=plan.image_max_side_px,
            antialiased=self._settings.antialiased,
            held_out=[photo.name for photo in views.held_out],
            psnr_db=psnr_db,
            ssim=ssim,
            psnr_color_corrected_db=(
                color_corrected_psnr_db(fit.render, views.held_out) if state.corrections.exposure else None
            ),
            corrections=state.corrections.learned(views.training[0]),
            budget=grant,
            budget_reductions=state.budget_reductions,
            history=state.history,
            settings=_settings(self._settings, plan),
            versions=installed_versions(*_PACKAGES),
        )


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """On the CPU the rasterizer's own threads fill the cores; torch's would only spin beside them."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _settings(settings: TrainSettings, plan: Plan) -> dict[str, JsonValue]:
    """All settings as training uses them."""
    used = {**asdict(settings), **asdict(plan)}
    return {**{name: value for name, value in used.items() if name != "recipe"}, **asdict(plan.recipe)}


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
