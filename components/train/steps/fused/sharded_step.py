"""The fused step of several GPUs: each draws a photo of its own, and owns a share of the Gaussians.

Every process projects its share for everybody's photo and deals the ellipses out, draws its own photo of all
ellipses, and gives the gradients back to their owners. Only what a photo shows of a Gaussian travels: 14
numbers there and 16 back, in place of its 59 parameters (gsplat's distributed mode divides work like this).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from components.train.corrections.corrections import Corrections
from components.train.hyperparameters import CUDA, Recipe
from components.train.model.densification_stats import Evidence
from components.train.model.gaussians import Gaussians
from components.train.model.process_group import Team
from components.train.model.regularization import USUAL, Penalties
from components.train.scene.views import Photo
from components.train.steps.fused.blend import CHANNELS, FIRST_COLOR
from components.train.steps.fused.ellipse import COLUMNS, Ellipses
from components.train.steps.fused.step import FusedStep, Seen
from components.train.steps.step import Picture

_WAS_DRAWN = FIRST_COLOR + CHANNELS
"""A column of the sums that is free."""


class ShardedStep:
    """One step of a team: a photo for each process, and then its sums, photo after photo, for each share."""

    def __init__(
        self,
        ssim_lambda: float,
        extent: float,
        team: Team,
        corrections: Corrections | None = None,
        recipe: Recipe = CUDA,
        penalties: Penalties = USUAL,
    ) -> None:
        self._team = team
        self._step = FusedStep(ssim_lambda, extent, team.device, corrections, recipe, penalties)

    @torch.no_grad()
    def __call__(
        self,
        gaussians: Gaussians,
        evidence: Evidence | None,
        photos: Sequence[Photo],
        rates: dict[str, float],
        sh_degree: int,
        background: Tensor | None = None,
    ) -> Picture:
        team, step = self._team, self._step
        seen = [step.look(gaussians, photo, sh_degree) for photo in photos]
        ellipses, colors = _unpack(team.deal(torch.stack([_pack(each) for each in seen])))
        drawn = step.draw(ellipses, colors, photos[team.rank], background)
        # With too little room for its lists a photo shows nothing; whoever owns the ellipses must hear of it.
        drawn.sums[:, _WAS_DRAWN] = ellipses.tiles > 0
        sums_of_photos = team.give_back(drawn.sums)
        picture = self._tell(photos, drawn.v_exposure, drawn.compared.loss, drawn.compared.squared_error)
        for each, sums in zip(seen, sums_of_photos, strict=True):
            each.ellipses.tiles.mul_(sums[:, _WAS_DRAWN] > 0)
            step.move(gaussians, sum(team.counts), evidence, each, sums, rates, sh_degree)
        return picture

    def _tell(
        self, photos: Sequence[Photo], v_exposure: Tensor | None, loss: Tensor, squared_error: Tensor
    ) -> Picture:
        """Step the exposures of all photos in every process, so that they stay alike; the means."""
        own = torch.stack([loss, squared_error])
        told = self._team.gather(own if v_exposure is None else torch.cat([own, v_exposure]))
        for photo, row in zip(photos, told, strict=True):
            self._step.correct(photo, None if v_exposure is None else row[2:])
        return Picture(*told[:, :2].mean(dim=0))


def _pack(seen: Seen) -> Tensor:
    """[n, 14]."""
    ellipses = seen.ellipses
    return torch.cat(
        [ellipses.table, seen.colors, ellipses.depths[:, None], ellipses.tiles[:, None].float()], dim=1
    )


def _unpack(rows: Tensor) -> tuple[Ellipses, Tensor]:
    table, colors, depths, tiles = rows.split([COLUMNS, CHANNELS, 1, 1], dim=1)
    depths, tiles = depths[:, 0].contiguous(), tiles[:, 0].int()
    ellipses = Ellipses(table.contiguous(), depths, tiles, order=torch.argsort(depths))
    return ellipses, colors.contiguous()
