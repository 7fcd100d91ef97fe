"""The training loop: one photo a step, from whatever step the state is at to the last."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from components.shared.contracts.training import HistoryEntry
from components.shared.errors import TrainingDivergedError
from components.shared.rasterize.interface import Rasterizer, Rendered
from components.shared.scene import Camera
from components.train.loop.learning_rates import learning_rates
from components.train.loop.schedule import Schedule
from components.train.model.densification_stats import Evidence
from components.train.model.process_group import Team
from components.train.quality.divergence import CHECK_EVERY, DivergenceDetector, diverged
from components.train.quality.measure import held_out_psnr_db
from components.train.scene.views import Photo, Views, view_of_step
from components.train.settings import Plan, TrainSettings
from components.train.state import TrainingState
from components.train.steps.choose import make_step
from components.train.steps.step import StepConfig
from components.train.strategies.bounds import Bounds
from components.train.strategies.strategy import make_strategy

_HISTORY_POINTS, _MEASUREMENTS = 100, 10
_BACKGROUNDS = 0x626B67
"""Sets their random numbers apart from others of the same seed."""


class Fit:
    """One training run: the fixed parts; `state` is what changes."""

    def __init__(
        self,
        views: Views,
        extent: float,
        bounds: Bounds,
        settings: TrainSettings,
        plan: Plan,
        rasterizer: Rasterizer,
        state: TrainingState,
        team: Team | None = None,
    ) -> None:
        self.state = state
        self._team = team or Team(rasterizer.device)
        self._team.count(len(state.gaussians))
        self.schedule = Schedule(plan.steps, plan.sh_degree, plan.recipe)
        self._views, self._extent, self._bounds = views, extent, bounds
        self._settings = settings
        self._rasterizer = rasterizer
        self._background = torch.zeros(3, device=rasterizer.device)
        self._strategy = make_strategy(settings, plan.recipe, extent, rasterizer.device)
        config = StepConfig(
            ssim_lambda=settings.ssim_lambda,
            scene_scale=extent,
            regularization=self._strategy.penalties,
            corrections=state.corrections,
            depth_weight=settings.depth_weight,
            lr_multipliers=plan.recipe.gains,
        )
        self._take_step = make_step(config, settings, plan.recipe, rasterizer, self._team)
        self._backgrounds = _draw_backgrounds(plan.steps, settings, rasterizer.device)
        self._detector = DivergenceDetector(
            views.training[0], plan.steps, self._team.share(state.start_count)
        )

    def run(self, after_step: Callable[[], None]) -> None:
        """Train to the end; `after_step` may save, report, or raise.

        Raises:
            TrainingDivergedError: NaN, collapse, or nothing learned.
        """
        resumed = time.monotonic() - self.state.seconds
        while self.state.step < self.schedule.steps:
            photos = self._photos()
            self._step(photos)
            self.state.seconds = time.monotonic() - resumed
            for _ in photos:
                self._count_step()
            after_step()
        self.check()

    def check(self) -> None:
        """Raise if training went wrong; before a checkpoint is saved, so that each is a good one."""
        state, failure = self.state, None
        try:
            self._detector.check(
                state.step, float(state.running_loss), state.running_psnr_db, state.gaussians
            )
        except TrainingDivergedError as error:
            failure = error
        (has_failed,) = self._team.any(failure is not None)
        if has_failed:
            raise failure or diverged(state.step, "Gaussians of another GPU went wrong")

    @property
    def count(self) -> int:
        """Gaussians, of which this process may hold a share."""
        return sum(self._team.counts)

    @property
    def flat_psnr_db(self) -> float:
        """What painting every photo in the capture's mean colour would reach."""
        return self._detector.baseline_psnr_db

    def render(self, camera: Camera) -> Rendered:
        return self._draw(self.state.gaussians.tensors, camera)

    def _draw(self, tensors: dict[str, Tensor], camera: Camera) -> Rendered:
        return self._rasterizer(
            **tensors,
            camera=camera,
            sh_degree=self.schedule.sh_degree_at(self.state.step),
            background=self._background,
        )

    def _step(self, photos: list[Photo]) -> None:
        state, schedule = self.state, self.schedule
        rates = learning_rates(
            state.step, schedule.steps, self._extent, state.caution, schedule.recipe.calm_end
        )
        state.corrections.set_progress(state.step, schedule.steps, state.caution)
        degree = schedule.sh_degree_at(state.step)
        is_judged = self._strategy.needs_evidence and schedule.is_refining(state.step)
        evidence = state.evidence if is_judged else None
        background = self._background_of(state.step + self._team.rank)
        metrics = self._take_step(state.gaussians, photos, rates, degree, background, evidence)
        state.track(metrics.loss, metrics.squared_error)
        self._strategy.disturb(state.gaussians, rates["means"], state.step)

    def _count_step(self) -> None:
        """Do what is due after one photo more."""
        state, schedule = self.state, self.schedule
        if state.step == schedule.steps:
            return  # The last photos of a team may be more than were left to take.
        state.step += 1
        if state.step % CHECK_EVERY == 0:
            self.check()
        if schedule.refines(state.step):
            target_count = schedule.target_count(state.step, state.start_count, state.budget)
            is_wanted = self._bounds.contain(state.gaussians)
            self._strategy.refine(
                state.gaussians, state.evidence, is_wanted, self._team.share(target_count), state.step
            )
            state.evidence = Evidence.none(len(state.gaussians), self._rasterizer.device)
            self._team.count(len(state.gaussians))
        if self._is_time(_HISTORY_POINTS):
            self._remember()

    def _photos(self) -> list[Photo]:
        """As many as a step takes."""
        first, photos = self.state.step, self._views.training[self.schedule.level(self.state.step)]
        return [
            photos[view_of_step(step, len(photos), self._settings.seed)]
            for step in range(first, first + self._take_step.photos_per_step)
        ]

    def _background_of(self, step: int) -> Tensor | None:
        return None if self._backgrounds is None else self._backgrounds[step % len(self._backgrounds)]

    def _remember(self) -> None:
        state = self.state
        psnr_db = None
        if self._is_time(_MEASUREMENTS):
            tensors = {name: self._team.merge(tensor) for name, tensor in state.gaussians.tensors.items()}
            psnr_db = held_out_psnr_db(partial(self._draw, tensors), self._views.held_out)
        state.history.append(
            # Not validated: until the next check the loss may be NaN.
            HistoryEntry.model_construct(
                step=state.step,
                loss=float(state.running_loss),
                gaussians=self.count,
                psnr_db=psnr_db,
                seconds=state.seconds,
            )
        )

    def _is_time(self, times: int) -> bool:
        """True `times` times in a run, evenly, and at its end."""
        every = max(1, self.schedule.steps // times)
        return self.state.step % every == 0 or self.state.step == self.schedule.steps


def _draw_backgrounds(steps: int, settings: TrainSettings, device: torch.device) -> Tensor | None:
    """A colour for each step [steps, 3], which follows from seed and step; None is black for all."""
    if not settings.random_background:
        return None
    colors = np.random.default_rng([settings.seed, _BACKGROUNDS]).uniform(size=(steps, 3))
    return torch.tensor(colors, dtype=torch.float32, device=device)
