"""The fused step on several GPUs: each rank renders its own photo, and owns a shard of the Gaussians.

Every rank projects its shard for the photos of all ranks and sends the ellipses to the rank of each photo by
all_to_all; each renders its own photo with all ellipses, and a reverse all_to_all returns the gradients to
their owners. Per Gaussian and photo 14 numbers are sent and 16 returned, in place of its 59 parameters
(gsplat's distributed mode divides work like this).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from components.train.model.densification_stats import DensificationStats
from components.train.model.gaussians import Gaussians
from components.train.model.process_group import ProcessGroup
from components.train.scene.views import TrainingView
from components.train.steps.fused.blend import CHANNELS, FIRST_COLOR
from components.train.steps.fused.fused_step import FusedStep, PhotoGradients, Projection
from components.train.steps.fused.projection import COLUMNS, Ellipses
from components.train.steps.step import StepConfig, StepMetrics

_IS_RENDERED = FIRST_COLOR + CHANNELS
"""An unused column of the sums: 1 where the photo's rank rendered the Gaussian."""


class ShardedStep:
    """See `TrainStep`. A photo for each rank; each shard takes one Adam step per photo, in order of ranks."""

    def __init__(self, config: StepConfig, group: ProcessGroup) -> None:
        self._group = group
        self._step = FusedStep(config, group.device)
        self.photos_per_step = group.size

    @torch.no_grad()
    def __call__(
        self,
        gaussians: Gaussians,
        photos: Sequence[TrainingView],
        rates: dict[str, float],
        sh_degree: int,
        background: Tensor | None = None,
        stats: DensificationStats | None = None,
    ) -> StepMetrics:
        group, step = self._group, self._step
        projections = [step.project(gaussians, photo, sh_degree) for photo in photos]
        ellipses, colors = _unpack(group.all_to_all(torch.stack([_pack(each) for each in projections])))
        gradients = step.differentiate(ellipses, colors, photos[group.rank], background)
        # A rank that skips its photo for lack of capacity renders no Gaussian; their owners must skip it too.
        gradients.sums[:, _IS_RENDERED] = ellipses.tile_counts > 0
        sums_of_photos = group.reverse_all_to_all(gradients.sums)
        metrics = self._gather(photos, gradients)
        for projection, sums in zip(projections, sums_of_photos, strict=True):
            projection.ellipses.tile_counts.mul_(sums[:, _IS_RENDERED] > 0)
            step.update(gaussians, sum(group.counts), projection, sums, rates, sh_degree, stats)
        return metrics

    def _gather(self, photos: Sequence[TrainingView], own: PhotoGradients) -> StepMetrics:
        """Means of the metrics over the ranks. Every rank steps all exposures, so that they stay equal."""
        row = torch.stack([own.photometric.loss, own.photometric.squared_error])
        rows = self._group.all_gather(row if own.v_exposure is None else torch.cat([row, own.v_exposure]))
        for photo, each in zip(photos, rows, strict=True):
            self._step.step_exposure(photo, None if own.v_exposure is None else each[2:])
        return StepMetrics(*rows[:, :2].mean(dim=0))


def _pack(projection: Projection) -> Tensor:
    """What a rank needs to render Gaussians of others, float32 [n, 14]."""
    ellipses = projection.ellipses
    counts = ellipses.tile_counts[:, None].float()
    return torch.cat([ellipses.table, projection.colors, ellipses.depths[:, None], counts], dim=1)


def _unpack(rows: Tensor) -> tuple[Ellipses, Tensor]:
    table, colors, depths, counts = rows.split([COLUMNS, CHANNELS, 1, 1], dim=1)
    depths, tile_counts = depths[:, 0].contiguous(), counts[:, 0].int()
    ellipses = Ellipses(table.contiguous(), depths, tile_counts, order=torch.argsort(depths))
    return ellipses, colors.contiguous()
