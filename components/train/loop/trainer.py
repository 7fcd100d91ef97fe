"""The training loop, from the step of the state to the last."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from components.shared.contracts.training import HistoryEntry
from components.shared.errors import TrainingDivergedError
from components.shared.rasterize.interface import Rasterizer, Rendered
from components.shared.scene import Camera
from components.train.loop.schedule import CHECK_INTERVAL_STEPS, Schedule, learning_rates
from components.train.loop.share_colors import share_colors
from components.train.model.densification_stats import DensificationStats
from components.train.model.process_group import ProcessGroup
from components.train.quality.divergence import DivergenceDetector, diverged
from components.train.quality.measure import held_out_psnr_db
from components.train.scene.views import TrainingView, Views, view_of_step
from components.train.settings import Plan, TrainSettings
from components.train.state import TrainingState
from components.train.steps.choose import make_step
from components.train.steps.step import StepConfig
from components.train.strategies.bounds import Bounds
from components.train.strategies.randomness import Purpose
from components.train.strategies.strategy import make_strategy

_HISTORY_POINTS, _MEASUREMENTS = 100, 10


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainContext:
    """What stays the same during a training."""

    views: Views
    scene_scale: float
    """Scene units."""
    bounds: Bounds
    settings: TrainSettings
    plan: Plan
    rasterizer: Rasterizer
    group: ProcessGroup
    ends_at: float | None = None
    """When to end before the last step, on the clock of `time.monotonic`; None: never."""


class Trainer:
    """Trains `state` in place."""

    def __init__(self, context: TrainContext, state: TrainingState) -> None:
        settings, plan, device = context.settings, context.plan, context.rasterizer.device
        self.state = state
        self.schedule = Schedule(plan.steps, plan.sh_degree, plan.hyperparameters)
        self._context, self._group = context, context.group
        self._group.gather_counts(len(state.gaussians))
        self._black = torch.zeros(3, device=device)
        self._strategy, regularization = make_strategy(
            settings, plan.hyperparameters, context.scene_scale, device
        )
        config = StepConfig(
            ssim_lambda=settings.ssim_lambda,
            scene_scale=context.scene_scale,
            regularization=regularization,
            corrections=state.corrections,
            depth_weight=settings.depth_weight,
            lr_multipliers=plan.hyperparameters.lr_multipliers,
        )
        self._take_step = make_step(config, settings, plan.hyperparameters, context.rasterizer, self._group)
        self._backgrounds = _random_backgrounds(plan.steps, settings, device)
        self._detector = DivergenceDetector(
            context.views.training[0], plan.steps, self._group.shard_size(state.start_count)
        )

    def run(self, after_step: Callable[[], None]) -> None:
        """Train to the last step, or until time is up; `after_step` may save, report, or raise.

        Raises:
            TrainingDivergedError: NaN, collapse, or no learning.
        """
        start = time.monotonic() - self.state.seconds
        while self.state.step < self.schedule.steps and not self._is_time_up():
            photos = self._next_photos()
            self._step(photos)
            self.state.seconds = time.monotonic() - start
            for _ in photos:
                self._count_photo()
            after_step()
        self.check()

    def check(self) -> None:
        """Check for divergence; before a checkpoint is saved too, so that every checkpoint is usable.

        Raises:
            TrainingDivergedError: on this rank or on another.
        """
        state, failure = self.state, None
        try:
            self._detector.check(
                state.step, float(state.running_loss), state.running_psnr_db, state.gaussians
            )
        except TrainingDivergedError as error:
            failure = error
        (has_failed,) = self._group.all_reduce_any(failure is not None)
        if has_failed:
            raise failure or diverged(state.step, "the Gaussians of another GPU diverged")

    @property
    def count(self) -> int:
        """Gaussians on all ranks."""
        return sum(self._group.counts)

    @property
    def flat_psnr_db(self) -> float:
        """See `measure_flat_psnr_db`."""
        return self._detector.flat_psnr_db

    def render(self, camera: Camera) -> Rendered:
        return self.render_tensors(self.state.gaussians.tensors, camera)

    def render_tensors(self, tensors: dict[str, Tensor], camera: Camera) -> Rendered:
        """Render tensors of `Gaussians` in place of the state's."""
        degree = self.schedule.sh_degree_at(self.state.step)
        return self._context.rasterizer(**tensors, camera=camera, sh_degree=degree, background=self._black)

    def _is_time_up(self) -> bool:
        """On several ranks asked rarely, since all must agree, which waits for the device."""
        if self._context.ends_at is None:
            return False
        if self._group.size > 1 and self.state.step % CHECK_INTERVAL_STEPS:
            return False
        (is_up,) = self._group.all_reduce_any(time.monotonic() >= self._context.ends_at)
        return is_up

    def _step(self, photos: list[TrainingView]) -> None:
        """One optimization step, which may take several photos."""
        state, schedule = self.state, self.schedule
        if schedule.shares_colors(state.step) and state.gaussians.labels is None:
            self._share_colors()
        rates = learning_rates(
            state.step,
            schedule.steps,
            self._context.scene_scale,
            state.lr_scale,
            schedule.hyperparameters.final_lr_factor,
        )
        state.corrections.set_progress(state.step, schedule.steps, state.lr_scale)
        needs_stats = self._strategy.needs_stats and schedule.is_refining(state.step)
        metrics = self._take_step(
            state.gaussians,
            photos,
            rates,
            schedule.sh_degree_at(state.step),
            self._background(state.step + self._group.rank),
            state.stats if needs_stats else None,
        )
        state.track(metrics.loss, metrics.squared_error)
        self._strategy.after_step(state.gaussians, rates["means"], state.step)

    def _count_photo(self) -> None:
        """Advance the step by one photo: check, refine, and record the history where they are due."""
        state, schedule = self.state, self.schedule
        if state.step == schedule.steps:
            return  # The last step of several ranks may take more photos than there are steps left.
        state.step += 1
        if state.step % CHECK_INTERVAL_STEPS == 0:
            self.check()
        if schedule.refines(state.step):
            self._refine()
        if self._is_due(_HISTORY_POINTS):
            self._record_history()

    def _refine(self) -> None:
        """Densify and prune; the statistics start again at zero."""
        state = self.state
        target = self.schedule.target_count(state.step, state.start_count, state.budget)
        in_bounds = self._context.bounds.contain(state.gaussians)
        self._strategy.refine(
            state.gaussians, state.stats, in_bounds, self._group.shard_size(target), state.step
        )
        state.stats = DensificationStats.zeros(len(state.gaussians), self._context.rasterizer.device)
        self._group.gather_counts(len(state.gaussians))

    def _share_colors(self) -> None:
        context = self._context
        share_colors(
            self.state.gaussians,
            context.rasterizer,
            context.views.training[0],
            context.settings.seed,
            self._group.size,
        )

    def _next_photos(self) -> list[TrainingView]:
        """As many as a step takes."""
        first, photos = self.state.step, self._context.views.training[self.schedule.level(self.state.step)]
        return [
            photos[view_of_step(step, len(photos), self._context.settings.seed)]
            for step in range(first, first + self._take_step.photos_per_step)
        ]

    def _background(self, step: int) -> Tensor | None:
        return None if self._backgrounds is None else self._backgrounds[step % len(self._backgrounds)]

    def _record_history(self) -> None:
        state = self.state
        psnr_db = None
        if self._is_due(_MEASUREMENTS):
            tensors = {
                name: self._group.all_gather_rows(each) for name, each in state.gaussians.tensors.items()
            }
            psnr_db = held_out_psnr_db(partial(self.render_tensors, tensors), self._context.views.held_out)
        state.history.append(
            # Not validated: until the next check the loss may be NaN.
            HistoryEntry.model_construct(
                step=state.step,
                loss=float(state.running_loss),
                gaussians=self.count,
                psnr_db=psnr_db,
                seconds=state.seconds,
                timestamp_seconds=time.time(),
            )
        )

    def _is_due(self, times: int) -> bool:
        """True at `times` evenly spaced steps, and at the last."""
        every = max(1, self.schedule.steps // times)
        return self.state.step % every == 0 or self.state.step == self.schedule.steps


def _random_backgrounds(steps: int, settings: TrainSettings, device: torch.device) -> Tensor | None:
    """A random colour for each step, [steps, 3] in [0, 1]; None: black."""
    if not settings.random_background:
        return None
    rng = np.random.default_rng([settings.seed, Purpose.BACKGROUNDS.word])
    return torch.tensor(rng.uniform(size=(steps, 3)), dtype=torch.float32, device=device)
